package query

import (
	"fmt"
	"math"
	"math/big"
	"slices"
)

// Kind is the number type of a Column.
type Kind uint8

// The kinds. Counts are ints; sums of integers and numerics are decimals,
// because they may exceed an int64; float4 and float8 are floats.
const (
	KindInt Kind = iota
	KindDecimal
	KindFloat
)

// Column is a vector of numbers of one kind with an optional null mask. Only
// the slice of its kind is set. The zero value is an empty column of ints.
type Column struct {
	Kind     Kind
	Ints     []int64
	Decimals []Decimal
	Floats   []float64
	Null     []bool // nil when nothing is null, else as long as the values
}

// NewColumn returns a column of n zeros, none of them null.
func NewColumn(kind Kind, n int) Column {
	c := Column{Kind: kind}
	switch kind {
	case KindInt:
		c.Ints = make([]int64, n)
	case KindDecimal:
		c.Decimals = make([]Decimal, n)
	case KindFloat:
		c.Floats = make([]float64, n)
	default:
		panic(fmt.Sprintf("query: unknown column kind %d", kind))
	}
	return c
}

// Len returns the number of values.
func (c *Column) Len() int {
	switch c.Kind {
	case KindDecimal:
		return len(c.Decimals)
	case KindFloat:
		return len(c.Floats)
	}
	return len(c.Ints)
}

// Bytes returns about how much memory the values take.
func (c *Column) Bytes() int64 {
	bytes := 8*int64(cap(c.Ints)+cap(c.Floats)) + 24*int64(cap(c.Decimals)) + int64(cap(c.Null))
	for i := range c.Decimals {
		if c.Decimals[i].big != nil {
			bytes += 64
		}
	}
	return bytes
}

// IsNull reports whether value i is null.
func (c *Column) IsNull(i int) bool { return c.Null != nil && c.Null[i] }

// SetNull makes value i null.
func (c *Column) SetNull(i int) {
	if c.Null == nil {
		c.Null = make([]bool, c.Len())
	}
	c.Null[i] = true
}

// Slice returns the values [from, to) of c. They share c's memory.
func (c *Column) Slice(from, to int) Column {
	part := Column{Kind: c.Kind}
	switch c.Kind {
	case KindInt:
		part.Ints = c.Ints[from:to:to]
	case KindDecimal:
		part.Decimals = c.Decimals[from:to:to]
	case KindFloat:
		part.Floats = c.Floats[from:to:to]
	}
	if c.Null != nil {
		part.Null = c.Null[from:to:to]
	}
	return part
}

// IsZero reports whether value i is the number 0; null is not.
func (c *Column) IsZero(i int) bool {
	if c.IsNull(i) {
		return false
	}
	switch c.Kind {
	case KindDecimal:
		return c.Decimals[i].IsZero()
	case KindFloat:
		return c.Floats[i] == 0
	}
	return c.Ints[i] == 0
}

// Grow makes room for n more values.
func (c *Column) Grow(n int) {
	switch c.Kind {
	case KindDecimal:
		c.Decimals = slices.Grow(c.Decimals, n)
	case KindFloat:
		c.Floats = slices.Grow(c.Floats, n)
	case KindInt:
		c.Ints = slices.Grow(c.Ints, n)
	}
}

// Append adds value i of o, which must be of the same kind.
func (c *Column) Append(o *Column, i int) {
	switch c.Kind {
	case KindInt:
		c.Ints = append(c.Ints, o.Ints[i])
	case KindDecimal:
		c.Decimals = append(c.Decimals, o.Decimals[i])
	case KindFloat:
		c.Floats = append(c.Floats, o.Floats[i])
	}
	if c.Null != nil || o.IsNull(i) {
		for len(c.Null) < c.Len()-1 {
			c.Null = append(c.Null, false)
		}
		c.Null = append(c.Null, o.IsNull(i))
	}
}

// Add adds value j of o, which must be of the same kind, to value i. A null in
// o adds nothing: sums skip nulls as SQL's sum does.
func (c *Column) Add(i int, o *Column, j int) {
	if o.IsNull(j) {
		return
	}
	switch c.Kind {
	case KindInt:
		c.Ints[i] += o.Ints[j]
	case KindDecimal:
		c.Decimals[i] = c.Decimals[i].Add(o.Decimals[j])
	case KindFloat:
		c.Floats[i] += o.Floats[j]
	}
}

// Sub subtracts value j of o, which must be of the same kind, from value i. A
// null in o subtracts nothing.
func (c *Column) Sub(i int, o *Column, j int) {
	if o.IsNull(j) {
		return
	}
	switch c.Kind {
	case KindInt:
		c.Ints[i] -= o.Ints[j]
	case KindDecimal:
		c.Decimals[i] = c.Decimals[i].Sub(o.Decimals[j])
	case KindFloat:
		c.Floats[i] -= o.Floats[j]
	}
}

