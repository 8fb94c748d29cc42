package frames

import (
	"slices"
	"strings"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/query"
)

// names gives series and columns their names.
type names struct {
	legend   string
	byMetric map[*catalog.Metric]string
	series   map[*catalog.Metric]int // how many a metric has
}

// newNames names each metric by its label where no other metric of the answer
// has the same one, else by its name in the catalog.
func newNames(answer *query.Answer) names {
	metrics := metricsOf(answer)
	n := names{
		legend:   answer.Request.Legend,
		byMetric: make(map[*catalog.Metric]string, len(metrics)),
		series:   make(map[*catalog.Metric]int, len(metrics)),
	}
	for i := range answer.Series {
		n.series[answer.Series[i].Metric]++
	}
	byLabel := make(map[string]int, len(metrics))
	for _, m := range metrics {
		byLabel[m.Label]++
	}
	for _, m := range metrics {
		if m.Label != "" && byLabel[m.Label] == 1 {
			n.byMetric[m] = m.Label
		} else {
			n.byMetric[m] = m.Name
		}
	}
	return n
}

// metricsOf lists the metrics of an answer's series, each once, in order.
func metricsOf(answer *query.Answer) []*catalog.Metric {
	var metrics []*catalog.Metric
	for i := range answer.Series {
		if m := answer.Series[i].Metric; !slices.Contains(metrics, m) {
			metrics = append(metrics, m)
		}
	}
	return metrics
}

// display returns the name that a legend shows for a series, or "" to leave it
// to Grafana, which then shows the field's name: right for a metric's only
// series, if it has no labels. Beside others of the same name Grafana numbers
// it, and spells labels as {channel="web", compare="1w"}; this one says
// "web, -1w", and names the metric only where there are several or nothing else
// does. Panels refer to series by these names, so they are the same in all
// languages.
func (n names) display(s *query.Series) string {
	if n.legend != "" {
		if name := n.fill(s); name != "" {
			return name
		}
	}
	if len(s.Labels) == 0 && n.series[s.Metric] == 1 {
		return ""
	}
	parts := make([]string, 0, len(s.Labels)+1)
	identified := false
	for _, label := range s.Labels {
		switch label.Name {
		case query.LabelCompare:
			parts = append(parts, "-"+label.Value)
		case query.LabelPartial:
			parts = append(parts, label.Value)
		case query.LabelQuantile:
			parts, identified = append(parts, percentile(label.Value)), true
		default:
			identified = true
			if label.Value != query.LabelOthers || !slices.Contains(parts, label.Value) { // said once of several dimensions
				parts = append(parts, label.Value)
			}
		}
	}
	if !identified || len(n.byMetric) > 1 {
		parts = slices.Insert(parts, 0, n.byMetric[s.Metric])
	}
	return strings.Join(parts, ", ")
}

// percentile writes the quantile 0.95 as p95 and 0.999 as p99.9.
func percentile(quantile string) string {
	d, err := query.ParseDecimal(quantile)
	if err != nil {
		return quantile
	}
	text := d.MulInt(100).String()
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return "p" + text
}

// fill replaces {{metric}}, {{help}} and {{<label>}} in the legend's pattern. A
// label that the series does not have is nothing; braces without an end stay.
func (n names) fill(s *query.Series) string {
	var b strings.Builder
	rest := n.legend
	for {
		before, after, found := strings.Cut(rest, "{{")
		b.WriteString(before)
		if !found {
			break
		}
		name, tail, closed := strings.Cut(after, "}}")
		if !closed {
			b.WriteString("{{")
			b.WriteString(after)
			break
		}
		b.WriteString(n.value(s, strings.TrimSpace(name)))
		rest = tail
	}
	return strings.TrimSpace(b.String())
}

func (n names) value(s *query.Series, name string) string {
	for _, label := range s.Labels {
		if label.Name == name {
			return label.Value
		}
	}
	switch name {
	case "metric":
		return n.byMetric[s.Metric]
	case "help":
		return s.Metric.Help
	}
	return ""
}
