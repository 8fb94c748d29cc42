package query

import (
	"math"
	"math/big"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var specialDecimals = []Decimal{DecimalNegInf, DecimalPosInf, DecimalNaN}

// drawFinite draws a finite decimal: small ones, ones at the edges of an int64
// and of the whole numbers that a float64 holds, and ones far beyond.
func drawFinite(t *rapid.T, label string) Decimal {
	scale := int32(rapid.IntRange(0, 30).Draw(t, label+" scale"))
	if rapid.IntRange(0, 3).Draw(t, label+" size") == 0 {
		coef := new(big.Int).SetBytes(rapid.SliceOfN(rapid.Byte(), 8, 40).Draw(t, label+" bytes"))
		if rapid.Bool().Draw(t, label+" negative") {
			coef.Neg(coef)
		}
		return NewBigDecimal(coef, scale)
	}
	return NewDecimal(rapid.OneOf(
		rapid.Int64Range(-1000, 1000),
		rapid.Int64(),
		rapid.SampledFrom([]int64{math.MinInt64, math.MinInt64 + 1, math.MaxInt64, 1 << 53, 1<<53 + 1, -1 << 53}),
	).Draw(t, label+" coefficient"), scale)
}

func drawDecimal(t *rapid.T, label string) Decimal {
	if rapid.IntRange(0, 5).Draw(t, label+" kind") == 0 {
		return rapid.SampledFrom(specialDecimals).Draw(t, label+" special")
	}
	return drawFinite(t, label)
}

// exact reads a decimal's text as a fraction, by other means than the code.
func exact(t require.TestingT, d Decimal) *big.Rat {
	r, ok := new(big.Rat).SetString(d.String())
	require.True(t, ok, d.String())
	return r
}

func TestDecimalsAreWrittenAndReadWithAllTheirDigits(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"0", "0.00", "-1", "12.50", "-0.05", "0.000000000000000000001", "9223372036854775807", "9223372036854775808",
		"-9223372036854775808", "-9223372036854775809", "123456789012345678901234567890.123456789", "NaN", "Infinity", "-Infinity",
	} {
		d, err := ParseDecimal(s)
		require.NoError(t, err, s)
		assert.Equal(t, s, d.String())
	}
	for s, want := range map[string]string{"+1.5": "1.5", ".5": "0.5", "5.": "5", "-.5": "-0.5", "-0": "0", "007": "7", "nan": "NaN", "INF": "Infinity", "+Inf": "Infinity", "-inf": "-Infinity"} {
		d, err := ParseDecimal(s)
		require.NoError(t, err, s)
		assert.Equal(t, want, d.String(), s)
	}
	for _, s := range []string{"", ".", "-", "+-1", "1e5", "1,5", "1.2.3", "0x10", " 1", "1_000", "١", "Infinit"} {
		_, err := ParseDecimal(s)
		assert.ErrorContains(t, err, strconv.Quote(s)+" is not a decimal number")
	}
	assert.Panics(t, func() { NewDecimal(1, -1) })
	assert.Panics(t, func() { NewBigDecimal(big.NewInt(1), -1) })
}

func TestFiniteArithmeticIsThatOfFractions(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b, n := drawFinite(t, "a"), drawFinite(t, "b"), rapid.Int64().Draw(t, "n")
		x, y := exact(t, a), exact(t, b)
		require.Zero(t, x.Cmp(a.Rat()))
		require.Zero(t, new(big.Rat).Add(x, y).Cmp(exact(t, a.Add(b))), "%s + %s", a, b)
		require.Zero(t, new(big.Rat).Sub(x, y).Cmp(exact(t, a.Sub(b))), "%s - %s", a, b)
		require.Zero(t, new(big.Rat).Neg(x).Cmp(exact(t, a.Neg())), "-%s", a)
		require.Zero(t, new(big.Rat).Mul(x, new(big.Rat).SetInt64(n)).Cmp(exact(t, a.MulInt(n))), "%s * %d", a, n)
		require.Equal(t, x.Cmp(y), a.Cmp(b), "%s ? %s", a, b)
		require.Equal(t, x.Sign() == 0, a.IsZero())
		require.True(t, a.Add(b).IsFinite())

		read, err := ParseDecimal(a.String())
		require.NoError(t, err)
		require.Equal(t, a.String(), read.String())
		require.Zero(t, a.Cmp(read))
	})
}

func TestArithmeticLeavesItsOperandsAlone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawDecimal(t, "a"), drawDecimal(t, "b")
		before := a.String() + b.String()
		a.Add(b).Add(a).Neg().MulInt(7)
		a.Sub(b).Cmp(b)
		a.Float64()
		Quotient(a, b)
		require.Equal(t, before, a.String()+b.String())
	})
}

