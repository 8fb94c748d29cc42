package postgres

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/internal/embedpg"
	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/query"
)

func TestOnlyWhatDependsOnTheRowsAloneIsKept(t *testing.T) {
	t.Parallel()
	f := logTables(t, embedpg.Shared(t), `
		CREATE TABLE events (id int PRIMARY KEY, at timestamptz, done timestamptz, n int DEFAULT 1, name text);
		CREATE TABLE others (id int);
		CREATE FUNCTION inlined(x int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT x * 2';
		CREATE FUNCTION "Called"(x int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN x * 2; END';
		CREATE FUNCTION reads(x int) RETURNS int LANGUAGE plpgsql STABLE AS 'BEGIN RETURN count(*) FROM others; END';
		CREATE DOMAIN small AS int;
		CREATE DOMAIN moment AS timestamptz;
		CREATE TYPE mood AS ENUM ('a', 'b');
		CREATE TYPE color AS ENUM ('r', 'g');
		CREATE TYPE pair AS (a int, b int);
		CREATE TYPE sku;
		CREATE FUNCTION sku_in(cstring) RETURNS sku LANGUAGE internal IMMUTABLE STRICT AS 'textin';
		CREATE FUNCTION sku_out(sku) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
		CREATE TYPE sku (INPUT = sku_in, OUTPUT = sku_out, LIKE = text);
		CREATE FUNCTION pretty(events) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1.n';
		CREATE FUNCTION greater(int, int) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 > $2';
		CREATE OPERATOR >>> (leftarg = int, rightarg = int, function = greater);
		CREATE FUNCTION colored(color, color) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
		CREATE OPERATOR = (leftarg = color, rightarg = color, function = colored);
		CREATE FUNCTION moody(int) RETURNS mood LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN NULL; END';
		CREATE CAST (int AS mood) WITH FUNCTION moody(int);
		CREATE FUNCTION total(pair) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1.a';
		CREATE CAST (pair AS int) WITH FUNCTION total(pair) AS IMPLICIT;
		CREATE TABLE paired (at timestamptz, done timestamptz, p pair, m mood, noon moment, class regclass, xact xid, clock timetz, words tsvector, doc jsonb, label text);`,
		strings.Replace(loggedEventsCatalog, `"tables": {`, `"tables": {"paired": {"relation": "paired", "time": "at", "changes": {"mode": "log"}}, `, 1))
	table := f.catalog.Tables["events"]
	l := f.lookAt(t, "events", "paired")
	why := func(table *catalog.Table, expression string) string {
		scan := query.Scan{Table: table, Time: "at", MaxRows: 10, Measures: []query.Measure{{Kind: query.Sum, Expr: expression}},
			Buckets: query.Buckets{From: instant(t, "2026-01-01T00:00:00Z"), To: instant(t, "2026-01-03T00:00:00Z")}}
		reason, err := l.Keepable(t.Context(), &scan)
		require.NoError(t, err, expression)
		return reason.String()
	}
	for expression, reason := range map[string]string{
		"n":                             "",
		"n + length(name)":              "",
		"extract(epoch FROM done - at)": "",
		"round(n::numeric, 2)":          "",
		"date_part('hour', at)":         "",
		"CASE WHEN name = 'inlined (' THEN 1 END": "",
		"n::small":                                        "the type small may be redefined",
		"length(name::sku::text)":                         "the type sku may be redefined",
		"length(n::text::sku::text)":                      "the type sku may be redefined",
		"length((ARRAY[name]::sku[])[1]::text)":           "the type sku may be redefined",
		"events.n":                                        "",
		"events.pretty":                                   "the function pretty may be redefined",
		`(events)."pretty"`:                               "the function pretty may be redefined",
		"(n >>> 1)::int":                                  "the operator >>> may be redefined",
		"(n = 1)::int":                                    "", // the operator = of colors is another
		"(name::color = 'r')::int":                        "the operator = may be redefined",
		"length(n::mood::text)":                           "the cast from integer to mood may be redefined",
		"length(name::mood::text)":                        "the cast from integer to mood may be redefined",
		"(name::pair).a":                                  "the cast from pair to integer may be redefined",
		"length(name || E'\\'' || inlined(n))":            "inlined may be redefined",
		"length(name || $q$'$q$ || inlined(n))":           "inlined may be redefined",
		"n -- it's\n + inlined(n)":                        "inlined may be redefined",
		"inlined /* (n /* ) */ */ (n)":                    "inlined may be redefined",
		"CASE WHEN name = $q$inlined ($q$ THEN 1 END":     "",
		"extract(epoch FROM $$today$$::timestamptz - at)": "reads the clock",
		"extract(epoch FROM '10:30 pm Yesterday'::timestamptz - at)": "reads the clock",
		"length(USER || name)":                        "uses USER",
		"(name @@ 'word')::int":                       "searches text",
		"extract(epoch FROM now() - at)":              "now may answer differently",
		"extract(epoch FROM 'now'::timestamptz - at)": "reads the clock",
		"extract(epoch FROM CURRENT_TIMESTAMP - at)":  "CURRENT_TIMESTAMP",
		"random()":                      "random may answer differently",
		"(SELECT count(*) FROM others)": "subquery",
		"reads(n)":                      "reads may",
		"inlined(n)":                    "inlined may be redefined",
		"Inlined (n)":                   "inlined may be redefined",
		`"Called"(n)`:                   "Called may be redefined",
		"age(xmin)":                     "system column xmin",
		"(ctid::text)::point <-> '0,0'": "system column ctid",
		"extract(epoch FROM name::text::timestamptz - at)":                         "name may hold words, such as now and today",
		"date(left(name, 10)) - at::date":                                          "name may hold words",
		"extract(epoch FROM CAST(name AS moment) - at)":                            "name may hold words",
		"extract(epoch FROM (ARRAY[name]::date[])[1] - at)":                        "name may hold words",
		"extract(epoch FROM lower(('[' || name || ',)')::tstzrange) - at)":         "name may hold words",
		"extract(epoch FROM to_timestamp(name, 'YYYY-MM-DD') - at)":                "",
		"(20260000 + n)::text::date - at::date":                                    "",
		"CASE WHEN name = 'a' THEN (done AT TIME ZONE 'UTC')::date - at::date END": "",
		"name::numeric": "",
		"extract(epoch FROM 'now'::text::timestamptz - at)":  "reads the clock",
		"extract(epoch FROM ('NOW '||'')::timestamptz - at)": "reads the clock",
		"length(tableoid::regclass::text)":                   "names, by the type regclass",
		"length(n::regtype::text)":                           "names, by the type regtype",
		"length('::regclass (.xmin'::text || name)":          "",
	} {
		if reason == "" {
			assert.Empty(t, why(table, expression), expression)
		} else {
			assert.Contains(t, why(table, expression), reason, expression)
		}
	}
	paired := f.catalog.Tables["paired"]
	for _, expression := range []string{"(p).a", "p + 1"} {
		assert.Contains(t, why(paired, expression), "the cast from pair to integer may be redefined", expression)
	}
	f.run(t, "DROP CAST (pair AS int)", "DROP CAST (int AS mood)")
	l = f.lookAt(t, "paired")
	for expression, reason := range map[string]string{
		"(p).a":                                  "",
		"length(m::text)":                        "",
		"(m >= 'b')::int":                        "",
		"(doc @@ '$.total > 10')::int":           "",
		"(words @@ 'word')::int":                 "searches text",
		"age(xact)":                              "values of the type xid, as xact has, mean something else later",
		"extract(epoch FROM label::moment - at)": "label may hold words",
		"extract(epoch FROM (doc->>'at')::timestamptz - at)": "doc may hold words",
		"extract(epoch FROM noon::moment - at)":              "",
		"length(label::mood::text)":                          "",
		"length(class::text)":                                "values of the type regclass, as class has, mean something else later",
		"extract(hour FROM clock AT TIME ZONE 'Asia/Tokyo')": "values of the type timetz, as clock has",
		"extract(epoch FROM at::time::timetz)":               "uses time with time zone",
	} {
		if reason == "" {
			assert.Empty(t, why(paired, expression), expression)
		} else {
			assert.Contains(t, why(paired, expression), reason, expression)
		}
	}
}

