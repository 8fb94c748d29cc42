package plugin

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/internal/embedpg"
	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/engine"
	"github.com/pullview/orders-datasource/pkg/message"
	"github.com/pullview/orders-datasource/pkg/postgres"
	"github.com/pullview/orders-datasource/pkg/query"
)

const countedCatalog = `{"version": 1, "timezone": "UTC",
  "tables": {"orders": {"relation": "orders", "time": "created_at", "changes": {"mode": "log"}, "dimensions": {"channel": {"column": "channel"}}}},
  "metrics": {
    "orders": {"type": "counter", "table": "orders", "help": "Orders created"},
    "revenue": {"type": "counter", "table": "orders", "sum": "total", "help": "Their value"},
    "ticket": {"type": "ratio", "numerator": "revenue", "denominator": "orders", "help": "Average value of an order"}}}`

// counted is an engine that keeps the orders of a server that counts its
// statements. It audits nothing, which would be statements too.
type counted struct {
	*testing.T
	catalog *catalog.Catalog
	owner   *pgx.Conn
	kept    *engine.Engine
	live    *engine.Engine
	to      time.Time // where the orders end
}

func countStatements(t *testing.T) *counted {
	t.Helper()
	server := embedpg.StartForTest(t, embedpg.Options{Settings: map[string]string{"shared_preload_libraries": "pg_stat_statements"}})
	dsn := server.Database(t)
	c := &counted{T: t, to: time.Date(2025, 3, 10, 12, 0, 0, 0, time.UTC)}
	var err error
	c.catalog, err = catalog.Parse([]byte(countedCatalog))
	require.NoError(t, err)
	c.owner, err = pgx.Connect(t.Context(), dsn)
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.owner.Close(context.Background()) })
	c.exec(`CREATE EXTENSION pg_stat_statements;
		CREATE TABLE elsewhere (n int);
		CREATE TABLE orders (created_at timestamptz NOT NULL, channel text, total numeric);
		CREATE INDEX ON orders (created_at);
		INSERT INTO orders SELECT '2025-03-10 12:00Z'::timestamptz - n * interval '7 seconds', 'channel ' || n % 4, n FROM generate_series(1, 10000) AS n`)
	open := func() *postgres.Store {
		pool, err := pgxpool.ParseConfig(dsn)
		require.NoError(t, err)
		store := postgres.New(postgres.Config{Pool: pool, Catalog: c.catalog, QueryTimeout: 20 * time.Second, PreparedStatements: true})
		t.Cleanup(store.Close)
		return store
	}
	look, err := open().Look(t.Context(), query.Caller{})
	require.NoError(t, err)
	log, err := look.ChangelogSQL(t.Context(), c.catalog.Tables["orders"], message.English)
	look.Close()
	require.NoError(t, err)
	c.exec(log.Install)
	c.kept = engine.NewKeeping(liveStore{open()}, engine.Keep{Location: time.UTC, Bytes: 1 << 24})
	c.live = engine.New(liveStore{open()})
	return c
}

func (c *counted) exec(sql string) {
	c.Helper()
	_, err := c.owner.Exec(c.Context(), sql, pgx.QueryExecModeSimpleProtocol)
	require.NoError(c, err)
}

// scans returns how many statements the server has run that read orders, by its
// own account, and how many rows these returned. EXPLAIN reads none.
func (c *counted) scans() (statements, rows int64) {
	c.Helper()
	require.NoError(c, c.owner.QueryRow(c.Context(), `SELECT coalesce(sum(calls), 0)::bigint, coalesce(sum(rows), 0)::bigint
		FROM pg_stat_statements WHERE query LIKE '%FROM "public"."orders"%' AND query NOT LIKE '%EXPLAIN%'`).Scan(&statements, &rows))
	return statements, rows
}

