package exactness_test

import (
	"math/big"
	"slices"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/query"
)

// distribution is what was observed in a bucket.
type distribution struct {
	finite   []number // in order
	excluded int      // NaN and infinities
}

// observed sorts the observations of rows.
func (m *metric) observed(rows []*row) distribution {
	var d distribution
	for _, r := range rows {
		switch n := m.observe.of(r); {
		case n.null:
		case !n.finite():
			d.excluded++
		default:
			d.finite = append(d.finite, n)
		}
	}
	slices.SortFunc(d.finite, func(a, b number) int { return a.rat.Cmp(b.rat) })
	return d
}

// sketched is the distribution as a sketch sees it, to which numbers that no
// float64 holds are infinite.
func (d distribution) sketched() distribution {
	kept := slices.DeleteFunc(slices.Clone(d.finite), func(n number) bool { return n.beyondFloats() })
	d.excluded += len(d.finite) - len(kept)
	d.finite = kept
	return d
}

var largestFloat = new(big.Rat).SetFloat64(0x1.fffffffffffffp1023)

func (n number) beyondFloats() bool {
	return new(big.Rat).Abs(n.rat).Cmp(largestFloat) > 0
}

// quantile returns the number that percentile_disc picks.
func (d distribution) quantile(q float64) (number, bool) {
	if len(d.finite) == 0 {
		return number{}, false
	}
	return d.finite[rank(q, len(d.finite))], true
}

var sketchPrecision = big.NewRat(1, 100)

// distributions returns the series of a histogram or summary.
func (o *oracle) distributions(m *metric, view catalog.View, l *lane, of member) [][]figure {
	cells := o.spread(m, l, of)
	quantiles := []float64{0}
	if view == catalog.ViewQuantiles {
		quantiles = o.quantilesOf(m)
	}
	lines := make([][]figure, len(quantiles))
	for i, q := range quantiles {
		lines[i] = make([]figure, len(cells))
		for j, rows := range cells {
			lines[i][j] = o.distribution(m, view, q, rows)
			if view == catalog.ViewCount {
				lines[i][j] = l.blank(j, lines[i][j])
			}
		}
	}
	return lines
}

// distribution returns one value of a histogram or summary.
func (o *oracle) distribution(m *metric, view catalog.View, q float64, rows []*row) figure {
	d := m.observed(rows)
	switch view {
	case catalog.ViewCount:
		return counted(len(d.sketched().finite))
	case catalog.ViewAverage:
		t := total{float: m.observe.float}
		finite := d.sketched().finite
		for _, n := range finite {
			t.add(n)
		}
		return t.figure().over(counted(len(finite)))
	}
	if o.query.Exact {
		if n, ok := d.quantile(q); ok {
			return exactNumber(n)
		}
		return null()
	}
	if n, ok := d.sketched().quantile(q); ok {
		if n.rat.Sign() == 0 {
			return exactNumber(n)
		}
		return within(n, sketchPrecision)
	}
	return null()
}

// ranked is the value by which the groups of a histogram or summary are ranked.
// A sketch knows a quantile only as the number that stands for its bucket.
func (o *oracle) ranked(m *metric, view catalog.View, rows []*row) figure {
	if view != catalog.ViewQuantiles || o.query.Exact {
		return o.distribution(m, view, o.quantilesOf(m)[0], rows)
	}
	n, ok := m.observed(rows).sketched().quantile(o.quantilesOf(m)[0])
	if !ok {
		return null()
	}
	return exactNumber(floatNumber(query.SketchValue(query.SketchCode(n.float64()))))
}
