package postgres

import (
	"context"
	"fmt"
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
	// Filters narrow the rows whose values are asked for.
	Filters []query.Filter
	// From and To bound the table's default event time, half-open. Both zero
	// mean all rows, and so does a table without event time.
	From, To time.Time
	Limit    int // at least 1
}

// Values returns the distinct values of a dimension, for completion.
func (l *Look) Values(ctx context.Context, scan *ValueScan) (*ValueList, error) {
	var list *ValueList
	err := l.ask(ctx, "postgres.values", scan.Table, scan.Filters, func(ctx context.Context) (err error) {
		list, err = l.values(ctx, scan)
		return err
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

func (l *Look) values(ctx context.Context, scan *ValueScan) (*ValueList, error) {
	s, err := l.compileValues(ctx, scan)
	if err != nil {
		return nil, err
	}
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

// boundingRows is how many rows are looked at for a bound on the values. Of a
// million values they leave about one in a hundred to be sorted out.
const boundingRows = 10_000

// compileValues writes the statement that lists the first values, and one more
// if there are more.
//
// Telling all values apart costs memory and time by their number, though only
// the first are wanted. So some of the rows give a bound: those first among
// their values are values, and what is beyond the last of them is not among the
// first of all. Rows with too few values give none, and bound nothing.
func (l *Look) compileValues(ctx context.Context, scan *ValueScan) (*statement, error) {
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
	kept, err := l.kept(ctx, rel, s, scan.Filters)
	if err != nil {
		return nil, err
	}
	where = append(where, kept...)
	key, label, prefix := d.keySQL(), d.labelSQL(), ""
	if scan.Prefix != "" {
		prefix = " ILIKE " + bindPrefix(s, scan.Prefix)
	}
	sample := &statement{}
	sample.write("SELECT ", key, " AS key, ", label, " AS label FROM ", rel.sql)
	writeWhere(sample, " ", where)
	sample.write(" LIMIT ", strconv.Itoa(boundingRows))
	// The prefix is left to the reader of the sample: to collect so many rows with
	// a rare one might take a look at all.
	among := []string{"key IS NOT NULL"}
	if prefix != "" {
		among = append(among, "label"+prefix)
		where = append(where, label+prefix)
	}
	bound := &statement{}
	bound.write("SELECT key FROM (", sample.text.String(), ") AS sample")
	writeWhere(bound, " ", among)
	bound.write(" GROUP BY key ORDER BY key LIMIT 1 OFFSET ", strconv.Itoa(scan.Limit))
	where = append(where, fmt.Sprintf("coalesce(%s <= (%s), TRUE)", key, bound.text.String()))

	// Under a name of its own the key is ordered by its type. A column would give
	// way to an output of the same name, which is its text.
	s.write("SELECT ", d.labelOfKey("key"), " AS label\nFROM (\n  SELECT ", key, " AS key\n  FROM ", rel.sql)
	writeWhere(s, "\n  ", where)
	s.write("\n  GROUP BY ", key, "\n  ORDER BY key NULLS FIRST\n  LIMIT ", strconv.Itoa(scan.Limit+1), "\n) AS listed\nORDER BY key NULLS FIRST")
	return s, s.checkBinds()
}

// likeEscapes makes the signs that LIKE gives a meaning stand for themselves.
var likeEscapes = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// bindPrefix binds the pattern of labels that begin with a text, whatever its
// case, as people type.
func bindPrefix(s *statement, prefix string) string {
	prefix = strings.ReplaceAll(strings.ToValidUTF8(prefix, ""), "\x00", "")
	return s.bindText(pgtype.TextOID, likeEscapes.Replace(prefix)+"%")
}
