package orders

import (
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgtype"
)

// Money is an amount in centavos, the hundredth part of a Brazilian real. It is an integer so that no
// amount is ever rounded on its way through the shop.
type Money int64

// MaxMoney is the largest amount that the store's numeric(12,2) holds.
const MaxMoney Money = 999_999_999_999

var (
	_ pgtype.NumericValuer  = Money(0)
	_ pgtype.NumericScanner = (*Money)(nil)
)

// ParseMoney reads a plain decimal number of reais ("129.90", "15", "0.5"). Exponents, signs, thousands
// separators and more than two decimals are errors: the shop does not guess what was meant.
func ParseMoney(text string) (Money, error) {
	whole, decimals, hasPoint := strings.Cut(text, ".")
	if !digits(whole) || hasPoint && !digits(decimals) {
		return 0, errors.New(`must be a plain decimal number, such as 129.90`)
	}
	if len(decimals) > 2 {
		return 0, errors.New("must not have more than two decimals")
	}
	cents, err := strconv.ParseInt(whole+(decimals + "00")[:2], 10, 64)
	if err != nil || Money(cents) > MaxMoney {
		return 0, fmt.Errorf("must be at most %s", MaxMoney)
	}
	return Money(cents), nil
}

func digits(text string) bool {
	for _, r := range text {
		if r < '0' || r > '9' {
			return false
		}
	}
	return text != ""
}

// String writes the amount in reais with two decimals and a point.
func (m Money) String() string {
	sign := ""
	if m < 0 {
		sign, m = "-", -m
	}
	return fmt.Sprintf("%s%d.%02d", sign, m/100, m%100)
}

// MarshalJSON writes a JSON number with two decimals.
func (m Money) MarshalJSON() ([]byte, error) { return []byte(m.String()), nil }

// NumericValue gives the amount to pgx as numeric.
func (m Money) NumericValue() (pgtype.Numeric, error) {
	return pgtype.Numeric{Int: big.NewInt(int64(m)), Exp: -2, Valid: true}, nil
}

// ScanNumeric takes a numeric with at most two significant decimals from pgx.
func (m *Money) ScanNumeric(v pgtype.Numeric) error {
	if !v.Valid || v.NaN || v.InfinityModifier != pgtype.Finite {
		return errors.New("the amount is null, NaN or infinite")
	}
	cents := new(big.Int).Set(v.Int)
	ten := big.NewInt(10)
	for exp := v.Exp; exp > -2; exp-- {
		cents.Mul(cents, ten)
	}
	for exp := v.Exp; exp < -2; exp++ {
		remainder := new(big.Int)
		if cents.QuoRem(cents, ten, remainder); remainder.Sign() != 0 {
			return errors.New("the amount has more than two decimals")
		}
	}
	if !cents.IsInt64() {
		return errors.New("the amount is too large")
	}
	*m = Money(cents.Int64())
	return nil
}
