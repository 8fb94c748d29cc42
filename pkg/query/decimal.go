package query

import (
	"cmp"
	"fmt"
	"math"
	"math/big"
	"math/bits"
	"strconv"
	"strings"
)

// Decimal is an exact decimal number, or one of the special values that
// PostgreSQL's numeric knows: NaN, Infinity and -Infinity. The zero value is 0.
//
// Coefficients that fit an int64 live in the struct; larger ones spill into a
// big.Int that is never modified once it is part of a Decimal, so values may
// be copied freely.
type Decimal struct {
	coef  int64
	big   *big.Int // the coefficient when it does not fit coef
	scale int32    // digits after the decimal point, 0 or more
	form  decimalForm
}

type decimalForm uint8

const (
	formFinite decimalForm = iota
	formNaN
	formPosInf
	formNegInf
)

// Special values of a Decimal.
var (
	DecimalNaN    = Decimal{form: formNaN}
	DecimalPosInf = Decimal{form: formPosInf}
	DecimalNegInf = Decimal{form: formNegInf}
)

// NewDecimal returns coef / 10^scale. It panics when scale is negative.
func NewDecimal(coef int64, scale int32) Decimal {
	if scale < 0 {
		panic(fmt.Sprintf("query: decimal scale %d is negative", scale))
	}
	return Decimal{coef: coef, scale: scale}
}

// NewBigDecimal returns coef / 10^scale. The caller must not modify coef
// afterwards. It panics when scale is negative.
func NewBigDecimal(coef *big.Int, scale int32) Decimal {
	if scale < 0 {
		panic(fmt.Sprintf("query: decimal scale %d is negative", scale))
	}
	if coef.IsInt64() {
		return Decimal{coef: coef.Int64(), scale: scale}
	}
	return Decimal{big: coef, scale: scale}
}

// ParseDecimal reads plain decimal notation ("-12.50") and the special values
// NaN, Infinity and -Infinity in any case. Exponents are not accepted.
func ParseDecimal(s string) (Decimal, error) {
	switch strings.ToLower(s) {
	case "nan":
		return DecimalNaN, nil
	case "infinity", "inf", "+infinity", "+inf":
		return DecimalPosInf, nil
	case "-infinity", "-inf":
		return DecimalNegInf, nil
	}
	digits := s
	if strings.HasPrefix(digits, "-") || strings.HasPrefix(digits, "+") {
		digits = digits[1:]
	}
	whole, fraction, hasPoint := strings.Cut(digits, ".")
	if whole+fraction == "" || (hasPoint && strings.Contains(fraction, ".")) {
		return Decimal{}, fmt.Errorf("%q is not a decimal number", s)
	}
	for _, c := range []byte(whole + fraction) {
		if c < '0' || c > '9' {
			return Decimal{}, fmt.Errorf("%q is not a decimal number", s)
		}
	}
	coef, ok := new(big.Int).SetString(whole+fraction, 10)
	if !ok {
		return Decimal{}, fmt.Errorf("%q is not a decimal number", s)
	}
	if strings.HasPrefix(s, "-") {
		coef.Neg(coef)
	}
	return NewBigDecimal(coef, int32(len(fraction))), nil
}

// IsFinite reports whether d is neither NaN nor infinite.
func (d Decimal) IsFinite() bool { return d.form == formFinite }

// IsZero reports whether d is the number 0.
func (d Decimal) IsZero() bool { return d.form == formFinite && d.big == nil && d.coef == 0 }

// Neg returns -d.
func (d Decimal) Neg() Decimal {
	switch {
	case d.form == formPosInf:
		return DecimalNegInf
	case d.form == formNegInf:
		return DecimalPosInf
	case d.form == formNaN:
		return d
	case d.big != nil:
		return NewBigDecimal(new(big.Int).Neg(d.big), d.scale)
	case d.coef == math.MinInt64:
		return Decimal{big: new(big.Int).Neg(big.NewInt(d.coef)), scale: d.scale}
	}
	return Decimal{coef: -d.coef, scale: d.scale}
}

// Add returns d + o exactly. As in PostgreSQL, NaN wins over everything and
// Infinity + -Infinity is NaN.
func (d Decimal) Add(o Decimal) Decimal {
	if d.form != formFinite || o.form != formFinite {
		return addSpecial(d, o)
	}
	switch { // most sums begin with the zero value
	case d.IsZero() && d.scale <= o.scale:
		return o
	case o.IsZero() && o.scale <= d.scale:
		return d
	case d.scale == o.scale && d.big == nil && o.big == nil:
		if sum := d.coef + o.coef; (sum > d.coef) == (o.coef > 0) {
			return Decimal{coef: sum, scale: d.scale}
		}
	}
	scale := max(d.scale, o.scale)
	return NewBigDecimal(new(big.Int).Add(d.coefficient(scale), o.coefficient(scale)), scale)
}

// Sub returns d - o exactly, with the special values as in Add.
func (d Decimal) Sub(o Decimal) Decimal { return d.Add(o.Neg()) }

