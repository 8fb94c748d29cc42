package engine

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/pkg/query"
)

// sketchOf takes observations in as a store would return them: a row per code.
func sketchOf(observations []float64) sketch {
	counts, sums := map[int32]int64{}, map[int32]float64{}
	for _, x := range observations {
		code := query.SketchCode(x)
		counts[code]++
		sums[code] += x
	}
	var s sketch
	for code, n := range counts {
		count, sum := query.NewColumn(query.KindInt, 1), query.NewColumn(query.KindFloat, 1)
		count.Ints[0], sum.Floats[0] = n, sums[code]
		s.add(code, &count, &sum, 0)
	}
	return s
}

func TestSketchQuantilesAreWithinOnePercentOfPercentileDisc(t *testing.T) {
	t.Parallel()
	quantiles := []float64{0.001, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999}
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 1))
		observations := make([]float64, 1+random.IntN(500))
		for i := range observations {
			switch random.IntN(4) {
			case 0:
				observations[i] = 0
			case 1:
				observations[i] = -math.Exp(random.NormFloat64() * 20)
			default:
				observations[i] = math.Exp(random.NormFloat64() * 5)
			}
		}
		s := sketchOf(observations)
		values, ok := s.quantiles(quantiles)
		require.True(t, ok)
		slices.Sort(observations)
		for i, q := range quantiles {
			rank := max(int(math.Ceil(q*float64(len(observations)))), 1)
			want := observations[rank-1]
			assert.LessOrEqual(t, math.Abs(values[i]-want), 0.01*math.Abs(want), "seed %d, quantile %v", seed, q)
		}
	}
}

func TestSketchCountsWhatItExcludes(t *testing.T) {
	t.Parallel()
	s := sketchOf([]float64{math.NaN(), math.Inf(1), math.Inf(-1), 5})
	assert.Equal(t, int64(1), s.total)
	assert.Equal(t, int64(3), s.excluded)
	empty := sketchOf([]float64{math.NaN()})
	_, ok := empty.quantiles([]float64{0.5})
	assert.False(t, ok, "no finite observation, no quantile")
}

func TestSketchCodesSortAsTheirValues(t *testing.T) {
	t.Parallel()
	values := []float64{-math.MaxFloat64, -3, -1, -0.5, -math.SmallestNonzeroFloat64, 0, math.SmallestNonzeroFloat64, 0.5, 1, 3, math.MaxFloat64}
	for i := 1; i < len(values); i++ {
		assert.Less(t, query.SketchCode(values[i-1]), query.SketchCode(values[i]), "%v before %v", values[i-1], values[i])
	}
}

func TestHeatmapHasAtMostFortyRowsAndLosesNothing(t *testing.T) {
	t.Parallel()
	for name, observations := range map[string][]float64{
		"one value":        {12},
		"zeros only":       {0, 0},
		"both signs":       {-1000, -1, 0, 0.001, 5, 1e6},
		"thirty decades":   {1e-15, 1, 1e15},
		"negative only":    {-3, -4, -500},
		"zero and a value": {0, 7},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var h query.Heatmap
			fillHeatmap(&h, []sketch{sketchOf(observations)})
			total := int64(0)
			for _, n := range h.Count {
				total += n
			}
			assert.Equal(t, int64(len(observations)), total)
			assert.LessOrEqual(t, len(h.Count), heatmapRows)
			for i := range h.YMin {
				assert.Less(t, h.YMin[i], h.YMax[i])
				if i > 0 {
					assert.LessOrEqual(t, h.YMax[i-1], h.YMin[i]*(1+1e-9)+1e-9, "rows ascend without overlap")
				}
			}
			for _, x := range observations {
				assert.True(t, slices.ContainsFunc(seq(len(h.YMin)), func(i int) bool {
					slack := 1e-9 * math.Abs(x)
					return h.YMin[i]-slack <= x && x <= h.YMax[i]+slack
				}), "%v lies in a row", x)
			}
		})
	}
}

func seq(n int) []int {
	s := make([]int, n)
	for i := range s {
		s[i] = i
	}
	return s
}
