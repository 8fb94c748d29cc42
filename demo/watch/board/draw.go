package board

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/pullview/orders-datasource/demo/provisioned"
	"github.com/pullview/orders-datasource/demo/watch/display"
	"github.com/pullview/orders-datasource/demo/watch/series"
)

const (
	titleWidth  = 40 // of a panel that is one line
	labelWidth  = 20 // at most
	valueWidth  = 10
	changeWidth = 14
	maxLines    = 6 // series of a graph
)

// GraphCells is how many cells the graphs of a panel have that is drawn in width cells, at least.
func GraphCells(width int) int {
	return max(8, width-labelWidth-valueWidth-changeWidth-5)
}

// Draw writes the answer of a panel as lines of at most width cells. Nothing of the answer is lost without a
// word: errors, notices and what did not fit are said.
func Draw(answer Answer, location *time.Location, width int, style display.Style) []string {
	p := painter{panel: answer.Panel, location: location, width: width, style: style}
	var body, remarks []string
	if answer.Err != nil {
		remarks = append(remarks, p.problem(answer.Err.Error())...)
	}
	for _, target := range answer.Panel.Targets {
		response, ok := answer.Responses[target.RefID]
		switch {
		case target.Hide:
			continue
		case answer.Err != nil:
		case !ok:
			remarks = append(remarks, p.problem("query "+target.RefID+" was not answered")...)
		case response.Error != nil:
			remarks = append(remarks, p.problem(fmt.Sprintf("query %s: %s (%s, status %d)",
				target.RefID, response.Error, response.ErrorSource, response.Status))...)
		}
		for _, notice := range notices(response.Frames) {
			remarks = append(remarks, p.notice(notice)...)
		}
		body = append(body, p.frames(response.Frames)...)
	}
	if p.inTitle != "" {
		return append([]string{p.inTitle}, remarks...)
	}
	title := style.Bold(display.Fit(display.Clean(answer.Panel.Title), width))
	if len(body) == 0 && len(remarks) == 0 {
		body = []string{style.Dim("  no data")}
	}
	return append(append([]string{title}, body...), remarks...)
}

func notices(frames data.Frames) []string {
	var texts []string
	for _, frame := range frames {
		if frame.Meta == nil {
			continue
		}
		for _, notice := range frame.Meta.Notices {
			if !slices.Contains(texts, notice.Text) {
				texts = append(texts, notice.Text)
			}
		}
	}
	return texts
}

// painter draws the frames of one panel.
type painter struct {
	panel    provisioned.Panel
	location *time.Location
	width    int
	style    display.Style
	inTitle  string // the whole panel, where a line has room for title and value
}

// problem and notice write a text in as many lines as it takes.
func (p *painter) problem(text string) []string {
	return remark("✗", text, p.width, p.style.Red)
}

func (p *painter) notice(text string) []string {
	return remark("!", text, p.width, p.style.Yellow)
}

func remark(mark, text string, width int, paint func(string) string) []string {
	lines := display.Wrap("  "+mark+" "+display.Clean(strings.TrimSpace(text)), width, "    ")
	for i := range lines {
		lines[i] = paint(lines[i])
	}
	return lines
}

// frames draws each frame in the way that its shape asks for.
func (p *painter) frames(frames data.Frames) []string {
	var lines []string
	var graph []series.Series
	for _, frame := range frames {
		switch {
		case len(frame.Fields) == 0:
		case frame.Meta != nil && frame.Meta.Type == heatmapCells:
			lines = append(lines, p.heatmap(frame)...)
		case frame.Meta != nil && frame.Meta.Type == data.FrameTypeNumericWide && frame.Rows() == 1:
			graph = append(graph, series.Single(frame)...)
		case frame.TimeSeriesSchema().Type == data.TimeSeriesTypeWide && !isTable(frame):
			drawn, _, err := series.Of(data.Frames{frame})
			if err != nil {
				lines = append(lines, p.problem(err.Error())...)
			}
			graph = append(graph, drawn...)
		default:
			lines = append(lines, p.table(frame)...)
		}
	}
	return append(p.graph(graph), lines...)
}

func isTable(frame *data.Frame) bool {
	if frame.Meta == nil {
		return false
	}
	switch frame.Meta.Type {
	case data.FrameTypeTable, data.FrameTypeNumericLong, data.FrameTypeTimeSeriesLong:
		return true
	}
	return false
}

// line is a series with those that it is compared with.
type line struct {
	series.Series
	compared []series.Series
}

const compareLabel = "compare"

