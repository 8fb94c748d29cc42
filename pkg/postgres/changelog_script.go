package postgres

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/message"
)

// changelog is what the scripts of a table are written from.
type changelog struct {
	table    *catalog.Table
	columns  []changelogColumn // the log numbers them from 1
	reader   string            // the role that reads the log
	language message.Language  // of comments and errors
}

type changelogColumn struct {
	name    string
	kind    timeKind
	sqlType string
}

// The triggers of a logged table.
const (
	rowsTrigger     = "live_orders_rows"     // logs rows
	truncateTrigger = "live_orders_truncate" // logs that everything changed
	columnsTrigger  = "live_orders_columns"  // never fires; while it is there, the columns are
)

// scripts fills in the scripts. Names may hold whatever ends a literal, a
// dollar quote or a comment. So every literal is quoted as a whole, the dollar
// quotes differ from all that is filled in, and comments are printable.
func (c *changelog) scripts() Changelog {
	names, quoted, types := make([]string, len(c.columns)), make([]string, len(c.columns)), make([]string, len(c.columns))
	for i, column := range c.columns {
		names[i], quoted[i], types[i] = column.name, quoteIdentifier(column.name), column.sqlType
	}
	relation := qualified(c.table.Relation)
	function := changelogSchema + "." + quoteIdentifier(changelogName("note", c.table.Relation))
	execute := " EXECUTE FUNCTION " + function + "()"
	values := []string{
		"{schema}", changelogSchema,
		"{comment}", inComment(relation),
		"{relation}", relation,
		"{relation_literal}", quoteLiteral(relation),
		"{log}", quoteIdentifier(changelogName("log", c.table.Relation)),
		"{log_literal}", quoteLiteral(changelogName("log", c.table.Relation)),
		"{index}", quoteIdentifier(changelogName("idx", c.table.Relation)),
		"{function}", function,
		"{function_literal}", quoteLiteral(function + "()"),
		"{names}", quoteLiterals(names),
		"{types}", quoteLiterals(types),
		"{quoted}", strings.Join(quoted, ", "),
		"{zone}", quoteLiteral(c.table.Location().String()),
		"{format}", fmt.Sprint(changelogFormat),
		"{rows}", rowsTrigger,
		"{truncate}", truncateTrigger,
		"{columns}", columnsTrigger,
		"{each_row}", "FOR EACH ROW" + execute,
		"{each_row_literal}", quoteLiteral(" FOR EACH ROW" + execute),
		"{each_statement_literal}", quoteLiteral(" FOR EACH STATEMENT" + execute),
		"{body}", c.noteBody(),
		"{reader}", quoteIdentifier(c.reader),
	}
	values = append(values, "$$", dollarQuote(values))
	replace := strings.NewReplacer(values...)
	script := func(sql string) string { return replace.Replace(annotate(sql, c.language)) }
	return Changelog{Install: script(installSQL), Uninstall: script(uninstallSQL)}
}

// dollarQuote returns a dollar quote that occurs in none of the texts.
func dollarQuote(texts []string) string {
	quote := "$live_orders$"
	for n := 1; slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(text, quote) }); n++ {
		quote = fmt.Sprintf("$live_orders_%d$", n)
	}
	return quote
}

