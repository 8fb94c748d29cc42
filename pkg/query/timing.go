package query

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/message"
)

// Data frames count nanoseconds from 1970 in 64 bits. Whole years within that.
var (
	earliest = time.Date(1678, time.January, 1, 0, 0, 0, 0, time.UTC)
	latest   = time.Date(2262, time.January, 1, 0, 0, 0, 0, time.UTC)
)

// timeRange checks the range and rounds its ends up to the microseconds of the
// store: an event at a whole microsecond is before t exactly if it is before
// the next whole microsecond.
func (v *validation) timeRange() bool {
	from, to := v.env.From, v.env.To
	switch {
	case !from.Before(to):
		v.errs.add("", "time range: it begins at %s, which is not before its end at %s: choose a range that ends after it begins", formatInstant(from), formatInstant(to))
		return false
	case from.Before(earliest) || to.After(latest):
		v.errs.add("", "time range: %s to %s reaches beyond the years %d to %d that a data frame can hold: choose a range within them",
			formatInstant(from), formatInstant(to), earliest.Year(), latest.Year()-1)
		return false
	case v.env.Limits.MaxRange > 0 && to.UnixMicro()-from.UnixMicro() > v.env.Limits.MaxRange.Microseconds():
		v.errs.add("", "time range: it is %s long, and at most %s are allowed: choose a shorter range, or ask an administrator to raise maxRangeDays in the data source settings",
			formatSpan(from, to), formatSpan(time.Time{}, time.Time{}.Add(v.env.Limits.MaxRange)))
		return false
	}
	v.request.From, v.request.To = ceilMicrosecond(from), ceilMicrosecond(to)
	return true
}

func ceilMicrosecond(t time.Time) time.Time {
	t = t.UTC()
	if floor := t.Truncate(time.Microsecond); floor.Before(t) {
		return floor.Add(time.Microsecond)
	}
	return t
}

