package query

import (
	"slices"
	"time"

	"github.com/pullview/orders-datasource/pkg/message"
)

// Grid is a row of buckets without gaps. Bucket i is the half-open interval
// [Bounds[i], Bounds[i+1]). Bounds are strictly ascending and in UTC; an empty
// grid has none.
type Grid struct {
	Step   Step
	Bounds []time.Time
}

// Len returns the number of buckets.
func (g Grid) Len() int { return max(len(g.Bounds)-1, 0) }

// Start returns the first instant of bucket i.
func (g Grid) Start(i int) time.Time { return g.Bounds[i] }

// End returns the first instant after bucket i.
func (g Grid) End(i int) time.Time { return g.Bounds[i+1] }

// Shift moves every bound into the past. The result is ascending, but through
// clock changes and short months neighbours may be equal: such a bucket is
// empty and nothing belongs into it.
func (g Grid) Shift(offset Offset, loc *time.Location) []time.Time {
	shifted := make([]time.Time, len(g.Bounds))
	for i, bound := range g.Bounds {
		shifted[i] = offset.Shift(bound, loc)
	}
	return shifted
}

// LayGrid lays buckets of a step over [from, to), which must not be empty. It
// widens the range to whole buckets: those of a fixed step are aligned on
// Origin(loc), those of a calendar step begin where a local date begins. The
// step StepRange gives one bucket, exactly [from, to).
//
// The error is an *Error of the field step when there would be more than limit
// buckets. That is found out before anything is allocated.
func LayGrid(from, to time.Time, step Step, loc *time.Location, limit int) (Grid, error) {
	grid := Grid{Step: step}
	if step.IsRange() {
		grid.Bounds = []time.Time{from.UTC(), to.UTC()}
		return grid, nil
	}
	if n := step.countBuckets(from, to, loc); n > int64(limit) {
		return Grid{}, &Error{Field: "step", Message: message.New(
			"step %s over %s is %d buckets, and at most %d are allowed: choose a longer step or a shorter time range",
			step, formatSpan(from, to), n, limit)}
	}
	if step.Unit == 0 {
		grid.Bounds = fixedBounds(from, to, step.Fixed, Origin(loc))
	} else {
		grid.Bounds = calendarBounds(from, to, step.Unit, loc)
	}
	return grid, nil
}

// countBuckets returns how many buckets cover [from, to), which must not be
// empty. A date that the zone left out counts as well.
func (s Step) countBuckets(from, to time.Time, loc *time.Location) int64 {
	switch {
	case s.IsRange():
		return 1
	case s.Unit == 0:
		// In microseconds, because a time.Duration ends at 292 years.
		step, origin := s.Fixed.Microseconds(), Origin(loc).UnixMicro()
		return ceilDiv(to.UnixMicro()-origin, step) - floorDiv(from.UnixMicro()-origin, step)
	}
	first, last := s.Unit.holding(from, loc), s.Unit.holding(to.Add(-1), loc)
	return s.Unit.index(last) - s.Unit.index(first) + 1
}

func fixedBounds(from, to time.Time, step time.Duration, origin time.Time) []time.Time {
	micros := step.Microseconds()
	first := floorDiv(from.UnixMicro()-origin.UnixMicro(), micros)
	last := ceilDiv(to.UnixMicro()-origin.UnixMicro(), micros)
	bounds := make([]time.Time, 0, last-first+1)
	for i := first; i <= last; i++ {
		bounds = append(bounds, time.UnixMicro(origin.UnixMicro()+i*micros).UTC())
	}
	return bounds
}

func calendarBounds(from, to time.Time, unit CalendarUnit, loc *time.Location) []time.Time {
	first, last := unit.holding(from, loc), unit.holding(to.Add(-1), loc)
	bounds := make([]time.Time, 0, unit.index(last)-unit.index(first)+2)
	for start := first; start <= unit.next(last); start = unit.next(start) {
		bound := firstInstant(start, loc)
		// A date that the zone left out begins and ends at the same instant.
		if n := len(bounds); n == 0 || bound.After(bounds[n-1]) {
			bounds = append(bounds, bound)
		}
	}
	return bounds
}

// samplingGrid returns the buckets at whose ends a gauge is read to reduce its
// values over exactly [from, to): the bounds of a fixed step within the range,
// and its two ends.
func samplingGrid(from, to time.Time, step Step, loc *time.Location, limit int) (Grid, error) {
	grid, err := LayGrid(from, to, step, loc, limit)
	if err != nil {
		return Grid{}, err
	}
	// Bounds other than the first and the last are within (from, to) already.
	grid.Bounds[0], grid.Bounds[grid.Len()] = from.UTC(), to.UTC()
	return grid, nil
}

// Buckets returns the grid's buckets as a scan reads them, see LayBuckets.
func (g Grid) Buckets(to time.Time) Buckets { return LayBuckets(g.Bounds, to) }

// LayBuckets returns the buckets between ascending bounds, at least two, as a
// scan reads them: rows from the first bound up to the last one or to,
// whichever comes first. Bucket i of the result is the one between bounds i and
// i+1. Evenly spaced bounds become a fixed step, which stores bin faster than
// by a list. Where to is not after the first bound there are no rows to read,
// and Buckets.Len is 0.
func LayBuckets(bounds []time.Time, to time.Time) Buckets {
	first, last := bounds[0], bounds[len(bounds)-1]
	if to.After(last) {
		to = last
	}
	b := Buckets{From: first, To: to}
	if !to.After(first) {
		b.To, b.Bounds = first, bounds[:1:1]
		return b
	}
	if len(bounds) == 2 {
		return b
	}
	if width := bounds[1].Sub(first); width > 0 && evenlySpaced(bounds, width) {
		b.Step, b.Origin = width, first
		return b
	}
	// The bounds after the first one that is not before to begin no bucket with rows.
	end, _ := slices.BinarySearchFunc(bounds, to, time.Time.Compare)
	b.Bounds = bounds[: end+1 : end+1]
	return b
}

func evenlySpaced(bounds []time.Time, width time.Duration) bool {
	for i := 2; i < len(bounds); i++ {
		if !bounds[i].Equal(bounds[i-1].Add(width)) {
			return false
		}
	}
	return true
}

// FoldStep returns the largest fixed step of which every bucket between
// ascending bounds is a whole multiple, so that the buckets can be folded from
// buckets of that step that begin at the first bound. It is 30 minutes for days
// in a zone that once changed its clocks by half an hour. ok is false when
// there is none, as where clocks followed the sun to the second.
func FoldStep(bounds []time.Time) (step time.Duration, ok bool) {
	for _, step := range slices.Backward(FixedSteps) {
		if !slices.ContainsFunc(bounds, func(t time.Time) bool { return t.Sub(bounds[0])%step != 0 }) {
			return step, true
		}
	}
	return 0, false
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func ceilDiv(a, b int64) int64 { return -floorDiv(-a, b) }

// formatSpan returns the length of a range for an error message.
func formatSpan(from, to time.Time) message.Message {
	const day, year = 24 * 3600, 31_556_952
	seconds := float64(to.Unix() - from.Unix())
	switch {
	case seconds >= 2*year:
		return message.New("%.4g years", seconds/year)
	case seconds >= 2*day:
		return message.New("%.4g days", seconds/day)
	}
	return message.Verbatim(to.Sub(from).String())
}
