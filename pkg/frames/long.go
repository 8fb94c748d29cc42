package frames

import (
	"slices"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/message"
	"github.com/pullview/orders-datasource/pkg/query"
)

// table arranges series as rows: one per set of labels, in order of first
// appearance, with a cell per metric. A metric without a series for a set of
// labels has an empty cell there.
type table struct {
	labels  []string          // label names, one column each
	metrics []*catalog.Metric // one column each
	views   []catalog.View    // one per metric
	rows    [][]string        // label values, in the order of labels
	cells   [][]*query.Values // by row, then by metric; nil for an empty cell
}

func tableOf(answer *query.Answer) table {
	t := table{labels: labelNames(answer), metrics: metricsOf(answer)}
	t.views = make([]catalog.View, len(t.metrics))
	rowOf := make(map[string]int)
	for i := range answer.Series {
		s := &answer.Series[i]
		values := make([]string, len(t.labels))
		for _, label := range s.Labels {
			values[slices.Index(t.labels, label.Name)] = label.Value
		}
		key := strings.Join(values, "\x00")
		row, known := rowOf[key]
		if !known {
			row = len(t.rows)
			rowOf[key] = row
			t.rows = append(t.rows, values)
			t.cells = append(t.cells, make([]*query.Values, len(t.metrics)))
		}
		column := slices.Index(t.metrics, s.Metric)
		t.views[column] = s.View
		t.cells[row][column] = &s.Values
	}
	return t
}

// labelNames lists the names of all labels: the dimensions in the query's
// order, then the others in the order in which series carry them.
func labelNames(answer *query.Answer) []string {
	present := make(map[string]bool)
	for i := range answer.Series {
		for _, label := range answer.Series[i].Labels {
			present[label.Name] = true
		}
	}
	var ordered []string
	for _, name := range slices.Concat(answer.Request.GroupBy,
		[]string{query.LabelCompare, query.LabelQuantile, query.LabelPartial}) {
		if present[name] {
			ordered = append(ordered, name)
		}
	}
	return ordered
}

// numericLong has a row per set of labels and no time.
func numericLong(answer *query.Answer, l links) *data.Frame {
	frame := newFrame(data.FrameTypeNumericLong)
	frame.Meta.PreferredVisualization = data.VisTypeTable
	if len(answer.Series) > 0 {
		appendColumns(frame, answer, l, tableOf(answer), 1)
	}
	return frame
}

// maxLabelBytes bounds the labels of a table over time, which stand in the row of
// every bucket: the limits on cells say nothing about their length.
const maxLabelBytes = 64 << 20

// timeSeriesLong has a row per bucket and set of labels, ordered by time. The
// error is a *query.Error where the labels are too long for that.
func timeSeriesLong(answer *query.Answer, l links) (*data.Frame, error) {
	frame := newFrame(data.FrameTypeTimeSeriesLong)
	frame.Meta.PreferredVisualization = data.VisTypeTable
	if len(answer.Series) == 0 {
		return frame, nil
	}
	t := tableOf(answer)
	if bytes := answer.Grid.Len() * t.labelBytes(); bytes > maxLabelBytes {
		return nil, &query.Error{Field: "format", Message: message.New(
			"a table repeats its labels in each of %d buckets, which would be %d MiB of text, and at most %d are sent: choose the format time_series, a longer step or the step range, or group by a dimension with shorter values",
			answer.Grid.Len(), bytes>>20, maxLabelBytes>>20)}
	}
	times := make([]time.Time, 0, answer.Grid.Len()*len(t.rows))
	for bucket := range answer.Grid.Len() {
		for range t.rows {
			times = append(times, answer.Grid.Start(bucket))
		}
	}
	frame.Fields = append(frame.Fields, data.NewField(data.TimeSeriesTimeFieldName, nil, times))
	appendColumns(frame, answer, l, t, answer.Grid.Len())
	return frame, nil
}

// labelBytes is the length of the labels of all rows of one bucket.
func (t *table) labelBytes() int {
	bytes := 0
	for _, row := range t.rows {
		for _, label := range row {
			bytes += len(label)
		}
	}
	return bytes
}

// appendColumns appends a string column per label and a number column per
// metric, each with the table's rows once per bucket.
func appendColumns(frame *data.Frame, answer *query.Answer, l links, t table, buckets int) {
	for column, name := range t.labels {
		values := make([]string, 0, buckets*len(t.rows))
		for range buckets {
			for _, row := range t.rows {
				values = append(values, row[column])
			}
		}
		field := data.NewField(name, nil, values)
		field.Config = labelConfig(answer, name, values[:len(t.rows)])
		frame.Fields = append(frame.Fields, field)
	}
	n := newNames(answer)
	for column, metric := range t.metrics {
		numbers := make([]float64, buckets*len(t.rows))
		pointers := make([]*float64, buckets*len(t.rows))
		for bucket := range buckets {
			for row, cells := range t.cells {
				if cells[column] == nil {
					continue
				}
				if number, ok := cells[column].Float64(bucket); ok {
					i := bucket*len(t.rows) + row
					numbers[i] = number
					pointers[i] = &numbers[i]
				}
			}
		}
		field := data.NewField(n.byMetric[metric], nil, pointers)
		config := configOf(metric, t.views[column])
		config.Links = l.ofColumn(metric, t.views[column], t.labels)
		field.Config = &config
		frame.Fields = append(frame.Fields, field)
	}
}
