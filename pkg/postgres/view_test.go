package postgres

import (
	"crypto/rand"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/internal/embedpg"
	"github.com/pullview/orders-datasource/pkg/message"
	"github.com/pullview/orders-datasource/pkg/query"
)

const (
	viewCatalog = `{"version": 1, "timezone": "UTC",
	  "tables": {"seen": {"relation": "seen", "time": "at", "changes": {"mode": "log", "base": "events"}}},
	  "metrics": {
	    "n": {"type": "counter", "table": "seen", "help": "Events"},
	    "open": {"type": "gauge", "table": "seen", "opened": "at", "closed": "done", "help": "Open events"}}}`
	viewedSQL = `CREATE TABLE events (id int, at timestamptz NOT NULL, done timestamptz, n int DEFAULT 1, name text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE events_old PARTITION OF events FOR VALUES FROM (MINVALUE) TO ('2026-01-02Z');
CREATE TABLE events_new PARTITION OF events DEFAULT;
CREATE VIEW seen AS SELECT id, at, done, n, name FROM events WHERE n > 0;`
)

// viewed makes a view whose base has a change log.
func viewed(t *testing.T, server *embedpg.Server, more string) *logged {
	t.Helper()
	return logTables(t, server, viewedSQL+more, viewCatalog)
}

// ofTheLog is what the health check warns of about a table's change log.
func (f *fixture) ofTheLog(t *testing.T, table string) string {
	t.Helper()
	r, err := f.store.Check(t.Context(), query.Caller{}, nil)
	require.NoError(t, err)
	for _, report := range r.Tables {
		if report.Table == table {
			require.Empty(t, report.Problems, "answers are exact, kept or not")
			return message.Join(slices.DeleteFunc(report.Warnings, func(w message.Message) bool { return !strings.Contains(w.String(), "change log") }), "\n").String()
		}
	}
	require.Fail(t, "no report", table)
	return ""
}

