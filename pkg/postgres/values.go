package postgres

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/query"
)

// ValueList is an excerpt of a dimension's values.
type ValueList struct {
	Values   []query.Value // in the order of the dimension's type; NULL first
	Complete bool          // whether these are all that there are
}

// ValueScan asks for the values of a dimension.
type ValueScan struct {
	Table     *catalog.Table
	Dimension string
	Prefix    string // of the label, without regard to case; empty for all
	// From and To bound the table's default event time, half-open. Both zero
	// mean all rows, and so does a table without event time.
	From, To time.Time
	Limit    int // at least 1
}

// Values returns the distinct values of a dimension, for completion.
func (l *Look) Values(ctx context.Context, scan *ValueScan) (*ValueList, error) {
	ctx, done := l.span(ctx, "postgres.values", scan.Table)
	var list *ValueList
	err := l.withSchema(ctx, scan.Table, func() (err error) {
		list, err = l.values(ctx, scan)
		return err
	})
	done(err)
	if err != nil {
		return nil, l.about(scan.Table, err)
	}
	return list, nil
}

func (l *Look) values(ctx context.Context, scan *ValueScan) (*ValueList, error) {
	rel, err := l.relation(ctx, scan.Table)
	if err != nil {
		return nil, err
	}
	d, err := l.dimension(ctx, rel, scan.Dimension)
	if err != nil {
		return nil, err
	}
	s := &statement{}
	var where []string
	if scan.Table.Time != "" && !(scan.From.IsZero() && scan.To.IsZero()) {
		at, err := l.timeColumn(ctx, rel, scan.Table.Time)
		if err != nil {
			return nil, err
		}
		where = append(at.from(s, scan.From), at.before(s, scan.To)...)
	}
	if scan.Table.Where != "" {
		condition, err := l.condition(ctx, rel, scan.Table.Where)
		if err != nil {
			return nil, err
		}
		where = append(where, condition)
	}
	if scan.Prefix != "" {
		where = append(where, d.prefixSQL(s, scan.Prefix))
	}
	s.write("SELECT ", d.labelSQL(), "\nFROM ", rel.sql)
	writeWhere(s, "\n", where)
	s.write("\nGROUP BY ", d.keySQL(), "\nORDER BY ", d.keySQL(), " NULLS FIRST\nLIMIT ", strconv.Itoa(scan.Limit+1))

	list := &ValueList{Complete: true}
	bytes := 0
	err = l.rowsOf(ctx, s, textFields(1), func(v [][]byte) error {
		if bytes += len(v[0]); len(list.Values) == scan.Limit || bytes > maxLabelBytes {
			list.Complete = false
			return nil
		}
		list.Values = append(list.Values, query.Value{Text: string(v[0]), Null: v[0] == nil})
		return nil
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

// likeEscapes makes the signs that LIKE gives a meaning stand for themselves.
var likeEscapes = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// prefixSQL writes the condition that a label begins with a text, whatever its
// case, as people type. What bounds the work is the time range.
func (o operand) prefixSQL(s *statement, prefix string) string {
	prefix = strings.ReplaceAll(strings.ToValidUTF8(prefix, ""), "\x00", "")
	return o.labelSQL() + " ILIKE " + s.bindText(pgtype.TextOID, likeEscapes.Replace(prefix)+"%")
}
