package display

import "math"

var (
	bars   = []rune("▁▂▃▄▅▆▇█")
	shades = []rune(" ░▒▓█")
)

// Sparkline draws values as bars, at most width cells wide. Where there are more values than cells, a cell
// is the average of its values. A cell without a value is blank. The lowest bar stands for floor where that
// is given, and else for the least value.
func Sparkline(values []*float64, width int, floor *float64) string {
	cells := Resample(values, width)
	low, high := math.Inf(1), math.Inf(-1)
	for _, v := range cells {
		if v != nil {
			low, high = min(low, *v), max(high, *v)
		}
	}
	if floor != nil {
		low = min(low, *floor)
	}
	line := make([]rune, len(cells))
	for i, v := range cells {
		switch {
		case v == nil:
			line[i] = ' '
		case high == low:
			line[i] = bars[0]
		default:
			line[i] = bars[int(math.Round((*v-low)/(high-low)*float64(len(bars)-1)))]
		}
	}
	return string(line)
}

// Resample averages neighbouring values so that at most width are left. Values that are not there, or no
// numbers, take no part.
func Resample(values []*float64, width int) []*float64 {
	width = min(max(width, 0), len(values))
	cells := make([]*float64, width)
	for cell := range cells {
		sum, n := 0.0, 0
		for _, v := range values[cell*len(values)/width : (cell+1)*len(values)/width] {
			if v != nil && !math.IsNaN(*v) && !math.IsInf(*v, 0) {
				sum += *v
				n++
			}
		}
		if n > 0 {
			mean := sum / float64(n)
			cells[cell] = &mean
		}
	}
	return cells
}

// Shade draws how large a value is compared with the largest, from a blank for 0 to a full cell. Small
// values are told apart better than large ones.
func Shade(value, largest float64) rune {
	if value <= 0 || largest <= 0 {
		return shades[0]
	}
	level := math.Ceil(math.Sqrt(min(1, value/largest)) * float64(len(shades)-1))
	return shades[int(level)]
}
