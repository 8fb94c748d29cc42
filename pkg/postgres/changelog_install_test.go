package postgres

import (
	"crypto/rand"
	"encoding/json"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/internal/embedpg"
	"github.com/pullview/orders-datasource/pkg/message"
	"github.com/pullview/orders-datasource/pkg/query"
)

// objects counts what a database holds besides what the server brings along.
func (f *logged) objects(t *testing.T) (n int) {
	t.Helper()
	require.NoError(t, f.conn.QueryRow(t.Context(), `SELECT
  (SELECT count(*) FROM pg_class) + (SELECT count(*) FROM pg_proc) + (SELECT count(*) FROM pg_namespace WHERE nspname !~ '^pg_(toast_)?temp_') +
  (SELECT count(*) FROM pg_trigger) + (SELECT count(*) FROM pg_type) + (SELECT count(*) FROM pg_depend)`).Scan(&n))
	return n
}

func TestALogIsInstalledAgainAndLeavesNothingWhenItIsRemoved(t *testing.T) {
	t.Parallel()
	const sql = `CREATE TABLE events (id int, at timestamptz, done timestamptz) PARTITION BY RANGE (at);
CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM (MINVALUE) TO ('2026-02-01Z') PARTITION BY RANGE (at);
CREATE TABLE events_1_1 PARTITION OF events_1 DEFAULT;
CREATE TABLE old (at timestamptz); CREATE TABLE older () INHERITS (old);`
	catalogJSON := strings.Replace(loggedEventsCatalog, `"events": {"relation": "events"`,
		`"old": {"relation": "old", "time": "at", "changes": {"mode": "log"}}, "events": {"relation": "events"`, 1)
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		f := &logged{fixture: setUp(t, server, sql, catalogJSON)}
		f.conn = f.connect(t)
		events, old := f.scripts(t, "events"), f.scripts(t, "old")
		f.run(t, events.Uninstall, old.Uninstall)
		before := f.objects(t)

		f.run(t, events.Install)
		installed := f.objects(t)
		f.run(t, events.Install, events.Install)
		assert.Equal(t, installed, f.objects(t), "running the script again adds something")
		f.run(t, old.Install)

		changes := f.since(t, "old")
		f.run(t, "INSERT INTO older VALUES ('2026-01-01Z')")
		assert.Equal(t, []string{"at 2026-01-01T00:00:00"}, stretches(changes()))

		// Partitions that come later have the trigger for rows by inheritance.
		f.run(t, "CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM ('2026-02-01Z') TO ('2026-03-01Z')",
			"CREATE TABLE events_3 (LIKE events); ALTER TABLE events ATTACH PARTITION events_3 FOR VALUES FROM ('2026-03-01Z') TO ('2026-04-01Z')")
		changes = f.since(t, "events")
		f.run(t, "INSERT INTO events_2 VALUES (1, '2026-02-01Z')", "INSERT INTO events VALUES (1, '2026-03-01Z')")
		assert.ElementsMatch(t, []string{"at 2026-02-01T00:00:00", "at 2026-03-01T00:00:00"}, stretches(changes()))
		fingerprint := f.fingerprint(t, "events")
		f.run(t, "TRUNCATE events_3")
		assert.NotEqual(t, fingerprint, f.fingerprint(t, "events"), "there is no trigger for that")
		f.run(t, events.Install)
		changes = f.since(t, "events")
		f.run(t, "TRUNCATE events_2")
		assert.Equal(t, []string{"everything"}, stretches(changes()))

		f.run(t, "DROP TABLE events_2, events_3", events.Uninstall)
		changes = f.since(t, "old")
		f.run(t, "DELETE FROM old")
		assert.Len(t, changes().Dirty, 1, "the other log goes on")
		f.run(t, old.Uninstall, old.Uninstall)
		assert.Equal(t, before, f.objects(t))
	})
}

