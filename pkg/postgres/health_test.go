package postgres

import (
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/internal/embedpg"
	"github.com/pullview/orders-datasource/pkg/query"
)

func metricScans(f *fixture, measures map[string]query.Measure) []MetricScans {
	var scans []MetricScans
	for _, name := range sortedKeys(measures) {
		scan := ordersScan(f)
		scan.Measures = []query.Measure{measures[name]}
		scans = append(scans, MetricScans{Metric: name, Scans: []*query.Scan{scan}})
	}
	return scans
}

// asReader opens the fixture's store as a role of its own, with the rights that
// the SQL grants to $role.
func asReader(t *testing.T, f *fixture, grants string) {
	t.Helper()
	role := "reader_" + strings.ToLower(rand.Text())
	f.exec(t, strings.ReplaceAll(`CREATE ROLE $role LOGIN PASSWORD 's3cret';`+grants, "$role", role))
	t.Cleanup(func() { dropRole(t, f, role) })
	f.store = f.open(t, func(c *Config) { c.Pool.ConnConfig.User, c.Pool.ConnConfig.Password = role, "s3cret" })
}

func TestAHealthyStoreHasNothingToReport(t *testing.T) {
	t.Parallel()
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		f := setUp(t, server, ordersSQL, ordersCatalog)
		asReader(t, f, `GRANT SELECT ON orders TO $role;`)
		r, err := f.store.Check(t.Context(), query.Caller{User: "ana"}, metricScans(f, map[string]query.Measure{
			"faturamento": {Kind: query.Sum, Expr: "total"}, "pedidos": {Kind: query.CountRows},
			"p": {Kind: query.Percentiles, Expr: "total", Quantiles: []float64{0.5}}, "s": {Kind: query.Sketch, Expr: "total"},
		}))
		require.NoError(t, err)
		require.True(t, r.OK(), r)
		require.Empty(t, r.String())
		require.Len(t, r.Metrics, 4)
		require.Equal(t, "table", r.Tables[0].Kind)
		require.True(t, strings.HasPrefix(r.Server.Version, server.Version()), r.Server.Version)
		require.Contains(t, r.Server.User, "reader_")
		require.False(t, r.Server.Standby)
		require.InDelta(t, 0, r.Server.ClockSkew, 5)
	})
}

func TestHealthNamesEveryProblem(t *testing.T) {
	t.Parallel()
	const catalog = `{"version": 1, "timezone": "UTC", "tables": {
	  "gone": {"relation": "no_such", "time": "at"},
	  "hidden": {"relation": "hidden", "time": "at"},
	  "wrong": {"relation": "orders", "time": "craeted_at", "where": "total", "records": ["id", "chanel"],
	    "dimensions": {"channel": {"column": "chanel"}, "region": {"column": "region", "values": ["SP"]}, "total": {"column": "total", "values": ["many"]}}}},
	  "metrics": {"n": {"type": "counter", "table": "gone", "help": "Rows"}, "m": {"type": "counter", "table": "wrong", "sum": "channel", "help": "Sum"},
	    "h": {"type": "counter", "table": "hidden", "help": "Hidden"}}}`
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		f := setUp(t, server, ordersSQL+`CREATE TABLE hidden (at timestamptz); CREATE INDEX ON hidden (at);`, catalog)
		asReader(t, f, `GRANT SELECT ON orders TO $role;`)
		scan := func(table string, m query.Measure) []*query.Scan {
			from := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
			return []*query.Scan{{Table: f.catalog.Tables[table], Time: "at", Buckets: query.Buckets{From: from, To: from}, Measures: []query.Measure{m}}}
		}
		r, err := f.store.Check(t.Context(), query.Caller{}, []MetricScans{
			{Metric: "n", Scans: scan("gone", query.Measure{})}, {Metric: "h", Scans: scan("hidden", query.Measure{})}})
		require.NoError(t, err)
		require.False(t, r.OK())
		text := r.String()
		for _, says := range []string{
			"table gone: the database has no table or view public.no_such",
			"table hidden: the role lacks SELECT on hidden",
			"tables.wrong.time", "did you mean created_at?",
			"tables.wrong.where must be true or false for every row",
			"tables.wrong.dimensions.channel.column", "did you mean channel?",
			`tables.wrong.dimensions.total.values[0]: "many" is not a decimal number`,
			`tables.wrong.records[1]: orders has no column "chanel" (did you mean channel?)`,
			"metric n: the database has no table",
			"metric h: the role of the data source lacks a right",
		} {
			assert.Contains(t, text, says)
		}
	})
}

