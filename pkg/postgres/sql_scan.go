package postgres

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/pullview/orders-datasource/pkg/query"
)

// plan is a statement with what is needed to decode its rows. Its columns are,
// in this order: the bucket, the label of each dimension, the sketch code, and
// the columns of the measures.
type plan struct {
	statement
	buckets   query.Buckets
	bucketed  bool // whether there is a bucket column
	groups    int
	sketch    bool
	kinds     []query.Kind // of the measures' columns
	maxRows   int
	maxGroups int
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
	p := &plan{buckets: scan.Buckets, groups: len(scan.GroupBy), maxRows: scan.MaxRows, maxGroups: scan.MaxGroups}
	if p.maxGroups == 0 {
		p.maxGroups = p.maxRows
	}
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
	except, err := l.except(ctx, rel, s, scan.ExceptBy, scan.Except)
	if err != nil {
		return nil, err
	}
	where = append(where, except...)

	in := &projection{fenced: bin != "" && !rel.distributed}
	if in.fenced && len(scan.Buckets.Windows) > 0 && at.kind == timeInstant {
		where = append(where, in.window(s, at, scan.Buckets.Windows)...)
	}
	if bin != "" {
		in.bucket(bin)
	}
	for _, d := range dimensions {
		in.key(d)
	}
	if len(scan.Measures) == 1 && scan.Measures[0].Kind == query.Sketch {
		err = l.sketchText(ctx, rel, p, scan.Measures[0], in, where)
	} else {
		err = l.aggregateText(ctx, rel, p, scan, in, where)
	}
	if err != nil {
		return nil, err
	}
	if err := s.checkBinds(); err != nil {
		return nil, err
	}
	return p, nil
}

// projection collects the columns of the inner query of a scan, which reads the
// rows, for the outer one, which aggregates them. So every expression is
// evaluated once per row, however many aggregates use it.
//
// A fence keeps the planner from merging the two. The planner takes date_bin of
// a column for as diverse as the column itself, and would sort millions of rows
// for the few buckets that there are; from behind a fence it expects few groups
// and hashes, in parallel. The fence is an OFFSET of nothing; it must be a
// constant of type bigint from the start, for with any other the planner gives
// up parallel plans before it finds out that the constant is 0.
type projection struct {
	fenced  bool
	windows string // joined with the rows of each window, or empty
	columns []string
	by      []string // the keys of the groups
	out     []string // the outer columns for them
	names   map[string]string
}

const fence = "OFFSET bigint '0'"

// add makes sql a column and returns its name. Equal expressions are one column.
func (p *projection) add(prefix, sql string) string {
	if name, ok := p.names[sql]; ok {
		return name
	}
	if p.names == nil {
		p.names = map[string]string{}
	}
	n := 1
	for _, taken := range p.names {
		if strings.HasPrefix(taken, prefix) {
			n++
		}
	}
	name := prefix + strconv.Itoa(n)
	p.names[sql] = name
	p.columns = append(p.columns, sql+" AS "+name)
	return name
}

func (p *projection) bucket(sql string) {
	p.columns = append(p.columns, sql+" AS bucket")
	p.by = append(p.by, "bucket")
	p.out = append(p.out, "bucket")
}

// window joins the rows of each of several stretches of time, every one found by
// the index, and returns the conditions that do it.
func (p *projection) window(s *statement, at timeColumn, windows []query.Window) []string {
	from, to := make([]time.Time, len(windows)), make([]time.Time, len(windows))
	for i, w := range windows {
		from[i], to[i] = w.From, w.To
	}
	p.windows = "unnest(" + s.bindInstants(from) + ", " + s.bindInstants(to) + ") AS part (since, until)\nCROSS JOIN LATERAL "
	return []string{at.sql + " >= part.since", at.sql + " < part.until"}
}

func (p *projection) key(d operand) {
	name := p.add("key", d.keySQL())
	p.by = append(p.by, name)
	p.out = append(p.out, d.labelOfKey(name))
}

// write writes the inner query.
func (p *projection) write(s *statement, rel *relation, where []string) {
	if len(p.columns) == 0 {
		s.write(rel.sql)
		writeWhere(s, "\n", where)
		return
	}
	const indent = "\n      "
	s.write(p.windows, "(SELECT ", strings.Join(p.columns, ","+indent+"       "), indent, "FROM ", rel.sql)
	writeWhere(s, indent, where)
	if p.fenced {
		s.write(indent, fence)
	}
	s.write(") AS rows")
}

