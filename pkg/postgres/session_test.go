package postgres

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/internal/embedpg"
	"github.com/pullview/orders-datasource/pkg/query"
)

// ordersScan counts all orders of the fixture.
func ordersScan(f *fixture) *query.Scan {
	from := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	return &query.Scan{Table: f.catalog.Tables["orders"], Time: "created_at", MaxRows: 100,
		Buckets:  query.Buckets{From: from, To: from.AddDate(0, 0, 1)},
		Measures: []query.Measure{{Kind: query.CountRows}}}
}

// sleepScan is a scan that takes a minute.
func sleepScan(f *fixture) *query.Scan {
	scan := ordersScan(f)
	scan.Measures[0].Where = "pg_sleep(60) IS NOT NULL"
	return scan
}

func count(t testing.TB, look *Look, scan *query.Scan) string {
	t.Helper()
	cells, err := look.Scan(t.Context(), scan)
	require.NoError(t, err)
	return byCell(cells)[""]
}

// eventually waits for a condition with a deadline.
func eventually(t testing.TB, condition func() bool, what string) {
	t.Helper()
	require.Eventually(t, condition, 20*time.Second, 10*time.Millisecond, what)
}

// activity returns the query texts of the sessions of the database that are in
// a state, the asking one aside.
func activity(t testing.TB, conn *pgx.Conn, state string) []string {
	t.Helper()
	rows, err := conn.Query(context.WithoutCancel(t.Context()), `SELECT query FROM pg_stat_activity
		WHERE datname = current_database() AND pid <> pg_backend_pid() AND state = $1 AND backend_type = 'client backend'`, state)
	require.NoError(t, err)
	texts, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	return texts
}

func requireKind(t testing.TB, err error, kind Kind) *Error {
	t.Helper()
	var e *Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, kind, e.Kind, e.Message)
	return e
}

func TestAllScansOfALookSeeOneSnapshot(t *testing.T) {
	t.Parallel()
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		f := setUp(t, server, ordersSQL, ordersCatalog)
		before := time.Now()
		look := f.look(t)
		require.WithinRange(t, look.Snapshot().AsOf, before.Add(-time.Minute), time.Now().Add(time.Minute))
		f.exec(t, `INSERT INTO orders (created_at) VALUES ('2026-03-01 13:00:00Z')`)
		require.Equal(t, "5", count(t, look, ordersScan(f)))
		f.exec(t, `DELETE FROM orders`)
		require.Equal(t, "5", count(t, look, ordersScan(f)))
		next := f.look(t)
		require.Empty(t, count(t, next, ordersScan(f)))
		require.True(t, next.Snapshot().AsOf.After(look.Snapshot().AsOf))
	})
}

// What commits before the clock is read must be in the snapshot: a gauge is
// cut at that clock.
func TestTheSnapshotHoldsAllThatWasCommittedBeforeItsClock(t *testing.T) {
	t.Parallel()
	f := setUp(t, embedpg.Shared(t), `CREATE TABLE orders (created_at timestamptz NOT NULL)`, strings.ReplaceAll(ordersCatalog, `,
    "records": ["id", "created_at", "channel", "total"]`, ""))
	writer := f.connect(t)
	for range 50 {
		var committed time.Time
		require.NoError(t, writer.QueryRow(t.Context(), `INSERT INTO orders VALUES (clock_timestamp()) RETURNING created_at`).Scan(&committed))
		look := f.look(t)
		scan := ordersScan(f)
		scan.Buckets = query.Buckets{From: committed, To: look.Snapshot().AsOf}
		require.Equal(t, "1", count(t, look, scan))
		look.Close()
	}
}

