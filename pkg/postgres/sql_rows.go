package postgres

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/pullview/orders-datasource/pkg/query"
)

// rowScope says which rows of a relation take part.
type rowScope struct {
	at       timeColumn
	span     *query.Span
	level    bool // with span: rows open at to, instead of events with from <= at < to
	filters  []query.Filter
	from, to time.Time
}

// rows writes the conditions of a scope, the table's own among them.
func (l *Look) rows(ctx context.Context, rel *relation, s *statement, scope rowScope) ([]string, error) {
	where, err := l.times(ctx, rel, s, scope)
	if err != nil {
		return nil, err
	}
	kept, err := l.kept(ctx, rel, s, scope.filters)
	return append(where, kept...), err
}

// kept writes the conditions that rows fulfil at any time: the table's own and
// the filters.
func (l *Look) kept(ctx context.Context, rel *relation, s *statement, filters []query.Filter) ([]string, error) {
	var where []string
	if rel.table.Where != "" {
		condition, err := l.condition(ctx, rel, rel.table.Where)
		if err != nil {
			return nil, err
		}
		where = append(where, condition)
	}
	for _, f := range filters {
		d, err := l.dimension(ctx, rel, f.Key)
		if err != nil {
			return nil, err
		}
		condition, err := d.condition(s, f)
		if err != nil {
			return nil, err
		}
		where = append(where, condition)
	}
	return where, nil
}

func (l *Look) times(ctx context.Context, rel *relation, s *statement, scope rowScope) ([]string, error) {
	at := scope.at
	if scope.span == nil {
		return append(at.from(s, scope.from), at.before(s, scope.to)...), nil
	}
	opened, err := l.timeColumn(ctx, rel, scope.span.Opened)
	if err != nil {
		return nil, err
	}
	closed, err := l.timeColumn(ctx, rel, scope.span.Closed)
	if err != nil {
		return nil, err
	}
	began := opened.sql + " > '-infinity'"
	if scope.level {
		return append(opened.before(s, scope.to), began,
			fmt.Sprintf("(%s IS NULL OR %s >= %s)", closed.sql, closed.instant(s), s.bindInstant(scope.to))), nil
	}
	where := append(at.from(s, scope.from), at.before(s, scope.to)...)
	if at.sql == closed.sql {
		return append(where, began, closed.instant(s)+" > "+opened.instant(s)), nil
	}
	return append(where, fmt.Sprintf("(%s IS NULL OR %s > %s)", closed.sql, closed.instant(s), opened.instant(s))), nil
}

// except writes the condition that leaves out groups by their labels.
func (l *Look) except(ctx context.Context, rel *relation, s *statement, by []string, except []query.Group) ([]string, error) {
	if len(except) == 0 {
		return nil, nil
	}
	dimensions, err := l.dimensions(ctx, rel, by)
	if err != nil {
		return nil, err
	}
	if len(dimensions) == 0 {
		return []string{"FALSE"}, nil
	}
	groups := make([]string, len(except))
	for i, g := range except {
		if len(g) != len(dimensions) {
			return nil, fmt.Errorf("postgres: a group of %d values for %d dimensions", len(g), len(dimensions))
		}
		parts := make([]string, len(g))
		for j, v := range g {
			if v.Null {
				parts[j] = dimensions[j].sql + " IS NULL"
			} else {
				parts[j] = dimensions[j].labelSQL() + " IS NOT DISTINCT FROM " + s.bindText(pgtype.TextOID, v.Text)
			}
		}
		groups[i] = "(" + strings.Join(parts, " AND ") + ")"
	}
	return []string{"NOT (" + strings.Join(groups, "\n    OR ") + ")"}, nil
}

// number is an expression that is summed or observed.
type number struct {
	sql string
	columnType
}

// kind is that of a column of such numbers, or of their sums.
func (n number) kind() query.Kind {
	if n.float {
		return query.KindFloat
	}
	return query.KindDecimal
}

// finite writes the conditions that leave out NaN and the infinities, which
// only some types have.
func (n number) finite() []string {
	if n.typeClass == classInt || n.typeClass == classMoney {
		return nil
	}
	// NaN sorts above Infinity.
	return []string{"abs(" + n.sql + ") < 'Infinity'"}
}

// limits writes the conditions for a number that a sketch keeps among those
// that are not negative, and among those that are: NaN sorts above Infinity,
// and numerics reach beyond what a float8 holds. They are empty where the type
// has no other.
func (n number) limits() (most, least string) {
	const largest = "1.7976931348623157e308"
	switch {
	case n.typeClass == classInt || n.typeClass == classMoney:
		return "", ""
	case n.typeClass == classNumeric && n.bounded:
		return n.sql + " < 'NaN'", ""
	case n.typeClass == classNumeric:
		return n.sql + " <= " + largest, n.sql + " >= -" + largest
	}
	return n.sql + " < 'Infinity'", n.sql + " > '-Infinity'"
}

// kept writes the conditions for a number that a sketch keeps.
func (n number) kept() []string {
	conditions := []string{n.sql + " IS NOT NULL"}
	most, least := n.limits()
	for _, limit := range []string{most, least} {
		if limit != "" {
			conditions = append(conditions, limit)
		}
	}
	return conditions
}

// lnGamma is the width of a sketch bucket in the logarithm.
var lnGamma = math.Log(query.SketchGamma)

// codeSQL writes query.SketchCode of the number. Each branch evaluates only what
// its type needs.
func (n number) codeSQL() string {
	x := n.sql
	index := func(size string) string {
		return fmt.Sprintf("(%d + ceil(ln(%s::float8) / %s::float8))::int", query.SketchOffset, size, strconv.FormatFloat(lnGamma, 'g', -1, 64))
	}
	size, negated := "abs("+x+"::float8)", "abs("+x+"::float8)"
	if n.typeClass == classNumeric && !n.bounded {
		// Next to zero, numerics have sizes that are none of a float8.
		size, negated = "greatest("+x+", 5e-324)", "greatest(-"+x+", 5e-324)"
	}
	most, least := n.limits()
	branch := func(sign, within, size string) string {
		if within == "" {
			return sign + index(size)
		}
		return fmt.Sprintf("CASE WHEN %s THEN %s%s ELSE %d END", within, sign, index(size), query.SketchExcluded)
	}
	return fmt.Sprintf("CASE WHEN %s = 0 THEN %d WHEN %s > 0 THEN %s ELSE %s END",
		x, query.SketchZero, x, branch("", most, size), branch("-", least, negated))
}
