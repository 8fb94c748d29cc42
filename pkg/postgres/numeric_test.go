package postgres

import (
	"encoding/hex"
	"testing"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/internal/embedpg"
)

// The bytes are what numeric_send writes: digit count, weight, sign, scale, and
// the base-10000 digits.
func TestNumericIsDecodedExactly(t *testing.T) {
	t.Parallel()
	for text, bytes := range map[string]string{
		"0":           "0000000000000000",
		"0.00":        "0000000000000002",
		"1":           "00010000000000000001",
		"-1":          "00010000400000000001",
		"10.50":       "0002000000000002000a1388",
		"0.0001":      "0001ffff000000040001",
		"0.00000001":  "0001fffe000000080001",
		"10000":       "00010001000000000001",
		"100000000.5": "00040002000000010001000000001388",
		"NaN":         "00000000c0000000",
		"Infinity":    "00000000d0000000",
		"-Infinity":   "00000000f0000000",
	} {
		b, err := hex.DecodeString(bytes)
		require.NoError(t, err)
		d, err := decodeNumeric(b)
		require.NoError(t, err, text)
		require.Equal(t, text, d.String())
	}
}

func TestBrokenNumericIsAnErrorAndNoPanic(t *testing.T) {
	t.Parallel()
	for name, b := range map[string][]byte{
		"empty":            {},
		"short":            {0, 1, 0, 0, 0, 0, 0},
		"missing digits":   {0, 2, 0, 0, 0, 0, 0, 0, 0, 1},
		"surplus digits":   {0, 0, 0, 0, 0, 0, 0, 0, 0, 1},
		"unknown sign":     {0, 0, 0, 0, 0x12, 0x34, 0, 0},
		"odd number bytes": {0, 1, 0, 0, 0, 0, 0, 0, 0},
	} {
		_, err := decodeNumeric(b)
		require.Error(t, err, name)
	}
}

// Whatever numeric the server sends must read back as the text that it prints:
// edges of int64, scales up to the largest, and random values of all sizes.
func TestNumericAgreesWithTheServersText(t *testing.T) {
	t.Parallel()
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		f := setUp(t, server, "", emptyCatalog)
		conn := f.connect(t)
		rows := conn.PgConn().ExecParams(t.Context(), `
			SELECT n, n::text FROM (
			  SELECT unnest('{0,0.0,1,-1,0.1,-0.1,1e-16383,1e131071,9223372036854775807,-9223372036854775808,9223372036854775808,
			    922337203685477580.7,0.9223372036854775807,0.000000009223372036854775807,92233720368547758070,1000000000000000000,
			    10000,9999,99990000,0.00009999,0.99990000,1.00000000000000000000,12345678901234567890.1234567890,NaN,Infinity,-Infinity}'::numeric[]) AS n
			  UNION ALL
			  SELECT round((random() - 0.5)::numeric * (10::numeric ^ (i % 45)), i % 31) FROM generate_series(1, 20000) AS i
			  UNION ALL
			  SELECT trunc((random() - 0.5)::numeric * (10::numeric ^ (i % 24))) FROM generate_series(1, 5000) AS i
			  UNION ALL
			  SELECT (random() * 1e6)::numeric(20, 2) / (10::numeric ^ (i % 40)) FROM generate_series(1, 5000) AS i
			) AS every`, nil, nil, nil, []int16{pgtype.BinaryFormatCode})
		count := 0
		for rows.NextRow() {
			v := rows.Values()
			d, err := decodeNumeric(v[0])
			require.NoError(t, err)
			require.Equal(t, string(v[1]), d.String())
			count++
		}
		_, err := rows.Close()
		require.NoError(t, err)
		require.Greater(t, count, 30_000)
	})
}
