package postgres

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/pullview/orders-datasource/pkg/query"
)

// plan is a statement with what is needed to decode its rows. Its columns are,
// in this order: the bucket, the label of each dimension, the sketch code, and
// the columns of the measures.
type plan struct {
	statement
	buckets  query.Buckets
	bucketed bool // whether there is a bucket column
	groups   int
	sketch   bool
	kinds    []query.Kind // of the measures' columns
	maxRows  int
}

// compile writes the statement of a scan.
func (l *Look) compile(ctx context.Context, scan *query.Scan) (*plan, error) {
	if err := checkBuckets(scan.Buckets); err != nil {
		return nil, err
	}
	rel, err := l.relation(ctx, scan.Table)
	if err != nil {
		return nil, err
	}
	p := &plan{buckets: scan.Buckets, groups: len(scan.GroupBy), maxRows: scan.MaxRows}
	s := &p.statement

	at, err := l.timeColumn(ctx, rel, scan.Time)
	if err != nil {
		return nil, err
	}
	var bin string
	if !scan.Level {
		bin = at.bucket(s, scan.Buckets)
	}
	p.bucketed = bin != ""
	dimensions, err := l.dimensions(ctx, rel, scan.GroupBy)
	if err != nil {
		return nil, err
	}
	where, err := l.rows(ctx, rel, s, rowScope{
		at: at, span: scan.Span, level: scan.Level, filters: scan.Filters, from: scan.Buckets.From, to: scan.Buckets.To,
	})
	if err != nil {
		return nil, err
	}
	except, err := l.except(ctx, rel, s, scan)
	if err != nil {
		return nil, err
	}
	where = append(where, except...)

	if len(scan.Measures) == 1 && scan.Measures[0].Kind == query.Sketch {
		err = l.sketchText(ctx, rel, p, scan.Measures[0], bin, dimensions, where)
	} else {
		err = l.aggregateText(ctx, rel, p, scan, bin, dimensions, where)
	}
	if err != nil {
		return nil, err
	}
	if len(s.binds) > maxBinds {
		return nil, &query.Error{Field: "filters", Message: fmt.Sprintf(
			"the filters bind %d values, more than the %d that one statement can; filter by fewer values", len(s.binds), maxBinds)}
	}
	return p, nil
}

func (l *Look) aggregateText(ctx context.Context, rel *relation, p *plan, scan *query.Scan, bin string, dimensions []operand, where []string) error {
	s := &p.statement
	from := rowColumns{fenced: bin != ""}
	var columns, keys []string
	if bin != "" {
		bin = from.column(bin)
		columns, keys = append(columns, bin), append(keys, bin)
	}
	for _, d := range dimensions {
		key := from.column(d.keySQL())
		columns, keys = append(columns, d.labelOfKey(key)), append(keys, key)
	}
	// A condition that all measures share belongs to the rows, where a partial
	// index can serve it. Where each has a condition of its own, a row that
	// fulfils none must not make a group.
	conditions := make([]string, len(scan.Measures))
	any, shared := map[string]bool{}, true
	for i, m := range scan.Measures {
		if m.Where != "" {
			condition, err := l.condition(ctx, rel, m.Where)
			if err != nil {
				return err
			}
			conditions[i] = condition
		}
		any[conditions[i]] = true
		shared = shared && conditions[i] == conditions[0]
	}
	if !any[""] {
		where = append(where, "("+strings.Join(sortedKeys(any), " OR ")+")")
	}
	for i, m := range scan.Measures {
		var only []string
		if !shared && conditions[i] != "" {
			only = append(only, from.column(conditions[i]))
		}
		aggregates, err := l.aggregates(ctx, rel, p, m, &from, only, scan.Span != nil)
		if err != nil {
			return err
		}
		columns = append(columns, aggregates...)
	}
	s.write("SELECT ", strings.Join(columns, ",\n       "))
	from.write(s, rel.sql, where)
	if len(keys) > 0 {
		s.write("\nGROUP BY ", strings.Join(keys, ", "))
	} else {
		// Without a group there is always one row; no rows is no cell.
		s.write("\nHAVING count(*) > 0")
	}
	s.write("\nLIMIT ", strconv.Itoa(p.maxRows+1))
	return nil
}

// fence keeps the planner from flattening a subquery. Grouped by date_bin of a
// column, a query is planned as if each value of the column were a group of
// its own, and sorts millions of rows to make a thousand buckets; of a fenced
// column the planner assumes few values, and hashes, in parallel where that
// pays. The offset has to be a constant of type bigint already: the planner
// takes a cast for a limit that parallel workers cannot share (limit_needed in
// src/backend/optimizer/plan/planner.c).
const fence = "\nOFFSET bigint '0'"