func (l *Look) aggregateText(ctx context.Context, rel *relation, p *plan, scan *query.Scan, in *projection, where []string) error {
	s := &p.statement
	conditions := make([]string, len(scan.Measures))
	same, all := true, true
	for i, m := range scan.Measures {
		same = same && m.Where == scan.Measures[0].Where
		all = all && m.Where != ""
		if m.Where == "" {
			continue
		}
		var err error
		if conditions[i], err = l.condition(ctx, rel, m.Where); err != nil {
			return err
		}
	}
	// Conditions that every measure has belong to the rows, where a partial
	// index can serve them.
	switch {
	case all && same:
		where = append(where, conditions[0])
		clear(conditions)
	case all:
		where = append(where, "("+strings.Join(conditions, " OR ")+")")
	}
	if m := scan.Measures[0]; m.Kind == query.Percentiles {
		// As in a sketch, rows without an observation take no part.
		n, err := l.number(ctx, rel, m.Expr)
		if err != nil {
			return err
		}
		where = append(where, n.sql+" IS NOT NULL")
	}
	columns := slices.Clone(in.out)
	for i, m := range scan.Measures {
		var only []string
		if conditions[i] != "" {
			only = append(only, in.add("only", conditions[i]))
		}
		aggregates, err := l.aggregates(ctx, rel, p, m, in, only, scan.Span != nil)
		if err != nil {
			return err
		}
		columns = append(columns, aggregates...)
	}
	s.write("SELECT ", strings.Join(columns, ",\n       "), "\nFROM ")
	in.write(s, rel, where)
	if len(in.by) > 0 {
		s.write("\nGROUP BY ", strings.Join(in.by, ", "))
	} else {
		// Without a group there is always one row; no rows is no cell.
		s.write("\nHAVING count(*) > 0")
	}
	s.write("\nLIMIT ", strconv.Itoa(p.maxRows+1))
	return nil
}

// aggregates writes the columns of a measure and notes their kinds.
func (l *Look) aggregates(ctx context.Context, rel *relation, p *plan, m query.Measure, in *projection, only []string, finite bool) ([]string, error) {
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
		return []string{"count(DISTINCT " + in.add("x", f.sql) + ")" + filterClause(only)}, nil
	}
	n, err := l.number(ctx, rel, m.Expr)
	if err != nil {
		return nil, err
	}
	n.sql = in.add("x", n.sql)
	switch m.Kind {
	case query.Sum:
		if !finite {
			p.kinds = append(p.kinds, n.kind())
			return []string{"sum(" + n.sql + ")" + filterClause(only)}, nil
		}
		// What a gauge adds it subtracts again. Of floats that would leave behind
		// what was rounded, so they are added as the decimals that stand for them.
		x := n.sql
		if n.float {
			x += "::text::numeric"
		}
		p.kinds = append(p.kinds, query.KindDecimal)
		return []string{"sum(" + x + ")" + filterClause(append(only, n.finite()...))}, nil
	case query.Percentiles:
		only = append(only, n.finite()...)
		var columns []string
		for _, q := range m.Quantiles {
			p.kinds = append(p.kinds, n.kind())
			at := p.bindText(pgtype.Float8OID, strconv.FormatFloat(q, 'g', -1, 64))
			columns = append(columns, fmt.Sprintf("percentile_disc(%s) WITHIN GROUP (ORDER BY %s)%s", at, n.sql, filterClause(only)))
		}
		return columns, nil
	}
	return nil, fmt.Errorf("postgres: measure kind %d is not known or does not stand alone", m.Kind)
}

// sketchText counts observations by the logarithm of their size.
func (l *Look) sketchText(ctx context.Context, rel *relation, p *plan, m query.Measure, in *projection, where []string) error {
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
	n.sql = in.add("x", n.sql)
	in.fenced = true
	columns := append(slices.Clone(in.out), "code", "count(*)", "sum("+n.sql+")")
	s.write("SELECT ", strings.Join(columns, ",\n       "))
	s.write("\nFROM (SELECT *, ", n.codeSQL(), " AS code FROM ")
	in.write(s, rel, where)
	s.write("\n      WHERE ", n.sql, " IS NOT NULL\n      ", fence, ") AS coded")
	s.write("\nGROUP BY ", strings.Join(append(slices.Clone(in.by), "code"), ", "), "\nLIMIT ", strconv.Itoa(p.maxRows+1))
	return nil
}

func filterClause(conditions []string) string {
	if len(conditions) == 0 {
		return ""
	}
	return " FILTER (WHERE " + strings.Join(conditions, " AND ") + ")"
}

// writeWhere writes conditions, each on a line of its own.
func writeWhere(s *statement, indent string, conditions []string) {
	for i, c := range conditions {
		if i == 0 {
			s.write(indent, "WHERE ", c)
		} else {
			s.write(indent, "  AND ", c)
		}
	}
}