func TestADecimalIsRoundedOnceToTheNearestFloat(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := drawFinite(t, "d")
		want, err := strconv.ParseFloat(d.String(), 64)
		require.NoError(t, err)
		require.Equal(t, want, d.Float64(), d.String())
	})
	for s, want := range map[string]float64{
		"0.1": 0.1, "9007199254740993": 9007199254740992, "9007199254740995": 9007199254740996, // ties go to even
		"2.675": 2.675, "179769313486231570000" + strings.Repeat("0", 288): math.MaxFloat64,
	} {
		d, err := ParseDecimal(s)
		require.NoError(t, err)
		assert.Equal(t, want, d.Float64(), s)
	}
	assert.True(t, math.IsNaN(DecimalNaN.Float64()))
	assert.Equal(t, math.Inf(1), DecimalPosInf.Float64())
	assert.Equal(t, math.Inf(-1), DecimalNegInf.Float64())
}

func TestAQuotientIsRoundedOnceToTheNearestFloat(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawFinite(t, "a"), drawFinite(t, "b")
		got, ok := Quotient(a, b)
		require.Equal(t, !b.IsZero(), ok)
		if ok {
			want, _ := new(big.Rat).Quo(exact(t, a), exact(t, b)).Float64()
			require.Equal(t, want, got, "%s / %s", a, b)
		}
	})
}

func TestAQuotientOfIntegersThatNoFloatHoldsIsStillRoundedOnce(t *testing.T) {
	t.Parallel()
	// As floats these are 9007199254740996 / 3, one part in 2^53 too much.
	got, ok := Quotient(NewDecimal(9007199254740995, 0), NewDecimal(3, 0))
	assert.True(t, ok)
	assert.Equal(t, 3002399751580331.5, got)
	got, ok = Quotient(NewDecimal(3, 1), NewDecimal(9007199254740995, 1))
	assert.True(t, ok)
	want, _ := big.NewRat(3, 9007199254740995).Float64()
	assert.Equal(t, want, got)
}

func TestAQuotientOfSpecialValuesIsThatOfFloats(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawDecimal(t, "a"), rapid.SampledFrom(specialDecimals).Draw(t, "b")
		if rapid.Bool().Draw(t, "swapped") {
			a, b = b, a
		}
		got, ok := Quotient(a, b)
		require.Equal(t, !b.IsZero(), ok)
		if ok {
			want := a.Float64() / b.Float64()
			require.True(t, got == want || math.IsNaN(got) && math.IsNaN(want), "%s / %s = %v, not %v", a, b, got, want)
		}
	})
}

func TestSpecialValuesAddAsInPostgreSQL(t *testing.T) {
	t.Parallel()
	one := NewDecimal(1, 0)
	for _, test := range []struct {
		a, b Decimal
		want string
	}{
		{DecimalNaN, one, "NaN"}, {one, DecimalNaN, "NaN"}, {DecimalNaN, DecimalPosInf, "NaN"}, {DecimalNegInf, DecimalNaN, "NaN"},
		{DecimalPosInf, one, "Infinity"}, {one, DecimalNegInf, "-Infinity"}, {DecimalPosInf, DecimalPosInf, "Infinity"},
		{DecimalNegInf, DecimalNegInf, "-Infinity"}, {DecimalPosInf, DecimalNegInf, "NaN"}, {DecimalNegInf, DecimalPosInf, "NaN"},
	} {
		assert.Equal(t, test.want, test.a.Add(test.b).String(), "%s + %s", test.a, test.b)
		assert.Equal(t, test.want, test.a.Sub(test.b.Neg()).String(), "%s - -%s", test.a, test.b)
	}
	for _, test := range []struct {
		d    Decimal
		n    int64
		want string
	}{
		{DecimalPosInf, 2, "Infinity"}, {DecimalPosInf, -2, "-Infinity"}, {DecimalNegInf, -2, "Infinity"},
		{DecimalPosInf, 0, "NaN"}, {DecimalNegInf, 0, "NaN"}, {DecimalNaN, 0, "NaN"}, {DecimalNaN, 5, "NaN"},
	} {
		assert.Equal(t, test.want, test.d.MulInt(test.n).String(), "%s * %d", test.d, test.n)
	}
	for _, d := range specialDecimals {
		assert.False(t, d.IsFinite())
		assert.False(t, d.IsZero())
		assert.Panics(t, func() { d.Rat() })
	}
}

func TestDecimalsAreOrderedAsInPostgreSQL(t *testing.T) {
	t.Parallel()
	huge, err := ParseDecimal("1" + strings.Repeat("0", 400))
	require.NoError(t, err)
	ascending := []Decimal{DecimalNegInf, huge.Neg(), NewDecimal(-15, 1), NewDecimal(0, 3), NewDecimal(149, 2), NewDecimal(15, 1), huge, DecimalPosInf, DecimalNaN}
	for i, a := range ascending {
		for j, b := range ascending {
			want := 0
			if i < j {
				want = -1
			} else if i > j {
				want = 1
			}
			assert.Equal(t, want, a.Cmp(b), "%s ? %s", a, b)
		}
	}
	assert.Zero(t, NewDecimal(150, 2).Cmp(NewDecimal(15, 1)))
}
