package query

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/message"
)

// metrics resolves the names of the query's metrics.
func (v *validation) metrics() {
	names := v.query.Metrics
	switch {
	case len(names) == 0:
		v.errs.add("metrics", "no metric is chosen: choose at least one%s", v.metricsThereAre())
		return
	case len(names) > maxMetrics:
		v.errs.add("metrics", "%d metrics are asked for, and at most %d are accepted: spread them over several queries", len(names), maxMetrics)
		return
	}
	for i, name := range names {
		field := fmt.Sprintf("metrics[%d]", i)
		metric, ok := v.catalog.Metric(name)
		if !ok {
			v.errs.add(field, "%s is not a metric of the catalog%s", quote(name), v.metricMeant(name))
			continue
		}
		if first := slices.Index(v.request.Metrics, metric); first >= 0 {
			v.errs.add(field, "%s is the metric %s, which is asked for already: remove one", quote(name), metric.Name)
			continue
		}
		v.request.Metrics = append(v.request.Metrics, metric)
	}
}

func (v *validation) metricMeant(name string) message.Message {
	known := v.catalog.MetricNames()
	for _, metric := range v.catalog.Metrics {
		known = append(known, metric.Aliases...)
	}
	return didYouMean(strings.TrimPrefix(name, v.catalog.Prefix), known).Or(v.metricsThereAre())
}

func (v *validation) metricsThereAre() message.Message {
	return message.New("; the catalog has %s", enumerate(v.catalog.MetricNames(),
		message.New("no metrics yet: an administrator declares them in the data source settings")))
}

var none = message.New("none")

