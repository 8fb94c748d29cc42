package engine

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/pullview/orders-datasource/pkg/message"
	"github.com/pullview/orders-datasource/pkg/query"
)

// batch collects the scans of a query, so that measures over the same rows and
// buckets share one statement.
type batch struct {
	pending []*pendingScan
	numbers int // that were read, column by column, but for those that a look keeps
}

// pendingScan is one statement to be and, after run, its cells.
type pendingScan struct {
	scan    query.Scan
	binning binning
	read    []measured // per measure, once the scan has run
}

// measured is the cells of one measure of a scan. Measures that were read by
// one statement share their cells.
type measured struct {
	cells  *query.Cells
	column int     // its first column in the cells
	groups []int32 // per group of the cells: its number in the query
}

// reading is one measure of a scan: where to find its cells and columns.
type reading struct {
	from    *pendingScan
	measure int
}

func (r reading) of() *measured              { return &r.from.read[r.measure] }
func (r reading) cells() *query.Cells        { return r.of().cells }
func (r reading) column(i int) *query.Column { return &r.cells().Columns[r.of().column+i] }

// bucket returns the lane's bucket of a row.
func (r reading) bucket(row int) int32 {
	if r.cells().Bucket == nil {
		return 0
	}
	return r.from.binning.bucket(r.cells().Bucket[row])
}

// group returns the number of a row's group in the query.
func (r reading) group(row int) int32 {
	if r.cells().Group == nil {
		return r.of().groups[0]
	}
	return r.of().groups[r.cells().Group[row]]
}

// add plans a measure over the rows that scan describes; its Measures are
// ignored.
func (b *batch) add(scan query.Scan, bin binning, measure query.Measure) reading {
	scan.Measures, scan.Buckets = nil, bin.buckets
	alone := measure.Kind == query.Sketch || measure.Kind == query.Percentiles
	for _, p := range b.pending {
		if !sameRows(&p.scan, &scan) {
			continue
		}
		if i := slices.IndexFunc(p.scan.Measures, func(m query.Measure) bool { return reflect.DeepEqual(m, measure) }); i >= 0 {
			return reading{p, i}
		}
		if alone || p.alone() || p.read != nil {
			continue
		}
		p.scan.Measures = append(p.scan.Measures, measure)
		return reading{p, len(p.scan.Measures) - 1}
	}
	scan.Measures = []query.Measure{measure}
	p := &pendingScan{scan: scan, binning: bin}
	b.pending = append(b.pending, p)
	return reading{p, 0}
}

func (p *pendingScan) alone() bool {
	kind := p.scan.Measures[0].Kind
	return kind == query.Sketch || kind == query.Percentiles
}

func sameRows(a, b *query.Scan) bool {
	x := *a
	x.Measures = nil
	return reflect.DeepEqual(&x, b)
}

// run executes what has been planned since the last run, and reads no more than
// a limit of cells allows. A cell may take several rows, and a row has a number
// for each measure, so there is a bound on the numbers of the whole query too.
func (b *batch) run(ctx context.Context, look Look, limit int, stats *query.Stats) error {
	for _, p := range b.pending {
		if p.read != nil {
			continue
		}
		_, kept := look.(*keptLook)
		b.bound(p, limit, kept)
		read, err := readScan(ctx, look, &p.scan, stats)
		if err == nil && kept && p.scan.Measures[0].Kind != query.Sketch && mostRows(read) > p.scan.MaxRows {
			err = query.ErrTooManyCells // as it would be live
		}
		if errors.Is(err, query.ErrTooManyCells) {
			return tooManyCells(&p.scan, limit)
		}
		if err != nil {
			return err
		}
		p.read = read
		b.numbers += mostRows(read) * columns(p.scan.Measures)
	}
	return nil
}

// bound says how much a scan may read after those before it. What a look keeps
// has a budget of its own.
func (b *batch) bound(p *pendingScan, limit int, kept bool) {
	rows := p.binning.factor
	if p.scan.Measures[0].Kind == query.Sketch {
		rows = sketchRows
	}
	p.scan.MaxGroups, p.scan.MaxRows = limit, limit*rows
	if !kept {
		p.scan.MaxRows = min(p.scan.MaxRows, (limit*foldLimit-b.numbers)/columns(p.scan.Measures))
	}
}

func columns(measures []query.Measure) int {
	n := 0
	for _, m := range measures {
		n += m.Columns()
	}
	return n
}

// mostRows returns how many rows the longest of a scan's cells have.
func mostRows(read []measured) int {
	rows := 0
	for _, m := range read {
		rows = max(rows, m.cells.Columns[m.column].Len())
	}
	return rows
}

// readScan reads the measures of a scan: from what a look keeps, where it
// does, else by a statement.
func readScan(ctx context.Context, look Look, scan *query.Scan, stats *query.Stats) ([]measured, error) {
	if kept, ok := look.(*keptLook); ok {
		return kept.read(ctx, scan, stats)
	}
	cells := emptyCells(scan.Measures)
	if scan.Level || scan.Buckets.To.After(scan.Buckets.From) {
		var err error
		if cells, err = look.Scan(ctx, scan); err != nil {
			return nil, err
		}
		count(stats, cells)
	}
	return measures(cells, scan)
}

func count(stats *query.Stats, cells *query.Cells) {
	stats.Statements = append(stats.Statements, cells.Stat.SQL)
	stats.Rows += cells.Stat.Rows
	stats.Database += cells.Stat.Took
}

// measures finds each measure's columns in cells that hold them all.
func measures(cells *query.Cells, scan *query.Scan) ([]measured, error) {
	read := make([]measured, len(scan.Measures))
	at := 0
	for i, m := range scan.Measures {
		read[i] = measured{cells: cells, column: at}
		at += m.Columns()
	}
	if at != len(cells.Columns) {
		return nil, fmt.Errorf("the store returned %d columns for %d measures of table %s", len(cells.Columns), len(scan.Measures), scan.Table.Name)
	}
	return read, nil
}

// sketchRows is how many sketch rows may be read for each cell of the limit: a
// cell of a histogram consists of many.
const sketchRows = 10

func emptyCells(measures []query.Measure) *query.Cells {
	cells := &query.Cells{}
	for _, m := range measures {
		cells.Columns = append(cells.Columns, make([]query.Column, m.Columns())...)
	}
	return cells
}

func tooManyCells(scan *query.Scan, limit int) error {
	advice := message.New("choose a coarser step or a shorter range")
	if len(scan.GroupBy) > 0 {
		advice = message.New("group by fewer dimensions than %v, filter them, choose a coarser step or a shorter range", scan.GroupBy)
	}
	return &query.Error{Field: "maxRows", Message: message.New(
		"table %s answers with more than the %d cells (groups × buckets) that a query may read: %s, or ask an administrator to raise maxRows in the data source settings",
		scan.Table.Name, limit, advice)}
}