// noteBody is what the triggers do: append to the log the stretch of each event
// time that a row has, and that it had where that was another time. An update
// of any column touches the numbers of all stretches in which the row counts.
//
// It was chosen by measurement (demo/bench, docs/exactness.md). Only row
// triggers are cloned to partitions that come later, fire for rows that are
// written to a partition by its own name, and fire when logical replication
// applies a change, so statement triggers with transition tables are none. A
// plain INSERT … VALUES is the cheapest statement that PL/pgSQL has.
func (c *changelog) noteBody() string {
	note := func(condition, row string, i int) string {
		at := row + "." + quoteIdentifier(c.columns[i].name)
		return fmt.Sprintf(`    IF %s%s > '-infinity' AND %[2]s < 'infinity' THEN
      INSERT INTO %s.%s (col, bucket, x)
      VALUES (%d, %s, pg_current_xact_id())
      ON CONFLICT DO NOTHING;
    END IF;
`, condition, at, changelogSchema, quoteIdentifier(changelogName("log", c.table.Relation)), i+1, c.bucketSQL(c.columns[i].kind, at))
	}
	var now, before, was strings.Builder
	for i, column := range c.columns {
		name := quoteIdentifier(column.name)
		now.WriteString(note("", "NEW", i))
		before.WriteString(note("OLD."+name+" IS DISTINCT FROM NEW."+name+" AND ", "OLD", i))
		was.WriteString(note("", "OLD", i))
	}
	return fmt.Sprintf(`
BEGIN
  IF TG_OP = 'INSERT' OR TG_OP = 'UPDATE' THEN
%s  END IF;
  IF TG_OP = 'UPDATE' THEN
%s  ELSIF TG_OP = 'DELETE' THEN
%s  ELSIF TG_OP = 'TRUNCATE' THEN
    INSERT INTO %s.%s (col, bucket, x) VALUES (0, '-infinity', pg_current_xact_id())
    ON CONFLICT DO NOTHING;
  END IF;
  RETURN NULL;
END
`, &now, &before, &was, changelogSchema, quoteIdentifier(changelogName("log", c.table.Relation)))
}

// bucketSQL writes the start of the stretch in which a time lies. A time that
// no conversion can overflow on comes first: an error here would fail the
// statement of the application. The grid begins before all that is binned,
// since some minor releases bin an instant on the grid and before its origin
// into the stretch before.
func (c *changelog) bucketSQL(kind timeKind, at string) string {
	const first, last = "0001-01-03", "9999-12-29"
	within := func(sqlType, suffix string) string {
		return fmt.Sprintf("greatest(least(%s, %s '%s%s'), %s '%s%s')", at, sqlType, last, suffix, sqlType, first, suffix)
	}
	instant := within("timestamptz", " 00:00:00+00")
	switch kind {
	case timeLocal:
		instant = within("timestamp", " 00:00:00") + " AT TIME ZONE " + quoteLiteral(c.table.Location().String())
	case timeDate:
		instant = within("date", "") + "::timestamp AT TIME ZONE " + quoteLiteral(c.table.Location().String())
	}
	return fmt.Sprintf("date_bin('%d seconds', %s, timestamptz '0001-01-01 00:00:00+00')", int(changelogBucket.Seconds()), instant)
}

