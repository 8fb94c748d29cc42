package postgres

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/message"
	"github.com/pullview/orders-datasource/pkg/query"
)

// keepables remembers what was found out about statements, by the fingerprint
// of their table and their text.
type keepables struct {
	mu    sync.Mutex
	known map[string]message.Message // the reason not to keep, empty for none
}

// maxKeepables bounds the memory of keepables; beyond it everything is
// forgotten.
const maxKeepables = 1000

// Keepable tells whether the result of a scan depends on nothing but the rows
// of its table, each by itself, as the server's own plan for it shows: no other
// relation, no join, no subquery, no function that may answer differently next
// time. The reason says why not; it is empty where the result may be kept.
func (l *DeltaLook) Keepable(ctx context.Context, scan *query.Scan) (reason message.Message, err error) {
	var p *plan
	err = l.withSchema(ctx, scan.Table, func() (err error) {
		p, err = l.compile(ctx, scan)
		return err
	})
	if err != nil {
		return message.Message{}, classify(l.about(scan.Table, err))
	}
	reason, err = l.store.schema.keepables.find(l.fingerprintOf(scan.Table)+"\n"+p.text.String(), func() (message.Message, error) {
		if reason, err := l.reasonNotToKeep(ctx, scan.Table, &p.statement); err != nil || !reason.IsZero() {
			return reason, err
		}
		return message.Message{}, l.checkSeeks(ctx, scan)
	})
	var slow *searches
	switch {
	case errors.As(err, &slow):
		return slow.Text(), nil
	case err != nil:
		return message.Message{}, classify(l.about(scan.Table, err))
	}
	return reason, nil
}

// maxSearched is the size in bytes up to which a table may be searched for the
// rows of a minute.
const maxSearched = 8 << 20

// searches says that no index finds the rows of a minute. To read a changed one
// again would cost what the answer does. It is an error so that it is not
// remembered: an index may come.
type searches struct{ column string }

func (e *searches) Error() string { return e.Text().String() }

func (e *searches) Text() message.Message {
	return message.New("no index begins with %s, so a changed minute costs as much as all of them", e.column)
}

func (l *DeltaLook) checkSeeks(ctx context.Context, scan *query.Scan) error {
	searched := uint64(0)
	err := l.fixed(ctx, searchedSQL(scan.Table.Logged()), []bind{textBind(scan.Time)}, func(row [][]byte) error {
		searched = binary.BigEndian.Uint64(row[0])
		return nil
	})
	if err == nil && searched > maxSearched {
		return &searches{scan.Time}
	}
	return err
}

// searchedSQL returns the bytes of a table, with its partitions and children,
// that no index finds by a column.
func searchedSQL(r catalog.Relation) string {
	return `WITH RECURSIVE tree AS (
  SELECT ` + namedSQL(r) + ` AS oid
  UNION
  SELECT i.inhrelid FROM tree JOIN pg_catalog.pg_inherits i ON i.inhparent = tree.oid
)
SELECT COALESCE(pg_catalog.sum(pg_catalog.pg_relation_size(c.oid)), 0)::bigint
FROM tree JOIN pg_catalog.pg_class c ON c.oid = tree.oid
WHERE c.relkind = 'r' AND NOT EXISTS (
  SELECT FROM pg_catalog.pg_index i JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
  WHERE i.indrelid = c.oid AND i.indisvalid AND a.attname = $1)`
}

