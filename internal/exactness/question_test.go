package exactness_test

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/query"
)

// question is a query with what surrounds it.
type question struct {
	world   *world
	number  int
	query   query.Query
	env     query.Environment
	request *query.Request
	metrics []*metric
	views   []catalog.View
	asOf    time.Time // the clock to answer by; zero for the database's own
	kept    bool      // the answer is one from memory
}

// ask draws question number n of a world.
func (w *world) ask(t testing.TB, n int) *question {
	t.Helper()
	c := newChance(w.seed, uint64(n)+1)
	win := pick(c, w.windows)
	q := &question{world: w, number: n}
	q.query = query.Query{RefID: "A", Version: 1}
	q.env = query.Environment{
		From: win.from, To: win.to, MaxDataPoints: 10 + c.Int64N(maxBuckets),
		// Limits are tested elsewhere.
		Limits: query.Limits{MaxCells: 2_000_000, MaxSeries: 20_000},
	}
	c.shiftRange(&q.env, w)
	q.env.FromAlert = c.hits(8)
	c.chooseMetrics(q)
	c.chooseStep(q, win)
	c.chooseGroups(q)
	c.chooseFilters(q)
	c.chooseForm(q)
	var err error
	q.request, err = q.query.Validate(w.catalog, q.env)
	require.NoError(t, err, "world %d, question %d: %s", w.seed, n, q.json())
	if !w.live {
		q.asOf = c.clock(q.request)
	}
	return q
}

// shiftRange moves the ends of a range a little: onto nothing in particular,
// beside where they were, or between two microseconds.
func (c chance) shiftRange(env *query.Environment, w *world) {
	span := int64(env.To.Sub(env.From))
	switch c.IntN(6) {
	case 0:
		env.From = env.From.Add(time.Duration(c.Int64N(span / 2)))
	case 1:
		env.To = env.To.Add(-time.Duration(c.Int64N(span / 2)))
	case 2:
		env.From, env.To = env.From.Add(time.Microsecond), env.To.Add(time.Nanosecond)
	case 3:
		env.From, env.To = env.From.Add(-time.Microsecond), env.To.Add(-time.Nanosecond)
	}
	if w.live && c.hits(2) {
		env.To = now() // what panels ask for
		if !env.From.Before(env.To) {
			env.From = env.To.Add(-time.Duration(span))
		}
	}
}

func (c chance) chooseMetrics(q *question) {
	first := pick(c, q.world.metrics)
	q.metrics = []*metric{first}
	view := first.views()[0]
	if c.hits(2) {
		view = pick(c, first.views())
		q.query.View = view
	}
	if view == catalog.ViewHeatmap {
		q.env.FromAlert = false
	}
	if !q.env.FromAlert && view != catalog.ViewHeatmap && c.hits(3) {
		for range 1 + c.IntN(2) {
			m := pick(c, q.world.metrics)
			if !slices.Contains(q.metrics, m) && (q.query.View == "" || slices.Contains(m.views(), view)) {
				q.metrics = append(q.metrics, m)
			}
		}
	}
	for _, m := range q.metrics {
		names := append([]string{m.name, m.name, prefix + m.name}, m.aliases...)
		q.query.Metrics = append(q.query.Metrics, pick(c, names))
		v := m.views()[0]
		if q.query.View != "" {
			v = q.query.View
		}
		q.views = append(q.views, v)
	}
}

func (c chance) chooseStep(q *question, win window) {
	q.query.Step = pick(c, win.steps)
	switch c.IntN(8) {
	case 0:
		q.query.Step = pick(c, []string{"", query.StepAuto})
	case 1, 2:
		if q.views[0] != catalog.ViewHeatmap {
			q.query.Step = query.StepRange
		}
	}
	gauges := slices.ContainsFunc(q.metrics, func(m *metric) bool {
		return slices.ContainsFunc(m.leaves(), func(leaf *metric) bool { return leaf.kind == catalog.Gauge })
	})
	if q.query.Step == query.StepRange || !gauges {
		q.query.Reduce = pick(c, []query.Reduce{"", query.ReduceLast, query.ReduceAvg, query.ReduceAvg, query.ReduceMin, query.ReduceMax})
	}
}

func (c chance) chooseGroups(q *question) {
	if q.views[0] == catalog.ViewHeatmap {
		return
	}
	names := dimensionNames()
	for range pick(c, []int{0, 0, 1, 1, 1, 1, 2, 2, 3}) {
		if name := pick(c, names); !slices.Contains(q.query.GroupBy, name) {
			q.query.GroupBy = append(q.query.GroupBy, name)
		}
	}
	if len(q.query.GroupBy) > 0 && c.hits(3) {
		q.query.Top = &query.Top{Limit: 1 + c.IntN(5), Others: !c.hits(3)}
	}
	for range pick(c, []int{0, 0, 0, 1, 1, 2}) {
		if o := pick(c, q.world.offsets); !slices.Contains(q.query.Compare, o) {
			q.query.Compare = append(q.query.Compare, o)
		}
	}
}

