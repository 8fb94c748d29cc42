package engine

import (
	"time"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/query"
)

// source is what a metric reads from the store on one lane: one measure, the
// flows and the opening level of a gauge, or the parts of a ratio.
type source struct {
	metric *catalog.Metric
	lane   *lane
	exact  bool         // percentiles instead of a sketch
	reduce query.Reduce // gauge on a sampling lane: how its samples become one value

	measure reading // counter, distinct, histogram; of a gauge what opened in each bucket
	closed  reading // gauge: what closed in each bucket
	level   reading // gauge: what was open at the lane's start, or at its end when it has one bucket
	parts   []*source
}

// merges reports whether a metric's cells may be added up across groups and
// buckets. The others are recomputed from the rows.
func merges(m *catalog.Metric, exact bool) bool {
	switch m.Type {
	case catalog.Distinct:
		return false
	case catalog.Histogram, catalog.Summary:
		return !exact
	}
	return true
}

// planner turns metrics into scans of one query.
type planner struct {
	req   *query.Request
	batch batch
}

// plan adds what m reads on a lane, grouped as asked.
func (p *planner) plan(m *catalog.Metric, l *lane, groupBy []string, except []query.Group) *source {
	s := &source{metric: m, lane: l, exact: p.req.Exact}
	if m.Type == catalog.Ratio {
		last := *l
		last.samples = nil
		for _, part := range p.req.Catalog.PartsOf(m) {
			s.parts = append(s.parts, p.plan(part, &last, groupBy, except))
		}
		return s
	}
	if m.Type == catalog.Gauge && l.samples != nil {
		l = l.sampling()
		s.lane, s.reduce = l, p.req.Reduce
	}
	scan := query.Scan{
		Table:   p.req.Catalog.Tables[m.Table],
		Time:    m.Time,
		Filters: p.req.Filters,
		GroupBy: groupBy,
	}
	if except != nil {
		scan.ExceptBy, scan.Except = p.req.GroupBy, except
	}
	if m.Type != catalog.Gauge {
		bin := l.bin(l.scanEnd(false), merges(m, s.exact))
		s.measure = p.batch.add(scan, bin, measureOf(m, p.req))
		return s
	}
	measure := measureOf(m, p.req)
	scan.Span = &query.Span{Opened: m.Opened, Closed: m.Closed}
	end := l.scanEnd(true)
	at := l.start()
	if l.buckets() == 1 {
		at = end
	}
	scan.Time, scan.Level = m.Opened, true
	s.level = p.batch.add(scan, binning{buckets: query.Buckets{From: at, To: at}, factor: 1}, measure)
	if l.buckets() > 1 {
		scan.Level = false
		s.measure = p.batch.add(scan, l.bin(end, true), measure)
		scan.Time = m.Closed
		s.closed = p.batch.add(scan, l.bin(end, true), measure)
	}
	return s
}

func measureOf(m *catalog.Metric, req *query.Request) query.Measure {
	measure := query.Measure{Where: m.Where}
	switch m.Type {
	case catalog.Distinct:
		measure.Kind, measure.Expr = query.CountDistinct, m.Column
	case catalog.Histogram, catalog.Summary:
		measure.Kind, measure.Expr = query.Sketch, m.Observe
		if req.Exact {
			measure.Kind, measure.Quantiles = query.Percentiles, quantilesOf(m, req)
		}
	default:
		if m.Sum != "" {
			measure.Kind, measure.Expr = query.Sum, m.Sum
		}
	}
	return measure
}

func quantilesOf(m *catalog.Metric, req *query.Request) []float64 {
	if m.Type == catalog.Summary {
		return m.Quantiles
	}
	return req.Quantiles
}

// layout says which slot of a block each group of the query goes to, -1 for
// none, and whether the lane's buckets are merged into one.
type layout struct {
	slot  []int32
	slots int
	whole bool
}

// block holds a metric on one lane: slots × buckets, slot by slot.
type block struct {
	slots, buckets int
	num            query.Column
	den            *query.Column  // ratios
	quantiles      []query.Column // exact percentiles, one column each
	sketches       []sketch       // histograms
}

