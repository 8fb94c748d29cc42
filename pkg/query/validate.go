package query

import (
	"fmt"
	"strings"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/message"
)

// MaxFilterValues bounds the values of one filter.
const MaxFilterValues = 1000

// Bounds on what one query may list. They are far beyond what a panel can show.
const (
	maxMetrics     = 20
	maxGroupBy     = 5
	maxFilters     = 50
	maxTop         = 1000
	maxQuantiles   = 20
	maxCompare     = 8
	maxLegendBytes = 1000
	maxRecords     = 10_000
	maxEvents      = 1000
)

// Defaults for what a query or its limits leave out.
const (
	defaultRecords   = 100
	defaultEvents    = 100
	defaultMaxCells  = 100_000
	defaultMaxSeries = 1000
)

var defaultQuantiles = []float64{0.5, 0.9, 0.95, 0.99}

// Validate resolves the names of the query in a catalog, fills in its defaults
// and lays its grid. The error is Errors with all that is wrong.
//
// Options that speak to another type of query or of metric than those asked
// for take no part, so that an editor may keep them while somebody tries
// things out: quantiles without a histogram, limit without records. Options
// that contradict what is asked for are errors.
func (q *Query) Validate(cat *catalog.Catalog, env Environment) (*Request, error) {
	if env.Limits.MaxCells <= 0 {
		env.Limits.MaxCells = defaultMaxCells
	}
	if env.Limits.MaxSeries <= 0 {
		env.Limits.MaxSeries = defaultMaxSeries
	}
	v := &validation{query: q, catalog: cat, env: env, request: &Request{
		RefID:     q.RefID,
		Type:      q.Type,
		Catalog:   cat,
		Location:  cat.Location(),
		FromAlert: env.FromAlert,
		Limits:    env.Limits,
	}}
	switch q.Type {
	case "", TypeMetric:
		v.request.Type = TypeMetric
		v.metric()
	case TypeRecords:
		v.records()
	case TypeAnnotation:
		v.annotation()
	default:
		names := make([]string, len(types))
		for i, name := range types {
			names[i] = string(name)
		}
		v.errs.add("queryType", "%s is not a query type%s; the types are %s",
			quote(string(q.Type)), didYouMean(string(q.Type), names), strings.Join(names, ", "))
	}
	if len(v.errs) > 0 {
		return nil, v.errs
	}
	return v.request, nil
}

// validation is one query on its way to a request.
type validation struct {
	query   *Query
	catalog *catalog.Catalog
	env     Environment
	request *Request
	errs    Errors
}

func (v *validation) metric() {
	v.metrics()
	v.views()
	v.groupBy()
	v.filters()
	v.top()
	v.quantiles()
	v.compare()
	v.legend()
	v.format()
	// A grid is laid for a query that is right so far: how many series it has
	// decides how many buckets there may be.
	if v.timeRange() && len(v.errs) == 0 {
		v.step()
		v.reduce()
		v.partial()
	}
}

// usesQuantiles reports whether metric i of the request shows quantiles.
func (v *validation) usesQuantiles(i int) bool {
	return v.request.Views[i] == catalog.ViewQuantiles
}

func (v *validation) quantiles() {
	q := v.query.Quantiles
	if len(q) > maxQuantiles {
		v.errs.add("quantiles", "%d quantiles are asked for, and at most %d are accepted", len(q), maxQuantiles)
		return
	}
	for i, quantile := range q {
		field := fmt.Sprintf("quantiles[%d]", i)
		if !(quantile > 0 && quantile < 1) {
			v.errs.add(field, "%v is not between 0 and 1; write 0.95 for the 95th percentile", quantile)
		}
		for _, earlier := range q[:i] {
			if earlier == quantile {
				v.errs.add(field, "%v is asked for twice: remove one", quantile)
				break
			}
		}
	}
	v.request.Quantiles = q
	if len(q) == 0 {
		v.request.Quantiles = defaultQuantiles
	}
	for i := range v.request.Views {
		v.request.Exact = v.request.Exact || v.query.Exact && v.usesQuantiles(i)
	}
}