func TestOnlyAViewOfItsBasesRowsAloneIsKeptByTheBasesLog(t *testing.T) {
	t.Parallel()
	const more = `
CREATE TABLE others (LIKE events); CREATE VIEW upper AS SELECT * FROM events;
CREATE TYPE state AS ENUM ('new', 'paid'); CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE FUNCTION doubled(x int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT x * 2';
CREATE FUNCTION elsewhere() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT count(*) FROM others';
CREATE FUNCTION alike(a text, b text) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT lower(a) = lower(b)';
CREATE OPERATOR === (LEFTARG = text, RIGHTARG = text, FUNCTION = alike);
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';`
	const columns = "id, at, done, n, name"
	cases := []struct {
		name, sql, reason string
		since             int // the first version that knows it
	}{
		{name: "all rows", sql: "CREATE VIEW seen AS SELECT * FROM events"},
		{name: "columns of other names beside", sql: "CREATE VIEW seen AS SELECT done, n + 1 AS n, at, name AS who, at AS again FROM events"},
		{name: "another order and name of the base", sql: "CREATE VIEW seen AS SELECT e.name, e.done, e.at FROM events AS e"},
		{name: "aliases that change nothing", sql: "CREATE VIEW seen AS SELECT at, done FROM events AS e (id, at, done)"},
		{name: "names for its own columns", sql: "CREATE VIEW seen (done, at) AS SELECT done, at FROM events"},
		{name: "one partition's name in a condition", sql: "CREATE VIEW seen AS SELECT * FROM events WHERE at < '2026-01-01Z' AND name IN ('a', 'b') AND n::positive < 5"},
		{name: "an enum", sql: "CREATE VIEW seen AS SELECT " + columns + ", 'new'::state AS state FROM events WHERE name::state IN ('new', 'paid')"},
		{name: "a collation", sql: `CREATE VIEW seen AS SELECT * FROM events WHERE name COLLATE "en-x-icu" > 'a'`},
		{name: "an order", sql: "CREATE VIEW seen AS SELECT * FROM events ORDER BY id"},
		{name: "a barrier", sql: "CREATE VIEW seen WITH (security_barrier) AS SELECT * FROM events WHERE n > 2"},
		{name: "the invoker's rights", sql: "CREATE VIEW seen WITH (security_invoker) AS SELECT * FROM events WHERE n > 2", since: 15},
		{name: "a check option", sql: "CREATE VIEW seen AS SELECT * FROM events WHERE n > 2 WITH CHECK OPTION"},
		{name: "triggers of its own", sql: "CREATE VIEW seen AS SELECT * FROM events; CREATE TRIGGER instead INSTEAD OF INSERT OR UPDATE OR DELETE ON seen FOR EACH ROW EXECUTE FUNCTION refuse()"},
		{name: "a local time of an instant", sql: "CREATE VIEW seen AS SELECT " + columns + ", at::date AS day FROM events WHERE date_trunc('day', at) = at::date"},
		// What these columns hold is asked only of metrics that use them.
		{name: "a clock beside", sql: "CREATE VIEW seen AS SELECT " + columns + ", now() - at AS age FROM events"},
		{name: "a subquery on the base beside", sql: "CREATE VIEW seen AS SELECT " + columns + ", (SELECT count(*) FROM events) AS all FROM events"},

		{name: "no view", sql: "CREATE TABLE seen (LIKE events)", reason: "seen is no view, so it has no base"},
		{name: "a join", sql: "CREATE VIEW seen AS SELECT e.* FROM events e LEFT JOIN others USING (id, at)", reason: "does not show single rows of one table"},
		{name: "a group", sql: "CREATE VIEW seen AS SELECT at, done FROM events GROUP BY at, done", reason: "does not show single rows"},
		{name: "an aggregate", sql: "CREATE VIEW seen AS SELECT max(at) AS at, max(done) AS done FROM events", reason: "does not show single rows"},
		{name: "DISTINCT", sql: "CREATE VIEW seen AS SELECT DISTINCT * FROM events", reason: "does not show single rows"},
		{name: "DISTINCT ON", sql: "CREATE VIEW seen AS SELECT DISTINCT ON (id) * FROM events", reason: "does not show single rows"},
		{name: "LIMIT", sql: "CREATE VIEW seen AS SELECT * FROM events LIMIT 10", reason: "does not show single rows"},
		{name: "OFFSET", sql: "CREATE VIEW seen AS SELECT * FROM events OFFSET 1", reason: "does not show single rows"},
		{name: "a window", sql: "CREATE VIEW seen AS SELECT *, rank() OVER (ORDER BY at) FROM events", reason: "does not show single rows"},
		{name: "rows from one row", sql: "CREATE VIEW seen AS SELECT *, generate_series(1, n) AS i FROM events", reason: "does not show single rows"},
		{name: "WITH", sql: "CREATE VIEW seen AS WITH e AS (SELECT * FROM events) SELECT * FROM e", reason: "does not show single rows"},
		{name: "UNION", sql: "CREATE VIEW seen AS SELECT * FROM events UNION ALL SELECT * FROM events", reason: "does not show single rows"},
		{name: "a sample", sql: "CREATE VIEW seen AS SELECT * FROM events TABLESAMPLE SYSTEM (50)", reason: "does not show single rows"},
		{name: "a subquery instead of a table", sql: "CREATE VIEW seen AS SELECT * FROM (SELECT * FROM events) AS e", reason: "does not show single rows"},
		{name: "values", sql: "CREATE VIEW seen AS SELECT now() AS at, now() AS done", reason: "does not show single rows"},

		{name: "another table", sql: "CREATE VIEW seen AS SELECT * FROM others", reason: "the view seen reads table others, and not events alone"},
		{name: "a partition", sql: "CREATE VIEW seen AS SELECT * FROM events_old", reason: "reads table events_old, and not events alone"},
		{name: "another view", sql: "CREATE VIEW seen AS SELECT * FROM upper", reason: "reads view upper, and not events alone"},
		{name: "another table in a condition", sql: "CREATE VIEW seen AS SELECT * FROM events WHERE id IN (SELECT id FROM others)", reason: "reads table others"},
		{name: "another table in a column", sql: "CREATE VIEW seen AS SELECT *, (SELECT count(*) FROM others) FROM events", reason: "reads table others"},
		{name: "another table's name", sql: "CREATE VIEW seen AS SELECT * FROM events WHERE tableoid <> 'others'::regclass", reason: "reads table others"},
		{name: "a table of the system", sql: "CREATE VIEW seen AS SELECT * FROM events WHERE n IN (SELECT relnatts FROM pg_class)", reason: "joins the rows with others"},
		{name: "a function", sql: "CREATE VIEW seen AS SELECT " + columns + ", doubled(n) FROM events", reason: "uses function doubled(integer), which may be redefined"},
		{name: "a function that reads", sql: "CREATE VIEW seen AS SELECT * FROM events WHERE n < elsewhere()", reason: "uses function elsewhere(), which may be redefined"},
		{name: "an operator", sql: "CREATE VIEW seen AS SELECT * FROM events WHERE name === 'a'", reason: "uses operator ===(text,text), which may be redefined"},
		{name: "a search configuration", sql: "CREATE TEXT SEARCH CONFIGURATION own (COPY = simple); CREATE VIEW seen AS SELECT * FROM events WHERE to_tsvector('own', name) @@ 'a'", reason: "uses text search configuration own"},
		{name: "a rule", sql: "CREATE VIEW seen AS SELECT * FROM events; CREATE RULE ignore AS ON DELETE TO seen DO INSTEAD NOTHING", reason: "the view seen has the rule ignore"},
		{name: "rules that let a join pass for one table", sql: `CREATE VIEW seen AS SELECT e.* FROM events e JOIN events o USING (id); CREATE RULE i AS ON INSERT TO seen DO INSTEAD NOTHING;
			CREATE RULE u AS ON UPDATE TO seen DO INSTEAD NOTHING; CREATE RULE d AS ON DELETE TO seen DO INSTEAD NOTHING`, reason: "has the rule"},

		{name: "columns that changed places", sql: "CREATE VIEW seen AS SELECT id, done AS at, at AS done FROM events", reason: "the column at of the view seen is not the column of that name of events"},
		{name: "columns that changed places by aliases", sql: "CREATE VIEW seen AS SELECT at, done FROM events AS e (id, done, at)", reason: "the column at of the view seen is not"},
		{name: "columns that changed places by names", sql: "CREATE VIEW seen (at, done) AS SELECT done, at FROM events", reason: "the column at of the view seen is not"},
		{name: "a column that is computed", sql: "CREATE VIEW seen AS SELECT at, done + interval '1 hour' AS done FROM events", reason: "the column done of the view seen is not"},
		{name: "a column that is never empty", sql: "CREATE VIEW seen AS SELECT at, COALESCE(done, at) AS done FROM events", reason: "the column done of the view seen is not"},
		{name: "a column of another type", sql: "CREATE VIEW seen AS SELECT at, done::timestamp AS done FROM events", reason: "the column done of the view seen is not"},
		{name: "a column of another precision", sql: "CREATE VIEW seen AS SELECT at, done::timestamptz(0) AS done FROM events", reason: "the column done of the view seen is not"},
		{name: "a constant", sql: "CREATE VIEW seen AS SELECT at, '2026-01-01Z'::timestamptz AS done FROM events", reason: "the column done of the view seen is not"},

		{name: "a subquery on the base", sql: "CREATE VIEW seen AS SELECT * FROM events WHERE at >= (SELECT max(e.at) - interval '1 day' FROM events e)", reason: "of the view seen, an expression has a subquery"},
		{name: "other rows of the base", sql: "CREATE VIEW seen AS SELECT * FROM events WHERE EXISTS (SELECT FROM events e WHERE e.n = events.id)", reason: "joins the rows with others"},
		{name: "the same rows again", sql: "CREATE VIEW seen AS SELECT * FROM events WHERE (id, at) IN (SELECT e.id, e.at FROM events e WHERE e.n > 5)", reason: "joins the rows with others"},
		{name: "the clock", sql: "CREATE VIEW seen AS SELECT * FROM events WHERE at > now() - interval '1 day'", reason: "the function now may answer differently"},
		{name: "the clock's other name", sql: "CREATE VIEW seen AS SELECT * FROM events WHERE at > CURRENT_DATE", reason: "uses CURRENT_DATE"},
		{name: "the clock as a text", sql: "CREATE VIEW seen AS SELECT * FROM events WHERE at > 'now'::text::timestamptz", reason: "reads the clock"},
		{name: "the clock as an age", sql: "CREATE VIEW seen AS SELECT * FROM events WHERE age(at) < interval '1 day'", reason: "uses CURRENT_DATE"},
		{name: "the clock where no partition is", sql: "CREATE VIEW seen AS SELECT * FROM ONLY events WHERE at > now()", reason: "the plan reads nothing"},
		{name: "chance", sql: "CREATE VIEW seen AS SELECT * FROM events WHERE random() < 0.5", reason: "the function random may answer differently"},
		{name: "a setting", sql: "CREATE VIEW seen AS SELECT * FROM events WHERE name = current_setting('application_name')", reason: "the function current_setting may answer differently"},
		{name: "who asks", sql: "CREATE VIEW seen AS SELECT * FROM events WHERE name = CURRENT_USER", reason: "uses CURRENT_USER"},
		{name: "the name of a partition", sql: "CREATE VIEW seen AS SELECT * FROM events WHERE tableoid::regclass::text = 'events_old'", reason: "names, by the type regclass"},
		{name: "a system column", sql: "CREATE VIEW seen AS SELECT * FROM events WHERE age(xmin) < 100", reason: "uses the system column xmin"},
		{name: "nothing", sql: "CREATE VIEW seen AS SELECT * FROM events WHERE false", reason: "the plan reads nothing"},
	}
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		f := viewed(t, server, more)
		for _, c := range cases {
			if server.Major() < c.since {
				continue
			}
			f.run(t, "DROP VIEW IF EXISTS seen", c.sql)
			warnings := f.ofTheLog(t, "seen")
			if c.reason == "" {
				assert.Empty(t, warnings, c.name)
			} else {
				assert.Contains(t, warnings, c.reason, c.name)
				assert.Contains(t, warnings, "answers stay exact, but are computed live", c.name)
				l := f.look(t)
				_, err := l.ChangelogSQL(t.Context(), f.catalog.Tables["seen"], message.English)
				l.Close()
				requireKind(t, err, KindCatalog)
				assert.ErrorContains(t, err, c.reason, c.name)
			}
			for range 2 { // found out, and remembered
				assert.Equal(t, c.reason == "", f.works(t, "seen"), c.name)
			}
			if strings.HasPrefix(c.sql, "CREATE TABLE") {
				f.run(t, "DROP TABLE seen")
			}
		}
	})
}

