package catalog

import (
	"maps"
	"slices"
	"time"
)

// Location is the time zone of the business calendar.
func (c *Catalog) Location() *time.Location { return c.location }

// Location is the time zone in which the table's timestamp columns without
// time zone are read: its own, or the catalog's.
func (t *Table) Location() *time.Location { return t.location }

// Logged is the relation whose change log tells what changed in the table: the
// base of a view that declares one, or else the relation itself.
func (t *Table) Logged() Relation {
	if t.Changes.Base != (Relation{}) {
		return t.Changes.Base
	}
	return t.Relation
}

// Metric finds a metric by its name, by its name with the catalog's prefix in
// front, or by one of its aliases. No two metrics share any of these.
func (c *Catalog) Metric(nameOrAlias string) (*Metric, bool) {
	m, ok := c.names[nameOrAlias]
	return m, ok
}

// MetricNames lists the metrics' own names, sorted; no aliases.
func (c *Catalog) MetricNames() []string {
	return slices.Sorted(maps.Keys(c.Metrics))
}

// AnnotationNames lists the names of the annotations, sorted.
func (c *Catalog) AnnotationNames() []string {
	return slices.Sorted(maps.Keys(c.Annotations))
}

// PartsOf lists the metrics from whose values m is computed: numerator and
// denominator of a ratio, m itself for every other type.
func (c *Catalog) PartsOf(m *Metric) []*Metric {
	if m.Type == Ratio {
		return []*Metric{c.Metrics[m.Numerator], c.Metrics[m.Denominator]}
	}
	return []*Metric{m}
}

// TablesOf lists the tables that m reads, each once: one, or up to two for a
// ratio, the numerator's first.
func (c *Catalog) TablesOf(m *Metric) []*Table {
	var tables []*Table
	for _, part := range c.PartsOf(m) {
		if t := c.Tables[part.Table]; !slices.Contains(tables, t) {
			tables = append(tables, t)
		}
	}
	return tables
}

// DimensionsOf lists the names of the dimensions by which m may be grouped and
// filtered, sorted: those that all its tables have. The column behind a name
// may differ from table to table.
func (c *Catalog) DimensionsOf(m *Metric) []string {
	tables := c.TablesOf(m)
	names := make([]string, 0, len(tables[0].Dimensions))
	for name := range tables[0].Dimensions {
		if !slices.ContainsFunc(tables[1:], func(t *Table) bool { return t.Dimensions[name] == nil }) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// Views lists the ways to look at the metric; the first is the default.
func (m *Metric) Views() []View {
	switch m.Type {
	case Counter:
		return []View{ViewPerBucket, ViewRate, ViewRunningTotal, ViewShare}
	case Histogram:
		return []View{ViewQuantiles, ViewHeatmap, ViewCount, ViewAverage}
	case Summary:
		return []View{ViewQuantiles}
	case Gauge, Ratio, Distinct:
		return []View{ViewValue}
	}
	return nil
}
