package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pullview/orders-datasource/pkg/query"
)

// Panels that show one value ask for exactly their range, whose ends lie within
// buckets, and two viewers hardly ever ask for the same ends. So the buckets in
// which ranges of late began or ended are kept in milliseconds, and all ends in
// them are served from memory.
const (
	detailStep = time.Millisecond // Grafana's ranges are whole milliseconds
	// maxDetailRows bounds the rows of a detail; a busier bucket is read for
	// every range that ends in it.
	maxDetailRows = 20_000
	// What a detail takes beside its cells, and for each measure of its scan.
	detailBytes      = 700
	scanMeasureBytes = 100
	// detailLife is after how many looks a detail that nobody needs is dropped.
	detailLife = 100
)

// detail is a stretch of time with all measures of a scan: a bucket of a strip
// in milliseconds, or all that is older than the strips of a gauge.
type detail struct {
	column string // of the event times
	window query.Window
	scan   query.Scan // that read it
	cells  *query.Cells
	bytes  int64
	used   int64 // the number of the look that last read it
}

// piece is what a scan reads of one measure at an end of its range: the rows of
// cells whose bucket is in [from, to). The zero value is nothing.
type piece struct {
	cells            *query.Cells
	column, presence int // see measured, and withPresence
	from, to         int32
}

// edge reads a part of a scan that lies within one bucket of a strip, and in
// one bucket of the scan.
func (l *keptLook) edge(ctx context.Context, scan *query.Scan, s *strip, from, to time.Time, stats *query.Stats) ([]piece, error) {
	pieces := make([]piece, len(scan.Measures))
	if !to.After(from) {
		return pieces, nil
	}
	part := *scan
	part.Buckets = query.Buckets{From: from, To: to}
	if s.width > time.Minute {
		read, err := l.read(ctx, &part, stats)
		for i, m := range read {
			pieces[i] = piece{m.cells, m.column, -1, 0, 1}
		}
		return pieces, err
	}
	bucket := query.Window{From: s.start(s.floor(from)), To: s.start(s.floor(from) + 1)}
	first, last := from.Sub(bucket.From), to.Sub(bucket.From)
	var cells *query.Cells
	var presence []int
	err := query.ErrTooManyCells
	if first%detailStep == 0 && last%detailStep == 0 {
		cells, presence, err = l.detail(ctx, scan, query.Buckets{From: bucket.From, To: bucket.To, Step: detailStep, Origin: bucket.From}, stats)
	}
	if errors.Is(err, query.ErrTooManyCells) {
		first, last = 0, detailStep
		part.MaxRows = maxSliceRows
		part.Measures, presence = withPresence(scan.Measures)
		if cells, err = l.Scan(ctx, &part); err == nil {
			count(stats, cells)
		}
	}
	if err != nil {
		return nil, err
	}
	return piecesOf(scan.Measures, cells, presence, int32(first/detailStep), int32(last/detailStep)), nil
}

// piecesOf finds the piece of each measure in cells that hold them all.
func piecesOf(measures []query.Measure, cells *query.Cells, presence []int, from, to int32) []piece {
	pieces := make([]piece, len(measures))
	column := 0
	for i, m := range measures {
		pieces[i] = piece{cells, column, presence[i], from, to}
		column += m.Columns()
	}
	return pieces
}

// detail returns a stretch of time in buckets of their own, with the measures of
// a scan.
func (l *keptLook) detail(ctx context.Context, scan *query.Scan, buckets query.Buckets, stats *query.Stats) (cells *query.Cells, presence []int, err error) {
	part := *scan
	part.Buckets, part.MaxRows = buckets, maxDetailRows
	part.Measures, presence = withPresence(scan.Measures)
	window := query.Window{From: buckets.From, To: buckets.To}
	key := fmt.Sprintf("%s %#v %d %d", rowsKey(scan), part.Measures, window.From.UnixMicro(), window.To.UnixMicro())
	kept := l.keeper.tables[scan.Table.Name]
	if d := kept.details[key]; d != nil {
		d.used = l.keeper.looks
		if d.cells == nil {
			err = query.ErrTooManyCells
		}
		return d.cells, presence, err
	}
	cells, err = l.Scan(ctx, &part)
	if err != nil && !errors.Is(err, query.ErrTooManyCells) {
		return nil, nil, err
	}
	d := &detail{column: scan.Time, window: window, scan: part, used: l.keeper.looks, bytes: int64(len(key)) + detailBytes + scanMeasureBytes*int64(len(part.Measures))}
	if err == nil {
		count(stats, cells)
		d.cells = cells
		d.bytes += cells.Bytes()
	}
	kept.details[key] = d
	if !l.keeper.shrink() {
		delete(kept.details, key)
	}
	return cells, presence, err
}

// forgetDetails drops the details that a change touches, and those that nobody
// has needed for long.
func (t *keptTable) forgetDetails(dirty []query.Change, look int64) {
	for key, d := range t.details {
		stale := d.used < look-detailLife
		for _, c := range dirty {
			stale = stale || c.Column == d.column && c.From.Before(d.window.To) && c.To.After(d.window.From)
		}
		if stale {
			delete(t.details, key)
		}
	}
}
