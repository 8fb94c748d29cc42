package soak

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/internal/embedpg"
)

// What an expression comes to may change without any row. Then nothing that was
// kept may be used, or it was not kept.
func TestKeptNumbersEqualPlainOnesWhateverIsRedefined(t *testing.T) {
	t.Parallel()
	const mood = "CREATE TYPE mood AS ENUM ('a', 'b'); "
	const pair = "CREATE TYPE pair AS (a int, b int); ALTER TABLE orders ADD p pair DEFAULT ROW(1, 2); "
	// All moods are one to whoever compares them by these operators.
	const alike = mood + `ALTER TABLE orders ADD m mood; UPDATE orders SET m = CASE WHEN id % 2 = 0 THEN 'a' ELSE 'b' END::mood;
		CREATE FUNCTION same(mood, mood) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
		CREATE FUNCTION other(mood, mood) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT false';
		CREATE FUNCTION compared(mood, mood) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 0';
		CREATE FUNCTION hashed(mood) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';
		CREATE OPERATOR ~=~ (leftarg = mood, rightarg = mood, function = same, hashes, merges);
		CREATE OPERATOR ~<=~ (leftarg = mood, rightarg = mood, function = same);
		CREATE OPERATOR ~>=~ (leftarg = mood, rightarg = mood, function = same);
		CREATE OPERATOR ~<~ (leftarg = mood, rightarg = mood, function = other);
		CREATE OPERATOR ~>~ (leftarg = mood, rightarg = mood, function = other); `
	const alikeMembers = "OPERATOR 1 ~<~, OPERATOR 2 ~<=~, OPERATOR 3 ~=~, OPERATOR 4 ~>=~, OPERATOR 5 ~>~, FUNCTION 1 compared(mood, mood)"
	const alikeByDefault = "CREATE OPERATOR CLASS hashes DEFAULT FOR TYPE mood USING hash AS OPERATOR 1 ~=~, FUNCTION 1 hashed(mood); CREATE OPERATOR CLASS sorts DEFAULT FOR TYPE mood USING btree AS " + alikeMembers
	for _, c := range []struct {
		name, setup, dimension, metric string
		change                         string
		kept                           bool // at first
	}{
		{"a label of an enum", mood + "ALTER TABLE orders ADD m mood DEFAULT 'a'", "m", counted, "ALTER TYPE mood RENAME VALUE 'a' TO 'c'", true},
		{"a label beneath two domains", mood + "CREATE DOMAIN one AS mood; CREATE DOMAIN two AS one; ALTER TABLE orders ADD m two DEFAULT 'a'", "m", counted,
			"ALTER TYPE mood RENAME VALUE 'a' TO 'c'", true},
		{"a label in a domain over arrays", mood + "CREATE DOMAIN moods AS mood[]; ALTER TABLE orders ADD m moods DEFAULT '{a}'", "m[1]", counted,
			"ALTER TYPE mood RENAME VALUE 'a' TO 'c'", true},
		{"a label in a range", mood + "CREATE TYPE moods AS RANGE (subtype = mood); ALTER TABLE orders ADD m moods DEFAULT '[a,b]'", "lower(m)", counted,
			"ALTER TYPE mood RENAME VALUE 'a' TO 'c'", true},
		{"a label in a multirange", mood + "CREATE TYPE moods AS RANGE (subtype = mood); ALTER TABLE orders ADD m moods_multirange DEFAULT '{[a,b]}'", "lower(m)", counted,
			"ALTER TYPE mood RENAME VALUE 'a' TO 'c'", true},
		{"a label in a composite type", mood + "CREATE TYPE pair AS (m mood, n int); ALTER TABLE orders ADD p pair DEFAULT ROW('a', 1)", "(p).m", counted,
			"ALTER TYPE mood RENAME VALUE 'a' TO 'c'", true},
		{"the fields of a composite type", "CREATE TYPE pair AS (a text, b text); ALTER TABLE orders ADD p pair DEFAULT ROW('a', 'b')", "(p).a", counted,
			"ALTER TYPE pair RENAME ATTRIBUTE a TO x; ALTER TYPE pair RENAME ATTRIBUTE b TO a; ALTER TYPE pair RENAME ATTRIBUTE x TO b", true},
		{"columns", "ALTER TABLE orders ADD other text DEFAULT 'other'", "channel", counted,
			"ALTER TABLE orders RENAME channel TO x; ALTER TABLE orders RENAME other TO channel; ALTER TABLE orders RENAME x TO other", true},
		{"a function that is preferred", "ALTER TABLE orders ALTER channel TYPE varchar", "left(channel, 2)", counted,
			"CREATE FUNCTION public.left(varchar, int) RETURNS text LANGUAGE sql IMMUTABLE AS $$SELECT 'preferred'$$", true},
		{"an operator that is preferred", "ALTER TABLE orders ALTER channel TYPE varchar", "", counted + `, "where": "channel = 'web'"`,
			`CREATE FUNCTION never(varchar, varchar) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT false';
			CREATE OPERATOR = (leftarg = varchar, rightarg = varchar, function = never)`, true},
		{"a cast that is preferred", "ALTER TABLE orders ADD i int DEFAULT 1; CREATE TYPE pair AS (a int, b int); ALTER TABLE orders ADD p pair DEFAULT ROW(1, 2)", "p::text", counted,
			`CREATE FUNCTION shown(pair) RETURNS text LANGUAGE sql IMMUTABLE AS $$SELECT 'preferred'$$;
			CREATE CAST (pair AS text) WITH FUNCTION shown(pair)`, true},
		{"a collation of the same name", "CREATE COLLATION mine (provider = icu, locale = 'und-u-ks-level2', deterministic = false)", "", counted + `, "where": "channel COLLATE mine = 'WEB'"`,
			"DROP COLLATION mine; CREATE COLLATION mine (provider = icu, locale = 'und')", true},
		{"a function that gets a name", `ALTER TABLE orders ALTER channel TYPE varchar; CREATE FUNCTION public.preferred(varchar, int) RETURNS text LANGUAGE sql IMMUTABLE AS $$SELECT 'preferred'$$`,
			"left(channel, 2)", counted, `ALTER FUNCTION preferred(varchar, int) RENAME TO "left"`, true},
		{"a function of an extension", "CREATE EXTENSION citext", "split_part(channel::citext, 'e', 1)", counted,
			"CREATE OR REPLACE FUNCTION split_part(citext, citext, int) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$SELECT 'another'$$", true},
		{"the function of an operator of an extension", "CREATE EXTENSION citext", "", counted + `, "where": "channel::citext = 'WEB'"`,
			"CREATE OR REPLACE FUNCTION citext_eq(citext, citext) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT AS 'SELECT $1::text = $2::text'", true},
		{"a type of an extension", "CREATE EXTENSION citext", "", counted + `, "where": "channel::citext = 'WEB'"`, "ALTER TYPE citext RENAME TO other; CREATE DOMAIN citext AS text", true},
		{"an aggregate that gets a name", `CREATE DOMAIN price AS numeric; ALTER TABLE orders ALTER n TYPE price; CREATE FUNCTION ever(numeric, price) RETURNS numeric LANGUAGE sql AS 'SELECT 42.0';
			CREATE AGGREGATE always(price) (sfunc = ever, stype = numeric, initcond = '1')`, "", counted + `, "sum": "n"`, "ALTER AGGREGATE always(price) RENAME TO sum", true},
		{"collations that change names", `CREATE COLLATION mine (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
			CREATE COLLATION other (provider = icu, locale = 'und')`, "", counted + `, "where": "channel COLLATE mine = 'WEB'"`,
			"ALTER COLLATION mine RENAME TO x; ALTER COLLATION other RENAME TO mine", true},
		{"the schema of names without one", `CREATE COLLATION mine (provider = icu, locale = 'und-u-ks-level2', deterministic = false); CREATE SCHEMA other;
			CREATE COLLATION other.mine (provider = icu, locale = 'und')`, "", counted + `, "where": "channel COLLATE mine = 'WEB'"`,
			"ALTER SCHEMA public RENAME TO x; ALTER SCHEMA other RENAME TO public; ALTER TABLE x.orders SET SCHEMA public", true},
		{"the function of a name with other letters", `CREATE FUNCTION "Étage"(numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT 2.0'`, "", counted + `, "sum": "Étage(n)"`,
			`CREATE OR REPLACE FUNCTION "Étage"(numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT 3.0'`, false},
		{"the function of a name with escapes", "CREATE FUNCTION twice(numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT 2 * $1'", "", counted + `, "sum": "U&\"\\0074wice\"(n)"`,
			"CREATE OR REPLACE FUNCTION twice(numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT 3 * $1'", false},
		{"another table of the name", "CREATE TABLE green (LIKE orders); INSERT INTO green SELECT id, at, done, 'green', n FROM orders", "channel", counted,
			"ALTER TABLE orders RENAME TO blue; ALTER TABLE green RENAME TO orders", true},
		{"another table of the name, from another schema", "CREATE SCHEMA next; CREATE TABLE next.orders (LIKE orders); INSERT INTO next.orders SELECT id, at, done, 'green', n FROM orders", "channel", counted,
			"ALTER TABLE orders RENAME TO blue; ALTER TABLE next.orders SET SCHEMA public", true},
		{"the values of a column, as its type", "", "channel", counted, "ALTER TABLE orders ALTER channel TYPE varchar USING upper(channel)", true},
		{"nothing, in a new file", "", "channel", counted, "CLUSTER orders USING orders_pkey", true},
		{"the function of an operator", `CREATE FUNCTION same(text, text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 = $2';
			CREATE OPERATOR === (leftarg = text, rightarg = text, function = same)`, "", counted + `, "where": "channel === 'web'"`,
			"CREATE OR REPLACE FUNCTION same(text, text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 <> $2'", false},
		{"the function that looks like a column", "CREATE FUNCTION shown(orders) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT upper($1.channel)'", "orders.shown", counted,
			"CREATE OR REPLACE FUNCTION shown(orders) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT lower($1.channel)'", false},
		{"the function of a cast", mood + `CREATE FUNCTION moody(text) RETURNS mood LANGUAGE plpgsql IMMUTABLE AS $$BEGIN RETURN CASE $1 WHEN 'web' THEN 'a' ELSE 'b' END; END$$;
			CREATE CAST (text AS mood) WITH FUNCTION moody(text)`, "channel::mood", counted,
			"CREATE OR REPLACE FUNCTION moody(text) RETURNS mood LANGUAGE plpgsql IMMUTABLE AS $$BEGIN RETURN 'a'; END$$", false},
		{"the function of a cast that no plan shows", `CREATE TYPE pair AS (a int, b int); ALTER TABLE orders ADD p pair DEFAULT ROW(1, 2);
			CREATE FUNCTION total(pair) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN $1.a + $1.b; END';
			CREATE CAST (pair AS int) WITH FUNCTION total(pair) AS IMPLICIT`, "", counted + `, "sum": "p + 1"`,
			"CREATE OR REPLACE FUNCTION total(pair) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN $1.a * 7; END'", false},
		{"the function of an operator that a word stands for", `ALTER TABLE orders ALTER channel TYPE varchar;
			CREATE FUNCTION alike(varchar, varchar) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT length($1) = length($2)';
			CREATE OPERATOR ~~ (leftarg = varchar, rightarg = varchar, function = alike)`, "", counted + `, "where": "channel LIKE 'web'"`,
			"CREATE OR REPLACE FUNCTION alike(varchar, varchar) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT length($1) < length($2)'", false},
		{"the function of an operator with another sign", `ALTER TABLE orders ALTER channel TYPE varchar;
			CREATE FUNCTION other(varchar, varchar) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT length($1) > length($2)';
			CREATE OPERATOR <> (leftarg = varchar, rightarg = varchar, function = other)`, "", counted + `, "where": "channel != 'web'"`,
			"CREATE OR REPLACE FUNCTION other(varchar, varchar) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT length($1) = length($2)'", false},
		{"the function of an operator between two", "CREATE DOMAIN price AS int; ALTER TABLE orders ADD p price; UPDATE orders SET p = n; " + `
			CREATE FUNCTION most(price, price) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1::bigint > $2::bigint';
			CREATE OPERATOR <= (leftarg = price, rightarg = price, function = most)`, "", counted + `, "where": "p BETWEEN 3 AND 7::price"`,
			"CREATE OR REPLACE FUNCTION most(price, price) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1::bigint = $2::bigint'", false},
		{"the function of an operator in the server's own schema", `CREATE FUNCTION same(text, text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 = $2';
			CREATE OPERATOR pg_catalog.=== (leftarg = text, rightarg = text, function = same)`, "", counted + `, "where": "channel === 'web'"`,
			"CREATE OR REPLACE FUNCTION same(text, text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 <> $2'", false},
		{"the function of a cast to a type with several names", pair + "CREATE FUNCTION total(pair) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1.a'; CREATE CAST (pair AS int) WITH FUNCTION total(pair)",
			"", counted + `, "sum": "p::int4"`, "CREATE OR REPLACE FUNCTION total(pair) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1.b'", false},
		{"the function of a cast to a type in capitals", mood + `ALTER TABLE orders ADD m mood; CREATE TYPE pair AS (a mood, b mood); ALTER TABLE orders ADD p pair DEFAULT ROW('a', 'b');
			CREATE FUNCTION total(pair) RETURNS mood LANGUAGE sql IMMUTABLE AS 'SELECT $1.a'; CREATE CAST (pair AS mood) WITH FUNCTION total(pair)`, "CAST(p AS MOOD)", counted,
			"CREATE OR REPLACE FUNCTION total(pair) RETURNS mood LANGUAGE sql IMMUTABLE AS 'SELECT $1.b'", false},
		{"how labels of an enum are grouped", alike, "m", counted, alikeByDefault, true},
		{"how elements of arrays are compared", alike, "", counted + `, "where": "ARRAY[m] = '{a}'"`, alikeByDefault, true},
		{"the function by which labels are grouped", alike + alikeByDefault, "m", counted, "CREATE OR REPLACE FUNCTION same(mood, mood) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1::text = $2::text'", false},
		{"the function by which a range is ordered", alike + "CREATE OPERATOR CLASS alike FOR TYPE mood USING btree AS " + alikeMembers + `;
			CREATE TYPE moods AS RANGE (subtype = mood, subtype_opclass = alike); ALTER TABLE orders ADD r moods DEFAULT '[a,a]'`, "", counted + `, "where": "r @> 'b'::mood"`,
			"CREATE OR REPLACE FUNCTION compared(mood, mood) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT enum_cmp($1, $2)'", false},
		{"a function that bins times of a domain", `CREATE DOMAIN moment AS timestamptz; ALTER TABLE orders ALTER at TYPE moment;
			CREATE FUNCTION binned(interval, moment, timestamptz) RETURNS timestamptz LANGUAGE sql IMMUTABLE AS 'SELECT $3'`, "", counted,
			"ALTER FUNCTION binned(interval, moment, timestamptz) RENAME TO date_bin", true},
		{"a function that tells finite numbers", `CREATE DOMAIN price AS numeric; ALTER TABLE orders ALTER n TYPE price;
			CREATE FUNCTION size(price) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$SELECT 'NaN'::numeric$$`, "", levels + `, "sum": "n"`, "ALTER FUNCTION size(price) RENAME TO abs", true},
		{"a function that writes labels of numbers", `CREATE DOMAIN price AS numeric; ALTER TABLE orders ALTER n TYPE price;
			CREATE FUNCTION size(price) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT 7.0'`, "n", counted, "ALTER FUNCTION size(price) RENAME TO trim_scale", true},
		{"the schema of a collation", `CREATE SCHEMA shop; CREATE SCHEMA other; CREATE COLLATION shop.mine (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
			CREATE COLLATION other.mine (provider = icu, locale = 'und')`, "", counted + `, "where": "channel COLLATE shop.mine = 'WEB'"`,
			"ALTER SCHEMA shop RENAME TO x; ALTER SCHEMA other RENAME TO shop", true},
		{"an operator with a lower number than another", `ALTER TABLE orders ALTER channel TYPE varchar; CREATE FUNCTION never(varchar, varchar) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT false';
			CREATE OPERATOR ### (leftarg = varchar, rightarg = varchar, function = never); UPDATE pg_operator SET oid = 4294967290 WHERE oprname = '###'`, "", counted + `, "where": "channel = 'web'"`,
			"CREATE OPERATOR = (leftarg = varchar, rightarg = varchar, function = never)", true},
		{"a collation of a column", "CREATE COLLATION mine (provider = icu, locale = 'und-u-ks-level2', deterministic = false); UPDATE orders SET channel = 'WEB' WHERE id < 6", "channel", counted + `, "where": "channel = 'web'"`,
			"ALTER TABLE orders ALTER channel TYPE text COLLATE mine", true},
		{"the rows of a child that comes back", "CREATE TABLE child () INHERITS (orders); INSERT INTO child SELECT * FROM orders", "channel", counted,
			`ALTER TABLE child NO INHERIT orders; ALTER TABLE child DISABLE TRIGGER USER; UPDATE child SET channel = 'store';
			ALTER TABLE child ENABLE ALWAYS TRIGGER live_orders_rows; ALTER TABLE child ENABLE ALWAYS TRIGGER live_orders_truncate; ALTER TABLE child INHERIT orders`, true},
		{"rows behind triggers that are off for one transaction", "", "channel", counted, `BEGIN; ALTER TABLE orders DISABLE TRIGGER USER; UPDATE orders SET channel = 'store';
			ALTER TABLE orders ENABLE ALWAYS TRIGGER live_orders_rows; ALTER TABLE orders ENABLE ALWAYS TRIGGER live_orders_truncate; COMMIT`, true},
		{"rows in the role of a replica", "", "channel", counted, "SET session_replication_role = replica; UPDATE orders SET channel = 'store'", true},
		{"rows of a table that is unlogged for a while", "", "channel", counted, "ALTER TABLE orders SET UNLOGGED; UPDATE orders SET channel = 'store'; ALTER TABLE orders SET LOGGED", true},
		{"the function that writes values of a type", `CREATE TYPE sku; CREATE FUNCTION sku_in(cstring) RETURNS sku LANGUAGE internal IMMUTABLE STRICT AS 'textin';
			CREATE FUNCTION sku_out(sku) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout'; CREATE TYPE sku (INPUT = sku_in, OUTPUT = sku_out, LIKE = text);
			CREATE DOMAIN article AS sku; ALTER TABLE orders ADD s article DEFAULT 'A1'`, "s::text", counted,
			"CREATE OR REPLACE FUNCTION sku_out(sku) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'byteaout'", false},
		{"the labels of an enum that no column has", "CREATE TYPE kind AS ENUM ('app', 'web')", "", counted + `, "where": "channel::kind >= 'web'"`,
			"ALTER TYPE kind RENAME VALUE 'app' TO 'x'; ALTER TYPE kind RENAME VALUE 'web' TO 'app'; ALTER TYPE kind RENAME VALUE 'x' TO 'web'", false},
		{"the configuration of text search", "CREATE TEXT SEARCH CONFIGURATION mine (COPY = english); ALTER DATABASE $database SET default_text_search_config = 'public.mine'",
			"", counted + `, "where": "channel @@ 'webs'"`, "ALTER TEXT SEARCH CONFIGURATION mine ALTER MAPPING FOR asciiword WITH simple", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dimension := ""
			if c.dimension != "" {
				dimension = `"d": {"column": "` + c.dimension + `"}`
			}
			q := newQuiet(t, embedpg.Shared(t), c.setup, dimension, c.metric)
			q.compared(t, "at first")
			_, cached, fetched := q.compared(t, "again")
			assert.Equal(t, c.kept, cached > 0, "whether numbers are kept")
			assert.Zero(t, fetched, "of those that are kept")
			q.run(t, c.change)
			q.compared(t, "after the change")
		})
	}
}