func TestFragmentsCannotWrite(t *testing.T) {
	t.Parallel()
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		f := setUp(t, server, ordersSQL+`CREATE SEQUENCE s;
			CREATE FUNCTION wipe() RETURNS boolean LANGUAGE plpgsql AS 'BEGIN DELETE FROM orders; RETURN true; END';
			CREATE FUNCTION unlock() RETURNS boolean LANGUAGE plpgsql AS
			  'BEGIN PERFORM set_config(''transaction_read_only'', ''off'', true); DELETE FROM orders; RETURN true; END';`, ordersCatalog)
		look := f.look(t)
		for _, where := range []string{"nextval('s') > 0", "wipe()", "unlock()"} {
			scan := ordersScan(f)
			scan.Measures[0].Where = where
			_, err := look.Scan(t.Context(), scan)
			e := requireKind(t, err, KindCatalog)
			require.True(t, e.Downstream())
			require.Equal(t, "5", count(t, look, ordersScan(f)), "a failed scan leaves the look usable")
		}
	})
}

// Settings of the role or database that would change what a statement means
// or how a value looks have no effect, and the pinned ones end with the look.
func TestSettingsOfTheServerDoNotChangeAnswers(t *testing.T) {
	t.Parallel()
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		f := setUp(t, server, thingsSQL, thingsCatalog())
		want := byCell(f.scan(t, thingsScan(f.catalog.Tables["things"], "d_timestamptz")))
		f.exec(t, `
			CREATE SCHEMA evil;
			CREATE FUNCTION evil.date_bin(interval, timestamptz, timestamptz) RETURNS timestamptz LANGUAGE sql AS 'SELECT NULL::timestamptz';
			CREATE TABLE evil.things AS SELECT * FROM public.things LIMIT 0;
			DO $$ BEGIN
			  EXECUTE format('ALTER DATABASE %I SET search_path = evil, pg_catalog', current_database());
			  EXECUTE format('ALTER DATABASE %I SET TimeZone = ''Asia/Tokyo''', current_database());
			  EXECUTE format('ALTER DATABASE %I SET DateStyle = ''German''', current_database());
			  EXECUTE format('ALTER DATABASE %I SET IntervalStyle = ''sql_standard''', current_database());
			  EXECUTE format('ALTER DATABASE %I SET extra_float_digits = -10', current_database());
			  EXECUTE format('ALTER DATABASE %I SET bytea_output = ''escape''', current_database());
			  EXECUTE format('ALTER DATABASE %I SET standard_conforming_strings = off', current_database());
			  EXECUTE format('ALTER DATABASE %I SET statement_timeout = ''1h''', current_database());
			END $$;`)
		f.store = f.open(t, nil)
		require.Equal(t, want, byCell(f.scan(t, thingsScan(f.catalog.Tables["things"], "d_timestamptz"))))
		cells := f.scan(t, thingsScan(f.catalog.Tables["things"], "d_date"))
		require.Contains(t, byCell(cells), "2026-03-01")

		pool, err := f.store.open()
		require.NoError(t, err)
		conn, err := pool.Acquire(t.Context())
		require.NoError(t, err)
		defer conn.Release()
		var zone, path, timeout string
		require.NoError(t, conn.QueryRow(t.Context(), `SELECT current_setting('TimeZone'), current_setting('search_path'), current_setting('statement_timeout')`).
			Scan(&zone, &path, &timeout))
		require.Equal(t, []string{"Asia/Tokyo", "evil, pg_catalog", "1h"}, []string{zone, path, timeout})
	})
}

// A role may be content with some of the rows that an index finds. An answer is
// not.
func TestAnIndexFindsAllRows(t *testing.T) {
	t.Parallel()
	f := setUp(t, embedpg.Shared(t), ordersSQL+`
		TRUNCATE orders; INSERT INTO orders (created_at, channel) SELECT '2026-03-01 12:00Z', 'web' FROM generate_series(1, 20000);
		CREATE INDEX ON orders USING gin (string_to_array(channel, ' '));
		DO $$ BEGIN
		  EXECUTE format('ALTER DATABASE %I SET gin_fuzzy_search_limit = 10', current_database());
		  EXECUTE format('ALTER DATABASE %I SET enable_seqscan = off', current_database());
		END $$;`, ordersCatalog)
	scan := ordersScan(f)
	scan.Measures[0].Where = "string_to_array(channel, ' ') @> '{web}'"
	require.Equal(t, "20000", count(t, f.look(t), scan))
}

