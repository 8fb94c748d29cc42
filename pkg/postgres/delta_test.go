package postgres

import (
	"context"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/internal/embedpg"
	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/query"
)

// countWrites counts how often a store's connections send something.
func countWrites(writes *atomic.Int64) func(*Config) {
	return func(c *Config) {
		c.PreparedStatements = true
		c.Pool.MaxConns = 1
		dial := c.Pool.ConnConfig.DialFunc
		c.Pool.ConnConfig.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dial(ctx, network, address)
			return &countingConn{Conn: conn, writes: writes}, err
		}
	}
}

type countingConn struct {
	net.Conn
	writes *atomic.Int64
}

func (c *countingConn) Write(b []byte) (int, error) {
	c.writes.Add(1)
	return c.Conn.Write(b)
}

func TestALookSendsOnceWhereNothingWasCommittedAndTwiceWhereSomethingWas(t *testing.T) {
	t.Parallel()
	server := embedpg.StartForTest(t, embedpg.Options{})
	for table, catalogJSON := range map[string]string{"events": loggedEventsCatalog, "seen": viewCatalog} {
		f := logTables(t, server, loggedEventsSQL+"CREATE VIEW seen AS SELECT id, at, done FROM events WHERE id > 0", catalogJSON)
		testRoundTrips(t, f, table)
	}
}

// known looks at a table, so that a further look may take it for what it is now.
func (f *logged) known(t *testing.T, name string) query.Known {
	t.Helper()
	l := f.lookAt(t, name)
	defer l.Close()
	known := query.Known{Table: f.catalog.Tables[name], Since: l.Snapshot()}
	known.Fingerprint, _ = l.Fingerprint(known.Table)
	return known
}

func testRoundTrips(t *testing.T, f *logged, table string) {
	t.Helper()
	var writes atomic.Int64
	store := f.open(t, countWrites(&writes))
	known := []query.Known{{Table: f.catalog.Tables[table]}}
	look := func() (fingerprint string, changes query.Changes, sent int64) {
		before := writes.Load()
		l, err := store.LookAt(t.Context(), query.Caller{}, known)
		require.NoError(t, err)
		defer l.Close()
		fingerprint, ok := l.Fingerprint(known[0].Table)
		require.True(t, ok)
		if since := known[0].Since.ID; since != "" && since != l.Snapshot().ID {
			changes, err = l.Changes(t.Context(), known[0].Table, known[0].Since)
			require.NoError(t, err)
		}
		sent = writes.Load() - before
		same, err := l.Unchanged(t.Context())
		require.NoError(t, err)
		require.True(t, same)
		known[0].Since, known[0].Fingerprint = l.Snapshot(), fingerprint
		return fingerprint, changes, sent
	}
	first, _, _ := look()
	f.run(t, "INSERT INTO events VALUES (1, '2026-01-01 01:00Z')")
	second, changes, _ := look() // prepares statements
	assert.Equal(t, first, second)
	assert.Equal(t, []string{"at 2026-01-01T01:00:00"}, stretches(changes))

	f.run(t, "INSERT INTO events VALUES (2, '2026-01-01 02:00Z')")
	third, changes, sent := look()
	assert.Equal(t, first, third)
	assert.Equal(t, []string{"at 2026-01-01T02:00:00"}, stretches(changes))
	assert.EqualValues(t, 2, sent)

	require.EventuallyWithT(t, func(c *assert.CollectT) {
		fourth, _, sent := look()
		assert.Equal(c, first, fourth)
		assert.EqualValues(c, 1, sent, "autovacuum may have committed something")
	}, time.Minute, 10*time.Millisecond)
}

// Neither statement waits for the lock of a look, or shows in its snapshot.
func TestALookNoticesThatItsTableBecameAnother(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]string{
		"a partition was attached": `ALTER TABLE events ATTACH PARTITION late FOR VALUES FROM ('2026-01-02Z') TO ('2026-01-03Z')`,
		"its schema was renamed": `ALTER SCHEMA public RENAME TO old; CREATE SCHEMA public;
			CREATE TABLE public.events (LIKE old.events)`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := logTables(t, embedpg.Shared(t), `
				CREATE TABLE events (id int, at timestamptz NOT NULL, done timestamptz) PARTITION BY RANGE (at);
				CREATE TABLE events_old PARTITION OF events FOR VALUES FROM (MINVALUE) TO ('2026-01-02Z');
				CREATE TABLE late (LIKE events);
				INSERT INTO late VALUES (1, '2026-01-02 01:00Z')`, loggedEventsCatalog)
			table := f.catalog.Tables["events"]
			l := f.lookAt(t, "events")
			require.True(t, f.works(t, "events"))
			scan := countsEvents(t, table)
			_, err := l.Scan(t.Context(), scan)
			require.NoError(t, err)
			f.run(t, change)
			_, err = l.Scan(t.Context(), scan)
			require.NoError(t, err)
			same, err := l.Unchanged(t.Context())
			require.NoError(t, err)
			assert.False(t, same)
		})
	}
}