func formatInstant(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// step resolves the step and lays the grid.
func (v *validation) step() {
	r := v.request
	series := v.seriesAtLeast()
	if series > r.Limits.MaxSeries {
		v.errs.add("metrics", "%s are asked for, and at most %d are allowed: choose fewer, or ask an administrator to raise maxSeries in the data source settings",
			v.describeSeries(series), r.Limits.MaxSeries)
		return
	}
	if name := v.query.Step; name == "" || name == StepAuto {
		nearest := AutoStep(v.env.Interval, r.To.Sub(r.From), v.env.MaxDataPoints)
		r.Step = v.fitting(nearest, autoSteps(), series)
	} else {
		step, err := ParseStep(name)
		if err != nil {
			v.errs.add("step", "%v", err)
			return
		}
		r.Step = step
	}
	if n := r.Step.countBuckets(r.From, r.To, r.Location); n*int64(series) > int64(r.Limits.MaxCells) {
		var times message.Message
		if series > 1 {
			times = message.New(" times %s", v.describeSeries(series))
		}
		v.errs.add("step", "step %s over %s is %d buckets%s, and at most %d values are allowed: choose a longer step or a shorter time range, or ask an administrator to raise maxRows in the data source settings",
			r.Step, formatSpan(r.From, r.To), n, times, r.Limits.MaxCells)
		return
	}
	r.Grid = v.lay(LayGrid(r.From, r.To, r.Step, r.Location, r.Limits.MaxCells))
}

// fitting returns the nearest step, or the next longer one of ascending steps
// with which the values that the query is certain to have stay within the limit.
func (v *validation) fitting(nearest Step, steps []Step, series int) Step {
	r := v.request
	for _, step := range steps[slices.Index(steps, nearest):] {
		if step.countBuckets(r.From, r.To, r.Location)*int64(series) <= int64(r.Limits.MaxCells) {
			return step
		}
	}
	return steps[len(steps)-1]
}

// seriesAtLeast returns how many series the query has if every metric has one
// group. How many groups there are only the store knows.
func (v *validation) seriesAtLeast() int {
	series := 0
	for i, metric := range v.request.Metrics {
		switch {
		case !v.usesQuantiles(i):
			series++
		case metric.Type == catalog.Summary:
			series += len(metric.Quantiles)
		default:
			series += len(v.request.Quantiles)
		}
	}
	return series * (1 + len(v.request.Compare))
}

// describeSeries says where the series of a query come from.
func (v *validation) describeSeries(series int) message.Message {
	parts := []message.Message{message.Counted(len(v.request.Metrics), "%d metric", "%d metrics")}
	if slices.Contains(v.request.Views, catalog.ViewQuantiles) {
		parts = append(parts, message.New("their quantiles"))
	}
	if n := len(v.request.Compare); n > 0 {
		parts = append(parts, message.Counted(n, "%d comparison", "%d comparisons"))
	}
	return message.New("%d series (from %s)", series, message.Join(parts, ", "))
}

// reduce resolves how gauges become one number of a range, and lays the grid
// on which they are read for it.
func (v *validation) reduce() {
	r := v.request
	reductions := []string{string(ReduceLast), string(ReduceAvg), string(ReduceMin), string(ReduceMax)}
	switch r.Reduce = v.query.Reduce; r.Reduce {
	case "":
		r.Reduce = ReduceLast
	case ReduceLast, ReduceAvg, ReduceMin, ReduceMax:
	default:
		v.errs.add("reduce", "%s is not a reduction%s; the reductions are %s",
			quote(string(r.Reduce)), didYouMean(string(r.Reduce), reductions), strings.Join(reductions, ", "))
		return
	}
	if r.Reduce == ReduceLast || !v.readsGauge() {
		return
	}
	if !r.Step.IsRange() {
		v.errs.add("reduce", `%q makes one number of a whole range: choose the step "range", or the reduction "last" for a gauge's value at the end of every bucket`, r.Reduce)
		return
	}
	steps := autoFixedSteps()
	nearest := nearestByRatio(autoTarget(v.env.Interval, r.To.Sub(r.From), v.env.MaxDataPoints), steps)
	step := v.fitting(nearest, steps, v.seriesAtLeast())
	if n := step.countBuckets(r.From, r.To, r.Location); n > int64(r.Limits.MaxCells) {
		v.errs.add("reduce", `%q over %s reads a gauge at least every %s, which is %d times, and at most %d are allowed: choose a shorter time range, or the reduction "last"`,
			r.Reduce, formatSpan(r.From, r.To), step, n, r.Limits.MaxCells)
		return
	}
	r.Sampling = v.lay(samplingGrid(r.From, r.To, step, r.Location, r.Limits.MaxCells))
}

// lay passes a grid on and keeps its error.
func (v *validation) lay(grid Grid, err error) Grid {
	if problem := (*Error)(nil); errors.As(err, &problem) {
		v.errs = append(v.errs, problem)
	}
	return grid
}

func (v *validation) readsGauge() bool {
	return slices.ContainsFunc(v.request.Metrics, func(m *catalog.Metric) bool {
		return slices.ContainsFunc(v.catalog.PartsOf(m), func(part *catalog.Metric) bool { return part.Type == catalog.Gauge })
	})
}

// partial resolves what becomes of the bucket that is still running. The step
// "range" has none: its value is that of exactly the range asked for.
func (v *validation) partial() {
	r := v.request
	switch r.Partial = v.query.Partial; r.Partial {
	case PartialKeep:
	case "":
		r.Partial = PartialKeep
		if v.env.FromAlert && !r.Step.IsRange() {
			r.Partial = PartialDrop
		}
	case PartialDrop, PartialMark:
		if r.Step.IsRange() {
			v.errs.add("partial", `%q is about a running bucket, and the step "range" has none, but one value for exactly the time range: remove partial, or choose another step`, r.Partial)
		}
	default:
		choices := []string{string(PartialKeep), string(PartialDrop), string(PartialMark)}
		v.errs.add("partial", "%s is no choice for the running bucket%s; the choices are %s",
			quote(string(r.Partial)), didYouMean(string(r.Partial), choices), strings.Join(choices, ", "))
	}
}

func (v *validation) compare() {
	names := v.query.Compare
	if len(names) > maxCompare {
		v.errs.add("compare", "%d offsets are asked for, and at most %d are accepted", len(names), maxCompare)
		return
	}
	for i, name := range names {
		field := fmt.Sprintf("compare[%d]", i)
		offset, err := ParseOffset(name)
		if err != nil {
			v.errs.add(field, "%v", err)
			continue
		}
		same := func(o Offset) bool { return o.distance() == offset.distance() }
		if first := slices.IndexFunc(v.request.Compare, same); first >= 0 {
			v.errs.add(field, "%q is as far back as %q: remove one", name, v.request.Compare[first])
			continue
		}
		v.request.Compare = append(v.request.Compare, offset)
	}
}
