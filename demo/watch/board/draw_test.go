package board

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/assert"

	"github.com/pullview/orders-datasource/demo/provisioned"
	"github.com/pullview/orders-datasource/demo/watch/alert"
	"github.com/pullview/orders-datasource/demo/watch/display"
)

func f(v float64) *float64 { return &v }

var times = []time.Time{time.Unix(60, 0), time.Unix(120, 0), time.Unix(180, 0)}

// answered is a panel with one query that got these frames.
func answered(panel provisioned.Panel, frames ...*data.Frame) Answer {
	panel.Targets = []provisioned.Target{{RefID: "A"}}
	return Answer{Panel: panel, Responses: backend.Responses{"A": backend.DataResponse{Status: backend.StatusOK, Frames: frames}}}
}

func draw(answer Answer, width int) string {
	return strings.Join(Draw(answer, time.UTC, width, display.NewStyle(false)), "\n")
}

// field is a value field with a name to show.
func field(name, unit string, labels data.Labels, values ...*float64) *data.Field {
	field := data.NewField("metric", labels, values)
	field.Config = &data.FieldConfig{DisplayNameFromDS: name, Unit: unit}
	return field
}

func wide(fields ...*data.Field) *data.Frame {
	frame := data.NewFrame("", data.NewField("time", nil, times))
	frame.Fields = append(frame.Fields, fields...)
	frame.Meta = &data.FrameMeta{Type: data.FrameTypeTimeSeriesWide}
	return frame
}

func TestSingleValueIsOneLineWithItsComparison(t *testing.T) {
	t.Parallel()
	frame := data.NewFrame("", field("Today", "currencyBRL", nil, f(1123)), field("Today 1w", "currencyBRL", data.Labels{"compare": "1w"}, f(1000)))
	frame.Meta = &data.FrameMeta{Type: data.FrameTypeNumericWide}
	assert.Equal(t, "Revenue                                     R$1.12K +12.3% vs 1w (R$1K)", draw(answered(provisioned.Panel{Title: "Revenue"}, frame), 80))
	assert.Equal(t, "Revenue                               R$1.12K +12.3% vs 1w", draw(answered(provisioned.Panel{Title: "Revenue"}, frame), 60), "narrow")
}

func TestGraphHasALineForEachSeries(t *testing.T) {
	t.Parallel()
	frame := wide(field("web", "s", data.Labels{"channel": "web"}, f(1), f(2), f(3)), field("app", "s", data.Labels{"channel": "app"}, f(3), nil, nil))
	assert.Equal(t, "Waiting\n"+
		"  web        3 s ▁▅█\n"+
		"  app        3 s ▁", draw(answered(provisioned.Panel{Title: "Waiting"}, frame), 80))

	percent := provisioned.Panel{Title: "Waiting", Defaults: provisioned.FieldConfig{Unit: "percentunit", Min: f(0)}}
	assert.Contains(t, draw(answered(percent, frame), 80), "web        3 s ▃▆█", "the panel's axis, and the unit of the data")
	plain := wide(field("web", "", data.Labels{"channel": "web"}, f(1), f(2), f(3)))
	assert.Contains(t, draw(answered(percent, plain), 80), "300% ▃▆█", "the panel's unit where the data has none")
}

func TestComparedSeriesStandInTheLineOfTheirOwn(t *testing.T) {
	t.Parallel()
	frame := wide(
		field("web", "", data.Labels{"channel": "web"}, f(1), f(2), f(90)),
		field("app", "", data.Labels{"channel": "app"}, f(1), f(50), nil),
		field("web, -1w", "", data.Labels{"channel": "web", "compare": "1w"}, f(1), f(2), f(100)),
		field("app, -1w", "", data.Labels{"channel": "app", "compare": "1w"}, f(1), f(25), f(1)))
	lines := strings.Split(draw(answered(provisioned.Panel{Title: "Orders"}, frame), 80), "\n")
	assert.Len(t, lines, 3)
	assert.Contains(t, lines[1], "web         90 -10.0% vs 1w")
	assert.Contains(t, lines[2], "app         50 +100.0% vs 1w", "compared at the last value that is there")
}

func TestManySeriesAreCutWithAWord(t *testing.T) {
	t.Parallel()
	var fields []*data.Field
	for _, name := range strings.Split("abcdefgh", "") {
		fields = append(fields, field(name, "", data.Labels{"x": name}, f(1), f(1), f(1)))
	}
	assert.Contains(t, draw(answered(provisioned.Panel{Title: "Many"}, wide(fields...)), 80), "\n  and 2 more series")
}

