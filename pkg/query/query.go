package query

import (
	"time"

	"github.com/pullview/orders-datasource/pkg/catalog"
)

// Type is what a query asks for.
type Type string

// The query types.
const (
	TypeMetric  Type = "metric"  // numbers of one or more metrics
	TypeRecords Type = "records" // the rows behind a number
	// TypeAnnotation asks for rows as events on a dashboard.
	TypeAnnotation Type = "annotation"
)

// types lists every query type.
var types = []Type{TypeMetric, TypeRecords, TypeAnnotation}

// Query is what a panel or rule saves. Names and values only: it never carries
// SQL.
type Query struct {
	RefID     string       `json:"refId"`
	Type      Type         `json:"queryType,omitempty"` // default TypeMetric
	Version   int          `json:"version"`             // see Version; absent is that version
	Metrics   []string     `json:"metrics,omitempty"`
	View      catalog.View `json:"view,omitempty"` // default: each metric's own default
	GroupBy   []string     `json:"groupBy,omitempty"`
	Filters   []Filter     `json:"filters,omitempty"`
	Top       *Top         `json:"top,omitempty"`
	Step      string       `json:"step,omitempty"`      // default StepAuto
	Reduce    Reduce       `json:"reduce,omitempty"`    // gauges with step range; default ReduceLast
	Quantiles []float64    `json:"quantiles,omitempty"` // histograms; each in (0, 1)
	Exact     bool         `json:"exact,omitempty"`     // percentiles from the database, not from sketches
	Compare   []string     `json:"compare,omitempty"`   // offsets into the past such as 1w
	Partial   Partial      `json:"partial,omitempty"`
	Format    Format       `json:"format,omitempty"`
	Legend    string       `json:"legend,omitempty"`  // display name pattern with {{metric}}, {{help}} and {{label}}
	Limit     int          `json:"limit,omitempty"`   // records, annotation: most rows to return
	Records   string       `json:"records,omitempty"` // records: the table, instead of that of the metric
	// Bucket is the point behind which records are; without one they are those
	// of the time range.
	Bucket *Bucket `json:"bucket,omitempty"`
	// Kept are the groups, by dimension, that have series of their own beside
	// the others: a filter "= (others)" on these dimensions means none of them.
	// It is for records only.
	Kept []map[string]string `json:"kept,omitempty"`
	// Annotation is the name of what a query of TypeAnnotation asks for.
	Annotation string `json:"annotation,omitempty"`
}

// Filter keeps the rows whose dimension satisfies an operator. Negative
// operators keep NULL as well.
type Filter struct {
	Key      string   `json:"key"`
	Operator Operator `json:"operator"`
	Values   []string `json:"values,omitempty"` // as labels are written, see Value.Label
}

// Bucket is the point of a series behind which records are: the bucket of a
// Step that holds the instant At. A value without an instant, such as the sum of
// a series, and the one value of a range, are between From and To. All instants
// are milliseconds since the epoch.
type Bucket struct {
	At   string `json:"at,omitempty"`   // in decimal; empty for a value without an instant
	Step string `json:"step,omitempty"` // a fixed or calendar step
	// Since is the first instant of a running total, which ends with the bucket.
	Since *int `json:"since,omitempty"`
	From  *int `json:"from,omitempty"`
	To    *int `json:"to,omitempty"` // the first instant after the records
	// Compare moves the bucket into the past, such as 1w, to the end of what is
	// compared with it.
	Compare string `json:"compare,omitempty"`
}

// Operator compares a dimension with the values of a Filter.
type Operator string

// The operators. Eq, Ne, Match, NotMatch and the comparisons take one value,
// In and NotIn one or more, IsNull and IsNotNull none.
const (
	Eq        Operator = "="
	Ne        Operator = "!="
	In        Operator = "in"
	NotIn     Operator = "not in"
	Match     Operator = "=~" // PostgreSQL regular expression, matched in full
	NotMatch  Operator = "!~"
	Gt        Operator = ">"
	Ge        Operator = ">="
	Lt        Operator = "<"
	Le        Operator = "<="
	IsNull    Operator = "is null"
	IsNotNull Operator = "is not null"
)

// Operators lists every operator in the order to offer them.
var Operators = []Operator{Eq, Ne, In, NotIn, Match, NotMatch, Gt, Ge, Lt, Le, IsNull, IsNotNull}

// Top keeps the groups that rank first over the whole range.
type Top struct {
	Limit  int  `json:"limit"`
	Others bool `json:"others,omitempty"` // add one more group for all the rest
}

// Reduce makes one number of a gauge's values over a range.
type Reduce string

// The reductions. All but the last run over the gauge's values at the ends of
// the fixed step that auto would choose, and at the end of the range.
const (
	ReduceLast Reduce = "last"
	ReduceAvg  Reduce = "avg"
	ReduceMin  Reduce = "min"
	ReduceMax  Reduce = "max"
)

// Partial says what becomes of the bucket that is still running.
type Partial string

// The choices for the running bucket.
const (
	PartialKeep Partial = "keep"
	PartialDrop Partial = "drop"
	PartialMark Partial = "mark" // kept in a series of its own with the label partial
)

// Format is the shape of the frames.
type Format string

// The formats.
const (
	FormatTimeSeries Format = "time_series"
	FormatTable      Format = "table"
	FormatHeatmap    Format = "heatmap"
)

// Labels that an answer adds to those of the dimensions.
const (
	LabelCompare  = "compare"
	LabelQuantile = "quantile"
	LabelPartial  = "partial"
)

// Environment is what surrounds a query when it is asked.
type Environment struct {
	From, To      time.Time     // the half-open range of the panel or rule
	Interval      time.Duration // the panel's interval; 0 when unknown
	MaxDataPoints int64         // the panel's width in points; 0 when unknown
	FromAlert     bool
	Limits        Limits
}

// Limits bound what one query may ask for.
type Limits struct {
	MaxCells  int           // buckets times series, see settings maxRows; 0 for 100,000
	MaxSeries int           // series of an answer, see settings maxSeries; 0 for 1000
	MaxRange  time.Duration // 0 for none
}

// Request is a query that passed validation: every name is resolved and every
// default filled in.
type Request struct {
	RefID    string
	Type     Type
	Catalog  *catalog.Catalog
	Location *time.Location    // the business time zone
	Metrics  []*catalog.Metric // records: the one whose rows are shown, or none
	Views    []catalog.View    // one per metric
	Table    *catalog.Table    // records and annotation only: the table whose rows are shown
	// Annotation is set for TypeAnnotation only.
	Annotation *catalog.Annotation
	GroupBy    []string
	Filters    []Filter
	Top        *Top
	From, To   time.Time // as asked, rounded up to whole microseconds
	Step       Step      // never auto
	Grid       Grid      // widened to bucket bounds, or exactly [From, To) with step range
	Sampling   Grid      // step range with ReduceAvg, Min or Max: where a gauge is read; else empty
	Reduce     Reduce
	Quantiles  []float64 // of histograms; a summary has its own
	Exact      bool      // only where quantiles are shown
	Compare    []Offset  // records: at most one
	Partial    Partial
	Format     Format
	Legend     string
	Limit      int
	// Narrowed tells that records are those of a bucket, not of the time range.
	Narrowed bool
	// ExceptBy and Except leave groups out of records, see Scan.
	ExceptBy  []string
	Except    []Group
	FromAlert bool
	Limits    Limits
}
