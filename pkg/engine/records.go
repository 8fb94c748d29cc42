package engine

import (
	"context"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/query"
)

// answerRecords fetches the rows behind a number: those that the metric counts
// in [from, to), or of a gauge those that are open at to. Of a ratio they are
// the rows of its numerator.
func answerRecords(ctx context.Context, look Look, answer *query.Answer) error {
	req := answer.Request
	scan := query.RecordScan{
		Table:   req.Table,
		Time:    req.Table.Time,
		Filters: req.Filters,
		Buckets: query.Buckets{From: req.From, To: req.To},
		Columns: req.Table.Records,
		Limit:   req.Limit,
	}
	if len(req.Metrics) > 0 {
		m := req.Catalog.PartsOf(req.Metrics[0])[0]
		if m.Where != "" {
			scan.Where = []string{m.Where}
		}
		scan.Time = m.Time
		if m.Type == catalog.Gauge {
			scan.Time, scan.Level = m.Opened, true
			scan.Span = &query.Span{Opened: m.Opened, Closed: m.Closed}
			if scan.Buckets.To.After(answer.AsOf) {
				scan.Buckets.To = answer.AsOf
			}
		}
	}
	records, stat, err := look.Records(ctx, &scan)
	if err != nil {
		return err
	}
	answer.Records = records
	answer.Stats.Statements = append(answer.Stats.Statements, stat.SQL)
	answer.Stats.Rows += stat.Rows
	answer.Stats.Database += stat.Took
	return nil
}
