package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pullview/orders-datasource/pkg/catalog"
)

// changelogBucket is the width of the stretches of time that a change log
// names. It divides every step but the few below it.
const changelogBucket = 10 * time.Second

// changelogSchema holds all that the change logs need.
const changelogSchema = "live_orders"

// Changelog is the SQL with which a DBA installs or removes the change log of
// one table. The plugin never runs it: its role need not be able to.
type Changelog struct {
	Install   string
	Uninstall string
}

// ChangelogSQL writes the change log of a table for every event-time column
// that the catalog uses of it, readable by the role of this connection. The
// table must be an ordinary or a partitioned one, and logged.
func (l *Look) ChangelogSQL(ctx context.Context, t *catalog.Table) (Changelog, error) {
	var log Changelog
	err := l.withSchema(ctx, t, func() error {
		rel, err := l.relation(ctx, t)
		if err != nil {
			return err
		}
		if err := l.loggable(ctx, t); err != nil {
			return err
		}
		columns := EventColumns(l.store.catalog, t)
		instants := make([]timeColumn, len(columns))
		for i, name := range columns {
			if instants[i], err = l.timeColumn(ctx, rel, name); err != nil {
				return err
			}
		}
		role := ""
		if err := l.fixed(ctx, "SELECT current_user::text", nil, func(row [][]byte) error {
			role = string(row[0])
			return nil
		}); err != nil {
			return err
		}
		log = writeChangelog(t, columns, instants, role)
		return nil
	})
	if err != nil {
		return Changelog{}, classify(l.about(t, err))
	}
	return log, nil
}

// EventColumns lists the columns by which the catalog's metrics see a table's
// rows in time, sorted.
func EventColumns(cat *catalog.Catalog, t *catalog.Table) []string {
	columns := []string{t.Time}
	for _, m := range cat.Metrics {
		if m.Table == t.Name {
			columns = append(columns, m.Time, m.Opened, m.Closed)
		}
	}
	columns = slices.DeleteFunc(columns, func(name string) bool { return name == "" })
	slices.Sort(columns)
	return slices.Compact(columns)
}

const loggableSQL = `SELECT c.relkind::text, c.relpersistence::text FROM pg_catalog.pg_class c WHERE c.oid = pg_catalog.to_regclass($1)`

// loggable refuses relations whose changes triggers do not see, or whose rows a
// crash empties unseen.
func (l *Look) loggable(ctx context.Context, t *catalog.Table) error {
	kind, persistence := "", ""
	err := l.fixed(ctx, loggableSQL, []bind{textBind(relationName(t.Relation))}, func(row [][]byte) error {
		kind, persistence = string(row[0]), string(row[1])
		return nil
	})
	switch {
	case err != nil:
		return err
	case kind != "r" && kind != "p":
		return &Error{Kind: KindCatalog, Message: fmt.Sprintf(
			"%s is neither a table nor a partitioned table, so triggers cannot log its changes; declare a base table, or another mode of changes for table %s", t.Relation, t.Name)}
	case persistence == "u":
		return &Error{Kind: KindCatalog, Message: fmt.Sprintf(
			"%s is an unlogged table, which a crash empties without a trace; alter it to a logged one, or declare another mode of changes for table %s", t.Relation, t.Name)}
	}
	return nil
}

// changelogName makes an identifier for something that belongs to a table: what
// it is, the table's name as far as there is room, and a hash that tells tables
// of the same name in other schemas apart.
func changelogName(what string, r catalog.Relation) string {
	sum := sha256.Sum256([]byte(qualified(r)))
	name := r.Name
	for len(what)+len(name)+10 > 63 {
		name = string([]rune(name)[:len([]rune(name))-1])
	}
	return what + "_" + name + "_" + hex.EncodeToString(sum[:4])
}

func qualified(r catalog.Relation) string {
	schema := r.Schema
	if schema == "" {
		schema = defaultSchema
	}
	return relationName(catalog.Relation{Schema: schema, Name: r.Name})
}