func TestNamesAreWrittenSoThatTheyMeanThemselves(t *testing.T) {
	t.Parallel()
	longName := "Ä" + strings.Repeat("x", 61)
	for _, name := range []string{`Orders`, `o'Brien's "orders"`, `100%s %I`, `$$ $live_orders$ {log} {body}`, `back\slash`, "line\nbreak; DROP SCHEMA public CASCADE; --", longName, `select`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
				column := strings.NewReplacer(`'`, "", `"`, "", "\n", " ", ";", "", "(", "").Replace(name)
				quoted := quoteIdentifier("s "+name[:3]) + "." + quoteIdentifier(name)
				declared, err := json.Marshal(quoted)
				require.NoError(t, err)
				at, err := json.Marshal(column)
				require.NoError(t, err)
				f := &logged{fixture: setUp(t, server, `CREATE SCHEMA `+quoteIdentifier("s "+name[:3])+`;
CREATE TABLE `+quoted+` (`+quoteIdentifier(column)+` timestamp);`,
					`{"version": 1, "timezone": "UTC", "tables": {"t": {"relation": `+string(declared)+`, "time": `+string(at)+`, "changes": {"mode": "log"}}},
					"metrics": {"n": {"type": "counter", "table": "t", "help": "Rows"}}}`)}
				f.conn = f.connect(t)
				scripts := f.scripts(t, "t")
				for _, conforming := range []string{"on", "off"} {
					f.run(t, "SET standard_conforming_strings = "+conforming, scripts.Install)
					f.run(t, scripts.Install)
					changes := f.since(t, "t")
					f.run(t, "INSERT INTO "+quoted+" VALUES ('2026-01-01 00:00:11')")
					assert.Equal(t, []string{column + " 2026-01-01T00:00:10"}, stretches(changes()))
					f.run(t, "TRUNCATE "+quoted)
					assert.Equal(t, []string{"everything"}, stretches(changes()))
					f.run(t, scripts.Uninstall)
				}
				var left int
				require.NoError(t, f.conn.QueryRow(t.Context(), "SELECT count(*) FROM pg_namespace WHERE nspname IN ('live_orders')").Scan(&left))
				assert.Zero(t, left)
			})
		})
	}
}

func TestTheReaderNeedsSelectOnly(t *testing.T) {
	t.Parallel()
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		f := &logged{fixture: setUp(t, server, loggedEventsSQL, loggedEventsCatalog)}
		f.conn = f.connect(t)
		asReader(t, f.fixture, `GRANT SELECT ON events TO $role;`)
		assert.False(t, f.works(t, "events"))
		f.run(t, f.scripts(t, "events").Install)
		changes := f.since(t, "events")
		f.run(t, "INSERT INTO events VALUES (1, '2026-01-01Z')")
		assert.Equal(t, []string{"at 2026-01-01T00:00:00"}, stretches(changes()))

		// Nobody but the triggers writes, and nobody else may use their function.
		pool, err := f.store.open()
		require.NoError(t, err)
		log := "live_orders." + quoteIdentifier(changelogName("log", f.catalog.Tables["events"].Relation))
		note := "live_orders." + quoteIdentifier(changelogName("note", f.catalog.Tables["events"].Relation))
		for _, sql := range []string{
			"INSERT INTO " + log + " VALUES (0, '-infinity', '1')",
			"DELETE FROM live_orders.logs",
			"CREATE TEMPORARY TABLE mine (at timestamptz, done timestamptz); CREATE TRIGGER mine AFTER INSERT ON mine FOR EACH ROW EXECUTE FUNCTION " + note + "()",
			"SELECT live_orders.prune()",
		} {
			conn, err := pool.Acquire(t.Context())
			require.NoError(t, err)
			_, err = conn.Conn().PgConn().Exec(t.Context(), sql).ReadAll()
			conn.Release()
			assert.ErrorContains(t, err, "permission denied", sql)
		}
	})
}

func TestWhatTriggersDoNotSeeIsRefused(t *testing.T) {
	t.Parallel()
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		f := setUp(t, server, `CREATE TABLE base (at timestamptz); CREATE VIEW seen AS SELECT * FROM base; CREATE MATERIALIZED VIEW kept AS SELECT * FROM base;
CREATE UNLOGGED TABLE swift (at timestamptz);
CREATE TABLE parted (at timestamptz) PARTITION BY RANGE (at); CREATE UNLOGGED TABLE parted_1 PARTITION OF parted DEFAULT;
CREATE TABLE far (at timestamptz) PARTITION BY RANGE (at); CREATE FOREIGN DATA WRAPPER nowhere; CREATE SERVER nowhere FOREIGN DATA WRAPPER nowhere;
CREATE FOREIGN TABLE far_1 PARTITION OF far DEFAULT SERVER nowhere;
CREATE TABLE computed (base timestamp, at timestamp GENERATED ALWAYS AS (base + interval '1 hour') STORED);`,
			`{"version": 1, "timezone": "UTC", "tables": {"seen": {"relation": "seen", "time": "at"}, "kept": {"relation": "kept", "time": "at"}, "swift": {"relation": "swift", "time": "at"},
			  "parted": {"relation": "parted", "time": "at"}, "far": {"relation": "far", "time": "at"}, "computed": {"relation": "computed", "time": "at"}},
			  "metrics": {"n": {"type": "counter", "table": "seen", "help": "Rows"}}}`)
		l := f.look(t)
		for table, says := range map[string]string{
			"seen": "public.seen is neither a table nor", "kept": "public.kept is neither a table nor", "swift": "public.swift is an unlogged table",
			"parted": "public.parted_1 is an unlogged table", "far": "public.far_1 is neither a table nor",
		} {
			_, err := l.ChangelogSQL(t.Context(), f.catalog.Tables[table], message.English)
			requireKind(t, err, KindCatalog)
			assert.ErrorContains(t, err, says)
		}
		_, err := l.ChangelogSQL(t.Context(), f.catalog.Tables["computed"], message.English)
		require.NoError(t, err, "triggers see what is stored")
		if server.Major() < 18 {
			return
		}
		l.Close()
		f.exec(t, "DROP TABLE computed; CREATE TABLE computed (base timestamp, at timestamp GENERATED ALWAYS AS (base + interval '1 hour') VIRTUAL)")
		_, err = f.look(t).ChangelogSQL(t.Context(), f.catalog.Tables["computed"], message.English)
		requireKind(t, err, KindCatalog)
		assert.ErrorContains(t, err, "the column at is generated when it is read")
	})
}