func TestACancelledScanEndsOnTheServerAndKeepsTheConnection(t *testing.T) {
	t.Parallel()
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		f := setUp(t, server, ordersSQL, ordersCatalog)
		watcher := f.connect(t)
		look := f.look(t)
		pid := look.conn.Conn().PgConn().PID()
		ctx, cancel := context.WithCancel(t.Context())
		result := make(chan error, 1)
		go func() {
			_, err := look.Scan(ctx, sleepScan(f))
			result <- err
		}()
		eventually(t, func() bool { return strings.Contains(strings.Join(activity(t, watcher, "active"), ""), "pg_sleep") }, "the scan runs")
		cancel()
		err := <-result
		e := requireKind(t, err, KindCancelled)
		require.ErrorIs(t, e, context.Canceled)
		require.Empty(t, activity(t, watcher, "active"), "nothing runs on the server any more")
		require.Equal(t, "5", count(t, look, ordersScan(f)), "the look goes on in its snapshot")
		look.Close()
		require.Empty(t, activity(t, watcher, "idle in transaction"))

		next := f.look(t)
		require.Equal(t, pid, next.conn.Conn().PgConn().PID(), "the connection is used again")
	})
}

func TestAScanThatTakesTooLongIsStopped(t *testing.T) {
	t.Parallel()
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		f := setUp(t, server, ordersSQL, ordersCatalog)
		f.store = f.open(t, func(c *Config) { c.QueryTimeout = 200 * time.Millisecond })
		look := f.look(t)
		_, err := look.Scan(t.Context(), sleepScan(f))
		e := requireKind(t, err, KindTimeout)
		require.Contains(t, e.Message.String(), "public.orders")
		require.Contains(t, e.Message.String(), "at most 200ms")
		require.Equal(t, "5", count(t, look, ordersScan(f)))
		look.Close()

		// A deadline of the caller that is sooner counts instead.
		f.store = f.open(t, nil)
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		look, err = f.store.Look(ctx, query.Caller{})
		require.NoError(t, err)
		defer look.Close()
		_, err = look.Scan(ctx, sleepScan(f))
		requireKind(t, err, KindTimeout)
	})
}

func TestATableThatIsLockedIsNotWaitedForLong(t *testing.T) {
	t.Parallel()
	f := setUp(t, embedpg.Shared(t), ordersSQL, ordersCatalog)
	f.store = f.open(t, func(c *Config) { c.QueryTimeout = time.Second })
	migration := f.connect(t)
	_, err := migration.Exec(t.Context(), `BEGIN; LOCK TABLE orders IN ACCESS EXCLUSIVE MODE`)
	require.NoError(t, err)
	_, err = f.look(t).Scan(t.Context(), ordersScan(f))
	require.ErrorContains(t, requireKind(t, err, KindBusy), "locked")
}

func TestClosingTheStoreEndsItsLooks(t *testing.T) {
	t.Parallel()
	f := setUp(t, embedpg.Shared(t), ordersSQL, ordersCatalog)
	watcher := f.connect(t)
	look := f.look(t)
	result := make(chan error, 1)
	go func() {
		defer look.Close()
		_, err := look.Scan(context.Background(), sleepScan(f))
		result <- err
	}()
	eventually(t, func() bool { return strings.Contains(strings.Join(activity(t, watcher, "active"), ""), "pg_sleep") }, "the scan runs")
	closed := make(chan struct{})
	go func() {
		f.store.Close()
		close(closed)
	}()
	eventually(t, func() bool {
		l, err := f.store.Look(t.Context(), query.Caller{})
		if err == nil {
			l.Close()
		}
		return errors.Is(err, ErrClosed)
	}, "new looks are refused")
	requireKind(t, <-result, KindUnavailable)
	<-closed
	require.Empty(t, activity(t, watcher, "active"))
	f.store.Close()
	look.Close()
}

