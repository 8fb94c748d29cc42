package plugin

import (
	"cmp"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/message"
)

// definition says in a sentence how a metric is computed, in the catalog's own
// expressions.
func definition(declared *catalog.Catalog, metric *catalog.Metric) message.Message {
	if metric.Type == catalog.Ratio {
		return message.New("%s divided by %s, each summed first", metric.Numerator, metric.Denominator)
	}
	what := message.New("the number of rows")
	if metric.Sum != "" {
		what = message.New("the sum of %s over the rows", metric.Sum)
	}
	switch metric.Type {
	case catalog.Distinct:
		what = message.New("the number of different values of %s in the rows", metric.Column)
	case catalog.Histogram:
		what = message.New("the distribution of %s over the rows", metric.Observe)
	case catalog.Summary:
		what = message.New("quantiles of %s over the rows", metric.Observe)
	}
	from, until := metric.Time, ""
	if metric.Type == catalog.Gauge {
		from, until = metric.Opened, metric.Closed
	}
	return ofRows(what, declared.Tables[metric.Table], from, until, metric.Where)
}

// definitionOfEvents says the same of an annotation.
func definitionOfEvents(declared *catalog.Catalog, a *catalog.Annotation) message.Message {
	return ofRows(message.New("the rows"), declared.Tables[a.Table], a.Time, a.End, a.Where)
}

// ofRows says of which rows of a table something is: those at a time, or from a
// time until another, that fulfil a condition beside the table's own.
func ofRows(what message.Message, table *catalog.Table, from, until, where string) message.Message {
	when := message.New(" at %s", from)
	if until != "" {
		when = message.New(" from %s until %s", from, until)
	}
	var which message.Message
	switch {
	case table.Where != "" && where != "":
		which = message.New(" where (%s) and (%s)", table.Where, where)
	case table.Where != "" || where != "":
		which = message.New(" where (%s)", cmp.Or(table.Where, where))
	}
	return message.New("%s of %s (%s)%s%s", what, table.Name, table.Relation, when, which)
}
