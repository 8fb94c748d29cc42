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

// printStatements are those by which looks identify a table.
type printStatements struct{ relation, tree, log, soundLog fixedStatement }

// identify returns the statements for a table of the catalog.
func (s *Store) identify(t *catalog.Table) printStatements {
	if known, ok := s.prints.Load(t); ok {
		return known.(printStatements)
	}
	made := printStatements{
		relation: fixedStatement{sql: relationPrintSQL(t, namesOf(s.catalog, t))},
		tree:     fixedStatement{sql: treePrintSQL(t)},
		log:      fixedStatement{sql: logSQL(t.Logged())},
		soundLog: fixedStatement{sql: soundLogSQL(t.Logged())},
	}
	s.prints.Store(t, made)
	return made
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
// A partition that is being detached concurrently is read no more, long before
// it is none.
//
// Names have other meanings where somebody makes a function or operator that the
// server prefers, or another version of an extension brings one. So the newest
// function is a part, and all operators are, though they need have nothing to do
// with the table. What bears a name that statements use is a part as well: it may
// have been called otherwise before. What is made later has no greater number once
// the server has used up all numbers.
//
// A log from which rows may have been removed by others than the pruner is
// another one.
//
// Of a view that names its base both are described. Whether it is fit for that
// follows from the description, see checkView.
func relationPrintSQL(t *catalog.Table, names []string) string {
	r := t.Logged()
	// As pg_trigger.h has it: 1 is FOR EACH ROW, 4, 8 and 16 are INSERT, DELETE
	// and UPDATE, 32 is TRUNCATE.
	const notes = "pg_catalog.count(*) FILTER (WHERE g.tgname = '%s' AND g.tgenabled = 'A' AND g.tgtype & %d = %[2]d AND g.tgqual IS NULL AND g.tgattr = '' AND f.proname = %s) > 0"
	function := quoteLiteral(changelogName("note", r))
	root, view := rootSQL(t), "NULL"
	if based(t) {
		view = viewPrintSQL(t.Relation)
	}
	told, log := "trigger.noting", logTablePrintSQL(r)
	if fenced(t) {
		told, log = "true", "NULL"
	}
	return treeSQL(t) + `SELECT pg_catalog.concat_ws(E'\n', ` + partitionsSQL + `, ` + meaningsSQL(names) + `, ` + log + `, ` + view + `, ` + typePrintsSQL(root) + `,
  pg_catalog.string_agg(pg_catalog.concat_ws(' ', c.oid, tree.detached, c.xmin, c.relfilenode, c.relkind, c.relpersistence, c.relrowsecurity,
    (SELECT ` + columnPrintsSQL + `
     FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND (c.oid = ` + root + `
       OR EXISTS (SELECT FROM pg_catalog.pg_attribute v WHERE v.attrelid = ` + root + ` AND v.attgenerated = 'v'))),
    trigger.prints), E'\n' ORDER BY c.oid)),
  pg_catalog.bool_and(c.relkind IN ('r', 'p') AND c.relpersistence = 'p' AND NOT c.relrowsecurity AND ` + told + `)
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_extension WHERE extname = 'citus')
FROM tree CROSS JOIN ` + relationOfSQL + `
CROSS JOIN LATERAL (
  SELECT pg_catalog.string_agg(pg_catalog.concat_ws(' ', g.oid, g.xmin, g.tgenabled, f.xmin), ',' ORDER BY g.oid) AS prints,
    ` + fmt.Sprintf(notes, rowsTrigger, 1|4|8|16, function) + `
    AND (c.oid <> ` + root + ` OR ` + fmt.Sprintf(notes, truncateTrigger, 32, function) + `) AS noting
  FROM pg_catalog.pg_trigger g JOIN pg_catalog.pg_proc f ON f.oid = g.tgfoid
  WHERE g.tgrelid = c.oid AND (NOT g.tgisinternal OR g.tgparentid <> 0)
) AS trigger`
}

// treePrintSQL describes the part of a relation's definition, its first line, that
// may become another and the same again without a trace: which partitions it has.
// Of relations all else bears the number of the transaction that changed it last.
func treePrintSQL(t *catalog.Table) string {
	return treeSQL(t) + "SELECT " + partitionsSQL + "\nFROM tree"
}

const partitionsSQL = `pg_catalog.string_agg(pg_catalog.concat_ws(' ', tree.oid, tree.detached), ',' ORDER BY tree.oid)`

// treeSQL begins a statement about a relation with all its partitions and
// children, under the name of tree.
func treeSQL(t *catalog.Table) string {
	return `WITH RECURSIVE tree AS (
  SELECT ` + rootSQL(t) + `::oid AS oid, false AS detached
  UNION
  SELECT i.inhrelid, i.inhdetachpending FROM tree JOIN pg_catalog.pg_inherits i ON i.inhparent = tree.oid
)
`
}

func rootSQL(t *catalog.Table) string {
	if based(t) {
		return namedSQL(t.Logged())
	}
	return resolvedSQL(t.Logged())
}

// firstOID is that of the first thing that is not the server's own,
// FirstNormalObjectId of access/transam.h.
const firstOID = "16384"

// meaningsSQL describes what gives names and signs their meaning, as far as
// somebody made it: the schemas of names, the newest function, operators and casts
// with their functions, what compares values without an operator, extensions, and
// what bears some names.
func meaningsSQL(names []string) string {
	of := func(table, columns, condition string) string {
		return `(SELECT pg_catalog.string_agg(pg_catalog.concat_ws(' ', ` + columns + `), ' ' ORDER BY oid) FROM pg_catalog.` + table + ` WHERE ` + condition + `)`
	}
	made := func(table, condition string) string { return of(table, "oid, xmin", condition) }
	// With the function of its own that each stands for.
	acting := func(table, function string) string {
		return of(table, "oid, xmin, (SELECT p.xmin FROM pg_catalog.pg_proc p WHERE p.oid = "+function+" AND p.oid >= "+firstOID+")", "oid >= "+firstOID)
	}
	// An extension may bring hundreds.
	brief := func(sql string) string { return "pg_catalog.hashtextextended(" + sql + ", 0)" }
	parts := []string{
		made("pg_namespace", "nspname IN ("+quoteLiterals(append([]string{defaultSchema}, names...))+")"),
		"(SELECT pg_catalog.max(oid) FROM pg_catalog.pg_proc)", brief(acting("pg_operator", "oprcode")), brief(made("pg_opclass", "oid >= "+firstOID)),
		acting("pg_cast", "castfunc"), made("pg_extension", "true"),
	}
	for _, named := range []struct{ table, name string }{{"pg_proc", "proname"}, {"pg_type", "typname"}, {"pg_collation", "collname"}} {
		parts = append(parts, made(named.table, "oid >= "+firstOID+" AND "+named.name+" IN ("+quoteLiterals(names)+")"))
	}
	return "pg_catalog.concat_ws('|', " + strings.Join(parts, ",\n    ") + ")"
}

// ownCalls are the functions that statements call with a column as it is: for one
// whose type somebody made, the server may prefer another of the name.
const ownCalls = "sum() abs() date_bin() trim_scale() width_bucket()"

// namesOf lists the names that statements about a table use without quotes of
// their own: those in the catalog's expressions, and of ownCalls.
func namesOf(cat *catalog.Catalog, t *catalog.Table) []string {
	names := expressionNames(cat, t)
	for _, name := range anyName.FindAllString(ownCalls, -1) {
		names[name] = true
	}
	return sortedKeys(names)
}

// expressionNames lists the names in the catalog's expressions on a table.
func expressionNames(cat *catalog.Catalog, t *catalog.Table) map[string]bool {
	texts := []string{t.Where}
	for _, d := range t.Dimensions {
		texts = append(texts, d.Column)
	}
	if cat != nil {
		for _, m := range cat.Metrics {
			if m.Table == t.Name {
				texts = append(texts, m.Where, m.Sum, m.Observe, m.Column)
			}
		}
		for _, a := range cat.Annotations {
			if a.Table == t.Name {
				texts = append(texts, a.Where, a.Title, a.Text)
			}
		}
	}
	names := map[string]bool{}
	for _, text := range texts {
		found := anyName.FindAllString(bareSQL(text), -1)
		if len(found) == 1 && found[0] == text {
			continue // a column
		}
		for _, name := range found {
			noteNames(names, name)
		}
	}
	return names
}

// logTablePrintSQL describes the table of a change log: its file, the trigger
// that lets nobody but the pruner remove rows, and what may keep rows from it, as
// alteredSQL has it.
func logTablePrintSQL(r catalog.Relation) string {
	return `(SELECT pg_catalog.concat_ws(' ', o.oid, o.xmin, o.relfilenode,
    (SELECT pg_catalog.string_agg(pg_catalog.concat_ws(' ', g.oid, g.xmin), ',' ORDER BY g.oid) FROM pg_catalog.pg_trigger g WHERE g.tgrelid = o.oid),
    (SELECT pg_catalog.string_agg(w.oid::text, ',' ORDER BY w.oid) FROM pg_catalog.pg_rewrite w WHERE w.ev_class = o.oid),
    (SELECT pg_catalog.string_agg(i.indexrelid::text, ',' ORDER BY i.indexrelid) FROM pg_catalog.pg_index i WHERE i.indrelid = o.oid))
  FROM pg_catalog.pg_class o WHERE o.oid = ` + namedSQL(catalog.Relation{Schema: changelogSchema, Name: changelogName("log", r)}) + `)`
}

// columnPrintsSQL describes columns a of a relation.
const columnPrintsSQL = `pg_catalog.string_agg(pg_catalog.concat_ws(' ', a.attname, a.atttypid, a.xmin), ',' ORDER BY a.attnum)`

// relationOfSQL and typeOfSQL find each of few relations and types by its number:
// OFFSET keeps the planner, which expects many, from reading all that there are.
const relationOfSQL = `LATERAL (SELECT oid, xmin, relfilenode, relkind, relpersistence, relrowsecurity FROM pg_catalog.pg_class WHERE pg_class.oid = tree.oid OFFSET 0) AS c`

const typeOfSQL = `LATERAL (SELECT oid, xmin, typbasetype, typelem, typrelid FROM pg_catalog.pg_type WHERE pg_type.oid = types.oid OFFSET 0) AS t`

// columnTypesSQL is a query for WITH RECURSIVE of the types that somebody made
// and of which relations have columns or, as views, anything else, with the types
// that these are made of: that beneath a domain, of elements, of the ends of a
// range, of fields.
func columnTypesSQL(relations ...string) string {
	list := strings.Join(relations, ", ")
	return `types (oid) AS (
    (SELECT a.atttypid FROM pg_catalog.pg_attribute a WHERE a.attrelid IN (` + list + `) AND a.attnum > 0 AND a.atttypid >= ` + firstOID + `
    UNION ALL
    SELECT d.refobjid FROM pg_catalog.pg_rewrite w JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = w.oid
    WHERE w.ev_class IN (` + list + `) AND d.refclassid = 'pg_catalog.pg_type'::regclass AND d.refobjid >= ` + firstOID + `)
    UNION
    SELECT part.oid FROM types CROSS JOIN ` + typeOfSQL + `
    CROSS JOIN LATERAL (
      SELECT t.typbasetype UNION ALL SELECT t.typelem
      UNION ALL SELECT r.rngsubtype FROM pg_catalog.pg_range r WHERE t.oid IN (r.rngtypid, r.rngmultitypid)
      UNION ALL SELECT f.atttypid FROM pg_catalog.pg_attribute f WHERE f.attrelid = t.typrelid AND f.attnum > 0
    ) AS part (oid) WHERE part.oid >= ` + firstOID + `
  )`
}

// typePrintsSQL describes the types of a relation: a label of an enum
// may be renamed in all rows at once, and so may the field of a composite type; a
// domain may refuse values.
func typePrintsSQL(relation string) string {
	return `(WITH RECURSIVE ` + columnTypesSQL(relation) + `
  SELECT pg_catalog.string_agg(pg_catalog.concat_ws(' ', t.oid, t.xmin,
    (SELECT pg_catalog.string_agg(pg_catalog.concat_ws(' ', e.oid, e.xmin), ' ' ORDER BY e.oid) FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid),
    (SELECT pg_catalog.string_agg(pg_catalog.concat_ws(' ', f.attname, f.xmin), ' ' ORDER BY f.attnum) FROM pg_catalog.pg_attribute f WHERE f.attrelid = t.typrelid AND f.attnum > 0),
    (SELECT pg_catalog.string_agg(pg_catalog.concat_ws(' ', k.oid, k.xmin), ' ' ORDER BY k.oid) FROM pg_catalog.pg_constraint k WHERE k.contypid = t.oid)
  ), ',' ORDER BY t.oid) FROM types CROSS JOIN ` + typeOfSQL + `)`
}

// logSQL reads what a table's change log covers: its columns in order, its time
// zone, and the first transaction that it is sure to hold.
func logSQL(r catalog.Relation) string {
	return fmt.Sprintf("SELECT pg_catalog.array_to_string(columns, E'\\x1f'), zone, low::text\nFROM %s.logs WHERE relation = %s AND format = %d",
		changelogSchema, quoteLiteral(qualified(r)), changelogFormat)
}

// soundLogSQL is logSQL for a log of which nothing is known. One under row-level
// security may show a role less than there is, and one that is altered hold less.
// What makes it so is a part of the definition that relationPrintSQL describes.
func soundLogSQL(r catalog.Relation) string {
	return logSQL(r) + fmt.Sprintf("\n  AND NOT (SELECT relrowsecurity OR %s FROM pg_catalog.pg_class log WHERE oid = pg_catalog.to_regclass(%s))",
		alteredSQL, quoteLiteral(changelogSchema+"."+quoteIdentifier(changelogName("log", r))))
}

// alteredSQL is the condition on the relation of a log that something swallows
// what its table's triggers write: a rule, a trigger before each row, or a key
// that rows of several transactions share.
const alteredSQL = `(EXISTS (SELECT FROM pg_catalog.pg_rewrite w WHERE w.ev_class = log.oid)
    OR EXISTS (SELECT FROM pg_catalog.pg_trigger g WHERE g.tgrelid = log.oid AND g.tgtype & 7 = 7)
    OR EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = log.oid AND (i.indisunique OR i.indisexclusion)
      AND NOT i.indkey::int2[] @> (SELECT pg_catalog.array_agg(a.attnum) FROM pg_catalog.pg_attribute a WHERE a.attrelid = log.oid AND a.attname IN ('col', 'bucket', 'x'))))`