func TestAStoreThatWasNeverUsedNeverConnects(t *testing.T) {
	t.Parallel()
	pool := poolConfig(t, "postgres://nobody@127.0.0.1:1/none?sslmode=disable")
	dialled := atomic.Bool{}
	pool.ConnConfig.DialFunc = func(context.Context, string, string) (net.Conn, error) {
		dialled.Store(true)
		return nil, errors.New("no")
	}
	s := New(Config{Pool: pool, QueryTimeout: time.Second})
	s.Close()
	s.Close()
	require.False(t, dialled.Load())
	_, err := s.Look(t.Context(), query.Caller{})
	require.ErrorIs(t, err, ErrClosed)
}

func TestConnectionsThatDiedWhileIdleAreReplaced(t *testing.T) {
	t.Parallel()
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		f := setUp(t, server, ordersSQL, ordersCatalog)
		var looks []*Look
		for range 3 {
			looks = append(looks, f.look(t))
		}
		for _, l := range looks {
			l.Close()
		}
		f.exec(t, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`)
		require.Equal(t, "5", count(t, f.look(t), ordersScan(f)))
	})
}

func TestAServerThatRestartsIsFoundAgain(t *testing.T) {
	t.Parallel()
	server := embedpg.StartForTest(t, embedpg.Options{})
	f := setUp(t, server, ordersSQL, ordersCatalog)
	ask := func() error {
		look, err := f.store.Look(t.Context(), query.Caller{})
		if err != nil {
			return err
		}
		defer look.Close()
		_, err = look.Scan(t.Context(), ordersScan(f))
		return err
	}
	require.NoError(t, ask())
	require.NoError(t, server.Restart(t.Context()))
	require.NoError(t, ask(), "the first question after a restart")

	look := f.look(t)
	watcher := f.connect(t)
	result := make(chan error, 1)
	go func() {
		_, err := look.Scan(t.Context(), sleepScan(f))
		result <- err
	}()
	eventually(t, func() bool { return strings.Contains(strings.Join(activity(t, watcher, "active"), ""), "pg_sleep") }, "the scan runs")
	require.NoError(t, server.Kill())
	requireKind(t, <-result, KindUnavailable)
	look.Close()
	requireKind(t, ask(), KindUnreachable)
	require.NoError(t, server.Resume(t.Context()))
	require.NoError(t, ask(), "the first question after a crash")

	go func() {
		look, err := f.store.Look(t.Context(), query.Caller{})
		if err == nil {
			_, err = look.Scan(t.Context(), sleepScan(f))
			look.Close()
		}
		result <- err
	}()
	watcher = f.connect(t)
	eventually(t, func() bool { return strings.Contains(strings.Join(activity(t, watcher, "active"), ""), "pg_sleep") }, "the scan runs")
	require.NoError(t, server.Halt())
	requireKind(t, <-result, KindUnavailable)
	require.NoError(t, server.Resume(t.Context()))
	require.NoError(t, ask(), "the first question after a shutdown")
}

// A firewall that forgot an idle connection lets nothing through and says
// nothing either.
func TestAConnectionThatWentSilentIsReplaced(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for the timeouts of a silent network")
	}
	t.Parallel()
	f := setUp(t, embedpg.Shared(t), ordersSQL, ordersCatalog)
	var silent atomic.Bool
	f.store = f.open(t, func(c *Config) {
		dial := c.Pool.ConnConfig.DialFunc
		first := true
		c.Pool.ConnConfig.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dial(ctx, network, address)
			if err == nil && first {
				first = false
				conn = &mutableConn{Conn: conn, silent: &silent}
			}
			return conn, err
		}
	})
	look := f.look(t)
	require.Equal(t, "5", count(t, look, ordersScan(f)))
	look.Close()
	silent.Store(true)
	ctx, cancel := context.WithTimeout(t.Context(), 19*time.Second)
	defer cancel()
	look, err := f.store.Look(ctx, query.Caller{})
	require.NoError(t, err)
	defer look.Close()
	require.Equal(t, "5", count(t, look, ordersScan(f)))
}

// mutableConn loses what is written to it while it is silent.
type mutableConn struct {
	net.Conn
	silent *atomic.Bool
}

func (c *mutableConn) Write(b []byte) (int, error) {
	if c.silent.Load() {
		return len(b), nil
	}
	return c.Conn.Write(b)
}

func TestWaitingForAConnectionIsBounded(t *testing.T) {
	t.Parallel()
	f := setUp(t, embedpg.Shared(t), ordersSQL, ordersCatalog)
	f.store = f.open(t, func(c *Config) { c.Pool.MaxConns = 1 })
	f.store.bulkhead.patience = 100 * time.Millisecond
	look := f.look(t)
	_, err := f.store.Look(t.Context(), query.Caller{})
	e := requireKind(t, err, KindBusy)
	require.Contains(t, e.Message.String(), "all 1 connections")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = f.store.Look(ctx, query.Caller{})
	requireKind(t, err, KindCancelled)
	look.Close()
	f.look(t)
}

func TestStatementsNameWhoAsks(t *testing.T) {
	t.Parallel()
	f := setUp(t, embedpg.Shared(t), ordersSQL, ordersCatalog)
	look, err := f.store.Look(t.Context(), query.Caller{Dashboard: "vendas", Panel: "7", User: "ana */ DROP TABLE orders; --"})
	require.NoError(t, err)
	defer look.Close()
	require.Equal(t, "5", count(t, look, ordersScan(f)))
	texts := activity(t, f.connect(t), "idle in transaction")
	require.Len(t, texts, 1)
	require.True(t, strings.HasPrefix(texts[0], "/* Live Orders dashboard=vendas panel=7 user=ana __ DROP TABLE orders_ -- */ SELECT"), texts[0])
}

func TestCommentsCannotEndEarly(t *testing.T) {
	t.Parallel()
	for _, hostile := range []string{"*/", "/*", "a\nb", "a\x00b", "*\u200b/", "'; DROP TABLE x; --", strings.Repeat("*/", 1000), "日本*/", "\u2028*/"} {
		comment := commentOf(query.Caller{Dashboard: hostile, Panel: hostile, Rule: hostile, User: hostile})
		inner := strings.TrimSuffix(strings.TrimPrefix(comment, "/*"), "*/ ")
		assert.NotContains(t, inner, "*", "%q", hostile)
		assert.NotContains(t, inner, "/", "%q", hostile)
		assert.NotContains(t, inner, "\n", "%q", hostile)
		assert.NotContains(t, inner, "\x00", "%q", hostile)
		assert.Less(t, len([]rune(comment)), 350)
	}
	assert.Equal(t, "/* Live Orders */ ", commentOf(query.Caller{}))
	assert.Equal(t, "/* Live Orders rule=Sem pedidos user=josé@example.org */ ", commentOf(query.Caller{Rule: "Sem pedidos", User: "josé@example.org"}))
}

func TestALookThatIsClosedSaysSo(t *testing.T) {
	t.Parallel()
	f := setUp(t, embedpg.Shared(t), ordersSQL, ordersCatalog)
	look := f.look(t)
	look.Close()
	look.Close()
	_, err := look.Scan(t.Context(), ordersScan(f))
	require.Error(t, err)
}

func TestResultsBeyondTheLimitAreRefusedAndNotKept(t *testing.T) {
	t.Parallel()
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		f := setUp(t, server, `
			CREATE TABLE orders (created_at timestamptz, channel text, region text, total numeric, id int);
			INSERT INTO orders SELECT '2026-03-01 12:00:00Z', 'c' || g, repeat('x', 10000) || g, 1, g FROM generate_series(1, 5000) AS g;`, ordersCatalog)
		look := f.look(t)
		scan := ordersScan(f)
		scan.GroupBy, scan.MaxRows = []string{"channel"}, 4999
		_, err := look.Scan(t.Context(), scan)
		require.ErrorIs(t, err, query.ErrTooManyCells)
		scan.MaxRows = 5000
		cells, err := look.Scan(t.Context(), scan)
		require.NoError(t, err)
		require.Len(t, cells.Groups, 5000)
		scan.GroupBy = []string{"region"} // 50 MB of labels
		_, err = look.Scan(t.Context(), scan)
		require.ErrorIs(t, err, query.ErrTooManyCells)
		require.Contains(t, err.Error(), "longer than")
		scan.GroupBy = nil
		require.Equal(t, "5000", count(t, look, scan))
	})
}
