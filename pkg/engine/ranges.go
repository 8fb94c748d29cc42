package engine

import "slices"

// bucketRange is a half-open range of bucket numbers.
type bucketRange struct{ from, to int64 }

// appendRange adds a range that does not begin before the last one.
func appendRange(ranges []bucketRange, r bucketRange) []bucketRange {
	if n := len(ranges); n > 0 && ranges[n-1].to >= r.from {
		ranges[n-1].to = max(ranges[n-1].to, r.to)
		return ranges
	}
	return append(ranges, r)
}

// shares cuts ranges into parts of about as many buckets, at most n and none of
// them empty.
func shares(ranges []bucketRange, n int) (parts [][]bucketRange) {
	for left := length(ranges); n > 1 && left > int64(n); n-- {
		size := left / int64(n)
		left -= size
		var part []bucketRange
		part, ranges = cut(ranges, size)
		parts = append(parts, part)
	}
	return append(parts, ranges)
}

// cut divides ranges after so many buckets, of which they have more.
func cut(ranges []bucketRange, buckets int64) (before, after []bucketRange) {
	for i, r := range ranges {
		if n := r.to - r.from; n < buckets {
			buckets -= n
			continue
		}
		middle := r.from + buckets
		before = append(slices.Clone(ranges[:i]), bucketRange{r.from, middle})
		if middle < r.to {
			after = append(after, bucketRange{middle, r.to})
		}
		return before, append(after, ranges[i+1:]...)
	}
	return ranges, nil
}

// length counts the buckets of ranges.
func length(ranges []bucketRange) (buckets int64) {
	for _, r := range ranges {
		buckets += r.to - r.from
	}
	return buckets
}

// union joins two lists of ranges, each in order.
func union(a, b []bucketRange) []bucketRange {
	var joined []bucketRange
	for len(a) > 0 || len(b) > 0 {
		if len(b) == 0 || len(a) > 0 && a[0].from <= b[0].from {
			joined, a = appendRange(joined, a[0]), a[1:]
		} else {
			joined, b = appendRange(joined, b[0]), b[1:]
		}
	}
	return joined
}