func TestABaseThatIsNoneIsNotUsed(t *testing.T) {
	t.Parallel()
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		for name, c := range map[string]struct{ sql, base, reason string }{
			"none of that name":   {"", "evnts", "the database has no table evnts (did you mean public.events?)"},
			"of another schema":   {"CREATE SCHEMA shop; CREATE TABLE shop.events (LIKE events);", "shop.events", "the view seen reads table events, and not shop.events alone"},
			"a view":              {"CREATE VIEW upper AS SELECT * FROM events; DROP VIEW seen; CREATE VIEW seen AS SELECT * FROM upper;", "upper", "upper is neither a table nor"},
			"an unlogged table":   {"CREATE UNLOGGED TABLE swift (LIKE events); DROP VIEW seen; CREATE VIEW seen AS SELECT * FROM swift;", "swift", "public.swift is an unlogged table"},
			"a materialized view": {"CREATE MATERIALIZED VIEW kept AS SELECT * FROM events; DROP VIEW seen; CREATE VIEW seen AS SELECT * FROM kept;", "kept", "kept is neither a table nor"},
		} {
			f := setUp(t, server, viewedSQL+c.sql, strings.Replace(viewCatalog, `"base": "events"`, `"base": "`+c.base+`"`, 1))
			assert.Contains(t, f.ofTheLog(t, "seen"), c.reason, name)
			assert.False(t, f.works(t, "seen"), name)
		}
	})
}

