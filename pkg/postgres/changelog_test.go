package postgres

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/internal/embedpg"
	"github.com/pullview/orders-datasource/pkg/message"
	"github.com/pullview/orders-datasource/pkg/query"
)

// logged is a fixture whose tables have change logs.
type logged struct {
	*fixture
	conn *pgx.Conn // the superuser's
}

// logTables makes a database with tables, a catalog and the change log of each
// of its tables.
func logTables(t *testing.T, server *embedpg.Server, sql, catalogJSON string) *logged {
	t.Helper()
	f := &logged{fixture: setUp(t, server, sql, catalogJSON)}
	f.conn = f.connect(t)
	for _, name := range sortedKeys(f.catalog.Tables) {
		f.install(t, name)
	}
	return f
}

func (f *logged) install(t *testing.T, table string) { f.exec(t, f.scripts(t, table).Install) }

func (f *fixture) scripts(t *testing.T, table string) Changelog {
	t.Helper()
	l := f.look(t)
	defer l.Close()
	log, err := l.ChangelogSQL(t.Context(), f.catalog.Tables[table], message.English)
	require.NoError(t, err)
	return log
}

// run runs statements in one transaction each.
func (f *logged) run(t *testing.T, statements ...string) {
	t.Helper()
	for _, sql := range statements {
		_, err := f.conn.Exec(t.Context(), sql, pgx.QueryExecModeSimpleProtocol)
		require.NoError(t, err, sql)
	}
}

// refused runs a statement that must fail.
func (f *logged) refused(t *testing.T, sql string) string {
	t.Helper()
	_, err := f.conn.Exec(t.Context(), sql, pgx.QueryExecModeSimpleProtocol)
	var pgErr *pgconn.PgError
	require.ErrorAs(t, err, &pgErr, sql)
	_, _ = f.conn.Exec(t.Context(), "ROLLBACK", pgx.QueryExecModeSimpleProtocol)
	return pgErr.Message + ". " + pgErr.Detail + " " + pgErr.Hint
}

// lookAt begins a look at tables that ends with the test.
func (f *fixture) lookAt(t *testing.T, tables ...string) *DeltaLook {
	t.Helper()
	var known []query.Known
	for _, table := range tables {
		known = append(known, query.Known{Table: f.catalog.Tables[table]})
	}
	l, err := f.store.LookAt(t.Context(), query.Caller{}, known)
	require.NoError(t, err)
	t.Cleanup(l.Close)
	return l
}

// works reports whether a table has a log that can be relied on.
func (f *fixture) works(t *testing.T, table string) bool {
	t.Helper()
	l := f.lookAt(t, table)
	defer l.Close()
	_, kept := l.Fingerprint(f.catalog.Tables[table])
	return kept
}

// fingerprint is that of a table whose log works.
func (f *fixture) fingerprint(t *testing.T, table string) string {
	t.Helper()
	l := f.lookAt(t, table)
	defer l.Close()
	fingerprint, kept := l.Fingerprint(f.catalog.Tables[table])
	require.True(t, kept)
	return fingerprint
}

// since takes a snapshot and returns a function that returns the changes after
// it.
func (f *logged) since(t *testing.T, table string) func() query.Changes {
	t.Helper()
	require.True(t, f.works(t, table), "the log of %s does not work", table)
	before := f.lookAt(t, table)
	snapshot := before.Snapshot()
	before.Close()
	return func() query.Changes {
		after := f.lookAt(t, table)
		defer after.Close()
		changes, err := after.Changes(t.Context(), f.catalog.Tables[table], snapshot)
		require.NoError(t, err)
		return changes
	}
}

// stretches writes changes as text, in no order.
func stretches(changes query.Changes) []string {
	texts := []string{}
	if changes.Everything {
		texts = append(texts, "everything")
	}
	for _, c := range changes.Dirty {
		texts = append(texts, c.Column+" "+c.From.UTC().Format("2006-01-02T15:04:05"))
	}
	return texts
}