// chooseForm draws what shapes the answer.
func (c chance) chooseForm(q *question) {
	if q.views[0] == catalog.ViewHeatmap {
		q.query.Format = pick(c, []query.Format{"", query.FormatHeatmap})
	} else {
		q.query.Format = pick(c, []query.Format{"", query.FormatTimeSeries, query.FormatTable})
	}
	choices := []query.Partial{"", query.PartialKeep, query.PartialDrop, query.PartialMark}
	if q.query.Step == query.StepRange {
		choices = choices[:2]
	}
	q.query.Partial = pick(c, choices)
	q.query.Exact = c.hits(3)
	if c.hits(2) {
		q.query.Quantiles = pick(c, [][]float64{{0.5}, {0.95, 0.05}, {0.001, 0.25, 2. / 3, 0.999}})
	}
}

// clock draws the instant at which a question is answered: on a bucket's edge,
// beside one, in the midst of one, or far from all.
func (c chance) clock(r *query.Request) time.Time {
	bounds := r.Grid.Bounds
	at := pick(c, bounds)
	switch c.IntN(9) {
	case 0, 1:
		return bounds[len(bounds)-1].Add(time.Duration(c.Int64N(1000*3600e6)) * time.Microsecond)
	case 2:
		return bounds[0].Add(-time.Duration(c.Int64N(100*3600e6)) * time.Microsecond)
	case 3, 4:
		return at.Add(time.Duration(c.IntN(3)-1) * time.Microsecond)
	}
	return time.UnixMicro(c.between(instantOf(bounds[0]), instantOf(bounds[len(bounds)-1]))).UTC()
}

func (c chance) chooseFilters(q *question) {
	for range pick(c, []int{0, 0, 0, 0, 1, 1, 2}) {
		name := pick(c, dimensionNames())
		if len(q.query.GroupBy) > 0 && c.hits(2) {
			name = pick(c, q.query.GroupBy)
		}
		q.query.Filters = append(q.query.Filters, c.filter(q.world, name))
	}
}

// filter draws a filter that all tables understand: the same name may be of
// different expressions, but never of different types.
func (c chance) filter(w *world, name string) query.Filter {
	kind := w.tables[0].dimensions[name].kind
	op := pick(c, query.Operators)
	for kind.compare == nil && slices.Contains([]query.Operator{query.Gt, query.Ge, query.Lt, query.Le}, op) {
		op = pick(c, query.Operators)
	}
	f := query.Filter{Key: name, Operator: op}
	n := 1
	switch op {
	case query.IsNull, query.IsNotNull:
		n = 0
	case query.In, query.NotIn:
		n = 1 + c.IntN(4)
	}
	for range n {
		f.Values = append(f.Values, c.operand(w, name, op))
	}
	return f
}

// operand draws a value for a filter, as labels are written.
func (c chance) operand(w *world, name string, op query.Operator) string {
	d := pick(c, w.tables).dimensions[name]
	value := text{text: pick(c, d.kind.strangers)}
	if rows := pick(c, w.tables).rows; len(rows) > 0 && !c.hits(4) {
		if seen := d.of(pick(c, rows)); !seen.null {
			value = seen
		}
	}
	switch op {
	case query.Match, query.NotMatch:
		return c.pattern(value.text)
	case query.Eq, query.Ne, query.In, query.NotIn:
		switch {
		case c.hits(8):
			return "(null)"
		case d.kind == typeEnum && c.hits(6):
			return "no such label"
		}
	}
	if c.hits(4) {
		value.text = d.kind.spell(value.text)
	}
	return value.label()
}

// pattern draws a regular expression that means the same to PostgreSQL and Go.
func (c chance) pattern(value string) string {
	quoted := quotePattern(value)
	first := ""
	if runes := []rune(value); len(runes) > 0 {
		first = quotePattern(string(runes[0]))
	}
	return pick(c, []string{
		quoted, first + ".*", ".*" + first, quoted + "|web|1", ".+", "[a-m0-4].*", "", ".*[)].*", "(?i)W.b|" + lowerASCII("ANN"), "(" + first + ")?[^x]*",
	})
}

// quotePattern makes a text match itself.
func quotePattern(value string) string {
	var b strings.Builder
	for _, r := range value {
		if strings.ContainsRune(`\.+*?()|[]{}^$`, r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// quantilesOf lists the quantiles that a metric shows.
func (q *question) quantilesOf(m *metric) []float64 {
	switch {
	case m.kind == catalog.Summary:
		return m.quantiles
	case len(q.query.Quantiles) > 0:
		return q.query.Quantiles
	}
	return []float64{0.5, 0.9, 0.95, 0.99}
}

// partial says what becomes of the running bucket.
func (q *question) partial() query.Partial {
	switch {
	case q.query.Partial != "":
		return q.query.Partial
	case q.env.FromAlert && q.query.Step != query.StepRange:
		return query.PartialDrop
	}
	return query.PartialKeep
}

// rank returns which of n ordered observations is the quantile, as
// percentile_disc counts: the first whose share of all is at least q.
func rank(q float64, n int) int { return max(int(math.Ceil(q*float64(n))), 1) - 1 }

func quantileLabel(q float64) string { return strconv.FormatFloat(q, 'g', -1, 64) }
