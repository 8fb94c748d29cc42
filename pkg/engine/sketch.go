package engine

import (
	"math"
	"slices"

	"github.com/pullview/orders-datasource/pkg/query"
)

// sketch is the distribution of one cell: counts by code, see query.SketchCode,
// and the exact sum for averages.
type sketch struct {
	codes    []int32
	counts   []int64
	total    int64 // finite observations
	excluded int64 // NaN and infinities
	sum      query.Column
}

// add takes in one row of a store's sketch.
func (s *sketch) add(code int32, counts, sums *query.Column, row int) {
	n := counts.Ints[row]
	if code == query.SketchExcluded {
		s.excluded += n
		return
	}
	s.codes = append(s.codes, code)
	s.counts = append(s.counts, n)
	s.total += n
	if s.sum.Len() == 0 {
		s.sum = query.NewColumn(sums.Kind, 1)
	}
	s.sum.Add(0, sums, row)
}

// compact sorts the codes and joins equal ones.
func (s *sketch) compact() {
	order := make([]int, len(s.codes))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return int(s.codes[a]) - int(s.codes[b]) })
	codes, counts := make([]int32, 0, len(order)), make([]int64, 0, len(order))
	for _, i := range order {
		if n := len(codes); n > 0 && codes[n-1] == s.codes[i] {
			counts[n-1] += s.counts[i]
			continue
		}
		codes, counts = append(codes, s.codes[i]), append(counts, s.counts[i])
	}
	s.codes, s.counts = codes, counts
}

// quantiles returns the values at each quantile, ranked as PostgreSQL's
// percentile_disc ranks: the first value whose cumulative share is at least q.
// ok is false when there are no finite observations.
func (s *sketch) quantiles(qs []float64) (values []float64, ok bool) {
	if s.total == 0 {
		return nil, false
	}
	s.compact()
	values = make([]float64, len(qs))
	for i, q := range qs {
		rank := max(int64(math.Ceil(q*float64(s.total))), 1)
		seen := int64(0)
		for j, code := range s.codes {
			if seen += s.counts[j]; seen >= rank {
				values[i] = query.SketchValue(code)
				break
			}
		}
	}
	return values, true
}
