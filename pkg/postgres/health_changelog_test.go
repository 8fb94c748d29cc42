package postgres

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/internal/embedpg"
	"github.com/pullview/orders-datasource/pkg/query"
)

func TestHealthSaysWhyAChangeLogIsNotUsed(t *testing.T) {
	t.Parallel()
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		f := &logged{fixture: setUp(t, server, `CREATE TABLE events (id int, at timestamptz, done timestamptz) PARTITION BY RANGE (at);
CREATE TABLE part PARTITION OF events DEFAULT; CREATE INDEX ON events (at); CREATE INDEX ON events (done);`, loggedEventsCatalog)}
		f.conn = f.connect(t)
		asReader(t, f.fixture, `GRANT SELECT ON events TO $role;`)
		user := ""
		var log *ChangelogReport
		report := func() string {
			r, err := f.store.Check(t.Context(), query.Caller{}, nil)
			require.NoError(t, err)
			user = r.Server.User
			require.True(t, r.OK(), "answers are exact, with or without a log")
			require.Len(t, r.Tables, 1)
			log = r.Tables[0].Changelog
			assert.Equal(t, r.String() == "", log != nil, "a log is reported where nothing is wrong with it")
			return r.String()
		}
		assert.Contains(t, report(), "it declares a change log, but events has none; answers stay exact, but are computed live")
		f.install(t, "events")
		require.True(t, f.works(t, "events"))
		assert.Empty(t, report())
		assert.Regexp(t, `^\d+ (bytes|kB)$`, log.Size)
		assert.Nil(t, log.SincePruned, "it was never pruned")

		relation := f.catalog.Tables["events"].Relation
		logTable := "live_orders." + quoteIdentifier(changelogName("log", relation))
		truncate := func(when string) string {
			return "CREATE OR REPLACE TRIGGER live_orders_truncate AFTER TRUNCATE ON events " + when + " EXECUTE FUNCTION live_orders." +
				quoteIdentifier(changelogName("note", relation)) + "(); ALTER TABLE events ENABLE ALWAYS TRIGGER live_orders_truncate"
		}
		for _, change := range []struct{ sql, undo, says string }{
			{truncate("WHEN (1 = 2)"), truncate(""), "a trigger of the change log on public.events has a condition; answers stay exact"},
			{"ALTER TABLE " + logTable + " ENABLE ROW LEVEL SECURITY", "ALTER TABLE " + logTable + " DISABLE ROW LEVEL SECURITY", "what the role sees of the change log of events; answers stay exact"},
			{"ALTER TABLE live_orders.logs ENABLE ROW LEVEL SECURITY", "ALTER TABLE live_orders.logs DISABLE ROW LEVEL SECURITY", "what the role sees of the change log of events; answers stay exact"},
			{"CREATE RULE swallow AS ON INSERT TO " + logTable + " DO INSTEAD NOTHING", "DROP RULE swallow ON " + logTable, "a unique index that the script did not make, by which changes may go unnoticed; answers stay exact"},
			{"CREATE TRIGGER swallow BEFORE INSERT ON " + logTable + " FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()", "DROP TRIGGER swallow ON " + logTable, "a unique index that the script did not make"},
			{"CREATE UNIQUE INDEX swallow ON " + logTable + " (col, bucket)", "DROP INDEX live_orders.swallow", "Drop it from live_orders.log_events"},
			{"ALTER TABLE part DISABLE TRIGGER live_orders_rows", "ALTER TABLE part ENABLE ALWAYS TRIGGER live_orders_rows", "not ENABLE ALWAYS on public.part; answers stay exact"},
			{"ALTER TABLE events ENABLE TRIGGER live_orders_truncate", "ALTER TABLE events ENABLE ALWAYS TRIGGER live_orders_truncate", "not ENABLE ALWAYS on public.events; answers"},
			{"ALTER TABLE part ENABLE ROW LEVEL SECURITY", "ALTER TABLE part DISABLE ROW LEVEL SECURITY", "row-level security decides which rows of public.part"},
			{"UPDATE live_orders.logs SET columns = '{at}'", "UPDATE live_orders.logs SET columns = '{at,done}'", "does not cover done; answers stay exact"},
			{"UPDATE live_orders.logs SET zone = 'Asia/Tokyo'", "UPDATE live_orders.logs SET zone = 'UTC'", "reads local times in Asia/Tokyo, and the catalog in UTC"},
			{"UPDATE live_orders.logs SET format = 0", "UPDATE live_orders.logs SET format = 1", "made by another version of the plugin"},
		} {
			f.run(t, change.sql)
			assert.Contains(t, report(), change.says)
			assert.False(t, f.works(t, "events"), "health and looks agree")
			f.run(t, change.undo)
			assert.Empty(t, report())
			assert.True(t, f.works(t, "events"))
		}
		f.run(t, "UPDATE live_orders.logs SET low = '9000000000'")
		assert.Contains(t, report(), "of which this database is a copy")
		f.run(t, "UPDATE live_orders.logs SET low = '0'; INSERT INTO "+logTable+" VALUES (1, '2026-01-01Z', '9000000000')")
		assert.Contains(t, report(), "of which this database is a copy")
		f.install(t, "events")
		assert.Empty(t, report())
		f.run(t, "UPDATE live_orders.logs SET began = now() - interval '1 day'")
		assert.Regexp(t, `never pruned and holds \d+ kB\. Have a scheduler call SELECT live_orders\.prune\('1 hour'\)`, report())
		f.run(t, "UPDATE live_orders.logs SET pruned = now() - interval '7 hours'")
		assert.Contains(t, report(), "was last pruned 7 hours ago")
		f.run(t, "SELECT live_orders.prune()")
		assert.Empty(t, report())
		f.run(t, "UPDATE live_orders.logs SET pruned = now() - interval '2 hours'")
		assert.Empty(t, report())
		require.NotNil(t, log.SincePruned)
		assert.GreaterOrEqual(t, *log.SincePruned, 7200.0)
		assert.Less(t, *log.SincePruned, pruneEvery.Seconds())

		f.run(t, "REVOKE ALL ON ALL TABLES IN SCHEMA live_orders FROM "+user)
		assert.Contains(t, report(), "the role may not read the change log of events")
		assert.False(t, f.works(t, "events"))
	})
}

func TestHealthRefusesAChangeLogOfWhatTriggersCannotLog(t *testing.T) {
	t.Parallel()
	f := setUp(t, embedpg.Shared(t), "CREATE UNLOGGED TABLE events (at timestamptz, done timestamptz)", loggedEventsCatalog)
	r, err := f.store.Check(t.Context(), query.Caller{}, nil)
	require.NoError(t, err)
	assert.Contains(t, r.String(), "public.events is an unlogged table, which a crash empties without a trace; answers stay exact")
}
