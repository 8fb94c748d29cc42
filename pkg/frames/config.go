package frames

import (
	"slices"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/query"
)

// configOf returns how the values of a metric in a view are displayed. The
// metric's unit holds only where the view keeps it.
func configOf(metric *catalog.Metric, view catalog.View) data.FieldConfig {
	config := data.FieldConfig{Description: metric.Help}
	switch view {
	case catalog.ViewShare:
		config.Unit = "percentunit"
		return config
	case catalog.ViewCount:
		// Observations are counted, whatever unit they have.
		return config
	case catalog.ViewRate:
		config.Description += " (per second)"
		switch metric.Unit {
		case "", "none", "short":
			config.Unit = "suffix:/s"
			return config
		}
	}
	config.Unit = metric.Unit
	if metric.Decimals != nil {
		decimals := uint16(*metric.Decimals)
		config.Decimals = &decimals
	}
	return config
}

// seriesConfig is configOf a series, with its display name and, for the bucket
// that is still running, a look that says so in every style of the time series
// panel: points for lines, a paler filling for bars.
func seriesConfig(s *query.Series, n names) *data.FieldConfig {
	config := configOf(s.Metric, s.View)
	config.DisplayNameFromDS = n.display(s)
	if len(s.Labels) > 0 && s.Labels[len(s.Labels)-1].Name == query.LabelPartial {
		config.Custom = map[string]any{
			"lineStyle":   map[string]any{"fill": "dash", "dash": []int{4, 6}},
			"showPoints":  "always",
			"fillOpacity": 20,
		}
	}
	return &config
}

// labelConfig shows a label's column under the name that the catalog declares
// for the dimension, and lets its cells become filters.
func labelConfig(answer *query.Answer, name string, rows []string) *data.FieldConfig {
	if !slices.Contains(answer.Request.GroupBy, name) {
		return nil
	}
	config := &data.FieldConfig{}
	if !slices.Contains(rows, "") {
		config.Filterable = new(true)
	}
	for _, metric := range metricsOf(answer) {
		for _, table := range answer.Request.Catalog.TablesOf(metric) {
			if d := table.Dimensions[name]; d != nil && d.Label != "" {
				config.DisplayNameFromDS = d.Label
				return config
			}
		}
	}
	return config
}
