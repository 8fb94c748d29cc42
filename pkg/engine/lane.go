package engine

import (
	"time"

	"github.com/pullview/orders-datasource/pkg/query"
)

// foldLimit bounds how many fixed buckets may be read for one calendar bucket.
// Beyond it the calendar's bounds go into the statement.
const foldLimit = 31

// lane is the stretch of time on which one set of series is computed: the
// range of the query, or the same range shifted into the past.
type lane struct {
	offset  string      // the comparison offset, empty for the range itself
	bounds  []time.Time // ascending; equal neighbours are empty buckets
	samples []time.Time // bounds at whose ends a gauge is read to be reduced, or nil
	cut     time.Time   // nothing after this instant is known
}

// layLanes returns the range's own lane first, then one for each comparison. A
// range that is still running is compared "until the same time".
func layLanes(req *query.Request, grid query.Grid, asOf time.Time) []lane {
	lanes := []lane{{bounds: grid.Bounds, cut: asOf}}
	for _, offset := range req.Compare {
		lanes = append(lanes, lane{
			offset: offset.String(),
			bounds: grid.Shift(offset, req.Location),
			cut:    offset.Shift(asOf, req.Location),
		})
	}
	if req.Reduce != query.ReduceLast && req.Sampling.Len() > 0 {
		lanes[0].samples = req.Sampling.Bounds
		for i, offset := range req.Compare {
			lanes[i+1].samples = req.Sampling.Shift(offset, req.Location)
		}
	}
	return lanes
}

// sampling returns the lane on which a gauge is read before it is reduced.
func (l *lane) sampling() *lane {
	return &lane{offset: l.offset, bounds: l.samples, cut: l.cut}
}

func (l *lane) buckets() int     { return max(len(l.bounds)-1, 0) }
func (l *lane) start() time.Time { return l.bounds[0] }
func (l *lane) end() time.Time   { return l.bounds[len(l.bounds)-1] }

// compared reports whether the lane lies in the past of the range asked for.
func (l *lane) compared() bool { return l.offset != "" }

// known returns the instant until which bucket i is known: its end, or the cut
// when that comes first. ok is false when the bucket is empty or begins at the
// cut or after it.
func (l *lane) known(i int) (until time.Time, ok bool) {
	s, e := l.bounds[i], l.bounds[i+1]
	if !s.Before(e) || !s.Before(l.cut) {
		return time.Time{}, false
	}
	if e.After(l.cut) {
		return l.cut, true
	}
	return e, true
}

// scanEnd returns where a scan of events ends. Events of the range itself count
// even when they lie in the future; comparisons and stocks end at the cut.
func (l *lane) scanEnd(stock bool) time.Time {
	if (stock || l.compared()) && l.end().After(l.cut) {
		if l.cut.Before(l.start()) {
			return l.start()
		}
		return l.cut
	}
	return l.end()
}

// binning is how a lane is read from the store: the buckets of the scan and,
// where they are finer than the lane's, the lane's bucket for each.
type binning struct {
	buckets query.Buckets
	target  []int32 // nil when the scan's buckets are the lane's
	factor  int     // scan buckets per lane bucket, rounded up
}

// bucket returns the lane's bucket for the scan's.
func (b *binning) bucket(scanned int32) int32 {
	if b.target == nil {
		return scanned
	}
	return b.target[scanned]
}

// bin chooses the cheapest way to read a lane until an instant: one bucket, a
// fixed grid, a finer fixed grid to be folded (only for measures that merge),
// or the bounds themselves.
func (l *lane) bin(until time.Time, merges bool) binning {
	b := binning{buckets: query.LayBuckets(l.bounds, until), factor: 1}
	if b.buckets.Bounds == nil || !merges {
		return b
	}
	step, ok := query.FoldStep(l.bounds)
	if !ok {
		return b
	}
	n := l.buckets()
	fine := int(l.end().Sub(l.start()) / step)
	if fine > n*foldLimit {
		return b
	}
	b.buckets.Bounds = nil
	b.buckets.Step, b.buckets.Origin = step, l.start()
	b.target = make([]int32, fine)
	b.factor = (fine + n - 1) / n
	at := 0
	for i := range b.target {
		start := l.start().Add(time.Duration(i) * step)
		for !start.Before(l.bounds[at+1]) {
			at++
		}
		b.target[i] = int32(at)
	}
	return b
}