func TestColumnsOfALogCannotBeTakenFromUnderIt(t *testing.T) {
	t.Parallel()
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		f := logTables(t, server, loggedEventsSQL, loggedEventsCatalog)
		assert.Contains(t, f.refused(t, "ALTER TABLE events DROP COLUMN done"), "trigger live_orders_columns on table events depends on column done")
		assert.Contains(t, f.refused(t, "ALTER TABLE events ALTER COLUMN at TYPE timestamp"), "cannot alter type of a column used in a trigger")
		f.run(t, "ALTER TABLE events DROP COLUMN n", "INSERT INTO events VALUES (1, '2026-01-01Z')")

		scripts := f.scripts(t, "events")
		f.run(t, scripts.Uninstall, "ALTER TABLE events ALTER COLUMN at TYPE timestamp")
		assert.Contains(t, f.refused(t, scripts.Install), "the columns are not those for which this script was written")
	})
}

func TestALogIsNotMistakenForThatOfAPartition(t *testing.T) {
	t.Parallel()
	const sql = `CREATE TABLE events (id int, at timestamptz, done timestamptz) PARTITION BY RANGE (at);
CREATE TABLE part PARTITION OF events DEFAULT;`
	catalogJSON := strings.Replace(loggedEventsCatalog, `"events": {"relation": "events"`,
		`"part": {"relation": "part", "time": "at", "changes": {"mode": "log"}}, "events": {"relation": "events"`, 1)
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		f := &logged{fixture: setUp(t, server, sql, catalogJSON)}
		f.conn = f.connect(t)
		whole, part := f.scripts(t, "events"), f.scripts(t, "part")
		for _, order := range [][2]Changelog{{whole, part}, {part, whole}} {
			f.run(t, order[0].Install)
			assert.Contains(t, f.refused(t, order[1].Install), "part has triggers of the change log of another table")
			f.run(t, order[0].Uninstall)
		}
		// Even where the triggers were made by hand, a log that another table's
		// triggers write is not this table's.
		f.run(t, whole.Install)
		f.since(t, "events")
		f.run(t, `INSERT INTO live_orders.logs SELECT 'public.part', log, columns, zone, format, low, began FROM live_orders.logs;
			UPDATE live_orders.logs SET relation = '"public"."part"' WHERE relation = 'public.part'`)
		assert.False(t, f.works(t, "part"))
	})
}

func TestASchemaOfSomebodyElseIsNotWrittenTo(t *testing.T) {
	t.Parallel()
	f := &logged{fixture: setUp(t, embedpg.Shared(t), loggedEventsSQL, loggedEventsCatalog)}
	f.conn = f.connect(t)
	role := "stranger_" + strings.ToLower(rand.Text())
	f.run(t, "CREATE ROLE "+role)
	t.Cleanup(func() { dropRole(t, f.fixture, role) })
	f.run(t, "CREATE SCHEMA live_orders AUTHORIZATION "+role)
	scripts := f.scripts(t, "events")
	assert.Contains(t, f.refused(t, scripts.Install), "the schema live_orders belongs to somebody else")
	f.run(t, "ALTER SCHEMA live_orders OWNER TO postgres", scripts.Install)
	f.since(t, "events")
}