func quoteLiteral(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

// writeChangelog fills in the scripts.
func writeChangelog(t *catalog.Table, columns []string, instants []timeColumn, reader string) Changelog {
	values := func(row string) string {
		parts := make([]string, len(columns))
		for i, name := range columns {
			at := row + "." + quoteIdentifier(name)
			zone := quoteLiteral(t.Location().String())
			switch instants[i].kind {
			case timeLocal:
				at = "(" + at + " AT TIME ZONE " + zone + ")"
			case timeDate:
				at = "(" + at + "::timestamp AT TIME ZONE " + zone + ")"
			}
			parts[i] = fmt.Sprintf("(%d, %s)", i+1, at)
		}
		return strings.Join(parts, ", ")
	}
	names := make([]string, len(columns))
	for i, name := range columns {
		names[i] = quoteLiteral(name)
	}
	replace := strings.NewReplacer(
		"{schema}", changelogSchema,
		"{relation}", qualified(t.Relation),
		"{relation_literal}", quoteLiteral(qualified(t.Relation)),
		"{log}", quoteIdentifier(changelogName("log", t.Relation)),
		"{log_literal}", quoteLiteral(changelogName("log", t.Relation)),
		"{index}", quoteIdentifier(changelogName("idx", t.Relation)),
		"{function}", quoteIdentifier(changelogName("note", t.Relation)),
		"{columns}", strings.Join(names, ", "),
		"{zone}", quoteLiteral(t.Location().String()),
		"{new}", values("NEW"),
		"{old}", values("OLD"),
		"{bucket}", fmt.Sprintf("%d seconds", int(changelogBucket.Seconds())),
		"{reader}", quoteIdentifier(reader),
	)
	return Changelog{Install: replace.Replace(installSQL), Uninstall: replace.Replace(uninstallSQL)}
}

// installSQL is idempotent: run again, it brings the triggers up to date, as
// after a partition was attached or the catalog uses another column.
const installSQL = `-- Change log of {relation} for Live Orders.
-- Run it as the owner of the table, or as a superuser. Run it again after partitions
-- were created or attached, and after the catalog uses another time column.
BEGIN;

CREATE SCHEMA IF NOT EXISTS {schema};
GRANT USAGE ON SCHEMA {schema} TO {reader};

-- One row for each table that is logged. low: transactions before it are no longer in the log.
CREATE TABLE IF NOT EXISTS {schema}.logs (
  relation text PRIMARY KEY,
  log      text NOT NULL,
  columns  text[] NOT NULL,
  zone     text NOT NULL,
  low      xid8 NOT NULL DEFAULT '0'
);
GRANT SELECT ON {schema}.logs TO {reader};

-- When which transactions were over, for the pruner.
CREATE TABLE IF NOT EXISTS {schema}.marks (
  at      timestamptz NOT NULL DEFAULT clock_timestamp(),
  horizon xid8 NOT NULL
);

-- Nobody may write to the table while its log begins.
LOCK TABLE {relation} IN SHARE ROW EXCLUSIVE MODE;

-- col: which of the columns has a time in the bucket. 0: any row may have changed.
CREATE TABLE IF NOT EXISTS {schema}.{log} (
  col    smallint NOT NULL,
  bucket timestamptz,
  x      xid8 NOT NULL DEFAULT pg_current_xact_id()
);
CREATE INDEX IF NOT EXISTS {index} ON {schema}.{log} (x);
GRANT SELECT ON {schema}.{log} TO {reader};

INSERT INTO {schema}.logs AS known (relation, log, columns, zone)
VALUES ({relation_literal}, {log_literal}, ARRAY[{columns}], {zone})
ON CONFLICT (relation) DO UPDATE SET log = excluded.log, columns = excluded.columns, zone = excluded.zone;
-- What was logged before may have meant other columns.
INSERT INTO {schema}.{log} (col) VALUES (0);

CREATE OR REPLACE FUNCTION {schema}.{function}() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $note$
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    INSERT INTO {schema}.{log} (col) VALUES (0);
  ELSIF TG_OP = 'INSERT' THEN
    INSERT INTO {schema}.{log} (col, bucket)
    SELECT col, date_bin('{bucket}', at, '2000-01-01 00:00:00+00')
    FROM (VALUES {new}) AS row (col, at) WHERE isfinite(at);
  ELSIF TG_OP = 'DELETE' THEN
    INSERT INTO {schema}.{log} (col, bucket)
    SELECT col, date_bin('{bucket}', at, '2000-01-01 00:00:00+00')
    FROM (VALUES {old}) AS row (col, at) WHERE isfinite(at);
  ELSE
    INSERT INTO {schema}.{log} (col, bucket)
    SELECT DISTINCT col, date_bin('{bucket}', at, '2000-01-01 00:00:00+00')
    FROM (VALUES {new}, {old}) AS row (col, at) WHERE isfinite(at);
  END IF;
  RETURN NULL;
END
$note$;

CREATE OR REPLACE TRIGGER live_orders_rows AFTER INSERT OR UPDATE OR DELETE ON {relation}
FOR EACH ROW EXECUTE FUNCTION {schema}.{function}();

-- Rows of partitions have the trigger by inheritance; TRUNCATE needs one on each. ALWAYS: changes
-- that logical replication applies are logged as well.
DO $each$
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
    IF NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = part AND tgname = 'live_orders_rows') THEN
      EXECUTE format('CREATE TRIGGER live_orders_rows AFTER INSERT OR UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION {schema}.{function}()', part);
    END IF;
    EXECUTE format('CREATE OR REPLACE TRIGGER live_orders_truncate AFTER TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION {schema}.{function}()', part);
    EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER live_orders_rows', part);
    EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER live_orders_truncate', part);
  END LOOP;
END
$each$;

-- Call it from a scheduler, every few minutes: SELECT {schema}.prune('1 hour');
-- What was logged longer ago than the retention goes. A plugin that has not looked for so long reads anew.
CREATE OR REPLACE FUNCTION {schema}.prune(retention interval DEFAULT '1 hour') RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $prune$
DECLARE
  oldest xid8;
  logged  record;
BEGIN
  INSERT INTO {schema}.marks (horizon) VALUES (pg_snapshot_xmin(pg_current_snapshot()));
  SELECT m.horizon INTO oldest FROM {schema}.marks m WHERE m.at <= clock_timestamp() - retention ORDER BY m.horizon DESC LIMIT 1;
  IF oldest IS NULL THEN
    RETURN;
  END IF;
  FOR logged IN SELECT relation, log FROM {schema}.logs LOOP
    UPDATE {schema}.logs SET low = oldest WHERE relation = logged.relation AND low < oldest;
    EXECUTE format('DELETE FROM {schema}.%I WHERE x < $1', logged.log) USING oldest;
  END LOOP;
  DELETE FROM {schema}.marks WHERE at < clock_timestamp() - 2 * retention;
END
$prune$;

COMMIT;
`

const uninstallSQL = `-- Removes the change log of {relation}. The schema {schema} stays for other tables;
-- DROP SCHEMA {schema} CASCADE removes the logs of all tables at once.
BEGIN;
DROP FUNCTION IF EXISTS {schema}.{function}() CASCADE;
DELETE FROM {schema}.logs WHERE relation = {relation_literal};
DROP TABLE IF EXISTS {schema}.{log};
COMMIT;
`