// block arranges what the source has read. Nulls stand where the metric's type
// says that there is no value.
func (s *source) block(lay layout) *block {
	b := &block{slots: lay.slots, buckets: s.lane.buckets()}
	if lay.whole {
		b.buckets = 1
	}
	switch s.metric.Type {
	case catalog.Ratio:
		num, den := s.parts[0].block(lay), s.parts[1].block(lay)
		b.num, b.den = num.num, &den.num
	case catalog.Gauge:
		if s.reduce == "" {
			b.num = s.stock(b, lay)
			break
		}
		samples := &block{slots: b.slots, buckets: s.lane.buckets()}
		samples.num = s.stock(samples, layout{slot: lay.slot, slots: lay.slots})
		b.buckets = 1
		b.num, b.den = reduce(samples, s.reduce)
	case catalog.Histogram, catalog.Summary:
		if s.exact {
			s.percentiles(b, lay)
		} else {
			b.sketches = make([]sketch, b.slots*b.buckets)
			s.eachRow(s.measure, b, lay, func(cell, row int) {
				b.sketches[cell].add(s.measure.cells().Code[row], s.measure.column(0), s.measure.column(1), row)
			})
		}
	default:
		b.num = s.sum(s.measure, b, lay)
		if !lay.whole {
			s.lane.blank(&b.num, true)
		}
	}
	return b
}

// eachRow calls f with the block's cell of every row that has one.
func (s *source) eachRow(r reading, b *block, lay layout, f func(cell, row int)) {
	rows := r.column(0).Len()
	for row := range rows {
		slot := lay.slot[r.group(row)]
		if slot < 0 {
			continue
		}
		bucket := int32(0)
		if !lay.whole {
			bucket = r.bucket(row)
		}
		f(int(slot)*b.buckets+int(bucket), row)
	}
}

func (s *source) sum(r reading, b *block, lay layout) query.Column {
	return s.sumOf(r.column(0).Kind, r, b, lay)
}

// kindOf returns the kind of the first reading that has rows, and so knows it.
func kindOf(readings ...reading) query.Kind {
	kind := readings[0].column(0).Kind
	for _, r := range readings {
		if r.from != nil && r.column(0).Len() > 0 {
			return r.column(0).Kind
		}
	}
	return kind
}

// sumOf is sum for a column that, where nothing had to be read, does not know
// its kind.
func (s *source) sumOf(kind query.Kind, r reading, b *block, lay layout) query.Column {
	from := r.column(0)
	into := query.NewColumn(kind, b.slots*b.buckets)
	s.eachRow(r, b, lay, func(cell, row int) { into.Add(cell, from, row) })
	return into
}

// blank makes the cells of a column of slots × buckets null whose bucket is
// empty or lies beyond what is known. A flow in the range's own future is known
// where rows already say so.
func (l *lane) blank(column *query.Column, flow bool) {
	n := l.buckets()
	for cell := range column.Len() {
		if _, ok := l.known(cell % n); ok {
			continue
		}
		empty := !l.bounds[cell%n].Before(l.bounds[cell%n+1])
		if !flow || empty || l.compared() || column.IsZero(cell) {
			column.SetNull(cell)
		}
	}
}

// stock computes a gauge: what was open at the start, plus what opened, minus
// what closed, up to the end of each bucket.
func (s *source) stock(b *block, lay layout) query.Column {
	start := layout{slot: lay.slot, slots: lay.slots, whole: true}
	opening := &block{slots: b.slots, buckets: 1}
	kind := kindOf(s.level, s.measure, s.closed)
	level := s.sumOf(kind, s.level, opening, start)
	if s.lane.buckets() == 1 {
		s.lane.blank(&level, false)
		return level
	}
	stock := s.sumOf(kind, s.measure, b, lay)
	closed := s.sumOf(kind, s.closed, b, lay)
	for slot := range b.slots {
		first := slot * b.buckets
		for i := range b.buckets {
			cell := first + i
			stock.Sub(cell, &closed, cell)
			if i == 0 {
				stock.Add(cell, &level, slot)
			} else {
				stock.Add(cell, &stock, cell-1)
			}
		}
	}
	if !lay.whole {
		s.lane.blank(&stock, false)
	} else if !s.lane.start().Before(s.lane.cut) {
		for slot := range b.slots {
			stock.SetNull(slot)
		}
	}
	return stock
}

func (s *source) percentiles(b *block, lay layout) {
	for i := range s.measure.from.scan.Measures[0].Quantiles {
		from := s.measure.column(i)
		into := query.NewColumn(from.Kind, b.slots*b.buckets)
		for cell := range into.Len() {
			into.SetNull(cell)
		}
		s.eachRow(s.measure, b, lay, func(cell, row int) { into.Set(cell, from, row) })
		b.quantiles = append(b.quantiles, into)
	}
}

// elapsed returns how much of bucket i is known, 0 where nothing is.
func (l *lane) elapsed(i int) time.Duration {
	until, ok := l.known(i)
	if !ok {
		return 0
	}
	return until.Sub(l.bounds[i])
}
