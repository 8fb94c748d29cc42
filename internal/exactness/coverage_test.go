package exactness_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/query"
)

// coverage counts what the cases were about.
type coverage struct {
	mu        sync.Mutex
	counts    map[string]int
	cases     int // that were compared
	values    int // that were judged
	telling   int // of these, neither null nor 0
	undecided int // values and cases that rounding decides
}

func (c *coverage) add(q *question, o *oracle, v *verdict) {
	marks := marksOf(q, o)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.counts == nil {
		c.counts = map[string]int{}
	}
	c.cases++
	c.values += v.judged
	c.telling += v.telling
	c.undecided += v.undecided
	if v.telling > 0 {
		marks = append(marks, tells)
	}
	for _, mark := range marks {
		c.counts[mark]++
	}
}

func (c *coverage) addUndecided() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.undecided++
}

// marksOf names what a case is about.
func marksOf(q *question, o *oracle) []string {
	marks := []string{"zone " + q.world.loc.String(), "format " + string(q.request.Format), "partial " + string(q.partial())}
	mark := func(name string, present bool) {
		if present {
			marks = append(marks, name)
		}
	}
	for i, m := range q.metrics {
		marks = append(marks, "type "+string(m.kind), fmt.Sprintf("view %s of a %s", q.views[i], m.kind))
		for _, leaf := range m.leaves() {
			marks = append(marks, "storage "+leaf.table.storage)
			mark("from memory, of a "+leaf.table.storage, q.kept)
			mark("zone of a table", leaf.table.zone != q.world.loc.String())
			mark("where of a table", leaf.table.where != nil)
			mark("where of a metric", leaf.where != nil)
			mark("time "+leaf.time, leaf.kind != catalog.Gauge)
			mark("floats", leaf.sum != nil && leaf.sum.float || leaf.observe != nil && leaf.observe.float)
		}
		switch m.kind {
		case catalog.Counter, catalog.Gauge, catalog.Distinct:
			mark("groups that a catalog lists", len(q.query.GroupBy) > 0 && len(o.listed(m.table)) > 0)
			mark("groups that a look-back has seen", len(o.lookedBack(m)) > 0)
		}
		mark("ratio of two tables", m.kind == catalog.Ratio && m.parts[0].table != m.parts[1].table)
	}
	step := q.request.Step
	switch {
	case q.query.Step == "" || q.query.Step == query.StepAuto:
		marks = append(marks, "step auto")
	case step.IsRange():
		marks = append(marks, "step range")
	case step.Unit != 0:
		marks = append(marks, "step "+step.String())
	default:
		marks = append(marks, "step fixed")
	}
	mark("reduce "+string(q.query.Reduce), o.lanes[0].samples != nil)
	marks = append(marks, fmt.Sprintf("%d dimensions", len(q.query.GroupBy)))
	for _, name := range q.query.GroupBy {
		marks = append(marks, "grouped by "+facets[name].kind.name)
	}
	for _, f := range q.query.Filters {
		marks = append(marks, "operator "+string(f.Operator))
	}
	for _, offset := range q.query.Compare {
		marks = append(marks, "compare by "+offset[len(offset)-1:])
	}
	mark("top", q.query.Top != nil)
	mark("top with others", q.query.Top != nil && q.query.Top.Others)
	mark("exact", q.request.Exact)
	mark("alert rule", q.env.FromAlert)
	mark("live", q.world.live)
	mark("from memory", q.kept)
	mark("several metrics", len(q.metrics) > 1)
	mark("a running bucket", len(o.running()) > 0)
	mark("buckets in the future", o.grid[len(o.grid)-1] > o.asOf)
	mark("clocks change", o.clocksChange())
	slices.Sort(marks)
	return slices.Compact(marks)
}

// clocksChange tells whether the offset of the zone changes in the range.
func (o *oracle) clocksChange() bool {
	from, to := o.request.Grid.Bounds[0].In(o.world.loc), o.request.Grid.Bounds[o.request.Grid.Len()].In(o.world.loc)
	_, change := from.ZoneBounds()
	return !change.IsZero() && change.Before(to)
}

// tells marks the cases that are not about nothing.
const tells = "a value that is neither null nor 0"

// wanted are marks that every run must have.
func wanted() []string {
	marks := []string{
		"step auto", "step range", "step fixed", "step 1d", "step 1w", "step 1M", "step 1Q", "step 1y",
		"format time_series", "format table", "format heatmap", "partial keep", "partial drop", "partial mark",
		"reduce avg", "reduce min", "reduce max", "0 dimensions", "1 dimensions", "2 dimensions", "3 dimensions",
		"top", "top with others", "exact", "alert rule", "several metrics", "live", "from memory", "from memory, of a view of partitions", "a running bucket", "buckets in the future", "clocks change",
		"zone of a table", "where of a table", "where of a metric", "floats", "ratio of two tables",
		"groups that a catalog lists", "groups that a look-back has seen",
	}
	for _, zone := range zones {
		marks = append(marks, "zone "+zone)
	}
	for _, storage := range storages {
		marks = append(marks, "storage "+storage)
	}
	for _, column := range timeColumns {
		marks = append(marks, "time "+column)
	}
	for _, operator := range query.Operators {
		marks = append(marks, "operator "+string(operator))
	}
	for _, unit := range "smhdwMQy" {
		marks = append(marks, "compare by "+string(unit))
	}
	for _, f := range facets {
		marks = append(marks, "grouped by "+f.kind.name)
	}
	for _, kind := range catalog.MetricTypes() {
		marks = append(marks, "type "+string(kind))
		for _, view := range (&catalog.Metric{Type: kind}).Views() {
			marks = append(marks, fmt.Sprintf("view %s of a %s", view, kind))
		}
	}
	slices.Sort(marks)
	return slices.Compact(marks)
}

// report logs the counts and fails the test where something was not covered.
func (c *coverage) report(t *testing.T, least int) {
	t.Helper()
	var lines []string
	for _, mark := range sortedKeys(c.counts) {
		lines = append(lines, fmt.Sprintf("%6d  %s", c.counts[mark], mark))
	}
	t.Logf("%d cases with %d values were compared, %d of them neither null nor 0; rounding left %d undecided\n%s",
		c.cases, c.values, c.telling, c.undecided, strings.Join(lines, "\n"))
	for _, mark := range wanted() {
		if c.counts[mark] < least {
			t.Errorf("only %d cases about: %s", c.counts[mark], mark)
		}
	}
}
