package postgres

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/internal/embedpg"
	"github.com/pullview/orders-datasource/pkg/discover"
	"github.com/pullview/orders-datasource/pkg/query"
)

func (f *fixture) discover(t testing.TB, scan DiscoverScan) *discover.Schema {
	t.Helper()
	if scan.Limit == 0 {
		scan.Limit = 100
	}
	if scan.Patience == 0 {
		scan.Patience = time.Minute
	}
	schema, err := f.look(t).Discover(t.Context(), scan)
	require.NoError(t, err)
	return schema
}

func relationNamed(t testing.TB, schema *discover.Schema, name string) *discover.Relation {
	t.Helper()
	for _, r := range schema.Relations {
		if r.Schema+"."+r.Name == name {
			return r
		}
	}
	require.Fail(t, "no relation "+name)
	return nil
}

func relationNames(schema *discover.Schema) (names []string) {
	for _, r := range schema.Relations {
		names = append(names, r.Schema+"."+r.Name)
	}
	return names
}

const discoverable = `
CREATE TABLE t (at timestamptz);
CREATE DOMAIN euros AS numeric(12,2) NOT NULL;
CREATE TYPE size AS ENUM ('s', 'm', 'l');
CREATE TABLE customers (id bigint PRIMARY KEY, name text NOT NULL);
CREATE TABLE orders (
  id bigint, created_at timestamp NOT NULL, customer bigint REFERENCES customers, total euros, size size,
  channel varchar(10) NOT NULL CHECK (channel IN ('web', 'it''s', 'app')), note text CHECK (length(note) > 1),
  PRIMARY KEY (id, created_at)
) PARTITION BY RANGE (created_at);
CREATE TABLE orders_a PARTITION OF orders FOR VALUES FROM ('2000-01-01') TO ('2100-01-01');
CREATE TABLE orders_b PARTITION OF orders DEFAULT;
CREATE INDEX ON orders (created_at);
CREATE INDEX ON orders (channel) WHERE note IS NULL;
COMMENT ON TABLE orders IS 'What was bought.';
COMMENT ON COLUMN orders.total IS 'What it costs.';
CREATE SCHEMA other;
CREATE TABLE other.payments ("Paid At" timestamptz, "user" text, amount money);
INSERT INTO customers SELECT n, 'c' || n FROM generate_series(1, 100) AS n;
INSERT INTO orders SELECT n, now() AT TIME ZONE 'UTC' - n * interval '1 minute', 1 + n % 100, n, 's', (ARRAY['web', 'app'])[1 + n % 2]
FROM generate_series(1, 1000) AS n;`

func TestDiscoveryTellsTheZoneOfADatabaseFromThatOfTheServer(t *testing.T) {
	t.Parallel()
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		t.Parallel()
		schema := setUp(t, server, "", emptyCatalog).discover(t, DiscoverScan{})
		assert.NotEmpty(t, schema.Zone)
		assert.False(t, schema.ZoneSet)
		schema = setUp(t, server, `DO $$ BEGIN
  EXECUTE format('ALTER DATABASE %I SET timezone = %L', current_database(), 'Europe/Lisbon');
END $$`, emptyCatalog).discover(t, DiscoverScan{})
		assert.Equal(t, "Europe/Lisbon", schema.Zone)
		assert.True(t, schema.ZoneSet)
	})
}

func TestDiscoveryReadsTablesColumnsAndKeys(t *testing.T) {
	t.Parallel()
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		t.Parallel()
		f := setUp(t, server, discoverable+"ANALYZE;", emptyCatalog)
		schema := f.discover(t, DiscoverScan{})
		assert.Equal(t, []string{"public.customers", "public.orders", "public.t", "other.payments"}, relationNames(schema), "partitions belong to their table")
		assert.False(t, schema.Truncated)
		assert.NotEmpty(t, schema.Zone)
		assert.Empty(t, schema.Unread)

		orders := relationNamed(t, schema, "public.orders")
		assert.Equal(t, "partitioned table", orders.Kind)
		assert.Equal(t, "What was bought.", orders.Comment)
		assert.InDelta(t, 1000, orders.Rows, 0)
		assert.Equal(t, []string{"id", "created_at"}, orders.PrimaryKey)
		assert.Equal(t, []discover.ForeignKey{{Columns: []string{"customer"}, Schema: "public", Table: "customers", References: []string{"id"}}}, orders.ForeignKeys)

		total := orders.Column("total")
		assert.Equal(t, discover.Numeric, total.Class, "domains are of the class beneath")
		assert.True(t, total.NotNull, "a domain's constraint counts")
		assert.Equal(t, "What it costs.", total.Comment)
		assert.Equal(t, []string{"s", "m", "l"}, orders.Column("size").Allowed)
		assert.Equal(t, []string{"web", "it's", "app"}, orders.Column("channel").Allowed)
		assert.Empty(t, orders.Column("note").Allowed)
		assert.True(t, orders.Column("created_at").Indexed)
		assert.False(t, orders.Column("channel").Indexed, "a partial index serves not every row")

		payments := relationNamed(t, schema, "other.payments")
		assert.Equal(t, `"user"`, payments.Column("user").SQL)
		assert.Equal(t, `"Paid At"`, payments.Column("Paid At").SQL)
		assert.Equal(t, discover.Money, payments.Column("amount").Class)

		assert.Equal(t, []string{"other.payments"}, relationNames(f.discover(t, DiscoverScan{Schemas: []string{"other"}})))
		few := f.discover(t, DiscoverScan{Limit: 2})
		assert.Equal(t, []string{"public.customers", "public.orders"}, relationNames(few))
		assert.True(t, few.Truncated)
	})
}