func (v *validation) legend() {
	if n := len(v.query.Legend); n > maxLegendBytes {
		v.errs.add("legend", "the pattern is %d bytes long, and at most %d are accepted", n, maxLegendBytes)
	}
	v.request.Legend = v.query.Legend
}

// format decides the format, and what a heatmap and an alert rule exclude.
func (v *validation) format() {
	q := v.query
	heatmap := q.View == catalog.ViewHeatmap
	v.request.Format = q.Format
	switch q.Format {
	case "":
		v.request.Format = FormatTimeSeries
		if heatmap {
			v.request.Format = FormatHeatmap
		}
	case FormatTimeSeries, FormatTable:
		if heatmap {
			v.errs.add("format", "%q cannot show the view heatmap: choose the format heatmap, or another view", q.Format)
		}
	case FormatHeatmap:
		if !heatmap {
			v.errs.add("format", `"heatmap" shows the view heatmap of a histogram and nothing else: choose that view, or another format`)
		}
	default:
		formats := []string{string(FormatTimeSeries), string(FormatTable), string(FormatHeatmap)}
		v.errs.add("format", "%s is not a format%s; the formats are %s",
			quote(string(q.Format)), didYouMean(string(q.Format), formats), strings.Join(formats, ", "))
	}
	if heatmap {
		v.heatmap()
	}
	if v.env.FromAlert {
		v.alert(heatmap)
	}
}

// heatmap adds errors for what a heatmap has no room for: its two axes are time
// and value.
func (v *validation) heatmap() {
	q := v.query
	if len(q.Metrics) > 1 {
		v.errs.add("metrics", "a heatmap shows one metric: choose one, or another view")
	}
	if len(q.GroupBy) > 0 {
		v.errs.add("groupBy", "a heatmap shows all groups as one: remove groupBy, filter for one group, or choose another view")
	}
	if len(q.Compare) > 0 {
		v.errs.add("compare", "a heatmap cannot be compared: remove compare, or choose another view")
	}
	if q.Top != nil {
		v.errs.add("top", "a heatmap has no groups to rank: remove top, or choose another view")
	}
	if q.Step == StepRange {
		v.errs.add("step", `a heatmap needs several buckets in time: choose another step than "range"`)
	}
}

// alert adds errors for what an alert rule cannot evaluate.
func (v *validation) alert(heatmap bool) {
	if heatmap {
		v.errs.add("view", "a heatmap has no value that an alert rule could compare with a threshold: choose the view quantiles, count or average")
	}
	if len(v.query.Metrics) > 1 {
		v.errs.add("metrics", "an alert rule takes every series of a query for the same quantity, so it cannot tell %d metrics apart: put each into a query of its own, and combine them with an expression", len(v.query.Metrics))
	}
}

func (v *validation) records() {
	if v.evaluates(message.New("records")) {
		return
	}
	v.recordsTable()
	v.kept()
	v.filters()
	v.limit(defaultRecords, maxRecords)
	if v.bucket() {
		v.rows()
	}
}

func (v *validation) annotation() {
	if v.evaluates(message.New("annotations")) {
		return
	}
	v.annotationTable()
	v.filters()
	v.limit(defaultEvents, maxEvents)
	if v.timeRange() {
		v.rows()
	}
}

// evaluates adds an error for an alert rule, which has no use for rows.
func (v *validation) evaluates(rows message.Message) bool {
	if v.env.FromAlert {
		v.errs.add("queryType", "an alert rule evaluates numbers, not %s: choose the query type %s", rows, TypeMetric)
	}
	return v.env.FromAlert
}

// limit resolves how many rows there may be.
func (v *validation) limit(standard, most int) {
	switch limit := v.query.Limit; {
	case limit == 0:
		v.request.Limit = standard
	case limit < 0 || limit > most:
		v.errs.add("limit", "%d is not a number of rows from 1 to %d", limit, most)
	default:
		v.request.Limit = limit
	}
}

// rows lays the one bucket from which rows are taken as they are.
func (v *validation) rows() {
	if len(v.errs) == 0 {
		r := v.request
		r.Format, r.Partial = FormatTable, PartialKeep
		r.Grid = v.lay(LayGrid(r.From, r.To, r.Step, r.Location, 1))
	}
}
