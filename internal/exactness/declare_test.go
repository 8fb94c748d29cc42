package exactness_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/pullview/orders-datasource/pkg/catalog"
)

// metric is a metric of the catalog.
type metric struct {
	name, label string
	kind        catalog.MetricType
	table       *table
	where       *condition
	time        string    // counter, histogram, summary, distinct
	sum         *quantity // counter, gauge; nil to count rows
	observe     *quantity // histogram, summary
	counts      *facet    // distinct
	opened      string    // gauge
	closed      string    // gauge
	quantiles   []float64 // summary
	parts       []*metric // ratio: numerator and denominator
	aliases     []string
}

// prefix may stand before the names of metrics in queries.
const prefix = "shop_"

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

// declare draws the metrics of a world.
func (w *world) declare(c chance) {
	var mergeable []*metric
	for _, kind := range []catalog.MetricType{catalog.Counter, catalog.Gauge, catalog.Distinct, catalog.Histogram, catalog.Summary} {
		for i := range 5 {
			m := c.metric(kind, w.tables[i%2])
			if kind == catalog.Counter && i < 2 || kind == catalog.Gauge && i < 1 {
				m.sum = nil
			}
			m.name = fmt.Sprintf("%s_%d", kind, i)
			w.metrics = append(w.metrics, m)
			if kind != catalog.Histogram && kind != catalog.Summary {
				mergeable = append(mergeable, m)
			}
		}
	}
	for i := range 7 {
		m := &metric{kind: catalog.Ratio, name: fmt.Sprintf("ratio_%d", i)}
		for m.parts = []*metric{pick(c, mergeable)}; len(m.parts) < 2; {
			if part := pick(c, mergeable); part != m.parts[0] {
				m.parts = append(m.parts, part)
			}
		}
		w.metrics = append(w.metrics, m)
	}
	for _, m := range w.metrics {
		switch c.IntN(4) {
		case 0:
			m.label = "Own label of " + m.name
		case 1:
			m.label = "Shared label"
		}
		if c.hits(4) {
			m.aliases = []string{"old:" + m.name}
		}
	}
}

// metric draws one that is not a ratio.
func (c chance) metric(kind catalog.MetricType, t *table) *metric {
	m := &metric{kind: kind, table: t, time: t.time}
	if c.hits(2) {
		m.time = pick(c, timeColumns)
	}
	if c.hits(4) {
		where := pick(c, conditions)
		m.where = &where
	}
	switch kind {
	case catalog.Counter, catalog.Gauge:
		if c.hits(4) {
			break
		}
		sum := pick(c, quantities)
		m.sum = &sum
	case catalog.Histogram, catalog.Summary:
		observe := pick(c, quantities)
		m.observe = &observe
	case catalog.Distinct:
		counts := pick(c, identities)
		m.counts = &counts
	}
	if kind == catalog.Gauge {
		m.opened, m.closed = colOpened, colClosed
		if c.hits(3) {
			for m.opened == m.closed || m.opened == colOpened && m.closed == colClosed {
				m.opened, m.closed = pick(c, timeColumns), pick(c, timeColumns)
			}
		}
	}
	if kind == catalog.Summary {
		m.quantiles = []float64{0.5, 0.9, 0.95, 0.99}
		if c.hits(2) {
			m.quantiles = []float64{0.01, 1. / 3, 0.75, 0.999}
		}
	}
	return m
}

// document writes the catalog.
func (w *world) document(c chance) json.RawMessage {
	tables, metrics := map[string]any{}, map[string]any{}
	for _, t := range w.tables {
		tables[t.name] = t.document(w.loc.String())
	}
	for _, m := range w.metrics {
		metrics[m.name] = m.document(c)
	}
	document, err := json.Marshal(map[string]any{
		"version": 1, "prefix": prefix, "timezone": w.loc.String(), "tables": tables, "metrics": metrics,
	})
	if err != nil {
		panic(err)
	}
	return document
}

func (t *table) document(zone string) map[string]any {
	dimensions := map[string]any{}
	for name, d := range t.dimensions {
		document := map[string]any{"column": d.sql(t.sql)}
		if len(d.values) > 0 {
			document["values"] = d.values
		}
		if d.lookback > 0 {
			document["lookback"] = fmt.Sprintf("%dh", int(d.lookback.Hours()))
		}
		dimensions[name] = document
	}
	document := map[string]any{"relation": t.relation, "time": t.naming(t.time), "dimensions": dimensions}
	if t.zone != zone {
		document["timezone"] = t.zone
	}
	if t.logged {
		changes := map[string]any{"mode": "log"}
		if t.base != "" {
			changes["base"] = t.base
		}
		document["changes"] = changes
	}
	if t.where != nil {
		document["where"] = t.where.sql(t.sql)
	}
	return document
}

func (m *metric) document(c chance) map[string]any {
	document := map[string]any{"type": m.kind, "help": "A metric of kind " + string(m.kind)}
	set := func(key string, value any, present bool) {
		if present {
			document[key] = value
		}
	}
	set("label", m.label, m.label != "")
	set("aliases", m.aliases, m.aliases != nil)
	if m.kind == catalog.Ratio {
		document["numerator"], document["denominator"] = m.parts[0].name, m.parts[1].name
		return document
	}
	t := m.table
	document["table"] = t.name
	if m.kind == catalog.Gauge {
		document["opened"], document["closed"] = t.naming(m.opened), t.naming(m.closed)
	} else {
		set("time", t.naming(m.time), m.time != t.time || c.hits(2))
	}
	for _, key := range []struct {
		name string
		q    *quantity
	}{{"sum", m.sum}, {"observe", m.observe}} {
		if key.q != nil {
			document[key.name] = key.q.sql(t.sql)
		}
	}
	if m.counts != nil {
		document["column"] = m.counts.sql(t.sql)
	}
	if m.where != nil {
		document["where"] = m.where.sql(t.sql)
	}
	// A summary without quantiles has these.
	set("quantiles", m.quantiles, m.kind == catalog.Summary && !slices.Equal(m.quantiles, []float64{0.5, 0.9, 0.95, 0.99}))
	return document
}

// leaves lists the metrics whose rows a metric reads: a ratio's parts, or
// itself.
func (m *metric) leaves() []*metric {
	if m.kind == catalog.Ratio {
		return m.parts
	}
	return []*metric{m}
}

// views lists the ways to look at a metric, the default first.
func (m *metric) views() []catalog.View {
	switch m.kind {
	case catalog.Counter:
		return []catalog.View{catalog.ViewPerBucket, catalog.ViewRate, catalog.ViewRunningTotal, catalog.ViewShare}
	case catalog.Histogram:
		return []catalog.View{catalog.ViewQuantiles, catalog.ViewHeatmap, catalog.ViewCount, catalog.ViewAverage}
	case catalog.Summary:
		return []catalog.View{catalog.ViewQuantiles}
	}
	return []catalog.View{catalog.ViewValue}
}

// dimensionNames lists the dimensions that all metrics have. Both tables
// declare the same names.
func dimensionNames() []string { return sortedKeys(facets) }
