package postgres

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/big"

	"github.com/pullview/orders-datasource/pkg/query"
)

// Signs of PostgreSQL's binary numeric (src/backend/utils/adt/numeric.c,
// numeric_send).
const (
	numericPos  = 0x0000
	numericNeg  = 0x4000
	numericNaN  = 0xC000
	numericPInf = 0xD000
	numericNInf = 0xF000
)

// decodeNumeric reads a numeric in binary form: the number of base-10000
// digits, the weight of the first one, the sign and the number of decimal
// digits after the point, each an int16, and then the digits. Values whose
// coefficient fits an int64 are read without allocating.
func decodeNumeric(b []byte) (query.Decimal, error) {
	if len(b) < 8 {
		return query.Decimal{}, fmt.Errorf("a numeric of %d bytes", len(b))
	}
	n := int(binary.BigEndian.Uint16(b))
	weight := int(int16(binary.BigEndian.Uint16(b[2:])))
	sign := binary.BigEndian.Uint16(b[4:])
	scale := int(binary.BigEndian.Uint16(b[6:]))
	digits := b[8:]
	switch sign {
	case numericNaN:
		return query.DecimalNaN, nil
	case numericPInf:
		return query.DecimalPosInf, nil
	case numericNInf:
		return query.DecimalNegInf, nil
	case numericPos, numericNeg:
	default:
		return query.Decimal{}, fmt.Errorf("a numeric with sign %#x", sign)
	}
	if len(digits) != 2*n {
		return query.Decimal{}, fmt.Errorf("a numeric of %d digits in %d bytes", n, len(digits))
	}
	// The digits, read as one integer, stand for a value with this many decimal
	// places, which may be more or fewer than the scale.
	places := 4 * (n - 1 - weight)
	if coef, ok := smallCoefficient(digits, scale-places); ok {
		if sign == numericNeg {
			coef = -coef
		}
		return query.NewDecimal(coef, int32(scale)), nil
	}
	coef := bigCoefficient(digits, scale-places)
	if sign == numericNeg {
		coef.Neg(coef)
	}
	return query.NewBigDecimal(coef, int32(scale)), nil
}

// smallCoefficient returns the digits as an integer times 10^shift; ok is false
// when that does not fit an int64.
func smallCoefficient(digits []byte, shift int) (coef int64, ok bool) {
	var acc uint64
	for i := 0; i < len(digits); i += 2 {
		d := uint64(binary.BigEndian.Uint16(digits[i:]))
		if acc > (math.MaxInt64-d)/10000 {
			return 0, false
		}
		acc = acc*10000 + d
	}
	for ; shift > 0 && acc != 0; shift-- {
		if acc > math.MaxInt64/10 {
			return 0, false
		}
		acc *= 10
	}
	// The server keeps no decimals beyond the scale, so what is cut are zeros.
	for ; shift < 0 && acc != 0; shift++ {
		acc /= 10
	}
	return int64(acc), true
}

func bigCoefficient(digits []byte, shift int) *big.Int {
	coef, base, d := new(big.Int), big.NewInt(10000), new(big.Int)
	for i := 0; i < len(digits); i += 2 {
		coef.Mul(coef, base)
		coef.Add(coef, d.SetUint64(uint64(binary.BigEndian.Uint16(digits[i:]))))
	}
	power := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(shift, -shift))), nil)
	if shift < 0 {
		return coef.Quo(coef, power)
	}
	return coef.Mul(coef, power)
}
