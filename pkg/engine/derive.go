package engine

import (
	"strconv"
	"time"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/query"
)

// derive makes the values of each slot of a block by the rules of a view: one
// Values per slot, or slots × quantiles with the quantiles of a slot together.
func derive(b *block, total *block, l *lane, req *query.Request, m *catalog.Metric, view catalog.View) []query.Values {
	switch view {
	case catalog.ViewRate:
		den := elapsedSeconds(b, l)
		return split(b, b.num, &den)
	case catalog.ViewRunningTotal:
		return split(b, runningTotal(b), nil)
	case catalog.ViewShare:
		den := query.NewColumn(total.num.Kind, b.num.Len())
		for cell := range den.Len() {
			den.Set(cell, &total.num, cell%b.buckets)
		}
		return split(b, b.num, &den)
	case catalog.ViewCount, catalog.ViewAverage:
		v := sketchMoments(b, view)
		if view == catalog.ViewCount {
			l.blank(&v.Num, true)
		}
		return split(b, v.Num, v.Den)
	case catalog.ViewQuantiles:
		columns := b.quantiles
		if b.sketches != nil {
			columns = sketchQuantiles(b, quantilesOf(m, req))
		}
		var series []query.Values
		for slot := range b.slots {
			for i := range columns {
				series = append(series, query.Values{Num: columns[i].Slice(slot*b.buckets, (slot+1)*b.buckets)})
			}
		}
		return series
	}
	return split(b, b.num, b.den)
}

// split cuts columns of slots × buckets into one Values per slot.
func split(b *block, num query.Column, den *query.Column) []query.Values {
	series := make([]query.Values, b.slots)
	for slot := range series {
		from, to := slot*b.buckets, (slot+1)*b.buckets
		series[slot].Num = num.Slice(from, to)
		if den != nil {
			part := den.Slice(from, to)
			series[slot].Den = &part
		}
	}
	return series
}

// elapsedSeconds returns how long each cell's bucket has lasted: its whole
// width, or up to now for the one that is running.
func elapsedSeconds(b *block, l *lane) query.Column {
	seconds := query.NewColumn(query.KindDecimal, b.slots*b.buckets)
	for cell := range seconds.Len() {
		elapsed := l.elapsed(cell % b.buckets)
		seconds.Decimals[cell] = query.NewDecimal(int64(elapsed/time.Microsecond), 6)
	}
	return seconds
}

func runningTotal(b *block) query.Column {
	totals := query.NewColumn(b.num.Kind, b.num.Len())
	for slot := range b.slots {
		last := -1
		for i := range b.buckets {
			cell := slot*b.buckets + i
			totals.Set(cell, &b.num, cell)
			if b.num.IsNull(cell) {
				continue
			}
			if last >= 0 {
				totals.Add(cell, &totals, last)
			}
			last = cell
		}
	}
	return totals
}

// reduce makes one value per slot of a gauge's samples; those that are not
// known take no part. The average is returned as its sum and count.
func reduce(samples *block, how query.Reduce) (num query.Column, den *query.Column) {
	num = query.NewColumn(samples.num.Kind, samples.slots)
	counts := query.NewColumn(query.KindInt, samples.slots)
	values := query.Values{Num: samples.num}
	for slot := range samples.slots {
		best := -1
		for cell := slot * samples.buckets; cell < (slot+1)*samples.buckets; cell++ {
			if samples.num.IsNull(cell) {
				continue
			}
			counts.Ints[slot]++
			if how == query.ReduceAvg {
				num.Add(slot, &samples.num, cell)
				continue
			}
			if order := 0; best >= 0 {
				if order = values.Compare(cell, &values, best); (how == query.ReduceMin) != (order < 0) || order == 0 {
					continue
				}
			}
			best = cell
			num.Set(slot, &samples.num, cell)
		}
		if counts.Ints[slot] == 0 {
			num.SetNull(slot)
		}
	}
	if how == query.ReduceAvg {
		return num, &counts
	}
	return num, nil
}

// sketchQuantiles returns a column per quantile, null where nothing was observed.
func sketchQuantiles(b *block, qs []float64) []query.Column {
	columns := make([]query.Column, len(qs))
	for i := range columns {
		columns[i] = query.NewColumn(query.KindFloat, len(b.sketches))
	}
	for cell := range b.sketches {
		values, ok := b.sketches[cell].quantiles(qs)
		for i := range columns {
			if ok {
				columns[i].Floats[cell] = values[i]
			} else {
				columns[i].SetNull(cell)
			}
		}
	}
	return columns
}

// sketchMoments returns the number of observations, or their average.
func sketchMoments(b *block, view catalog.View) query.Values {
	counts := query.NewColumn(query.KindInt, len(b.sketches))
	for cell := range b.sketches {
		counts.Ints[cell] = b.sketches[cell].total
	}
	if view == catalog.ViewCount {
		return query.Values{Num: counts}
	}
	kind := query.KindDecimal
	for cell := range b.sketches {
		if b.sketches[cell].total > 0 {
			kind = b.sketches[cell].sum.Kind
			break
		}
	}
	sums := query.NewColumn(kind, len(b.sketches))
	for cell := range b.sketches {
		if b.sketches[cell].total > 0 {
			sums.Add(cell, &b.sketches[cell].sum, 0)
		}
	}
	return query.Values{Num: sums, Den: &counts}
}

// labels returns the labels of a slot's series.
func (a *arrangement) labels(slot int, g *groups, groupBy []string, l *lane) []query.Label {
	labels := make([]query.Label, 0, len(groupBy)+2)
	for i, name := range groupBy {
		value := query.LabelOthers
		if slot < len(a.members) {
			value = g.list[a.members[slot]][i].Label()
		}
		labels = append(labels, query.Label{Name: name, Value: value})
	}
	if l.compared() {
		labels = append(labels, query.Label{Name: query.LabelCompare, Value: l.offset})
	}
	return labels
}

func quantileLabel(q float64) query.Label {
	return query.Label{Name: query.LabelQuantile, Value: strconv.FormatFloat(q, 'g', -1, 64)}
}

// markPartial moves the values of running buckets into series of their own
// with the label partial, so that a panel can draw them differently.
func markPartial(series []query.Series, partial []int) []query.Series {
	if len(partial) == 0 {
		return series
	}
	marked := make([]query.Series, 0, 2*len(series))
	for _, s := range series {
		n := s.Values.Len()
		closed, running := maskable(s.Values), maskable(s.Values)
		isPartial := make([]bool, n)
		for _, i := range partial {
			isPartial[i] = true
		}
		for i := range n {
			if isPartial[i] {
				closed.Num.SetNull(i)
			} else {
				running.Num.SetNull(i)
			}
		}
		twin := s
		s.Values, twin.Values = closed, running
		twin.Labels = append(append([]query.Label(nil), s.Labels...), query.Label{Name: query.LabelPartial, Value: "running"})
		marked = append(marked, s, twin)
	}
	return marked
}

// maskable returns v with a null mask of its own.
func maskable(v query.Values) query.Values {
	mask := make([]bool, v.Len())
	copy(mask, v.Num.Null)
	v.Num.Null = mask
	return v
}
