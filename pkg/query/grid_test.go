package query

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func step(t require.TestingT, name string) Step {
	s, err := ParseStep(name)
	require.NoError(t, err)
	return s
}

func lay(t require.TestingT, from, to, stepName, zoneName string) Grid {
	grid, err := LayGrid(instant(t, from), instant(t, to), step(t, stepName), zone(t, zoneName), 100_000)
	require.NoError(t, err)
	return grid
}

func TestLayGrid(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		from, to, step, zone string
		want                 []string
	}{
		"the range itself": {"2026-11-23T15:00:00.123Z", "2026-11-23T16:00:00.456Z", "range", "America/Sao_Paulo",
			[]string{"2026-11-23T15:00:00.123Z", "2026-11-23T16:00:00.456Z"}},
		"widened to whole buckets": {"2026-11-23T15:00:59.999Z", "2026-11-23T15:02:00.001Z", "1m", "UTC",
			[]string{"2026-11-23T15:00:00Z", "2026-11-23T15:01:00Z", "2026-11-23T15:02:00Z", "2026-11-23T15:03:00Z"}},
		"not widened where it fits": {"2026-11-23T15:00:00Z", "2026-11-23T15:02:00Z", "1m", "UTC",
			[]string{"2026-11-23T15:00:00Z", "2026-11-23T15:01:00Z", "2026-11-23T15:02:00Z"}},
		"before 1970": {"1969-07-20T20:17:40Z", "1969-07-20T20:17:41Z", "30s", "UTC",
			[]string{"1969-07-20T20:17:30Z", "1969-07-20T20:18:00Z"}},
		"hours of an odd zone": {"2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z", "1h", "Asia/Kathmandu",
			[]string{"2025-12-31T23:15:00Z", "2026-01-01T00:15:00Z", "2026-01-01T01:15:00Z"}},
		"half days from local midnight": {"2026-01-01T04:00:00Z", "2026-01-01T16:00:00Z", "12h", "America/Sao_Paulo",
			[]string{"2026-01-01T03:00:00Z", "2026-01-01T15:00:00Z", "2026-01-02T03:00:00Z"}},
		"half days keep to standard time in summer": {"2026-07-01T00:00:00Z", "2026-07-01T12:00:00Z", "12h", "Europe/Berlin",
			[]string{"2026-06-30T23:00:00Z", "2026-07-01T11:00:00Z", "2026-07-01T23:00:00Z"}},
		"a day of 23 hours": {"2026-03-28T12:00:00Z", "2026-03-30T12:00:00Z", "1d", "Europe/Berlin",
			[]string{"2026-03-27T23:00:00Z", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z", "2026-03-30T22:00:00Z"}},
		"a day of 25 hours": {"2026-10-25T12:00:00Z", "2026-10-25T13:00:00Z", "1d", "Europe/Berlin",
			[]string{"2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"}},
		"a day that begins at 01:00": {"2018-11-03T12:00:00Z", "2018-11-04T12:00:00Z", "1d", "America/Sao_Paulo",
			[]string{"2018-11-03T03:00:00Z", "2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z"}},
		"while the hour before midnight is repeated": {"2018-02-18T02:15:00Z", "2018-02-18T02:45:00Z", "1d", "America/Sao_Paulo",
			[]string{"2018-02-17T02:00:00Z", "2018-02-18T03:00:00Z"}},
		"while the hour before midnight comes again": {"2006-10-29T03:00:00Z", "2006-10-29T03:15:00Z", "1d", "America/St_Johns",
			[]string{"2006-10-29T02:30:00Z", "2006-10-30T03:30:00Z"}},
		"a date that was left out is no bucket": {"2011-12-29T12:00:00Z", "2012-01-01T00:00:00Z", "1d", "Pacific/Apia",
			[]string{"2011-12-29T10:00:00Z", "2011-12-30T10:00:00Z", "2011-12-31T10:00:00Z", "2012-01-01T10:00:00Z"}},
		"a date that was repeated is one bucket": {"1892-07-04T12:00:00Z", "1892-07-05T12:00:00Z", "1d", "Pacific/Pago_Pago",
			[]string{"1892-07-03T11:22:48Z", "1892-07-05T11:22:48Z", "1892-07-06T11:22:48Z"}},
		"ISO weeks": {"2026-01-01T00:00:00Z", "2026-01-05T00:00:00.001Z", "1w", "UTC",
			[]string{"2025-12-29T00:00:00Z", "2026-01-05T00:00:00Z", "2026-01-12T00:00:00Z"}},
		"months": {"2026-01-31T00:00:00Z", "2026-03-01T00:00:00Z", "1M", "UTC",
			[]string{"2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"}},
		"quarters": {"2026-02-01T00:00:00Z", "2026-04-02T00:00:00Z", "1Q", "America/Sao_Paulo",
			[]string{"2026-01-01T03:00:00Z", "2026-04-01T03:00:00Z", "2026-07-01T03:00:00Z"}},
		"years": {"2026-01-01T02:00:00Z", "2026-01-01T04:00:00Z", "1y", "America/Sao_Paulo",
			[]string{"2025-01-01T03:00:00Z", "2026-01-01T03:00:00Z", "2027-01-01T03:00:00Z"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			grid := lay(t, test.from, test.to, test.step, test.zone)
			assert.Equal(t, instants(t, test.want...), grid.Bounds)
			assert.Equal(t, len(test.want)-1, grid.Len())
			for i := range grid.Len() {
				assertInstant(t, test.want[i], grid.Start(i))
				assertInstant(t, test.want[i+1], grid.End(i))
			}
		})
	}
}

func TestAGridWithTooManyBucketsIsRefusedBeforeItIsLaid(t *testing.T) {
	t.Parallel()
	from, to := instant(t, "1926-01-01T00:00:00Z"), instant(t, "2026-01-01T00:00:00Z")
	_, err := LayGrid(from, to, step(t, "1s"), time.UTC, 100_000)
	var problem *Error
	require.True(t, errors.As(err, &problem))
	assert.EqualError(t, problem, "step: step 1s over 100 years is 3155760000 buckets, and at most 100000 are allowed: choose a longer step or a shorter time range")
}

func TestBucketsAreCountedBeyondTheLongestDuration(t *testing.T) {
	t.Parallel()
	from, to := instant(t, "0001-01-01T00:00:00Z"), instant(t, "9999-12-31T00:00:00Z")
	const days = 3_652_058
	assert.EqualValues(t, days*86_400, step(t, "1s").countBuckets(from, to, time.UTC))
	assert.EqualValues(t, days, step(t, "1d").countBuckets(from, to, time.UTC))
	assert.EqualValues(t, 9999, step(t, "1y").countBuckets(from, to, time.UTC))
}

func TestTheLimitIsTheNumberOfBuckets(t *testing.T) {
	t.Parallel()
	for _, name := range StepNames()[2:] {
		from, to := instant(t, "2026-01-01T00:00:00Z"), instant(t, "2026-01-01T00:00:07Z")
		grid, err := LayGrid(from, to, step(t, name), time.UTC, 7)
		require.NoError(t, err, name)
		_, err = LayGrid(from, to, step(t, name), time.UTC, grid.Len()-1)
		assert.Error(t, err, name)
	}
}

// drawGrid draws a grid of at most some thousand buckets in a zone, and the
// range for which it was laid.
func drawGrid(t *rapid.T, loc *time.Location) (grid Grid, from, to time.Time) {
	from = drawInstant(t, loc, "from")
	step := rapid.SampledFrom(append(stepsOf(FixedSteps), Step{}, Step{Unit: Day}, Step{Unit: Week},
		Step{Unit: Month}, Step{Unit: Quarter}, Step{Unit: Year})).Draw(t, "step")
	buckets := rapid.Int64Range(0, 100).Draw(t, "buckets")
	to = from.Add(time.Duration(buckets) * max(step.length(), time.Second))
	to = to.Add(time.Duration(rapid.Int64Range(1, int64(90*time.Minute/time.Microsecond)).Draw(t, "and microseconds")) * time.Microsecond)
	grid, err := LayGrid(from, to, step, loc, 10_000)
	require.NoError(t, err)
	return grid, from, to
}

func TestAGridCoversItsRangeWithoutGapsAndNoMore(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		loc := drawZone(t)
		grid, from, to := drawGrid(t, loc)
		n := grid.Len()
		require.Positive(t, n)
		require.False(t, grid.Start(0).After(from), "the first bucket begins at or before the range")
		require.True(t, grid.End(0).After(from), "and ends in it")
		require.True(t, grid.Start(n-1).Before(to), "the last bucket begins in the range")
		require.False(t, grid.End(n-1).Before(to), "and ends at or after it")
		for i := range n {
			require.True(t, grid.Start(i).Before(grid.End(i)))
			require.Equal(t, time.UTC, grid.Start(i).Location())
		}
		if grid.Step.Unit == 0 {
			require.Equal(t, grid.Step.countBuckets(from, to, loc), int64(n))
		}
	})
}