const loggedEventsCatalog = `{"version": 1, "timezone": "UTC",
  "tables": {"events": {"relation": "events", "time": "at", "changes": {"mode": "log"}}},
  "metrics": {
    "seen": {"type": "counter", "table": "events", "help": "Events"},
    "open": {"type": "gauge", "table": "events", "opened": "at", "closed": "done", "help": "Open events"}}}`

const loggedEventsSQL = `CREATE TABLE events (id int PRIMARY KEY, at timestamptz, done timestamptz, n int DEFAULT 1);`

// Every kind of statement that changes rows is noted where it changes a number.
func TestEveryKindOfWriteIsNotedWhereItChangesANumber(t *testing.T) {
	t.Parallel()
	const sql = `
CREATE TABLE events (id int, at timestamptz NOT NULL, done timestamptz, n int DEFAULT 1, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE events_old PARTITION OF events FOR VALUES FROM (MINVALUE) TO ('2026-01-02Z');
CREATE TABLE events_new PARTITION OF events FOR VALUES FROM ('2026-01-02Z') TO ('2026-01-03Z');
CREATE TABLE parents (id int PRIMARY KEY); INSERT INTO parents VALUES (1), (2);
CREATE TABLE children (id int, parent int REFERENCES parents ON DELETE CASCADE ON UPDATE CASCADE, at timestamptz, done timestamptz, n int DEFAULT 1);
INSERT INTO children VALUES (1, 1, '2026-01-01 08:00Z'), (2, 2, '2026-01-01 09:00Z');
INSERT INTO events VALUES (1, '2026-01-01 00:00:00Z', NULL), (2, '2026-01-01 00:01:00Z', '2026-01-01 01:00Z'), (3, '2026-01-02 12:00Z', NULL);`
	catalogJSON := strings.Replace(loggedEventsCatalog, `"events": {"relation": "events"`,
		`"children": {"relation": "children", "time": "at", "changes": {"mode": "log"}}, "events": {"relation": "events"`, 1)
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		f := logTables(t, server, sql, catalogJSON)
		numbers := func() map[string]string {
			found := map[string]string{}
			for _, table := range []string{"events", "children"} {
				for _, column := range []string{"at", "done"} {
					rows, err := f.conn.Query(t.Context(), fmt.Sprintf(`SELECT date_bin('10 s', %s, '2000-01-01Z') AS b, count(*), sum(n), count(done) FROM %s WHERE isfinite(%[1]s) GROUP BY 1`, column, table))
					require.NoError(t, err)
					var bucket time.Time
					var count, sum, done int
					_, err = pgx.ForEachRow(rows, []any{&bucket, &count, &sum, &done}, func() error {
						found[table+" "+column+" "+bucket.UTC().Format("2006-01-02T15:04:05")] = fmt.Sprint(count, sum, done)
						return nil
					})
					require.NoError(t, err)
				}
			}
			return found
		}
		for _, statement := range []string{
			`INSERT INTO events VALUES (4, '2026-01-01 02:00:09.999999Z', '2026-01-01 02:00:10Z')`,
			`INSERT INTO events_new VALUES (5, '2026-01-02 02:00Z', NULL)`,
			`UPDATE events SET n = 7 WHERE id = 2`,
			`UPDATE events SET done = '2026-01-02 13:00Z' WHERE id = 3`,
			`UPDATE events SET done = 'infinity' WHERE id = 3`,
			`UPDATE events SET at = '2026-01-02 14:00Z' WHERE id = 1`, // into another partition
			`UPDATE events_new SET at = at + interval '1 hour' WHERE id = 5`,
			`INSERT INTO events VALUES (2, '2026-01-01 00:01:00Z') ON CONFLICT (id, at) DO UPDATE SET n = 9, done = NULL`,
			`INSERT INTO events VALUES (2, '2026-01-01 00:01:00Z') ON CONFLICT DO NOTHING`,
			`MERGE INTO events USING (VALUES (2, '2026-01-01 00:01:00Z'::timestamptz), (9, '2026-01-01 03:00Z')) AS v (id, at) ON events.id = v.id AND events.at = v.at
			 WHEN MATCHED THEN UPDATE SET n = 4 WHEN NOT MATCHED THEN INSERT VALUES (v.id, v.at)`,
			`MERGE INTO events USING (VALUES (9)) AS v (id) ON events.id = v.id WHEN MATCHED THEN DELETE`,
			`BEGIN; INSERT INTO events VALUES (10, '2026-01-01 04:00Z'); SAVEPOINT s; INSERT INTO events VALUES (11, '2026-01-01 04:00:30Z'); ROLLBACK TO s;
			 INSERT INTO events VALUES (12, '2026-01-01 04:00:30Z'); COMMIT`,
			`WITH gone AS (DELETE FROM events WHERE id = 10 RETURNING *) INSERT INTO events SELECT 13, at + interval '1 min' FROM gone`,
			`SET session_replication_role = replica; INSERT INTO events VALUES (14, '2026-01-01 05:00Z'); RESET session_replication_role`,
			`DELETE FROM parents WHERE id = 1`,
			`UPDATE parents SET id = 3 WHERE id = 2; UPDATE children SET n = parent`,
			`CREATE TABLE events_last PARTITION OF events FOR VALUES FROM ('2026-01-03Z') TO ('2026-01-04Z'); INSERT INTO events_last VALUES (15, '2026-01-03 01:00Z')`,
			`CREATE TABLE late (done timestamptz, n int DEFAULT 1, at timestamptz NOT NULL, id int NOT NULL, PRIMARY KEY (id, at));
			 ALTER TABLE events ATTACH PARTITION late FOR VALUES FROM ('2026-01-04Z') TO ('2026-01-05Z'); INSERT INTO late (id, at) VALUES (16, '2026-01-04 01:00Z')`,
			`TRUNCATE events_old`,
			`TRUNCATE events`,
			`TRUNCATE children`,
		} {
			if server.Major() < 15 && strings.HasPrefix(statement, "MERGE") {
				continue
			}
			before := numbers()
			changesOf := map[string]func() query.Changes{}
			for table := range f.catalog.Tables {
				l := f.lookAt(t, table)
				snapshot := l.Snapshot()
				l.Close()
				changesOf[table] = func() query.Changes {
					l := f.lookAt(t, table)
					defer l.Close()
					// A partition without a TRUNCATE trigger makes the log
					// unfit, not wrong.
					l.prints[table] = print{columns: []string{"at", "done"}}
					changes, err := l.Changes(t.Context(), f.catalog.Tables[table], snapshot)
					require.NoError(t, err)
					return changes
				}
			}
			f.run(t, statement)
			after := numbers()
			noted := map[string]bool{}
			for table, changes := range changesOf {
				for _, text := range stretches(changes()) {
					noted[table+" "+text] = true
				}
			}
			changed := 0
			for _, key := range append(sortedKeys(before), sortedKeys(after)...) {
				if before[key] == after[key] {
					continue
				}
				changed++
				table, _, _ := strings.Cut(key, " ")
				assert.True(t, noted[key] || noted[table+" everything"], "%s is not noted after %s", key, statement)
			}
			if !strings.HasSuffix(statement, "DO NOTHING") {
				assert.Positive(t, changed, statement)
			}
		}

		// COPY has a protocol of its own.
		changes := f.sinceUnchecked(t, "events")
		_, err := f.conn.CopyFrom(t.Context(), pgx.Identifier{"events"}, []string{"id", "at"}, pgx.CopyFromRows([][]any{
			{20, instant(t, "2026-01-01T06:00:00Z")}, {21, instant(t, "2026-01-02T06:00:00Z")},
		}))
		require.NoError(t, err)
		assert.ElementsMatch(t, []string{"at 2026-01-01T06:00:00", "at 2026-01-02T06:00:00"}, stretches(changes()))
	})
}

