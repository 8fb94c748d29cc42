package engine

import (
	"context"

	"github.com/pullview/orders-datasource/pkg/query"
)

// EventScan returns the scan for the events of an annotation.
func EventScan(req *query.Request) query.EventScan {
	return query.EventScan{
		Annotation: req.Annotation,
		Table:      req.Table,
		Filters:    req.Filters,
		From:       req.From,
		To:         req.To,
		Limit:      req.Limit,
	}
}

// answerEvents fetches events. A period that goes on is known until now; one
// that is yet to begin has no end but that of the range.
func answerEvents(ctx context.Context, look Look, answer *query.Answer) error {
	scan := EventScan(answer.Request)
	events, stat, err := look.Events(ctx, &scan)
	if err != nil {
		return err
	}
	for i := range events.List {
		event := &events.List[i]
		if !event.Running {
			continue
		}
		event.End = answer.AsOf
		if !event.Time.Before(answer.AsOf) {
			event.End = answer.Request.To
		}
	}
	answer.Events = events
	answer.Stats.Statements = append(answer.Stats.Statements, stat.SQL)
	answer.Stats.Rows += stat.Rows
	answer.Stats.Database += stat.Took
	return nil
}
