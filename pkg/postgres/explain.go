package postgres

import (
	"context"

	"github.com/pullview/orders-datasource/pkg/query"
)

// Statement is what a scan looks like to the server.
type Statement struct {
	SQL   string
	Binds []Bind // in order: $1, $2, …
}

// Bind is a bound value of a statement: its place and type, never the value.
type Bind struct {
	Position int
	Type     string
}

// Explain returns the statement of a scan without running it.
func (l *Look) Explain(ctx context.Context, scan *query.Scan) (Statement, error) {
	var p *plan
	err := l.withSchema(ctx, scan.Table, func() (err error) {
		p, err = l.compile(ctx, scan)
		return err
	})
	if err != nil {
		return Statement{}, l.about(scan.Table, err)
	}
	return p.explain(), nil
}

// ExplainRecords returns the statement that reads records, without running it.
func (l *Look) ExplainRecords(ctx context.Context, scan *query.RecordScan) (Statement, error) {
	var p *recordPlan
	err := l.withSchema(ctx, scan.Table, func() (err error) {
		p, err = l.compileRecords(ctx, scan)
		return err
	})
	if err != nil {
		return Statement{}, l.about(scan.Table, err)
	}
	return p.rows.explain(), nil
}

// ExplainEvents returns the statement of an annotation, without running it.
func (l *Look) ExplainEvents(ctx context.Context, scan *query.EventScan) (Statement, error) {
	var s *statement
	err := l.withSchema(ctx, scan.Table, func() (err error) {
		s, err = l.compileEvents(ctx, scan)
		return err
	})
	if err != nil {
		return Statement{}, l.about(scan.Table, err)
	}
	return s.explain(), nil
}

func (s *statement) explain() Statement {
	e := Statement{SQL: s.text.String(), Binds: make([]Bind, len(s.binds))}
	for i, b := range s.binds {
		e.Binds[i] = Bind{Position: i + 1, Type: typeName(b.oid)}
	}
	return e
}
