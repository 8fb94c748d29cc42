// Package series takes the series and numbers out of data frames, as Grafana's panels and expressions do.
package series

import (
	"fmt"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"
)

// Series is one line of a graph. Values are nil where there is none; Times has as many elements, or none for
// a value that stands for the whole range.
type Series struct {
	Labels data.Labels
	Config data.FieldConfig
	Field  string // the name of its field, which tells metrics apart
	Name   string // what the data source shows
	Times  []time.Time
	Values []*float64
}

// Last is the last value that is there, and its index; nil and -1 if there is none.
func (s Series) Last() (*float64, int) {
	for i := len(s.Values) - 1; i >= 0; i-- {
		if s.Values[i] != nil {
			return s.Values[i], i
		}
	}
	return nil, -1
}

// Number is one value without a time.
type Number struct {
	Labels data.Labels
	Value  *float64
}

// Of returns the series of wide frames, in order, and the numbers of frames without a time: one for each
// number column and row, labelled by the string columns. Frames without fields have neither. Other shapes
// are errors.
func Of(frames data.Frames) ([]Series, []Number, error) {
	var lines []Series
	var numbers []Number
	for _, frame := range frames {
		if len(frame.Fields) == 0 {
			continue
		}
		switch schema := frame.TimeSeriesSchema(); {
		case frame.Meta != nil && (frame.Meta.Type == data.FrameTypeNumericLong || frame.Meta.Type == data.FrameTypeNumericWide):
			numbers = append(numbers, numeric(frame)...)
		case schema.Type == data.TimeSeriesTypeWide:
			lines = append(lines, wide(frame, schema)...)
		default:
			return nil, nil, fmt.Errorf("the frame %q is neither a wide time series nor a table of numbers", frame.Name)
		}
	}
	return lines, numbers, nil
}

// Single returns a series without times for each number field of a frame that has one row of numbers, as
// numeric-wide frames do.
func Single(frame *data.Frame) []Series {
	var lines []Series
	for _, field := range frame.Fields {
		if field.Type().Numeric() {
			lines = append(lines, ofField(field, nil))
		}
	}
	return lines
}

func wide(frame *data.Frame, schema data.TimeSeriesSchema) []Series {
	times := make([]time.Time, frame.Rows())
	for i := range times {
		if t, ok := frame.ConcreteAt(schema.TimeIndex, i); ok {
			times[i] = t.(time.Time)
		}
	}
	var lines []Series
	for _, index := range schema.ValueIndices {
		lines = append(lines, ofField(frame.Fields[index], times))
	}
	return lines
}

func ofField(field *data.Field, times []time.Time) Series {
	line := Series{Labels: field.Labels, Field: field.Name, Name: field.Name, Times: times, Values: values(field)}
	if field.Config != nil {
		line.Config = *field.Config
		if line.Config.DisplayNameFromDS != "" {
			line.Name = line.Config.DisplayNameFromDS
		}
	}
	return line
}

func numeric(frame *data.Frame) []Number {
	var numbers []Number
	for _, field := range frame.Fields {
		if !field.Type().Numeric() {
			continue
		}
		for row, value := range values(field) {
			labels := field.Labels.Copy()
			for _, other := range frame.Fields {
				if text, ok := other.ConcreteAt(row); ok && other.Type().NonNullableType() == data.FieldTypeString {
					if labels == nil {
						labels = data.Labels{}
					}
					labels[other.Name] = text.(string)
				}
			}
			numbers = append(numbers, Number{Labels: labels, Value: value})
		}
	}
	return numbers
}

// values are a field's numbers, nil for null.
func values(field *data.Field) []*float64 {
	numbers := make([]*float64, field.Len())
	for i := range numbers {
		if n, err := field.NullableFloatAt(i); err == nil {
			numbers[i] = n
		}
	}
	return numbers
}
