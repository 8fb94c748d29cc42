package postgres

import (
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/internal/embedpg"
	"github.com/pullview/orders-datasource/pkg/query"
)

const updatedEventsSQL = `CREATE TABLE events (id int, at timestamptz, done timestamptz, written timestamptz NOT NULL DEFAULT now());
CREATE INDEX ON events (at); CREATE INDEX ON events (done); CREATE INDEX ON events (written);`

var updatedEventsCatalog = strings.Replace(loggedEventsCatalog, `{"mode": "log"}`, `{"mode": "updated_at", "column": "written"}`, 1)

// fenceOf takes a look at events, after the one in which they are known.
func (f *fixture) fenceOf(t *testing.T, known query.Known) (snapshot query.Snapshot, kept bool) {
	t.Helper()
	known.Table = f.catalog.Tables["events"]
	l, err := f.store.LookAt(t.Context(), query.Caller{}, []query.Known{known})
	require.NoError(t, err)
	defer l.Close()
	_, kept = l.Fingerprint(known.Table)
	return l.Snapshot(), kept
}

func TestTheFenceIsWhereTheOldestRunningTransactionBegan(t *testing.T) {
	t.Parallel()
	for _, begin := range []string{"BEGIN", "BEGIN; SELECT 1", "BEGIN; INSERT INTO events VALUES (1)", "BEGIN; INSERT INTO events VALUES (1); SAVEPOINT s; SELECT 1/0"} {
		t.Run(begin, func(t *testing.T) {
			f := setUp(t, embedpg.Shared(t), updatedEventsSQL, updatedEventsCatalog)
			writer, watch := f.connect(t), f.connect(t)
			_, _ = writer.Exec(t.Context(), begin, pgx.QueryExecModeSimpleProtocol)
			var began time.Time
			require.NoError(t, watch.QueryRow(t.Context(), "SELECT xact_start FROM pg_stat_activity WHERE pid = $1", writer.PgConn().PID()).Scan(&began))
			snapshot, kept := f.fenceOf(t, query.Known{})
			assert.True(t, kept)
			assert.Equal(t, began.Add(-fenceMargin).UTC(), snapshot.Fence.UTC())

			_, err := writer.Exec(t.Context(), "ROLLBACK")
			require.NoError(t, err)
			before := snapshot.AsOf
			snapshot, _ = f.fenceOf(t, query.Known{})
			assert.Greater(t, snapshot.Fence, before.Add(-fenceMargin))
			assert.LessOrEqual(t, snapshot.Fence, snapshot.AsOf.Add(-fenceMargin))
		})
	}
}

// Nobody knows when a prepared transaction began, but not before the fence of
// the look before.
func TestTheFenceStaysWhileThereArePreparedTransactions(t *testing.T) {
	t.Parallel()
	server := embedpg.StartForTest(t, embedpg.Options{Settings: map[string]string{"max_prepared_transactions": "2"}})
	f := setUp(t, server, updatedEventsSQL, updatedEventsCatalog)
	known := query.Known{}
	first, kept := f.fenceOf(t, known)
	require.True(t, kept)
	f.exec(t, "BEGIN; INSERT INTO events VALUES (1); PREPARE TRANSACTION 'p'")
	_, kept = f.fenceOf(t, query.Known{})
	assert.False(t, kept, "the transaction may have begun at any time")
	known.Since = first
	for range 2 {
		again, kept := f.fenceOf(t, known)
		assert.True(t, kept)
		assert.Equal(t, first.Fence, again.Fence)
		known.Since = again
	}
	report, err := f.store.Check(t.Context(), query.Caller{}, nil)
	require.NoError(t, err)
	assert.Contains(t, report.String(), "there are prepared transactions, of which nobody knows when they began")

	f.exec(t, "COMMIT PREPARED 'p'")
	last, kept := f.fenceOf(t, known)
	assert.True(t, kept)
	assert.Greater(t, last.Fence, first.Fence)
}

// Rows that are written after a clock was set back carry times that were read long
// ago.
func TestAllIsReadAnewAfterTheClockWasSetBack(t *testing.T) {
	t.Parallel()
	for _, changes := range []string{`{"mode": "updated_at", "column": "written"}`, `{"mode": "append_only", "lateness": "1m"}`} {
		f := setUp(t, embedpg.Shared(t), updatedEventsSQL, strings.Replace(loggedEventsCatalog, `{"mode": "log"}`, changes, 1))
		table := f.catalog.Tables["events"]
		first, kept := f.fenceOf(t, query.Known{})
		require.True(t, kept)
		later := func(asOf, fence time.Duration) query.Snapshot {
			return query.Snapshot{ID: first.ID, AsOf: first.AsOf.Add(asOf), Fence: first.Fence.Add(fence)}
		}
		for _, c := range []struct {
			since query.Snapshot
			all   bool
		}{
			{first, false},
			{later(time.Hour, 0), true},
			{later(0, time.Hour), true}, // on a standby it is the primary's clock
			{later(-time.Hour, -time.Hour), false},
		} {
			l, err := f.store.LookAt(t.Context(), query.Caller{}, []query.Known{{Table: table}})
			require.NoError(t, err)
			found, err := l.Changes(t.Context(), table, c.since)
			l.Close()
			require.NoError(t, err)
			assert.Equal(t, c.all, found.Everything, "%s since %v", changes, c.since)
		}
	}
}