// ask answers a query for a range before the end of the orders from what is kept,
// compares that with the live answer, and returns what the server ran for it.
func (c *counted) ask(ask query.Query, from, to time.Duration) (statements, rows int64) {
	c.Helper()
	ask.RefID, ask.Version = "A", 1
	req, err := ask.Validate(c.catalog, query.Environment{From: c.to.Add(-from), To: c.to.Add(-to), Limits: query.Limits{MaxCells: 1_000_000, MaxSeries: 1000}})
	require.NoError(c, err)
	want, err := c.live.Answer(c.Context(), req, query.Caller{})
	require.NoError(c, err)
	statementsBefore, rowsBefore := c.scans()
	got, err := c.kept.Answer(c.Context(), req, query.Caller{})
	require.NoError(c, err)
	statements, rows = c.scans()
	require.Equal(c, engine.GuaranteeExact, got.Stats.Guarantee)
	require.Equal(c, len(want.Series), len(got.Series))
	for i := range want.Series {
		require.Equal(c, want.Series[i].Labels, got.Series[i].Labels)
		for j := range want.Series[i].Values.Len() {
			x, xok := want.Series[i].Values.Float64(j)
			y, yok := got.Series[i].Values.Float64(j)
			require.Equal(c, xok, yok)
			require.InDelta(c, x, y, 0)
		}
	}
	return statements - statementsBefore, rows - rowsBefore
}

func TestTheServerReadsNoRowsForWhatIsMadeOfKeptMinutes(t *testing.T) {
	t.Parallel()
	c := countStatements(t)
	by := []string{"channel"}
	first := query.Query{Metrics: []string{"orders", "revenue", "ticket"}, Step: "1m", GroupBy: by}
	statements, _ := c.ask(first, 6*time.Hour, 0)
	require.Positive(t, statements, "nothing was kept")
	all := map[string]struct {
		query    query.Query
		from, to time.Duration
	}{
		"the same":            {first, 6 * time.Hour, 0},
		"a part of the range": {first, 5 * time.Hour, time.Hour},
		"a coarser step":      {query.Query{Metrics: []string{"orders"}, Step: "30m", GroupBy: by}, 6 * time.Hour, 0},
		"a ratio by hour":     {query.Query{Metrics: []string{"ticket"}, Step: "1h", GroupBy: by}, 6 * time.Hour, 0},
		"one value":           {query.Query{Metrics: []string{"revenue"}, Step: "range", GroupBy: by}, 4 * time.Hour, time.Minute},
		"the top groups":      {query.Query{Metrics: []string{"revenue"}, Step: "10m", GroupBy: by, Top: &query.Top{Limit: 2, Others: true}}, 6 * time.Hour, 0},
		"a running total":     {query.Query{Metrics: []string{"orders"}, View: catalog.ViewRunningTotal, Step: "10m", GroupBy: by}, 6 * time.Hour, 0},
		"a share":             {query.Query{Metrics: []string{"orders"}, View: catalog.ViewShare, Step: "10m", GroupBy: by}, 6 * time.Hour, 0},
		"a comparison":        {query.Query{Metrics: []string{"orders"}, Step: "1m", GroupBy: by, Compare: []string{"2h"}}, 2 * time.Hour, 0},
	}
	for about, test := range all {
		c.exec("INSERT INTO elsewhere VALUES (1)") // or nothing was committed, and nothing is asked at all
		statements, rows := c.ask(test.query, test.from, test.to)
		assert.Zero(t, statements, about)
		assert.Zero(t, rows, about)
	}
	c.exec("UPDATE orders SET total = total + 1 WHERE created_at = '2025-03-10 11:01:40Z'")
	statements, rows := c.ask(first, 6*time.Hour, 0)
	assert.Positive(t, statements, "a minute changed")
	assert.LessOrEqual(t, rows, int64(2*4), "it has four channels, and two metrics")
	for about, test := range all {
		statements, _ := c.ask(test.query, test.from, test.to)
		assert.Zero(t, statements, about)
	}
}
