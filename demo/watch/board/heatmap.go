package board

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/pullview/orders-datasource/demo/watch/display"
)

const (
	heatmapCells data.FrameType = "heatmap-cells"
	// heatmapBands is how many lines a heatmap has at most.
	heatmapBands = 6
)

// cell is one cell of a sparse heatmap.
type cell struct {
	end        int64 // of its bucket, in milliseconds
	low, high  float64
	count      float64
	atTime, of int // column and row
}

// heatmap draws a sparse heatmap folded to a few bands of values, the highest first. Each band says how many
// observations it has altogether.
func (p *painter) heatmap(frame *data.Frame) []string {
	if frame.Rows() == 0 {
		return nil
	}
	cells, err := cellsOf(frame)
	if err != nil {
		return p.problem(err.Error())
	}
	bands, columns := arrange(cells)
	width := min(columns, p.width-labelWidth-valueWidth-5)
	counts := make([][]float64, len(bands))
	totals := make([]float64, len(bands))
	for i := range counts {
		counts[i] = make([]float64, width)
	}
	largest := 0.0
	for _, c := range cells {
		at := &counts[c.of][c.atTime*width/columns]
		*at += c.count
		totals[c.of] += c.count
		largest = max(largest, *at)
	}
	config := p.panel.Config("", p.unitOf(frame))
	var lines []string
	for i := len(bands) - 1; i >= 0; i-- {
		shades := make([]rune, width)
		for at, count := range counts[i] {
			shades[at] = display.Shade(count, largest)
		}
		low, high := bands[i].low, bands[i].high
		name := display.Number(&low, config.Unit, nil) + " – " + display.Number(&high, config.Unit, nil)
		lines = append(lines, "  "+display.Left(name, labelWidth)+" "+
			p.style.Blue(display.Right(display.Number(&totals[i], "locale", nil), valueWidth))+" "+p.style.Yellow(string(shades)))
	}
	return lines
}

func cellsOf(frame *data.Frame) ([]cell, error) {
	index := map[string]int{}
	for i, field := range frame.Fields {
		index[field.Name] = i
	}
	for _, name := range []string{"xMax", "yMin", "yMax", "count"} {
		if _, ok := index[name]; !ok {
			return nil, fmt.Errorf("the heatmap has no field %s", name)
		}
	}
	cells := make([]cell, 0, frame.Rows())
	for row := range frame.Rows() {
		var c cell
		end, err := frame.Fields[index["xMax"]].NullableFloatAt(row)
		if err != nil || end == nil {
			return nil, fmt.Errorf("the heatmap's field xMax has no time in row %d", row)
		}
		c.end = int64(*end)
		for name, target := range map[string]*float64{"yMin": &c.low, "yMax": &c.high, "count": &c.count} {
			value, err := frame.Fields[index[name]].NullableFloatAt(row)
			if err != nil || value == nil {
				return nil, fmt.Errorf("the heatmap's field %s has no number in row %d", name, row)
			}
			*target = *value
		}
		cells = append(cells, c)
	}
	return cells, nil
}

// band is a range of values.
type band struct{ low, high float64 }

// arrange gives every cell its column and band, and returns the bands, ascending, and the number of columns.
func arrange(cells []cell) ([]band, int) {
	var ends []int64
	var rows []band
	for _, c := range cells {
		ends = append(ends, c.end)
		rows = append(rows, band{c.low, c.high})
	}
	slices.Sort(ends)
	ends = slices.Compact(ends)
	slices.SortFunc(rows, func(a, b band) int { return cmp.Or(cmp.Compare(a.low, b.low), cmp.Compare(a.high, b.high)) })
	rows = slices.Compact(rows)

	n := min(heatmapBands, len(rows))
	bands := make([]band, n)
	of := map[band]int{}
	for i, r := range rows {
		b := i * n / len(rows)
		if i == 0 || of[rows[i-1]] != b {
			bands[b] = r
		}
		bands[b].high = max(bands[b].high, r.high)
		of[r] = b
	}
	for i := range cells {
		cells[i].atTime, _ = slices.BinarySearch(ends, cells[i].end)
		cells[i].of = of[band{cells[i].low, cells[i].high}]
	}
	return bands, len(ends)
}
