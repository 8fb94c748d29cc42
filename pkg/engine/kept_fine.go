package engine

import (
	"context"
	"time"

	"github.com/pullview/orders-datasource/pkg/query"
)

// The bucket that runs changes all the time, and so do those just before it, in
// a small part of each. So buckets of which few are to be read are made of
// narrower ones, which stay known where nothing changed: hours of minutes,
// minutes of the stretches that a change log tells apart.
const (
	// fineWidth is the width of the narrowest.
	fineWidth = 10 * time.Second
	// maxCoarse is how many buckets are read by way of narrower ones. Where more
	// changed they are scattered, and few change again soon.
	maxCoarse = 4
	// fineLife is after how many looks narrow buckets are dropped that are of no
	// use any more.
	fineLife = 1000
)

// finer returns, for strips of which few buckets are to be read, those of narrower
// ones that they are to be made of; none where that gains nothing.
func (l *keptLook) finer(scan *query.Scan, strips []*strip) []*strip {
	var width time.Duration
	switch {
	case strips[0].width == time.Hour:
		width = time.Minute
	case strips[0].width == time.Minute:
		width = fineWidth
	}
	// Rows of a sketch are not added up where they meet. What is made of narrow
	// buckets comes first where memory is short.
	if width == 0 || strips[0].measure.Kind == query.Sketch || l.keeper.held() > l.keeper.budget/2 {
		return nil
	}
	fine := make([]*strip, len(strips))
	for i, s := range strips {
		fine[i] = l.keeper.tables[scan.Table.Name].strip(scan, s.measure, width, l.keeper)
	}
	return fine
}

// refine reads what narrower strips do not know of ranges of buckets, and makes
// these of them. The first strips, as many as needed says, are those of the
// request. Where room is short, narrower ones go before anything that answers are
// made of.
func (l *keptLook) refine(ctx context.Context, scan *query.Scan, strips, fine []*strip, needed int, ranges []bucketRange, stats *query.Stats) error {
	each := int64(strips[0].width / fine[0].width)
	var gaps []bucketRange
	for _, f := range fine {
		var missing []bucketRange
		for _, r := range ranges {
			within := bucketRange{r.from * each, r.to * each}
			f.eachChunk(within, func(_ int64, c *chunk) { c.used = max(c.used, l.keeper.guarded-1) })
			for _, gap := range f.missing(within) {
				missing = appendRange(missing, gap)
			}
		}
		gaps = union(gaps, missing)
	}
	if len(gaps) > 0 {
		if err := l.readInto(ctx, scan, nil, fine, gaps, length(gaps) <= maxCoarse, stats); err != nil {
			return err
		}
	}
	for i, s := range strips {
		look := l.keeper.looks
		if i >= needed {
			look = l.keeper.guarded - 1
		}
		into := newGathering(fine[i].kinds(), false)
		first := ranges[0].from
		for _, r := range ranges {
			fine[i].gather(bucketRange{r.from * each, r.to * each}, into, func(bucket int64) int32 { return int32((bucket-r.from*each)/each + r.from - first) })
		}
		cells := into.done()
		for _, r := range ranges {
			s.put(r, cells, 0, int32(r.from-first), look, func(int) bool { return true })
		}
	}
	return nil
}
