package query

import (
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func ints(values ...int64) Column     { return Column{Kind: KindInt, Ints: values} }
func floats(values ...float64) Column { return Column{Kind: KindFloat, Floats: values} }
func decimals(texts ...string) Column {
	c := Column{Kind: KindDecimal}
	for _, s := range texts {
		d, err := ParseDecimal(s)
		if err != nil {
			panic(err)
		}
		c.Decimals = append(c.Decimals, d)
	}
	return c
}

// drawColumn draws a column of n values of a kind, some of them null.
func drawColumn(t *rapid.T, kind Kind, n int, label string) Column {
	c := NewColumn(kind, n)
	for i := range n {
		switch kind {
		case KindInt:
			c.Ints[i] = rapid.Int64Range(-1<<40, 1<<40).Draw(t, label)
		case KindDecimal:
			c.Decimals[i] = drawDecimal(t, label)
		case KindFloat:
			c.Floats[i] = rapid.Float64Range(-1e9, 1e9).Draw(t, label)
		}
		if rapid.IntRange(0, 3).Draw(t, label+" is null") == 0 {
			c.SetNull(i)
		}
	}
	return c
}

// cell is a column's value as comparable text.
func cell(c *Column, i int) string {
	if c.IsNull(i) {
		return "null"
	}
	switch c.Kind {
	case KindDecimal:
		return c.Decimals[i].String()
	case KindFloat:
		return new(big.Float).SetFloat64(c.Floats[i]).String()
	}
	return big.NewInt(c.Ints[i]).String()
}

var kinds = []Kind{KindInt, KindDecimal, KindFloat}

func TestANewColumnHoldsZeros(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds {
		c := NewColumn(kind, 3)
		require.Equal(t, 3, c.Len())
		for i := range 3 {
			value, ok := c.Float64(i)
			assert.True(t, ok)
			assert.Zero(t, value)
		}
	}
	assert.Zero(t, (&Column{}).Len())
	assert.Panics(t, func() { NewColumn(Kind(9), 1) })
}

func TestColumnsKeepNullsThroughAppendAndSet(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom(kinds).Draw(t, "kind")
		from := drawColumn(t, kind, 6, "value")
		appended, set := Column{Kind: kind}, drawColumn(t, kind, 6, "overwritten")
		for i := range 6 {
			appended.Append(&from, i)
			set.Set(i, &from, i)
		}
		require.Equal(t, 6, appended.Len())
		require.True(t, appended.Null == nil || len(appended.Null) == 6)
		for i := range 6 {
			require.Equal(t, cell(&from, i), cell(&appended, i))
			require.Equal(t, cell(&from, i), cell(&set, i))
		}
	})
}

func TestNullsAddAndSubtractNothing(t *testing.T) {
	t.Parallel()
	for _, columns := range [][2]Column{
		{ints(10, 10), ints(3, 3)}, {decimals("10.00", "10"), decimals("3", "3")}, {floats(10, 10), floats(3, 3)},
	} {
		sum, part := columns[0], columns[1]
		part.SetNull(1)
		sum.Add(0, &part, 0)
		sum.Add(1, &part, 1)
		assert.Equal(t, []float64{13, 10}, numbers(t, &sum))
		sum.Sub(0, &part, 0)
		sum.Sub(0, &part, 0)
		sum.Sub(1, &part, 1)
		assert.Equal(t, []float64{7, 10}, numbers(t, &sum))
	}
}

func numbers(t *testing.T, c *Column) []float64 {
	t.Helper()
	values := make([]float64, c.Len())
	for i := range values {
		value, ok := c.Float64(i)
		require.True(t, ok)
		values[i] = value
	}
	return values
}

func TestSumsOfDecimalsAreExactWhereFloatsAreNot(t *testing.T) {
	t.Parallel()
	sum, cent := decimals("9007199254740992"), decimals("0.01")
	for range 100 {
		sum.Add(0, &cent, 0)
	}
	assert.Equal(t, "9007199254740993.00", sum.Decimals[0].String())
}