// rowColumns collects what aggregates use of each row. Fenced, the expressions
// are computed in a subquery and the aggregates see its columns.
type rowColumns struct {
	fenced  bool
	columns []string
}

// column returns what stands for an expression over the relation's columns.
func (r *rowColumns) column(sql string) string {
	if !r.fenced {
		return sql
	}
	i := slices.Index(r.columns, sql)
	if i < 0 {
		i = len(r.columns)
		r.columns = append(r.columns, sql)
	}
	return "c" + strconv.Itoa(i+1)
}

func (r *rowColumns) write(s *statement, relation string, where []string) {
	if !r.fenced {
		s.write("\nFROM ", relation)
		writeWhere(s, where)
		return
	}
	s.write("\nFROM (SELECT ")
	for i, column := range r.columns {
		if i > 0 {
			s.write(",\n       ")
		}
		s.write(column, " AS c", strconv.Itoa(i+1))
	}
	s.write("\nFROM ", relation)
	writeWhere(s, where)
	s.write(fence, ") AS r")
}

// aggregates writes the columns of a measure and notes their kinds.
func (l *Look) aggregates(ctx context.Context, rel *relation, p *plan, m query.Measure, from *rowColumns, only []string, finite bool) ([]string, error) {
	switch m.Kind {
	case query.CountRows:
		p.kinds = append(p.kinds, query.KindInt)
		return []string{"count(*)" + filterClause(only)}, nil
	case query.CountDistinct:
		f, err := l.fragment(ctx, rel, m.Expr)
		if err != nil {
			return nil, err
		}
		p.kinds = append(p.kinds, query.KindInt)
		return []string{"count(DISTINCT " + from.column(f.sql) + ")" + filterClause(only)}, nil
	}
	n, err := l.number(ctx, rel, m.Expr)
	if err != nil {
		return nil, err
	}
	n.sql = from.column(n.sql)
	switch m.Kind {
	case query.Sum:
		p.kinds = append(p.kinds, n.kind())
		if finite {
			only = append(only, n.finite()...)
		}
		return []string{"sum(" + n.sql + ")" + filterClause(only)}, nil
	case query.Percentiles:
		only = append(only, n.finite()...)
		var columns []string
		for _, q := range m.Quantiles {
			p.kinds = append(p.kinds, n.kind())
			placeholder := p.bindText(pgtype.Float8OID, strconv.FormatFloat(q, 'g', -1, 64))
			columns = append(columns, fmt.Sprintf("percentile_disc(%s) WITHIN GROUP (ORDER BY %s)%s", placeholder, n.sql, filterClause(only)))
		}
		return columns, nil
	}
	return nil, fmt.Errorf("postgres: measure kind %d is not known or does not stand alone", m.Kind)
}

// sketchText counts observations by the logarithm of their size. The inner
// query evaluates the observed expression once per row.
func (l *Look) sketchText(ctx context.Context, rel *relation, p *plan, m query.Measure, bin string, dimensions []operand, where []string) error {
	s := &p.statement
	n, err := l.number(ctx, rel, m.Expr)
	if err != nil {
		return err
	}
	if m.Where != "" {
		condition, err := l.condition(ctx, rel, m.Where)
		if err != nil {
			return err
		}
		where = append(where, condition)
	}
	p.sketch = true
	p.kinds = []query.Kind{query.KindInt, n.kind()}

	var inner, outer, by []string
	if p.bucketed {
		inner = append(inner, bin+" AS bucket")
		outer = append(outer, "bucket")
		by = append(by, "bucket")
	}
	for i, d := range dimensions {
		key := fmt.Sprintf("key%d", i+1)
		inner = append(inner, d.keySQL()+" AS "+key)
		outer = append(outer, d.labelOfKey(key))
		by = append(by, key)
	}
	inner = append(inner, n.sql+" AS x")
	outer = append(outer, "code", "count(*)", "sum(x)")
	by = append(by, "code")
	s.write("SELECT ", strings.Join(outer, ",\n       "))
	s.write("\nFROM (SELECT *, ", n.codeSQL("x"), " AS code")
	s.write("\nFROM (SELECT ", strings.Join(inner, ",\n       "), "\nFROM ", rel.sql)
	writeWhere(s, where)
	s.write(fence, ") AS observed\nWHERE x IS NOT NULL) AS coded")
	s.write("\nGROUP BY ", strings.Join(by, ", "), "\nLIMIT ", strconv.Itoa(p.maxRows+1))
	return nil
}

func filterClause(conditions []string) string {
	if len(conditions) == 0 {
		return ""
	}
	return " FILTER (WHERE " + strings.Join(conditions, " AND ") + ")"
}

func writeWhere(s *statement, conditions []string) {
	for i, c := range conditions {
		if i == 0 {
			s.write("\nWHERE ", c)
		} else {
			s.write("\n  AND ", c)
		}
	}
}