// pair puts every series together with its comparisons.
func pair(all []series.Series) []line {
	identity := func(s series.Series) string {
		labels := data.Labels{}
		for name, value := range s.Labels {
			if name != compareLabel {
				labels[name] = value
			}
		}
		return s.Field + "\x00" + labels.String()
	}
	var lines []line
	for _, s := range all {
		if s.Labels[compareLabel] == "" {
			lines = append(lines, line{Series: s})
		}
	}
	for _, s := range all {
		if s.Labels[compareLabel] == "" {
			continue
		}
		of := slices.IndexFunc(lines, func(l line) bool { return l.Labels[compareLabel] == "" && identity(l.Series) == identity(s) })
		if of < 0 {
			lines = append(lines, line{Series: s})
			continue
		}
		lines[of].compared = append(lines[of].compared, s)
	}
	return lines
}

// graph draws a line of text for each series: its name, the value it has now, how that compares, and its
// course. A single value without a course is one line with the panel's title.
func (p *painter) graph(all []series.Series) []string {
	lines := pair(all)
	if len(lines) == 1 && len(lines[0].Values) <= 1 && len(p.panel.Targets) == 1 {
		p.inTitle = p.single(lines[0])
		return nil
	}
	left := lines[min(maxLines, len(lines)):]
	lines = lines[:len(lines)-len(left)]
	names, label, change := make([]string, len(lines)), 0, 0
	for i, l := range lines {
		names[i] = display.Clean(cmp.Or(p.config(l.Series).DisplayName, l.Name))
		label = min(labelWidth, max(label, utf8.RuneCountInString(names[i])))
		if len(l.compared) > 0 {
			change = changeWidth
		}
	}
	var drawn []string
	for i, l := range lines {
		config := p.config(l.Series)
		value, at := l.Last()
		row := "  " + display.Left(names[i], label) + " " +
			p.style.Blue(display.Right(display.Number(value, config.Unit, config.Decimals), valueWidth)) + " "
		if change > 0 {
			row += p.change(l, value, at, change, false) + " "
		}
		if len(l.Values) > 1 {
			row += display.Sparkline(l.Values, p.width-label-valueWidth-change-5, config.Min)
		}
		drawn = append(drawn, strings.TrimRight(row, " "))
	}
	if len(left) > 0 {
		drawn = append(drawn, p.style.Dim(fmt.Sprintf("  and %d more series", len(left))))
	}
	return drawn
}

// single draws a panel of one value in one line.
func (p *painter) single(l line) string {
	config := p.config(l.Series)
	value, at := l.Last()
	title := min(titleWidth, p.width-valueWidth-changeWidth-2)
	drawn := p.style.Bold(display.Left(display.Clean(p.panel.Title), title)) + " " +
		p.style.Blue(display.Right(display.Number(value, config.Unit, config.Decimals), valueWidth))
	if len(l.compared) > 0 {
		drawn += " " + p.change(l, value, at, p.width-title-valueWidth-2, true)
	}
	return drawn
}

func (p *painter) config(s series.Series) provisioned.FieldConfig {
	own := provisioned.FieldConfig{Unit: s.Config.Unit, DisplayName: s.Config.DisplayName}
	if s.Config.Decimals != nil {
		decimals := int(*s.Config.Decimals)
		own.Decimals = &decimals
	}
	return p.panel.Config(s.Name, own)
}

// change writes how a value compares with the values at the same place of the compared series, in width
// cells; at length with those values too, as far as there is room.
func (p *painter) change(l line, value *float64, at, width int, atLength bool) string {
	var parts []string
	up := true
	for _, c := range l.compared {
		var before *float64
		if at >= 0 && at < len(c.Values) {
			before = c.Values[at]
		}
		change := display.Change(value, before)
		if change == "" {
			change = display.None
		}
		if len(parts) == 0 {
			up = !strings.HasPrefix(change, "-")
		}
		part := change + " vs " + c.Labels[compareLabel]
		if config := p.config(l.Series); atLength && len(part)+valueWidth+3 <= width {
			part += " (" + display.Number(before, config.Unit, config.Decimals) + ")"
		}
		parts = append(parts, part)
	}
	text := display.Fit(display.Clean(strings.Join(parts, ", ")), width)
	if !atLength {
		text = display.Left(text, width)
	}
	switch {
	case len(parts) == 0 || strings.HasPrefix(text, display.None):
		return p.style.Dim(text)
	case up:
		return p.style.Green(text)
	default:
		return p.style.Red(text)
	}
}