// What a metric computes from columns of a view that are no column of the base
// is looked at when it is asked for.
func TestWhatAColumnOfAViewHoldsIsAskedOfEachMetric(t *testing.T) {
	t.Parallel()
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		f := viewed(t, server, `DROP VIEW seen; CREATE VIEW seen AS SELECT id, at, done, n * 2 AS n, extract(epoch FROM now() - at) AS age, (SELECT count(*) FROM events) AS everything,
			extract(epoch FROM 'today'::text::timestamptz - at) AS today FROM events;`)
		l := f.lookAt(t, "seen")
		for expression, reason := range map[string]string{"n": "", "n + id": "", "age": "now may answer differently", "everything": "subquery", "n + today": "reads the clock"} {
			why, err := l.Keepable(t.Context(), &query.Scan{Table: f.catalog.Tables["seen"], Time: "at", MaxRows: 10, Measures: []query.Measure{{Kind: query.Sum, Expr: expression}},
				Buckets: query.Buckets{From: instant(t, "2026-01-01T00:00:00Z"), To: instant(t, "2026-01-03T00:00:00Z")}})
			require.NoError(t, err, expression)
			if reason == "" {
				assert.Empty(t, why, expression)
			} else {
				assert.Contains(t, why.String(), reason, expression)
			}
		}
	})
}

