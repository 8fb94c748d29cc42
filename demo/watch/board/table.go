package board

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/pullview/orders-datasource/demo/provisioned"
	"github.com/pullview/orders-datasource/demo/watch/display"
)

const (
	maxRows   = 6
	maxColumn = 18
)

// table draws the first rows of a table. Columns that do not fit into the width are left out, and said.
func (p *painter) table(frame *data.Frame) []string {
	rows := min(frame.Rows(), maxRows)
	var header, left []string
	body := make([]string, rows)
	room := p.width - 2
	for _, field := range frame.Fields {
		name := field.Name
		if field.Config != nil && field.Config.DisplayNameFromDS != "" {
			name = field.Config.DisplayNameFromDS
		}
		name = display.Clean(name)
		cells := make([]string, rows)
		width := utf8.RuneCountInString(name)
		for row := range cells {
			cells[row] = display.Clean(p.cell(field, name, row))
			width = max(width, utf8.RuneCountInString(cells[row]))
		}
		width = min(width, maxColumn)
		if width+1 > room {
			left = append(left, name)
			continue
		}
		room -= width + 2
		align := display.Left
		if field.Type().Numeric() {
			align = display.Right
		}
		header = append(header, align(name, width))
		for row := range cells {
			body[row] += align(cells[row], width) + "  "
		}
	}
	lines := []string{p.style.Dim("  " + strings.Join(header, "  "))}
	for _, row := range body {
		lines = append(lines, "  "+strings.TrimRight(row, " "))
	}
	var more []string
	if frame.Rows() > rows {
		more = append(more, fmt.Sprintf("%d more rows", frame.Rows()-rows))
	}
	if len(left) > 0 {
		more = append(more, "the columns "+strings.Join(left, ", "))
	}
	if more != nil {
		lines = append(lines, p.style.Dim(display.Fit("  and "+strings.Join(more, " and "), p.width)))
	}
	return lines
}

func (p *painter) cell(field *data.Field, name string, row int) string {
	value, ok := field.ConcreteAt(row)
	if !ok {
		return display.None
	}
	if t, isTime := value.(time.Time); isTime {
		return t.In(p.location).Format("01-02 15:04:05")
	}
	if !field.Type().Numeric() {
		return fmt.Sprint(value)
	}
	number, err := field.NullableFloatAt(row)
	if err != nil {
		return fmt.Sprint(value)
	}
	config := p.panel.Config(name, configOf(field))
	return display.Number(number, config.Unit, config.Decimals)
}

func configOf(field *data.Field) provisioned.FieldConfig {
	var config provisioned.FieldConfig
	if field.Config == nil {
		return config
	}
	config.Unit = field.Config.Unit
	if field.Config.Decimals != nil {
		decimals := int(*field.Config.Decimals)
		config.Decimals = &decimals
	}
	return config
}

// unitOf is how a heatmap's values are shown.
func (p *painter) unitOf(frame *data.Frame) provisioned.FieldConfig {
	for _, field := range frame.Fields {
		if field.Name == "yMin" {
			return configOf(field)
		}
	}
	return provisioned.FieldConfig{}
}