func TestWhoCannotSeeWhenTransactionsBeganDoesNotRelyOnUpdatedAt(t *testing.T) {
	t.Parallel()
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		f := setUp(t, server, updatedEventsSQL, updatedEventsCatalog)
		asReader(t, f, "GRANT SELECT ON events TO $role;")
		report := func() *Report {
			r, err := f.store.Check(t.Context(), query.Caller{}, nil)
			require.NoError(t, err)
			require.True(t, r.OK())
			return r
		}
		_, kept := f.fenceOf(t, query.Known{})
		assert.False(t, kept)
		role := report().Server.User
		assert.Contains(t, report().String(), "may not see when the transactions of others began; answers stay exact, but are computed live. GRANT pg_read_all_stats TO \""+role+"\"")

		f.exec(t, "GRANT pg_read_all_stats TO "+role)
		_, kept = f.fenceOf(t, query.Known{})
		assert.True(t, kept)
		assert.Empty(t, report().String())

		hidden := f.connect(t)
		_, err := hidden.Exec(t.Context(), "SET track_activities = off")
		require.NoError(t, err)
		_, kept = f.fenceOf(t, query.Known{})
		assert.False(t, kept)
		assert.Contains(t, report().String(), "some sessions run with track_activities off")
	})
}

func TestHealthSaysWhatIsWrongWithAColumnOfUpdates(t *testing.T) {
	t.Parallel()
	for column, says := range map[string]string{
		"written date NOT NULL":        "tables.events.changes.column: written has type date",
		"written int":                  "tables.events.changes.column must name a column of type",
		"other timestamptz":            `tables.events.changes.column: "written" is not accepted`,
		"written timestamp":            "written of events may be NULL",
		"written timestamptz NOT NULL": "no index of events begins with written",
	} {
		f := setUp(t, embedpg.Shared(t), "CREATE TABLE events (id int, at timestamptz, done timestamptz, "+column+")", updatedEventsCatalog)
		r, err := f.store.Check(t.Context(), query.Caller{}, nil)
		require.NoError(t, err)
		assert.Contains(t, r.String(), says)
	}
	f := setUp(t, embedpg.Shared(t), "CREATE TABLE base (id int, at timestamptz, done timestamptz, written timestamptz); CREATE VIEW events AS SELECT * FROM base", updatedEventsCatalog)
	r, err := f.store.Check(t.Context(), query.Caller{}, nil)
	require.NoError(t, err)
	assert.Contains(t, r.String(), "only tables have a change feed, not views")
	_, kept := f.fenceOf(t, query.Known{})
	assert.False(t, kept)
}

func TestRowsWrittenSinceAFenceAreFoundByTheirEventTimes(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"timestamptz", "timestamp"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
				f := setUp(t, server, `CREATE TABLE events (id int, at timestamptz, local timestamp, day date, written `+kind+`)`, `{"version": 1, "timezone": "America/Sao_Paulo",
				  "tables": {"events": {"relation": "events", "changes": {"mode": "updated_at", "column": "written", "lateness": "1m"}}},
				  "metrics": {"i": {"type": "counter", "table": "events", "time": "at", "help": "Events"},
				    "l": {"type": "counter", "table": "events", "time": "local", "help": "Events"},
				    "d": {"type": "counter", "table": "events", "time": "day", "help": "Events"}}}`)
				f.exec(t, `SET TimeZone = 'America/Sao_Paulo';
INSERT INTO events VALUES (1, '2026-01-01 10:00:03Z', NULL, NULL, '2026-02-01 11:58:59Z'::timestamptz),
  (2, '2026-01-01 11:00:03Z', NULL, 'infinity', '2026-02-01 11:59:00Z'::timestamptz), (3, '2026-01-01 11:00:04Z', '2026-01-02 12:00:11', '2026-01-03', '2026-02-01 13:00Z'::timestamptz)`)
				since := query.Snapshot{Fence: instant(t, "2026-02-01T12:00:00Z")}
				l := f.lookAt(t, "events")
				changes, err := l.Changes(t.Context(), f.catalog.Tables["events"], since)
				require.NoError(t, err)
				assert.ElementsMatch(t, []string{"at 2026-01-01T11:00:00", "local 2026-01-02T15:00:10", "day 2026-01-03T03:00:00"}, stretches(changes))
				changes, err = l.updatedSince(t.Context(), f.catalog.Tables["events"], since, 2)
				require.NoError(t, err)
				assert.True(t, changes.Everything)
			})
		})
	}
}

func TestWhatIsAppendedToIsFinalOnceItIsOldEnough(t *testing.T) {
	t.Parallel()
	f := setUp(t, embedpg.Shared(t), loggedEventsSQL, strings.Replace(loggedEventsCatalog, `{"mode": "log"}`, `{"mode": "append_only", "lateness": "10m"}`, 1))
	_, kept := f.fenceOf(t, query.Known{})
	assert.True(t, kept)
	at, fence := instant(t, "2026-02-01T12:00:00Z"), instant(t, "2026-02-01T11:00:00Z")
	for since, final := range map[query.Snapshot]string{
		{AsOf: at, Fence: fence}:                "2026-02-01T11:50:00",
		{AsOf: at, Fence: fence, Standby: true}: "2026-02-01T10:50:00",
	} {
		changes, err := f.lookAt(t, "events").Changes(t.Context(), f.catalog.Tables["events"], since)
		require.NoError(t, err)
		assert.Equal(t, []string{"at " + final, "done " + final}, stretches(changes))
		assert.Equal(t, latestTime, changes.Dirty[0].To)
	}
}