func TestAViewsLogIsThatOfItsBase(t *testing.T) {
	t.Parallel()
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		f := viewed(t, server, `CREATE TABLE others (LIKE events);
			CREATE VIEW public."Seen Too" AS SELECT * FROM others;
			INSERT INTO events VALUES (1, '2026-01-01 01:00Z', NULL, 1), (2, '2026-01-02 02:00Z', NULL, 1);`)
		own, base := f.scripts(t, "seen"), changelog{table: onBase(f.catalog.Tables["seen"]), reader: "postgres", columns: []changelogColumn{
			{name: "at", kind: timeInstant, sqlType: "timestamp with time zone"}, {name: "done", kind: timeInstant, sqlType: "timestamp with time zone"}}}
		assert.Equal(t, base.scripts(), own)
		for _, change := range []struct{ sql, noted string }{
			{"INSERT INTO events VALUES (3, '2026-01-01 03:00Z', NULL, 0)", "at 2026-01-01T03:00:00"}, // not in the view
			{"UPDATE events SET n = 0 WHERE id = 1", "at 2026-01-01T01:00:00"},                        // no longer
			{"UPDATE events SET done = '2026-01-02 03:00Z' WHERE id = 2", "at 2026-01-02T02:00:00, done 2026-01-02T03:00:00"},
			{"UPDATE seen SET at = '2026-01-01 04:00Z' WHERE id = 2", "at 2026-01-01T04:00:00, at 2026-01-02T02:00:00, done 2026-01-02T03:00:00"},
			{"DELETE FROM events_old WHERE id = 3", "at 2026-01-01T03:00:00"},
			{"TRUNCATE events_old", "everything"},
			{"TRUNCATE events", "everything"},
			{"INSERT INTO others VALUES (1, '2026-01-01 01:00Z')", ""},
		} {
			changes := f.since(t, "seen")
			f.run(t, change.sql)
			found := stretches(changes())
			slices.Sort(found)
			assert.Equal(t, change.noted, strings.Join(found, ", "), change.sql)
		}
	})
}

