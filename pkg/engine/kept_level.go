package engine

import (
	"context"
	"errors"
	"time"

	"github.com/pullview/orders-datasource/pkg/query"
)

// levelWidth is the width of the buckets in which the flows of a gauge are kept
// back to the beginning.
const levelWidth = time.Hour

// levelEpoch is the beginning of these buckets. What is older is kept as one
// piece: a single row of year 1 would else cost millions of empty hours.
var levelEpoch = time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)

// never is later than every time of a row. Year 1, which is no time to a Go
// program, may be one.
var never = time.Date(1_000_000, 1, 1, 0, 0, 0, 0, time.UTC)

// level computes what was open at an instant from flows: all that opened before
// it minus all that closed before it. A scan of the rows themselves would read
// the table at every look.
func (l *keptLook) level(ctx context.Context, scan *query.Scan, stats *query.Stats) ([]measured, error) {
	flow := *scan
	flow.Level = false
	// A group is there if a row of it is open, even if what is summed is 0.
	flow.Measures, _ = withCounts(scan.Measures)
	opened, err := l.flow(ctx, flow, scan.Span.Opened, scan.Buckets.To, stats)
	if err != nil {
		return nil, err
	}
	closed, err := l.flow(ctx, flow, scan.Span.Closed, scan.Buckets.To, stats)
	if err != nil {
		return nil, err
	}
	read := make([]measured, len(scan.Measures))
	_, count := withCounts(scan.Measures)
	for i := range scan.Measures {
		read[i] = measured{cells: difference(opened[i], closed[i], opened[count[i]], closed[count[i]])}
	}
	return read, nil
}

// flow returns, per measure, the sums of all events of one column before an
// instant.
func (l *keptLook) flow(ctx context.Context, scan query.Scan, column string, until time.Time, stats *query.Stats) ([]*gathering, error) {
	scan.Time = column
	kept := l.keeper.tables[scan.Table.Name]
	begin, ok, err := l.earliest(ctx, kept, &scan)
	if err != nil {
		return nil, err
	}
	flows := make([]*gathering, len(scan.Measures))
	strips := make([]*strip, len(scan.Measures))
	for i, m := range scan.Measures {
		strips[i] = kept.strip(&scan, m, levelWidth, l.keeper)
	}
	hours := bucketRange{to: strips[0].floor(until)}
	if hours.from = hours.to; ok {
		hours.from = min(max(strips[0].floor(begin), strips[0].floor(levelEpoch)), hours.to)
	}
	old := make([]piece, len(scan.Measures))
	if first := strips[0].start(hours.from); ok && begin.Before(first) {
		if old, err = l.before(ctx, &scan, begin, first, stats); err != nil {
			return nil, err
		}
	}
	if err := l.fill(ctx, &scan, strips, hours, stats); err != nil {
		return nil, err
	}
	scan.Buckets = query.Buckets{From: strips[0].start(hours.to), To: until}
	rest, err := l.read(ctx, &scan, stats)
	if err != nil {
		return nil, err
	}
	for i, s := range strips {
		kinds := s.kinds()
		for j := range kinds {
			if c := rest[i].cells.Columns[rest[i].column+j]; c.Len() > 0 || len(s.chunks) == 0 {
				kinds[j] = c.Kind
			}
			if old[i].cells != nil {
				kinds[j] = old[i].cells.Columns[old[i].column+j].Kind
			}
		}
		flows[i] = newGathering(kinds, false)
		flows[i].edge(old[i], 0)
		s.gather(hours, flows[i], func(int64) int32 { return 0 })
		flows[i].edge(piece{rest[i].cells, rest[i].column, -1, 0, 1}, 0)
	}
	return flows, nil
}

// before returns, per measure, the sums of the events that are older than the
// strips of a scan.
func (l *keptLook) before(ctx context.Context, scan *query.Scan, begin, end time.Time, stats *query.Stats) ([]piece, error) {
	cells, presence, err := l.detail(ctx, scan, query.Buckets{From: begin, To: end}, stats)
	if errors.Is(err, query.ErrTooManyCells) {
		return nil, errLive
	}
	if err != nil {
		return nil, err
	}
	return piecesOf(scan.Measures, cells, presence, 0, 1), nil
}

// earliest returns when the first event of a scan's column may have been.
func (l *keptLook) earliest(ctx context.Context, kept *keptTable, scan *query.Scan) (time.Time, bool, error) {
	if begin, known := kept.begin[scan.Time]; known {
		return begin, begin != never, nil
	}
	begin, ok, err := l.Earliest(ctx, scan.Table, scan.Time)
	if err != nil {
		return time.Time{}, false, err
	}
	if !ok {
		begin = never
	}
	kept.begin[scan.Time] = begin
	return begin, ok, nil
}

// withCounts adds a count of rows for every condition of the measures, and
// returns where each measure's is.
func withCounts(measures []query.Measure) (all []query.Measure, count []int) {
	all = append([]query.Measure(nil), measures...)
	for _, m := range measures {
		at := -1
		for i := range all {
			if all[i].Kind == query.CountRows && all[i].Where == m.Where {
				at = i
			}
		}
		if at < 0 {
			at = len(all)
			all = append(all, query.Measure{Kind: query.CountRows, Where: m.Where})
		}
		count = append(count, at)
	}
	return all, count
}

// difference subtracts what closed from what opened, by group, where the count
// of rows says that some are left.
func difference(opened, closed, openedRows, closedRows *gathering) *query.Cells {
	left := map[string]int64{}
	for row, group := range openedRows.cells.Group {
		left[groupKey(openedRows.groups.list[group])] += openedRows.cells.Columns[0].Ints[row]
	}
	for row, group := range closedRows.cells.Group {
		left[groupKey(closedRows.groups.list[group])] -= closedRows.cells.Columns[0].Ints[row]
	}
	kind := opened.cells.Columns[0].Kind
	cells := &query.Cells{Columns: []query.Column{{Kind: kind}}}
	numbers := map[string]int32{}
	level := &cells.Columns[0]
	take := func(g *gathering, add func(row int32, from *query.Column, i int)) {
		for row, number := range g.cells.Group {
			group := g.groups.list[number]
			key := groupKey(group)
			if left[key] == 0 {
				continue
			}
			at, ok := numbers[key]
			if !ok {
				at = int32(len(cells.Groups))
				numbers[key] = at
				cells.Groups = append(cells.Groups, group)
				cells.Group = append(cells.Group, at)
				zero := query.NewColumn(kind, 1)
				level.Append(&zero, 0)
			}
			add(at, &g.cells.Columns[0], row)
		}
	}
	take(opened, func(at int32, from *query.Column, i int) { level.Add(int(at), from, i) })
	take(closed, func(at int32, from *query.Column, i int) { level.Sub(int(at), from, i) })
	return cells
}