func addSpecial(d, o Decimal) Decimal {
	switch {
	case d.form == formNaN || o.form == formNaN:
		return DecimalNaN
	case d.form == formFinite:
		return o
	case o.form == formFinite || d.form == o.form:
		return d
	}
	return DecimalNaN
}

// MulInt returns d * n exactly. Infinity * 0 is NaN.
func (d Decimal) MulInt(n int64) Decimal {
	switch {
	case d.form == formNaN:
		return d
	case d.form != formFinite:
		switch {
		case n == 0:
			return DecimalNaN
		case n < 0:
			return d.Neg()
		}
		return d
	}
	return NewBigDecimal(new(big.Int).Mul(d.coefficient(d.scale), big.NewInt(n)), d.scale)
}

// Cmp orders as PostgreSQL does: -Infinity, the finite numbers, Infinity, NaN;
// NaN equals NaN.
func (d Decimal) Cmp(o Decimal) int {
	if d.form != formFinite || o.form != formFinite {
		return cmp.Compare(d.rank(), o.rank())
	}
	if d.scale == o.scale && d.big == nil && o.big == nil {
		return cmp.Compare(d.coef, o.coef)
	}
	scale := max(d.scale, o.scale)
	return d.coefficient(scale).Cmp(o.coefficient(scale))
}

func (d Decimal) rank() int {
	switch d.form {
	case formNegInf:
		return -1
	case formPosInf:
		return 1
	case formNaN:
		return 2
	}
	return 0
}

// coefficient returns d's coefficient at a scale that is at least its own.
// The result may be d's own big.Int and must not be modified.
func (d Decimal) coefficient(scale int32) *big.Int {
	c := d.big
	if c == nil {
		c = big.NewInt(d.coef)
	}
	if scale == d.scale {
		return c
	}
	return new(big.Int).Mul(c, bigPow10(scale-d.scale))
}

// Rat returns d as a fraction. It panics when d is not finite.
func (d Decimal) Rat() *big.Rat {
	if d.form != formFinite {
		panic("query: Rat of " + d.String())
	}
	return new(big.Rat).SetFrac(d.coefficient(d.scale), bigPow10(d.scale))
}

// Float64 returns the float64 nearest to d, ties to even.
func (d Decimal) Float64() float64 {
	switch d.form {
	case formNaN:
		return math.NaN()
	case formPosInf:
		return math.Inf(1)
	case formNegInf:
		return math.Inf(-1)
	}
	// Both operands are exact below 2^53 and 10^22, so the division rounds once.
	if d.big == nil && exactFloat(d.coef) && int(d.scale) < len(floatPow10) {
		return float64(d.coef) / floatPow10[d.scale]
	}
	f, _ := d.Rat().Float64()
	return f
}

// Quotient returns the float64 nearest to num / den, rounded once. ok is false
// when den is 0. Special values follow IEEE 754.
func Quotient(num, den Decimal) (value float64, ok bool) {
	if den.IsZero() {
		return 0, false
	}
	if num.form != formFinite || den.form != formFinite {
		return num.Float64() / den.Float64(), true
	}
	if num.big == nil && den.big == nil {
		n, d, shift := num.coef, den.coef, den.scale-num.scale
		if shift > 0 {
			n, ok = mulPow10(n, shift)
		} else {
			d, ok = mulPow10(d, -shift)
		}
		if ok && exactFloat(n) && exactFloat(d) {
			return float64(n) / float64(d), true
		}
	}
	value, _ = new(big.Rat).Quo(num.Rat(), den.Rat()).Float64()
	return value, true
}

// String returns plain decimal notation with d's own number of digits after
// the point, or NaN, Infinity, -Infinity.
func (d Decimal) String() string {
	switch d.form {
	case formNaN:
		return "NaN"
	case formPosInf:
		return "Infinity"
	case formNegInf:
		return "-Infinity"
	}
	var digits string
	if d.big != nil {
		digits = d.big.String()
	} else {
		digits = strconv.FormatInt(d.coef, 10)
	}
	if d.scale == 0 {
		return digits
	}
	sign := ""
	if digits[0] == '-' {
		sign, digits = "-", digits[1:]
	}
	if missing := int(d.scale) + 1 - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	point := len(digits) - int(d.scale)
	return sign + digits[:point] + "." + digits[point:]
}

var floatPow10 = [...]float64{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
	1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22}

func exactFloat(n int64) bool { return n >= -(1<<53) && n <= 1<<53 }

// mulPow10 returns n * 10^exp; ok is false when it does not fit an int64.
func mulPow10(n int64, exp int32) (product int64, ok bool) {
	if exp > 18 {
		return 0, n == 0
	}
	p := uint64(1)
	for range exp {
		p *= 10
	}
	abs := uint64(n)
	if n < 0 {
		abs = -abs
	}
	hi, lo := bits.Mul64(abs, p)
	if hi != 0 || lo > math.MaxInt64 {
		return 0, false
	}
	if n < 0 {
		return -int64(lo), true
	}
	return int64(lo), true
}

func bigPow10(exp int32) *big.Int {
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(exp)), nil)
}
