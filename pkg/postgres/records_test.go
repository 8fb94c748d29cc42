package postgres

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/internal/embedpg"
	"github.com/pullview/orders-datasource/pkg/query"
)

const recordsSQL = `
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE t (at timestamptz, local timestamp, day date, n int, amount numeric(10, 2), cash money, ratio real, ok boolean,
  id uuid, feeling mood, tags text[], doc jsonb, took interval, raw bytea, "odd ""name""" text);
INSERT INTO t VALUES
  ('2026-03-01 12:00:00Z', '2026-03-01 09:00:00', '2026-03-01', 1, 1.50, '2.25', 0.5, true, '6f1e6c0a-52d3-4f0e-9d3b-0d6c3f1f7a11', 'ok',
   '{a,"b c",NULL}', '{"a": 1}', '1 day 02:03:04', '\xdeadbeef', 'x'),
  ('2026-03-01 13:00:00Z', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  ('2026-03-01 14:00:00Z', 'infinity', '-infinity', -7, 'NaN', 0::money, 'Infinity', false, NULL, 'sad', '{}', '[]', '0', '', '');`

var recordColumns = []string{"at", "local", "day", "n", "amount", "cash", "ratio", "ok", "id", "feeling", "tags", "doc", "took", "raw", `odd "name"`}

func recordsFixture(t *testing.T, server *embedpg.Server) *fixture {
	return setUp(t, server, recordsSQL, fmt.Sprintf(`{"version": 1, "timezone": "America/Sao_Paulo",
		"tables": {"t": {"relation": "t", "time": "at", "records": [%q], "dimensions": {"n": {"column": "n"}}}},
		"metrics": {"n": {"type": "counter", "table": "t", "help": "Rows"}}}`, "at"))
}

func recordScan(f *fixture) *query.RecordScan {
	from := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	return &query.RecordScan{Table: f.catalog.Tables["t"], Time: "at", Buckets: query.Buckets{From: from, To: from.AddDate(0, 0, 1)},
		Columns: recordColumns, Limit: 100}
}

func TestRecordsKeepTheirTypesAndComeNewestFirst(t *testing.T) {
	t.Parallel()
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		f := recordsFixture(t, server)
		records, stat, err := f.look(t).Records(t.Context(), recordScan(f))
		require.NoError(t, err)
		require.EqualValues(t, 3, records.Matching)
		require.Equal(t, 3, stat.Rows)
		require.Contains(t, stat.SQL, `ORDER BY "at" DESC`)
		byName := map[string]query.RecordColumn{}
		for _, c := range records.Columns {
			byName[c.Name] = c
		}
		require.Len(t, byName, len(recordColumns))
		require.Equal(t, instant(t, "2026-03-01T14:00:00Z"), *byName["at"].Times[0])
		require.Equal(t, instant(t, "2026-03-01T12:00:00Z"), *byName["local"].Times[2], "read in the table's zone")
		require.Nil(t, byName["local"].Times[0], "infinite times are not shown")
		require.Equal(t, "NaN", byName["amount"].Decimals[0].String())
		require.Equal(t, "1.50", byName["amount"].Decimals[2].String())
		require.Equal(t, "2.25", byName["cash"].Decimals[2].String())
		require.Equal(t, "-7", byName["n"].Decimals[0].String())
		require.True(t, math.IsInf(*byName["ratio"].Floats[0], 1))
		require.InDelta(t, 0.5, *byName["ratio"].Floats[2], 0)
		require.True(t, *byName["ok"].Bools[2])
		for name, want := range map[string]string{
			"day": "2026-03-01", "id": "6f1e6c0a-52d3-4f0e-9d3b-0d6c3f1f7a11", "feeling": "ok", "tags": `{a,"b c",NULL}`,
			"doc": `{"a": 1}`, "took": "1 day 02:03:04", "raw": `\xdeadbeef`, `odd "name"`: "x",
		} {
			require.Equal(t, want, *byName[name].Texts[2], name)
			require.Nil(t, byName[name].Texts[1], name)
		}
		for _, c := range records.Columns {
			if c.Name != "at" {
				require.True(t, (c.Times == nil || c.Times[1] == nil) && (c.Decimals == nil || c.Decimals[1] == nil) &&
					(c.Floats == nil || c.Floats[1] == nil) && (c.Bools == nil || c.Bools[1] == nil), c.Name)
			}
		}
	})
}