// A setting of the role decides how the server writes the names in a plan.
func TestAPlanIsReadWhateverTheSettingsOfTheRole(t *testing.T) {
	t.Parallel()
	f := logTables(t, embedpg.Shared(t), loggedEventsSQL, loggedEventsCatalog)
	f.store = f.open(t, func(c *Config) { c.Pool.ConnConfig.RuntimeParams["quote_all_identifiers"] = "on" })
	l := f.lookAt(t, "events")
	for _, expression := range []string{"age(xmin)", "length(id::regclass::text)"} {
		reason, err := l.Keepable(t.Context(), &query.Scan{Table: f.catalog.Tables["events"], Time: "at", MaxRows: 10,
			Measures: []query.Measure{{Kind: query.Sum, Expr: expression}},
			Buckets:  query.Buckets{From: instant(t, "2026-01-01T00:00:00Z"), To: instant(t, "2026-01-03T00:00:00Z")}})
		require.NoError(t, err)
		assert.NotEmpty(t, reason, expression)
	}
}

func TestAConditionOnOtherRowsIsNotKept(t *testing.T) {
	t.Parallel()
	embedpg.Each(t, testConditionsOnOtherRows)
}

func testConditionsOnOtherRows(t *testing.T, server *embedpg.Server) {
	f := logTables(t, server, loggedEventsSQL, loggedEventsCatalog)
	l := f.lookAt(t, "events")
	for where, reason := range map[string]string{
		"id > 0": "",
		"EXISTS (SELECT FROM events AS e WHERE e.at = events.at AND e.id <> events.id)": "joins",
		"id IN (SELECT e.n FROM events AS e)":                                           "joins",
		"id IN (SELECT e.id FROM events AS e WHERE e.n > 5)":                            "joins",
		"NOT EXISTS (SELECT FROM events AS e WHERE e.n = events.id)":                    "joins",
		"id IN (SELECT max(e.id) FROM events AS e)":                                     "subquery",
		"id NOT IN (SELECT e.id FROM events AS e WHERE e.at < '2026-01-01')":            "subquery",
	} {
		table := *f.catalog.Tables["events"]
		table.Where = where
		why, err := l.Keepable(t.Context(), &query.Scan{Table: &table, Time: "at", MaxRows: 10, Measures: []query.Measure{{Kind: query.CountRows}},
			Buckets: query.Buckets{From: instant(t, "2026-01-01T00:00:00Z"), To: instant(t, "2026-01-03T00:00:00Z")}})
		require.NoError(t, err, where)
		if reason == "" {
			assert.Empty(t, why, where)
		} else {
			assert.Contains(t, why.String(), reason, where)
		}
	}
}

