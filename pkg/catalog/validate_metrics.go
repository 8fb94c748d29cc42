package catalog

import (
	"maps"
	"slices"
	"strings"

	"github.com/pullview/orders-datasource/pkg/message"
)

// defaultQuantiles are what a summary shows that declares none.
var defaultQuantiles = []float64{0.5, 0.9, 0.95, 0.99}

func (v *validator) metrics(n *node) {
	c := v.catalog
	v.count("metrics", len(c.Metrics), maxMetrics, message.New("metrics"))
	if len(c.Metrics) == 0 {
		v.add("metrics", "declare at least one metric")
	}
	for _, name := range slices.Sorted(maps.Keys(c.Metrics)) {
		path := join("metrics", name)
		v.name(path, message.New("a metric"), name)
		if m := c.Metrics[name]; v.sound(path) {
			v.metric(path, m, n.field(name))
		}
	}
	v.names()
}

func (v *validator) metric(path string, m *Metric, n *node) {
	if v.require(path, n, "help", "say in a sentence what the metric means") {
		v.text(path, n, "help", &m.Help, maxTextRunes, isControlButNotBreak)
	}
	v.label(path, n, "label", &m.Label)
	v.label(path, n, "unit", &m.Unit)
	v.label(path, n, "owner", &m.Owner)
	if m.Decimals != nil && (*m.Decimals < 0 || *m.Decimals > maxDecimals) {
		v.add(join(path, "decimals"), "%d is not between 0 and %d", *m.Decimals, maxDecimals)
	}

	kind := join(path, "type")
	if !v.require(path, n, "type", "write one of %s", strings.Join(texts(MetricTypes()), ", ")) || !v.sound(kind) {
		return
	}
	keys, known := keysByType[m.Type]
	if !known {
		v.add(kind, "%s is unknown%s (known are %s)", quote(string(m.Type)), v.didYouMean(string(m.Type), texts(MetricTypes())), strings.Join(texts(MetricTypes()), ", "))
		return
	}
	for _, key := range keys.required {
		v.require(path, n, key, "a metric of type %s needs it", m.Type)
	}
	for _, key := range n.keys {
		if isMeasureKey(key) && !slices.Contains(keys.ofType(), key) {
			v.add(join(path, key), "a metric of type %s does not take this key; it takes %s", m.Type, strings.Join(keys.ofType(), ", "))
		}
	}
	v.measure(path, m, n)
}

// isMeasureKey tells whether a key belongs to some types of metrics only.
func isMeasureKey(key string) bool {
	for _, keys := range keysByType {
		if slices.Contains(keys.ofType(), key) {
			return true
		}
	}
	return false
}

// measure checks the keys that say what the metric measures, and fills in the
// defaults of the ones that are not given.
func (v *validator) measure(path string, m *Metric, n *node) {
	for key, value := range map[string]string{"time": m.Time, "opened": m.Opened, "closed": m.Closed} {
		v.column(path, n, key, value)
	}
	for key, value := range map[string]string{"where": m.Where, "sum": m.Sum, "observe": m.Observe, "column": m.Column} {
		v.fragment(path, n, key, value)
	}
	switch m.Type {
	case Ratio:
		v.ratio(path, m, n)
		return
	case Gauge:
		if closed := join(path, "closed"); m.Opened != "" && m.Opened == m.Closed && v.sound(closed) {
			v.add(closed, "%s is the column of opened too; nothing would ever be open", quote(m.Closed))
		}
	case Summary:
		v.quantiles(join(path, "quantiles"), m, n.has("quantiles"))
	}
	v.tableOf(path, m, n)
}

func (v *validator) tableOf(path string, m *Metric, n *node) {
	t := v.reference(path, m.Table)
	if t == nil || m.Type == Gauge || n.has("time") {
		return
	}
	m.Time = v.timeOf(path, t)
}

func (v *validator) ratio(path string, m *Metric, n *node) {
	for _, part := range []struct{ key, name string }{{"numerator", m.Numerator}, {"denominator", m.Denominator}} {
		path := join(path, part.key)
		if !n.has(part.key) || !v.sound(path) {
			continue
		}
		of := v.catalog.Metrics[part.name]
		switch {
		case part.name == m.Name:
			v.add(path, "%s is this metric itself", quote(part.name))
		case of == nil:
			v.add(path, "%s is no metric of this catalog%s", quote(part.name), v.didYouMean(part.name, v.partNames()))
		case of.Type == Ratio || of.Type == Histogram || of.Type == Summary:
			v.add(path, "%s is a %s; a ratio divides counters, gauges and distinct metrics%s", quote(part.name), of.Type, partOfRatio(of))
		}
	}
	if denominator := join(path, "denominator"); m.Numerator != "" && m.Numerator == m.Denominator && v.sound(denominator) {
		v.add(denominator, "%s is the numerator too; the ratio would always be 1", quote(m.Denominator))
	}
}

func partOfRatio(m *Metric) message.Message {
	if m.Type == Ratio {
		return message.New("; divide the parts of that ratio instead")
	}
	return message.New("; its view average divides the sum of what is observed by its count")
}

// partNames lists the metrics that a ratio may divide.
func (v *validator) partNames() []string {
	var names []string
	for name, m := range v.catalog.Metrics {
		if m.Type == Counter || m.Type == Gauge || m.Type == Distinct {
			names = append(names, name)
		}
	}
	return names
}

func (v *validator) quantiles(path string, m *Metric, given bool) {
	if !given {
		m.Quantiles = slices.Clone(defaultQuantiles)
		return
	}
	v.count(path, len(m.Quantiles), maxQuantiles, message.New("quantiles"))
	for i, q := range m.Quantiles {
		switch path := at(path, i); {
		case !v.sound(path):
		case q <= 0 || q >= 1:
			v.add(path, "%v is not between 0 and 1; write 0.95 for the 95th percentile", q)
		case i > 0 && q <= m.Quantiles[i-1]:
			v.add(path, "%v does not ascend after %v", q, m.Quantiles[i-1])
		}
	}
}

// names enters every name by which a metric may be asked for, own names first
// so that the later, weaker ones are reported where two metrics clash.
func (v *validator) names() {
	c := v.catalog
	c.names = make(map[string]*Metric, 2*len(c.Metrics))
	own := c.MetricNames()
	for _, name := range own {
		c.names[name] = c.Metrics[name]
	}
	if c.Prefix != "" {
		for _, name := range own {
			prefixed := c.Prefix + name
			if of := c.names[prefixed]; of != nil {
				v.add(join("metrics", of.Name), "with the prefix in front, metric %s has this name too; rename one of them", name)
				continue
			}
			c.names[prefixed] = c.Metrics[name]
		}
	}
	for _, name := range own {
		v.aliases(join(join("metrics", name), "aliases"), c.Metrics[name])
	}
}

func (v *validator) aliases(path string, m *Metric) {
	v.count(path, len(m.Aliases), maxAliases, message.New("aliases"))
	for i, alias := range m.Aliases {
		path := at(path, i)
		of := v.catalog.names[alias]
		switch {
		case !v.sound(path):
		case !isAlias(alias):
			v.add(path, "%s cannot name a metric; use letters of ASCII, digits, underscores and colons, and no digit first", quote(alias))
		case len(alias) > 2*maxNameBytes:
			v.add(path, "the name has %d bytes; the limit is %d", len(alias), 2*maxNameBytes)
		case of == m:
			v.add(path, "%s names this metric already; remove the alias", quote(alias))
		case of != nil:
			v.add(path, "%s names metric %s already", quote(alias), of.Name)
		default:
			v.catalog.names[alias] = m
		}
	}
}
