package frames

import (
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/pullview/orders-datasource/pkg/query"
)

// timeSeriesWide puts every series into one frame, since all share the grid:
// the times are encoded once.
func timeSeriesWide(answer *query.Answer, l links) *data.Frame {
	frame := newFrame(data.FrameTypeTimeSeriesWide)
	frame.Meta.PreferredVisualization = data.VisTypeGraph
	if len(answer.Series) == 0 {
		return frame
	}
	frame.Fields = make([]*data.Field, 0, len(answer.Series)+1)
	frame.Fields = append(frame.Fields, timeField(answer.Grid))
	frame.Fields = append(frame.Fields, valueFields(answer, l)...)
	return frame
}

// numericWide is a frame of one row and no time: a field per series. Stat
// panels show each field, and alert rules need no reduction.
func numericWide(answer *query.Answer, l links) *data.Frame {
	frame := newFrame(data.FrameTypeNumericWide)
	frame.Fields = valueFields(answer, l)
	return frame
}

func valueFields(answer *query.Answer, l links) []*data.Field {
	n := newNames(answer)
	fields := make([]*data.Field, 0, len(answer.Series))
	for i := range answer.Series {
		s := &answer.Series[i]
		field := data.NewField(n.byMetric[s.Metric], labels(s.Labels), floats(&s.Values))
		field.Config = seriesConfig(s, n)
		field.Config.Links = l.ofSeries(s)
		fields = append(fields, field)
	}
	return fields
}

// timeField holds the start of each bucket. Its interval lets panels find
// missing points; calendar steps have no single one.
func timeField(grid query.Grid) *data.Field {
	times := make([]time.Time, grid.Len())
	for i := range times {
		times[i] = grid.Start(i)
	}
	field := data.NewField(data.TimeSeriesTimeFieldName, nil, times)
	if grid.Step.Fixed > 0 {
		field.Config = &data.FieldConfig{Interval: float64(grid.Step.Fixed.Milliseconds())}
	}
	return field
}

func labels(from []query.Label) data.Labels {
	if len(from) == 0 {
		return nil
	}
	to := make(data.Labels, len(from))
	for _, label := range from {
		to[label.Name] = label.Value
	}
	return to
}

// floats rounds values to the nullable vector that frames hold. The numbers
// share one allocation.
func floats(values *query.Values) []*float64 {
	n := values.Len()
	numbers, pointers := make([]float64, n), make([]*float64, n)
	for i := range n {
		if number, ok := values.Float64(i); ok {
			numbers[i] = number
			pointers[i] = &numbers[i]
		}
	}
	return pointers
}
