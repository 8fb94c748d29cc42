package query

import (
	"sync"
	"time"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/message"
)

// Answer is the whole result of one Request. Exactly one of Series, Heatmap,
// Records and Events is meaningful, as the request's kind and format say.
type Answer struct {
	Request *Request
	AsOf    time.Time // the database clock in the snapshot that answered
	Grid    Grid      // the grid of every series
	Series  []Series
	Heatmap *Heatmap
	Records *Records
	Events  *Events
	Partial []int // indices of buckets that were still running at AsOf
	Stats   Stats
	Notices []message.Message // only what weakens a promise or cuts the answer short
	// Provisos say what numbers from memory rely on that nobody but the catalog
	// promises.
	Provisos []message.Message

	shaping sync.Once
	shape   any
	failure error
}

// Shape returns what shape makes of the answer. That is made once, however many
// share the answer and call this at the same time, so it must not be changed.
func (a *Answer) Shape(shape func(*Answer) (any, error)) (any, error) {
	a.shaping.Do(func() { a.shape, a.failure = shape(a) })
	return a.shape, a.failure
}

// Stats tells what an answer cost and how much to trust it.
type Stats struct {
	Statements []string // SQL without values
	Rows       int
	Database   time.Duration
	Cached     int    // buckets that may come from memory, edges aside
	Fetched    int    // buckets of those that were read in this look
	Audited    int    // buckets that were read again in this look to check them
	Feed       string // the change feed of the tables, see the catalog
	Guarantee  string // how much to trust the numbers, see the engine
}

// Label is one name and value that tells a series from the others.
type Label struct {
	Name, Value string
}

// Series is one line of an answer: a value per bucket of its grid.
type Series struct {
	Metric *catalog.Metric
	View   catalog.View
	Labels []Label // group-by dimensions in order, then compare, then quantile, then partial
	Values Values
}

// Heatmap is a sparse grid of counts. The slices are of equal length, ordered
// by bucket and then by row from the lowest value up.
type Heatmap struct {
	Metric *catalog.Metric
	Bucket []int32   // index into the answer's grid
	YMin   []float64 // row bounds in the metric's unit: (YMin, YMax]
	YMax   []float64
	Count  []int64
	// Excluded counts observations that have no row: NaN and infinities.
	Excluded int64
}

// Records are rows of a table as the catalog permits to show them.
type Records struct {
	Columns []RecordColumn
	// Matching counts every row that matches, of which at most the request's
	// limit are in Columns.
	Matching int64
	// From and To bound the event times; rows of a gauge are those open at To.
	From, To time.Time
}

// RecordColumn is one column of Records. Exactly one of the slices is set.
type RecordColumn struct {
	Name     string
	Texts    []*string
	Times    []*time.Time
	Decimals []*Decimal
	Floats   []*float64
	Bools    []*bool
}

// Events are rows as an annotation shows them, from the earliest to the latest
// time.
type Events struct {
	List []Event
	// More tells that there are events before these, beyond the limit.
	More bool
}

// Event is a row of an annotation.
type Event struct {
	Time time.Time
	// End is where a period ends; zero for an instant. Of a period that goes on
	// it is the instant until which that is known.
	End     time.Time
	Running bool // whether the period goes on
	Title   *string
	Text    *string
	Tags    []string // of NULL there is no tag
}
