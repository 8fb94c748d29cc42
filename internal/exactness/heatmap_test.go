package exactness_test

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"
)

// heatCell is a cell of a heatmap's frame.
type heatCell struct {
	end       instant // of its bucket
	low, high float64
	count     int64
}

func readHeatmap(frame *data.Frame) ([]heatCell, error) {
	if frame.Meta == nil || frame.Meta.Type != "heatmap-cells" {
		return nil, fmt.Errorf("the frame is not of type heatmap-cells")
	}
	if frame.Rows() == 0 {
		return nil, nil
	}
	names := make([]string, len(frame.Fields))
	for i, field := range frame.Fields {
		names[i] = field.Name
	}
	if !slices.Equal(names, []string{"xMax", "yMin", "yMax", "count"}) {
		return nil, fmt.Errorf("a heatmap with the fields %v", names)
	}
	var cells []heatCell
	for i := range frame.Fields[0].Len() {
		cells = append(cells, heatCell{
			end: instantOf(frame.Fields[0].At(i).(time.Time)), low: frame.Fields[1].At(i).(float64),
			high: frame.Fields[2].At(i).(float64), count: frame.Fields[3].At(i).(int64),
		})
	}
	return cells, nil
}

// compareHeatmap judges whether a heatmap shows what was observed: every finite
// observation in the one row that holds it.
func (o *oracle) compareHeatmap(frame *data.Frame) (*verdict, error) {
	cells, err := readHeatmap(frame)
	if err != nil {
		return nil, err
	}
	v := &verdict{}
	rows := rowsOfHeatmap(cells)
	if len(rows) > 40 {
		v.differ("rows", "all", "at most 40", len(rows))
	}
	for i := range rows[min(1, len(rows)):] {
		if rows[i].high > rows[i+1].low {
			v.differ("rows", "all", "no overlap", rows[i:i+2])
		}
	}
	got := map[string]int64{}
	for _, cell := range cells {
		if cell.count > 0 {
			got[fmt.Sprint(cell.end, " ", cell.low, " ", cell.high)] += cell.count
		}
	}
	want := map[string]int64{}
	excluded, below := 0, 0
	if len(o.grid) > 1 {
		m := o.metrics[0]
		for i, observed := range o.spread(m, o.lanes[0], everyone) {
			d := m.observed(observed).sketched()
			excluded += d.excluded
			for _, n := range d.finite {
				if n.rat.Sign() < 0 {
					below++
				}
				row := slices.IndexFunc(rows, func(r heatCell) bool { return r.holds(n.rat) })
				if row < 0 {
					v.differ("rows", dateText(o.grid[i]), "a row for "+n.rat.FloatString(6), "none")
					continue
				}
				want[fmt.Sprint(o.grid[i+1], " ", rows[row].low, " ", rows[row].high)]++
			}
		}
	}
	for _, key := range sortedKeys(union(want, got)) {
		if want[key] != got[key] {
			v.differ("cell (end, low, high) "+key, "", want[key], got[key])
			continue
		}
		v.right(true)
	}
	v.checkNotice(frame, excluded, "not a number or infinite")
	v.checkNotice(frame, below, "are negative")
	v.checkSpacing(cells, o.grid)
	return v, nil
}

// holds tells whether a number belongs into a row: one of positive numbers has
// its upper bound, one of negative numbers its lower bound.
func (r heatCell) holds(x *big.Rat) bool {
	size, near, far := new(big.Rat).Abs(x), r.low, r.high
	switch {
	case x.Sign() == 0:
		return r.low <= 0 && r.high >= 0
	case x.Sign() < 0:
		near, far = -r.high, -r.low
	}
	// The row of zero reaches up to the next ones, without holding anything.
	if near <= 0 {
		return false
	}
	return size.Cmp(bound(near)) > 0 && size.Cmp(bound(far)) <= 0
}

func bound(f float64) *big.Rat {
	n := floatNumber(f)
	if n.special != 0 {
		return new(big.Rat).Mul(largestFloat, big.NewRat(2, 1))
	}
	return n.rat
}

// rowsOfHeatmap lists the rows that cells are in, from the lowest up.
func rowsOfHeatmap(cells []heatCell) []heatCell {
	var rows []heatCell
	for _, cell := range cells {
		row := heatCell{low: cell.low, high: cell.high}
		if cell.count > 0 && !slices.Contains(rows, row) {
			rows = append(rows, row)
		}
	}
	slices.SortFunc(rows, func(a, b heatCell) int { return cmp.Compare(a.low, b.low) })
	return rows
}

func (v *verdict) checkNotice(frame *data.Frame, count int, about string) {
	var found []string
	for _, notice := range frame.Meta.Notices {
		if strings.Contains(notice.Text, about) {
			found = append(found, strings.Fields(notice.Text)[0])
		}
	}
	var want []string
	if count > 0 {
		want = []string{fmt.Sprint(count)}
	}
	if !slices.Equal(found, want) {
		v.differ("notice that observations "+about, "all", want, found)
	}
}

// checkSpacing makes sure that the first two ends are those of neighbours: the
// panel takes their distance for the width of every bucket.
func (v *verdict) checkSpacing(cells []heatCell, grid []instant) {
	if len(cells) == 0 {
		return
	}
	first := slices.Index(grid, cells[0].end)
	for _, cell := range cells {
		if cell.end != cells[0].end {
			if first < 0 || first+1 >= len(grid) || grid[first+1] != cell.end {
				v.differ("spacing", dateText(cells[0].end), "the next bound", dateText(cell.end))
			}
			return
		}
	}
	v.differ("spacing", dateText(cells[0].end), "two ends", "one")
}
