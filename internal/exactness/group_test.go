package exactness_test

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/query"
)

// group is a tuple of dimension values.
type group []text

func (g group) key() string {
	var b strings.Builder
	for _, value := range g {
		if value.null {
			b.WriteString("\x00-")
		} else {
			b.WriteString("\x00+" + value.text)
		}
	}
	return b.String()
}

// before orders groups by their values, NULL after all others.
func (g group) before(o group) int {
	return slices.CompareFunc(g, o, func(a, b text) int {
		switch {
		case a.null && b.null:
			return 0
		case a.null:
			return 1
		case b.null:
			return -1
		}
		return cmp.Compare(a.text, b.text)
	})
}

// groupOf returns the group of a row.
func (o *oracle) groupOf(t *table, r *row) group {
	g := make(group, len(o.query.GroupBy))
	for i, name := range o.query.GroupBy {
		g[i] = t.dimensions[name].of(r)
	}
	return g
}

// groups lists the groups that exist, in order: those with rows that take part
// for some metric on some lane, and those that the catalog knows of.
func (o *oracle) groups() []group {
	found := map[string]group{}
	add := func(g group) { found[g.key()] = g }
	for _, m := range o.metrics {
		for _, leaf := range m.leaves() {
			for _, l := range o.lanes {
				for _, r := range o.participants(m, leaf, l) {
					add(o.groupOf(leaf.table, r))
				}
			}
		}
		switch m.kind {
		case catalog.Counter, catalog.Gauge, catalog.Distinct:
			for _, g := range o.listed(m.table) {
				add(g)
			}
			for _, r := range o.lookedBack(m) {
				add(o.groupOf(m.table, r))
			}
		}
	}
	return slices.SortedFunc(maps.Values(found), group.before)
}

// participants lists the rows that take part in what is read of a metric's leaf
// on a lane.
func (o *oracle) participants(m, leaf *metric, l *lane) []*row {
	if leaf.kind != catalog.Gauge {
		rows := slices.Concat(o.spread(leaf, l, everyone)...)
		if leaf.observe != nil {
			rows = slices.DeleteFunc(rows, func(r *row) bool { return leaf.observe.of(r).null })
		}
		return rows
	}
	bounds := l.bounds
	if m == leaf && l.samples != nil {
		bounds = l.samples
	}
	start := bounds[0]
	until := max(start, min(bounds[len(bounds)-1], l.cut))
	// Read at one instant only, a gauge knows nothing of what came and went
	// before.
	since := start
	if len(bounds) == 2 {
		since = until
	}
	open, through := o.open(leaf, since, until, everyone)
	return append(open, through...)
}

// listed returns every combination of the values that the catalog lists for
// the dimensions of a table, provided that it lists some for each. A value that
// the filters on its dimension exclude is none.
func (o *oracle) listed(t *table) []group {
	groups := []group{{}}
	for _, name := range o.query.GroupBy {
		d := t.dimensions[name]
		var longer []group
		for _, value := range d.values {
			value := text{text: value}
			if !slices.ContainsFunc(o.query.Filters, func(f query.Filter) bool { return f.Key == name && !d.kind.passes(f, value) }) {
				for _, g := range groups {
					longer = append(longer, append(slices.Clone(g), value))
				}
			}
		}
		if len(d.values) == 0 {
			return nil
		}
		groups = longer
	}
	return groups
}

// lookedBack returns the rows that a declared look-back has seen, whether or
// not they count for the metric.
func (o *oracle) lookedBack(m *metric) []*row {
	longest := int64(0)
	for _, name := range o.query.GroupBy {
		longest = max(longest, m.table.dimensions[name].lookback.Microseconds())
	}
	if longest == 0 {
		return nil
	}
	column := m.time
	if m.kind == catalog.Gauge {
		column = m.opened
	}
	var seen []*row
	for _, r := range m.table.rows {
		at := r.times[column]
		if at.finite() && at.at >= o.lanes[0].start()-longest && at.at < o.lanes[0].end() && o.inTable(m.table, r) {
			seen = append(seen, r)
		}
	}
	return seen
}

