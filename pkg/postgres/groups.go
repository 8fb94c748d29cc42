package postgres

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/message"
	"github.com/pullview/orders-datasource/pkg/query"
)

// Passing returns those of a dimension's declared values that satisfy the
// filters on that dimension, in their order and written as labels write them.
// Values are compared by the database, by the rules of the dimension's type. A
// value that its type does not accept is a mistake in the catalog.
func (l *Look) Passing(ctx context.Context, t *catalog.Table, dimension string, values []string, filters []query.Filter) ([]query.Value, error) {
	if len(values) == 0 {
		return nil, nil
	}
	var passing []query.Value
	err := l.ask(ctx, "postgres.passing", t, filters, func(ctx context.Context) error {
		passing = nil
		s, err := l.passingText(ctx, t, dimension, values, filters)
		if err != nil {
			return err
		}
		return l.rowsOf(ctx, s, textFields(1), func(v [][]byte) error {
			passing = append(passing, query.Value{Text: string(v[0])})
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	return passing, nil
}

func (l *Look) passingText(ctx context.Context, t *catalog.Table, dimension string, values []string, filters []query.Filter) (*statement, error) {
	rel, err := l.relation(ctx, t)
	if err != nil {
		return nil, err
	}
	d, err := l.dimension(ctx, rel, dimension)
	if err != nil {
		return nil, err
	}
	parsed := make([]string, len(values))
	for i, v := range values {
		text, err := d.parse(v, t.Location().String())
		if err == nil && d.typeClass == classEnum && !d.hasLabel(text) {
			err = message.Errorf("is none of %s", strings.Join(d.labels, ", "))
		}
		if err != nil {
			return nil, &Error{Kind: KindCatalog, Err: err, Message: message.New("tables.%s.dimensions.%s.values[%d]: %s %v (the dimension has type %s)",
				t.Name, dimension, i, shorten(v), err, d.columnType.sql)}
		}
		parsed[i] = text
	}
	// The declared values stand in for the column.
	s := &statement{}
	list := d.bindList(s, parsed)
	d.sql = "value"
	s.write("SELECT ", d.labelSQL(), "\nFROM unnest(", list, ") WITH ORDINALITY AS declared (value, place)")
	var where []string
	for _, f := range filters {
		condition, err := d.condition(s, f)
		if err != nil {
			return nil, err
		}
		where = append(where, condition)
	}
	writeWhere(s, "\n", where)
	s.write("\nORDER BY place")
	return s, nil
}

// Seen returns the distinct groups of the rows with from <= time < to that pass
// the filters, at most limit of them, in no particular order.
func (l *Look) Seen(ctx context.Context, t *catalog.Table, timeColumn string, dimensions []string, filters []query.Filter, from, to time.Time, limit int) ([]query.Group, error) {
	if len(dimensions) == 0 || limit <= 0 {
		return nil, nil
	}
	var groups []query.Group
	err := l.ask(ctx, "postgres.seen", t, filters, func(ctx context.Context) error {
		groups = nil
		s, err := l.seenText(ctx, t, timeColumn, dimensions, filters, from, to, limit)
		if err != nil {
			return err
		}
		bytes := 0
		return l.rowsOf(ctx, s, textFields(len(dimensions)), func(v [][]byte) error {
			group := make(query.Group, len(v))
			for i, label := range v {
				group[i] = query.Value{Text: string(label), Null: label == nil}
				bytes += len(label)
			}
			groups = append(groups, group)
			if bytes > maxLabelBytes {
				return message.Errorf("%v: the labels of its groups are longer than %d MiB together", query.ErrTooManyCells, maxLabelBytes>>20)
			}
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	return groups, nil
}

func (l *Look) seenText(ctx context.Context, t *catalog.Table, timeColumn string, dimensions []string, filters []query.Filter, from, to time.Time, limit int) (*statement, error) {
	rel, err := l.relation(ctx, t)
	if err != nil {
		return nil, err
	}
	at, err := l.timeColumn(ctx, rel, timeColumn)
	if err != nil {
		return nil, err
	}
	operands, err := l.dimensions(ctx, rel, dimensions)
	if err != nil {
		return nil, err
	}
	s := &statement{}
	where, err := l.rows(ctx, rel, s, rowScope{at: at, filters: filters, from: from, to: to})
	if err != nil {
		return nil, err
	}
	var labels, keys []string
	for _, d := range operands {
		labels, keys = append(labels, d.labelSQL()), append(keys, d.keySQL())
	}
	s.write("SELECT ", strings.Join(labels, ", "), "\nFROM ", rel.sql)
	writeWhere(s, "\n", where)
	s.write("\nGROUP BY ", strings.Join(keys, ", "), "\nLIMIT ", strconv.Itoa(limit))
	return s, nil
}

// textFields checks that a result has n columns of text.
func textFields(n int) func([]pgconn.FieldDescription) error {
	return func(fields []pgconn.FieldDescription) error {
		if len(fields) != n {
			return fmt.Errorf("%w: %d columns instead of %d", errUnexpectedType, len(fields), n)
		}
		for i, f := range fields {
			if f.DataTypeOID != pgtype.TextOID {
				return fmt.Errorf("%w: column %d is of %s", errUnexpectedType, i+1, typeName(f.DataTypeOID))
			}
		}
		return nil
	}
}