func TestTableShowsItsFirstRowsAndColumns(t *testing.T) {
	t.Parallel()
	regions := []string{"SP", "RJ", "MG", "RS", "PR", "BA", "SC"}
	revenue := data.NewField("Revenue", nil, []*float64{f(1500), nil, f(3), f(4), f(5), f(6), f(7)})
	revenue.Config = &data.FieldConfig{Unit: "currencyBRL"}
	frame := data.NewFrame("", data.NewField("region", nil, regions), revenue,
		data.NewField("at", nil, []time.Time{times[0], times[0], times[0], times[0], times[0], times[0], times[0]}),
		data.NewField("a column with a very long name that has no room", nil, regions))
	frame.Fields[0].Config = &data.FieldConfig{DisplayNameFromDS: "Region"}
	frame.Meta = &data.FrameMeta{Type: data.FrameTypeNumericLong}
	lines := strings.Split(draw(answered(provisioned.Panel{Title: "Regions"}, frame), 50), "\n")
	assert.Equal(t, []string{
		"Regions",
		"  Region  Revenue  at            ",
		"  SP      R$1.50K  01-01 00:01:00",
		"  RJ            –  01-01 00:01:00",
	}, []string{lines[0], lines[1], lines[2], lines[3]})
	assert.Equal(t, "  and 1 more rows and the columns a column with a…", lines[len(lines)-1])
}

func TestHeatmapIsFoldedIntoBands(t *testing.T) {
	t.Parallel()
	cell := func(name string, values any) *data.Field { return data.NewField(name, nil, values) }
	frame := data.NewFrame("",
		cell("xMax", []time.Time{times[0], times[0], times[1], times[2]}),
		cell("yMin", []float64{1, 10, 1, 100}), cell("yMax", []float64{10, 100, 10, 1000}),
		cell("count", []int64{100, 4, 0, 50}))
	frame.Fields[1].Config = &data.FieldConfig{Unit: "currencyBRL"}
	frame.Meta = &data.FrameMeta{Type: heatmapCells}
	assert.Equal(t, "Value\n"+
		"  R$100 – R$1K                 50   ▓\n"+
		"  R$10 – R$100                  4 ░  \n"+
		"  R$1 – R$10                  100 █  ", draw(answered(provisioned.Panel{Title: "Value"}, frame), 80))

	frame.Fields = frame.Fields[:3]
	assert.Contains(t, draw(answered(provisioned.Panel{Title: "Value"}, frame), 80), "✗ the heatmap has no field count")

	empty := data.NewFrame("", cell("xMax", []time.Time{}), cell("yMax", []float64{}), cell("count", []float64{}))
	empty.Meta = frame.Meta
	assert.NotContains(t, draw(answered(provisioned.Panel{Title: "Value"}, empty), 80), "✗", "nothing to fold")
}

func TestErrorsAndNoticesAreSaid(t *testing.T) {
	t.Parallel()
	panel := provisioned.Panel{Title: "Orders"}
	failed := answered(panel)
	failed.Responses["A"] = backend.DataResponse{Status: backend.StatusBadRequest, Error: errors.New("no such metric\n\x1b[31mred"), ErrorSource: backend.ErrorSourceDownstream}
	assert.Equal(t, "Orders\n  ✗ query A: no such metric ·[31mred (downstream, status 400)", draw(failed, 80))

	delete(failed.Responses, "A")
	assert.Equal(t, "Orders\n  ✗ query A was not answered", draw(failed, 80))

	failed.Err = errors.New("the plugin's process has ended")
	assert.Equal(t, "Orders\n  ✗ the plugin's process has ended", draw(failed, 80))

	frame := wide(field("web", "", nil, f(1), f(1), f(1)))
	frame.Meta.Notices = []data.Notice{{Text: "the last bucket is still running"}}
	assert.Contains(t, draw(answered(panel, frame), 80), "\n  ! the last bucket is still running")
	assert.Equal(t, "Orders\n  no data", draw(answered(panel, data.NewFrame("")), 80))
}

func TestNoLineIsWiderThanAskedFor(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("very long ", 20)
	frame := wide(field(long, "s", data.Labels{"a": "b"}, f(1), f(2), f(3)), field(long+"1w", "s", data.Labels{"a": "b", "compare": "1w"}, f(1), f(2), f(3)))
	frame.Meta.Notices = []data.Notice{{Text: long}}
	failed := answered(provisioned.Panel{Title: long}, frame)
	failed.Err = errors.New(long)
	for _, answer := range []Answer{failed, answered(provisioned.Panel{Title: long}, frame)} {
		for _, width := range []int{60, 80, 120} {
			for line := range strings.Lines(draw(answer, width)) {
				assert.LessOrEqual(t, len([]rune(strings.TrimSuffix(line, "\n"))), width, line)
			}
		}
	}
}

func TestRuleIsDrawnWithItsState(t *testing.T) {
	t.Parallel()
	now := time.Unix(1000, 0)
	status := alert.Status{Rule: provisioned.Rule{Title: "No orders"}, State: alert.Firing, Since: now.Add(-3 * time.Minute), Value: f(0)}
	assert.Equal(t, []string{"  ▲ Firing   No orders                    at 0, for 3 min"}, DrawRule(status, "", now, 80, display.NewStyle(false)))
	assert.Contains(t, DrawRule(status, "nights", now, 80, display.NewStyle(false))[0], "muted: nights")
	assert.Contains(t, DrawRule(status, "", now, 80, display.NewStyle(true))[0], "\x1b[31m▲ Firing")

	status = alert.Status{Rule: provisioned.Rule{Title: "No orders"}, State: alert.Error, Since: now, Err: errors.New("A: no connection")}
	assert.Equal(t, []string{"  ✗ Error    No orders                    for 0 s", "  ✗ A: no connection"}, DrawRule(status, "", now, 80, display.NewStyle(false)))
}