// countsEvents counts the events of two days.
func countsEvents(t *testing.T, table *catalog.Table) *query.Scan {
	return &query.Scan{Table: table, Time: "at", MaxRows: 10, Measures: []query.Measure{{Kind: query.CountRows}},
		Buckets: query.Buckets{From: instant(t, "2026-01-01T00:00:00Z"), To: instant(t, "2026-01-03T00:00:00Z")}}
}

// A look takes a table for what it was, until its end. That holds for what was
// done and undone as well, and for a look that answers from memory alone. Which
// partitions there are it asks at its beginning.
func TestALookNoticesWhatItsTableBecameSinceTheLastOne(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		noticed bool // at its beginning
		change  []string
	}{
		{false, []string{"ALTER TABLE events ADD COLUMN more int"}},
		{false, []string{"ALTER TABLE events DISABLE TRIGGER " + rowsTrigger, "INSERT INTO events VALUES (1, '2026-01-01 01:00Z')",
			"ALTER TABLE events ENABLE ALWAYS TRIGGER " + rowsTrigger}},
		{false, []string{"ALTER TABLE events RENAME id TO number", "ALTER TABLE events RENAME number TO id"}},
		{true, []string{"ALTER TABLE events RENAME TO former", "CREATE TABLE events (LIKE former)"}},
		{true, []string{"DROP TABLE events", "CREATE TABLE events (id int, at timestamptz, done timestamptz)"}},
		{true, []string{"CREATE TABLE more (LIKE events) INHERITS (events)"}},
		{false, []string{"CREATE FUNCTION count() RETURNS int LANGUAGE sql AS 'SELECT 1'"}},
	} {
		t.Run(test.change[0], func(t *testing.T) {
			t.Parallel()
			f := logTables(t, embedpg.Shared(t), loggedEventsSQL, loggedEventsCatalog)
			table := f.catalog.Tables["events"]
			known := f.known(t, "events")
			for _, sql := range test.change {
				f.run(t, sql)
			}
			for _, reads := range []bool{false, true} {
				l, err := f.store.LookAt(t.Context(), query.Caller{}, []query.Known{known})
				require.NoError(t, err)
				fingerprint, _ := l.Fingerprint(table)
				assert.Equal(t, test.noticed, fingerprint != known.Fingerprint)
				if reads {
					_, err = l.Scan(t.Context(), countsEvents(t, table))
					require.NoError(t, err)
				}
				same, err := l.Unchanged(t.Context())
				require.NoError(t, err)
				assert.Equal(t, test.noticed, same, "reads rows: %v", reads)
				l.Close()
			}
		})
	}
}

func TestALogThatIsListedNoMoreTellsNothing(t *testing.T) {
	t.Parallel()
	for _, change := range []string{"DELETE FROM live_orders.logs", "UPDATE live_orders.logs SET format = 0"} {
		f := logTables(t, embedpg.Shared(t), loggedEventsSQL, loggedEventsCatalog)
		table := f.catalog.Tables["events"]
		known := f.known(t, "events")
		f.run(t, change)
		l, err := f.store.LookAt(t.Context(), query.Caller{}, []query.Known{known})
		require.NoError(t, err)
		_, ok := l.Fingerprint(table)
		assert.False(t, ok, change)
		changes, err := l.Changes(t.Context(), table, known.Since)
		require.NoError(t, err)
		assert.True(t, changes.Everything, change)
		l.Close()
	}
}

// The first rule of a relation leaves its trace there; one that comes after it is
// gone does not.
func TestALookNoticesASecondRuleOnTheLog(t *testing.T) {
	t.Parallel()
	f := logTables(t, embedpg.Shared(t), loggedEventsSQL, loggedEventsCatalog)
	table := f.catalog.Tables["events"]
	log := "live_orders." + quoteIdentifier(changelogName("log", table.Logged()))
	swallow := "CREATE RULE swallow AS ON INSERT TO " + log + " DO INSTEAD NOTHING"
	f.run(t, swallow)
	assert.False(t, f.works(t, "events"))
	f.run(t, "DROP RULE swallow ON "+log)
	assert.True(t, f.works(t, "events"))
	known := f.known(t, "events")
	f.run(t, swallow)
	l, err := f.store.LookAt(t.Context(), query.Caller{}, []query.Known{known})
	require.NoError(t, err)
	defer l.Close()
	_, err = l.Changes(t.Context(), table, known.Since)
	require.NoError(t, err)
	same, err := l.Unchanged(t.Context())
	require.NoError(t, err)
	assert.False(t, same)
}

func TestAFingerprintChangesWithTheVersionOfAnExtension(t *testing.T) {
	t.Parallel()
	f := logTables(t, embedpg.Shared(t), loggedEventsSQL+"CREATE EXTENSION citext VERSION '1.5'", loggedEventsCatalog)
	before := f.fingerprint(t, "events")
	assert.Equal(t, before, f.fingerprint(t, "events"))
	f.run(t, "ALTER EXTENSION citext UPDATE")
	assert.NotEqual(t, before, f.fingerprint(t, "events"))
}

