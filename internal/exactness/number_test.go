package exactness_test

import (
	"math"
	"math/big"
	"strings"
)

// number is one value of a numeric column or expression of a row.
type number struct {
	null    bool
	special float64  // NaN, Inf or -Inf, else 0
	rat     *big.Rat // of a finite number, never modified
	float   bool     // of a floating point type, which sums with rounding
}

var nullNumber = number{null: true}

func floatNumber(f float64) number {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return number{special: f, float: true}
	}
	return number{rat: new(big.Rat).SetFloat64(f), float: true}
}

// parseNumber reads a numeric as PostgreSQL prints it.
func parseNumber(text string) number {
	switch text {
	case "NaN":
		return number{special: math.NaN()}
	case "Infinity":
		return number{special: math.Inf(1)}
	case "-Infinity":
		return number{special: math.Inf(-1)}
	}
	rat, ok := new(big.Rat).SetString(strings.TrimSpace(text))
	if !ok {
		panic("not a number: " + text)
	}
	return number{rat: rat}
}

func (n number) finite() bool { return !n.null && n.special == 0 }

// float64 returns the nearest float64.
func (n number) float64() float64 {
	if n.special != 0 {
		return n.special
	}
	f, _ := n.rat.Float64()
	return f
}

// scaled returns n times a whole number.
func (n number) scaled(by int64) number {
	if !n.finite() {
		if by < 0 {
			n.special = -n.special
		}
		return n
	}
	n.rat = new(big.Rat).Mul(n.rat, new(big.Rat).SetInt64(by))
	return n
}

// total adds numbers up by the rules of SQL's sum: nulls add nothing, NaN wins,
// and infinities of both signs are NaN.
type total struct {
	float         bool
	terms         int
	sum           big.Rat
	size          big.Rat // Σ|x|, of floats
	coarse        bool    // some float is no multiple of 2⁻¹⁰
	decimal       bool    // floats are added as the shortest decimals that tell them apart
	nan, up, down bool
}

func (t *total) add(n number) {
	if n.null {
		return
	}
	switch {
	case math.IsNaN(n.special):
		t.nan = true
		return
	case n.special > 0:
		t.up = true
		return
	case n.special < 0:
		t.down = true
		return
	}
	t.sum.Add(&t.sum, n.rat)
	if !n.float {
		return
	}
	t.terms++
	t.size.Add(&t.size, new(big.Rat).Abs(n.rat))
	t.coarse = t.coarse || n.rat.Denom().BitLen() > 11
}

var (
	sumTolerance = new(big.Rat).SetFrac64(1, 1_000_000_000_000)
	// Below this, sums of multiples of 2⁻¹⁰ are exact in any order.
	exactSize = new(big.Rat).SetInt64(1 << 40)
)

// figure returns the sum. One of floats is off by 1e-12·Σ|x| at most; it is
// exact where no order of adding can round.
func (t *total) figure() figure {
	switch {
	case t.nan || t.up && t.down:
		return special(math.NaN(), t.float)
	case t.up:
		return special(math.Inf(1), t.float)
	case t.down:
		return special(math.Inf(-1), t.float)
	}
	sum := new(big.Rat).Set(&t.sum)
	switch {
	case t.terms == 1 && t.decimal:
		return figure{lo: sum, hi: sum, float: t.float}.rounded()
	case t.terms <= 1 || !t.coarse && !t.decimal && t.size.Cmp(exactSize) < 0:
		return figure{lo: sum, hi: sum, float: t.float}
	}
	off := new(big.Rat).Mul(&t.size, sumTolerance)
	return figure{lo: new(big.Rat).Sub(sum, off), hi: new(big.Rat).Add(sum, off), float: true}
}
