package engine

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/pullview/orders-datasource/pkg/query"
)

// batch collects the scans of a query, so that measures over the same rows and
// buckets share one statement.
type batch struct {
	pending []*pendingScan
}

// pendingScan is one statement to be and, after run, its cells.
type pendingScan struct {
	scan    query.Scan
	binning binning
	columns []int // per measure: its first column in the cells
	cells   *query.Cells
	groups  []int32 // per group of the cells: its number in the query
}

// reading is one measure of a scan: where to find its cells and columns.
type reading struct {
	from    *pendingScan
	measure int
}

func (r reading) cells() *query.Cells { return r.from.cells }
func (r reading) column(i int) *query.Column {
	return &r.from.cells.Columns[r.from.columns[r.measure]+i]
}

// bucket returns the lane's bucket of a row.
func (r reading) bucket(row int) int32 {
	if r.from.cells.Bucket == nil {
		return 0
	}
	return r.from.binning.bucket(r.from.cells.Bucket[row])
}

// group returns the group of a row as an index into the cells' groups.
func (r reading) group(row int) int32 {
	if r.from.cells.Group == nil {
		return 0
	}
	return r.from.cells.Group[row]
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
		if alone || p.alone() || p.cells != nil {
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

// run executes what has been planned since the last run.
func (b *batch) run(ctx context.Context, look Look, limit int, stats *query.Stats) error {
	for _, p := range b.pending {
		if p.cells != nil {
			continue
		}
		if p.scan.Buckets.To.After(p.scan.Buckets.From) || p.scan.Level {
			p.scan.MaxRows = limit * p.binning.factor
			if p.alone() {
				p.scan.MaxRows, p.scan.MaxGroups = limit*sketchRows, limit
			}
			cells, err := look.Scan(ctx, &p.scan)
			if errors.Is(err, query.ErrTooManyCells) {
				return tooManyCells(&p.scan, limit)
			}
			if err != nil {
				return err
			}
			stats.Statements = append(stats.Statements, cells.Stat.SQL)
			stats.Rows += cells.Stat.Rows
			stats.Database += cells.Stat.Took
			p.cells = cells
		} else {
			p.cells = emptyCells(p.scan.Measures)
		}
		p.columns = p.columns[:0]
		at := 0
		for _, m := range p.scan.Measures {
			p.columns = append(p.columns, at)
			at += m.Columns()
		}
		if at != len(p.cells.Columns) {
			return fmt.Errorf("the store returned %d columns for %d measures of table %s", len(p.cells.Columns), len(p.scan.Measures), p.scan.Table.Name)
		}
	}
	return nil
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
	advice := "choose a coarser step or a shorter range"
	if len(scan.GroupBy) > 0 {
		advice = fmt.Sprintf("group by fewer dimensions than %v, filter them, choose a coarser step or a shorter range", scan.GroupBy)
	}
	return &query.Error{Field: "maxRows", Message: fmt.Sprintf(
		"table %s answers with more than the %d cells (groups × buckets) that a query may read: %s, or ask an administrator to raise maxRows in the data source settings",
		scan.Table.Name, limit, advice)}
}