// sinceUnchecked is since for a table whose partitions came after the log.
func (f *logged) sinceUnchecked(t *testing.T, table string) func() query.Changes {
	t.Helper()
	f.install(t, table)
	return f.since(t, table)
}

func TestATransactionThatCommitsLateIsNoted(t *testing.T) {
	t.Parallel()
	f := logTables(t, embedpg.Shared(t), loggedEventsSQL, loggedEventsCatalog)
	late := f.connect(t)
	_, err := late.Exec(t.Context(), "BEGIN; INSERT INTO events VALUES (1, '2026-01-01 00:00:05Z')", pgx.QueryExecModeSimpleProtocol)
	require.NoError(t, err)
	f.run(t, "INSERT INTO events VALUES (2, '2026-01-01 01:00Z')")
	changes := f.since(t, "events")
	assert.Empty(t, stretches(changes()))
	f.run(t, "INSERT INTO events VALUES (3, '2026-01-01 02:00Z')")
	assert.Equal(t, []string{"at 2026-01-01T02:00:00"}, stretches(changes()))
	_, err = late.Exec(t.Context(), "COMMIT")
	require.NoError(t, err)
	assert.ElementsMatch(t, []string{"at 2026-01-01T00:00:00", "at 2026-01-01T02:00:00"}, stretches(changes()))
}