// installSQL is idempotent: run again, it brings the triggers up to date, as
// where the catalog uses another column. What it says is in notes.
const installSQL = `-- {{about install}}
BEGIN;
-- {{writers wait}}
SET LOCAL lock_timeout = '5s';
SET LOCAL search_path = pg_catalog, pg_temp;
-- {{one at a time}}
DO $$ BEGIN PERFORM pg_advisory_xact_lock(hashtext('{schema}')); END $$;

CREATE SCHEMA IF NOT EXISTS {schema};
REVOKE ALL ON SCHEMA {schema} FROM PUBLIC;

DO $$
BEGIN
  -- {{rights}}
  IF NOT EXISTS (
    SELECT FROM pg_namespace n JOIN pg_roles r ON r.oid = n.nspowner
    WHERE n.nspname = '{schema}' AND (r.rolsuper OR r.rolname = current_user
      OR r.oid = (SELECT relowner FROM pg_class WHERE oid = {relation_literal}::regclass))
  ) THEN
    RAISE EXCEPTION {{'schema of another'}}
      USING HINT = {{'be its owner'}};
  END IF;
  IF EXISTS (
    SELECT FROM unnest(ARRAY[{names}], ARRAY[{types}]) AS expected (name, type)
    WHERE NOT EXISTS (
      SELECT FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
      WHERE a.attrelid = {relation_literal}::regclass AND a.attname = expected.name AND NOT a.attisdropped
        AND (t.typtype = 'd' OR format_type(a.atttypid, NULL) = expected.type))
  ) THEN
    RAISE EXCEPTION {{'other columns'}}
      USING HINT = {{'get it again'}};
  END IF;
END
$$;

-- {{logs}}
CREATE TABLE IF NOT EXISTS {schema}.logs (
  relation text PRIMARY KEY,
  log      text NOT NULL,
  columns  text[] NOT NULL,
  zone     text NOT NULL,
  format   integer NOT NULL,
  low      xid8 NOT NULL,
  began    timestamptz NOT NULL,
  pruned   timestamptz
);

-- {{marks}}
CREATE TABLE IF NOT EXISTS {schema}.marks (
  at      timestamptz NOT NULL DEFAULT clock_timestamp(),
  horizon xid8 NOT NULL
);
-- {{replica identity}}
ALTER TABLE {schema}.marks REPLICA IDENTITY FULL;

-- {{nobody writes}}
LOCK TABLE {relation} IN SHARE ROW EXCLUSIVE MODE;

-- {{log}}
CREATE TABLE IF NOT EXISTS {schema}.{log} (
  col    smallint NOT NULL,
  bucket timestamptz NOT NULL,
  x      xid8 NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000);
CREATE UNIQUE INDEX IF NOT EXISTS {index} ON {schema}.{log} (x, col, bucket);

-- {{refuse}}
CREATE OR REPLACE FUNCTION {schema}.refuse() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF TG_OP = 'DELETE' AND current_setting('{schema}.pruning', true) = 'on' THEN
    RETURN NULL;
  END IF;
  RAISE EXCEPTION {{'only prune'}}
    USING HINT = {{'how to prune'}};
END
$$;
REVOKE ALL ON FUNCTION {schema}.refuse() FROM PUBLIC;
CREATE OR REPLACE TRIGGER refuse BEFORE UPDATE OR DELETE OR TRUNCATE ON {schema}.{log}
FOR EACH STATEMENT EXECUTE FUNCTION {schema}.refuse();
ALTER TABLE {schema}.{log} ENABLE ALWAYS TRIGGER refuse;
ALTER TABLE {schema}.{log} REPLICA IDENTITY USING INDEX {index};

-- {{afresh}}
SET LOCAL {schema}.pruning = on;
DELETE FROM {schema}.{log};
INSERT INTO {schema}.{log} (col, bucket, x) VALUES (0, '-infinity', pg_current_xact_id());
INSERT INTO {schema}.logs (relation, log, columns, zone, format, low, began)
VALUES ({relation_literal}, {log_literal}, ARRAY[{names}], {zone}, {format}, '0', clock_timestamp())
ON CONFLICT (relation) DO UPDATE SET log = excluded.log, columns = excluded.columns, zone = excluded.zone,
  format = excluded.format, low = excluded.low, began = excluded.began, pruned = NULL;

GRANT USAGE ON SCHEMA {schema} TO {reader};
GRANT SELECT ON {schema}.logs, {schema}.{log} TO {reader};

CREATE OR REPLACE FUNCTION {function}() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $${body}$$;
REVOKE ALL ON FUNCTION {function}() FROM PUBLIC;

DO $$
DECLARE
  other regclass;
BEGIN
  SELECT tgrelid::regclass INTO other FROM pg_trigger
  WHERE tgname IN ('{rows}', '{truncate}') AND tgfoid <> {function_literal}::regprocedure AND tgrelid IN (
    WITH RECURSIVE tree AS (
      SELECT {relation_literal}::regclass::oid AS oid
      UNION
      SELECT i.inhrelid FROM tree JOIN pg_inherits i ON i.inhparent = tree.oid
    )
    SELECT oid FROM tree)
  LIMIT 1;
  IF other IS NOT NULL THEN
    RAISE EXCEPTION {{'other triggers'}}, other
      USING HINT = {{'one log'}};
  END IF;
END
$$;

CREATE OR REPLACE TRIGGER {rows} AFTER INSERT OR UPDATE OR DELETE ON {relation}
{each_row};

-- {{columns stay}}
CREATE OR REPLACE TRIGGER {columns} AFTER UPDATE OF {quoted} ON {relation}
{each_row};

-- {{partitions}}
DO $$
DECLARE
  part regclass;
BEGIN
  FOR part IN
    WITH RECURSIVE tree AS (
      SELECT {relation_literal}::regclass::oid AS oid
      UNION
      SELECT i.inhrelid FROM tree JOIN pg_inherits i ON i.inhparent = tree.oid
    )
    SELECT oid::regclass FROM tree
  LOOP
    IF NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = part AND tgname = '{rows}') THEN
      EXECUTE 'CREATE TRIGGER {rows} AFTER INSERT OR UPDATE OR DELETE ON ' || part || {each_row_literal};
    END IF;
    EXECUTE 'CREATE OR REPLACE TRIGGER {truncate} AFTER TRUNCATE ON ' || part || {each_statement_literal};
    EXECUTE 'ALTER TABLE ' || part || ' ENABLE ALWAYS TRIGGER {rows}';
    EXECUTE 'ALTER TABLE ' || part || ' ENABLE ALWAYS TRIGGER {truncate}';
    IF EXISTS (SELECT FROM pg_trigger WHERE tgrelid = part AND tgname = '{columns}') THEN
      EXECUTE 'ALTER TABLE ' || part || ' DISABLE TRIGGER {columns}';
    END IF;
  END LOOP;
END
$$;

-- {{scheduler}}
-- {{retention}}
CREATE OR REPLACE FUNCTION {schema}.prune(retention interval DEFAULT '1 hour') RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  mark   {schema}.marks%ROWTYPE;
  logged record;
BEGIN
  LOCK TABLE {schema}.marks IN SHARE ROW EXCLUSIVE MODE;
  -- {{restored copy}}
  DELETE FROM {schema}.marks WHERE horizon > pg_snapshot_xmax(pg_current_snapshot());
  INSERT INTO {schema}.marks (horizon) VALUES (pg_snapshot_xmin(pg_current_snapshot()));
  SELECT * INTO mark FROM {schema}.marks WHERE at <= clock_timestamp() - retention ORDER BY at DESC LIMIT 1;
  DELETE FROM {schema}.marks WHERE at < mark.at;
  PERFORM set_config('{schema}.pruning', 'on', true);
  FOR logged IN SELECT relation, log FROM {schema}.logs LOOP
    EXECUTE format('DELETE FROM {schema}.%I WHERE x < $1', logged.log) USING mark.horizon;
    UPDATE {schema}.logs SET low = greatest(low, mark.horizon), pruned = clock_timestamp() WHERE relation = logged.relation;
  END LOOP;
  PERFORM set_config('{schema}.pruning', '', true);
END
$$;
REVOKE ALL ON FUNCTION {schema}.prune(interval) FROM PUBLIC;

COMMIT;
`

const uninstallSQL = `-- {{about uninstall}}
BEGIN;
SET LOCAL lock_timeout = '5s';
SET LOCAL search_path = pg_catalog, pg_temp;
DO $$ BEGIN PERFORM pg_advisory_xact_lock(hashtext('{schema}')); END $$;

-- {{triggers go}}
DROP FUNCTION IF EXISTS {function}() CASCADE;
DROP TABLE IF EXISTS {schema}.{log};

DO $$
BEGIN
  IF to_regclass('{schema}.logs') IS NULL THEN
    RETURN;
  END IF;
  DELETE FROM {schema}.logs WHERE relation = {relation_literal};
  IF NOT EXISTS (SELECT FROM {schema}.logs) THEN
    DROP FUNCTION {schema}.prune(interval);
    DROP FUNCTION IF EXISTS {schema}.refuse();
    DROP TABLE {schema}.logs, {schema}.marks;
    DROP SCHEMA {schema};
  END IF;
END
$$;
COMMIT;
`
