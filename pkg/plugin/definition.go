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
	var conditions []string
	for _, condition := range []string{table.Where, metric.Where} {
		if condition != "" {
			conditions = append(conditions, "("+condition+")")
		}
	}
	if len(conditions) > 0 {
		text += " where " + strings.Join(conditions, " and ")
	}
	return text
}
