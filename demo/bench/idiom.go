package main

import (
	"context"
	"fmt"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// panel is what both sources are asked for: orders by channel over a range.
type panel struct {
	from, to time.Time
	step     time.Duration
}

// idiomSQL is how time grouping looks in Grafana's own PostgreSQL data source
// after its macros are expanded: $__timeGroup divides epoch seconds, and
// $__timeFilter is a BETWEEN.
func (p panel) idiomSQL() string {
	seconds := int(p.step.Seconds())
	return fmt.Sprintf(`SELECT floor(extract(epoch from created_at)/%d)*%d AS "time", channel AS metric, count(*) AS value
FROM public.orders
WHERE created_at BETWEEN '%s' AND '%s'
GROUP BY 1, 2
ORDER BY 1, 2`, seconds, seconds, p.from.Format(time.RFC3339Nano), p.to.Format(time.RFC3339Nano))
}

// idiom asks as that source does: by the simple protocol, every row read
// before any is used, every cell boxed, and the long frame made wide.
func idiom(ctx context.Context, conn *pgx.Conn, p panel) error {
	rows, err := conn.Query(ctx, p.idiomSQL(), pgx.QueryExecModeSimpleProtocol)
	if err != nil {
		return err
	}
	boxed, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) ([]any, error) { return row.Values() })
	if err != nil {
		return err
	}
	long := data.NewFrame("",
		data.NewField("time", nil, []*time.Time{}),
		data.NewField("metric", nil, []*string{}),
		data.NewField("value", nil, []*float64{}))
	for _, cells := range boxed {
		seconds, err := cells[0].(pgtype.Numeric).Float64Value()
		if err != nil {
			return err
		}
		at := time.Unix(int64(seconds.Float64), 0).UTC()
		metric, value := cells[1].(string), float64(cells[2].(int64))
		long.AppendRow(&at, &metric, &value)
	}
	_, err = data.LongToWide(long, nil)
	return err
}
