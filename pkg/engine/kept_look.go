package engine

import (
	"context"
	"errors"
	"time"

	"github.com/pullview/orders-datasource/pkg/query"
)

const (
	// sliceGoal is how long one statement that fills strips should take.
	sliceGoal = 150 * time.Millisecond
	// fillGoal is how long one look fills strips before the requests that need
	// more wait for the next. Requests that need little are served at its end.
	fillGoal = 300 * time.Millisecond
	// maxSliceRows bounds the rows of one statement that fills strips.
	maxSliceRows = 500_000
)

// errUnfinished says that a look ended before all that a request needs was
// read. What was read is kept; the next look goes on.
var errUnfinished = errors.New("the look ended before everything was read")

// keptLook is a look that reads from strips what can be kept, and fills them.
type keptLook struct {
	DeltaLook
	keeper *keeper
	began  time.Time
	synced map[string]bool // by table: whether what is kept is true for this look
	wrong  map[string]bool // tables whose numbers turned out not to be what the look sees
}

// read returns the measures of a scan, each with cells of its own where they
// come from a strip.
func (l *keptLook) read(ctx context.Context, scan *query.Scan, stats *query.Stats) ([]measured, error) {
	if reason, err := l.Keepable(ctx, scan); err != nil || reason != "" {
		if err != nil {
			return nil, err
		}
		return readScan(ctx, l.DeltaLook, scan, stats)
	}
	width, ok := l.keeper.width(scan)
	if scan.Level && l.keeper.tables[scan.Table.Name] != nil {
		return l.level(ctx, scan, stats)
	}
	if !ok {
		return readScan(ctx, l.DeltaLook, scan, stats)
	}
	if !scan.Buckets.To.After(scan.Buckets.From) {
		return measures(emptyCells(scan.Measures), scan)
	}
	kept := l.keeper.tables[scan.Table.Name]
	strips := make([]*strip, len(scan.Measures))
	for i, m := range scan.Measures {
		strips[i] = kept.strip(scan, m, width, l.keeper)
	}
	inner := bucketRange{strips[0].ceil(scan.Buckets.From), strips[0].floor(scan.Buckets.To)}
	if inner.from >= inner.to {
		return readScan(ctx, l.DeltaLook, scan, stats)
	}
	stats.Cached += int(inner.to - inner.from)
	l.keeper.stats.cached.Add(inner.to - inner.from)
	if err := l.fill(ctx, scan, strips, inner, stats); err != nil {
		return nil, err
	}
	head, err := l.edge(ctx, scan, scan.Buckets.From, strips[0].start(inner.from), stats)
	if err != nil {
		return nil, err
	}
	tail, err := l.edge(ctx, scan, strips[0].start(inner.to), scan.Buckets.To, stats)
	if err != nil {
		return nil, err
	}
	read := make([]measured, len(scan.Measures))
	column := 0
	for i, s := range strips {
		read[i] = l.assemble(scan, s, inner, column, head, tail)
		column += s.measure.Columns()
	}
	return read, nil
}

// edge reads what lies between the range of a scan and the first or last whole
// bucket of its strips. It lies in one bucket of the scan.
func (l *keptLook) edge(ctx context.Context, scan *query.Scan, from, to time.Time, stats *query.Stats) (*query.Cells, error) {
	if !to.After(from) {
		return nil, nil
	}
	part := *scan
	part.Buckets = query.Buckets{From: from, To: to}
	part.MaxRows = maxSliceRows
	part.Measures, _ = withPresence(scan.Measures)
	cells, err := l.Scan(ctx, &part)
	if err != nil {
		return nil, err
	}
	count(stats, cells)
	return cells, nil
}

// assemble makes the cells of one measure from its strip and the edges.
func (l *keptLook) assemble(scan *query.Scan, s *strip, inner bucketRange, column int, head, tail *query.Cells) measured {
	kinds := s.kinds()
	for _, edge := range []*query.Cells{head, tail} {
		if edge != nil {
			for i := range kinds {
				kinds[i] = edge.Columns[column+i].Kind
			}
		}
	}
	into := newGathering(kinds, s.measure.Kind == query.Sketch)
	presence := presenceColumn(scan.Measures, s.measure)
	into.edge(head, column, presence, 0)
	s.gather(inner, into, func(bucket int64) int32 { return bucketOf(&scan.Buckets, s.start(bucket)) })
	into.edge(tail, column, presence, bucketOf(&scan.Buckets, s.start(inner.to)))
	return measured{cells: into.done()}
}

