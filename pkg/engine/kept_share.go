package engine

import (
	"context"
	"slices"
	"time"

	"github.com/pullview/orders-datasource/pkg/query"
)

const (
	// maxPlanned is how many different requests are searched for measures that
	// one statement can read together. More are rarely different panels.
	maxPlanned = 64
	// maxMeasures bounds the measures of one statement that fills strips.
	maxMeasures = 32
)

// wish is a measure that a request of the look reads over a range.
type wish struct {
	scan  query.Scan // with this measure alone
	width time.Duration
}

// wishes lists what requests read from strips: those of the look, and those that
// came since and wait for the next one, which will find it there. Panels of a
// dashboard ask at the same time for different measures of the same rows, and
// the first of them to come begins a look.
func (l *keptLook) wishes() []wish {
	l.keeper.mu.Lock()
	visits := append(slices.Clone(l.visits), l.keeper.waiting...)
	l.keeper.mu.Unlock()
	for _, v := range visits {
		if len(l.planned) == maxPlanned {
			break
		}
		if l.planned[v.key] || !allSynced(v.req, l.synced) {
			continue
		}
		l.planned[v.key] = true
		for _, scan := range Scans(v.req, l.Snapshot().AsOf) {
			width, ok := l.keeper.width(&scan)
			if !ok || scan.Measures[0].Kind == query.Sketch {
				continue
			}
			for _, m := range scan.Measures {
				alone := scan
				alone.Measures = []query.Measure{m}
				l.wanted = append(l.wanted, wish{alone, width})
			}
		}
	}
	return l.wanted
}

// company finds, for strips that are about to be filled in ranges of buckets,
// those that other requests of the look want filled there from the same rows.
func (l *keptLook) company(ctx context.Context, scan *query.Scan, strips []*strip, ranges []bucketRange) (others []*strip, err error) {
	// What others want must not crowd out what this request needs.
	if strips[0].measure.Kind == query.Sketch || l.crowded || l.keeper.inUse() > l.keeper.budget/2 {
		return nil, nil
	}
	rows := rowsKey(scan)
	for _, w := range l.wishes() {
		if len(strips)+len(others) == maxMeasures {
			break
		}
		if w.width != strips[0].width || w.scan.Table != scan.Table || rowsKey(&w.scan) != rows {
			continue
		}
		s := l.keeper.tables[scan.Table.Name].strip(&w.scan, w.scan.Measures[0], w.width, l.keeper)
		if slices.Contains(strips, s) || slices.Contains(others, s) || !s.lacks(bucketRange{s.ceil(w.scan.Buckets.From), s.floor(w.scan.Buckets.To)}, ranges) {
			continue
		}
		if reason, err := l.Keepable(ctx, &w.scan); err != nil {
			return nil, err
		} else if reason.IsZero() {
			others = append(others, s)
		}
	}
	return others, nil
}

// lacks reports whether the strip does not know some bucket of a range that is
// in one of the others.
func (s *strip) lacks(r bucketRange, others []bucketRange) bool {
	return slices.ContainsFunc(others, func(o bucketRange) bool {
		return len(s.missing(bucketRange{max(r.from, o.from), min(r.to, o.to)})) > 0
	})
}