// A machine that is set back to an earlier state, with all its memory, runs the
// same server on, which gives the numbers of transactions once more.
func TestAServerWhoseTransactionsWentBackIsReadAnew(t *testing.T) {
	t.Parallel()
	f := logTables(t, embedpg.Shared(t), loggedEventsSQL, loggedEventsCatalog)
	require.True(t, f.works(t, "events"))
	f.run(t, "INSERT INTO events VALUES (1, '2026-01-01 01:00Z')")
	l := f.lookAt(t, "events")
	before := l.Snapshot()
	next := nextOf(before.ID)
	require.Positive(t, next)
	for ahead, everything := range map[uint64]bool{0: false, 1000: true} {
		before.ID = fmt.Sprintf("%d:%[1]d:", next+ahead)
		changes, err := l.Changes(t.Context(), f.catalog.Tables["events"], before)
		require.NoError(t, err)
		assert.Equal(t, everything, changes.Everything)
	}
}

// Numbers of the buckets in which the application's own times lie must not
// depend on what else a column can hold, and no time may make a write fail.
func TestNoTimeMakesAWriteFail(t *testing.T) {
	t.Parallel()
	const catalogJSON = `{"version": 1, "timezone": "America/Sao_Paulo",
	  "tables": {"events": {"relation": "events", "changes": {"mode": "log"}}},
	  "metrics": {"i": {"type": "counter", "table": "events", "time": "instant", "help": "Events"},
	    "l": {"type": "counter", "table": "events", "time": "local", "help": "Events"},
	    "d": {"type": "counter", "table": "events", "time": "day", "help": "Events"}}}`
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		f := logTables(t, server, `CREATE DOMAIN moment AS timestamptz; CREATE TABLE events (instant moment, local timestamp, day date)`, catalogJSON)
		for _, row := range []struct{ values, noted string }{
			{`NULL, NULL, NULL`, ``},
			{`'infinity', 'infinity', 'infinity'`, ``},
			{`'-infinity', '-infinity', '-infinity'`, ``},
			{`'294276-12-31 23:59:59Z', '294276-12-31 23:59:59', '5874897-12-31'`, `instant ever, local ever, day ever`},
			{`'4714-11-24 00:00Z BC', '4714-11-24 BC', '4714-11-24 BC'`, `instant always, local always, day always`},
			{`'0001-01-01 00:00Z', '0001-01-01', '0001-01-01'`, `instant always, local always, day always`},
			{`'1999-12-31 23:59:50Z', '1999-12-31 21:59:50', '1999-12-31'`, `instant 1999-12-31T23:59:50, local 1999-12-31T23:59:50, day 1999-12-31T02:00:00`},
			{`'9999-12-20 00:00Z', '9999-12-20', '9999-12-20'`, `instant 9999-12-20T00:00:00, local 9999-12-20T03:00:00, day 9999-12-20T03:00:00`},
			// Clocks went back at midnight: 23:30 was twice, and is read as the
			// scans read it. They went forward a night that has no midnight.
			{`NULL, '2018-02-17 23:30:07', NULL`, `local 2018-02-18T02:30:00`},
			{`NULL, '2018-11-04 00:30:07', '2018-11-04'`, `local 2018-11-04T03:30:00, day 2018-11-04T03:00:00`},
		} {
			changes := f.since(t, "events")
			f.run(t, "INSERT INTO events VALUES ("+row.values+")")
			var texts []string
			for _, c := range changes().Dirty {
				at := c.From.Format("2006-01-02T15:04:05")
				if c.From.Equal(earliestTime) {
					at = "always"
				} else if c.To.Equal(latestTime) {
					at = "ever"
				}
				texts = append(texts, c.Column+" "+at)
			}
			want := []string{}
			if row.noted != "" {
				want = strings.Split(row.noted, ", ")
			}
			assert.ElementsMatch(t, want, texts, row.values)
		}
		changes := f.since(t, "events")
		f.run(t, "DELETE FROM events WHERE local = '2018-02-17 23:30:07'")
		assert.Equal(t, []string{"local 2018-02-18T02:30:00"}, stretches(changes()))
	})
}

