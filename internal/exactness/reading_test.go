package exactness_test

import (
	"fmt"
	"maps"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/pullview/orders-datasource/pkg/query"
)

// readings are the values of a frame by series and by the start of the bucket,
// nil for null.
type readings map[string]map[instant]*float64

// readFrame reads a frame of any of the four types that hold series. One
// without time is read at the start of the range.
func readFrame(frame *data.Frame, q *question) (readings, error) {
	if err := checkType(frame, q); err != nil {
		return nil, err
	}
	got := readings{}
	if len(frame.Fields) == 0 {
		return got, nil
	}
	fields := frame.Fields
	rows := fields[0].Len()
	times := []time.Time{q.request.Grid.Bounds[0]}
	if q.query.Step != query.StepRange {
		times = make([]time.Time, rows)
		for i := range times {
			at, ok := fields[0].At(i).(time.Time)
			if !ok || fields[0].Name != data.TimeSeriesTimeFieldName {
				return nil, fmt.Errorf("the first field %s holds %T, not times", fields[0].Name, fields[0].At(i))
			}
			times[i] = at
		}
		fields = fields[1:]
	}
	long := q.request.Format == query.FormatTable
	for _, field := range fields {
		if field.Len() != rows {
			return nil, fmt.Errorf("the fields have %d and %d rows", rows, field.Len())
		}
		if long && field.Type() == data.FieldTypeString {
			continue
		}
		for i := range rows {
			value, ok := field.At(i).(*float64)
			if !ok {
				return nil, fmt.Errorf("field %s holds %T", field.Name, field.At(i))
			}
			at, labels := times[min(i, len(times)-1)], map[string]string(field.Labels)
			if long {
				labels = labelsOfRow(fields, i, q)
			}
			if err := got.add(seriesName(field.Name, labels), instantOf(at), value); err != nil {
				return nil, err
			}
		}
	}
	return got, nil
}

func checkType(frame *data.Frame, q *question) error {
	want := map[bool]map[bool]data.FrameType{
		false: {true: data.FrameTypeTimeSeriesWide, false: data.FrameTypeNumericWide},
		true:  {true: data.FrameTypeTimeSeriesLong, false: data.FrameTypeNumericLong},
	}[q.request.Format == query.FormatTable][q.query.Step != query.StepRange]
	if frame.Meta == nil || frame.Meta.Type != want {
		return fmt.Errorf("the frame is not of type %s", want)
	}
	return nil
}

// labelsOfRow reads the labels of a row of a long frame. Dimensions may be
// empty; a label that is none of them is absent where it is empty.
func labelsOfRow(fields []*data.Field, row int, q *question) map[string]string {
	dimensions := map[string]bool{}
	for _, name := range q.query.GroupBy {
		dimensions[name] = true
	}
	labels := map[string]string{}
	for _, field := range fields {
		if field.Type() == data.FieldTypeString {
			if value := field.At(row).(string); value != "" || dimensions[field.Name] {
				labels[field.Name] = value
			}
		}
	}
	return labels
}

func (r readings) add(series string, at instant, value *float64) error {
	if r[series] == nil {
		r[series] = map[instant]*float64{}
	}
	if _, twice := r[series][at]; twice {
		return fmt.Errorf("series %q has two values at %s", series, time.UnixMicro(at).UTC())
	}
	r[series][at] = value
	return nil
}

// difference is where a frame does not say what it must.
type difference struct {
	series    string
	bucket    string
	want, got string
}

func (d difference) String() string {
	return fmt.Sprintf("series %q, bucket %s: want %s, got %s", d.series, d.bucket, d.want, d.got)
}

func dateText(at instant) string { return time.UnixMicro(at).UTC().Format(time.RFC3339Nano) }

func valueText(value *float64) string {
	if value == nil {
		return "null"
	}
	return fmt.Sprint(*value)
}

// verdict is what comparing a frame came to.
type verdict struct {
	differences []difference
	judged      int // values that are right
	telling     int // of these, neither null nor 0
	undecided   int // values that rounding decides
}

func (v *verdict) differ(series, bucket string, want, got any) {
	v.differences = append(v.differences, difference{series, bucket, fmt.Sprint(want), fmt.Sprint(got)})
}

func (v *verdict) right(telling bool) {
	v.judged++
	if telling {
		v.telling++
	}
}

// compare judges readings by what is expected: the same series, the same
// buckets, the same values.
func (e *expected) compare(got readings) *verdict {
	v := &verdict{}
	for _, series := range sortedKeys(union(e.series, got)) {
		want, has := e.series[series]
		have, is := got[series]
		switch {
		case !is:
			v.differ(series, "all", fmt.Sprintf("%d values", len(want)), "no such series")
			continue
		case !has:
			v.differ(series, "all", "no such series", fmt.Sprintf("%d values", len(have)))
			continue
		}
		for _, at := range sortedKeys(union(want, have)) {
			f, expected := want[at]
			value, present := have[at]
			switch {
			case !present:
				v.differ(series, dateText(at), f, "no such bucket")
			case !expected:
				v.differ(series, dateText(at), "no such bucket", valueText(value))
			case f.undecided:
				v.undecided++
			case !f.accepts(value):
				v.differ(series, dateText(at), f, valueText(value))
			default:
				v.right(value != nil && *value != 0)
			}
		}
	}
	return v
}

func union[K comparable, A, B any](a map[K]A, b map[K]B) map[K]bool {
	keys := map[K]bool{}
	for key := range maps.Keys(a) {
		keys[key] = true
	}
	for key := range maps.Keys(b) {
		keys[key] = true
	}
	return keys
}