func TestValuesDivideOnceAndByZeroGiveNull(t *testing.T) {
	t.Parallel()
	null := ints(0)
	null.SetNull(0)
	tests := map[string]struct {
		values Values
		want   float64
		ok     bool
	}{
		"a number":             {Values{Num: ints(7)}, 7, true},
		"null":                 {Values{Num: null}, 0, false},
		"a quotient":           {Values{Num: decimals("0.3"), Den: ptr(ints(3))}, 0.1, true},
		"a quotient of floats": {Values{Num: floats(1), Den: ptr(ints(3))}, 1.0 / 3, true},
		"by zero":              {Values{Num: ints(1), Den: ptr(ints(0))}, 0, false},
		"zero by zero":         {Values{Num: floats(0), Den: ptr(floats(0))}, 0, false},
		"by a zero with scale": {Values{Num: ints(1), Den: ptr(decimals("0.00"))}, 0, false},
		"null by something":    {Values{Num: null, Den: ptr(ints(1))}, 0, false},
		"something by null":    {Values{Num: ints(1), Den: ptr(null)}, 0, false},
		"infinity by two":      {Values{Num: decimals("Infinity"), Den: ptr(ints(-2))}, math.Inf(-1), true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, ok := test.values.Float64(0)
			assert.Equal(t, test.ok, ok)
			assert.Equal(t, test.want, got)
			assert.Equal(t, 1, test.values.Len())
		})
	}
}

func ptr(c Column) *Column { return &c }

func TestValuesCompareExactly(t *testing.T) {
	t.Parallel()
	null := ints(0)
	null.SetNull(0)
	ascending := []Values{
		{Num: null},
		{Num: floats(math.NaN())},
		{Num: decimals("-Infinity")},
		{Num: decimals("-2" + strings.Repeat("0", 400))},
		{Num: decimals("-1" + strings.Repeat("0", 400))},
		{Num: floats(-1.5)},
		{Num: ints(0)},
		{Num: decimals("9007199254740992")},
		// These three are the same float64 as the one before.
		{Num: decimals("9007199254740992.1")},
		{Num: decimals("27021597764222978"), Den: ptr(ints(3))},
		{Num: ints(9007199254740993)},
		{Num: decimals("9007199254740995")},
		{Num: decimals("1" + strings.Repeat("0", 400))},
		{Num: decimals("2" + strings.Repeat("0", 400))},
		{Num: decimals("Infinity")},
	}
	for i := range ascending {
		for j := range ascending {
			got := ascending[i].Compare(0, &ascending[j], 0)
			assert.Equal(t, sign(i-j), sign(got), "%d ? %d", i, j)
		}
	}
	assert.Zero(t, (&Values{Num: ints(1), Den: ptr(ints(3))}).Compare(0, &Values{Num: decimals("2.0"), Den: ptr(ints(6))}, 0))
	assert.Zero(t, (&Values{Num: ints(1), Den: ptr(ints(0))}).Compare(0, &Values{Num: null}, 0), "a division by zero is null")
	assert.Zero(t, (&Values{Num: decimals("NaN")}).Compare(0, &Values{Num: floats(math.NaN())}, 0))
	assert.Zero(t, (&Values{Num: decimals("Infinity")}).Compare(0, &Values{Num: floats(math.Inf(1))}, 0))
}

func sign(n int) int {
	switch {
	case n < 0:
		return -1
	case n > 0:
		return 1
	}
	return 0
}

func TestValuesOfIntegersAndDecimalsCompareAsFractions(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		draw := func(label string) (Values, *big.Rat) {
			num, den := drawFinite(t, label), drawFinite(t, label+" divisor")
			if den.IsZero() {
				den = NewDecimal(1, 0)
			}
			v := Values{Num: Column{Kind: KindDecimal, Decimals: []Decimal{num}}, Den: &Column{Kind: KindDecimal, Decimals: []Decimal{den}}}
			return v, new(big.Rat).Quo(exact(t, num), exact(t, den))
		}
		v, x := draw("v")
		w, y := draw("w")
		require.Equal(t, x.Cmp(y), sign(v.Compare(0, &w, 0)))
	})
}

func TestDecimalsBeyondEveryFloat64DivideByFloats(t *testing.T) {
	t.Parallel()
	huge, tiny := "5"+strings.Repeat("0", 309), "0."+strings.Repeat("0", 399)+"5"
	for _, test := range []struct {
		num, den Column
		want     float64
	}{
		{decimals(huge), floats(1e10), 5e299},
		{floats(1e10), decimals(huge), 2e-300},
		{floats(1e-100), decimals(tiny), 2e299},
		{decimals(huge), floats(0.5), math.Inf(1)},
		{decimals("0"), floats(0.5), 0},
	} {
		value, ok := (&Values{Num: test.num, Den: &test.den}).Float64(0)
		assert.True(t, ok)
		assert.Equal(t, test.want, value)
	}
	zero := floats(0)
	_, ok := (&Values{Num: decimals(huge), Den: &zero}).Float64(0)
	assert.False(t, ok, "division by zero is null")
}
