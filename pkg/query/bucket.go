package query

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/pullview/orders-datasource/pkg/message"
)

// bucket resolves the instants between which records are: those of the query's
// bucket, or of the time range. ok is false where there are none.
func (v *validation) bucket() (ok bool) {
	b, r := v.query.Bucket, v.request
	if b == nil {
		return v.timeRange()
	}
	if b.Compare != "" {
		offset, err := ParseOffset(b.Compare)
		if err != nil {
			v.errs.add("bucket.compare", "%v", err)
			return false
		}
		r.Compare = []Offset{offset}
	}
	var step Step
	if b.Step != "" {
		var err error
		if step, err = ParseStep(b.Step); err == nil && step.IsRange() {
			err = message.Errorf("%q is no width of a bucket: give from and to instead", b.Step)
		}
		if err != nil {
			v.errs.add("bucket.step", "%v", err)
			return false
		}
	}
	switch bounded := b.From != nil && b.To != nil; {
	case b.At != "" && b.Step != "" && (b.From == nil) == (b.To == nil):
	case b.At == "" && bounded:
		return v.between(*b.From, *b.To, step)
	default:
		v.errs.add("bucket", "it names a point by at and step, or all between from and to: give both of one of these")
		return false
	}
	at, err := strconv.ParseInt(b.At, 10, 64)
	if err != nil || at < earliest.UnixMilli() || at >= latest.UnixMilli() {
		v.errs.add("bucket.at", "%s is no instant in milliseconds since 1970", quote(b.At))
		return false
	}
	return v.bucketAt(time.UnixMilli(at), step)
}

// between takes all between two instants. The grid of a step reaches up to a
// bucket beyond the time range of its panel, at either end.
func (v *validation) between(from, to int, step Step) bool {
	v.env.From, v.env.To = time.UnixMilli(int64(from)), time.UnixMilli(int64(to))
	if v.env.Limits.MaxRange > 0 && !step.IsRange() {
		const longer = 2 * 24 * time.Hour // than the mean, at most
		v.env.Limits.MaxRange += 2 * (step.length() + longer)
	}
	v.request.Narrowed = true
	return v.timeRange()
}

// bucketAt takes the bucket of a step that holds an instant.
func (v *validation) bucketAt(at time.Time, step Step) bool {
	r := v.request
	grid := v.lay(LayGrid(at, at.Add(time.Microsecond), step, r.Location, 1))
	if grid.Len() != 1 {
		return false
	}
	if since := v.query.Bucket.Since; since != nil {
		return v.between(*since, int(grid.End(0).UnixMilli()), step)
	}
	r.From, r.To, r.Narrowed = grid.Start(0), grid.End(0), true
	return true
}

// kept resolves the groups that the others leave out, where a filter asks for
// the others.
func (v *validation) kept() {
	kept := v.query.Kept
	if len(kept) == 0 {
		return
	}
	if len(kept) > maxTop {
		v.errs.add("kept", "%d groups are listed, and at most %d are accepted", len(kept), maxTop)
		return
	}
	names := slices.Sorted(maps.Keys(kept[0]))
	if len(names) == 0 || len(names) > maxGroupBy {
		v.errs.add("kept[0]", "a group has from 1 to %d dimensions, not %d", maxGroupBy, len(names))
		return
	}
	for _, name := range names {
		v.dimension("kept[0]", name)
	}
	groups := make([]Group, len(kept))
	for i, labels := range kept {
		field := fmt.Sprintf("kept[%d]", i)
		if !slices.Equal(slices.Sorted(maps.Keys(labels)), names) {
			v.errs.add(field, "its dimensions are not those of the first group: %s", enumerate(names, none))
			return
		}
		for _, name := range names {
			value, ok := ParseLabel(labels[name])
			if !ok {
				v.errs.add(field+"."+name, "%s stands for all groups but these, which is no value", labels[name])
			}
			groups[i] = append(groups[i], value)
		}
	}
	all := func(name string) bool {
		return slices.ContainsFunc(v.query.Filters, func(f Filter) bool { return f.Key == name && f.isOthers() })
	}
	if !slices.ContainsFunc(names, func(name string) bool { return !all(name) }) {
		v.request.ExceptBy, v.request.Except = names, groups
	}
}

// meansOthers reports whether a filter is about the groups that kept leaves.
func (v *validation) meansOthers(f Filter) bool {
	return f.isOthers() && slices.Contains(v.request.ExceptBy, f.Key)
}

func (f Filter) isOthers() bool {
	return f.Operator == Eq && len(f.Values) == 1 && f.Values[0] == LabelOthers
}
