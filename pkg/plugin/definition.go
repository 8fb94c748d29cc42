package plugin

import (
	"fmt"
	"strings"

	"github.com/pullview/orders-datasource/pkg/catalog"
)

// definition says in a sentence how a metric is computed, in the catalog's own
// expressions.
func definition(declared *catalog.Catalog, metric *catalog.Metric) string {
	if metric.Type == catalog.Ratio {
		return fmt.Sprintf("%s divided by %s, each summed first", metric.Numerator, metric.Denominator)
	}
	what := "the number of rows"
	if metric.Sum != "" {
		what = "the sum of " + metric.Sum + " over the rows"
	}
	switch metric.Type {
	case catalog.Distinct:
		what = "the number of different values of " + metric.Column + " in the rows"
	case catalog.Histogram:
		what = "the distribution of " + metric.Observe + " over the rows"
	case catalog.Summary:
		what = "quantiles of " + metric.Observe + " over the rows"
	}
	table := declared.Tables[metric.Table]
	text := fmt.Sprintf("%s of %s (%s)", what, table.Name, table.Relation)
	if metric.Type == catalog.Gauge {
		text += fmt.Sprintf(" from %s until %s", metric.Opened, metric.Closed)
	} else {
		text += " at " + metric.Time
	}
	return text + conditions(table.Where, metric.Where)
}

// definitionOfEvents says the same of an annotation.
func definitionOfEvents(declared *catalog.Catalog, a *catalog.Annotation) string {
	table := declared.Tables[a.Table]
	text := fmt.Sprintf("the rows of %s (%s)", table.Name, table.Relation)
	if a.End != "" {
		text += fmt.Sprintf(" from %s until %s", a.Time, a.End)
	} else {
		text += " at " + a.Time
	}
	return text + conditions(table.Where, a.Where)
}

func conditions(wheres ...string) string {
	var parts []string
	for _, condition := range wheres {
		if condition != "" {
			parts = append(parts, "("+condition+")")
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return " where " + strings.Join(parts, " and ")
}
