package exactness_test

import (
	"math/big"
	"sort"
	"strings"
	"time"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/query"
)

// oracle computes what a question's answer is from the rows of its tables.
type oracle struct {
	*question
	asOf  instant
	grid  []instant // the bounds of the buckets that are shown
	lanes []*lane   // the range itself first, then its comparisons
	rows  map[*metric][]*row
	keys  map[*row]string // of the rows' groups
}

// lane is a range of time: the one asked for, or the same one in the past.
type lane struct {
	offset  string // empty for the range itself
	bounds  []instant
	samples []instant // where gauges are read to be reduced, or nil
	cut     instant   // what lies after it is not known
}

func newOracle(q *question, asOf time.Time) *oracle {
	o := &oracle{question: q, asOf: instantOf(asOf), rows: map[*metric][]*row{}, keys: map[*row]string{}}
	for _, bound := range q.request.Grid.Bounds {
		o.grid = append(o.grid, instantOf(bound))
	}
	if q.partial() == query.PartialDrop {
		for len(o.grid) > 1 && o.grid[len(o.grid)-1] > o.asOf {
			o.grid = o.grid[:len(o.grid)-1]
		}
	}
	sampled := q.query.Step == query.StepRange && q.query.Reduce != "" && q.query.Reduce != query.ReduceLast
	own := &lane{bounds: o.grid, cut: o.asOf}
	if sampled {
		own.samples = instantsOf(q.request.Sampling.Bounds)
	}
	o.lanes = []*lane{own}
	for i, name := range q.query.Compare {
		offset := q.request.Compare[i]
		past := func(bounds []instant) []instant {
			var shifted []instant
			for _, bound := range bounds {
				shifted = append(shifted, instantOf(offset.Shift(time.UnixMicro(bound), q.world.loc)))
			}
			return shifted
		}
		l := &lane{offset: name, bounds: past(own.bounds), samples: past(own.samples), cut: instantOf(offset.Shift(asOf, q.world.loc))}
		o.lanes = append(o.lanes, l)
	}
	return o
}

func instantsOf(bounds []time.Time) []instant {
	var list []instant
	for _, bound := range bounds {
		list = append(list, instantOf(bound))
	}
	return list
}

func (l *lane) buckets() int   { return len(l.bounds) - 1 }
func (l *lane) start() instant { return l.bounds[0] }
func (l *lane) end() instant   { return l.bounds[len(l.bounds)-1] }

// known returns the end of what is known of bucket i; ok is false where nothing
// is: in an empty bucket and in one that begins at the cut or after it.
func (l *lane) known(i int) (until instant, ok bool) {
	s, e := l.bounds[i], l.bounds[i+1]
	return min(e, l.cut), s < e && s < l.cut
}

// rowsOf lists the rows that exist for a metric and pass the filters.
func (o *oracle) rowsOf(m *metric) []*row {
	if list, ok := o.rows[m]; ok {
		return list
	}
	list := []*row{}
	for _, r := range m.table.rows {
		if o.inTable(m.table, r) && (m.where == nil || m.where.holds(r)) {
			list = append(list, r)
		}
	}
	o.rows[m] = list
	return list
}

// inTable tells whether a row exists in a table and passes the filters.
func (o *oracle) inTable(t *table, r *row) bool {
	if t.where != nil && !t.where.holds(r) {
		return false
	}
	for _, f := range o.query.Filters {
		d := t.dimensions[f.Key]
		if !d.kind.passes(f, d.of(r)) {
			return false
		}
	}
	return true
}

// member chooses the rows of a group, or of several.
type member func(*metric, *row) bool

func everyone(*metric, *row) bool { return true }

// spread puts the rows of a metric that is no gauge into a lane's buckets. The
// range itself counts what its future holds already; comparisons end at the
// cut.
func (o *oracle) spread(m *metric, l *lane, of member) [][]*row {
	cells := make([][]*row, l.buckets())
	for _, r := range o.rowsOf(m) {
		at := r.times[m.time]
		if !at.finite() || !of(m, r) {
			continue
		}
		if i, ok := l.bucketOf(at.at); ok {
			cells[i] = append(cells[i], r)
		}
	}
	return cells
}

func (l *lane) bucketOf(at instant) (i int, ok bool) {
	if at < l.start() || at >= l.end() || l.offset != "" && at >= l.cut {
		return 0, false
	}
	// The last bucket that begins at or before the instant is not empty.
	return sort.Search(len(l.bounds), func(i int) bool { return l.bounds[i] > at }) - 1, true
}

// flow returns a counter's or distinct metric's value of some rows.
func (m *metric) flow(rows []*row) figure {
	switch {
	case m.kind == catalog.Distinct:
		different := map[string]bool{}
		for _, r := range rows {
			if value := m.counts.of(r); !value.null {
				different[value.text] = true
			}
		}
		return counted(len(different))
	case m.sum == nil:
		return counted(len(rows))
	}
	t := total{float: m.sum.float}
	for _, r := range rows {
		t.add(m.sum.of(r))
	}
	return t.figure()
}

// flows returns a flow's values in the buckets of a lane. Nothing in a bucket
// of which nothing is known is null, not 0.
func (o *oracle) flows(m *metric, l *lane, of member) []figure {
	figures := make([]figure, l.buckets())
	for i, rows := range o.spread(m, l, of) {
		figures[i] = l.blank(i, m.flow(rows))
	}
	return figures
}

func (l *lane) blank(i int, f figure) figure {
	if _, ok := l.known(i); ok {
		return f
	}
	switch {
	case l.offset != "" || f.zero():
		return null()
	case f.aroundZero():
		f.orNull = true
	}
	return f
}