func TestCalendarBucketsBeginWhereASearchFindsTheFirstDayOfTheirUnit(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		loc := drawZone(t)
		grid, _, _ := drawGrid(t, loc)
		if grid.Step.Unit == 0 {
			t.Skip("no calendar step")
		}
		first := func(day time.Time) bool {
			switch grid.Step.Unit {
			case Week:
				return day.Weekday() == time.Monday
			case Month:
				return day.Day() == 1
			case Quarter:
				return day.Day() == 1 && day.Month()%3 == 1
			case Year:
				return day.YearDay() == 1
			}
			return true
		}
		for _, bound := range grid.Bounds {
			year, month, day := bound.In(loc).Date()
			require.Equal(t, dateReached(year, month, day, loc), bound)
			date := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
			// Where a zone left out the first day its unit begins on the second.
			require.True(t, first(date) || first(date.AddDate(0, 0, -1)) && dateReached(year, month, day-1, loc).Equal(bound))
		}
	})
}

func TestFixedBucketsAreOfOneLengthFromTheOrigin(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		loc := drawZone(t)
		grid, _, _ := drawGrid(t, loc)
		if grid.Step.Fixed == 0 {
			t.Skip("no fixed step")
		}
		for i := range grid.Len() {
			require.Equal(t, grid.Step.Fixed, grid.End(i).Sub(grid.Start(i)))
		}
		micros := grid.Step.Fixed.Microseconds()
		require.Zero(t, (grid.Start(0).UnixMicro()-Origin(loc).UnixMicro())%micros)
	})
}

