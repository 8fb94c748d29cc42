package engine

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/message"
	"github.com/pullview/orders-datasource/pkg/query"
)

// groups numbers the groups of a query, across its scans.
type groups struct {
	list  []query.Group
	index map[string]int32
	bytes int64 // about how much memory all that takes
}

// newGroups returns no groups yet, but for a query that does not group: that
// one has a single group, whether rows exist or not.
func newGroups(groupBy []string) *groups {
	g := &groups{index: map[string]int32{}}
	if len(groupBy) == 0 {
		g.add(query.Group{})
	}
	return g
}

// add returns the group's number.
func (g *groups) add(group query.Group) int32 {
	key := groupKey(group)
	n, ok := g.index[key]
	if !ok {
		n = int32(len(g.list))
		g.index[key] = n
		g.list = append(g.list, group)
		g.bytes += 100 + int64(len(key))
		for _, v := range group {
			g.bytes += 24 + int64(len(v.Text))
		}
	}
	return n
}

// groupKey is a text that no two groups share.
func groupKey(group query.Group) string {
	var key strings.Builder
	for _, v := range group {
		if v.Null {
			key.WriteString("-;")
			continue
		}
		fmt.Fprintf(&key, "%d;%s", len(v.Text), v.Text)
	}
	return key.String()
}

// number gives the groups of every scan that has run their numbers.
func (g *groups) number(b *batch) {
	for _, p := range b.pending {
		for i := range p.read {
			m := &p.read[i]
			if m.groups != nil {
				continue
			}
			if i > 0 && m.cells == p.read[i-1].cells {
				m.groups = p.read[i-1].groups
				continue
			}
			m.groups = make([]int32, max(len(m.cells.Groups), 1))
			if len(p.scan.GroupBy) == 0 {
				continue
			}
			for n, group := range m.cells.Groups {
				m.groups[n] = g.add(group)
			}
		}
	}
}

// known adds the groups that exist even without rows: every combination of
// the values that the catalog lists, or what a declared look-back has seen.
func (g *groups) known(ctx context.Context, look Look, req *query.Request, m *catalog.Metric, l *lane) (notice message.Message, err error) {
	if m.Type != catalog.Counter && m.Type != catalog.Gauge && m.Type != catalog.Distinct {
		return message.Message{}, nil
	}
	table := req.Catalog.Tables[m.Table]
	var lookback time.Duration
	listed := true
	combinations := 1
	for _, name := range req.GroupBy {
		d := table.Dimensions[name]
		lookback = max(lookback, time.Duration(d.Lookback))
		listed = listed && len(d.Values) > 0
		combinations *= max(len(d.Values), 1)
	}
	if lookback > 0 {
		column := m.Time
		if m.Type == catalog.Gauge {
			column = m.Opened
		}
		seen, err := look.Seen(ctx, table, column, req.GroupBy, req.Filters, l.start().Add(-lookback), l.end(), req.Limits.MaxSeries+1)
		if err != nil {
			return message.Message{}, err
		}
		for _, group := range seen {
			g.add(group)
		}
	}
	if !listed {
		return message.Message{}, nil
	}
	if combinations > req.Limits.MaxSeries {
		return message.New("Groups without rows are left out: the values that the catalog lists for %s make %d combinations, more than the %d series of a query (maxSeries).",
			strings.Join(req.GroupBy, ", "), combinations, req.Limits.MaxSeries), nil
	}
	tuples := []query.Group{{}}
	for _, name := range req.GroupBy {
		values, err := passing(ctx, look, req, table, name)
		if err != nil {
			return message.Message{}, err
		}
		var longer []query.Group
		for _, tuple := range tuples {
			for _, v := range values {
				longer = append(longer, append(slices.Clone(tuple), v))
			}
		}
		tuples = longer
	}
	for _, tuple := range tuples {
		g.add(tuple)
	}
	return message.Message{}, nil
}

// passing returns the listed values of a dimension that the query's filters on
// that same dimension let through.
func passing(ctx context.Context, look Look, req *query.Request, table *catalog.Table, name string) ([]query.Value, error) {
	listed := table.Dimensions[name].Values
	var filters []query.Filter
	for _, f := range req.Filters {
		if f.Key == name {
			filters = append(filters, f)
		}
	}
	if len(filters) > 0 {
		return look.Passing(ctx, table, name, listed, filters)
	}
	values := make([]query.Value, len(listed))
	for i, text := range listed {
		values[i] = query.Value{Text: text}
	}
	return values, nil
}

// sorted lists the numbers of all groups in the order of their labels, NULL
// after every value.
func (g *groups) sorted() []int32 {
	order := make([]int32, len(g.list))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int { return compareGroups(g.list[a], g.list[b]) })
	return order
}

func compareGroups(a, b query.Group) int {
	return slices.CompareFunc(a, b, func(x, y query.Value) int {
		if x.Null != y.Null {
			if x.Null {
				return 1
			}
			return -1
		}
		return cmp.Compare(x.Text, y.Text)
	})
}

// arrangement is the slots that the series of a query are made of.
type arrangement struct {
	layout
	members []int32 // the group of each slot; the others' slot comes after them
	others  bool
}

// arrange gives each of the ordered groups a slot of its own up to the limit
// of top; the rest shares one more slot or has none.
func arrange(order []int32, top *query.Top) arrangement {
	kept := len(order)
	if top != nil {
		kept = min(kept, top.Limit)
	}
	a := arrangement{members: order[:kept]}
	a.slot = make([]int32, len(order))
	a.slots = kept
	rest := int32(-1)
	if top != nil && top.Others && kept < len(order) {
		a.others = true
		a.slots++
		rest = int32(kept)
	}
	for i := range a.slot {
		a.slot[i] = rest
	}
	for i, group := range a.members {
		a.slot[group] = int32(i)
	}
	return a
}

// rank orders all groups by a metric's value over the whole range, highest
// first, ties by label.
func (g *groups) rank(b *block, req *query.Request, m *catalog.Metric, view catalog.View) []int32 {
	order := g.sorted()
	values := rankValues(b, req, m, view)
	slices.SortStableFunc(order, func(x, y int32) int {
		return values.Compare(int(y), &values, int(x))
	})
	return order
}

// rankValues returns one value per group from a block of one bucket.
func rankValues(b *block, req *query.Request, m *catalog.Metric, view catalog.View) query.Values {
	switch {
	case len(b.quantiles) > 0:
		return query.Values{Num: b.quantiles[0]}
	case b.sketches != nil && view == catalog.ViewQuantiles:
		return query.Values{Num: sketchQuantiles(b, quantilesOf(m, req)[:1])[0]}
	case b.sketches != nil:
		return sketchMoments(b, view)
	}
	return query.Values{Num: b.num, Den: b.den}
}
