package engine

import (
	"context"
	"math"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/pullview/orders-datasource/pkg/query"
)

// keeperStats counts what the keeper does.
type keeperStats struct {
	looks, visits, cached, fetched, audits, mismatches, flushes, noRoom, bytes atomic.Int64
}

// KeptStats tells what an engine keeps, and what it has done so far.
type KeptStats struct {
	Looks      int64 // transactions that served requests from what is kept
	Served     int64 // requests that these looks served, over all looks
	Cached     int64 // buckets that answers were made of
	Fetched    int64 // buckets of these that had to be read
	Audits     int64 // kept buckets that were read again to check them
	Mismatches int64 // audits that found another number: a defect, or a change log that was tampered with
	Flushes    int64 // times that all numbers of a table were dropped
	NoRoom     int64 // times that a request was answered live as there was no room for what it needs
	Bytes      int64 // memory in use
}

// Kept returns the numbers of an engine that keeps; they are all 0 for one that
// does not.
func (e *Engine) Kept() KeptStats {
	if e.keeper == nil {
		return KeptStats{}
	}
	s := &e.keeper.stats
	return KeptStats{
		Looks: s.looks.Load(), Served: s.visits.Load(), Cached: s.cached.Load(), Fetched: s.fetched.Load(),
		Audits: s.audits.Load(), Mismatches: s.mismatches.Load(), Flushes: s.flushes.Load(),
		NoRoom: s.noRoom.Load(), Bytes: s.bytes.Load(),
	}
}

// auditInterval is how often a number of each table is checked, at most.
const auditInterval = time.Second

// audit reads one kept bucket of each table again, at random. A table of which
// a number turns out to be wrong loses all that was kept of it, and nothing
// that this look made of it is used.
func (k *keeper) audit(ctx context.Context, look *keptLook) {
	for name := range look.synced {
		t := k.tables[name]
		if t == nil || time.Since(t.audited) < auditInterval {
			continue
		}
		s, bucket, ok := t.sample()
		if !ok {
			continue
		}
		scan := s.scan
		scan.Measures = []query.Measure{s.measure}
		scan.Buckets = query.Buckets{From: s.start(bucket), To: s.start(bucket + 1)}
		scan.MaxRows = maxSliceRows
		cells, err := look.Scan(ctx, &scan)
		if err != nil {
			continue
		}
		k.stats.audits.Add(1)
		look.audited++
		t.audited = time.Now()
		if !s.agrees(bucket, cells) {
			k.stats.mismatches.Add(1)
			look.wrong[name] = true
		}
	}
}

// sample picks a kept bucket at random.
func (t *keptTable) sample() (s *strip, bucket int64, ok bool) {
	for _, s := range t.strips { // the order of a map is random enough
		for number, c := range s.chunks {
			for range 8 {
				if bit := rand.IntN(chunkBuckets); c.known&(1<<bit) != 0 {
					return s, number<<6 + int64(bit), true
				}
			}
		}
	}
	return nil, 0, false
}

// agrees compares a kept bucket with the cells of the same bucket.
func (s *strip) agrees(bucket int64, cells *query.Cells) bool {
	kinds := make([]query.Kind, len(cells.Columns))
	for i := range kinds {
		kinds[i] = cells.Columns[i].Kind
	}
	kept, read := newGathering(kinds, false), newGathering(kinds, false)
	if s.measure.Kind == query.Sketch {
		kept.sketch, read.sketch = true, true
	}
	s.gather(bucketRange{bucket, bucket + 1}, kept, func(int64) int32 { return 0 })
	read.edge(piece{cells, 0, -1, 0, 1}, 0)
	return sameNumbers(kept, read)
}

// rowKey tells the rows of one bucket apart.
type rowKey struct {
	group string
	code  int32
}

func (g *gathering) byKey() map[rowKey]int {
	rows := make(map[rowKey]int, len(g.cells.Group))
	for row, group := range g.cells.Group {
		key := rowKey{group: groupKey(g.groups.list[group])}
		if g.sketch {
			key.code = g.cells.Code[row]
		}
		rows[key] = row
	}
	return rows
}

// sameNumbers reports whether two gatherings of one bucket hold the same numbers.
// Sums of floats may differ by the order in which rows were added.
func sameNumbers(a, b *gathering) bool {
	left, right := a.byKey(), b.byKey()
	if len(left) != len(right) {
		return false
	}
	for key, i := range left {
		j, ok := right[key]
		if !ok {
			return false
		}
		for n := range a.cells.Columns {
			x, y := query.Values{Num: a.cells.Columns[n]}, query.Values{Num: b.cells.Columns[n]}
			if x.Compare(i, &y, j) == 0 {
				continue
			}
			v, vok := x.Float64(i)
			w, wok := y.Float64(j)
			if a.cells.Columns[n].Kind != query.KindFloat || vok != wok || math.Abs(v-w) > 1e-9*(math.Abs(v)+math.Abs(w)) {
				return false
			}
		}
	}
	return true
}
