package engine

import (
	"context"
	"time"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/query"
)

// RecordsScan returns the scan for the rows behind a number: those that the
// metric counts in [from, to), or of a gauge those that are open at to, or at
// asOf when that comes first. Of a ratio they are the rows of its numerator.
func RecordsScan(req *query.Request, asOf time.Time) query.RecordScan {
	scan := query.RecordScan{
		Table:   req.Table,
		Time:    req.Table.Time,
		Filters: req.Filters,
		Buckets: query.Buckets{From: req.From, To: req.To},
		Columns: req.Table.Records,
		Limit:   req.Limit,
	}
	if len(req.Metrics) == 0 {
		return scan
	}
	m := req.Catalog.PartsOf(req.Metrics[0])[0]
	if m.Where != "" {
		scan.Where = []string{m.Where}
	}
	scan.Time = m.Time
	if m.Type == catalog.Gauge {
		scan.Time, scan.Level = m.Opened, true
		scan.Span = &query.Span{Opened: m.Opened, Closed: m.Closed}
		if scan.Buckets.To.After(asOf) {
			scan.Buckets.To = asOf
		}
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
	answer.Records = records
	answer.Stats.Statements = append(answer.Stats.Statements, stat.SQL)
	answer.Stats.Rows += stat.Rows
	answer.Stats.Database += stat.Took
	return nil
}
