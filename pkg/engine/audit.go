package engine

import (
	"cmp"
	"context"
	"math"
	"math/rand/v2"
	"slices"
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

// A number of each table is checked once in auditInterval at most, and at one in
// auditShare looks: most read little more than an audit does.
const (
	auditInterval = time.Second
	auditShare    = 8
)

// audit reads one kept bucket of each table again, at random. A table of which
// a number turns out to be wrong loses all that was kept of it, and nothing
// that this look made of it is used.
func (k *keeper) audit(ctx context.Context, look *keptLook) {
	for name := range look.synced {
		t := k.tables[name]
		if t == nil {
			continue
		}
		if t.unaudited++; t.unaudited < k.share || time.Since(t.audited) < k.between {
			continue
		}
		scan, kept, ok := t.sample()
		if !ok {
			continue
		}
		cells, err := look.Scan(ctx, scan)
		if err != nil {
			continue
		}
		k.stats.audits.Add(1)
		look.audited++
		t.audited, t.unaudited = time.Now(), 0
		if !sameNumbers(gathered(kept(cells)), gathered(cells)) {
			k.stats.mismatches.Add(1)
			look.wrong[name] = true
		}
	}
}

// sample picks a kept bucket at random, or the milliseconds of one. It returns
// the scan that reads the same again, and what is kept as cells like those that
// the scan returns.
func (t *keptTable) sample() (scan *query.Scan, kept func(like *query.Cells) *query.Cells, ok bool) {
	const detailShare = 4 // one sample in so many, where there are both
	if rand.IntN(detailShare) == 0 {
		if d := t.sampleDetail(); d != nil {
			return &d.scan, func(*query.Cells) *query.Cells { return d.cells }, true
		}
	}
	if s, bucket, ok := t.sampleBucket(); ok {
		scan := s.scan
		scan.Measures, scan.MaxRows = []query.Measure{s.measure}, maxSliceRows
		scan.Buckets = query.Buckets{From: s.start(bucket), To: s.start(bucket + 1)}
		return &scan, func(like *query.Cells) *query.Cells { return s.cellsOf(bucket, like) }, true
	}
	if d := t.sampleDetail(); d != nil {
		return &d.scan, func(*query.Cells) *query.Cells { return d.cells }, true
	}
	return nil, nil, false
}

func (t *keptTable) sampleBucket() (s *strip, bucket int64, ok bool) {
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

// sampleDetail returns nil where there is no detail in milliseconds. Those of
// all that is older than the strips of a gauge are not read again: they may be
// most of a table.
func (t *keptTable) sampleDetail() *detail {
	for _, d := range t.details {
		if d.cells != nil && d.scan.Buckets.Step == detailStep {
			return d
		}
	}
	return nil
}

// cellsOf makes cells of one kept bucket, with columns like those of others.
func (s *strip) cellsOf(bucket int64, like *query.Cells) *query.Cells {
	kept := newGathering(kindsOf(like), s.measure.Kind == query.Sketch)
	s.gather(bucketRange{bucket, bucket + 1}, kept, func(int64) int32 { return 0 })
	return kept.done()
}

func kindsOf(cells *query.Cells) []query.Kind {
	kinds := make([]query.Kind, len(cells.Columns))
	for i := range kinds {
		kinds[i] = cells.Columns[i].Kind
	}
	return kinds
}

// gathered makes one of the rows of the same group and bucket, as answers do.
func gathered(cells *query.Cells) *query.Cells {
	list := cells.Groups
	if cells.Group == nil {
		list = []query.Group{{}}
	}
	into := newGathering(kindsOf(cells), cells.Code != nil)
	number := into.numbering(list)
	bucket := func(row int32) (at int32) {
		if cells.Bucket != nil {
			at = cells.Bucket[row]
		}
		return at
	}
	rows := make([]int32, cells.Columns[0].Len())
	for i := range rows {
		rows[i] = int32(i)
	}
	slices.SortStableFunc(rows, func(a, b int32) int { return cmp.Compare(bucket(a), bucket(b)) })
	for _, row := range rows {
		group := int32(0)
		if cells.Group != nil {
			group = cells.Group[row]
		}
		into.add(number(group), bucket(row), cells.Code, cells.Columns, int(row))
	}
	return into.done()
}

// rowKey tells the rows of cells apart.
type rowKey struct {
	group        string
	bucket, code int32
}

func byKey(c *query.Cells) map[rowKey]int {
	rows := make(map[rowKey]int, c.Columns[0].Len())
	for row := range c.Columns[0].Len() {
		var key rowKey
		if c.Group != nil {
			key.group = groupKey(c.Groups[c.Group[row]])
		}
		if c.Bucket != nil {
			key.bucket = c.Bucket[row]
		}
		if c.Code != nil {
			key.code = c.Code[row]
		}
		rows[key] = row
	}
	return rows
}

// sameNumbers reports whether two cells hold the same numbers. Sums of floats
// may differ by the order in which rows were added.
func sameNumbers(a, b *query.Cells) bool {
	left, right := byKey(a), byKey(b)
	if len(left) != len(right) {
		return false
	}
	for key, i := range left {
		j, ok := right[key]
		if !ok {
			return false
		}
		for n := range a.Columns {
			x, y := query.Values{Num: a.Columns[n]}, query.Values{Num: b.Columns[n]}
			if x.Compare(i, &y, j) == 0 {
				continue
			}
			v, vok := x.Float64(i)
			w, wok := y.Float64(j)
			if a.Columns[n].Kind != query.KindFloat || vok != wok || math.Abs(v-w) > 1e-9*(math.Abs(v)+math.Abs(w)) {
				return false
			}
		}
	}
	return true
}
