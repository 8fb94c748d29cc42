package postgres

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/internal/embedpg"
	"github.com/pullview/orders-datasource/pkg/query"
)

func TestLooksWorkWithAndWithoutPreparedStatements(t *testing.T) {
	t.Parallel()
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		f := setUp(t, server, ordersSQL, ordersCatalog)
		for _, prepared := range []bool{false, true} {
			f.store = f.open(t, func(c *Config) { c.PreparedStatements, c.Pool.MaxConns = prepared, 1 })
			for range 3 {
				look := f.look(t)
				require.Equal(t, "5", count(t, look, ordersScan(f)))
				look.Close()
			}
			pool, err := f.store.open()
			require.NoError(t, err)
			rows, err := pool.Query(t.Context(), `SELECT name, statement FROM pg_prepared_statements WHERE name LIKE 'live_orders%'`, pgx.QueryExecModeExec)
			require.NoError(t, err)
			kept := 0
			var name, sql string
			_, err = pgx.ForEachRow(rows, []any{&name, &sql}, func() error {
				kept++
				require.Equal(t, preparedName(sql), name, "on another connection it means the same")
				return nil
			})
			require.NoError(t, err)
			require.Equal(t, map[bool]int{false: 0, true: 2}[prepared], kept, "how a look begins, and how a table is defined")
		}
	})
}

// To plan what identifies a table takes the server longer than the rest of a look.
func TestWhatIdentifiesATableIsPlannedOnceByAConnectionAndReadOnceALook(t *testing.T) {
	t.Parallel()
	server := embedpg.StartForTest(t, embedpg.Options{Settings: map[string]string{
		"shared_preload_libraries": "pg_stat_statements", "pg_stat_statements.track_planning": "on",
	}})
	f := logTables(t, server, loggedEventsSQL+"CREATE EXTENSION pg_stat_statements", loggedEventsCatalog)
	f.store = f.open(t, func(c *Config) {
		c.PreparedStatements, c.Pool.MaxConns = true, 1
		c.Pool.ConnConfig.RuntimeParams["search_path"] = "pg_catalog" // as may be the default of a role
	})
	f.run(t, "SELECT pg_stat_statements_reset()")
	table := f.catalog.Tables["events"]
	const looks = 10
	known := []query.Known{{Table: table}}
	for look := range looks {
		l, err := f.store.LookAt(t.Context(), query.Caller{}, known)
		require.NoError(t, err)
		_, err = l.Scan(t.Context(), countsEvents(t, table))
		require.NoError(t, err)
		fingerprint, _ := l.Fingerprint(table)
		same, err := l.Unchanged(t.Context())
		require.NoError(t, err)
		require.True(t, same)
		known[0].Since, known[0].Fingerprint = l.Snapshot(), fingerprint
		l.Close()
		f.run(t, fmt.Sprintf("INSERT INTO events VALUES (%d, '2026-01-01 01:00Z')", look))
	}
	var plans, calls, relations int
	require.NoError(t, f.connect(t).QueryRow(t.Context(), `SELECT sum(plans), sum(calls), sum(calls) FILTER (WHERE query LIKE '%pg_trigger%')
		FROM pg_stat_statements WHERE query LIKE 'WITH RECURSIVE tree%'`).Scan(&plans, &calls, &relations))
	assert.Equal(t, looks+1, relations, "at the beginning of the first look, and at the end of each")
	assert.Equal(t, 2*looks, calls, "at the beginning of the others only which partitions there are")
	assert.Less(t, plans, 5)
}

// The plan is made while the log is short, and serves when it is long. Others are
// not made so.
func TestALogIsReadByAPlanThatIsMadeOnce(t *testing.T) {
	t.Parallel()
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		f := logTables(t, server, loggedEventsSQL, loggedEventsCatalog)
		f.store = f.open(t, func(c *Config) { c.PreparedStatements, c.Pool.MaxConns = true, 1 })
		table := f.catalog.Tables["events"]
		log := changelogSchema + "." + quoteIdentifier(changelogName("log", table.Logged()))
		f.run(t, "ALTER TABLE "+log+" SET (autovacuum_enabled = off)", "VACUUM ANALYZE "+log)
		known := []query.Known{{Table: table}}
		look := func() *DeltaLook {
			l, err := f.store.LookAt(t.Context(), query.Caller{}, known)
			require.NoError(t, err)
			known[0].Since = l.Snapshot()
			known[0].Fingerprint, _ = l.Fingerprint(table)
			return l
		}
		const looks = 8
		for n := range looks {
			look().Close()
			f.run(t, fmt.Sprintf("INSERT INTO events VALUES (%d, '2026-01-01 01:00Z')", n))
		}
		f.run(t, "INSERT INTO events SELECT -n, '2026-01-01Z'::timestamptz + n * interval '10 s' FROM generate_series(1, 50000) AS n")
		since := known[0].Since
		l := look()
		defer l.Close()
		changes, err := l.Changes(t.Context(), table, since)
		require.NoError(t, err)
		require.Len(t, changes.Dirty, 50_000)

		var name string
		var once, anew int
		conn := l.conn.Conn()
		require.NoError(t, conn.QueryRow(t.Context(), "SELECT name, generic_plans, custom_plans FROM pg_prepared_statements WHERE statement LIKE 'SELECT col, bucket%'",
			pgx.QueryExecModeExec).Scan(&name, &once, &anew))
		assert.Equal(t, []int{looks, 0}, []int{once, anew})
		settings := func() (mode, scans string) {
			require.NoError(t, conn.QueryRow(t.Context(), "SELECT current_setting('plan_cache_mode'), current_setting('enable_seqscan')", pgx.QueryExecModeExec).Scan(&mode, &scans))
			return mode, scans
		}
		mode, scans := settings()
		assert.Equal(t, []string{"force_custom_plan", "on"}, []string{mode, scans})
		_, err = conn.Exec(t.Context(), "SET LOCAL plan_cache_mode = force_generic_plan", pgx.QueryExecModeExec)
		require.NoError(t, err)
		rows, err := conn.Query(t.Context(), "EXPLAIN EXECUTE "+name+"('3', '3:3:')", pgx.QueryExecModeExec)
		require.NoError(t, err)
		plan, err := pgx.CollectRows(rows, pgx.RowTo[string])
		require.NoError(t, err)
		assert.NotContains(t, strings.Join(plan, "\n"), "Seq Scan")
	})
}

func TestAPoolerThatChangesConnectionsIsNamed(t *testing.T) {
	t.Parallel()
	f := setUp(t, embedpg.Shared(t), ordersSQL, ordersCatalog)
	f.store = f.open(t, func(c *Config) { c.PreparedStatements, c.Pool.MaxConns = true, 1 })
	for about, meanwhile := range map[string]string{
		"the next connection has no statement":    "DEALLOCATE ALL",
		"the next connection has one from before": "PREPARE " + preparedName(snapshotSQL) + " AS SELECT 1",
	} {
		look := f.look(t)
		pg := look.conn.Conn().PgConn()
		_, err := pg.Exec(t.Context(), "DEALLOCATE ALL; "+meanwhile).ReadAll()
		require.NoError(t, err)
		if strings.HasPrefix(meanwhile, "PREPARE") {
			delete(pg.CustomData(), preparedNames)
		}
		look.Close()
		_, err = f.store.Look(t.Context(), query.Caller{})
		require.ErrorContains(t, err, "Switch preparedStatements off", about)
		requireKind(t, err, KindUnavailable)
		f.store = f.open(t, func(c *Config) { c.PreparedStatements, c.Pool.MaxConns = true, 1 })
	}
}
