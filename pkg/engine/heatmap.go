package engine

import (
	"math"

	"github.com/pullview/orders-datasource/pkg/query"
)

// heatmapRows is the most rows that a heatmap has.
const heatmapRows = 40

// fillHeatmap folds the sketches of one slot into rows of equal width on a
// logarithmic scale. The row of zero spans the gap between the rows around it.
func fillHeatmap(h *query.Heatmap, sketches []sketch) {
	rows := layRows(sketches)
	for bucket := range sketches {
		s := &sketches[bucket]
		h.Excluded += s.excluded
		s.compact()
		last := math.MinInt
		for i, code := range s.codes {
			row := rows.of(code)
			if row == last {
				h.Count[len(h.Count)-1] += s.counts[i]
				continue
			}
			last = row
			low, high := rows.bounds(row)
			h.Bucket = append(h.Bucket, int32(bucket))
			h.YMin = append(h.YMin, low)
			h.YMax = append(h.YMax, high)
			h.Count = append(h.Count, s.counts[i])
		}
	}
}

// heatRows numbers the rows of a heatmap from the lowest value up: negative
// values, then zero, then positive ones.
type heatRows struct {
	fold            int32 // sketch buckets per row
	negLow, negHigh int32 // folded indices of |x|, from the smallest to the largest
	posLow, posHigh int32
	hasNeg, hasPos  bool
	hasZero         bool
}

func layRows(sketches []sketch) heatRows {
	r := heatRows{fold: 1}
	var negLow, negHigh, posLow, posHigh int32
	widen := func(has *bool, low, high *int32, index int32) {
		if !*has {
			*has, *low, *high = true, index, index
		}
		*low, *high = min(*low, index), max(*high, index)
	}
	for i := range sketches {
		for _, code := range sketches[i].codes {
			switch {
			case code > 0:
				widen(&r.hasPos, &posLow, &posHigh, code-query.SketchOffset)
			case code < 0:
				widen(&r.hasNeg, &negLow, &negHigh, -code-query.SketchOffset)
			default:
				r.hasZero = true
			}
		}
	}
	for ; ; r.fold++ {
		r.negLow, r.negHigh = foldIndex(negLow, r.fold), foldIndex(negHigh, r.fold)
		r.posLow, r.posHigh = foldIndex(posLow, r.fold), foldIndex(posHigh, r.fold)
		rows := int32(0)
		if r.hasNeg {
			rows += r.negHigh - r.negLow + 1
		}
		if r.hasPos {
			rows += r.posHigh - r.posLow + 1
		}
		if r.hasZero {
			rows++
		}
		if rows <= heatmapRows {
			return r
		}
	}
}

// foldIndex returns ⌈index/fold⌉: row r holds (γ^(fold·(r-1)), γ^(fold·r)].
func foldIndex(index, fold int32) int32 {
	return int32(math.Ceil(float64(index) / float64(fold)))
}

// of returns the row of a code, ascending with the values.
func (r *heatRows) of(code int32) int {
	switch {
	case code > 0:
		return 1 + int(foldIndex(code-query.SketchOffset, r.fold)-r.posLow)
	case code < 0:
		return -1 - int(foldIndex(-code-query.SketchOffset, r.fold)-r.negLow)
	}
	return 0
}

// bounds returns the values between which a row lies.
func (r *heatRows) bounds(row int) (low, high float64) {
	switch {
	case row > 0:
		i := r.posLow + int32(row-1)
		return query.SketchBound((i - 1) * r.fold), query.SketchBound(i * r.fold)
	case row < 0:
		i := r.negLow + int32(-row-1)
		return -query.SketchBound(i * r.fold), -query.SketchBound((i - 1) * r.fold)
	}
	if r.hasNeg {
		low = -query.SketchBound((r.negLow - 1) * r.fold)
	}
	switch {
	case r.hasPos:
		high = query.SketchBound((r.posLow - 1) * r.fold)
	case !r.hasNeg:
		high = 1
	}
	return low, high
}
