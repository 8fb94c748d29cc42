package exactness_test

import (
	"math/rand/v2"
	"time"

	"github.com/pullview/orders-datasource/pkg/query"
)

// chance draws what a world is made of. The same seed draws the same.
type chance struct{ *rand.Rand }

func newChance(seed, stream uint64) chance { return chance{rand.New(rand.NewPCG(seed, stream))} }

// hits is true in one of n draws.
func (c chance) hits(n int) bool { return c.IntN(n) == 0 }

func pick[T any](c chance, list []T) T { return list[c.IntN(len(list))] }

// between draws an instant in [from, to).
func (c chance) between(from, to instant) instant {
	if to <= from {
		return from
	}
	return from + c.Int64N(to-from)
}

// The zones have summer time by an hour and by half an hour, midnights that
// clocks skip, offsets of 45 minutes, a day that was left out, and summer time
// that is the standard.
var zones = []string{
	"UTC", "America/Sao_Paulo", "Europe/Berlin", "America/New_York", "Asia/Kathmandu",
	"Australia/Lord_Howe", "Pacific/Apia", "Africa/Casablanca",
}

// peculiar are instants about which calendars have stories.
var peculiar = []string{
	"1883-11-18T17:00:00Z", // New York leaves the sun's time
	"1892-07-04T12:00:00Z", // Apia has the same day twice
	"1893-03-31T23:06:32Z", // Berlin begins to have a zone
	"1914-01-01T03:06:28Z", // so does São Paulo
	"1985-12-31T18:30:00Z", // Kathmandu moves by a quarter of an hour
	"2000-02-29T12:00:00Z",
	"2011-12-30T10:00:00Z", // Apia leaves a day out
	"2018-11-04T03:00:00Z", // São Paulo skips midnight
	"2019-03-31T12:00:00Z", // a month before has fewer days
	"2023-12-31T23:59:59Z",
	"2038-01-19T03:14:08Z",
}

// window is a range of time that questions are about.
type window struct {
	from, to time.Time
	steps    []string // those that do not make too many buckets
}

// maxBuckets bounds what one question computes.
const maxBuckets = 200

// spans are the lengths of windows: from below a minute to years.
var spans = []time.Duration{
	3 * time.Minute, 8 * time.Minute, 2 * time.Hour, 9 * time.Hour, 30 * time.Hour, 4 * 24 * time.Hour,
	20 * 24 * time.Hour, 70 * 24 * time.Hour, 300 * 24 * time.Hour, 4 * 365 * 24 * time.Hour,
}

// around draws a window that holds an instant.
func (c chance) around(at time.Time, loc *time.Location) window {
	span := pick(c, spans)
	span += time.Duration(c.Int64N(int64(span / 2)))
	from := at.Add(-time.Duration(c.Int64N(int64(span)))).Truncate(time.Second)
	w := window{from: from, to: from.Add(span).Truncate(time.Second)}
	for _, name := range query.StepNames() {
		if name == query.StepAuto || name == query.StepRange {
			continue
		}
		step, err := query.ParseStep(name)
		if err != nil {
			panic(err)
		}
		if _, err := query.LayGrid(w.from, w.to, step, loc, maxBuckets); err == nil {
			w.steps = append(w.steps, name)
		}
	}
	return w
}

// grid lays a step over a window.
func (w window) grid(name string, loc *time.Location) query.Grid {
	step, err := query.ParseStep(name)
	if err != nil {
		panic(err)
	}
	grid, err := query.LayGrid(w.from, w.to, step, loc, 10*maxBuckets)
	if err != nil {
		panic(err)
	}
	return grid
}

// epoch draws an instant to build a world around: mostly a change of the
// zone's clocks.
func (c chance) epoch(loc *time.Location) time.Time {
	switch c.IntN(6) {
	case 0:
		return mustTime(pick(c, peculiar))
	case 1:
		return time.Date(1900+c.IntN(140), 1, 1+c.IntN(365), c.IntN(24), 0, 0, 0, loc)
	case 2:
		return c.change(time.Date(1880+c.IntN(157), 1, 1, 0, 0, 0, 0, loc))
	}
	return c.change(time.Date(1995+c.IntN(33), 1+time.Month(c.IntN(12)), 1, 0, 0, 0, 0, loc))
}

// change returns the next change of clocks, or the instant itself where there
// is none within some years.
func (c chance) change(at time.Time) time.Time {
	_, next := at.ZoneBounds()
	if next.IsZero() || next.Sub(at) > 10*365*24*time.Hour {
		return at
	}
	return next
}

func mustTime(text string) time.Time {
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		panic(err)
	}
	return at
}

// offsets are the distances of comparisons, no two of them alike.
var offsets = []string{"30s", "45m", "1h", "24h", "1d", "1w", "13d", "1M", "1Q", "1y"}

// edges are the instants at which rows like to be: the bounds of the buckets of
// windows, and of the same windows in the past.
type edges struct {
	own, past [][]instant
}

func (c chance) edges(windows []window, offsets []string, loc *time.Location) edges {
	var e edges
	for _, w := range windows {
		for _, step := range []string{pick(c, w.steps), pick(c, w.steps), query.StepRange} {
			grid := w.grid(step, loc)
			own := make([]instant, 0, len(grid.Bounds))
			for _, bound := range grid.Bounds {
				own = append(own, instantOf(bound))
			}
			e.own = append(e.own, own)
			for _, name := range offsets {
				offset, err := query.ParseOffset(name)
				if err != nil {
					panic(err)
				}
				past := make([]instant, 0, len(grid.Bounds))
				for _, bound := range grid.Shift(offset, loc) {
					past = append(past, instantOf(bound))
				}
				e.past = append(e.past, past)
			}
		}
	}
	return e
}

// instant draws when something happened: on an edge, a microsecond beside one,
// or anywhere.
func (c chance) instant(e edges) instant {
	list := pick(c, e.own)
	if c.hits(3) {
		list = pick(c, e.past)
	}
	if c.hits(2) {
		return pick(c, list) + c.Int64N(3) - 1
	}
	return c.between(list[0], list[len(list)-1])
}
