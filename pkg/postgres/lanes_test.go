package postgres

import (
	"crypto/rand"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/internal/embedpg"
	"github.com/pullview/orders-datasource/pkg/query"
)

// spread takes what lanes there are for a look at the orders.
func spread(t *testing.T, f *fixture) (l *DeltaLook, lanes int) {
	t.Helper()
	l = f.lookAt(t, "orders")
	lanes, err := l.Lanes(t.Context())
	require.NoError(t, err)
	return l, lanes
}

// countAll runs the same scan so many times.
func countAll(t *testing.T, l *DeltaLook, scan *query.Scan, times int) []string {
	t.Helper()
	scans := make([]*query.Scan, times)
	for i := range scans {
		scans[i] = scan
	}
	all, err := l.ScanAll(t.Context(), scans)
	require.NoError(t, err)
	var counts []string
	for _, cells := range all {
		counts = append(counts, byCell(cells)[""])
	}
	return counts
}

func TestAllLanesOfALookSeeItsSnapshot(t *testing.T) {
	t.Parallel()
	check := func(t *testing.T, f *fixture, exec func(sql string)) {
		l := f.lookAt(t, "orders")
		exec(`INSERT INTO orders (created_at) VALUES ('2026-03-01 13:00:00Z')`)
		lanes, err := l.Lanes(t.Context())
		require.NoError(t, err)
		require.Equal(t, maxLanes, lanes)
		require.Equal(t, maxLanes, f.store.Stats().InUse)
		exec(`DELETE FROM orders`)
		assert.Equal(t, []string{"5", "5", "5", "5"}, countAll(t, l, ordersScan(f), 4))
		for _, lane := range append([]*Look{l.Look}, l.lanes...) {
			assert.Equal(t, "5", count(t, lane, ordersScan(f)))
		}
		same, err := l.Unchanged(t.Context())
		require.NoError(t, err)
		assert.True(t, same)
		assert.Equal(t, 1, f.store.Stats().InUse, "lanes end with what they are for")
	}
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		f := setUp(t, server, ordersSQL, ordersCatalog)
		check(t, f, func(sql string) { f.exec(t, sql) })
	})
	t.Run("on a standby", func(t *testing.T) {
		t.Parallel()
		primary := embedpg.StartForTest(t, embedpg.Options{})
		f := setUp(t, primary, ordersSQL, ordersCatalog)
		standby := primary.StartStandbyForTest(t, embedpg.Options{Settings: map[string]string{"hot_standby_feedback": "on", "max_standby_streaming_delay": "-1"}})
		config, err := pgx.ParseConfig(f.dsn)
		require.NoError(t, err)
		reading := &fixture{dsn: standby.DSN(config.Database), catalog: f.catalog}
		reading.store = reading.open(t, nil)
		conn := reading.connect(t)
		replayed := func() {
			var at string
			require.NoError(t, f.connect(t).QueryRow(t.Context(), "SELECT pg_current_wal_flush_lsn()::text").Scan(&at))
			eventually(t, func() bool {
				var there bool
				require.NoError(t, conn.QueryRow(t.Context(), "SELECT pg_last_wal_replay_lsn() >= $1::text::pg_lsn", at).Scan(&there))
				return there
			}, "the standby catches up")
		}
		replayed()
		check(t, reading, func(sql string) { f.exec(t, sql); replayed() })
	})
}

func TestALookTakesOnlyLanesThatAreToSpare(t *testing.T) {
	t.Parallel()
	for connections, want := range map[int32]int{1: 1, 2: 2, 4: 3} {
		t.Run(fmt.Sprint(connections, " connections"), func(t *testing.T) {
			t.Parallel()
			f := setUp(t, embedpg.Shared(t), ordersSQL, ordersCatalog)
			f.store = f.open(t, func(c *Config) { c.Pool.MaxConns = connections })
			l, lanes := spread(t, f)
			assert.Equal(t, want, lanes)
			assert.Equal(t, []string{"5", "5", "5"}, countAll(t, l, ordersScan(f), 3))
		})
	}
	t.Run("dashboards have the others", func(t *testing.T) {
		t.Parallel()
		f := setUp(t, embedpg.Shared(t), ordersSQL, ordersCatalog)
		f.look(t)
		f.look(t) // of three that are shared
		l, lanes := spread(t, f)
		require.Equal(t, 2, lanes)
		l.endLanes()
		lanes, err := l.Lanes(t.Context())
		require.NoError(t, err)
		assert.Equal(t, 1, lanes, "there is none any more")
		assert.Equal(t, []string{"5", "5"}, countAll(t, l, ordersScan(f), 2))
	})
}