func TestShiftedBoundsAscend(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		loc := drawZone(t)
		grid, _, _ := drawGrid(t, loc)
		shifted := grid.Shift(drawOffset(t, "smhdwMQy"), loc)
		require.Len(t, shifted, len(grid.Bounds))
		require.True(t, slices.IsSortedFunc(shifted, time.Time.Compare))
	})
}

func TestShiftedDaysOfAShortMonthAreEmptyAtItsEnd(t *testing.T) {
	t.Parallel()
	grid := lay(t, "2026-03-27T00:00:00Z", "2026-04-02T00:00:00Z", "1d", "UTC")
	assert.Equal(t, instants(t,
		"2026-02-27T00:00:00Z", "2026-02-28T00:00:00Z",
		"2026-03-01T00:00:00Z", "2026-03-01T00:00:00Z", "2026-03-01T00:00:00Z", "2026-03-01T00:00:00Z",
		"2026-03-02T00:00:00Z",
	), grid.Shift(offset(t, "1M"), time.UTC))
}

// bucketOf bins an instant as a store does: by a step, by a list, or not at all.
func (b Buckets) bucketOf(t time.Time) (int, bool) {
	switch {
	case t.Before(b.From) || !t.Before(b.To):
		return 0, false
	case b.Step > 0:
		return int(floorDiv(t.Sub(b.Origin).Microseconds(), b.Step.Microseconds())), true
	case b.Bounds != nil:
		after := slices.IndexFunc(b.Bounds, func(bound time.Time) bool { return bound.After(t) })
		return after - 1, after > 0
	}
	return 0, true
}

