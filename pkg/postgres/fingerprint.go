package postgres

import (
	"fmt"
	"strings"

	"github.com/pullview/orders-datasource/pkg/catalog"
)

// print is the identity of what a table's numbers were read from.
type print struct {
	relation string   // the table's definition
	keep     bool     // there is a change feed for all of the table
	columns  []string // that the change log covers, by number from 1
}

// What ends the definition in a fingerprint, and separates the columns after it.
const (
	definitionEnd   = "\x1e"
	columnSeparator = "\x1f"
)

// fingerprint writes a print as the engine keeps it: a line for the server, and
// the table.
func (p *print) fingerprint(server string) string {
	return server + "\n" + p.relation + definitionEnd + strings.Join(p.columns, columnSeparator)
}

// readFingerprint is the reverse, for a table that was found worth keeping.
func readFingerprint(fingerprint string) (server string, p print) {
	server, table, _ := strings.Cut(fingerprint, "\n")
	relation, columns, _ := strings.Cut(table, definitionEnd)
	return server, print{relation: relation, keep: true, columns: strings.Split(columns, columnSeparator)}
}

// relationPrintSQL describes a relation with all its partitions and children, in
// one row: their files, columns and triggers, and whether a change feed can tell
// of each of them what changed: for a change log, whether triggers note it. It
// binds no values, so a connection that keeps it plans it once.
//
// Where an extension spreads tables over servers a snapshot of one says nothing
// about the others, so nothing is kept.
//
// TRUNCATE gives a table another file, which shows here. So partitions that
// were made after the log, and have its trigger for rows by inheritance, do
// without the one for TRUNCATE. A column that is computed when it is read shows
// here as well, on each partition, when it is computed in another way. To
// PostgreSQL 14 a trigger that a partition has by inheritance is an internal one.
//
// Of a view that names its base both are described, and it must be fit for that.
func relationPrintSQL(t *catalog.Table) string {
	r := t.Logged()
	// As pg_trigger.h has it: 1 is FOR EACH ROW, 4, 8 and 16 are INSERT, DELETE
	// and UPDATE, 32 is TRUNCATE.
	const notes = "pg_catalog.count(*) FILTER (WHERE g.tgname = '%s' AND g.tgenabled = 'A' AND g.tgtype & %d = %[2]d AND f.proname = %s) > 0"
	function := quoteLiteral(changelogName("note", r))
	root, view, fit := resolvedSQL(r), "NULL", "true"
	if based(t) {
		root, view, fit = namedSQL(r), viewPrintSQL(t.Relation), "NOT EXISTS ("+unfitViewSQL(t)+")"
	}
	told := "trigger.noting"
	if fenced(t) {
		told = "true"
	}
	return `WITH RECURSIVE tree AS (
  SELECT ` + root + `::oid AS oid
  UNION
  SELECT i.inhrelid FROM tree JOIN pg_catalog.pg_inherits i ON i.inhparent = tree.oid
)
SELECT pg_catalog.concat_ws(E'\n', ` + view + `, pg_catalog.string_agg(pg_catalog.concat_ws(' ', c.oid, c.xmin, c.relfilenode, c.relkind, c.relpersistence, c.relrowsecurity,
    (SELECT ` + columnPrintsSQL + `
     FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND (c.oid = ` + root + `
       OR EXISTS (SELECT FROM pg_catalog.pg_attribute v WHERE v.attrelid = ` + root + ` AND v.attgenerated = 'v'))),
    trigger.prints), E'\n' ORDER BY c.oid)),
  pg_catalog.bool_and(c.relkind IN ('r', 'p') AND c.relpersistence = 'p' AND NOT c.relrowsecurity AND ` + told + `)
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_extension WHERE extname = 'citus') AND ` + fit + `
FROM tree JOIN pg_catalog.pg_class c ON c.oid = tree.oid
CROSS JOIN LATERAL (
  SELECT pg_catalog.string_agg(pg_catalog.concat_ws(' ', g.oid, g.xmin, g.tgenabled, f.xmin), ',' ORDER BY g.oid) AS prints,
    ` + fmt.Sprintf(notes, rowsTrigger, 1|4|8|16, function) + `
    AND (c.oid <> ` + root + ` OR ` + fmt.Sprintf(notes, truncateTrigger, 32, function) + `) AS noting
  FROM pg_catalog.pg_trigger g JOIN pg_catalog.pg_proc f ON f.oid = g.tgfoid
  WHERE g.tgrelid = c.oid AND (NOT g.tgisinternal OR g.tgparentid <> 0)
) AS trigger`
}

// columnPrintsSQL describes columns a of a relation. The labels of the enum that
// one is of, also as a domain or an array, are a part: a label may be renamed, in
// all rows at once.
const columnPrintsSQL = `pg_catalog.string_agg(pg_catalog.concat_ws(' ', a.attname, a.atttypid, a.xmin,
       (SELECT pg_catalog.string_agg(pg_catalog.concat_ws(' ', e.oid, e.xmin), ' ' ORDER BY e.oid)
        FROM pg_catalog.pg_enum e JOIN pg_catalog.pg_type t ON e.enumtypid = ANY (ARRAY[t.oid, t.typbasetype, t.typelem]) WHERE t.oid = a.atttypid)
     ), ',' ORDER BY a.attnum)`

// logPrintSQL reads what a table's change log covers: its columns in order, its
// time zone, and the first transaction that it is sure to hold.
func logPrintSQL(r catalog.Relation) string {
	return fmt.Sprintf(`SELECT pg_catalog.array_to_string(columns, E'\x1f'), zone, low::text
FROM %s.logs WHERE relation = %s AND format = %d`, changelogSchema, quoteLiteral(qualified(r)), changelogFormat)
}