func TestDiscoveryLearnsTheSameFromStatisticsAndFromASample(t *testing.T) {
	t.Parallel()
	for about, analyse := range map[string]string{"statistics": "ANALYZE;", "a sample": ""} {
		t.Run(about, func(t *testing.T) {
			t.Parallel()
			f := setUp(t, embedpg.Shared(t), discoverable+analyse, emptyCatalog)
			orders := relationNamed(t, f.discover(t, DiscoverScan{}), "public.orders")
			channel := orders.Column("channel").Stats
			require.NotNil(t, channel)
			assert.Equal(t, analyse == "", channel.Sampled)
			assert.InDelta(t, 2, channel.Distinct, 0)
			assert.ElementsMatch(t, []string{"web", "app"}, channel.Common)
			assert.True(t, channel.Complete)
			assert.InDelta(t, 1, orders.Column("note").Stats.NullFraction, 0)
			assert.InDelta(t, 100, orders.Column("customer").Stats.Distinct, 0)
			total := orders.Column("total").Stats
			assert.InDelta(t, 1, total.Min, 0)
			assert.InDelta(t, 1000, total.Max, 0)
			assert.InDelta(t, 1000, orders.Rows, 0)
			require.NotNil(t, orders.Column("created_at").NewestAhead)
			assert.InDelta(t, -60, *orders.Column("created_at").NewestAhead, 59)
		})
	}
}

func TestDiscoverySeesWhatTheRoleMaySelectAndNothingElse(t *testing.T) {
	t.Parallel()
	f := setUp(t, embedpg.StartForTest(t, embedpg.Options{}), discoverable+`
CREATE ROLE discoverer LOGIN PASSWORD 'discoverer';
GRANT SELECT ON orders TO discoverer;
GRANT SELECT (id) ON customers TO discoverer;
GRANT SELECT ON other.payments TO discoverer;`, emptyCatalog)
	store := f.open(t, func(cfg *Config) {
		cfg.Pool.ConnConfig.User, cfg.Pool.ConnConfig.Password = "discoverer", "discoverer"
	})
	look, err := store.Look(t.Context(), query.Caller{})
	require.NoError(t, err)
	t.Cleanup(look.Close)
	schema, err := look.Discover(t.Context(), DiscoverScan{Limit: 100, Patience: time.Minute})
	require.NoError(t, err)
	assert.Equal(t, []string{"public.customers", "public.orders"}, relationNames(schema), "no USAGE on schema other")
	customers := relationNamed(t, schema, "public.customers")
	require.Len(t, customers.Columns, 1)
	assert.Equal(t, "id", customers.Columns[0].Name)
	assert.NotNil(t, relationNamed(t, schema, "public.orders").Column("channel").Stats)
}

func TestDiscoveryLeavesOutTheTablesOfChangeLogs(t *testing.T) {
	t.Parallel()
	f := setUp(t, embedpg.StartForTest(t, embedpg.Options{}), discoverable, emptyCatalog)
	before := relationNames(f.discover(t, DiscoverScan{}))
	f.exec(t, `CREATE SCHEMA live_orders; CREATE TABLE live_orders.changes_1 (bucket timestamptz);`)
	assert.Equal(t, before, relationNames(f.discover(t, DiscoverScan{})))
	assert.Empty(t, relationNames(f.discover(t, DiscoverScan{Schemas: []string{"live_orders"}})))
}