// bucketOf returns the bucket of a scan that holds an instant.
func bucketOf(b *query.Buckets, t time.Time) int32 {
	switch {
	case b.Step > 0:
		return int32(t.Sub(b.Origin) / b.Step)
	case b.Bounds != nil:
		low, high := 0, len(b.Bounds)-1
		for high-low > 1 {
			if middle := (low + high) / 2; b.Bounds[middle].After(t) {
				high = middle
			} else {
				low = middle
			}
		}
		return int32(low)
	}
	return 0
}

// fill reads what the strips of a scan do not know of a range.
func (l *keptLook) fill(ctx context.Context, scan *query.Scan, strips []*strip, r bucketRange, stats *query.Stats) error {
	for {
		var gaps []bucketRange
		var wanting []*strip
		for _, s := range strips {
			if missing := s.missing(r); len(missing) > 0 {
				gaps = union(gaps, missing)
				wanting = append(wanting, s)
			}
		}
		if len(gaps) == 0 {
			return nil
		}
		if time.Since(l.began) > fillGoal {
			return errUnfinished
		}
		if err := l.fetch(ctx, scan, wanting, l.keeper.portion(scan.Table.Name, gaps, strips[0].width), stats); err != nil {
			return err
		}
	}
}

// fetch reads ranges of buckets into strips by one statement.
func (l *keptLook) fetch(ctx context.Context, scan *query.Scan, strips []*strip, ranges []bucketRange, stats *query.Stats) error {
	part := *scan
	s := strips[0]
	first, last := ranges[0].from, ranges[len(ranges)-1].to
	part.Buckets = query.Buckets{From: s.start(first), To: s.start(last)}
	if last-first > 1 {
		part.Buckets.Step, part.Buckets.Origin = s.width, part.Buckets.From
	}
	if len(ranges) > 1 {
		for _, r := range ranges {
			part.Buckets.Windows = append(part.Buckets.Windows, query.Window{From: s.start(r.from), To: s.start(r.to)})
		}
	}
	part.MaxRows, part.MaxGroups = maxSliceRows, 0
	part.Measures = nil
	for _, s := range strips {
		part.Measures = append(part.Measures, s.measure)
	}
	var presence []int
	part.Measures, presence = withPresence(part.Measures)
	cells, err := l.Scan(ctx, &part)
	if err != nil {
		return err
	}
	count(stats, cells)
	buckets := int64(0)
	for _, r := range ranges {
		buckets += r.to - r.from
	}
	stats.Fetched += int(buckets)
	l.keeper.stats.fetched.Add(buckets)
	l.keeper.took(scan.Table.Name, time.Duration(buckets)*s.width, cells.Stat.Took)
	column := 0
	for i, s := range strips {
		for _, r := range ranges {
			s.put(r, cells, column, int32(r.from-first), func(row int) bool {
				return presence[i] < 0 || cells.Columns[presence[i]].Ints[row] > 0
			})
		}
		column += s.measure.Columns()
	}
	l.keeper.shrink()
	return nil
}

// withPresence adds, to measures whose conditions differ, a count of the rows
// that fulfil each: a statement returns a cell where any condition is met, and
// a measure has that cell only where its own is. It returns the measures and,
// for each of those given, the column of its count, or -1 where every row of
// the result is one of its cells.
func withPresence(measures []query.Measure) (all []query.Measure, presence []int) {
	all = append([]query.Measure(nil), measures...)
	presence = make([]int, len(measures))
	differ := false
	for i, m := range measures {
		presence[i] = -1
		differ = differ || m.Where != measures[0].Where
	}
	if !differ {
		return all, presence
	}
	column := 0
	for _, m := range measures {
		column += m.Columns()
	}
	at := map[string]int{}
	for i, m := range measures {
		if m.Where == "" {
			continue
		}
		if _, ok := at[m.Where]; !ok {
			at[m.Where] = column
			all = append(all, query.Measure{Kind: query.CountRows, Where: m.Where})
			column++
		}
		presence[i] = at[m.Where]
	}
	return all, presence
}

func presenceColumn(measures []query.Measure, m query.Measure) int {
	_, presence := withPresence(measures)
	for i := range measures {
		if measures[i].Kind == m.Kind && measures[i].Expr == m.Expr && measures[i].Where == m.Where {
			return presence[i]
		}
	}
	return -1
}

// union joins two lists of ranges, each in order.
func union(a, b []bucketRange) []bucketRange {
	var joined []bucketRange
	for len(a) > 0 || len(b) > 0 {
		if len(b) == 0 || len(a) > 0 && a[0].from <= b[0].from {
			joined, a = appendRange(joined, a[0]), a[1:]
		} else {
			joined, b = appendRange(joined, b[0]), b[1:]
		}
	}
	return joined
}
