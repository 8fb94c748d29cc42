package catalog

import "slices"

// MetricTypes lists the metric types in the order in which editors show them.
func MetricTypes() []MetricType {
	return []MetricType{Counter, Gauge, Histogram, Summary, Ratio, Distinct}
}

// metricKeys says which keys a metric has besides commonKeys: those that its
// type needs and those that it may have. The parser and the JSON Schema both
// follow it.
type metricKeys struct {
	required, optional []string
}

var keysByType = map[MetricType]metricKeys{
	Counter:   {[]string{"table"}, []string{"time", "where", "sum"}},
	Gauge:     {[]string{"table", "opened", "closed"}, []string{"where", "sum"}},
	Histogram: {[]string{"table", "observe"}, []string{"time", "where"}},
	Summary:   {[]string{"table", "observe"}, []string{"time", "where", "quantiles"}},
	Ratio:     {[]string{"numerator", "denominator"}, nil},
	Distinct:  {[]string{"table", "column"}, []string{"time", "where"}},
}

var commonKeys = metricKeys{
	required: []string{"type", "help"},
	optional: []string{"label", "unit", "decimals", "owner", "aliases"},
}

// ofType lists the keys that say what a metric of this type measures.
func (k metricKeys) ofType() []string { return slices.Concat(k.required, k.optional) }

// changesKeys says the same of a change feed's mode.
var changesKeys = map[ChangeMode]metricKeys{
	ChangesLog:        {optional: []string{"base"}},
	ChangesUpdatedAt:  {required: []string{"column"}, optional: []string{"lateness"}},
	ChangesAppendOnly: {optional: []string{"lateness"}},
	ChangesNone:       {},
}

func changeModes() []ChangeMode {
	return []ChangeMode{ChangesLog, ChangesUpdatedAt, ChangesAppendOnly, ChangesNone}
}

func texts[T ~string](values []T) []string {
	list := make([]string, len(values))
	for i, v := range values {
		list[i] = string(v)
	}
	return list
}
