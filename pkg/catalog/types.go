// Package catalog holds what an administrator declares once about the orders
// store: its tables, the dimensions by which they may be grouped, and the
// metrics with their types. A query names things of the catalog and carries no
// SQL of its own; the catalog is the only place where SQL text from outside
// the code exists, and only an organisation admin can write it.
//
// [Parse] is the only way to obtain a [Catalog]. What it returns is complete,
// validated, with defaults filled in, and is never changed again: it may be
// shared between goroutines.
package catalog

import "time"

// Version is the version of the catalog's format that this code reads.
const Version = 1

// MetricType says how a metric behaves when it is added up across groups and
// across time.
type MetricType string

// The metric types.
const (
	// Counter is a flow: events counted, or a quantity of theirs summed.
	Counter MetricType = "counter"
	// Gauge is a stock: rows that are open at an instant, or a quantity of
	// theirs summed. It is never summed across time.
	Gauge MetricType = "gauge"
	// Histogram is a distribution of an observed quantity, kept as merging
	// logarithmic buckets.
	Histogram MetricType = "histogram"
	// Summary is a histogram that is always shown as the quantiles it declares.
	Summary MetricType = "summary"
	// Ratio divides one metric by another after both were summed.
	Ratio MetricType = "ratio"
	// Distinct counts different values of an expression, recomputed for every
	// group and bucket.
	Distinct MetricType = "distinct"
)

// View is a way to look at a metric. [Metric.Views] lists those of each type.
type View string

// The views.
const (
	// ViewPerBucket is a counter's sum in each bucket.
	ViewPerBucket View = "per_bucket"
	// ViewRate is a counter's sum in each bucket, divided by the bucket's seconds.
	ViewRate View = "rate"
	// ViewRunningTotal is a counter's sum from the first bucket up to each bucket.
	ViewRunningTotal View = "running_total"
	// ViewShare is a group's part of all groups' sum in each bucket, 0 to 1.
	ViewShare View = "share"
	// ViewValue is the value of a gauge, ratio or distinct count.
	ViewValue View = "value"
	// ViewQuantiles is one series for each quantile asked for.
	ViewQuantiles View = "quantiles"
	// ViewHeatmap is the number of observations by bucket and by value.
	ViewHeatmap View = "heatmap"
	// ViewCount is the number of observations in each bucket.
	ViewCount View = "count"
	// ViewAverage is the sum of the observations divided by their number.
	ViewAverage View = "average"
)

// ChangeMode says how the engine learns which rows of a table changed.
type ChangeMode string

// The change feeds.
const (
	// ChangesLog is a log that triggers on the table write. It is exact.
	ChangesLog ChangeMode = "log"
	// ChangesUpdatedAt is a column that every insert and update sets to the time.
	// It is exact without deletes and without changes of the event time.
	ChangesUpdatedAt ChangeMode = "updated_at"
	// ChangesAppendOnly promises that rows are only inserted, with an event
	// time not older than the declared lateness.
	ChangesAppendOnly ChangeMode = "append_only"
	// ChangesNone promises nothing: every answer is read in full.
	ChangesNone ChangeMode = "none"
)

// Catalog is all that a data source declares. The comments of the fields with
// a JSON name, here and below, are the descriptions of the JSON Schema that
// editors show to the administrator.
type Catalog struct {
	// The version of this format: 1.
	Version int `json:"version"`
	// Metric names with this prefix in front are accepted in queries too, and used when metrics are exported.
	Prefix string `json:"prefix,omitempty"`
	// The IANA time zone of the business calendar, such as America/Sao_Paulo. Days, weeks and months begin there. It is also the zone of timestamp columns without time zone.
	Timezone string `json:"timezone"`
	// The tables that metrics count, by a name of your choice.
	Tables map[string]*Table `json:"tables"`
	// The metrics, by the name that queries use.
	Metrics map[string]*Metric `json:"metrics"`
	// Events that dashboards show over their panels, such as campaigns, deployments and outages, by the name that queries use.
	Annotations map[string]*Annotation `json:"annotations,omitempty"`

	location *time.Location
	names    map[string]*Metric // exact names, prefixed names and aliases
}

// Table is a relation with the event time, dimensions and columns that metrics
// and drill-downs may use.
type Table struct {
	// Name is the key of the table in the catalog.
	Name string `json:"-"`

	// The table, partitioned table, view, materialized view or foreign table: name or schema.name, where the schema is public if not given. As in SQL, parts in double quotes keep their case.
	Relation Relation `json:"relation"`
	// The column with the default event time. Metrics may name another one.
	Time string `json:"time,omitempty"`
	// The IANA time zone of this table's timestamp columns without time zone, where it is not the catalog's.
	Timezone string `json:"timezone,omitempty"`
	// A SQL condition: rows that do not fulfil it exist for no metric of this table.
	Where string `json:"where,omitempty"`
	// How the data source learns which rows changed. The default is none.
	Changes Changes `json:"changes,omitzero"`
	// The columns that a drill-down may show. None listed, none shown.
	Records []string `json:"records,omitempty"`
	// The URL of a row's own page, such as https://shop.example/orders/{id}. Columns of records stand in braces.
	Link string `json:"link,omitempty"`
	// The columns by which metrics of this table may be grouped and filtered, by the label's name.
	Dimensions map[string]*Dimension `json:"dimensions,omitempty"`
	// The people to ask about this table.
	Owner string `json:"owner,omitempty"`

	location *time.Location
}