func TestABulkLoadLeavesARowOfTheLogForEachBucket(t *testing.T) {
	t.Parallel()
	f := logTables(t, embedpg.Shared(t), loggedEventsSQL, loggedEventsCatalog)
	changes := f.since(t, "events")
	f.run(t, "INSERT INTO events SELECT n, timestamptz '2026-01-01Z' + n * interval '1 ms' FROM generate_series(0, 59999) AS n")
	assert.Len(t, changes().Dirty, 6)
	var rows int
	require.NoError(t, f.conn.QueryRow(t.Context(), "SELECT count(*) FROM live_orders."+quoteIdentifier(changelogName("log", f.catalog.Tables["events"].Relation))).Scan(&rows))
	assert.Equal(t, 6+1, rows, "and one for the beginning of the log")

	l := f.lookAt(t, "events")
	beforeAll := query.Snapshot{ID: "9:9:"}
	for _, limits := range [][2]int{{5, 1000}, {1000, 5}} {
		found, err := l.changes(t.Context(), f.catalog.Tables["events"], beforeAll, limits[0], limits[1])
		require.NoError(t, err)
		assert.Equal(t, []string{"everything"}, stretches(found))
	}
}

func TestLoggingKeepsUpdatesWithinTheirPage(t *testing.T) {
	t.Parallel()
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		f := logTables(t, server, `CREATE TABLE events (id int PRIMARY KEY, at timestamptz, done timestamptz, n int DEFAULT 1) WITH (fillfactor = 50);
INSERT INTO events SELECT n, '2026-01-01Z' FROM generate_series(1, 1000) AS n`, loggedEventsCatalog)
		tx, err := f.conn.Begin(t.Context())
		require.NoError(t, err)
		defer func() { _ = tx.Rollback(context.Background()) }()
		_, err = tx.Exec(t.Context(), "UPDATE events SET n = 2")
		require.NoError(t, err)
		var hot int
		require.NoError(t, tx.QueryRow(t.Context(), "SELECT n_tup_hot_upd FROM pg_stat_xact_user_tables WHERE relname = 'events'").Scan(&hot))
		assert.Equal(t, 1000, hot)
	})
}
