package query

import (
	"time"

	"github.com/pullview/orders-datasource/pkg/catalog"
)

// Scan asks a store to aggregate the rows of one table by dimensions and time
// buckets. It names things of the catalog and carries values; how it becomes
// SQL is the store's affair.
type Scan struct {
	Table   *catalog.Table
	Time    string // the event-time column
	Span    *Span  // set for gauges: only rows that are a valid span take part
	Level   bool   // with Span: count the rows that are open at Buckets.To instead of events in time
	Filters []Filter
	GroupBy []string // dimension names
	Buckets Buckets
	// Measures are computed by the one statement. A Sketch or Percentiles
	// measure stands alone. Where every measure has a condition of its own, a
	// group without a row that fulfils one of them is not in the result.
	Measures []Measure
	// Except leaves out the rows whose dimensions, ExceptBy, equal one of these
	// tuples. It serves the "others" of metrics that do not merge.
	ExceptBy []string
	Except   []Group
	MaxRows  int // the most result rows to accept; more is ErrTooManyCells
	// MaxGroups is the most groups to accept, where that is less than MaxRows
	// because a cell has many rows; 0 for no such limit.
	MaxGroups int
}

// Span is the life of a row that a gauge counts: it is open in the half-open
// interval [opened, closed), or for good where closed is null or infinity. Rows
// with a null or infinite opened, or closed <= opened, take no part.
type Span struct {
	Opened, Closed string // column names
}

// Buckets says how event times are binned. Rows take part when
// From <= time < To; infinite times never do.
type Buckets struct {
	From, To time.Time
	// Step and Origin bin on a fixed grid: bucket i is
	// [Origin + i·Step, Origin + (i+1)·Step), so Origin is the start of bucket 0.
	Step   time.Duration
	Origin time.Time
	// Bounds bins between ascending instants where Step is 0: bucket i is
	// [Bounds[i], Bounds[i+1]). Both zero means one bucket for [From, To).
	Bounds []time.Time
	// Windows names the parts of [From, To) that are asked for, ascending and
	// apart; nil for all of it. Rows of other parts may be in the result too.
	Windows []Window
}

// Window is the half-open interval [From, To).
type Window struct{ From, To time.Time }

// Len returns the number of buckets from the first to the one that holds the
// last instant before To.
func (b Buckets) Len() int {
	switch {
	case b.Step > 0:
		// In microseconds, because a time.Duration ends at 292 years.
		return int(max(ceilDiv(b.To.UnixMicro()-b.Origin.UnixMicro(), b.Step.Microseconds()), 0))
	case b.Bounds != nil:
		return max(len(b.Bounds)-1, 0)
	}
	return 1
}

// MeasureKind says what a Measure computes of the rows of a cell.
type MeasureKind uint8

// The kinds of measures, each with the columns that it yields.
const (
	CountRows     MeasureKind = iota // one KindInt column
	Sum                              // one KindDecimal or KindFloat column; null rows add nothing, no rows is 0
	CountDistinct                    // one KindInt column; null is not counted
	Sketch                           // rows per sketch code (Cells.Code): a KindInt count and a sum
	Percentiles                      // one column per quantile, as percentile_disc; null without rows
)

// Measure is one number per cell.
type Measure struct {
	Kind      MeasureKind
	Expr      string    // the catalog's column or expression; empty for CountRows
	Where     string    // the metric's own condition, or empty
	Quantiles []float64 // Percentiles only
}

// Columns returns how many columns of Cells the measure fills.
func (m Measure) Columns() int {
	switch m.Kind {
	case Sketch:
		return 2
	case Percentiles:
		return len(m.Quantiles)
	}
	return 1
}

// Value is one dimension value in its text form. Null is a value of its own.
type Value struct {
	Text string
	Null bool
}

// Group is a tuple of dimension values, in the order of a scan's GroupBy.
type Group []Value

// Cells is what a scan returns, one row per non-empty cell, column by column.
type Cells struct {
	Groups  []Group  // the distinct groups, in order of first appearance
	Group   []int32  // per row: index into Groups
	Bucket  []int32  // per row: bucket number, 0 <= n < Buckets.Len()
	Code    []int32  // per row, for a Sketch: the code of its sketch bucket
	Columns []Column // of the kind of their measure even when there are no rows
	Stat    ScanStat
}

// Bytes returns about how much memory the cells take.
func (c *Cells) Bytes() int64 {
	bytes := 4 * int64(cap(c.Group)+cap(c.Bucket)+cap(c.Code))
	for _, g := range c.Groups {
		for _, v := range g {
			bytes += 40 + int64(len(v.Text))
		}
	}
	for i := range c.Columns {
		bytes += c.Columns[i].Bytes()
	}
	return bytes
}

// ScanStat tells what a scan cost.
type ScanStat struct {
	SQL  string // the statement's text, without values
	Rows int
	Took time.Duration // from sending the statement to its last row
}

// Snapshot names the state of the orders store that a look saw.
type Snapshot struct {
	AsOf time.Time // the database clock just before the snapshot was taken
	// ID is the snapshot as pg_current_snapshot prints it, xmin:xmax:xip_list.
	// It is empty where a look does not tell.
	ID string
	// Standby says that the server was replaying: its snapshots do not list
	// the transactions that run.
	Standby bool
	// Fence bounds what the snapshot does not see, where a look was asked to
	// find that out: every transaction that it does not see began later, or,
	// on a standby, was committed later.
	Fence time.Time
}

// Changes tells where a table may hold other rows than at an earlier snapshot.
type Changes struct {
	Everything bool
	Dirty      []Change
}

// Change is a stretch of time in which rows may have changed: those whose
// column has a time with From <= time < To.
type Change struct {
	Column   string
	From, To time.Time
}
