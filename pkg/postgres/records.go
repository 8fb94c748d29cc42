package postgres

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/message"
	"github.com/pullview/orders-datasource/pkg/query"
)

// maxRecordBytes bounds the text of one answer of records: documents in a
// column can be of any length.
const maxRecordBytes = 32 << 20

// Records returns rows of a table, newest first by the event time, and counts
// all that match. Numbers, times and booleans keep their type; infinite times
// are null, and everything else is shown as the database prints it.
func (l *Look) Records(ctx context.Context, scan *query.RecordScan) (*query.Records, query.ScanStat, error) {
	var (
		records *query.Records
		stat    query.ScanStat
	)
	err := l.ask(ctx, "postgres.records", scan.Table, scan.Filters, func(ctx context.Context) (err error) {
		records, stat, err = l.records(ctx, scan)
		return err
	})
	if err != nil {
		return nil, query.ScanStat{}, err
	}
	return records, stat, nil
}

func (l *Look) records(ctx context.Context, scan *query.RecordScan) (*query.Records, query.ScanStat, error) {
	began := time.Now()
	p, err := l.compileRecords(ctx, scan)
	if err != nil {
		return nil, query.ScanStat{}, err
	}
	d := &recordDecoder{plan: p}
	if err := l.rowsOf(ctx, &p.rows, d.fields, d.row); err != nil {
		return nil, query.ScanStat{}, err
	}
	records := &query.Records{Columns: d.columns, Matching: int64(d.count)}
	if d.count >= scan.Limit {
		// There may be more than were read.
		err := l.rowsOf(ctx, &p.count, func([]pgconn.FieldDescription) error { return nil }, func(v [][]byte) error {
			if len(v) != 1 || len(v[0]) != 8 {
				return errWidth
			}
			records.Matching = int64(binary.BigEndian.Uint64(v[0]))
			return nil
		})
		if err != nil {
			return nil, query.ScanStat{}, err
		}
	}
	return records, query.ScanStat{SQL: p.rows.text.String(), Rows: d.count, Took: time.Since(began)}, nil
}

// recordPlan is the pair of statements that reads and counts records.
type recordPlan struct {
	rows, count statement
	names       []string
	kinds       []recordKind
}

func (l *Look) compileRecords(ctx context.Context, scan *query.RecordScan) (*recordPlan, error) {
	rel, err := l.relation(ctx, scan.Table)
	if err != nil {
		return nil, err
	}
	p := &recordPlan{}
	var columns []string
	for _, name := range scan.Columns {
		c, ok := rel.column(name)
		if !ok {
			return nil, &Error{Kind: KindCatalog, Message: message.New("tables.%s.records: %s has no column %s%s",
				scan.Table.Name, scan.Table.Relation, shorten(name), didYouMean(catalog.Nearest(name, rel.columnNames())))}
		}
		columns = append(columns, recordSQL(&p.rows, c, scan.Table.Location().String()))
		p.names = append(p.names, name)
		p.kinds = append(p.kinds, c.record)
	}
	if len(columns) == 0 {
		return nil, &Error{Kind: KindCatalog, Message: message.New("tables.%s.records lists no columns, so no rows of the table may be shown", scan.Table.Name)}
	}
	at, err := l.timeColumn(ctx, rel, scan.Time)
	if err != nil {
		return nil, err
	}
	// Both statements get the same conditions, each with binds of its own.
	p.rows.write("SELECT ", strings.Join(columns, ",\n       "))
	p.count.write("SELECT count(*)")
	for _, s := range []*statement{&p.rows, &p.count} {
		where, err := l.rows(ctx, rel, s, rowScope{
			at: at, span: scan.Span, level: scan.Level, filters: scan.Filters, from: scan.Buckets.From, to: scan.Buckets.To,
		})
		if err != nil {
			return nil, err
		}
		for _, text := range scan.Where {
			if text == "" {
				continue
			}
			condition, err := l.condition(ctx, rel, text)
			if err != nil {
				return nil, err
			}
			where = append(where, condition)
		}
		except, err := l.except(ctx, rel, s, scan.ExceptBy, scan.Except)
		if err != nil {
			return nil, err
		}
		measured, err := l.measured(ctx, rel, scan.Measure)
		if err != nil {
			return nil, err
		}
		where = append(append(where, except...), measured...)
		s.write("\nFROM ", rel.sql)
		writeWhere(s, "\n", where)
	}
	p.rows.write("\nORDER BY ", at.sql, " DESC\nLIMIT ", strconv.Itoa(scan.Limit))
	return p, p.rows.checkBinds()
}

