package engine

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/pkg/query"
)

func instants(t *testing.T, texts ...string) []time.Time {
	t.Helper()
	times := make([]time.Time, len(texts))
	for i, text := range texts {
		parsed, err := time.Parse(time.RFC3339, text)
		require.NoError(t, err)
		times[i] = parsed.UTC()
	}
	return times
}

func TestLaneKnowsABucketUntilItsEndOrTheCut(t *testing.T) {
	t.Parallel()
	l := lane{
		bounds: instants(t, "2026-03-01T10:00:00Z", "2026-03-01T11:00:00Z", "2026-03-01T11:00:00Z", "2026-03-01T12:00:00Z", "2026-03-01T13:00:00Z"),
		cut:    instants(t, "2026-03-01T11:20:00Z")[0],
	}
	for i, want := range []struct {
		known   bool
		elapsed time.Duration
	}{
		{true, time.Hour},
		{false, 0}, // empty: equal bounds
		{true, 20 * time.Minute},
		{false, 0}, // begins after the cut
	} {
		_, known := l.known(i)
		assert.Equal(t, want.known, known, "bucket %d", i)
		assert.Equal(t, want.elapsed, l.elapsed(i), "bucket %d", i)
	}
}

func TestScansOfComparisonsAndStocksEndAtTheCut(t *testing.T) {
	t.Parallel()
	bounds := instants(t, "2026-03-01T10:00:00Z", "2026-03-01T12:00:00Z")
	cut := instants(t, "2026-03-01T11:20:00Z")[0]
	own := lane{bounds: bounds, cut: cut}
	assert.Equal(t, bounds[1], own.scanEnd(false), "events of the range itself may lie in the future")
	assert.Equal(t, cut, own.scanEnd(true))
	past := lane{offset: "1w", bounds: bounds, cut: cut}
	assert.Equal(t, cut, past.scanEnd(false))
	future := lane{offset: "1w", bounds: bounds, cut: bounds[0].Add(-time.Hour)}
	assert.Equal(t, bounds[0], future.scanEnd(false), "a scan never ends before it begins")
}

func TestBinFoldsDaysFromHoursOverAClockChange(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	var bounds []time.Time
	for day := 27; day <= 31; day++ { // 29 March 2026 has 23 hours
		bounds = append(bounds, time.Date(2026, 3, day, 0, 0, 0, 0, berlin).UTC())
	}
	l := lane{bounds: bounds, cut: bounds[4]}

	folded := l.bin(bounds[4], true)
	require.NotNil(t, folded.target)
	assert.Equal(t, time.Hour, folded.buckets.Step)
	assert.Len(t, folded.target, 95)
	perDay := map[int32]int{}
	for _, day := range folded.target {
		perDay[day]++
	}
	assert.Equal(t, map[int32]int{0: 24, 1: 24, 2: 23, 3: 24}, perDay)

	recomputed := l.bin(bounds[4], false)
	assert.Nil(t, recomputed.target)
	assert.Equal(t, bounds, recomputed.buckets.Bounds)
}

func TestBinReadsEvenBucketsOnAFixedGrid(t *testing.T) {
	t.Parallel()
	start := instants(t, "2026-03-01T10:00:00Z")[0]
	bounds := []time.Time{start, start.Add(time.Minute), start.Add(2 * time.Minute)}
	b := (&lane{bounds: bounds}).bin(bounds[2], false)
	assert.Equal(t, query.Buckets{From: bounds[0], To: bounds[2], Step: time.Minute, Origin: bounds[0]}, b.buckets)
	assert.Equal(t, int32(1), b.bucket(1))
}
