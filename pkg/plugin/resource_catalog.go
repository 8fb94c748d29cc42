package plugin

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/postgres"
	"github.com/pullview/orders-datasource/pkg/query"
)

// catalogBody is the answer of GET /catalog: what an editor may offer. It
// holds names and descriptions and no SQL.
type catalogBody struct {
	Version     int              `json:"version"`
	Timezone    string           `json:"timezone"`
	Prefix      string           `json:"prefix"`
	Tables      []tableBody      `json:"tables"`
	Metrics     []metricBody     `json:"metrics"`
	Annotations []annotationBody `json:"annotations"`
	Steps       []string         `json:"steps"`
	Operators   []query.Operator `json:"operators"`
}

type tableBody struct {
	Name       string          `json:"name"`
	Dimensions []dimensionBody `json:"dimensions"`
	Records    []string        `json:"records"`
}

type dimensionBody struct {
	Name      string           `json:"name"`
	Label     string           `json:"label,omitempty"`
	Type      string           `json:"type,omitempty"` // absent where the database could not be asked
	Operators []query.Operator `json:"operators"`
	Values    []string         `json:"values,omitempty"`
	Lookback  catalog.Duration `json:"lookback,omitempty"`
}

type metricBody struct {
	Name        string             `json:"name"`
	Type        catalog.MetricType `json:"type"`
	Table       string             `json:"table,omitempty"`
	Tables      []string           `json:"tables"`
	Help        string             `json:"help"`
	Label       string             `json:"label,omitempty"`
	Unit        string             `json:"unit,omitempty"`
	Decimals    *int               `json:"decimals,omitempty"`
	Owner       string             `json:"owner,omitempty"`
	Aliases     []string           `json:"aliases,omitempty"`
	Views       []catalog.View     `json:"views"`
	DefaultView catalog.View       `json:"defaultView"`
	Dimensions  []string           `json:"dimensions"`
}

type annotationBody struct {
	Name       string   `json:"name"`
	Label      string   `json:"label,omitempty"`
	Help       string   `json:"help"`
	Owner      string   `json:"owner,omitempty"`
	Table      string   `json:"table"`
	Periods    bool     `json:"periods"`    // whether events may have an end
	Tags       []string `json:"tags"`       // dimensions whose values become tags
	Dimensions []string `json:"dimensions"` // those by which events may be filtered
}

// describePatience is how long an editor waits for the types of dimensions.
// Without them it offers every operator.
const describePatience = 3 * time.Second

func (i *Instance) getCatalog(ctx context.Context, req *http.Request) (any, error) {
	declared := i.settings.Catalog
	body := catalogBody{
		Version:     declared.Version,
		Timezone:    declared.Timezone,
		Prefix:      declared.Prefix,
		Tables:      make([]tableBody, 0, len(declared.Tables)),
		Metrics:     make([]metricBody, 0, len(declared.Metrics)),
		Annotations: make([]annotationBody, 0, len(declared.Annotations)),
		Steps:       query.StepNames(),
		Operators:   query.Operators,
	}
	described := i.describe(ctx, resourceCaller(req))
	for _, name := range slices.Sorted(maps.Keys(declared.Tables)) {
		body.Tables = append(body.Tables, tableOf(declared.Tables[name], described[name]))
	}
	for _, name := range declared.MetricNames() {
		body.Metrics = append(body.Metrics, metricOf(declared, declared.Metrics[name]))
	}
	for _, name := range declared.AnnotationNames() {
		body.Annotations = append(body.Annotations, annotationOf(declared, declared.Annotations[name]))
	}
	return body, nil
}

// describe asks the database for the types of all dimensions, by table. What
// it cannot learn is missing: the catalog is of use without.
func (i *Instance) describe(ctx context.Context, caller query.Caller) map[string]map[string]postgres.DimensionInfo {
	ctx, cancel := context.WithTimeout(ctx, describePatience)
	defer cancel()
	logger := backend.Logger.FromContext(ctx)
	look, err := i.store.Look(ctx, caller)
	if err != nil {
		logger.Debug("The types of dimensions are not known", "error", err)
		return nil
	}
	defer look.Close()
	described := make(map[string]map[string]postgres.DimensionInfo)
	for name, table := range i.settings.Catalog.Tables {
		info, err := look.Dimensions(ctx, table)
		if err != nil {
			logger.Debug("The types of a table's dimensions are not known", "table", name, "error", err)
			continue
		}
		described[name] = info
	}
	return described
}

func tableOf(table *catalog.Table, described map[string]postgres.DimensionInfo) tableBody {
	body := tableBody{
		Name:       table.Name,
		Dimensions: make([]dimensionBody, 0, len(table.Dimensions)),
		Records:    append([]string{}, table.Records...),
	}
	for _, name := range slices.Sorted(maps.Keys(table.Dimensions)) {
		dimension := table.Dimensions[name]
		one := dimensionBody{Name: name, Label: dimension.Label, Operators: query.Operators, Values: dimension.Values, Lookback: dimension.Lookback}
		if info, known := described[name]; known {
			one.Type, one.Operators = info.Type, info.Operators
		}
		body.Dimensions = append(body.Dimensions, one)
	}
	return body
}

func metricOf(declared *catalog.Catalog, metric *catalog.Metric) metricBody {
	views := metric.Views()
	body := metricBody{
		Name:        metric.Name,
		Type:        metric.Type,
		Table:       metric.Table,
		Help:        metric.Help,
		Label:       metric.Label,
		Unit:        metric.Unit,
		Decimals:    metric.Decimals,
		Owner:       metric.Owner,
		Aliases:     metric.Aliases,
		Views:       views,
		DefaultView: views[0],
		Dimensions:  append([]string{}, declared.DimensionsOf(metric)...),
	}
	for _, table := range declared.TablesOf(metric) {
		body.Tables = append(body.Tables, table.Name)
	}
	return body
}

func annotationOf(declared *catalog.Catalog, a *catalog.Annotation) annotationBody {
	return annotationBody{
		Name:       a.Name,
		Label:      a.Label,
		Help:       a.Help,
		Owner:      a.Owner,
		Table:      a.Table,
		Periods:    a.End != "",
		Tags:       append([]string{}, a.Tags...),
		Dimensions: append([]string{}, slices.Sorted(maps.Keys(declared.Tables[a.Table].Dimensions))...),
	}
}
