package engine

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/pullview/orders-datasource/pkg/query"
)

const (
	// sliceGoal is how long one statement that fills strips should take.
	sliceGoal = 150 * time.Millisecond
	// fillGoal is how long one look fills strips before the requests that need
	// more wait for the next. Requests that need little are served at its end.
	fillGoal = 300 * time.Millisecond
	// maxSliceRows bounds the rows that are read into strips at once, as does a
	// share of the budget at so many bytes a row and column.
	maxSliceRows = 500_000
	sliceShare   = 20
	rowBytes     = 32
	columnBytes  = 32
)

// errUnfinished says that a look ended before all that a request needs was
// read. What was read is kept; the next look goes on.
var errUnfinished = errors.New("the look ended before everything was read")

// errNoRoom says that what a request needs does not fit beside what is in use.
var errNoRoom = errors.New("there is no room for what the request needs")

// keptLook is a look that reads from strips what can be kept, and fills them.
type keptLook struct {
	DeltaLook
	keeper *keeper
	began  time.Time
	synced map[string]bool // by table: whether what is kept is true for this look
	wrong  map[string]bool // tables whose numbers turned out not to be what the look sees

	visits  []*visit        // that are to be served
	planned map[string]bool // by the visit's key: whether what it reads is in wanted
	wanted  []wish
	crowded bool // the budget has no room for what is read for others

	lanes   int // how many scans the look runs at the same time, 0 until that matters
	audited int // numbers that were read again to check them
}

// read returns the measures of a scan, each with cells of its own where they
// come from a strip.
func (l *keptLook) read(ctx context.Context, scan *query.Scan, stats *query.Stats) ([]measured, error) {
	if !scan.Level && !scan.Buckets.To.After(scan.Buckets.From) {
		return measures(emptyCells(scan.Measures), scan) // no statement reads nothing
	}
	if reason, err := l.Keepable(ctx, scan); err != nil || !reason.IsZero() {
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
	kept := l.keeper.tables[scan.Table.Name]
	strips := make([]*strip, len(scan.Measures))
	for i, m := range scan.Measures {
		strips[i] = kept.strip(scan, m, width, l.keeper)
	}
	s := strips[0]
	inner := bucketRange{s.ceil(scan.Buckets.From), s.floor(scan.Buckets.To)}
	headEnd, tailStart := s.start(inner.from), s.start(inner.to)
	if inner.from > inner.to { // all of it lies within one bucket
		inner.to = inner.from
		headEnd, tailStart = scan.Buckets.To, scan.Buckets.To
	}
	stats.Cached += int(inner.to - inner.from)
	l.keeper.stats.cached.Add(inner.to - inner.from)
	if err := l.fill(ctx, scan, strips, inner, stats); err != nil {
		return nil, err
	}
	head, err := l.edge(ctx, scan, s, scan.Buckets.From, headEnd, stats)
	if err != nil {
		return nil, err
	}
	tail, err := l.edge(ctx, scan, s, tailStart, scan.Buckets.To, stats)
	if err != nil {
		return nil, err
	}
	read := make([]measured, len(scan.Measures))
	for i, s := range strips {
		read[i] = assemble(scan, s, inner, head[i], tail[i])
	}
	return read, nil
}

// assemble makes the cells of one measure from its strip and the edges.
func assemble(scan *query.Scan, s *strip, inner bucketRange, head, tail piece) measured {
	kinds := s.kinds()
	for _, edge := range []piece{head, tail} {
		if edge.cells != nil {
			for i := range kinds {
				kinds[i] = edge.cells.Columns[edge.column+i].Kind
			}
		}
	}
	into := newGathering(kinds, s.measure.Kind == query.Sketch)
	into.edge(head, 0)
	s.gather(inner, into, func(bucket int64) int32 { return bucketOf(&scan.Buckets, s.start(bucket)) })
	into.edge(tail, bucketOf(&scan.Buckets, s.start(inner.to)))
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
	table := l.keeper.tables[scan.Table.Name]
	lacks := func(s *strip) bool { return len(s.missing(r)) > 0 }
	if table.refuses(strips, r, l.began) && slices.ContainsFunc(strips, lacks) {
		l.keeper.stats.noRoom.Add(1)
		return errLive
	}
	for _, s := range strips {
		s.touch(r, l.keeper.looks)
	}
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
		portion := l.keeper.portion(scan.Table.Name, gaps, strips[0].width)
		others, err := l.company(ctx, scan, wanting, portion)
		if err != nil {
			return err
		}
		if l.lanes == 0 && (length(portion) < length(gaps) || l.keeper.takesLong(scan.Table.Name, portion, strips[0].width)) {
			if l.lanes, err = l.Lanes(ctx); err != nil {
				return err
			}
		}
		room := int64(0)
		if !settled(strips, r) {
			room = l.keeper.growth()
		}
		err = l.fetch(ctx, scan, wanting, others, portion, length(gaps) <= maxCoarse, room, stats)
		switch {
		case errors.Is(err, errNoRoom):
			table.refuse(strips, r, time.Now())
			l.keeper.shrink()
			l.keeper.stats.noRoom.Add(1)
			return errLive
		case !errors.Is(err, query.ErrTooManyCells):
		case length(portion) == 1 && len(others) > 0:
			l.crowded, err = true, nil
		case length(portion) == 1: // so many groups are not worth keeping
			table.refuse(strips, r, time.Now())
			l.keeper.stats.noRoom.Add(1)
			return errLive
		default:
			l.keeper.slowDown(scan.Table.Name, time.Duration(length(portion)/2)*strips[0].width)
			err = nil
		}
		if err != nil {
			return err
		}
	}
}