// enumerate lists names for an error message, not more than fit into one.
func enumerate(names []string, none message.Message) message.Message {
	const most = 12
	switch {
	case len(names) == 0:
		return none
	case len(names) > most:
		return message.New("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return message.Verbatim(strings.Join(names, ", "))
}

// views gives every metric the view asked for, or its own default.
func (v *validation) views() {
	asked := v.query.View
	var all []string
	for _, metric := range v.request.Metrics {
		for _, view := range metric.Views() {
			all = append(all, string(view))
		}
	}
	for _, metric := range v.request.Metrics {
		views := metric.Views()
		switch {
		case asked == "":
			v.request.Views = append(v.request.Views, views[0])
		case slices.Contains(views, asked):
			v.request.Views = append(v.request.Views, asked)
		default:
			names := make([]string, len(views))
			for i, view := range views {
				names[i] = string(view)
			}
			var hint message.Message
			if !slices.Contains(all, string(asked)) {
				hint = didYouMean(string(asked), all)
			}
			v.errs.add("view", "%s is not a view of %s, a %s%s; it has %s",
				quote(string(asked)), metric.Name, metric.Type, hint, strings.Join(names, ", "))
			// Later checks read a view for every metric.
			v.request.Views = append(v.request.Views, views[0])
		}
	}
}

func (v *validation) groupBy() {
	names := v.query.GroupBy
	if len(names) > maxGroupBy {
		v.errs.add("groupBy", "%d dimensions are asked for, and at most %d are accepted", len(names), maxGroupBy)
		return
	}
	for i, name := range names {
		field := fmt.Sprintf("groupBy[%d]", i)
		if slices.Contains(names[:i], name) {
			v.errs.add(field, "%s groups already: remove one", quote(name))
			continue
		}
		v.dimension(field, name)
	}
	v.request.GroupBy = names
}

// dimension adds an error unless everything that the query reads has the
// dimension.
func (v *validation) dimension(field, name string) {
	if table := v.request.Table; table != nil {
		if table.Dimensions[name] == nil {
			v.noDimension(field, name, message.New("table %s", table.Name), slices.Sorted(maps.Keys(table.Dimensions)))
		}
		return
	}
	for _, metric := range v.request.Metrics {
		if names := v.catalog.DimensionsOf(metric); !slices.Contains(names, name) {
			v.noDimension(field, name, message.New("metric %s", metric.Name), names)
			return
		}
	}
}

func (v *validation) noDimension(field, name string, of message.Message, names []string) {
	hint := didYouMean(name, names).Or(message.New("; it has %s", enumerate(names, none)))
	v.errs.add(field, "%s is not a dimension of %s%s", quote(name), of, hint)
}

func (v *validation) filters() {
	if len(v.query.Filters) > maxFilters {
		v.errs.add("filters", "there are %d filters, and at most %d are accepted", len(v.query.Filters), maxFilters)
		return
	}
	for i, filter := range v.query.Filters {
		if v.meansOthers(filter) {
			continue
		}
		v.request.Filters = append(v.request.Filters, filter)
		field := fmt.Sprintf("filters[%d]", i)
		if filter.Key == "" {
			v.errs.add(field+".key", "no dimension is chosen: choose one, or remove the filter")
		} else {
			v.dimension(field+".key", filter.Key)
		}
		v.operands(field, filter)
	}
}

// operands adds errors for an operator that does not exist and for values that
// it cannot have.
func (v *validation) operands(field string, filter Filter) {
	n, op := len(filter.Values), filter.Operator
	switch op {
	case IsNull, IsNotNull:
		if n > 0 {
			v.errs.add(field+".values", "%s takes no value: remove %d", op, n)
		}
	case In, NotIn:
		if n == 0 {
			v.errs.add(field+".values", "%s needs at least one value: add one, or remove the filter", op)
		}
		if n > MaxFilterValues {
			v.errs.add(field+".values", "there are %d values, and at most %d are accepted: match them with one =~ filter", n, MaxFilterValues)
			return
		}
	case Eq, Ne, Match, NotMatch, Gt, Ge, Lt, Le:
		if n != 1 {
			var hint message.Message
			if n > 1 && (op == Eq || op == Ne) {
				hint = message.New("; use %s for several", map[Operator]Operator{Eq: In, Ne: NotIn}[op])
			}
			v.errs.add(field+".values", "%s takes one value, not %d%s", op, n, hint)
			return
		}
	default:
		names := make([]string, len(Operators))
		for i, operator := range Operators {
			names[i] = string(operator)
		}
		v.errs.add(field+".operator", "%s is not an operator%s; the operators are %s",
			quote(string(op)), didYouMean(string(op), names), strings.Join(names, "  "))
		return
	}
	for i, label := range filter.Values {
		if problem := op.rejects(label); !problem.IsZero() {
			v.errs.add(fmt.Sprintf("%s.values[%d]", field, i), "%s", problem)
		}
	}
}

// rejects returns why a value cannot stand with the operator, or nothing.
func (op Operator) rejects(label string) message.Message {
	if op == Match || op == NotMatch {
		return message.Message{} // reserved labels are ordinary regular expressions
	}
	value, ok := ParseLabel(label)
	switch {
	case !ok:
		return message.New("%s stands for all groups but the top ones, which is no value: filter by values, or write \\%s for that very text", label, label)
	case value.Null && op != Eq && op != Ne && op != In && op != NotIn:
		return message.New("%s is the absence of a value and cannot be compared by %s: use %s or %s", label, op, IsNull, IsNotNull)
	}
	return message.Message{}
}

func (v *validation) top() {
	top := v.query.Top
	if top == nil {
		return
	}
	if top.Limit < 1 || top.Limit > maxTop {
		v.errs.add("top.limit", "%d is not a number of groups from 1 to %d", top.Limit, maxTop)
	}
	if len(v.query.GroupBy) == 0 {
		v.errs.add("top", "there are no groups to rank: add a dimension to groupBy, or remove top")
	}
	v.request.Top = top
}

// recordsTable resolves the table whose rows are asked for, by its own name or
// by that of a metric. The rows behind a ratio are those of its numerator.
func (v *validation) recordsTable() {
	if name := v.query.Records; name != "" {
		table := v.catalog.Tables[name]
		switch tables := slices.Sorted(maps.Keys(v.catalog.Tables)); {
		case table == nil:
			hint := didYouMean(name, tables).Or(message.New("; the catalog has %s", enumerate(tables, none)))
			v.errs.add("records", "%s is not a table of the catalog%s", quote(name), hint)
		case table.Time == "":
			v.errs.add("records", "table %s declares no event time, so its rows cannot be limited to a time range: ask for the records of one of its metrics", name)
		default:
			v.showRecords("records", table)
		}
		return
	}
	if len(v.query.Metrics) > 1 {
		v.errs.add("metrics", "records are the rows behind one metric, and %d are chosen: keep one", len(v.query.Metrics))
		return
	}
	if v.metrics(); len(v.request.Metrics) == 0 {
		return
	}
	metric := v.catalog.PartsOf(v.request.Metrics[0])[0]
	v.request.Metrics = []*catalog.Metric{metric}
	v.showRecords("metrics[0]", v.catalog.Tables[metric.Table])
}

func (v *validation) showRecords(field string, table *catalog.Table) {
	if len(table.Records) == 0 {
		v.errs.add(field, "table %s shows no records: an administrator lists the columns to show under its records in the catalog", table.Name)
	}
	v.request.Table = table
}

// annotationTable resolves the name of the query's annotation.
func (v *validation) annotationTable() {
	name, known := v.query.Annotation, v.catalog.AnnotationNames()
	thereAre := message.New("; the catalog has %s", enumerate(known,
		message.New("no annotations yet: an administrator declares them in the data source settings")))
	switch a := v.catalog.Annotations[name]; {
	case name == "":
		v.errs.add("annotation", "no annotation is chosen: choose one%s", thereAre)
	case a == nil:
		v.errs.add("annotation", "%s is not an annotation of the catalog%s", quote(name), didYouMean(name, known).Or(thereAre))
	default:
		v.request.Annotation, v.request.Table = a, v.catalog.Tables[a.Table]
	}
}
