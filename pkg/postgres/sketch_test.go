package postgres

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/internal/embedpg"
	"github.com/pullview/orders-datasource/pkg/query"
)

// The codes that the server computes must be those of query.SketchCode, for
// values of every size and type. Where a value lies so near to a bound that
// rounding decides, the neighbouring code is as good.
func TestSketchCodesAreThoseOfTheQueryPackage(t *testing.T) {
	t.Parallel()
	const sql = `
CREATE TABLE t (at timestamptz DEFAULT '2026-03-01', f float8, r real, n numeric, p numeric(20, 6), i8 bigint, i2 smallint, m money, d interval);
INSERT INTO t (f, r, n, p, i8, i2, m, d)
  SELECT x::float8, greatest(least(x, 1e30), -1e30)::real, x, round(x % 1e9, 6), trunc(x % 1e9)::bigint, trunc(x % 30000)::smallint,
    round(x % 1e6, 2)::money, (x % 1e6)::float8 * interval '1 second'
  FROM (SELECT (CASE WHEN g % 3 = 0 THEN -1 ELSE 1 END) * exp((g - 2000) / 10.0)::numeric AS x FROM generate_series(0, 4000) AS g) AS made
  WHERE abs(x) < 1e100 AND abs(x) > 1e-30;
INSERT INTO t (f, r, n, p, i8, i2, m, d) VALUES
  (0, 0, 0, 0, 0, 0, 0::money, '0'), ('-0', '-0', 0.000, 0, NULL, NULL, NULL, NULL),
  (5e-324, 1e-45, 1e-400, 0.000001, 1, 1, '0.01', '1 microsecond'), (1.7976931348623157e308, 3.4e38, 1e400, 99999999999999.999999, 9223372036854775807, 32767, '1', '100 years'),
  (-1.7976931348623157e308, -3.4e38, -1e400, -99999999999999.999999, -9223372036854775808, -32768, '-1', '-100 years'),
  ('NaN', 'NaN', 'NaN', 'NaN', NULL, NULL, NULL, NULL), ('Infinity', 'Infinity', 'Infinity', NULL, NULL, NULL, NULL, NULL),
  ('-Infinity', '-Infinity', '-Infinity', NULL, NULL, NULL, NULL, NULL);`
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		f := setUp(t, server, sql, emptyCatalog)
		look := f.look(t)
		at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
		for expr, text := range map[string]string{
			"f": "f", "r": "r::float8", "n": "n", "p": "p", "i8": "i8", "i2": "i2", "m": "m::numeric", "d": "extract(epoch from d)",
			"n * 1 -- an expression": "n",
		} {
			cells, err := look.Scan(t.Context(), &query.Scan{Table: f.catalog.Tables["t"], Time: "at", MaxRows: 100_000,
				Buckets:  query.Buckets{From: at, To: at.Add(time.Hour)},
				Measures: []query.Measure{{Kind: query.Sketch, Expr: expr}}})
			require.NoError(t, err, expr)
			counted := map[int32]int64{}
			for i, code := range cells.Code {
				counted[code] = cells.Columns[0].Ints[i]
			}
			for _, value := range numbers(t, f, text) {
				code := codeOf(value)
				if counted[code] == 0 {
					for _, neighbour := range []int32{code - 1, code + 1} {
						if counted[neighbour] > 0 && nearBound(value) {
							code = neighbour
							break
						}
					}
				}
				if !assert.Positive(t, counted[code], "%s: no code %d for %s", expr, code, value) {
					return
				}
				counted[code]--
			}
			for code, n := range counted {
				assert.Zero(t, n, "%s: %d too many in code %d", expr, n, code)
			}
			for i, code := range cells.Code {
				if code == query.SketchExcluded {
					v, ok := cells.Columns[1].Float64(i)
					assert.True(t, ok && v == 0, "%s: what is excluded has the sum %v", expr, v)
				}
			}
		}
	})
}

// codeOf is query.SketchCode for a number in text form, which may lie beyond
// float64, or among its smallest numbers, of which math.Log makes too much on
// some processors.
func codeOf(text string) int32 {
	x, _ := strconv.ParseFloat(text, 64) // beyond the range it is infinite or 0
	switch {
	case math.IsInf(x, 0) || math.IsNaN(x):
		return query.SketchExcluded
	case !strings.ContainsAny(text, "123456789"):
		return query.SketchZero
	case math.Abs(x) >= 1e-300:
		return query.SketchCode(x)
	}
	size := math.Max(math.Abs(x), math.SmallestNonzeroFloat64)
	code := query.SketchOffset + int32(math.Ceil(math.Log2(size)*math.Ln2/lnGamma))
	if strings.HasPrefix(text, "-") {
		return -code
	}
	return code
}

func nearBound(text string) bool {
	x, _ := strconv.ParseFloat(text, 64)
	i := math.Log(math.Abs(x)) / lnGamma
	return math.Abs(i-math.Round(i)) < 1e-6
}

func numbers(t *testing.T, f *fixture, expr string) []string {
	t.Helper()
	conn := f.connect(t)
	rows, err := conn.Query(t.Context(), "SELECT ("+expr+")::text FROM t WHERE ("+expr+") IS NOT NULL")
	require.NoError(t, err)
	texts, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	require.NoError(t, conn.Close(t.Context()))
	return texts
}

func TestSketchesAreGroupedAndFilteredLikeOtherMeasures(t *testing.T) {
	t.Parallel()
	f := setUp(t, embedpg.Shared(t), ordersSQL, ordersCatalog)
	from := instant(t, "2026-03-01T12:00:00Z")
	cells := f.scan(t, query.Scan{Table: f.catalog.Tables["orders"], Time: "created_at", GroupBy: []string{"channel", "region"},
		Buckets:  query.Buckets{From: from, To: from.Add(time.Hour), Step: time.Minute, Origin: from},
		Measures: []query.Measure{{Kind: query.Sketch, Expr: "total", Where: "total < 1000"}}})
	require.Equal(t, map[string]string{
		fmt.Sprintf("0 web SP %d", query.SketchCode(10.5)):  "1 10.50",
		fmt.Sprintf("0 web SP %d", query.SketchCode(0.01)):  "1 0.01",
		fmt.Sprintf("2 (null) SP %d", query.SketchCode(-5)): "1 -5.00",
		fmt.Sprintf("3 web SP %d", query.SketchCode(7)):     "1 7.00",
	}, byCell(cells))
}
