package exactness_test

import (
	"maps"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/query"
)

// expected is what the frame of a question must show: figures by series and by
// the start of the bucket.
type expected struct {
	series  map[string]map[instant]figure
	partial []instant // starts of the buckets that are running
	decided bool      // false when rounding decides which groups there are
}

// expect computes the values of a question that is not about a heatmap.
func (o *oracle) expect() *expected {
	e := &expected{series: map[string]map[instant]figure{}, partial: o.running(), decided: true}
	if len(o.grid) < 2 {
		return e // every bucket is still running, and dropped
	}
	names := o.frameNames()
	var slots []slot
	slots, e.decided = o.slots()
	var labelled []map[string]string
	for i, m := range o.metrics {
		for _, l := range o.lanes {
			for _, s := range slots {
				for j, line := range o.lines(m, o.views[i], l, s.of) {
					labels := maps.Clone(s.labels)
					if l.offset != "" {
						labels["compare"] = l.offset
					}
					if o.views[i] == catalog.ViewQuantiles {
						labels["quantile"] = quantileLabel(o.quantilesOf(m)[j])
					}
					labelled = append(labelled, o.put(e, names[m], labels, line)...)
				}
			}
		}
	}
	if o.request.Format == query.FormatTable {
		o.fillTable(e, names, labelled)
	}
	return e
}

// put adds a line, with the value of the running bucket in a series of its own
// where the question says so, and returns the labels of what it added.
func (o *oracle) put(e *expected, name string, labels map[string]string, line []figure) []map[string]string {
	if o.partial() != query.PartialMark || len(e.partial) == 0 {
		e.series[seriesName(name, labels)] = o.dated(line, func(instant) bool { return true })
		return []map[string]string{labels}
	}
	running := func(at instant) bool { return at == e.partial[0] }
	twin := maps.Clone(labels)
	twin["partial"] = "running"
	e.series[seriesName(name, labels)] = o.dated(line, func(at instant) bool { return !running(at) })
	e.series[seriesName(name, twin)] = o.dated(line, running)
	return []map[string]string{labels, twin}
}

// dated puts the figures of a line at the starts of their buckets, and null at
// those that are not shown.
func (o *oracle) dated(line []figure, shown func(instant) bool) map[instant]figure {
	dated := make(map[instant]figure, len(line))
	for i, f := range line {
		if at := o.grid[i]; shown(at) {
			dated[at] = f
		} else {
			dated[at] = null()
		}
	}
	return dated
}

// fillTable adds the empty cells of a table: it has a column for every metric
// and rows for all labels.
func (o *oracle) fillTable(e *expected, names map[*metric]string, labelled []map[string]string) {
	for _, labels := range labelled {
		for _, name := range names {
			key := seriesName(name, labels)
			if e.series[key] == nil {
				e.series[key] = o.dated(make([]figure, len(o.grid)-1), func(instant) bool { return false })
			}
		}
	}
}

// running lists the starts of the buckets that hold the instant of the answer.
func (o *oracle) running() []instant {
	var starts []instant
	for i := range len(o.grid) - 1 {
		if o.grid[i] <= o.asOf && o.asOf < o.grid[i+1] {
			starts = append(starts, o.grid[i])
		}
	}
	return starts
}

// frameNames names the metrics as frames do: by their label, where no other
// metric of the question has the same.
func (o *oracle) frameNames() map[*metric]string {
	times := map[string]int{}
	for _, m := range o.metrics {
		times[m.label]++
	}
	names := map[*metric]string{}
	for _, m := range o.metrics {
		names[m] = m.name
		if m.label != "" && times[m.label] == 1 {
			names[m] = m.label
		}
	}
	return names
}