func TestRecordsBeyondTheLimitAreCounted(t *testing.T) {
	t.Parallel()
	f := recordsFixture(t, embedpg.Shared(t))
	look := f.look(t)
	scan := recordScan(f)
	scan.Limit = 1
	records, _, err := look.Records(t.Context(), scan)
	require.NoError(t, err)
	require.Len(t, records.Columns[0].Times, 1)
	require.EqualValues(t, 3, records.Matching)
	scan.Where = []string{"", "n IS NOT NULL"}
	scan.Filters = []query.Filter{{Key: "n", Operator: query.Gt, Values: []string{"0"}}}
	records, _, err = look.Records(t.Context(), scan)
	require.NoError(t, err)
	require.EqualValues(t, 1, records.Matching)
	require.Equal(t, instant(t, "2026-03-01T12:00:00Z"), *records.Columns[0].Times[0])
}

func TestRecordsOfAGaugeAreThoseOpenAtTheEnd(t *testing.T) {
	t.Parallel()
	f := setUp(t, embedpg.Shared(t), spansSQL, spansCatalog)
	at := time.Date(2026, 3, 3, 0, 0, 0, 0, time.UTC)
	records, _, err := f.look(t).Records(t.Context(), &query.RecordScan{Table: f.catalog.Tables["carts"], Time: "opened", Level: true,
		Span: &query.Span{Opened: "opened", Closed: "closed"}, Buckets: query.Buckets{From: at, To: at}, Columns: []string{"id"}, Limit: 100})
	require.NoError(t, err)
	var ids []string
	for _, id := range records.Columns[0].Decimals {
		ids = append(ids, id.String())
	}
	require.ElementsMatch(t, []string{"1", "2", "3"}, ids)
}

func TestRecordsOfColumnsThatAreMissingAreRefused(t *testing.T) {
	t.Parallel()
	f := recordsFixture(t, embedpg.Shared(t))
	look := f.look(t)
	scan := recordScan(f)
	scan.Columns = []string{"amounts"}
	_, _, err := look.Records(t.Context(), scan)
	e := requireKind(t, err, KindCatalog)
	require.Contains(t, e.Message.String(), `tables.t.records: t has no column "amounts" (did you mean amount?)`)
	scan.Columns = []string{"amount, cash"}
	_, _, err = look.Records(t.Context(), scan)
	requireKind(t, err, KindCatalog)
	scan.Columns = nil
	_, _, err = look.Records(t.Context(), scan)
	require.ErrorContains(t, requireKind(t, err, KindCatalog), "no rows of the table may be shown")
}

func TestVeryLongRecordsAreRefused(t *testing.T) {
	t.Parallel()
	f := recordsFixture(t, embedpg.Shared(t))
	f.exec(t, `INSERT INTO t (at, doc) SELECT '2026-03-01 15:00:00Z', to_jsonb(repeat('x', 1000000)) FROM generate_series(1, 50)`)
	_, _, err := f.look(t).Records(t.Context(), recordScan(f))
	require.ErrorIs(t, err, query.ErrTooManyCells)
}

func TestStatementsAreExplainedWithoutTheirValues(t *testing.T) {
	t.Parallel()
	f := setUp(t, embedpg.Shared(t), ordersSQL, ordersCatalog)
	look := f.look(t)
	scan := ordersScan(f)
	scan.GroupBy = []string{"channel"}
	scan.Buckets.Step, scan.Buckets.Origin = time.Hour, scan.Buckets.From
	scan.Filters = []query.Filter{{Key: "region", Operator: query.In, Values: []string{"secret", "value"}}}
	s, err := look.Explain(t.Context(), scan)
	require.NoError(t, err)
	require.Equal(t, strings.TrimSpace(`
SELECT bucket,
       (key1)::text,
       count(*)
FROM (SELECT date_bin($1, "created_at", $2) AS bucket,
             "channel" AS key1
      FROM "public"."orders"
      WHERE "created_at" >= $2
        AND "created_at" < $3
        AND "region" = ANY($4)
      OFFSET bigint '0') AS rows
GROUP BY bucket, key1
LIMIT 101`), s.SQL)
	require.Equal(t, []Bind{{1, "interval"}, {2, "timestamp with time zone"}, {3, "timestamp with time zone"}, {4, "text[]"}}, s.Binds)
	require.NotContains(t, fmt.Sprint(s), "secret")

	cells, err := look.Scan(t.Context(), scan)
	require.NoError(t, err)
	require.Equal(t, s.SQL, cells.Stat.SQL, "what is explained is what runs")

	records, err := look.ExplainRecords(t.Context(), &query.RecordScan{Table: scan.Table, Time: "created_at", Buckets: scan.Buckets, Columns: []string{"id"}, Limit: 7})
	require.NoError(t, err)
	require.Contains(t, records.SQL, `SELECT "id"::numeric`)
	require.Contains(t, records.SQL, "LIMIT 7")
}
