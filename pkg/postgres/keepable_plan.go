package postgres

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/message"
)

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

// collect takes a node, and those beneath it, into what a statement uses.
func (e *explained) collect(facts *planFacts) {
	if reason := e.readsOthers(); !reason.IsZero() {
		facts.reason = reason
	}
	if e.Relation != "" {
		facts.relations[catalog.Relation{Schema: e.Schema, Name: e.Relation}] = true
	}
	for _, text := range e.expressions() {
		facts.planned(text)
	}
	for i := range e.Plans {
		e.Plans[i].collect(facts)
	}
}

// readsOthers is the reason why the numbers do not depend on each row by itself,
// as far as the kind of a node alone tells; it is empty where it does not.
func (e *explained) readsOthers() message.Message {
	switch {
	case e.Relationship == "SubPlan" || e.Relationship == "InitPlan":
		return message.New("an expression has a subquery")
	case e.Node == "Nested Loop", e.Node == "Hash Join", e.Node == "Merge Join":
		// The planner makes a join of EXISTS and IN, even with the table itself.
		return message.New("an expression joins the rows with others")
	case e.Node == "Foreign Scan", e.Node == "Function Scan", e.Node == "CTE Scan", e.Node == "Custom Scan", e.Node == "Table Function Scan", e.Node == "Sample Scan":
		// What these read, or which part of it, is not the rows of the table alone.
		return message.New("the plan has a %s", e.Node)
	}
	return message.Message{}
}

// expressions are the texts of a node in which names and literals may be.
func (e *explained) expressions() []string {
	texts := append([]string{e.Filter, e.IndexCond, e.RecheckCond, e.OneTime, e.JoinFilter, e.HashCond, e.MergeCond}, e.Output...)
	return append(append(texts, e.GroupKey...), e.SortKey...)
}
