package orders

import (
	"math/big"
	"testing"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMoneyIsReadFromPlainDecimals(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Money{
		"0":             0,
		"15":            1500,
		"0.5":           50,
		"129.90":        12990,
		"007.01":        701,
		"9999999999.99": MaxMoney,
	} {
		got, err := ParseMoney(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, got, text)
	}
}

func TestMoneyThatIsNoPlainDecimalIsRefused(t *testing.T) {
	t.Parallel()
	for text, reason := range map[string]string{
		"":                        "plain decimal",
		".5":                      "plain decimal",
		"5.":                      "plain decimal",
		"-1":                      "plain decimal",
		"+1":                      "plain decimal",
		"1e3":                     "plain decimal",
		"1,50":                    "plain decimal",
		"1_000":                   "plain decimal",
		"NaN":                     "plain decimal",
		"١٢":                      "plain decimal",
		"1.005":                   "two decimals",
		"10000000000":             "at most 9999999999.99",
		"99999999999999999999999": "at most 9999999999.99",
	} {
		_, err := ParseMoney(text)
		assert.ErrorContains(t, err, reason, "%q", text)
	}
}

func TestMoneyIsWrittenWithTwoDecimals(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "0.05", Money(5).String())
	assert.Equal(t, "-12.30", Money(-1230).String())
	json, err := Money(1250).MarshalJSON()
	require.NoError(t, err)
	assert.JSONEq(t, "12.50", string(json))
}

func TestMoneyIsScannedExactlyFromNumeric(t *testing.T) {
	t.Parallel()
	numeric := func(n int64, exp int32) pgtype.Numeric {
		return pgtype.Numeric{Int: big.NewInt(n), Exp: exp, Valid: true}
	}
	for _, c := range []struct {
		from pgtype.Numeric
		want Money
	}{
		{numeric(1299, -2), 1299},
		{numeric(13, 0), 1300},
		{numeric(2, 3), 200_000},
		{numeric(12_500, -4), 125},
	} {
		var got Money
		require.NoError(t, got.ScanNumeric(c.from))
		assert.Equal(t, c.want, got)
	}
	for name, from := range map[string]pgtype.Numeric{
		"null":           {},
		"not a number":   {NaN: true, Valid: true},
		"infinite":       {InfinityModifier: pgtype.Infinity, Valid: true},
		"three decimals": numeric(1001, -3),
		"too large":      numeric(1, 30),
	} {
		assert.Error(t, new(Money).ScanNumeric(from), name)
	}
}