func TestWhatWasPrunedIsReadAnew(t *testing.T) { // alone: transactions of other tests would hold the pruner back
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		f := logTables(t, server, loggedEventsSQL, loggedEventsCatalog)
		early := f.since(t, "events")
		f.run(t, "INSERT INTO events VALUES (1, '2026-01-01Z')", "SELECT live_orders.prune('1 hour')")
		assert.Equal(t, []string{"at 2026-01-01T00:00:00"}, stretches(early()), "nothing is an hour old")
		f.run(t, "SELECT live_orders.prune('0 s')")
		assert.Equal(t, []string{"everything"}, stretches(early()))
		late := f.since(t, "events")
		f.run(t, "INSERT INTO events VALUES (2, '2026-01-02Z')", "SELECT live_orders.prune('1 hour')")
		assert.Equal(t, []string{"at 2026-01-02T00:00:00"}, stretches(late()))
		var marks int
		require.NoError(t, f.conn.QueryRow(t.Context(), "SELECT count(*) FROM live_orders.marks").Scan(&marks))
		assert.Equal(t, 2, marks, "the one that is old enough, and those after it")

		// A transaction that runs keeps what it may have noted.
		slow := f.connect(t)
		_, err := slow.Exec(t.Context(), "BEGIN")
		require.NoError(t, err)
		_, err = slow.Exec(t.Context(), "INSERT INTO events VALUES (3, '2026-01-03Z')")
		require.NoError(t, err)
		changes := f.since(t, "events")
		f.run(t, "INSERT INTO events VALUES (4, '2026-01-04Z')", "SELECT live_orders.prune('0 s')", "SELECT live_orders.prune('0 s')")
		_, err = slow.Exec(t.Context(), "COMMIT")
		require.NoError(t, err)
		assert.ElementsMatch(t, []string{"at 2026-01-03T00:00:00", "at 2026-01-04T00:00:00"}, stretches(changes()))
	})
}

func TestNobodyButThePrunerRemovesRowsOfALog(t *testing.T) {
	t.Parallel()
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		f := logTables(t, server, loggedEventsSQL, loggedEventsCatalog)
		log := "live_orders." + quoteIdentifier(changelogName("log", f.catalog.Tables["events"].Relation))
		changes := f.since(t, "events")
		f.run(t, "INSERT INTO events VALUES (1, '2026-01-01Z')")
		for _, sql := range []string{"DELETE FROM " + log, "TRUNCATE " + log, "UPDATE " + log + " SET x = '3'",
			"SELECT live_orders.prune(); DELETE FROM " + log, "SET LOCAL session_replication_role = replica; DELETE FROM " + log} {
			assert.Contains(t, f.refused(t, sql), "only live_orders.prune() removes rows of a change log", sql)
		}
		assert.Equal(t, []string{"at 2026-01-01T00:00:00"}, stretches(changes()))
	})
}

func TestALogIsPrunedAndInstalledAgainWhereAllTablesArePublished(t *testing.T) {
	t.Parallel()
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		f := logTables(t, server, loggedEventsSQL+"CREATE PUBLICATION everything FOR ALL TABLES", loggedEventsCatalog)
		f.run(t, "INSERT INTO events VALUES (1, '2026-01-01Z')", "SELECT live_orders.prune('0 s')", "SELECT live_orders.prune('0 s')")
		f.install(t, "events")
	})
}

func TestScriptsOfTwoTablesCanRunAtTheSameTime(t *testing.T) {
	t.Parallel()
	catalogJSON := strings.Replace(loggedEventsCatalog, `"events": {"relation": "events"`,
		`"other": {"relation": "other", "time": "at", "changes": {"mode": "log"}}, "events": {"relation": "events"`, 1)
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		f := setUp(t, server, loggedEventsSQL+"CREATE TABLE other (at timestamptz)", catalogJSON)
		for _, script := range []func(Changelog) string{
			func(c Changelog) string { return c.Install }, func(c Changelog) string { return c.Install }, func(c Changelog) string { return c.Uninstall },
		} {
			var all sync.WaitGroup
			for _, table := range []string{"events", "other", "events", "other"} {
				sql, conn := script(f.scripts(t, table)), f.connect(t)
				all.Go(func() {
					_, err := conn.Exec(t.Context(), sql, pgx.QueryExecModeSimpleProtocol)
					assert.NoError(t, err)
				})
			}
			all.Wait()
		}
	})
}

