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
	"github.com/pullview/orders-datasource/pkg/query"
)

// keepables remembers what was found out about statements, by the fingerprint
// of their table and their text.
type keepables struct {
	mu    sync.Mutex
	known map[string]string // the reason not to keep, empty for none
}

// maxKeepables bounds the memory of keepables; beyond it everything is
// forgotten.
const maxKeepables = 1000

// Keepable tells whether the result of a scan depends on nothing but the rows
// of its table, each by itself, as the server's own plan for it shows: no other
// relation, no join, no subquery, no function that may answer differently next
// time. The reason says why not; it is empty where the result may be kept.
func (l *DeltaLook) Keepable(ctx context.Context, scan *query.Scan) (reason string, err error) {
	var p *plan
	err = l.withSchema(ctx, scan.Table, func() (err error) {
		p, err = l.compile(ctx, scan)
		return err
	})
	if err != nil {
		return "", classify(l.about(scan.Table, err))
	}
	reason, err = l.store.schema.keepables.find(l.fingerprintOf(scan.Table)+"\n"+p.text.String(), func() (string, error) {
		if reason, err := l.reasonNotToKeep(ctx, scan.Table, &p.statement); err != nil || reason != "" {
			return reason, err
		}
		return "", l.checkSeeks(ctx, scan)
	})
	var slow *searches
	switch {
	case errors.As(err, &slow):
		return slow.Error(), nil
	case err != nil:
		return "", classify(l.about(scan.Table, err))
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

func (e *searches) Error() string {
	return "no index begins with " + e.column + ", so a changed minute costs as much as all of them"
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
func (k *keepables) find(key string, findOut func() (reason string, err error)) (reason string, err error) {
	k.mu.Lock()
	reason, ok := k.known[key]
	k.mu.Unlock()
	if ok {
		return reason, nil
	}
	if reason, err = findOut(); err != nil {
		return "", err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.known == nil || len(k.known) >= maxKeepables {
		k.known = map[string]string{}
	}
	k.known[key] = reason
	return reason, nil
}

// clockLiterals are texts that the server reads as the current time when it
// parses a statement, so that no plan shows them.
var clockLiterals = regexp.MustCompile(`(?i)'\s*(now|today|tomorrow|yesterday)\b`)

func (l *Look) reasonNotToKeep(ctx context.Context, t *catalog.Table, s *statement) (string, error) {
	if clockLiterals.MatchString(s.text.String()) {
		return "an expression reads the clock", nil
	}
	plan, err := l.wholePlan(ctx, s)
	if err != nil {
		return "", err
	}
	seen := planFacts{relations: map[catalog.Relation]bool{}, functions: map[string]bool{}}
	plan.collect(&seen)
	seen.calls(s.text.String()) // the planner puts the body of some functions in their place
	if seen.reason != "" {
		return seen.reason, nil
	}
	if len(seen.relations) == 0 {
		return "the plan reads nothing", nil // and does not show what it would do with rows
	}
	var schemas, names []string
	for r := range seen.relations {
		schemas, names = append(schemas, r.Schema), append(names, r.Name)
	}
	var reason string
	err = l.fixed(ctx, keepableSQL(t.Logged()), []bind{textsBind(schemas), textsBind(names), textsBind(sortedKeys(seen.functions))}, func(row [][]byte) error {
		if reason == "" {
			reason = string(row[0])
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

// keepableSQL returns a row for every reason: a relation that is not the table
// or one of its children, and a function or operator that may answer
// differently next time. Those of the system that depend only on the session's
// settings are no reason, for a look pins these. A function that somebody wrote
// may be another tomorrow, whatever it says of itself, unless an extension
// brought it.
func keepableSQL(r catalog.Relation) string {
	return `WITH RECURSIVE tree AS (
  SELECT ` + namedSQL(r) + ` AS oid
  UNION
  SELECT i.inhrelid FROM tree JOIN pg_catalog.pg_inherits i ON i.inhparent = tree.oid
)
SELECT 'the plan reads ' || pg_catalog.quote_ident(read.schema) || '.' || pg_catalog.quote_ident(read.name) AS reason
FROM ROWS FROM (pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::text[])) AS read (schema, name)
WHERE NOT EXISTS (SELECT FROM tree JOIN pg_catalog.pg_class c ON c.oid = tree.oid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = read.schema AND c.relname = read.name)
UNION ALL
SELECT DISTINCT 'the function ' || p.proname || ' may answer differently next time'
FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
WHERE p.proname = ANY ($3::text[]) AND p.prokind <> 'a'
  AND (p.provolatile = 'v' OR p.provolatile = 's' AND NOT (n.nspname = 'pg_catalog' AND p.proname = ANY (
    '{date_trunc,date_part,extract,timezone,to_char,to_date,to_timestamp,to_number,date_bin,age,length,concat,concat_ws,format,generate_series,array_to_string,timestamptz,timestamp,date,time,interval}'::text[])))
UNION ALL
SELECT DISTINCT 'the function ' || p.proname || ' may be redefined'
FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
WHERE p.proname = ANY ($3::text[]) AND n.nspname <> 'pg_catalog'
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
UNION ALL
SELECT 'the operator ' || o.oprname || ' may answer differently next time'
FROM pg_catalog.pg_operator o JOIN pg_catalog.pg_proc p ON p.oid = o.oprcode JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace
WHERE n.nspname <> 'pg_catalog' AND p.provolatile <> 'i'`
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

// planFacts is what a plan uses.
type planFacts struct {
	relations map[catalog.Relation]bool
	functions map[string]bool // without their schema
	reason    string
}

var (
	callPattern = regexp.MustCompile(`("(?:[^"]|"")+"|[\pL_][\pL0-9_$]*)\s*\(`)
	clockValues = regexp.MustCompile(`\b(CURRENT_(DATE|TIME|TIMESTAMP|USER|ROLE|CATALOG|SCHEMA)|LOCALTIME(STAMP)?|SESSION_USER)\b`)
	literal     = regexp.MustCompile(`'(?:[^']|'')*'`)
	// A text that is read as a time when the statement runs, as 'now' and 'today' are.
	clockTexts = regexp.MustCompile(`(?i)'\s*(now|today|tomorrow|yesterday)\b[^']*'::cstring`)
	// What a row has of itself changes without it: age(xmin) with every transaction.
	systemColumns = regexp.MustCompile(`\.(xmin|xmax|cmin|cmax|ctid)\b`)
	// Texts of these types are names, which may be another's tomorrow.
	nameTypes = regexp.MustCompile(`::(?:pg_catalog\.)?(reg(?:class|collation|config|dictionary|namespace|oper|operator|proc|procedure|role|type))\b`)
)

func (e *explained) collect(facts *planFacts) {
	switch {
	case e.Relationship == "SubPlan" || e.Relationship == "InitPlan":
		facts.reason = "an expression has a subquery"
	case e.Node == "Nested Loop", e.Node == "Hash Join", e.Node == "Merge Join":
		// The planner makes a join of EXISTS and IN, even with the table itself.
		facts.reason = "an expression joins the rows with others"
	case e.Node == "Foreign Scan", e.Node == "Function Scan", e.Node == "CTE Scan", e.Node == "Custom Scan", e.Node == "Table Function Scan", e.Node == "Sample Scan":
		facts.reason = "the plan has a " + e.Node
	}
	if e.Relation != "" {
		facts.relations[catalog.Relation{Schema: e.Schema, Name: e.Relation}] = true
	}
	texts := append([]string{e.Filter, e.IndexCond, e.RecheckCond, e.OneTime, e.JoinFilter, e.HashCond, e.MergeCond}, e.Output...)
	for _, text := range append(append(texts, e.GroupKey...), e.SortKey...) {
		if clockTexts.MatchString(text) {
			facts.reason = "an expression reads the clock"
		}
		text = literal.ReplaceAllString(text, "''")
		if found := systemColumns.FindStringSubmatch(text); found != nil {
			facts.reason = "an expression uses the system column " + found[1]
		}
		if found := nameTypes.FindStringSubmatch(text); found != nil {
			facts.reason = "an expression looks up names, by the type " + found[1]
		}
		if found := clockValues.FindString(text); found != "" {
			facts.reason = "an expression uses " + found
		}
		facts.calls(text)
	}
	for i := range e.Plans {
		e.Plans[i].collect(facts)
	}
}

// calls notes the names before parentheses. Those of no function do no harm.
func (f *planFacts) calls(text string) {
	for _, call := range callPattern.FindAllStringSubmatch(literal.ReplaceAllString(text, "''"), -1) {
		name := strings.ToLower(call[1])
		if strings.HasPrefix(name, `"`) {
			name = strings.ReplaceAll(call[1][1:len(call[1])-1], `""`, `"`)
		}
		f.functions[name] = true
	}
}
