package engine

import (
	"context"
	"time"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/query"
)

// RecordsScan returns the scan for the rows behind a number: those that the
// metric counts, observes or tells apart in [from, to), or of a gauge those that
// are open at to, or at asOf when that comes first. Of a ratio they are the rows
// of its numerator. A comparison reads the same bucket of the past.
func RecordsScan(req *query.Request, asOf time.Time) query.RecordScan {
	lanes := layLanes(req, req.Grid, asOf)
	l := &lanes[len(lanes)-1]
	scan := query.RecordScan{
		Table:    req.Table,
		Time:     req.Table.Time,
		Filters:  req.Filters,
		ExceptBy: req.ExceptBy,
		Except:   req.Except,
		Buckets:  query.Buckets{From: l.start(), To: l.scanEnd(false)},
		Columns:  req.Table.Records,
		Limit:    req.Limit,
	}
	if len(req.Metrics) == 0 {
		return scan
	}
	m := req.Catalog.PartsOf(req.Metrics[0])[0]
	if m.Where != "" {
		scan.Where = []string{m.Where}
	}
	scan.Time, scan.Measure = m.Time, measureOf(m, req)
	if m.Type == catalog.Gauge {
		until, known := l.known(0)
		if !known {
			// The gauge has no value yet, and no rows make it.
			until = l.start()
			scan.Where = append(scan.Where, "false")
		}
		scan.Time, scan.Level = m.Opened, true
		scan.Span = &query.Span{Opened: m.Opened, Closed: m.Closed}
		scan.Buckets.To = until
	}
	return scan
}

// answerRecords fetches the rows behind a number.
func answerRecords(ctx context.Context, look Look, answer *query.Answer) error {
	scan := RecordsScan(answer.Request, answer.AsOf)
	records, stat, err := look.Records(ctx, &scan)
	if err != nil {
		return err
	}
	records.From, records.To = scan.Buckets.From, scan.Buckets.To
	answer.Records = records
	answer.Stats.Statements = append(answer.Stats.Statements, stat.SQL)
	answer.Stats.Rows += stat.Rows
	answer.Stats.Database += stat.Took
	return nil
}