// The plan of one range leaves out partitions, and what is asked of their rows,
// but the reason not to keep is that of the statement.
func TestWhatIsAskedOfOtherPartitionsCountsAsWell(t *testing.T) {
	t.Parallel()
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		f := logTables(t, server, `
			CREATE TABLE events (id int, at timestamptz NOT NULL, done timestamptz, n int DEFAULT 1) PARTITION BY RANGE (at);
			CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2026-01-01Z') TO ('2026-01-02Z');`, loggedEventsCatalog)
		table := *f.catalog.Tables["events"]
		scan := query.Scan{Table: &table, Time: "at", MaxRows: 10, Measures: []query.Measure{{Kind: query.CountRows}}}
		l := f.lookAt(t, "events")
		for where, reason := range map[string]string{
			"n > 0": "",
			"n IN (SELECT e.n FROM events AS e WHERE e.id < 7)": "joins",
			"at > now() - interval '30 days'":                   "now may answer differently",
			"false AND n > 0":                                   "reads nothing",
		} {
			table.Where = where
			for _, day := range []string{"2026-01-03", "2026-01-01"} { // no partition has the first
				scan.Buckets = query.Buckets{From: instant(t, day+"T00:00:00Z"), To: instant(t, day+"T12:00:00Z")}
				why, err := l.Keepable(t.Context(), &scan)
				require.NoError(t, err)
				if reason == "" {
					assert.Empty(t, why, where)
				} else {
					assert.Contains(t, why.String(), reason, where)
				}
			}
		}
		var settings string
		require.NoError(t, l.fixed(t.Context(), "SELECT current_setting('enable_partition_pruning') || current_setting('constraint_exclusion')", nil, func(row [][]byte) error {
			settings = string(row[0])
			return nil
		}))
		assert.Equal(t, "onpartition", settings, "scans are planned as ever")
	})
}

func TestNothingIsKeptWhereAnExtensionSpreadsTablesOverServers(t *testing.T) {
	t.Parallel()
	f := logTables(t, embedpg.Shared(t), loggedEventsSQL, loggedEventsCatalog)
	require.True(t, f.works(t, "events"))
	// An extension of that name, as far as the catalogs tell.
	f.run(t, `INSERT INTO pg_catalog.pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
		SELECT 999999, 'citus', 10, oid, false, '1' FROM pg_namespace WHERE nspname = 'pg_catalog'`)
	assert.False(t, f.works(t, "events"))
}

// A table without an index is read as a whole for each changed minute, which is
// what a live answer costs.
func TestALargeTableThatIsSearchedForEachMinuteIsNotKept(t *testing.T) {
	t.Parallel()
	f := logTables(t, embedpg.Shared(t), `
		CREATE TABLE events (id int, at timestamptz NOT NULL, done timestamptz, filler text) PARTITION BY RANGE (at);
		CREATE TABLE events_old PARTITION OF events FOR VALUES FROM (MINVALUE) TO ('2026-01-02Z');
		CREATE TABLE events_new PARTITION OF events FOR VALUES FROM ('2026-01-02Z') TO (MAXVALUE);
		CREATE INDEX ON events_old (at);
		INSERT INTO events SELECT n, '2026-01-01Z', NULL, repeat('x', 1000) FROM generate_series(1, 10000) n`, loggedEventsCatalog)
	table := f.catalog.Tables["events"]
	reason := func() string {
		l := f.lookAt(t, "events")
		defer l.Close()
		why, err := l.Keepable(t.Context(), &query.Scan{Table: table, Time: "at", MaxRows: 10, Measures: []query.Measure{{Kind: query.CountRows}},
			Buckets: query.Buckets{From: instant(t, "2026-01-01T00:00:00Z"), To: instant(t, "2026-01-03T00:00:00Z")}})
		require.NoError(t, err)
		return why.String()
	}
	assert.Empty(t, reason(), "the partition without an index is small")
	f.run(t, "INSERT INTO events SELECT n, '2026-01-02Z', NULL, repeat('x', 1000) FROM generate_series(1, 10000) n", "ALTER TABLE events ADD more int")
	assert.Contains(t, reason(), "no index begins with at")
	f.run(t, "CREATE INDEX ON events_new (at)")
	assert.Empty(t, reason(), "it is asked again")
}