func TestAScansBucketsAreTheGrids(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		loc := drawZone(t)
		grid, from, _ := drawGrid(t, loc)
		bounds := grid.Bounds
		if rapid.Bool().Draw(t, "shifted") {
			bounds = grid.Shift(drawOffset(t, "smhdwMQy"), loc)
		}
		first, last := bounds[0], bounds[len(bounds)-1]
		span := last.Sub(first).Microseconds()
		within := func(label string) time.Time {
			return first.Add(time.Duration(rapid.Int64Range(-10, span+10).Draw(t, label)) * time.Microsecond)
		}
		to := within("to")
		buckets := LayBuckets(bounds, to)
		require.LessOrEqual(t, buckets.Len(), len(bounds)-1)
		require.False(t, buckets.To.After(last))
		for range 20 {
			at := within("event")
			got, ok := buckets.bucketOf(at)
			want := -1
			for i := range bounds[1:] {
				if !at.Before(bounds[i]) && at.Before(bounds[i+1]) && at.Before(to) {
					want = i
				}
			}
			require.Equal(t, want >= 0, ok, "event at %s of range from %s", at, from)
			if ok {
				require.Equal(t, want, got)
				require.Less(t, got, buckets.Len())
			}
		}
	})
}

func TestBucketsOfOneLengthAreBinnedByAStep(t *testing.T) {
	t.Parallel()
	late := instant(t, "2100-01-01T00:00:00Z")
	tests := map[string]struct {
		grid Grid
		to   time.Time
		want Buckets
	}{
		"a fixed step": {
			lay(t, "2026-11-23T15:00:10Z", "2026-11-23T15:02:10Z", "1m", "UTC"), late,
			Buckets{From: instant(t, "2026-11-23T15:00:00Z"), To: instant(t, "2026-11-23T15:03:00Z"), Step: time.Minute, Origin: instant(t, "2026-11-23T15:00:00Z")},
		},
		"a fixed step, cut": {
			lay(t, "2026-11-23T15:00:10Z", "2026-11-23T15:02:10Z", "1m", "UTC"), instant(t, "2026-11-23T15:01:01Z"),
			Buckets{From: instant(t, "2026-11-23T15:00:00Z"), To: instant(t, "2026-11-23T15:01:01Z"), Step: time.Minute, Origin: instant(t, "2026-11-23T15:00:00Z")},
		},
		"days of 24 hours": {
			lay(t, "2026-11-21T15:00:00Z", "2026-11-23T15:00:00Z", "1d", "America/Sao_Paulo"), late,
			Buckets{From: instant(t, "2026-11-21T03:00:00Z"), To: instant(t, "2026-11-24T03:00:00Z"), Step: 24 * time.Hour, Origin: instant(t, "2026-11-21T03:00:00Z")},
		},
		"days of which one is longer": {
			lay(t, "2026-10-24T12:00:00Z", "2026-10-25T12:00:00Z", "1d", "Europe/Berlin"), late,
			Buckets{From: instant(t, "2026-10-23T22:00:00Z"), To: instant(t, "2026-10-25T23:00:00Z"),
				Bounds: instants(t, "2026-10-23T22:00:00Z", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z")},
		},
		"days of which one is longer, cut": {
			lay(t, "2026-10-24T12:00:00Z", "2026-10-25T12:00:00Z", "1d", "Europe/Berlin"), instant(t, "2026-10-24T20:00:00Z"),
			Buckets{From: instant(t, "2026-10-23T22:00:00Z"), To: instant(t, "2026-10-24T20:00:00Z"),
				Bounds: instants(t, "2026-10-23T22:00:00Z", "2026-10-24T22:00:00Z")},
		},
		"one bucket": {
			lay(t, "2026-10-24T12:00:00Z", "2026-10-25T12:00:00Z", "range", "Europe/Berlin"), late,
			Buckets{From: instant(t, "2026-10-24T12:00:00Z"), To: instant(t, "2026-10-25T12:00:00Z")},
		},
		"nothing yet": {
			lay(t, "2026-10-24T12:00:00Z", "2026-10-25T12:00:00Z", "range", "Europe/Berlin"), instant(t, "2026-10-24T12:00:00Z"),
			Buckets{From: instant(t, "2026-10-24T12:00:00Z"), To: instant(t, "2026-10-24T12:00:00Z"), Bounds: instants(t, "2026-10-24T12:00:00Z")},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := test.grid.Buckets(test.to)
			assert.Equal(t, test.want, got)
		})
	}
}

func TestFoldStep(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		bounds []time.Time
		want   string
	}{
		"days of 24 hours":          {lay(t, "2026-11-01T12:00:00Z", "2026-11-20T00:00:00Z", "1d", "America/Sao_Paulo").Bounds, "12h"},
		"a day of 23 hours":         {lay(t, "2026-03-20T12:00:00Z", "2026-04-01T00:00:00Z", "1d", "Europe/Berlin").Bounds, "1h"},
		"months with two changes":   {lay(t, "2026-01-01T12:00:00Z", "2026-12-01T00:00:00Z", "1M", "Europe/Berlin").Bounds, "1h"},
		"a change by two hours":     {lay(t, "2026-03-20T12:00:00Z", "2026-04-01T00:00:00Z", "1d", "Antarctica/Troll").Bounds, "2h"},
		"a change by half an hour":  {lay(t, "2026-04-01T12:00:00Z", "2026-04-10T00:00:00Z", "1d", "Australia/Lord_Howe").Bounds, "30m"},
		"a change by 15 minutes":    {lay(t, "1985-12-30T12:00:00Z", "1986-01-03T00:00:00Z", "1d", "Asia/Kathmandu").Bounds, "15m"},
		"a change by 44:30":         {lay(t, "1972-01-01T12:00:00Z", "1972-01-10T00:00:00Z", "1d", "Africa/Monrovia").Bounds, "30s"},
		"a change by odd seconds":   {lay(t, "1919-12-30T12:00:00Z", "1920-01-03T00:00:00Z", "1d", "Asia/Kathmandu").Bounds, "1s"},
		"bounds between fixed ones": {instants(t, "2026-01-01T00:00:00Z", "2026-01-01T00:00:00.5Z"), ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, ok := FoldStep(test.bounds)
			assert.Equal(t, test.want != "", ok)
			if ok {
				assert.Equal(t, test.want, Step{Fixed: got}.String())
			}
		})
	}
}