// Set makes value i equal to value j of o, which must be of the same kind.
func (c *Column) Set(i int, o *Column, j int) {
	switch c.Kind {
	case KindInt:
		c.Ints[i] = o.Ints[j]
	case KindDecimal:
		c.Decimals[i] = o.Decimals[j]
	case KindFloat:
		c.Floats[i] = o.Floats[j]
	}
	if o.IsNull(j) {
		c.SetNull(i)
	} else if c.Null != nil {
		c.Null[i] = false
	}
}

// Float64 returns value i as the nearest float64; ok is false when it is null.
func (c *Column) Float64(i int) (value float64, ok bool) {
	if c.IsNull(i) {
		return 0, false
	}
	switch c.Kind {
	case KindDecimal:
		return c.Decimals[i].Float64(), true
	case KindFloat:
		return c.Floats[i], true
	}
	return float64(c.Ints[i]), true
}

// decimal returns value i exactly. The column must not be one of floats.
func (c *Column) decimal(i int) Decimal {
	if c.Kind == KindDecimal {
		return c.Decimals[i]
	}
	return Decimal{coef: c.Ints[i]}
}

// Values are the numbers of one series: Num, or Num / Den where Den is set.
// Keeping the parts of a quotient apart lets it be rounded once.
type Values struct {
	Num Column
	Den *Column // nil, or as long as Num; dividing by 0 gives null
}

// Len returns the number of values.
func (v *Values) Len() int { return v.Num.Len() }

// Float64 returns value i, rounded once to the nearest float64; ok is false
// when it is null, which includes every division by zero.
func (v *Values) Float64(i int) (value float64, ok bool) {
	if v.Den == nil {
		return v.Num.Float64(i)
	}
	if v.Num.IsNull(i) || v.Den.IsNull(i) {
		return 0, false
	}
	if v.Num.Kind == KindFloat || v.Den.Kind == KindFloat {
		n, _ := v.Num.Float64(i)
		d, _ := v.Den.Float64(i)
		if v.Num.Kind != v.Den.Kind && (lost(n) || lost(d)) {
			// A decimal beyond every float64 may have a quotient that is not.
			num, nok := v.Num.rat(i)
			den, dok := v.Den.rat(i)
			if nok && dok && den.Sign() != 0 {
				value, _ = new(big.Rat).Quo(num, den).Float64()
				return value, true
			}
		}
		if d == 0 {
			return 0, false
		}
		return n / d, true
	}
	return Quotient(v.Num.decimal(i), v.Den.decimal(i))
}

// Decimal returns value i exactly; ok is false when it is null, and where it is
// a float or a quotient, which need not have a finite number of digits.
func (v *Values) Decimal(i int) (value Decimal, ok bool) {
	if v.Den != nil || v.Num.Kind == KindFloat || v.Num.IsNull(i) {
		return Decimal{}, false
	}
	return v.Num.decimal(i), true
}

// lost reports whether a float64 may stand for a decimal that none can hold.
func lost(value float64) bool { return value == 0 || math.IsInf(value, 0) }

// rat returns value i, which is not null, as a fraction; ok is false where it
// is not finite.
func (c *Column) rat(i int) (*big.Rat, bool) {
	if c.Kind == KindFloat {
		r := new(big.Rat).SetFloat64(c.Floats[i])
		return r, r != nil
	}
	d := c.decimal(i)
	if !d.IsFinite() {
		return nil, false
	}
	return d.Rat(), true
}

// Compare orders value i of v and value j of o exactly, not by their rounded
// forms. Null sorts below everything and NaN below every other number, so that
// neither leads a ranking from the top.
func (v *Values) Compare(i int, o *Values, j int) int {
	a, aok := v.Float64(i)
	b, bok := o.Float64(j)
	if ra, rb := standing(a, aok), standing(b, bok); ra != rb || ra < 2 {
		return ra - rb
	}
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	x, xok := v.rat(i)
	y, yok := o.rat(j)
	switch {
	case xok && yok:
		return x.Cmp(y)
	case xok == yok || !math.IsInf(a, 0):
		return 0
	case xok == (a > 0):
		// One is infinite, the other merely beyond every float64.
		return -1
	}
	return 1
}

func standing(value float64, ok bool) int {
	switch {
	case !ok:
		return 0
	case math.IsNaN(value):
		return 1
	}
	return 2
}

// rat returns value i as a fraction; ok is false where it has none.
func (v *Values) rat(i int) (*big.Rat, bool) {
	if v.Num.Kind == KindFloat || (v.Den != nil && v.Den.Kind == KindFloat) {
		return nil, false
	}
	n := v.Num.decimal(i)
	if !n.IsFinite() {
		return nil, false
	}
	if v.Den == nil {
		return n.Rat(), true
	}
	d := v.Den.decimal(i)
	if !d.IsFinite() || d.IsZero() {
		return nil, false
	}
	return new(big.Rat).Quo(n.Rat(), d.Rat()), true
}
