package postgres

import (
	"strings"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/message"
)

// keepableSQL returns a row for every reason not to keep what a statement on a
// table returns: what it is, of those that unkeepable knows, and one or two names
// that it is about. It binds what planFacts has, all of it as it stands in texts,
// in which a name may be that of several things:
//
//	$1, $2  relations, by schema and by name
//	$3      names of functions
//	$4      names of what is written like a field
//	$5      names of types
//	$6      all text, of the plan and of the statement, in which signs may be
//	$7      the text of the statement, as the plan names columns that nobody uses
//	$8, $9  of casts the types, and the names in what is cast
//
// Functions and operators of the system that depend only on the session's
// settings are no reason: a look pins these, or notices that they differ. A
// function that somebody wrote may be another tomorrow, whatever it says of
// itself, unless an extension brought it, and so may what it stands behind: an
// operator, a cast, what looks like a field of the row, what groups values and
// compares them without an operator. So may a type, unless the table has it: then
// its definition shows in the fingerprint, but for the functions of its own by
// which values are read, written and put into one form.
func keepableSQL(t *catalog.Table) string {
	table := namedSQL(t.Logged())
	return membersSQL(t.Logged()) + `, ` + columnTypesSQL(table, resolvedSQL(t.Relation)) + "\n" + strings.Join([]string{
		otherRelationsSQL,
		volatileFunctionsSQL,
		ownFunctionsSQL,
		ownFieldsSQL,
		ownOperatorsSQL,
		ownCastsSQL,
		ownClassesSQL,
		otherTypesSQL,
		ownFormsSQL,
		relativeValuesSQL,
		clockWordsSQL,
	}, "\nUNION ALL\n")
}

// ofExtension is the condition that something in a catalog of the system came
// with an extension, whose version the fingerprint has.
func ofExtension(table, alias string) string {
	return `EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.` + table + `'::regclass AND d.objid = ` + alias + `.oid AND d.deptype = 'e')`
}

// madeLater is the condition that something in a namespace n is not the
// server's own. Somebody may have put it into the server's schema.
func madeLater(alias string) string {
	return `(n.nspname <> 'pg_catalog' OR ` + alias + `.oid >= ` + firstOID + `)`
}

// foreign is the condition that one of some types, or what its arrays have for
// elements, cannot be that of a value in the statement: no value is of a type that
// somebody made, unless a column has it, or it is named.
func foreign(types string) string {
	return `EXISTS (SELECT FROM pg_catalog.pg_type a JOIN pg_catalog.pg_type e ON e.oid = COALESCE(NULLIF(a.typelem, 0), a.oid)
    WHERE a.oid IN (` + types + `) AND e.oid >= ` + firstOID + ` AND e.oid NOT IN (SELECT oid FROM types) AND e.typname <> ALL ($5::text[]) AND NOT ` + ofExtension("pg_type", "e") + `)`
}

// otherRelationsSQL finds what the plan reads beside the table and its
// partitions and children: no change log of theirs is followed.
const otherRelationsSQL = `SELECT 'reads' AS what, pg_catalog.quote_ident(read.schema) || '.' || pg_catalog.quote_ident(read.name) AS about, NULL AS other
FROM ROWS FROM (pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::text[])) AS read (schema, name)
WHERE NOT EXISTS (SELECT FROM tree JOIN pg_catalog.pg_class c ON c.oid = tree.oid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = read.schema AND c.relname = read.name)`

// volatileFunctionsSQL finds functions that may answer differently next time.
// Those listed are stable only because they depend on the session's settings.
const volatileFunctionsSQL = `SELECT DISTINCT 'volatile function', p.proname::text, NULL
FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
WHERE p.proname = ANY ($3::text[]) AND p.prokind <> 'a'
  AND (p.provolatile = 'v' OR p.provolatile = 's' AND NOT (n.nspname = 'pg_catalog' AND p.proname = ANY (
    '{date_trunc,date_part,extract,timezone,to_char,to_date,to_timestamp,to_number,date_bin,age,length,concat,concat_ws,format,generate_series,array_to_string,timestamptz,timestamp,date,time,interval}'::text[])))`

// ownFunctionSQL finds functions that somebody wrote.
var ownFunctionSQL = `SELECT DISTINCT 'function', p.proname::text, NULL
FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
WHERE ` + madeLater("p") + ` AND NOT ` + ofExtension("pg_proc", "p")

// ownFunctionsSQL finds those that are called.
var ownFunctionsSQL = ownFunctionSQL + ` AND p.proname = ANY ($3::text[])`

// ownFieldsSQL finds those that are written like a field of their first
// argument, which SQL allows where that is a row: of a composite type, of a domain
// over one, or of a type that takes any.
var ownFieldsSQL = ownFunctionSQL + ` AND p.proname = ANY ($4::text[]) AND p.pronargs > 0
  AND EXISTS (SELECT FROM pg_catalog.pg_type t WHERE t.oid = p.proargtypes[0] AND t.typtype IN ('c', 'd', 'p'))`

// ownOperatorsSQL finds operators that somebody made, by their signs anywhere in
// the text, and those of extensions as far as they may answer differently.
var ownOperatorsSQL = `SELECT DISTINCT CASE p.provolatile WHEN 'i' THEN 'operator' ELSE 'volatile operator' END, o.oprname::text, NULL
FROM pg_catalog.pg_operator o JOIN pg_catalog.pg_proc p ON p.oid = o.oprcode JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace
WHERE ` + madeLater("o") + ` AND pg_catalog.strpos($6, o.oprname) > 0
  AND (p.provolatile <> 'i' OR NOT ` + ofExtension("pg_operator", "o") + `) AND NOT ` + foreign("o.oprleft, o.oprright")