func TestTheFoldStepIsTheLargestThatDividesEveryBucket(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		grid, _, _ := drawGrid(t, drawZone(t))
		fold, ok := FoldStep(grid.Bounds)
		for _, step := range FixedSteps {
			divides := true
			for i := range grid.Len() {
				divides = divides && grid.End(i).Sub(grid.Start(i))%step == 0
			}
			if divides {
				require.True(t, ok)
				require.GreaterOrEqual(t, fold, step)
			} else {
				require.False(t, ok && fold == step)
			}
		}
	})
}

func TestAGaugeIsSampledAtBoundsWithinTheRangeAndAtItsEnd(t *testing.T) {
	t.Parallel()
	from, to := instant(t, "2026-11-23T15:00:10Z"), instant(t, "2026-11-23T15:02:20Z")
	grid, err := samplingGrid(from, to, step(t, "1m"), time.UTC, 10)
	require.NoError(t, err)
	assert.Equal(t, instants(t, "2026-11-23T15:00:10Z", "2026-11-23T15:01:00Z", "2026-11-23T15:02:00Z", "2026-11-23T15:02:20Z"), grid.Bounds)
	_, err = samplingGrid(from, to, step(t, "1m"), time.UTC, 2)
	assert.Error(t, err)
}

func BenchmarkShiftADayOfSeconds(b *testing.B) {
	loc := zone(b, "America/Sao_Paulo")
	grid := lay(b, "2026-11-23T03:00:00Z", "2026-11-24T03:00:00Z", "1s", "America/Sao_Paulo")
	for b.Loop() {
		grid.Shift(Offset{1, 'w'}, loc)
	}
}

func TestBucketsOfCenturiesAreCounted(t *testing.T) {
	t.Parallel()
	from := time.Date(1700, time.January, 1, 0, 0, 0, 0, time.UTC)
	to := time.Date(2100, time.January, 1, 0, 0, 0, 0, time.UTC)
	grid, err := LayGrid(from, to, Step{Fixed: 12 * time.Hour}, time.UTC, 1_000_000)
	require.NoError(t, err)
	buckets := grid.Buckets(to)
	require.Equal(t, 12*time.Hour, buckets.Step)
	assert.Equal(t, grid.Len(), buckets.Len())
	assert.Equal(t, 2*146_097, buckets.Len(), "twice the days of 400 years of the Gregorian calendar")
	assert.Zero(t, grid.Buckets(from).Len())
}