// What swallows rows of a log leaves no trace of the changes that these stood for.
func TestALogThatSwallowsRowsIsNotUsed(t *testing.T) {
	t.Parallel()
	for _, by := range []string{
		"CREATE RULE swallow AS ON INSERT TO $log DO INSTEAD NOTHING",
		"CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; CREATE TRIGGER swallow BEFORE INSERT ON $log FOR EACH ROW EXECUTE FUNCTION swallow()",
		"INSERT INTO $log VALUES (1, '2026-03-02 11:10Z', '3'); CREATE UNIQUE INDEX ON $log (col, bucket)",
	} {
		q := newQuiet(t, embedpg.Shared(t), "", `"d": {"column": "channel"}`, counted)
		q.compared(t, "at first")
		_, cached, _ := q.compared(t, "again")
		assert.Positive(t, cached)
		q.run(t, strings.ReplaceAll(by, "$log", "live_orders."+q.logName(t, q.server)))
		q.compared(t, "after "+by)
		q.run(t, "UPDATE orders SET channel = 'store' WHERE id = 10")
		_, cached, _ = q.compared(t, "after a change that went under by "+by)
		assert.Zero(t, cached)
	}
}

// A copy has the tables of its template with their numbers and files, and the log.
func TestADatabaseThatWasMadeFromACopyIsNotTakenForTheOneBefore(t *testing.T) {
	t.Parallel()
	server := embedpg.Shared(t)
	q := newQuiet(t, server, "", `"d": {"column": "channel"}`, counted)
	admin, err := pgx.Connect(t.Context(), server.DSN("postgres"))
	require.NoError(t, err)
	defer func() { _ = admin.Close(context.Background()) }()
	run := func(sql string) {
		t.Helper()
		_, err := admin.Exec(t.Context(), sql)
		require.NoError(t, err)
	}
	saved := q.database + "_saved"
	run("CREATE DATABASE " + saved + " TEMPLATE " + q.database)
	q.run(t, "UPDATE orders SET channel = 'store'")
	q.compared(t, "at first")
	_, cached, fetched := q.compared(t, "again")
	assert.Positive(t, cached)
	assert.Zero(t, fetched)
	run("DROP DATABASE " + q.database + " WITH (FORCE)")
	run("ALTER DATABASE " + saved + " RENAME TO " + q.database)
	q.compared(t, "after the copy took its name")
}