func TestHealthWarnsOfRightsAndMissingIndexes(t *testing.T) {
	t.Parallel()
	const catalog = `{"version": 1, "timezone": "UTC", "tables": {
	  "plain": {"relation": "plain", "time": "at"}, "parted": {"relation": "parted", "time": "at"}, "half": {"relation": "half", "time": "at"},
	  "seen": {"relation": "seen", "time": "at"}, "kept": {"relation": "kept", "time": "at"}},
	  "metrics": {"n": {"type": "counter", "table": "plain", "help": "Rows"}}}`
	const sql = `
CREATE TABLE plain (id int, at timestamptz); CREATE INDEX ON plain (id, at);
CREATE TABLE parted (at timestamptz) PARTITION BY RANGE (at);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM ('2026-01-01') TO ('2026-02-01') PARTITION BY RANGE (at);
CREATE TABLE parted_1_1 PARTITION OF parted_1 DEFAULT;
CREATE INDEX ON parted (at);
CREATE TABLE half (at timestamptz) PARTITION BY RANGE (at);
CREATE TABLE half_1 PARTITION OF half FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE half_2 PARTITION OF half DEFAULT;
CREATE INDEX ON half_1 (at);
CREATE VIEW seen AS SELECT * FROM plain;
CREATE MATERIALIZED VIEW kept AS SELECT * FROM plain;
ALTER TABLE plain ENABLE ROW LEVEL SECURITY;`
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		f := setUp(t, server, sql, catalog)
		asReader(t, f, `GRANT SELECT, UPDATE ON plain, parted, half, seen TO $role; GRANT SELECT (at) ON kept TO $role; ALTER ROLE $role CREATEDB;`)
		r, err := f.store.Check(t.Context(), query.Caller{}, nil)
		require.NoError(t, err)
		require.True(t, r.OK())
		text := r.String()
		for _, says := range []string{
			`table plain: no index of plain begins with at, so every answer reads the whole table; CREATE INDEX ON plain ("at")`,
			"table half: 1 of the 2 partitions of half have no index that begins with at",
			"table kept: no index of kept begins with at",
			"table plain: the role may write to plain",
			"table plain: row-level security decides",
			"table kept: the role may SELECT only some columns of kept",
			"has the attribute CREATEDB",
		} {
			assert.Contains(t, text, says)
		}
		for _, not := range []string{"index of parted", "index of seen", "superuser"} {
			assert.NotContains(t, text, not)
		}
		kinds := map[string]string{}
		for _, table := range r.Tables {
			kinds[table.Table] = table.Kind
		}
		require.Equal(t, map[string]string{"plain": "table", "parted": "partitioned table", "half": "partitioned table",
			"seen": "view", "kept": "materialized view"}, kinds)

		f.store = f.open(t, nil)
		r, err = f.store.Check(t.Context(), query.Caller{}, nil)
		require.NoError(t, err)
		require.Contains(t, r.String(), "user postgres is a superuser")
	})
}

func TestHealthSeesWhatChangedSince(t *testing.T) {
	t.Parallel()
	f := setUp(t, embedpg.Shared(t), ordersSQL, ordersCatalog)
	scans := metricScans(f, map[string]query.Measure{"faturamento": {Kind: query.Sum, Expr: "total"}})
	r, err := f.store.Check(t.Context(), query.Caller{}, scans)
	require.NoError(t, err)
	require.True(t, r.OK())
	f.exec(t, `ALTER TABLE orders RENAME COLUMN total TO amount`)
	r, err = f.store.Check(t.Context(), query.Caller{}, scans)
	require.NoError(t, err)
	require.False(t, r.OK())
	require.Contains(t, r.Metrics[0].Problem.String(), "metrics.faturamento.sum")
}

func TestHealthOfAStoreOutOfReachIsAnError(t *testing.T) {
	t.Parallel()
	f := setUp(t, embedpg.Shared(t), ordersSQL, ordersCatalog)
	s := f.open(t, func(c *Config) { c.Pool.ConnConfig.Password = "wrong" })
	_, err := s.Check(t.Context(), query.Caller{}, nil)
	requireKind(t, err, KindLogin)
}

func TestServersThatAreTooOldAreRefused(t *testing.T) {
	t.Parallel()
	for version, supported := range map[string]bool{
		"9.6.24": false, "13.14 (Debian 13.14-1)": false, "14.0": true, "15.18 (Debian)": true, "18.4": true, "19beta1": true, "": true,
	} {
		err := checkVersion(version)
		if supported {
			assert.NoError(t, err, version)
			continue
		}
		requireKind(t, err, KindUnsupported)
		assert.Contains(t, err.Error(), "version 14 or newer is needed")
	}
}