// ownCastsSQL finds casts by functions that somebody wrote. An implicit one
// need not be written anywhere. Of the others the type that it leads to is, but
// where the planner puts the body of the function in its place, it shows in the
// statement alone, under one of the names that the server's own types have: so
// casts to these all count.
var ownCastsSQL = `SELECT 'cast', pg_catalog.format_type(c.castsource, NULL), pg_catalog.format_type(c.casttarget, NULL)
FROM pg_catalog.pg_cast c JOIN pg_catalog.pg_type target ON target.oid = c.casttarget
JOIN pg_catalog.pg_proc p ON p.oid = c.castfunc JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
WHERE ` + madeLater("p") + ` AND NOT ` + ofExtension("pg_proc", "p") + `
  AND (c.castcontext = 'i' OR target.oid < ` + firstOID + ` OR pg_catalog.strpos(pg_catalog.lower($6), pg_catalog.lower(pg_catalog.ltrim(target.typname, '_'))) > 0)
  AND NOT ` + foreign("c.castsource")

// ownClassesSQL finds operator classes that somebody made, by which values are
// grouped and compared without an operator in sight: the default one of a type, and
// that by which a range that the table has compares its ends.
var ownClassesSQL = `SELECT DISTINCT 'class', pg_catalog.format_type(k.opcintype, NULL), NULL
FROM pg_catalog.pg_opclass k JOIN pg_catalog.pg_am m ON m.oid = k.opcmethod
WHERE k.oid >= ` + firstOID + ` AND m.amname IN ('btree', 'hash') AND NOT ` + ofExtension("pg_opclass", "k") + `
  AND (k.opcdefault AND NOT ` + foreign("k.opcintype") + `
    OR EXISTS (SELECT FROM types JOIN pg_catalog.pg_range r ON types.oid IN (r.rngtypid, r.rngmultitypid) WHERE r.rngsubopc = k.oid))`

// otherTypesSQL finds types that are named and that the table does not have, so
// that their definition does not show in the fingerprint.
var otherTypesSQL = `SELECT DISTINCT 'type', t.typname::text, NULL
FROM pg_catalog.pg_type t
WHERE t.typname = ANY ($5::text[]) AND t.oid >= ` + firstOID + ` AND t.oid NOT IN (SELECT oid FROM types) AND NOT ` + ofExtension("pg_type", "t")

// ownFormsSQL finds types of the table that have functions of their own: base
// types but arrays, whose values they read and write, and ranges whose values they
// put into one form. The fingerprint does not have these functions.
var ownFormsSQL = `SELECT 'type', t.typname::text, NULL
FROM types JOIN pg_catalog.pg_type t ON t.oid = types.oid LEFT JOIN pg_catalog.pg_range r ON types.oid IN (r.rngtypid, r.rngmultitypid)
WHERE (t.typtype = 'b' AND t.typarray <> 0 OR r.rngcanonical::oid >= ` + firstOID + `) AND NOT ` + ofExtension("pg_type", "t")

// relativeValuesSQL finds columns whose values mean something by what is not in
// the row: the day, for a time of day with a zone; the newest transaction, for the
// age of another; what bears a number today, for one of the catalogs' numbers.
const relativeValuesSQL = `SELECT DISTINCT 'values', t.typname::text, a.attname::text
FROM tree JOIN pg_catalog.pg_attribute a ON a.attrelid = tree.oid AND a.attnum > 0 JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
WHERE t.oid < ` + firstOID + ` AND (t.typname IN ('timetz', 'xid') OR t.typname LIKE 'reg%') AND pg_catalog.strpos($7, a.attname) > 0`

// clockWordsSQL finds columns that may hold words such as now and today and that
// are cast to what may be a time: a type of the server's by its name, or one that
// somebody made, unless its category tells that it is none. Columns of booleans,
// times, numbers, ranges and intervals hold no words.
const clockWordsSQL = `SELECT DISTINCT 'words', a.attname::text, NULL
FROM ROWS FROM (pg_catalog.unnest($8::text[]), pg_catalog.unnest($9::text[])) AS read (target, name)
JOIN (tree JOIN pg_catalog.pg_attribute a ON a.attrelid = tree.oid AND a.attnum > 0 JOIN pg_catalog.pg_type t ON t.oid = a.atttypid) ON a.attname = read.name
WHERE t.typcategory NOT IN ('B', 'D', 'N', 'R', 'T') AND (read.target ~ '^(date|time|ts)'
  OR EXISTS (SELECT FROM pg_catalog.pg_type u WHERE u.typname = read.target AND u.oid >= ` + firstOID + ` AND u.typcategory NOT IN ('B', 'E', 'N', 'S', 'T')))`

// unkeepable puts a reason of keepableSQL into words.
func unkeepable(what, about, another string) message.Message {
	switch what {
	case "reads":
		return message.New("the plan reads %s", about)
	case "function":
		return message.New("the function %s may be redefined", about)
	case "volatile function":
		return message.New("the function %s may answer differently next time", about)
	case "operator":
		return message.New("the operator %s may be redefined", about)
	case "volatile operator":
		return message.New("the operator %s may answer differently next time", about)
	case "cast":
		return message.New("the cast from %s to %s may be redefined", about, another)
	case "class":
		return message.New("what compares values of the type %s may be redefined", about)
	case "type":
		return message.New("the type %s may be redefined", about)
	case "words":
		return message.New("%s may hold words, such as now and today, that mean another time tomorrow; to_timestamp and to_date read none", about)
	}
	return message.New("values of the type %s, as %s has, mean something else later", about, another)
}