// A log is of all the times that the catalog's tables and views need of it.
func TestALogCoversWhatTablesAndViewsOfOneBaseNeed(t *testing.T) {
	t.Parallel()
	f := &logged{fixture: setUp(t, embedpg.Shared(t), viewedSQL+"CREATE VIEW paid AS SELECT *, at + interval '1 day' AS due FROM events;", `{"version": 1, "timezone": "UTC",
	  "tables": {
	    "all": {"relation": "events", "time": "at", "changes": {"mode": "log"}},
	    "seen": {"relation": "seen", "changes": {"mode": "log", "base": "public.events"}},
	    "odd": {"relation": "paid", "time": "due", "changes": {"mode": "log", "base": "events"}},
	    "tokyo": {"relation": "paid", "time": "at", "timezone": "Asia/Tokyo", "changes": {"mode": "log", "base": "events"}}},
	  "metrics": {
	    "n": {"type": "counter", "table": "all", "help": "Events"}, "d": {"type": "counter", "table": "seen", "time": "done", "help": "Done"},
	    "o": {"type": "counter", "table": "odd", "help": "Due"}, "t": {"type": "counter", "table": "tokyo", "help": "Events"}}}`)}
	f.conn = f.connect(t)
	assert.Equal(t, f.scripts(t, "all"), f.scripts(t, "seen"))
	f.install(t, "seen")
	assert.True(t, f.works(t, "all"))
	assert.True(t, f.works(t, "seen"))
	assert.False(t, f.works(t, "odd"))
	assert.False(t, f.works(t, "tokyo"), "its local times would be other instants")
	assert.Contains(t, f.ofTheLog(t, "odd"), "the column due of the view paid is not")
	assert.Contains(t, f.ofTheLog(t, "tokyo"), "the change log of events reads local times in UTC, and the catalog in Asia/Tokyo")
}

// Whatever makes a view, or its base, another while nobody looks shows at the
// next look.
func TestAViewThatBecameAnotherIsNoticed(t *testing.T) {
	t.Parallel()
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		for _, change := range []struct {
			name, sql string
			works     bool // still, or again
		}{
			{"another condition", "CREATE OR REPLACE VIEW seen AS SELECT id, at, done, n, name FROM events WHERE n > 1", true},
			{"another query by its rule", `CREATE OR REPLACE RULE "_RETURN" AS ON SELECT TO seen DO INSTEAD SELECT id, at, done, n, name FROM events WHERE n > 1`, true},
			{"another column", "CREATE OR REPLACE VIEW seen AS SELECT id, at, done, n, name, n * 2 AS double FROM events WHERE n > 0", true},
			{"the same again", "DROP VIEW seen; CREATE VIEW seen AS SELECT id, at, done, n, name FROM events WHERE n > 0", true},
			{"another barrier", "ALTER VIEW seen SET (security_barrier)", true},
			{"another owner", "CREATE ROLE $role; GRANT SELECT ON events TO $role; ALTER VIEW seen OWNER TO $role", true},
			{"another view of its name", "CREATE VIEW other AS SELECT id, at, done, n, name FROM events; ALTER VIEW seen RENAME TO former; ALTER VIEW other RENAME TO seen", true},
			{"a column of another name", "ALTER VIEW seen RENAME COLUMN name TO title", true},
			{"columns that changed names", "ALTER VIEW seen RENAME COLUMN at TO x; ALTER VIEW seen RENAME COLUMN done TO at; ALTER VIEW seen RENAME COLUMN x TO done", false},
			{"other columns", "CREATE OR REPLACE VIEW seen AS SELECT id, done AS at, at AS done, n, name FROM events WHERE n > 0", false},
			{"another table", "CREATE TABLE others (LIKE events); CREATE OR REPLACE VIEW seen AS SELECT id, at, done, n, name FROM others", false},
			{"a function", "CREATE OR REPLACE VIEW seen AS SELECT id, at, done, n, name FROM events WHERE at < now()", false},
			{"a rule", "CREATE RULE ignore AS ON INSERT TO seen DO INSTEAD NOTHING", false},
			{"columns of the base that changed names", "ALTER TABLE events RENAME at TO x; ALTER TABLE events RENAME done TO at; ALTER TABLE events RENAME x TO done", false},
			{"a column of the base with another name", "ALTER TABLE events RENAME done TO finished", false},
			{"a base of another name", "ALTER TABLE events RENAME TO former", false},
			{"another base of its name", "ALTER TABLE events RENAME TO former; CREATE TABLE events (LIKE former)", false},
			{"another schema", "ALTER SCHEMA public RENAME TO former; CREATE SCHEMA public; CREATE TABLE public.events (LIKE former.events); CREATE VIEW public.seen AS SELECT * FROM former.events WHERE n > 0", false},
			{"a base in another schema", "CREATE SCHEMA former; ALTER TABLE events SET SCHEMA former", false},
			{"an emptied partition", "TRUNCATE events_old", true},
			{"a partition more", "CREATE TABLE late (LIKE events); ALTER TABLE events ATTACH PARTITION late FOR VALUES FROM ('2026-02-01Z') TO ('2026-03-01Z')", true},
			{"a partition less", "ALTER TABLE events DETACH PARTITION events_old", true},
			{"a trigger that is off", "ALTER TABLE events_new DISABLE TRIGGER live_orders_rows", false},
			{"a policy", "ALTER TABLE events_old ENABLE ROW LEVEL SECURITY", false},
			{"an unlogged partition", "ALTER TABLE events_old SET UNLOGGED", false},
			{"another column of the base", "ALTER TABLE events ADD COLUMN more int DEFAULT 7", true},
		} {
			f := viewed(t, server, "")
			before := f.fingerprint(t, "seen")
			require.Equal(t, before, f.fingerprint(t, "seen"))
			sql := change.sql
			if strings.Contains(sql, "$role") {
				role := "owner_" + strings.ToLower(rand.Text())
				sql = strings.ReplaceAll(sql, "$role", role)
				t.Cleanup(func() { dropRole(t, f.fixture, role) })
			}
			f.run(t, sql)
			l := f.lookAt(t, "seen")
			fingerprint, kept := l.Fingerprint(f.catalog.Tables["seen"])
			l.Close()
			assert.Equal(t, change.works, kept, change.name)
			assert.NotEqual(t, before, fingerprint, change.name)
		}
	})
}

