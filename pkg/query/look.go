package query

import (
	"time"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/message"
)

// ErrTooManyCells says that a scan was stopped because its result has more
// rows, or longer labels, than the scan or the store allows.
var ErrTooManyCells = message.Errorf("the result has too many cells")

// ErrRedefined says that a table was made anew after a look began, whose snapshot
// does not know it. Another look does.
var ErrRedefined = message.Errorf("the table was made anew while the query ran")

// Caller says on whose behalf a look is taken, so that a database administrator
// who sees a statement knows where it comes from. All fields are optional.
type Caller struct {
	Dashboard string // uid
	Panel     string // id
	Rule      string // uid or name of the alert rule
	User      string // login
	Alert     bool   // an alert rule is evaluated
}

// Known is a table with what an earlier look told of it.
type Known struct {
	Table *catalog.Table
	// Since is the snapshot of that look, the zero value where there was none.
	Since Snapshot
	// Fingerprint is what that look gave for the table.
	Fingerprint string
}

// RecordScan asks a store for rows of one table, newest first. The rows are
// those that a Scan with the same fields would aggregate.
type RecordScan struct {
	Table   *catalog.Table
	Time    string // the event-time column
	Span    *Span  // set for gauges: only rows that are a valid span take part
	Level   bool   // with Span: the rows that are open at Buckets.To instead of events in time
	Where   []string
	Filters []Filter
	// ExceptBy and Except leave out groups as those of a Scan do.
	ExceptBy []string
	Except   []Group
	// Measure leaves out the rows that add nothing to it: NULL of distinct
	// values; NULL, NaN and infinities of observations. Its condition is not
	// used, see Where.
	Measure Measure
	Buckets Buckets  // From and To; the rest is not used
	Columns []string // columns of the relation, in the order to show them
	Limit   int      // the most rows to return
}

// EventScan asks a store for the rows of an annotation: those with From <= time
// < To, and those whose period began before and overlaps that range.
type EventScan struct {
	Annotation *catalog.Annotation
	Table      *catalog.Table
	Filters    []Filter
	From, To   time.Time
	Limit      int // the most rows to return, those with the latest time
}
