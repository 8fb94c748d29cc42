package engine

import (
	"slices"
	"time"

	"github.com/pullview/orders-datasource/pkg/query"
)

// chunkBuckets is how many buckets share one piece of columnar memory. Whether
// each is known fits one word.
const chunkBuckets = 64

// strip holds one measure of one table, filtered and grouped in one way, in
// buckets of one width. It knows some of its buckets and not others.
type strip struct {
	key     string // in its table
	measure query.Measure
	width   time.Duration
	scan    query.Scan // whose rows the strip counts; without buckets and measures
	origin  time.Time  // start of bucket 0; earlier buckets have negative numbers
	groups  *groups
	chunks  map[int64]*chunk
	bytes   int64 // of the chunks
	asked   bool  // an answer was made of its buckets as they are
	used    int64 // the number of the look that last asked for it
	inUse   int64 // bytes of the chunks that this look asked for
	shed    int64 // bytes of chunks that were dropped since the groups were last gone through
}

// chunk is the rows of chunkBuckets buckets in the order of the buckets. Rows
// that it has do not change: others come with a chunk that takes its place.
type chunk struct {
	known   uint64                  // bit i: bucket i is known
	start   [chunkBuckets + 1]int32 // rows of bucket i are [start[i], start[i+1])
	group   []int32
	code    []int32 // sketches
	columns []query.Column
	bytes   int64
	used    int64 // the number of the look that last asked for it
	served  bool  // an answer was made of it
}

func newStrip(key string, scan *query.Scan, measure query.Measure, width time.Duration, origin time.Time) *strip {
	s := &strip{key: key, measure: measure, scan: *scan, width: width, origin: origin, groups: newGroups(scan.GroupBy), chunks: map[int64]*chunk{}}
	s.scan.Measures, s.scan.Buckets = nil, query.Buckets{}
	return s
}

// floor returns the bucket that holds t, ceil the first that begins at t or
// after it. They count in microseconds, as a time.Duration ends at 292 years and
// a time of a row may be year 1, which is what many programs take for none.
func (s *strip) floor(t time.Time) int64 {
	if t.After(lastInstant) {
		t = lastInstant
	}
	d, width := t.UnixMicro()-s.origin.UnixMicro(), s.width.Microseconds()
	n := d / width
	if d%width < 0 {
		n--
	}
	return n
}

// lastInstant is beyond what anybody asks for, and leaves room to count with: the
// last instants that PostgreSQL knows are too many microseconds for an int64.
var lastInstant = time.Date(100_000, 1, 1, 0, 0, 0, 0, time.UTC)

func (s *strip) ceil(t time.Time) int64 {
	n := s.floor(t)
	if s.start(n).Before(t) {
		n++
	}
	return n
}

func (s *strip) start(bucket int64) time.Time {
	return time.UnixMicro(s.origin.UnixMicro() + bucket*s.width.Microseconds()).UTC()
}

// allKnown is the mask of a chunk of which nothing is unknown.
const allKnown = ^uint64(0)

func split64(bucket int64) (chunk int64, bit int) {
	return bucket >> 6, int(bucket & (chunkBuckets - 1))
}

// missing lists what is not known of a range, in order.
func (s *strip) missing(r bucketRange) []bucketRange {
	var gaps []bucketRange
	for b := r.from; b < r.to; {
		number, bit := split64(b)
		end := min(r.to, (number+1)<<6)
		c := s.chunks[number]
		if c == nil {
			gaps = appendRange(gaps, bucketRange{b, end})
			b = end
			continue
		}
		if c.known == allKnown {
			b = end
			continue
		}
		for ; b < end; b, bit = b+1, bit+1 {
			if c.known&(1<<bit) == 0 {
				gaps = appendRange(gaps, bucketRange{b, b + 1})
			}
		}
	}
	return gaps
}

// touch notes that a look asks for a range.
func (s *strip) touch(r bucketRange, look int64) {
	s.asked = true
	s.eachChunk(r, func(_ int64, c *chunk) {
		if c.used < look {
			c.used = look
			s.inUse += c.bytes
		}
	})
}

// eachChunk calls f for the chunks that hold some of a range.
func (s *strip) eachChunk(r bucketRange, f func(number int64, c *chunk)) {
	if r.from >= r.to {
		return
	}
	first, last := r.from>>6, (r.to-1)>>6
	if last-first < int64(len(s.chunks)) {
		for number := first; number <= last; number++ {
			if c := s.chunks[number]; c != nil {
				f(number, c)
			}
		}
		return
	}
	for number, c := range s.chunks {
		if first <= number && number <= last {
			f(number, c)
		}
	}
}