// A look holds all that it reads through a view, or notices at its end.
func TestWhileALookLastsItsViewStaysAsItIs(t *testing.T) {
	t.Parallel()
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		f := viewed(t, server, "CREATE TABLE late (LIKE events); DROP TABLE events_new; CREATE TABLE events_new PARTITION OF events FOR VALUES FROM ('2026-01-02Z') TO ('2026-02-01Z');")
		l := f.lookAt(t, "seen")
		f.run(t, "SET lock_timeout = '50ms'")
		for _, sql := range []string{
			"TRUNCATE events", "TRUNCATE events_new", "DROP TABLE events_old", "ALTER TABLE events DETACH PARTITION events_old", "ALTER TABLE events RENAME n TO m",
			"ALTER TABLE events RENAME TO former", "CREATE OR REPLACE VIEW seen AS SELECT id, at, done, n, name FROM events", "DROP VIEW seen", "ALTER VIEW seen RENAME TO former",
			"ALTER VIEW seen RENAME COLUMN n TO m", "ALTER VIEW seen SET (security_barrier)", "CREATE RULE ignore AS ON INSERT TO seen DO INSTEAD NOTHING", "ALTER TABLE events ENABLE ROW LEVEL SECURITY",
		} {
			assert.Contains(t, f.refused(t, sql), "lock timeout", sql)
		}
		scan := query.Scan{Table: f.catalog.Tables["seen"], Time: "at", MaxRows: 10, Measures: []query.Measure{{Kind: query.CountRows}},
			Buckets: query.Buckets{From: instant(t, "2026-01-01T00:00:00Z"), To: instant(t, "2026-01-03T00:00:00Z")}}
		_, err := l.Scan(t.Context(), &scan)
		require.NoError(t, err)
		same, err := l.Unchanged(t.Context())
		require.NoError(t, err)
		assert.True(t, same)

		for _, sql := range []string{
			"ALTER TABLE events ATTACH PARTITION late FOR VALUES FROM ('2026-02-01Z') TO ('2026-03-01Z')",
			"ALTER SCHEMA public RENAME TO former; CREATE SCHEMA public; CREATE VIEW public.seen AS SELECT * FROM former.events",
		} {
			l := f.lookAt(t, "seen")
			_, err := l.Scan(t.Context(), &scan)
			require.NoError(t, err)
			f.run(t, sql)
			_, err = l.Scan(t.Context(), &scan)
			require.NoError(t, err)
			same, err := l.Unchanged(t.Context())
			require.NoError(t, err)
			assert.False(t, same, sql)
			l.Close()
		}
	})
}