// Changes declares a table's change feed. After [Parse] the mode is never empty.
type Changes struct {
	// log: triggers write which buckets changed. updated_at: a column tells. append_only: rows are only ever inserted. none: nothing is promised, and every answer is read in full.
	Mode ChangeMode `json:"mode"`
	// For updated_at, the column that every insert and update sets to the current time.
	Column string `json:"column,omitempty"`
	// For append_only, how old the event time of a row may be when the row is committed, such as 1h. For updated_at, how far behind the database's clock the one is that sets the column. The default is 0.
	Lateness Duration `json:"lateness,omitempty"`
	// For log, where the relation is a view that shows rows of one table as they are: that table, whose change log tells of the view as well. Written as a relation is.
	Base Relation `json:"base,omitzero"`
}

// Dimension is a column, or an expression, by which a metric may be grouped or
// filtered. Its name becomes a label on series.
type Dimension struct {
	// Name is the key of the dimension in its table.
	Name string `json:"-"`

	// The column, or a SQL expression over columns.
	Column string `json:"column"`
	// The name that editors and legends show.
	Label string `json:"label,omitempty"`
	// The values whose groups exist even where they have no rows, written as the database prints them.
	Values []string `json:"values,omitempty"`
	// Values seen that long before the time range, such as 7d, exist even where they have no rows.
	Lookback Duration `json:"lookback,omitempty"`
}

// Metric is a named business number. Which keys a metric has depends on its
// type; [Parse] refuses the others.
type Metric struct {
	// Name is the key of the metric in the catalog.
	Name string `json:"-"`

	// counter: events, summed. gauge: what is open at an instant. histogram: how a quantity is distributed. summary: quantiles of a quantity. ratio: one metric divided by another. distinct: how many different values.
	Type MetricType `json:"type"`
	// The table of this catalog that holds the rows.
	Table string `json:"table,omitempty"`
	// The column with the event time, where it is not the table's. Rows in which it is empty take no part.
	Time string `json:"time,omitempty"`
	// A SQL condition: only rows that fulfil it take part.
	Where string `json:"where,omitempty"`
	// The column or SQL expression that is summed. Without it rows are counted.
	Sum string `json:"sum,omitempty"`
	// The column or SQL expression whose distribution is kept.
	Observe string `json:"observe,omitempty"`
	// The column or SQL expression whose different values are counted.
	Column string `json:"column,omitempty"`
	// The column with the time from which a row is counted.
	Opened string `json:"opened,omitempty"`
	// The column with the time until which a row is counted; empty while it is open.
	Closed string `json:"closed,omitempty"`
	// The counter, gauge or distinct metric that is divided.
	Numerator string `json:"numerator,omitempty"`
	// The counter, gauge or distinct metric that divides.
	Denominator string `json:"denominator,omitempty"`
	// The quantiles that a summary shows, ascending, each between 0 and 1. The default is 0.5, 0.9, 0.95, 0.99.
	Quantiles []float64 `json:"quantiles,omitempty"`
	// What the metric means, in a sentence that everybody understands.
	Help string `json:"help"`
	// The name that editors and legends show.
	Label string `json:"label,omitempty"`
	// The Grafana unit id, such as currencyBRL, s, short or percentunit.
	Unit string `json:"unit,omitempty"`
	// How many decimals are shown. The default is what Grafana finds fitting.
	Decimals *int `json:"decimals,omitempty"`
	// The people to ask about this metric.
	Owner string `json:"owner,omitempty"`
	// Other names under which queries may ask for this metric, such as former ones.
	Aliases []string `json:"aliases,omitempty"`
}

// Annotation declares rows of a table as events: instants, or periods where
// they have an end.
type Annotation struct {
	// Name is the key of the annotation in the catalog.
	Name string `json:"-"`

	// The table of this catalog that holds the rows.
	Table string `json:"table"`
	// The column with the time of the event, where it is not the table's. Rows in which it is empty are no events.
	Time string `json:"time,omitempty"`
	// The column with the time until which the event lasts; empty while it goes on. Without it events are instants.
	End string `json:"end,omitempty"`
	// The column or SQL expression that names an event.
	Title string `json:"title"`
	// A column or SQL expression that says more about it.
	Text string `json:"text,omitempty"`
	// The dimensions of the table whose values become tags.
	Tags []string `json:"tags,omitempty"`
	// A SQL condition: only rows that fulfil it are events.
	Where string `json:"where,omitempty"`
	// What the events are, in a sentence that everybody understands.
	Help string `json:"help"`
	// The name that editors show.
	Label string `json:"label,omitempty"`
	// The people to ask about these events.
	Owner string `json:"owner,omitempty"`
}