// replace puts a chunk in the place of one that may be there, or none.
func (s *strip) replace(number int64, c *chunk) {
	if old := s.chunks[number]; old != nil {
		s.bytes -= old.bytes
		if old.used == s.used {
			s.inUse -= old.bytes
		}
		delete(s.chunks, number)
	}
	if c == nil {
		return
	}
	s.chunks[number] = c
	s.bytes += c.bytes
	if c.used == s.used {
		s.inUse += c.bytes
	}
}

// forget makes a range unknown.
func (s *strip) forget(r bucketRange) {
	s.eachChunk(r, func(number int64, c *chunk) {
		first := number << 6
		if c = c.without(r.from-first, r.to-first); c.known == 0 {
			c = nil
		}
		s.replace(number, c)
	})
}

// without returns a chunk whose buckets in [from, to) are unknown. Their rows
// stay until the chunk is next rebuilt, and are not read.
func (c *chunk) without(from, to int64) *chunk {
	d := *c
	for i := max(from, 0); i < min(to, chunkBuckets); i++ {
		d.known &^= 1 << i
	}
	return &d
}

// put makes a range known by the rows of a scan, as of use to a look. first is
// the bucket of the scan that is the first of the range, and rows says which
// rows belong to the strip.
func (s *strip) put(r bucketRange, cells *query.Cells, column int, first int32, look int64, rows func(row int) bool) {
	perBucket := make([][]int32, r.to-r.from)
	n := cells.Columns[column].Len()
	for row := range n {
		if !rows(row) {
			continue
		}
		bucket := -first
		if cells.Bucket != nil {
			bucket += cells.Bucket[row]
		}
		if bucket < 0 || int(bucket) >= len(perBucket) {
			continue
		}
		perBucket[bucket] = append(perBucket[bucket], int32(row))
	}
	numbers := make([]int32, len(cells.Groups))
	for i := range numbers {
		numbers[i] = -1
	}
	group := func(row int32) int32 {
		if cells.Group == nil {
			return 0
		}
		local := cells.Group[row]
		if numbers[local] < 0 {
			numbers[local] = s.groups.add(cells.Groups[local])
		}
		return numbers[local]
	}
	for b := r.from; b < r.to; {
		number, bit := split64(b)
		end := min(r.to, (number+1)<<6)
		old := s.chunks[number]
		made := s.rebuild(old, bit, perBucket[b-r.from:end-r.from], group, cells, column)
		made.used = look
		if old != nil {
			made.used, made.served = max(look, old.used), old.served
		}
		s.replace(number, made)
		b = end
	}
}

// rebuild copies the known buckets of a chunk but for those from a bucket on of
// which the rows of cells are given.
func (s *strip) rebuild(old *chunk, from int, perBucket [][]int32, group func(row int32) int32, cells *query.Cells, column int) *chunk {
	to := from + len(perBucket)
	kept := func(at int) bool { return old != nil && old.known&(1<<at) != 0 && (at < from || at >= to) }
	rows := 0
	for at := range chunkBuckets {
		if kept(at) {
			rows += int(old.start[at+1] - old.start[at])
		}
	}
	for _, of := range perBucket {
		rows += len(of)
	}
	c := &chunk{columns: make([]query.Column, s.measure.Columns()), group: slices.Grow([]int32(nil), rows)}
	if cells.Code != nil {
		c.code = slices.Grow([]int32(nil), rows)
	}
	for i := range c.columns {
		c.columns[i].Kind = cells.Columns[column+i].Kind
		c.columns[i].Grow(rows)
	}
	for at := range chunkBuckets {
		c.start[at] = int32(len(c.group))
		switch {
		case at >= from && at < to:
			c.known |= 1 << at
			for _, row := range perBucket[at-from] {
				c.group = append(c.group, group(row))
				if cells.Code != nil {
					c.code = append(c.code, cells.Code[row])
				}
				for i := range c.columns {
					c.columns[i].Append(&cells.Columns[column+i], int(row))
				}
			}
		case kept(at):
			c.known |= 1 << at
			for row := old.start[at]; row < old.start[at+1]; row++ {
				c.group = append(c.group, old.group[row])
				if old.code != nil {
					c.code = append(c.code, old.code[row])
				}
				for i := range c.columns {
					c.columns[i].Append(&old.columns[i], int(row))
				}
			}
		}
	}
	c.start[chunkBuckets] = int32(len(c.group))
	c.bytes = chunkBytes + 4*int64(cap(c.group)+cap(c.code))
	for i := range c.columns {
		c.bytes += chunkColumnBytes + c.columns[i].Bytes()
	}
	return c
}

// What a chunk takes beside its rows, its place in the strip included, and what
// each of its columns does.
const (
	chunkBytes       = 450
	chunkColumnBytes = 112
)