// A transaction that began before the log, and goes on, writes to it as any other.
func TestALogIsCompleteForTransactionsThatBeganBeforeIt(t *testing.T) {
	t.Parallel()
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		f := &logged{fixture: setUp(t, server, loggedEventsSQL, loggedEventsCatalog)}
		f.conn = f.connect(t)
		early := f.connect(t)
		_, err := early.Exec(t.Context(), "BEGIN; CREATE TEMPORARY TABLE mine (); SELECT pg_current_xact_id()", pgx.QueryExecModeSimpleProtocol)
		require.NoError(t, err)
		f.install(t, "events")
		changes := f.since(t, "events")
		assert.Empty(t, stretches(changes()))
		_, err = early.Exec(t.Context(), "INSERT INTO events VALUES (1, '2026-01-01Z'); COMMIT", pgx.QueryExecModeSimpleProtocol)
		require.NoError(t, err)
		assert.Equal(t, []string{"at 2026-01-01T00:00:00"}, stretches(changes()))
	})
}

// A dump that is restored brings the numbers of another server's transactions.
func TestALogOfAnotherServersTransactionsIsBegunAnewByTheScript(t *testing.T) {
	t.Parallel()
	f := logTables(t, embedpg.Shared(t), loggedEventsSQL, loggedEventsCatalog)
	log := "live_orders." + quoteIdentifier(changelogName("log", f.catalog.Tables["events"].Relation))
	f.run(t, "UPDATE live_orders.logs SET low = '9000000000'; INSERT INTO live_orders.marks (at, horizon) VALUES (now() - interval '1 day', '9000000001'); INSERT INTO "+log+" VALUES (0, '-infinity', '9000000002')")
	changes := f.since(t, "events")
	f.run(t, "SELECT pg_current_xact_id()") // between equal snapshots nothing changed
	assert.Equal(t, []string{"everything"}, stretches(changes()))
	f.install(t, "events")
	f.run(t, "SELECT live_orders.prune()")
	changes = f.since(t, "events")
	f.run(t, "INSERT INTO events VALUES (1, '2026-01-01Z')")
	assert.Equal(t, []string{"at 2026-01-01T00:00:00"}, stretches(changes()))
}

func TestALogOfOtherColumnsOrAnotherZoneIsNotUsed(t *testing.T) {
	t.Parallel()
	f := logTables(t, embedpg.Shared(t), loggedEventsSQL, loggedEventsCatalog)
	f.since(t, "events")
	for _, change := range []string{"SET columns = '{at}'", "SET zone = 'Asia/Tokyo'", "SET format = 0"} {
		f.run(t, "BEGIN; UPDATE live_orders.logs "+change+"; COMMIT")
		assert.False(t, f.works(t, "events"), change)
		f.install(t, "events")
		f.since(t, "events")
	}
	_, err := f.lookAt(t, "events").Changes(t.Context(), f.catalog.Tables["events"], query.Snapshot{ID: "none"})
	require.Error(t, err)
}

// No row is written where a column that is computed when it is read gets another
// expression.
func TestAnotherExpressionOfAColumnIsAnotherTable(t *testing.T) {
	t.Parallel()
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		if server.Major() < 18 {
			return // such columns are new in 18
		}
		f := logTables(t, server, `CREATE TABLE events (id int, at timestamptz, done timestamptz, n int, double int GENERATED ALWAYS AS (n * 2) VIRTUAL)
PARTITION BY RANGE (at); CREATE TABLE part PARTITION OF events DEFAULT;`, loggedEventsCatalog)
		for _, sql := range []string{"ALTER TABLE events ALTER COLUMN double SET EXPRESSION AS (n * 3)", "ALTER TABLE part ALTER COLUMN double SET EXPRESSION AS (n * 4)"} {
			before := f.fingerprint(t, "events")
			assert.Equal(t, before, f.fingerprint(t, "events"))
			f.run(t, sql)
			assert.NotEqual(t, before, f.fingerprint(t, "events"), sql)
		}
	})
}

// No row is written either where a label of an enum gets another name.
func TestAnotherLabelOfAnEnumIsAnotherTable(t *testing.T) {
	t.Parallel()
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		f := logTables(t, server, `CREATE TYPE state AS ENUM ('new', 'paid'); CREATE TYPE colour AS ENUM ('red'); CREATE TYPE size AS ENUM ('S');
CREATE DOMAIN shade AS colour;
CREATE TABLE events (id int, at timestamptz, done timestamptz, state state, shade shade, sizes size[])`, loggedEventsCatalog)
		for _, sql := range []string{"ALTER TYPE state RENAME VALUE 'paid' TO 'settled'", "ALTER TYPE colour RENAME VALUE 'red' TO 'green'", "ALTER TYPE size RENAME VALUE 'S' TO 'XS'",
			// To cast to such a domain may now fail.
			"ALTER DOMAIN shade ADD CHECK (VALUE < 'green')"} {
			before := f.fingerprint(t, "events")
			f.run(t, sql)
			assert.NotEqual(t, before, f.fingerprint(t, "events"), sql)
		}
	})
}