// fetch reads ranges of buckets into strips: those that the request needs, and
// others along with them. Where these are few, and not a part of many, they may be
// made of narrower ones. The error is errNoRoom where that does not leave so much
// room in the budget.
func (l *keptLook) fetch(ctx context.Context, scan *query.Scan, needed, others []*strip, ranges []bucketRange, few bool, room int64, stats *query.Stats) error {
	if err := l.readInto(ctx, scan, needed, others, ranges, few, stats); err != nil {
		return err
	}
	buckets := length(ranges)
	stats.Fetched += int(buckets)
	l.keeper.stats.fetched.Add(buckets)
	if !l.keeper.leave(room) {
		return errNoRoom
	}
	for _, s := range others {
		l.crowded = l.crowded || s.lacks(bucketRange{ranges[0].from, ranges[len(ranges)-1].to}, ranges)
	}
	return nil
}

// readInto is fetch but for the room that is left. Of strips that others are made
// of none is needed.
func (l *keptLook) readInto(ctx context.Context, scan *query.Scan, needed, others []*strip, ranges []bucketRange, few bool, stats *query.Stats) error {
	strips := append(slices.Clip(needed), others...)
	if few {
		if fine := l.finer(scan, strips); fine != nil {
			err := l.refine(ctx, scan, strips, fine, len(needed), ranges, stats)
			if !errors.Is(err, query.ErrTooManyCells) {
				return err
			}
		}
	}
	parts := [][]bucketRange{ranges}
	if l.lanes > 1 {
		parts = shares(ranges, 2*l.lanes) // lanes that are done sooner do more
	}
	scans := make([]*query.Scan, len(parts))
	var presence []int
	most := 0
	for i, part := range parts {
		scans[i], presence = scanOf(scan, strips, part)
		most = l.keeper.sliceRows(columns(scans[i].Measures))
		scans[i].MaxRows = most / len(parts)
	}
	began := time.Now()
	cells, err := l.ScanAll(ctx, scans)
	if err != nil {
		return err
	}
	took, rows := time.Since(began), 0
	for i, part := range parts {
		count(stats, cells[i])
		rows += cells[i].Stat.Rows
		l.keeper.fillStrips(needed, others, part, cells[i], presence)
	}
	if len(needed) > 0 { // what others are made of is too little to learn from
		l.keeper.took(scan.Table.Name, time.Duration(length(ranges))*strips[0].width, took, rows, most)
	}
	return nil
}

// scanOf makes the scan that reads ranges of buckets for strips. For presence
// see withPresence.
func scanOf(scan *query.Scan, strips []*strip, ranges []bucketRange) (part *query.Scan, presence []int) {
	of, s := *scan, strips[0]
	first, last := ranges[0].from, ranges[len(ranges)-1].to
	of.Buckets = query.Buckets{From: s.start(first), To: s.start(last)}
	if last-first > 1 {
		of.Buckets.Step, of.Buckets.Origin = s.width, of.Buckets.From
	}
	if len(ranges) > 1 {
		for _, r := range ranges {
			of.Buckets.Windows = append(of.Buckets.Windows, query.Window{From: s.start(r.from), To: s.start(r.to)})
		}
	}
	of.MaxGroups, of.Measures = 0, nil
	for _, s := range strips {
		of.Measures = append(of.Measures, s.measure)
	}
	of.Measures, presence = withPresence(of.Measures)
	return &of, presence
}

// fillStrips takes in what a scan of scanOf returned: what a request needs, and
// others, of which nothing that is in use is pushed out.
func (k *keeper) fillStrips(needed, others []*strip, ranges []bucketRange, cells *query.Cells, presence []int) {
	column := 0
	for i, s := range append(slices.Clip(needed), others...) {
		look := k.looks
		if i >= len(needed) {
			look = k.guarded - 1
		}
		for _, r := range ranges {
			s.put(r, cells, column, int32(r.from-ranges[0].from), look, func(row int) bool {
				return presence[i] < 0 || cells.Columns[presence[i]].Ints[row] > 0
			})
		}
		column += s.measure.Columns()
	}
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