// Settings of a role or database hold for connections that are made after they
// were set.
func TestNumbersThatWereReadUnderOtherSettingsAreNotUsed(t *testing.T) {
	t.Parallel()
	f := logTables(t, embedpg.Shared(t), loggedEventsSQL, loggedEventsCatalog)
	before := f.fingerprint(t, "events")
	for name, setting := range map[string]string{"timezone_abbreviations": "Australia", "array_nulls": "off", "xmlbinary": "hex", "xmloption": "document"} {
		var made atomic.Int64
		f.store = f.open(t, func(c *Config) {
			c.Pool.BeforeConnect = func(_ context.Context, conn *pgx.ConnConfig) error {
				if made.Add(1) > 1 {
					conn.RuntimeParams[name] = setting
				}
				return nil
			}
		})
		l := f.lookAt(t, "events")
		fingerprint, _ := l.Fingerprint(f.catalog.Tables["events"])
		assert.Equal(t, before, fingerprint)
		lanes, err := l.Lanes(t.Context())
		require.NoError(t, err)
		assert.Equal(t, 1, lanes, "a connection with other settings is no lane")
		assert.Equal(t, 1, f.store.Stats().InUse)
		other, _ := f.lookAt(t, "events").Fingerprint(f.catalog.Tables["events"])
		assert.NotEqual(t, before, other, name)
	}
}

// When the server reloads its configuration, the next statement of a session goes
// by the new one, in the middle of a transaction.
func TestNumbersThatWereReadWhileTheConfigurationChangedAreNotUsed(t *testing.T) {
	t.Parallel()
	f := logTables(t, embedpg.StartForTest(t, embedpg.Options{}), loggedEventsSQL, loggedEventsCatalog)
	l := f.lookAt(t, "events")
	setting := func() (value string) {
		require.NoError(t, l.fixed(t.Context(), "SELECT current_setting('array_nulls')", nil, func(row [][]byte) error {
			value = string(row[0])
			return nil
		}))
		return value
	}
	require.Equal(t, "on", setting())
	f.run(t, "ALTER SYSTEM SET array_nulls = off", "SELECT pg_reload_conf()")
	require.Eventually(t, func() bool { return setting() == "off" }, time.Minute, 10*time.Millisecond)
	_, err := l.Scan(t.Context(), countsEvents(t, f.catalog.Tables["events"]))
	require.NoError(t, err)
	same, err := l.Unchanged(t.Context())
	require.NoError(t, err)
	assert.False(t, same)
}

// A look serves all who wait. A table that it cannot lock must not make the
// answers about others live.
func TestATableThatCannotBeLockedIsLeftOutOfALookAtOthers(t *testing.T) {
	t.Parallel()
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		f := &logged{fixture: setUp(t, server, loggedEventsSQL+`CREATE TABLE busy (at timestamptz); CREATE MATERIALIZED VIEW seen AS SELECT * FROM events;`,
			strings.Replace(loggedEventsCatalog, `"tables": {`, `"tables": {
				"missing": {"relation": "missing", "time": "at", "changes": {"mode": "log"}}, "elsewhere": {"relation": "no_schema.events", "time": "at", "changes": {"mode": "log"}},
				"busy": {"relation": "busy", "time": "at", "changes": {"mode": "log"}}, "seen": {"relation": "seen", "time": "at", "changes": {"mode": "log"}}, `, 1))}
		f.conn = f.connect(t)
		f.install(t, "events")
		migrates := f.connect(t)
		_, err := migrates.Exec(t.Context(), "BEGIN; LOCK TABLE busy", pgx.QueryExecModeSimpleProtocol)
		require.NoError(t, err)
		f.store = f.open(t, func(c *Config) { c.QueryTimeout = time.Second })
		for _, name := range []string{"missing", "elsewhere", "seen", "busy"} {
			l := f.lookAt(t, name, "events")
			_, ok := l.Fingerprint(f.catalog.Tables["events"])
			assert.True(t, ok, name)
			fingerprint, ok := l.Fingerprint(f.catalog.Tables[name])
			assert.False(t, ok, name)
			assert.Empty(t, fingerprint, name)
			_, err := l.Scan(t.Context(), &query.Scan{Table: f.catalog.Tables["events"], Time: "at", MaxRows: 10, Measures: []query.Measure{{Kind: query.CountRows}},
				Buckets: query.Buckets{From: instant(t, "2026-01-01T00:00:00Z"), To: instant(t, "2026-01-03T00:00:00Z")}})
			require.NoError(t, err)
			same, err := l.Unchanged(t.Context())
			require.NoError(t, err)
			assert.True(t, same)
			l.Close()
			_, err = f.store.LookAt(t.Context(), query.Caller{}, []query.Known{{Table: f.catalog.Tables[name]}})
			require.Error(t, err, "%s alone", name)
		}
		assert.Zero(t, f.store.Stats().InUse)
	})
}