// compact lets go of the groups that no row belongs to any more.
func (s *strip) compact() {
	s.shed = 0
	used := make([]bool, len(s.groups.list))
	for _, c := range s.chunks {
		for _, group := range c.group {
			used[group] = true
		}
	}
	if len(s.scan.GroupBy) == 0 || !slices.Contains(used, false) {
		return
	}
	kept, number := newGroups(s.scan.GroupBy), make([]int32, len(used))
	for i, group := range s.groups.list {
		if used[i] {
			number[i] = kept.add(group)
		}
	}
	s.groups = kept
	chunks := make(map[int64]*chunk, len(s.chunks))
	for n, c := range s.chunks {
		renumbered := *c
		renumbered.group = slices.Clone(c.group)
		for i, group := range c.group {
			renumbered.group[i] = number[group]
		}
		chunks[n] = &renumbered
	}
	s.chunks = chunks
}

// gather appends the rows of a range, all of it known. target gives the bucket
// of the result for one of the strip's.
func (s *strip) gather(r bucketRange, into *gathering, target func(bucket int64) int32) {
	number := into.numbering(s.groups.list)
	for b := r.from; b < r.to; {
		n, bit := split64(b)
		end := min(r.to, (n+1)<<6)
		c := s.chunks[n]
		c.served = true
		for ; b < end; b, bit = b+1, bit+1 {
			if c.start[bit] == c.start[bit+1] {
				continue
			}
			at := target(b)
			for row := c.start[bit]; row < c.start[bit+1]; row++ {
				into.add(number(c.group[row]), at, c.code, c.columns, int(row))
			}
		}
	}
}

// gathering is cells in the making. Only groups with rows are in them. Rows of
// the same group and bucket become one, but for those of a sketch.
type gathering struct {
	cells  query.Cells
	groups *groups
	latest []int32 // per group: its last row
	sketch bool
}

func newGathering(kinds []query.Kind, sketch bool) *gathering {
	g := &gathering{sketch: sketch, groups: &groups{index: map[string]int32{}}}
	for _, kind := range kinds {
		g.cells.Columns = append(g.cells.Columns, query.Column{Kind: kind})
	}
	return g
}

// numbering returns the numbers that a list of groups has here, given when a
// group is first met.
func (g *gathering) numbering(list []query.Group) func(int32) int32 {
	numbers := make([]int32, len(list))
	for i := range numbers {
		numbers[i] = -1
	}
	return func(i int32) int32 {
		if numbers[i] < 0 {
			numbers[i] = g.groups.add(list[i])
			if int(numbers[i]) == len(g.latest) {
				g.latest = append(g.latest, -1)
			}
		}
		return numbers[i]
	}
}

// add takes one row in.
func (g *gathering) add(group, bucket int32, code []int32, columns []query.Column, row int) {
	if last := g.latest[group]; !g.sketch && last >= 0 && g.cells.Bucket[last] == bucket {
		for i := range columns {
			into := &g.cells.Columns[i]
			if into.IsNull(int(last)) {
				into.Set(int(last), &columns[i], row)
			} else {
				into.Add(int(last), &columns[i], row)
			}
		}
		return
	}
	g.latest[group] = int32(len(g.cells.Bucket))
	g.cells.Bucket = append(g.cells.Bucket, bucket)
	g.cells.Group = append(g.cells.Group, group)
	if g.sketch {
		g.cells.Code = append(g.cells.Code, code[row])
	}
	for i := range columns {
		g.cells.Columns[i].Append(&columns[i], row)
	}
}

// edge takes in the rows of a piece, all into one bucket.
func (g *gathering) edge(p piece, bucket int32) {
	if p.cells == nil {
		return
	}
	list := p.cells.Groups
	if len(list) == 0 {
		list = []query.Group{{}}
	}
	number := g.numbering(list)
	columns := p.cells.Columns[p.column : p.column+len(g.cells.Columns)]
	for row := range columns[0].Len() {
		at, group := int32(0), int32(0)
		if p.cells.Bucket != nil {
			at = p.cells.Bucket[row]
		}
		if at < p.from || at >= p.to || p.presence >= 0 && p.cells.Columns[p.presence].Ints[row] == 0 {
			continue
		}
		if p.cells.Group != nil {
			group = p.cells.Group[row]
		}
		g.add(number(group), bucket, p.cells.Code, columns, row)
	}
}

// done returns the cells.
func (g *gathering) done() *query.Cells {
	g.cells.Groups = g.groups.list
	return &g.cells
}

// kinds returns the kinds of the strip's columns, as far as rows have told.
func (s *strip) kinds() []query.Kind {
	kinds := make([]query.Kind, s.measure.Columns())
	for _, c := range s.chunks {
		for i := range kinds {
			kinds[i] = c.columns[i].Kind
		}
		break
	}
	return kinds
}
