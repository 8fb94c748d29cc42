package frames

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/message"
	"github.com/pullview/orders-datasource/pkg/query"
)

// records returns rows of a table as they are, column by column.
func records(answer *query.Answer) (*data.Frame, error) {
	r := answer.Records
	frame := newFrame(data.FrameTypeTable)
	frame.Meta.PreferredVisualization = data.VisTypeTable
	for i := range r.Columns {
		field := recordField(&r.Columns[i])
		if isFilter(answer.Request.Table, &r.Columns[i]) {
			configure(field).Filterable = new(true)
		}
		frame.Fields = append(frame.Fields, field)
	}
	rows, err := frame.RowLen()
	if err != nil {
		return nil, fmt.Errorf("records: %w", err)
	}
	if link := recordLink(answer.Request.Table, frame.Fields); link != nil {
		configure(frame.Fields[0]).Links = link
	}
	if answer.Request.Narrowed {
		notify(frame, data.NoticeSeverityInfo, narrowed(answer))
	}
	if r.Matching > int64(rows) {
		notify(frame, data.NoticeSeverityInfo, message.New("%d of %d matching rows are shown; a higher limit, a filter or a shorter time range shows the others", rows, r.Matching))
	}
	return frame, nil
}

func configure(field *data.Field) *data.FieldConfig {
	if field.Config == nil {
		field.Config = &data.FieldConfig{}
	}
	return field.Config
}

// isFilter reports whether the cells of a column may become filters: whether it
// is the dimension of its name, and each cell says its label. A browser gets no
// more than a cell's text, and that of null is empty.
func isFilter(table *catalog.Table, c *query.RecordColumn) bool {
	if table == nil || c.Times != nil || c.Floats != nil {
		return false
	}
	d := table.Dimensions[c.Name]
	if d == nil || d.Column != c.Name && d.Column != quoted(c.Name) {
		return false
	}
	return !slices.ContainsFunc(c.Texts, func(text *string) bool {
		return text != nil && (*text == "" || query.Value{Text: *text}.Label() != *text)
	})
}

// quoted writes a column's name as SQL.
func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// narrowed says which rows are shown where it is not those of the time range.
func narrowed(answer *query.Answer) message.Message {
	zone := answer.Request.Location
	write := func(t time.Time) string { return t.In(zone).Format("2006-01-02 15:04:05.999999 -07:00") }
	from, to := write(answer.Records.From), write(answer.Records.To)
	if m := answer.Request.Metrics; len(m) == 1 && m[0].Type == catalog.Gauge {
		return message.New("these are the rows behind one value: those open at %s, whatever the time range is", to)
	}
	return message.New("these are the rows behind one value: from %s to before %s, whatever the time range is", from, to)
}

func recordField(c *query.RecordColumn) *data.Field {
	switch {
	case c.Times != nil:
		return instantField(c.Name, c.Times)
	case c.Bools != nil:
		return data.NewField(c.Name, nil, c.Bools)
	case c.Floats != nil:
		return data.NewField(c.Name, nil, c.Floats)
	case c.Decimals != nil:
		return decimalField(c.Name, c.Decimals)
	}
	return data.NewField(c.Name, nil, c.Texts)
}

// instantField is a column of instants, or of text where a frame cannot hold
// one of them: another instant is the wrong instant.
func instantField(name string, instants []*time.Time) *data.Field {
	texts := make([]*string, len(instants))
	held := true
	for i, t := range instants {
		if t != nil {
			text := t.UTC().Format(time.RFC3339Nano)
			texts[i] = &text
			held = held && within(*t).Equal(*t)
		}
	}
	if held {
		return data.NewField(name, nil, instants)
	}
	return data.NewField(name, nil, texts)
}

// faithfulDigits is how many significant decimal digits a float64 always keeps.
const faithfulDigits = 15

// decimalField is a column of numbers, or of text where one of them has more
// digits than a float64 keeps: a rounded identifier is the wrong identifier.
// Grafana would show 61.0 for a price of 60.99 if it were not told the decimals.
func decimalField(name string, decimals []*query.Decimal) *data.Field {
	texts := make([]string, len(decimals))
	faithful, decimalPlaces := true, uint16(0)
	for i, d := range decimals {
		if d != nil {
			texts[i] = d.String()
			_, fraction, _ := strings.Cut(texts[i], ".")
			decimalPlaces = max(decimalPlaces, uint16(min(len(fraction), mostDecimals)))
			faithful = faithful && (!d.IsFinite() || significantDigits(texts[i]) <= faithfulDigits)
		}
	}
	if faithful {
		numbers := make([]*float64, len(decimals))
		for i, d := range decimals {
			if d != nil {
				number := d.Float64()
				numbers[i] = &number
			}
		}
		field := data.NewField(name, nil, numbers)
		field.Config = &data.FieldConfig{Decimals: &decimalPlaces}
		return field
	}
	pointers := make([]*string, len(decimals))
	for i, d := range decimals {
		if d != nil {
			pointers[i] = &texts[i]
		}
	}
	return data.NewField(name, nil, pointers)
}

// mostDecimals is what the catalog permits as well. A browser refuses numbers
// with more than a hundred.
const mostDecimals = 20

// significantDigits counts the digits of plain decimal notation without
// leading zeros, and without trailing ones behind the point.
func significantDigits(text string) int {
	whole, fraction, _ := strings.Cut(strings.TrimPrefix(text, "-"), ".")
	return len(strings.TrimLeft(whole+strings.TrimRight(fraction, "0"), "0"))
}
