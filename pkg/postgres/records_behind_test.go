package postgres

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/internal/embedpg"
	"github.com/pullview/orders-datasource/pkg/query"
)

// A row is behind a histogram exactly if the sketch counts it, for values of
// every type, size and sign, and those that are no numbers.
func TestRecordsBehindAHistogramAreThoseThatItsSketchCounts(t *testing.T) {
	t.Parallel()
	const sql = `
CREATE TABLE t (at timestamptz DEFAULT '2026-03-01', f float8, r real, n numeric, p numeric(20, 6), i bigint, m money, d interval);
INSERT INTO t (f, r, n, p, i, m, d) VALUES
  (0, 0, 0, 0, 0, 0::money, '0'), (-1.5, -1.5, -1.5, -1.5, -1, '-1.5', '-1 hour'),
  (1.7976931348623157e308, 3.4e38, 1e400, 1, 9223372036854775807, '1', '100 years'), (-1.7976931348623157e308, -3.4e38, -1e400, 1, -9223372036854775808, '1', '1'),
  (5e-324, 1e-45, 1e-400, 0.000001, NULL, NULL, NULL), ('NaN', 'NaN', 'NaN', 'NaN', NULL, NULL, NULL),
  ('Infinity', 'Infinity', 'Infinity', NULL, NULL, NULL, NULL), ('-Infinity', '-Infinity', '-Infinity', NULL, NULL, NULL, NULL),
  (NULL, NULL, NULL, NULL, NULL, NULL, NULL);`
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		f := setUp(t, server, sql, emptyCatalog)
		look := f.look(t)
		for column, want := range map[string]int64{"f": 5, "r": 5, "n": 3, "p": 5, "i": 4, "m": 4, "d": 4, "n * 1": 3} {
			scan := recordScan(f)
			scan.Columns, scan.Measure = []string{"at"}, query.Measure{Kind: query.Sketch, Expr: column}
			records, _, err := look.Records(t.Context(), scan)
			require.NoError(t, err, column)
			require.Equal(t, want, records.Matching, column)

			counted := int64(0)
			cells := f.scan(t, query.Scan{Table: scan.Table, Time: "at", Buckets: scan.Buckets, Measures: []query.Measure{scan.Measure}})
			for i, code := range cells.Code {
				if code != query.SketchExcluded {
					counted += cells.Columns[0].Ints[i]
				}
			}
			require.Equal(t, counted, records.Matching, column)

			scan.Measure.Kind = query.CountDistinct
			records, _, err = look.Records(t.Context(), scan)
			require.NoError(t, err, column)
			all := f.scan(t, query.Scan{Table: scan.Table, Time: "at", Buckets: scan.Buckets, Measures: []query.Measure{{Where: "(" + column + ") IS NOT NULL"}}})
			require.Equal(t, all.Columns[0].Ints[0], records.Matching, column)
		}
	})
}

func TestRecordsOfTheOthersLeaveOutGroupsAndNull(t *testing.T) {
	t.Parallel()
	f := setUp(t, embedpg.Shared(t), `
CREATE TABLE t (at timestamptz DEFAULT '2026-03-01', a text, b numeric);
INSERT INTO t (a, b) VALUES ('x', 1.0), ('x', 1.00), ('x', 2), ('x', NULL), (NULL, 1), (NULL, NULL), ('''; --', 1);`,
		`{"version": 1, "timezone": "UTC", "tables": {"t": {"relation": "t", "time": "at", "dimensions": {"a": {"column": "a"}, "b": {"column": "b"}}}},
			"metrics": {"n": {"type": "counter", "table": "t", "help": "Rows"}}}`)
	look := f.look(t)
	x, one, null := query.Value{Text: "x"}, query.Value{Text: "1"}, query.Value{Null: true}
	for _, test := range []struct {
		by   []string
		out  []query.Group
		want int64
	}{
		{nil, nil, 7},
		{[]string{"a"}, []query.Group{{x}}, 3},
		{[]string{"a"}, []query.Group{{null}}, 5},
		{[]string{"a"}, []query.Group{{null}, {{Text: "'; --"}}}, 4},
		{[]string{"a", "b"}, []query.Group{{x, one}}, 5},
		{[]string{"b", "a"}, []query.Group{{one, x}, {null, null}, {null, x}}, 3},
	} {
		scan := recordScan(f)
		scan.Columns, scan.ExceptBy, scan.Except = []string{"at"}, test.by, test.out
		scan.Limit = 1 // so that the statement that counts is tried as well
		records, _, err := look.Records(t.Context(), scan)
		require.NoError(t, err)
		require.Equal(t, test.want, records.Matching, "%v", test.out)
	}
	from := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	scan := recordScan(f)
	scan.Columns, scan.Where, scan.Buckets = []string{"at"}, []string{"false"}, query.Buckets{From: from, To: from}
	records, _, err := look.Records(t.Context(), scan)
	require.NoError(t, err)
	require.Zero(t, records.Matching)
}
