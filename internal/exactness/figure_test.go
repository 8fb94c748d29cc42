package exactness_test

import (
	"fmt"
	"math"
	"math/big"
)

// figure is what the oracle knows about one value of a frame: that it is null,
// that it is NaN or infinite, or that it lies between two fractions, which are
// the same where it is exact.
type figure struct {
	null      bool
	special   float64 // NaN, Inf or -Inf, else 0
	lo, hi    *big.Rat
	float     bool // computed from floating point columns
	orNull    bool // rounding decides whether the value is null
	undecided bool // rounding decides everything
}

func null() figure                           { return figure{null: true} }
func special(value float64, fl bool) figure  { return figure{special: value, float: fl} }
func exactly(value *big.Rat) figure          { return figure{lo: value, hi: value} }
func counted(n int) figure                   { return exactly(new(big.Rat).SetInt64(int64(n))) }
func (f figure) finite() bool                { return !f.null && !f.undecided && f.special == 0 }
func (f figure) exact() bool                 { return f.finite() && f.lo.Cmp(f.hi) == 0 }
func (f figure) zero() bool                  { return f.exact() && f.lo.Sign() == 0 }
func (f figure) aroundZero() bool            { return f.finite() && f.lo.Sign() <= 0 && f.hi.Sign() >= 0 }
func nearest(value *big.Rat) (float float64) { float, _ = value.Float64(); return float }

// exactNumber returns the figure of one number.
func exactNumber(n number) figure {
	if n.special != 0 {
		return special(n.special, n.float)
	}
	return figure{lo: n.rat, hi: n.rat, float: n.float}
}

// within returns the figure of a number that is known to a share of itself.
func within(n number, share *big.Rat) figure {
	off := new(big.Rat).Abs(new(big.Rat).Mul(n.rat, share))
	off.Add(off, smallestNormal)
	return figure{lo: new(big.Rat).Sub(n.rat, off), hi: new(big.Rat).Add(n.rat, off), float: true}
}

// Floats below it have fewer digits than a sketch promises.
var smallestNormal = new(big.Rat).SetFloat64(0x1p-1022)

// accepts tells whether a frame's value is what the figure says. Exact figures
// are rounded to the nearest float64 once.
func (f figure) accepts(got *float64) bool {
	switch {
	case f.undecided:
		return true
	case got == nil:
		return f.null || f.orNull
	case f.null:
		return false
	case math.IsNaN(f.special):
		return math.IsNaN(*got)
	case f.special != 0:
		return *got == f.special
	}
	return nearest(f.lo) <= *got && *got <= nearest(f.hi)
}

func (f figure) String() string {
	var text string
	switch {
	case f.undecided:
		return "anything"
	case f.null:
		return "null"
	case f.special != 0:
		text = fmt.Sprint(f.special)
	case f.exact():
		text = fmt.Sprint(nearest(f.lo))
	default:
		text = fmt.Sprintf("%v … %v", nearest(f.lo), nearest(f.hi))
	}
	if f.orNull {
		text += " or null"
	}
	return text
}

// over divides. Dividing by 0 is null.
func (f figure) over(d figure) figure {
	switch {
	case f.null || d.null || d.zero():
		return null()
	case f.undecided || d.undecided:
		return figure{undecided: true}
	case f.orNull || d.orNull:
		f.orNull, d.orNull = false, false
		q := f.over(d)
		q.orNull = true
		return q
	case d.aroundZero():
		return figure{undecided: true}
	}
	float := f.float || d.float
	if f.special != 0 || d.special != 0 {
		return specialQuotient(f, d, float)
	}
	if f.exact() && d.exact() {
		return exactQuotient(f.lo, d.lo, float)
	}
	q := figure{float: true}
	for _, n := range []*big.Rat{f.lo, f.hi} {
		for _, d := range []*big.Rat{d.lo, d.hi} {
			corner := new(big.Rat).Quo(n, d)
			if q.lo == nil || corner.Cmp(q.lo) < 0 {
				q.lo = corner
			}
			if q.hi == nil || corner.Cmp(q.hi) > 0 {
				q.hi = corner
			}
		}
	}
	return q.rounded()
}

// specialQuotient follows IEEE 754.
func specialQuotient(n, d figure, float bool) figure {
	value := func(f figure) float64 {
		if f.special != 0 {
			return f.special
		}
		return nearest(f.lo)
	}
	q := value(n) / value(d)
	if math.IsNaN(q) || math.IsInf(q, 0) {
		return special(q, float)
	}
	return figure{lo: new(big.Rat), hi: new(big.Rat), float: float}
}

func exactQuotient(n, d *big.Rat, float bool) figure {
	q := new(big.Rat).Quo(n, d)
	if !float {
		return exactly(q)
	}
	// Floats divide into the float nearest to their quotient.
	if isFloat(n) && isFloat(d) {
		return exactNumber(floatNumber(nearest(q)))
	}
	return figure{lo: q, hi: q, float: true}.rounded()
}

func isFloat(value *big.Rat) bool {
	_, exact := value.Float64()
	return exact
}

var floatRounding = new(big.Rat).SetFrac64(1, 1_000_000_000_000_000)

// rounded widens a figure by what rounding its parts to floats may have moved it.
func (f figure) rounded() figure {
	below := new(big.Rat).Abs(new(big.Rat).Mul(f.lo, floatRounding))
	above := new(big.Rat).Abs(new(big.Rat).Mul(f.hi, floatRounding))
	f.lo, f.hi = new(big.Rat).Sub(f.lo, below), new(big.Rat).Add(f.hi, above)
	return f
}

// compare orders figures as a ranking does, nulls below NaN below all numbers.
// decided is false when rounding may have decided otherwise.
func (f figure) compare(o figure) (order int, decided bool) {
	if f.undecided || o.undecided || f.orNull || o.orNull {
		return 0, false
	}
	if a, b := f.standing(), o.standing(); a != b || a < numbers {
		return a - b, true
	}
	switch {
	case f.special != 0 || o.special != 0:
		a, b := f.special, o.special
		switch {
		case a == b:
			return 0, true
		case a < b:
			return -1, true
		}
		return 1, true
	case f.exact() && o.exact():
		return f.lo.Cmp(o.lo), true
	case f.hi.Cmp(o.lo) < 0:
		return -1, true
	case f.lo.Cmp(o.hi) > 0:
		return 1, true
	}
	return 0, false
}

const numbers = 2

func (f figure) standing() int {
	switch {
	case f.null:
		return 0
	case math.IsNaN(f.special):
		return 1
	}
	return numbers
}
