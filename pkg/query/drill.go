package query

import (
	"slices"
	"time"

	"github.com/pullview/orders-datasource/pkg/catalog"
)

// maxKept bounds how many groups a query for the rows of the others names, and
// so its length.
const maxKept = 100

// Point is a point of a series, or the points of a column of series. At and the
// labels' values may be variables which whoever sends the query replaces.
type Point struct {
	Metric *catalog.Metric
	View   catalog.View
	Labels []Label
	At     string // where its bucket begins, in milliseconds since the epoch
	Others bool   // whether its labels may be those of the others
}

// Drill returns the query for the rows behind a point of the answer: as many as
// a counter or a gauge without sum counted, or those that were added up,
// observed or told apart. Of a ratio they are the numerator's.
//
// ok is false where the catalog permits to show no rows, and where there are
// none that make the value: the average of a gauge over a range has none.
func (a *Answer) Drill(p Point) (drill *Query, ok bool) {
	r := a.Request
	reduced := p.Metric.Type == catalog.Gauge && r.Step.IsRange() && r.Reduce != ReduceLast
	table := r.Catalog.Tables[r.Catalog.PartsOf(p.Metric)[0].Table]
	if len(table.Records) == 0 || r.FromAlert || reduced || a.Grid.Len() == 0 {
		return nil, false
	}
	drill = &Query{RefID: r.RefID, Type: TypeRecords, Version: Version, Metrics: []string{p.Metric.Name}, Filters: slices.Clone(r.Filters)}
	if drill.Bucket, ok = a.bucket(p); !ok {
		return nil, false
	}
	for _, label := range p.Labels {
		switch {
		case label.Name == LabelCompare:
			drill.Bucket.Compare = label.Value
		case slices.Contains(r.GroupBy, label.Name):
			drill.Filters = append(drill.Filters, Filter{Key: label.Name, Operator: Eq, Values: []string{label.Value}})
		}
	}
	if p.Others {
		drill.Kept = a.kept()
	}
	return drill, len(drill.Kept) <= maxKept && len(drill.Filters) <= maxFilters
}

// bucket returns the bucket of a point. A running total begins where the first
// one does. A panel may also show one value of all points, which has no time of
// its own: its rows are those of all buckets.
func (a *Answer) bucket(p Point) (b *Bucket, ok bool) {
	r := a.Request
	first, end := a.Grid.Start(0), a.Grid.End(a.Grid.Len()-1)
	from, to := int(first.UnixMilli()), int(end.UnixMilli())
	b = &Bucket{From: &from, To: &to}
	if r.Step.IsRange() {
		return b, wholeMilliseconds(first) && wholeMilliseconds(end)
	}
	b.At, b.Step = p.At, r.Step.String()
	if p.View == catalog.ViewRunningTotal {
		b.Since = &from
	}
	return b, true
}

func wholeMilliseconds(t time.Time) bool { return t.Equal(t.Truncate(time.Millisecond)) }

// kept lists the groups that have series of their own.
func (a *Answer) kept() []map[string]string {
	var kept []map[string]string
	seen := map[string]bool{}
	for i := range a.Series {
		group := make(map[string]string, len(a.Request.GroupBy))
		key := ""
		for _, label := range a.Series[i].Labels {
			if slices.Contains(a.Request.GroupBy, label.Name) {
				group[label.Name] = label.Value
				key += label.Value + "\x00"
			}
		}
		if !a.Series[i].IsOthers() && !seen[key] {
			seen[key] = true
			kept = append(kept, group)
		}
	}
	return kept
}

// HasOthers reports whether a series of the answer is that of the others.
func (a *Answer) HasOthers() bool {
	return slices.ContainsFunc(a.Series, func(s Series) bool { return s.IsOthers() })
}

// IsOthers reports whether a series is that of the groups beyond the top.
func (s *Series) IsOthers() bool { return slices.ContainsFunc(s.Labels, Label.isOthers) }

// isOthers can tell because a value that reads so has another label.
func (l Label) isOthers() bool { return l.Value == LabelOthers }