// runningTotals adds a flow up from the first bucket of a lane.
func (o *oracle) runningTotals(m *metric, l *lane, of member) []figure {
	figures := o.flows(m, l, of)
	var so []*row
	for i, rows := range o.spread(m, l, of) {
		so = append(so, rows...)
		if figures[i].null {
			continue
		}
		orNull := figures[i].orNull
		figures[i] = m.flow(so)
		figures[i].orNull = orNull
	}
	return figures
}

// seconds returns how long each bucket has lasted.
func (l *lane) seconds() []figure {
	figures := make([]figure, l.buckets())
	for i := range figures {
		figures[i] = null()
		if until, ok := l.known(i); ok {
			figures[i] = exactly(big.NewRat(until-l.bounds[i], 1_000_000))
		}
	}
	return figures
}

// open lists the rows that a gauge counts at an instant, and those that it
// counted at some earlier one.
func (o *oracle) open(m *metric, since, at instant, of member) (open, through []*row) {
	for _, r := range o.rowsOf(m) {
		opened, closed := r.times[m.opened], r.times[m.closed]
		if !m.lives(r) || opened.at >= at || !of(m, r) {
			continue
		}
		switch {
		case closed.null || closed.at >= at:
			open = append(open, r)
		case closed.at >= since:
			through = append(through, r)
		}
	}
	return open, through
}

// lives tells whether a row has a life that a gauge can count.
func (m *metric) lives(r *row) bool {
	opened, closed := r.times[m.opened], r.times[m.closed]
	return opened.finite() && (closed.null || closed.at > opened.at)
}

// stock returns a gauge's value at an instant. NaN and infinities, which once
// in would never leave, take no part in it, and other floats leave nothing
// behind.
func (o *oracle) stock(m *metric, at instant, of member) figure {
	open, _ := o.open(m, at, at, of)
	if m.sum == nil {
		return counted(len(open))
	}
	t := total{float: m.sum.float, decimal: true}
	for _, r := range open {
		if n := m.sum.of(r); n.finite() {
			t.add(n)
		}
	}
	return t.figure()
}

// stocks returns a gauge's values at the ends of a lane's buckets.
func (o *oracle) stocks(m *metric, l *lane, of member) []figure {
	figures := make([]figure, l.buckets())
	for i := range figures {
		figures[i] = null()
		if until, ok := l.known(i); ok {
			figures[i] = o.stock(m, until, of)
		}
	}
	return figures
}

// reduced makes one value of a gauge's samples.
func (o *oracle) reduced(m *metric, l *lane, of member) figure {
	sampling := &lane{offset: l.offset, bounds: l.samples, cut: l.cut}
	best, n := null(), 0
	low, high := total{float: m.sum != nil && m.sum.float}, total{float: m.sum != nil && m.sum.float}
	for _, f := range o.stocks(m, sampling, of) {
		if f.null {
			continue
		}
		n++
		low.add(number{rat: f.lo, float: f.float})
		high.add(number{rat: f.hi, float: f.float})
		if best.null {
			best = f
			continue
		}
		// The bounds of the least value are the least of the bounds.
		if o.query.Reduce == query.ReduceMin {
			best = figure{lo: lesser(best.lo, f.lo), hi: lesser(best.hi, f.hi), float: f.float}
		} else {
			best = figure{lo: greater(best.lo, f.lo), hi: greater(best.hi, f.hi), float: f.float}
		}
	}
	if o.query.Reduce != query.ReduceAvg || n == 0 {
		return best
	}
	return figure{lo: low.figure().lo, hi: high.figure().hi, float: low.float}.over(counted(n))
}

func lesser(a, b *big.Rat) *big.Rat {
	if a.Cmp(b) < 0 {
		return a
	}
	return b
}

func greater(a, b *big.Rat) *big.Rat {
	if a.Cmp(b) > 0 {
		return a
	}
	return b
}

// values returns the values of a metric that has one per bucket, in the view
// by which its parts are divided: per bucket, or at the end of buckets.
func (o *oracle) values(m *metric, l *lane, of member) []figure {
	switch m.kind {
	case catalog.Gauge:
		return o.stocks(m, l, of)
	case catalog.Ratio:
		numerators, denominators := o.values(m.parts[0], l, of), o.values(m.parts[1], l, of)
		return quotients(numerators, denominators)
	}
	return o.flows(m, l, of)
}

func quotients(numerators, denominators []figure) []figure {
	q := make([]figure, len(numerators))
	for i := range q {
		q[i] = numerators[i].over(denominators[i])
	}
	return q
}

// lines returns the series of a metric in a view for one group: one, or one
// for each quantile.
func (o *oracle) lines(m *metric, view catalog.View, l *lane, of member) [][]figure {
	switch view {
	case catalog.ViewRate:
		return [][]figure{quotients(o.flows(m, l, of), l.seconds())}
	case catalog.ViewRunningTotal:
		return [][]figure{o.runningTotals(m, l, of)}
	case catalog.ViewShare:
		return [][]figure{quotients(o.flows(m, l, of), o.flows(m, l, everyone))}
	case catalog.ViewQuantiles, catalog.ViewCount, catalog.ViewAverage:
		return o.distributions(m, view, l, of)
	}
	if m.kind == catalog.Gauge && l.samples != nil {
		return [][]figure{{o.reduced(m, l, of)}}
	}
	return [][]figure{o.values(m, l, of)}
}

// seriesName is how this package calls a series: its metric's name in the frame
// and its labels, in order of their names.
func seriesName(metric string, labels map[string]string) string {
	var b strings.Builder
	b.WriteString(metric)
	for _, name := range sortedKeys(labels) {
		b.WriteString("\x00" + name + "=" + labels[name])
	}
	return b.String()
}
