package traffic

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestSourceDependsOnlyOnWhatItIsFor(t *testing.T) {
	t.Parallel()
	first := source(1, "visits", "web", 7).Uint64()
	assert.Equal(t, first, source(1, "visits", "web", 7).Uint64())
	for _, other := range []uint64{
		source(2, "visits", "web", 7).Uint64(),
		source(1, "cart", "web", 7).Uint64(),
		source(1, "visits", "app", 7).Uint64(),
		source(1, "visits", "web", 8).Uint64(),
		source(1, "visitsw", "eb", 7).Uint64(),
	} {
		assert.NotEqual(t, first, other)
	}
}

func TestWaitingTimesHaveTheirMedianAndTail(t *testing.T) {
	t.Parallel()
	w := waiting{median: 6 * time.Minute, sigma: 0.7}
	random := source(1, "test", "", 0)
	draws := make([]time.Duration, 20_000)
	for i := range draws {
		draws[i] = w.draw(random, 0)
	}
	slices.Sort(draws)
	assert.InEpsilon(t, w.median.Seconds(), draws[len(draws)/2].Seconds(), 0.03)
	// The 95th percentile of a log-normal distribution is median·exp(1.645·sigma).
	assert.InEpsilon(t, w.median.Seconds()*math.Exp(1.645*0.7), draws[len(draws)*95/100].Seconds(), 0.05)
	assert.InDelta(t, 0.5, w.longerThan(w.median), 1e-9)
}

func TestWaitThatHasLastedGoesOnAsLongOnesDo(t *testing.T) {
	t.Parallel()
	w := waiting{median: 6 * time.Minute, sigma: 0.7}
	const age = 9 * time.Minute
	random := source(1, "test", "", 0)
	var fresh, aged []time.Duration
	for len(fresh) < 10_000 {
		if wait := w.draw(random, 0); wait > age {
			fresh = append(fresh, wait)
		}
		if len(aged) < 10_000 {
			aged = append(aged, w.draw(random, age))
		}
	}
	slices.Sort(fresh)
	slices.Sort(aged)
	assert.Greater(t, aged[0], age)
	for _, percentile := range []int{25, 50, 75, 95} {
		i := len(fresh) * percentile / 100
		assert.InEpsilon(t, fresh[i].Seconds(), aged[i].Seconds(), 0.05, "percentile %d", percentile)
	}
}

func TestWaitBeyondAllReasonEndsRightAway(t *testing.T) {
	t.Parallel()
	w := waiting{median: time.Minute, sigma: 0.4}
	const age = 24 * time.Hour
	assert.Equal(t, age+time.Millisecond, w.draw(source(1, "test", "", 0), age))
}

func TestPickFollowsTheWeights(t *testing.T) {
	t.Parallel()
	random := source(1, "test", "", 0)
	var counts [3]int
	for range 10_000 {
		counts[pick(random, []float64{1, 0, 3})]++
	}
	assert.Zero(t, counts[1])
	assert.InEpsilon(t, 3, float64(counts[2])/float64(counts[0]), 0.1)
}