func TestStatementsOfLanesArePlannedForOneProcess(t *testing.T) {
	t.Parallel()
	f := setUp(t, embedpg.Shared(t), ordersSQL, ordersCatalog)
	l, _ := spread(t, f)
	workers := func(look *Look) (setting string) {
		require.NoError(t, look.fixed(t.Context(), "SELECT current_setting('max_parallel_workers_per_gather')", nil, func(row [][]byte) error {
			setting = string(row[0])
			return nil
		}))
		return setting
	}
	theirs := workers(l.Look)
	require.NotEqual(t, "0", theirs)
	countAll(t, l, ordersScan(f), 2)
	for _, lane := range append([]*Look{l.Look}, l.lanes...) {
		assert.Equal(t, "0", workers(lane))
	}
	_, err := l.Scan(t.Context(), ordersScan(f))
	require.NoError(t, err)
	assert.Equal(t, theirs, workers(l.Look), "what is read alone is planned as ever")
}

// The migration waits for the look, a lane would wait for the migration, and the
// look for its lane.
func TestALookBehindWhichAMigrationWaitsGoesOnAlone(t *testing.T) {
	t.Parallel()
	f := setUp(t, embedpg.Shared(t), ordersSQL, ordersCatalog)
	conn, watch := f.connect(t), f.connect(t)
	l := f.lookAt(t, "orders")
	migrated := make(chan error)
	go func() {
		_, err := conn.Exec(t.Context(), "ALTER TABLE orders ADD COLUMN note text")
		migrated <- err
	}()
	eventually(t, func() bool {
		var waits bool
		require.NoError(t, watch.QueryRow(t.Context(), "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pid = $1)", conn.PgConn().PID()).Scan(&waits))
		return waits
	}, "the migration waits")
	lanes, err := l.Lanes(t.Context())
	require.NoError(t, err)
	assert.Equal(t, 1, lanes)
	assert.False(t, f.store.lone.Load(), "the next look may have lanes")
	assert.Equal(t, []string{"5", "5"}, countAll(t, l, ordersScan(f), 2))
	l.Close()
	require.NoError(t, <-migrated)
}

func TestWhatALaneCannotReadTheLookReadsItself(t *testing.T) {
	t.Parallel()
	f := setUp(t, embedpg.Shared(t), ordersSQL, ordersCatalog)
	l, lanes := spread(t, f)
	require.Equal(t, maxLanes, lanes)
	for _, lane := range l.lanes {
		f.exec(t, fmt.Sprintf("SELECT pg_terminate_backend(%d, 20000)", lane.conn.Conn().PgConn().PID()))
	}
	assert.Equal(t, []string{"5", "5", "5", "5", "5"}, countAll(t, l, ordersScan(f), 5))
}

func TestTooManyCellsOnALaneAreTooManyForAll(t *testing.T) {
	t.Parallel()
	f := setUp(t, embedpg.Shared(t), ordersSQL, ordersCatalog)
	l, _ := spread(t, f)
	few := *ordersScan(f)
	few.GroupBy, few.MaxRows = []string{"channel"}, 1
	for _, scans := range [][]*query.Scan{{&few, ordersScan(f), ordersScan(f)}, {ordersScan(f), ordersScan(f), &few}} {
		_, err := l.ScanAll(t.Context(), scans)
		require.ErrorIs(t, err, query.ErrTooManyCells)
		assert.Equal(t, []string{"5", "5", "5"}, countAll(t, l, ordersScan(f), 3), "the look goes on")
	}
}

// withoutExport reads the orders as a role that may not name snapshots.
func withoutExport(t *testing.T) *fixture {
	t.Helper()
	f := setUp(t, embedpg.Shared(t), ordersSQL, ordersCatalog)
	role := "reader_" + strings.ToLower(rand.Text())
	f.exec(t, strings.ReplaceAll(`CREATE ROLE $role LOGIN PASSWORD 'secret'; GRANT SELECT ON orders TO $role;
		REVOKE EXECUTE ON FUNCTION pg_catalog.pg_export_snapshot() FROM PUBLIC`, "$role", role))
	t.Cleanup(func() { dropRole(t, f, role) })
	f.store = f.open(t, func(c *Config) {
		c.Pool.ConnConfig.User, c.Pool.ConnConfig.Password = role, "secret"
	})
	return f
}

func TestWhereSnapshotsAreNotSharedLooksGoOnAlone(t *testing.T) {
	t.Parallel()
	f := withoutExport(t)
	for range 2 {
		l, lanes := spread(t, f)
		assert.Equal(t, 1, lanes)
		assert.Equal(t, []string{"5", "5"}, countAll(t, l, ordersScan(f), 2))
		l.Close()
	}
}

// Whoever takes the privilege away while the plugin runs has one look fail, of
// which the transaction is lost, and no more.
func TestLooksGoOnAloneOnceTheServerRefusesToNameASnapshot(t *testing.T) {
	t.Parallel()
	f := withoutExport(t)
	f.store.exports.Store(true)
	l := f.lookAt(t, "orders")
	_, err := l.Lanes(t.Context())
	requireKind(t, err, KindPermission)
	l.Close()
	l, lanes := spread(t, f)
	assert.Equal(t, 1, lanes)
	assert.Equal(t, []string{"5", "5"}, countAll(t, l, ordersScan(f), 2))
}