// find returns what is known by a key, or finds it out. An error is not
// remembered.
func (k *keepables) find(key string, findOut func() (reason message.Message, err error)) (reason message.Message, err error) {
	k.mu.Lock()
	reason, ok := k.known[key]
	k.mu.Unlock()
	if ok {
		return reason, nil
	}
	if reason, err = findOut(); err != nil {
		return message.Message{}, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.known == nil || len(k.known) >= maxKeepables {
		k.known = map[string]message.Message{}
	}
	k.known[key] = reason
	return reason, nil
}

// wordSigns are the operators that may stand in a statement under another name,
// as BETWEEN, LIKE, ILIKE, SIMILAR TO, NOT IN and != do, and that no plan shows
// where the planner puts the bodies of their functions in their place.
const wordSigns = "<> = <= >= ~ ~~ !~~ ~~* !~~*"

// clockLiterals are texts that the server reads as the current time when it
// parses a statement, so that no plan shows them.
var clockLiterals = regexp.MustCompile(`(?i)['$]\s*([\d:.]+\s*([ap]m)?\s+)?(now|today|tomorrow|yesterday)\b`)

// escapes write letters by their numbers, in names and literals.
var escapes = regexp.MustCompile(`(?i)\bU&['"]`)

func (l *Look) reasonNotToKeep(ctx context.Context, t *catalog.Table, s *statement) (message.Message, error) {
	if escapes.MatchString(s.text.String()) {
		return message.New("an expression has Unicode escapes"), nil
	}
	if clockLiterals.MatchString(s.text.String()) {
		return message.New("an expression reads the clock"), nil
	}
	plan, err := l.wholePlan(ctx, s)
	if err != nil {
		return message.Message{}, err
	}
	seen := planFacts{relations: map[catalog.Relation]bool{}, functions: map[string]bool{}, attributes: map[string]bool{}, types: map[string]bool{}, casts: map[cast]bool{}}
	plan.collect(&seen)
	statement := bareSQL(s.text.String())
	seen.statement(statement)
	if !seen.reason.IsZero() {
		return seen.reason, nil
	}
	if len(seen.relations) == 0 {
		return message.New("the plan reads nothing"), nil // and does not show what it would do with rows
	}
	var schemas, names []string
	for r := range seen.relations {
		schemas, names = append(schemas, r.Schema), append(names, r.Name)
	}
	var targets, operands []string
	for c := range seen.casts {
		targets, operands = append(targets, c.target), append(operands, c.operand)
	}
	var reason message.Message
	binds := []bind{textsBind(schemas), textsBind(names), textsBind(sortedKeys(seen.functions)), textsBind(sortedKeys(seen.attributes)),
		textsBind(sortedKeys(seen.types)), textBind(seen.text.String() + wordSigns), textBind(statement), textsBind(targets), textsBind(operands)}
	err = l.fixed(ctx, keepableSQL(t), binds, func(row [][]byte) error {
		if reason.IsZero() {
			reason = unkeepable(string(row[0]), string(row[1]), string(row[2]))
		}
		return nil
	})
	return reason, err
}

// wholeSQL turns off what leaves parts of a statement out of its plan: the
// partitions that the values bound rule out, with the conditions on their rows,
// and subqueries on the table itself that another row cannot answer as long as
// a column is unique. What such a plan shows holds for the statement, whatever
// is bound, and for as long as the table is defined as it is.
const wholeSQL = `SELECT pg_catalog.set_config(name, 'off', true) FROM pg_catalog.pg_settings
WHERE name IN ('enable_partition_pruning', 'constraint_exclusion', 'enable_self_join_elimination')`

// wholePlan returns a statement's plan, with all of its parts.
func (l *Look) wholePlan(ctx context.Context, s *statement) (*explained, error) {
	l.read = true
	explain := l.comment + "EXPLAIN (VERBOSE, FORMAT JSON) " + s.text.String()
	values, oids, formats := s.values()
	var plans []struct{ Plan explained }
	err := l.run(ctx, func(ctx context.Context, pg *pgconn.PgConn) error {
		p := pg.StartPipeline(ctx)
		p.SendQueryParams("SAVEPOINT whole", nil, nil, nil, nil)
		p.SendQueryParams(wholeSQL, nil, nil, nil, nil)
		p.SendQueryParams(explain, values, oids, formats, nil)
		p.SendQueryParams("ROLLBACK TO SAVEPOINT whole", nil, nil, nil, nil) // the settings are as they were
		p.SendQueryParams("RELEASE SAVEPOINT whole", nil, nil, nil, nil)
		return readPipeline(p, func(n int, row [][]byte) error {
			if n == 0 {
				return nil
			}
			return json.Unmarshal(row[0], &plans)
		})
	})
	if err != nil {
		return nil, err
	}
	if len(plans) != 1 {
		return nil, fmt.Errorf("postgres: EXPLAIN returned %d plans", len(plans))
	}
	return &plans[0].Plan, nil
}

// keepableSQL returns a row for every reason, with what it is about: a relation that is not the table
// or one of its children, and what may mean something else next time. It binds
// the relations, by schema and by name, the names of functions, of what is
// written like a field, and of types, all text in which signs may be, and of that
// the statement, as the plan names columns that nobody uses; and of casts the
// types, and the names in what is cast.
//
// Functions and operators of the system that depend only on the session's
// settings are no reason: a look pins these, or notices that they differ. A
// function that somebody wrote may be another tomorrow, whatever it says of
// itself, unless an extension brought it, and so may what it stands behind: an
// operator, a cast, what looks like a field of the row, what groups values and
// compares them without an operator. So may a type, unless the table has it: then
// its definition shows in the fingerprint, but for the functions of its own by
// which values are read, written and put into one form. Where the planner puts the body of a
// cast's function in its place, the target shows in the statement alone, under one
// of the names that the server's own types have.
func keepableSQL(t *catalog.Table) string {
	const (
		ofExtension = `EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.%s'::regclass AND d.objid = %s.oid AND d.deptype = 'e')`
		madeLater   = `(n.nspname <> 'pg_catalog' OR %s.oid >= ` + firstOID + `)`
		redefined   = `SELECT DISTINCT 'function', p.proname::text, NULL
FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
WHERE ` + madeLater + ` AND NOT ` + ofExtension
		// No value is of a type that somebody made, unless a column has it, or it is named.
		foreign = `EXISTS (SELECT FROM pg_catalog.pg_type a JOIN pg_catalog.pg_type e ON e.oid = COALESCE(NULLIF(a.typelem, 0), a.oid)
    WHERE a.oid IN (%s) AND e.oid >= 16384 AND e.oid NOT IN (SELECT oid FROM types) AND e.typname <> ALL ($5::text[]) AND NOT ` + ofExtension + `)`
	)
	return `WITH RECURSIVE tree AS (
  SELECT ` + namedSQL(t.Logged()) + ` AS oid
  UNION
  SELECT i.inhrelid FROM tree JOIN pg_catalog.pg_inherits i ON i.inhparent = tree.oid
), ` + columnTypesSQL(namedSQL(t.Logged()), resolvedSQL(t.Relation)) + `
SELECT 'reads' AS what, pg_catalog.quote_ident(read.schema) || '.' || pg_catalog.quote_ident(read.name) AS about, NULL AS other
FROM ROWS FROM (pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::text[])) AS read (schema, name)
WHERE NOT EXISTS (SELECT FROM tree JOIN pg_catalog.pg_class c ON c.oid = tree.oid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = read.schema AND c.relname = read.name)
UNION ALL
SELECT DISTINCT 'volatile function', p.proname::text, NULL
FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
WHERE p.proname = ANY ($3::text[]) AND p.prokind <> 'a'
  AND (p.provolatile = 'v' OR p.provolatile = 's' AND NOT (n.nspname = 'pg_catalog' AND p.proname = ANY (
    '{date_trunc,date_part,extract,timezone,to_char,to_date,to_timestamp,to_number,date_bin,age,length,concat,concat_ws,format,generate_series,array_to_string,timestamptz,timestamp,date,time,interval}'::text[])))
UNION ALL
` + fmt.Sprintf(redefined, "p", "pg_proc", "p") + ` AND p.proname = ANY ($3::text[])
UNION ALL
` + fmt.Sprintf(redefined, "p", "pg_proc", "p") + ` AND p.proname = ANY ($4::text[]) AND p.pronargs > 0
  AND EXISTS (SELECT FROM pg_catalog.pg_type t WHERE t.oid = p.proargtypes[0] AND t.typtype IN ('c', 'd', 'p'))
UNION ALL
SELECT DISTINCT CASE p.provolatile WHEN 'i' THEN 'operator' ELSE 'volatile operator' END, o.oprname::text, NULL
FROM pg_catalog.pg_operator o JOIN pg_catalog.pg_proc p ON p.oid = o.oprcode JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace
WHERE ` + fmt.Sprintf(madeLater, "o") + ` AND pg_catalog.strpos($6, o.oprname) > 0
  AND (p.provolatile <> 'i' OR NOT ` + fmt.Sprintf(ofExtension, "pg_operator", "o") + `) AND NOT ` + fmt.Sprintf(foreign, "o.oprleft, o.oprright", "pg_type", "e") + `
UNION ALL
SELECT 'cast', pg_catalog.format_type(c.castsource, NULL), pg_catalog.format_type(c.casttarget, NULL)
FROM pg_catalog.pg_cast c JOIN pg_catalog.pg_type target ON target.oid = c.casttarget
JOIN pg_catalog.pg_proc p ON p.oid = c.castfunc JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
WHERE ` + fmt.Sprintf(madeLater, "p") + ` AND NOT ` + fmt.Sprintf(ofExtension, "pg_proc", "p") + `
  AND (c.castcontext = 'i' OR target.oid < ` + firstOID + ` OR pg_catalog.strpos(pg_catalog.lower($6), pg_catalog.lower(pg_catalog.ltrim(target.typname, '_'))) > 0)
  AND NOT ` + fmt.Sprintf(foreign, "c.castsource", "pg_type", "e") + `
UNION ALL
SELECT DISTINCT 'class', pg_catalog.format_type(k.opcintype, NULL), NULL
FROM pg_catalog.pg_opclass k JOIN pg_catalog.pg_am m ON m.oid = k.opcmethod
WHERE k.oid >= ` + firstOID + ` AND m.amname IN ('btree', 'hash') AND NOT ` + fmt.Sprintf(ofExtension, "pg_opclass", "k") + `
  AND (k.opcdefault AND NOT ` + fmt.Sprintf(foreign, "k.opcintype", "pg_type", "e") + `
    OR EXISTS (SELECT FROM types JOIN pg_catalog.pg_range r ON types.oid IN (r.rngtypid, r.rngmultitypid) WHERE r.rngsubopc = k.oid))
UNION ALL
SELECT DISTINCT 'type', t.typname::text, NULL
FROM pg_catalog.pg_type t
WHERE t.typname = ANY ($5::text[]) AND t.oid >= 16384 AND t.typtype <> 'b' AND t.oid NOT IN (SELECT oid FROM types) AND NOT ` + fmt.Sprintf(ofExtension, "pg_type", "t") + `
UNION ALL
SELECT 'type', t.typname::text, NULL
FROM types JOIN pg_catalog.pg_type t ON t.oid = types.oid LEFT JOIN pg_catalog.pg_range r ON types.oid IN (r.rngtypid, r.rngmultitypid)
WHERE (t.typtype = 'b' AND t.typarray <> 0 OR r.rngcanonical::oid >= ` + firstOID + `) AND NOT ` + fmt.Sprintf(ofExtension, "pg_type", "t") + `
UNION ALL
SELECT DISTINCT 'values', t.typname::text, a.attname::text
FROM tree JOIN pg_catalog.pg_attribute a ON a.attrelid = tree.oid AND a.attnum > 0 JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
WHERE t.oid < 16384 AND (t.typname IN ('timetz', 'xid') OR t.typname LIKE 'reg%') AND pg_catalog.strpos($7, a.attname) > 0
UNION ALL
SELECT DISTINCT 'words', a.attname::text, NULL
FROM ROWS FROM (pg_catalog.unnest($8::text[]), pg_catalog.unnest($9::text[])) AS read (target, name)
JOIN (tree JOIN pg_catalog.pg_attribute a ON a.attrelid = tree.oid AND a.attnum > 0 JOIN pg_catalog.pg_type t ON t.oid = a.atttypid) ON a.attname = read.name
WHERE t.typcategory NOT IN ('B', 'D', 'N', 'R', 'T') AND (read.target ~ '^(date|time|ts)'
  OR EXISTS (SELECT FROM pg_catalog.pg_type u WHERE u.typname = read.target AND u.oid >= ` + firstOID + ` AND u.typcategory NOT IN ('B', 'E', 'N', 'S', 'T')))`
}

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

// explained is what is read of a node of a plan in JSON.
type explained struct {
	Node         string      `json:"Node Type"`
	Relationship string      `json:"Parent Relationship"`
	Relation     string      `json:"Relation Name"`
	Schema       string      `json:"Schema"`
	Output       []string    `json:"Output"`
	Filter       string      `json:"Filter"`
	IndexCond    string      `json:"Index Cond"`
	RecheckCond  string      `json:"Recheck Cond"`
	OneTime      string      `json:"One-Time Filter"`
	JoinFilter   string      `json:"Join Filter"`
	HashCond     string      `json:"Hash Cond"`
	MergeCond    string      `json:"Merge Cond"`
	GroupKey     []string    `json:"Group Key"`
	SortKey      []string    `json:"Sort Key"`
	Plans        []explained `json:"Plans"`
}

// cast is one of something in which a name stands.
type cast struct{ target, operand string }

// planFacts is what a plan and its statement use, without schemas.
type planFacts struct {
	relations  map[catalog.Relation]bool
	functions  map[string]bool
	attributes map[string]bool // that are written like fields
	types      map[string]bool
	casts      map[cast]bool
	text       strings.Builder // all of it, without literals
	reason     message.Message
}

const identifierPattern = `("(?:[^"]|"")+"|[\pL_][\pL0-9_$]*)`

var (
	anyName          = regexp.MustCompile(identifierPattern)
	callPattern      = regexp.MustCompile(identifierPattern + `\s*\(`)
	attributePattern = regexp.MustCompile(`\.\s*` + identifierPattern)
	typePattern      = regexp.MustCompile(`::\s*(?:` + identifierPattern + `\s*\.\s*)?` + identifierPattern)
	castSigns        = regexp.MustCompile(`"(?:[^"]|"")*"|\(|\)(?:::(?:"(?:[^"]|"")+"\.|\w+\.)?` + identifierPattern + `)?`)
	clockValues      = regexp.MustCompile(`\b(CURRENT_(DATE|TIME|TIMESTAMP|USER|ROLE|CATALOG|SCHEMA)|LOCALTIME(STAMP)?|(SESSION|SYSTEM)_USER|time with time zone)\b|(^|[^\w"])USER\b`)
	// A text that is read as a time when the statement runs, as 'now' and 'today' are.
	clockTexts = regexp.MustCompile(`(?i)'\s*([\d:.]+\s*([ap]m)?\s+)?(now|today|tomorrow|yesterday)\b[^']*'::cstring`)
	// What a row has of itself changes without it: age(xmin) with every transaction.
	systemColumns = regexp.MustCompile(`\.(xmin|xmax|cmin|cmax|ctid)\b`)
	// Texts of these types are names, which may be another's tomorrow.
	nameTypes = regexp.MustCompile(`::\s*(?:pg_catalog\.)?(reg(?:class|collation|config|dictionary|namespace|oper|operator|proc|procedure|role|type))\b`)
	// Text is searched by a configuration that may change; JSON is not.
	textSearch = regexp.MustCompile(`@@@?(?:\s*''::(\w+))?`)
)

func (e *explained) collect(facts *planFacts) {
	switch {
	case e.Relationship == "SubPlan" || e.Relationship == "InitPlan":
		facts.reason = message.New("an expression has a subquery")
	case e.Node == "Nested Loop", e.Node == "Hash Join", e.Node == "Merge Join":
		// The planner makes a join of EXISTS and IN, even with the table itself.
		facts.reason = message.New("an expression joins the rows with others")
	case e.Node == "Foreign Scan", e.Node == "Function Scan", e.Node == "CTE Scan", e.Node == "Custom Scan", e.Node == "Table Function Scan", e.Node == "Sample Scan":
		facts.reason = message.New("the plan has a %s", e.Node)
	}
	if e.Relation != "" {
		facts.relations[catalog.Relation{Schema: e.Schema, Name: e.Relation}] = true
	}
	texts := append([]string{e.Filter, e.IndexCond, e.RecheckCond, e.OneTime, e.JoinFilter, e.HashCond, e.MergeCond}, e.Output...)
	for _, text := range append(append(texts, e.GroupKey...), e.SortKey...) {
		if clockTexts.MatchString(text) {
			facts.reason = message.New("an expression reads the clock")
		}
		facts.plan(bareSQL(text))
	}
	for i := range e.Plans {
		e.Plans[i].collect(facts)
	}
}

// plan takes in the bare text of an expression as a plan shows it.
func (f *planFacts) plan(text string) {
	if found := systemColumns.FindStringSubmatch(text); found != nil {
		f.reason = message.New("an expression uses the system column %s", found[1])
	}
	if found := clockValues.FindString(text); found != "" {
		f.reason = message.New("an expression uses %s", strings.TrimLeft(found, " (,"))
	}
	for _, found := range textSearch.FindAllStringSubmatch(text, -1) {
		if found[1] != "jsonpath" {
			f.reason = message.New("an expression searches text")
		}
	}
	f.castsOf(text)
	f.names(text)
}

// castsOf takes in the casts in the bare text of a plan, which has what is cast
// in parentheses.
func (f *planFacts) castsOf(text string) {
	var opened []int
	for _, sign := range castSigns.FindAllStringSubmatchIndex(text, -1) {
		switch {
		case text[sign[0]] == '(':
			opened = append(opened, sign[1])
		case text[sign[0]] == ')' && len(opened) > 0:
			operand := text[opened[len(opened)-1]:sign[0]]
			opened = opened[:len(opened)-1]
			if sign[2] < 0 {
				continue
			}
			targets, operands := map[string]bool{}, map[string]bool{}
			noteNames(targets, text[sign[2]:sign[3]])
			for _, name := range anyName.FindAllString(operand, -1) {
				noteNames(operands, name)
			}
			for target := range targets {
				for name := range operands {
					f.casts[cast{target, name}] = true
				}
			}
		}
	}
}

// statement takes in the bare text of a statement. A plan has the bodies of some
// functions in their place, and lacks what a partial index grants.
func (f *planFacts) statement(text string) {
	for _, found := range attributePattern.FindAllStringSubmatch(text, -1) {
		noteNames(f.attributes, found[1])
	}
	f.names(text)
}

// names notes the names before parentheses, and those of types. Those of
// nothing do no harm.
func (f *planFacts) names(text string) {
	if found := nameTypes.FindStringSubmatch(text); found != nil {
		f.reason = message.New("an expression looks up names, by the type %s", found[1])
	}
	for _, found := range callPattern.FindAllStringSubmatch(text, -1) {
		noteNames(f.functions, found[1])
	}
	for _, found := range typePattern.FindAllStringSubmatch(text, -1) {
		noteNames(f.types, found[2])
	}
	f.text.WriteString(text + "\n")
}

// noteNames notes the names for which SQL may take a text: whether letters other
// than A to Z are made small depends on the database's encoding.
func noteNames(names map[string]bool, text string) {
	if strings.HasPrefix(text, `"`) {
		names[strings.ReplaceAll(text[1:len(text)-1], `""`, `"`)] = true
		return
	}
	names[strings.ToLower(text)] = true
	names[strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}, text)] = true
}