func TestDiscoveryReadsFewPagesOfALargeTable(t *testing.T) {
	t.Parallel()
	f := setUp(t, embedpg.Shared(t), `
CREATE TABLE t (at timestamptz);
CREATE TABLE orders (id bigint, created_at timestamptz NOT NULL, channel text, filler text) WITH (autovacuum_enabled = off);
INSERT INTO orders SELECT n, now(), 'c' || n % 7, repeat('x', 700) FROM generate_series(1, 30000) AS n;`, emptyCatalog)
	look := f.look(t)
	schema, err := look.Discover(t.Context(), DiscoverScan{Limit: 100, Patience: time.Minute})
	require.NoError(t, err)
	var read int64
	// The look's own transaction, which has not reported to the others yet.
	require.NoError(t, look.fixed(t.Context(), `SELECT pg_stat_get_xact_tuples_returned('orders'::regclass)::text`, nil, func(v [][]byte) error {
		for _, c := range v[0] {
			read = read*10 + int64(c-'0')
		}
		return nil
	}))
	assert.Positive(t, read)
	assert.LessOrEqual(t, read, int64(sampledRows))
	channel := relationNamed(t, schema, "public.orders").Column("channel").Stats
	require.NotNil(t, channel)
	assert.True(t, channel.Sampled)
	assert.InDelta(t, 7, channel.Distinct, 0)
}

func TestDiscoveryGoesOnWithoutWhatTakesTooLongOrFails(t *testing.T) {
	t.Parallel()
	f := setUp(t, embedpg.Shared(t), `
CREATE TABLE t (at timestamptz);
CREATE TABLE orders (id bigint, created_at timestamptz NOT NULL, channel text);
INSERT INTO orders SELECT n, now(), 'web' FROM generate_series(1, 10) AS n;
CREATE VIEW slow_orders AS SELECT id, created_at, channel || pg_sleep(60)::text AS channel FROM orders;
CREATE VIEW broken_orders AS SELECT id, created_at, (1 / (id - id))::text AS channel FROM orders;`, emptyCatalog)
	began := time.Now()
	schema := f.discover(t, DiscoverScan{})
	assert.Less(t, time.Since(began), 20*time.Second)
	require.Len(t, schema.Unread, 2)
	about := map[string]discover.Sentence{}
	for _, note := range schema.Unread {
		about[note.About] = note.Sentence
	}
	for _, name := range []string{"public.slow_orders", "public.broken_orders"} {
		assert.Equal(t, discover.ValuesUnreadable, about[name].Code, name)
		assert.NotEmpty(t, about[name].Values["problem"], name)
	}
	assert.NotNil(t, relationNamed(t, schema, "public.orders").Column("channel").Stats)

	hurried := f.discover(t, DiscoverScan{Patience: time.Nanosecond})
	assert.Len(t, hurried.Unread, 4)
	assert.Nil(t, relationNamed(t, hurried, "public.orders").Column("channel").Stats)

	bare, err := f.look(t).Discover(t.Context(), DiscoverScan{Limit: 100})
	require.NoError(t, err)
	assert.Empty(t, bare.Unread, "no values were asked for")
	assert.Nil(t, relationNamed(t, bare, "public.orders").Column("channel").Stats)
}

func TestAllowedValuesAreReadFromChecksThatListThem(t *testing.T) {
	t.Parallel()
	for definition, want := range map[string][]string{
		`CHECK ((status = ANY (ARRAY['new'::text, 'it''s'::text])))`:                                       {"new", "it's"},
		`CHECK (((status)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[])))`: {"a", "b"},
		`CHECK (((status = ANY (ARRAY['a'::text, 'b'::text])) OR (status IS NULL)))`:                       nil,
		`CHECK ((status <> ALL (ARRAY['a'::text])))`:                                                       nil,
		`CHECK ((length(status) > 3))`:                                                                     nil,
		`CHECK ((status = ANY (ARRAY[E'a\\b'::text])))`:                                                    nil,
		`CHECK ((status = ANY (ARRAY['a'::text])))  NOT VALID`:                                             nil,
	} {
		assert.Equal(t, want, allowedValues(definition), definition)
	}
}

func TestADraftUsesTheConnectionsOfItsStore(t *testing.T) {
	t.Parallel()
	f := setUp(t, embedpg.Shared(t), "CREATE TABLE t (at timestamptz)", emptyCatalog)
	store := f.open(t, func(cfg *Config) { cfg.Pool.MaxConns = 1 })
	draft, err := store.Draft(f.catalog, time.Second)
	require.NoError(t, err)
	look, err := draft.Look(t.Context(), query.Caller{})
	require.NoError(t, err)
	pool, err := store.open()
	require.NoError(t, err)
	assert.Equal(t, int32(1), pool.Stat().AcquiredConns())
	look.Close()
	draft.Close()
	draft.Close()
	_, err = draft.Look(t.Context(), query.Caller{})
	assert.ErrorIs(t, err, ErrClosed)

	look, err = store.Look(t.Context(), query.Caller{})
	require.NoError(t, err, "closing a draft leaves the connections open")
	look.Close()

	left, err := store.Draft(f.catalog, time.Second)
	require.NoError(t, err)
	closed := make(chan struct{})
	go func() { store.Close(); close(closed) }()
	left.Close()
	<-closed
	_, err = store.Draft(f.catalog, time.Second)
	assert.ErrorIs(t, err, ErrClosed)
}