// slot is a set of labels that has series: a group, or all that top leaves out.
type slot struct {
	labels map[string]string
	of     member
}

// slots arranges groups. decided is false when rounding may have ranked them
// otherwise.
func (o *oracle) slots() (slots []slot, decided bool) {
	if len(o.query.GroupBy) == 0 {
		return []slot{{labels: map[string]string{}, of: everyone}}, true
	}
	kept := o.groups()
	var rest []group
	decided = true
	if top := o.query.Top; top != nil && len(kept) > top.Limit {
		kept, decided = o.rank(kept)
		kept, rest = kept[:top.Limit], kept[top.Limit:]
	}
	for _, g := range kept {
		s := slot{labels: map[string]string{}, of: o.membersOf(g)}
		for i, name := range o.query.GroupBy {
			s.labels[name] = g[i].label()
		}
		slots = append(slots, s)
	}
	if len(rest) > 0 && o.query.Top.Others {
		s := slot{labels: map[string]string{}, of: o.membersOf(rest...)}
		for _, name := range o.query.GroupBy {
			s.labels[name] = "(others)"
		}
		slots = append(slots, s)
	}
	return slots, decided
}

func (o *oracle) membersOf(groups ...group) member {
	keys := map[string]bool{}
	for _, g := range groups {
		keys[g.key()] = true
	}
	return func(m *metric, r *row) bool { return keys[o.keyOf(m.table, r)] }
}

// keyOf returns the key of a row's group.
func (o *oracle) keyOf(t *table, r *row) string {
	key, ok := o.keys[r]
	if !ok {
		key = o.groupOf(t, r).key()
		o.keys[r] = key
	}
	return key
}

// rank orders groups by the first metric over the whole range, highest first,
// ties by label.
func (o *oracle) rank(groups []group) (ranked []group, decided bool) {
	type standing struct {
		group
		value figure
	}
	list := make([]standing, len(groups))
	for i, g := range groups {
		list[i] = standing{g, o.whole(o.metrics[0], o.views[0], o.membersOf(g))}
	}
	// Where rounding decides, the middle of what is possible does here.
	slices.SortStableFunc(list, func(a, b standing) int {
		order, decided := b.value.compare(a.value)
		if !decided && a.value.finite() && b.value.finite() {
			return b.value.lo.Cmp(a.value.lo)
		}
		return order
	})
	decided = true
	for i, s := range list {
		ranked = append(ranked, s.group)
		for _, other := range list[o.query.Top.Limit:] {
			if i < o.query.Top.Limit {
				_, sure := s.value.compare(other.value)
				decided = decided && sure
			}
		}
	}
	return ranked, decided
}

// whole returns a metric's value over the whole range: a flow's of all its
// rows, a gauge's at the end or as it is reduced.
func (o *oracle) whole(m *metric, view catalog.View, of member) figure {
	own := o.lanes[0]
	all := &lane{bounds: []instant{own.start(), own.end()}, cut: own.cut}
	switch m.kind {
	case catalog.Gauge:
		if own.samples != nil {
			return o.reduced(m, own, of)
		}
		return o.end(m, of)
	case catalog.Ratio:
		return o.end(m.parts[0], of).over(o.end(m.parts[1], of))
	case catalog.Histogram, catalog.Summary:
		return o.ranked(m, view, o.spread(m, all, of)[0])
	}
	return o.end(m, of)
}

// end returns the value over the whole range of a counter or distinct metric,
// and of a gauge the one at its end.
func (o *oracle) end(m *metric, of member) figure {
	own := o.lanes[0]
	all := &lane{bounds: []instant{own.start(), own.end()}, cut: own.cut}
	if m.kind != catalog.Gauge {
		return m.flow(o.spread(m, all, of)[0])
	}
	if until, ok := all.known(0); ok {
		return o.stock(m, until, of)
	}
	return null()
}