// What goes from a log by other hands than the pruner's leaves no trace in it.
func TestALogThatOthersEmptiedIsAnotherLog(t *testing.T) {
	t.Parallel()
	for _, by := range []string{
		"ALTER TABLE $log DISABLE TRIGGER ALL; DELETE FROM $log; ALTER TABLE $log ENABLE TRIGGER ALL",
		"ALTER TABLE $log DISABLE TRIGGER ALL; TRUNCATE $log; ALTER TABLE $log ENABLE TRIGGER ALL",
		"CREATE TABLE live_orders.copy (LIKE $log INCLUDING ALL); DROP TABLE $log; ALTER TABLE live_orders.copy RENAME TO $name",
	} {
		q := newQuiet(t, embedpg.Shared(t), "", `"d": {"column": "channel"}`, counted)
		name := q.logName(t, q.server)
		q.compared(t, "at first")
		_, cached, fetched := q.compared(t, "again")
		assert.Positive(t, cached)
		assert.Zero(t, fetched)
		q.run(t, "UPDATE orders SET channel = 'store'", strings.NewReplacer("$log", "live_orders."+name, "$name", name).Replace(by))
		q.compared(t, by)
	}
}

// DETACH CONCURRENTLY takes a partition out of every query that begins from then
// on, and then waits for those that began before. Interrupted, it stays so.
func TestAPartitionThatIsBeingDetachedCountsNoMore(t *testing.T) {
	t.Parallel()
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		const early = "at IS NOT NULL AND at >= '2026-01-01Z' AND at < '2026-03-02 12:00Z'"
		// Under such a condition nothing else of the partition changes.
		q := newQuiet(t, server, `ALTER TABLE orders RENAME TO plain;
			CREATE TABLE orders (LIKE plain) PARTITION BY RANGE (at);
			CREATE TABLE early PARTITION OF orders (CHECK (`+early+`)) FOR VALUES FROM ('2026-01-01Z') TO ('2026-03-02 12:00Z');
			CREATE TABLE late PARTITION OF orders FOR VALUES FROM ('2026-03-02 12:00Z') TO ('2027-01-01Z');
			INSERT INTO orders SELECT * FROM plain`, "", counted)
		q.compared(t, "at first")
		reader, err := pgx.Connect(t.Context(), server.DSN(q.database))
		require.NoError(t, err)
		defer func() { _ = reader.Close(context.Background()) }()
		_, err = reader.Exec(t.Context(), "BEGIN; SELECT FROM orders", pgx.QueryExecModeSimpleProtocol)
		require.NoError(t, err)

		detached := make(chan error, 1)
		go func() {
			conn, err := pgx.Connect(t.Context(), server.DSN(q.database))
			if err == nil {
				_, err = conn.Exec(t.Context(), "ALTER TABLE orders DETACH PARTITION early CONCURRENTLY", pgx.QueryExecModeSimpleProtocol)
				_ = conn.Close(context.Background())
			}
			detached <- err
		}()
		require.Eventually(t, func() bool {
			return value[bool](t, q.soaking, server, "SELECT bool_or(inhdetachpending) FROM pg_inherits")
		}, time.Minute, 10*time.Millisecond)
		_, cached, _ := q.compared(t, "while it waits")
		assert.Positive(t, cached)
		require.True(t, value[bool](t, q.soaking, server, "SELECT bool_and(pg_cancel_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'ALTER TABLE orders DETACH%'"))
		assert.Error(t, <-detached)
		q.compared(t, "when it was interrupted")
		_, err = reader.Exec(t.Context(), "ROLLBACK")
		require.NoError(t, err)
		q.run(t, "ALTER TABLE orders DETACH PARTITION early FINALIZE")
		q.compared(t, "when it is done")
	})
}