// measured writes the conditions for rows that add to a measure.
func (l *Look) measured(ctx context.Context, rel *relation, m query.Measure) ([]string, error) {
	switch m.Kind {
	case query.CountDistinct:
		f, err := l.fragment(ctx, rel, m.Expr)
		return []string{f.sql + " IS NOT NULL"}, err
	case query.Sketch, query.Percentiles:
		n, err := l.number(ctx, rel, m.Expr)
		if err != nil {
			return nil, err
		}
		return n.kept(), nil
	}
	return nil, nil
}

// recordSQL writes a column in the form in which its kind is read.
func recordSQL(s *statement, c column, zone string) string {
	name := quoteIdentifier(c.name)
	switch c.record {
	case recordTime:
		return timeColumn{sql: name, kind: c.time, zone: zone}.instant(s)
	case recordDecimal:
		return name + "::numeric"
	case recordFloat:
		return name + "::float8"
	case recordBool:
		return name
	}
	return name + "::text"
}

// recordDecoder turns the binary rows of a recordPlan into columns.
type recordDecoder struct {
	plan    *recordPlan
	columns []query.RecordColumn
	count   int
	bytes   int
}

var recordOIDs = map[recordKind]uint32{
	recordText:    pgtype.TextOID,
	recordTime:    pgtype.TimestamptzOID,
	recordDecimal: pgtype.NumericOID,
	recordFloat:   pgtype.Float8OID,
	recordBool:    pgtype.BoolOID,
}

func (d *recordDecoder) fields(fields []pgconn.FieldDescription) error {
	if len(fields) != len(d.plan.kinds) {
		return fmt.Errorf("%w: %d columns instead of %d", errUnexpectedType, len(fields), len(d.plan.kinds))
	}
	d.columns = make([]query.RecordColumn, len(fields))
	for i, kind := range d.plan.kinds {
		if fields[i].DataTypeOID != recordOIDs[kind] {
			return fmt.Errorf("%w: column %s is of %s", errUnexpectedType, d.plan.names[i], typeName(fields[i].DataTypeOID))
		}
		c := &d.columns[i]
		c.Name = d.plan.names[i]
		switch kind {
		case recordTime:
			c.Times = []*time.Time{}
		case recordDecimal:
			c.Decimals = []*query.Decimal{}
		case recordFloat:
			c.Floats = []*float64{}
		case recordBool:
			c.Bools = []*bool{}
		default:
			c.Texts = []*string{}
		}
	}
	return nil
}

func (d *recordDecoder) row(values [][]byte) error {
	d.count++
	for i, b := range values {
		if d.bytes += len(b); d.bytes > maxRecordBytes {
			return message.Errorf("%v: the rows hold more than %d MiB", query.ErrTooManyCells, maxRecordBytes>>20)
		}
		if err := d.value(i, b); err != nil {
			return err
		}
	}
	return nil
}

func (d *recordDecoder) value(i int, b []byte) error {
	c := &d.columns[i]
	switch d.plan.kinds[i] {
	case recordTime:
		var v *time.Time
		if len(b) == 8 {
			if at, ok := instantOf(b); ok {
				v = &at
			}
		} else if b != nil {
			return errWidth
		}
		c.Times = append(c.Times, v)
	case recordDecimal:
		var v *query.Decimal
		if b != nil {
			n, err := decodeNumeric(b)
			if err != nil {
				return err
			}
			v = &n
		}
		c.Decimals = append(c.Decimals, v)
	case recordFloat:
		var v *float64
		if len(b) == 8 {
			n := math.Float64frombits(binary.BigEndian.Uint64(b))
			v = &n
		} else if b != nil {
			return errWidth
		}
		c.Floats = append(c.Floats, v)
	case recordBool:
		var v *bool
		if len(b) == 1 {
			n := b[0] != 0
			v = &n
		} else if b != nil {
			return errWidth
		}
		c.Bools = append(c.Bools, v)
	default:
		var v *string
		if b != nil {
			n := string(b)
			v = &n
		}
		c.Texts = append(c.Texts, v)
	}
	return nil
}