// Who redefines a view waits for the look, and not the look for that.
func TestTheEndOfALookWaitsForNobody(t *testing.T) {
	t.Parallel()
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		f := viewed(t, server, "")
		l := f.lookAt(t, "seen")
		_, err := l.Scan(t.Context(), &query.Scan{Table: f.catalog.Tables["seen"], Time: "at", MaxRows: 10, Measures: []query.Measure{{Kind: query.CountRows}},
			Buckets: query.Buckets{From: instant(t, "2026-01-01T00:00:00Z"), To: instant(t, "2026-01-03T00:00:00Z")}})
		require.NoError(t, err)
		migrates, replaced := f.connect(t), make(chan error, 1)
		go func() {
			_, err := migrates.Exec(t.Context(), "BEGIN; CREATE OR REPLACE VIEW seen AS SELECT id, at, done, n, name FROM events", pgx.QueryExecModeSimpleProtocol)
			replaced <- err
		}()
		require.Eventually(t, func() bool {
			var waits bool
			require.NoError(t, f.conn.QueryRow(t.Context(), "SELECT EXISTS (SELECT FROM pg_locks WHERE relation = 'seen'::regclass AND NOT granted)").Scan(&waits))
			return waits
		}, time.Minute, time.Millisecond)
		same, err := l.Unchanged(t.Context())
		require.NoError(t, err)
		assert.True(t, same, "the other transaction goes on")
		require.NoError(t, <-replaced)
		_, err = migrates.Exec(t.Context(), "COMMIT")
		require.NoError(t, err)
	})
}

// A role that reads a view need not be able to read, or even to name, its base.
func TestARoleMayReadNothingButTheView(t *testing.T) {
	t.Parallel()
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		f := &logged{fixture: setUp(t, server, `CREATE SCHEMA app; CREATE TABLE app.events (id int, at timestamptz, done timestamptz); CREATE INDEX ON app.events (at);
			CREATE VIEW seen AS SELECT id, at, done FROM app.events WHERE id > 0;`, strings.Replace(viewCatalog, `"base": "events"`, `"base": "app.events"`, 1))}
		f.conn = f.connect(t)
		asReader(t, f.fixture, `GRANT SELECT ON seen TO $role;`)
		assert.Contains(t, f.ofTheLog(t, "seen"), "it declares a change log, but the role cannot see which columns of app.events the view seen shows. GRANT USAGE ON SCHEMA \"app\" TO \"reader_")
		l := f.look(t)
		_, err := l.ChangelogSQL(t.Context(), f.catalog.Tables["seen"], message.English)
		l.Close()
		requireKind(t, err, KindPermission)
		var role string
		require.NoError(t, f.look(t).fixed(t.Context(), "SELECT current_user::text", nil, func(row [][]byte) error { role = string(row[0]); return nil }))
		f.run(t, "GRANT USAGE ON SCHEMA app TO "+role)
		f.run(t, f.scripts(t, "seen").Install)
		changes := f.since(t, "seen")
		f.run(t, "INSERT INTO app.events VALUES (1, '2026-01-01Z')")
		assert.Equal(t, []string{"at 2026-01-01T00:00:00"}, stretches(changes()))
		assert.Empty(t, f.ofTheLog(t, "seen"))
		r, err := f.store.Check(t.Context(), query.Caller{}, nil)
		require.NoError(t, err)
		assert.Equal(t, `table seen: no index of app.events begins with done, so every answer reads the whole table; CREATE INDEX ON app.events ("done")`, r.String())

		f.run(t, "REVOKE USAGE ON SCHEMA app FROM "+role)
		assert.Contains(t, f.ofTheLog(t, "seen"), "GRANT USAGE ON SCHEMA")
		f.store = f.open(t, func(c *Config) { c.Pool.ConnConfig.User, c.Pool.ConnConfig.Password = role, "s3cret" })
		assert.False(t, f.works(t, "seen"), "a store that does not know the view")
		f.run(t, "GRANT USAGE ON SCHEMA app TO "+role)
		assert.True(t, f.works(t, "seen"), "a right that was missing is not remembered")
	})
}
