package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/grafana/grafana-plugin-sdk-go/genproto/pluginv2"
	"google.golang.org/protobuf/proto"
)

// settled is how long after an order was placed nobody changes it any more.
const settled = changedAfter + 5*time.Second

// check decodes answers that viewers got, and compares them with what plain SQL
// says now of the buckets in which nothing changes any more.
func (v *viewing) check(ctx context.Context, sampled []sample) error {
	for _, s := range sampled {
		if err := v.checkOne(ctx, s); err != nil {
			return fmt.Errorf("an answer of %s by %q, asked at %s: %w", boardPanels[s.panel].metric, boardPanels[s.panel].by, s.asked.Format(time.RFC3339Nano), err)
		}
	}
	return nil
}

func (v *viewing) checkOne(ctx context.Context, s sample) error {
	frame, err := decode(s.response)
	if err != nil {
		return err
	}
	// What the frames say of themselves, see pkg/frames.
	var custom struct{ AsOf int64 }
	if text, err := json.Marshal(frame.Meta.Custom); err != nil {
		return err
	} else if err := json.Unmarshal(text, &custom); err != nil {
		return err
	}
	asOf := time.UnixMilli(custom.AsOf)
	if asOf.Before(s.asked.Truncate(time.Millisecond)) {
		return fmt.Errorf("it shows the store as it was at %s", asOf.Format(time.RFC3339Nano))
	}
	if boardPanels[s.panel].single() {
		if rows := frame.Rows(); rows != 1 {
			return fmt.Errorf("a single value has %d rows", rows)
		}
		return nil
	}
	return v.checkSeries(ctx, s, frame, asOf.Add(-settled))
}

func decode(response []byte) (*data.Frame, error) {
	var message pluginv2.QueryDataResponse
	if err := proto.Unmarshal(response, &message); err != nil {
		return nil, err
	}
	decoded, err := backend.FromProto().QueryDataResponse(&message)
	if err != nil {
		return nil, err
	}
	a := decoded.Responses["A"]
	if a.Error != nil {
		return nil, a.Error
	}
	if len(a.Frames) != 1 {
		return nil, fmt.Errorf("%d frames", len(a.Frames))
	}
	return a.Frames[0], nil
}

// boardAggregates are the panels' metrics in SQL.
var boardAggregates = map[string]string{
	"orders": "count(*)", "revenue": "sum(total)", "ticket": "avg(total)", "cancelled": "count(*) FILTER (WHERE status = 'cancelled')",
}

// checkSeries compares the buckets of a frame that ended before an instant.
func (v *viewing) checkSeries(ctx context.Context, s sample, frame *data.Frame, until time.Time) error {
	panel := boardPanels[s.panel]
	asked := v.board.timeRange(s.panel, s.asked)
	until = until.Truncate(time.Minute)
	rows, err := v.shop.owner.Query(ctx, fmt.Sprintf(`SELECT %s, date_bin('1 minute', created_at, '2000-01-03'), %s::float8
		FROM orders WHERE created_at >= $1 AND created_at < $2 GROUP BY 1, 2`, panel.by, boardAggregates[panel.metric]), asked.From.Truncate(time.Minute), until)
	if err != nil {
		return err
	}
	defer rows.Close()
	type cell struct {
		group string
		at    int64
	}
	expected := map[cell]float64{}
	for rows.Next() {
		var group string
		var at time.Time
		var value float64
		if err := rows.Scan(&group, &at, &value); err != nil {
			return err
		}
		expected[cell{group, at.Unix()}] = value
	}
	if err := rows.Err(); err != nil {
		return err
	}
	compared := 0
	for _, field := range frame.Fields[1:] {
		group := field.Labels[panel.by]
		for row := range field.Len() {
			at := frame.Fields[0].At(row).(time.Time)
			if !at.Before(until) {
				continue
			}
			value, err := field.FloatAt(row)
			if err != nil {
				return err
			}
			want, there := expected[cell{group, at.Unix()}]
			if there {
				compared++
			} else if math.IsNaN(value) {
				continue // a ratio of nothing
			}
			if math.Abs(value-want) > 1e-9*math.Abs(want) {
				return fmt.Errorf("%s at %s is %v, and plain SQL says %v", group, at, value, want)
			}
		}
	}
	if compared != len(expected) {
		return fmt.Errorf("it has %d of the %d numbers that plain SQL has", compared, len(expected))
	}
	return nil
}
