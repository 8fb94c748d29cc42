package postgres

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/message"
	"github.com/pullview/orders-datasource/pkg/query"
)

// Events returns the rows of an annotation, the latest scan.Limit of them, from
// the earliest to the latest time. Where a period goes on, its end is not set.
func (l *Look) Events(ctx context.Context, scan *query.EventScan) (*query.Events, query.ScanStat, error) {
	var (
		events *query.Events
		stat   query.ScanStat
	)
	err := l.ask(ctx, "postgres.events", scan.Table, scan.Filters, func(ctx context.Context) (err error) {
		events, stat, err = l.events(ctx, scan)
		return err
	})
	if err != nil {
		return nil, query.ScanStat{}, err
	}
	return events, stat, nil
}

func (l *Look) events(ctx context.Context, scan *query.EventScan) (*query.Events, query.ScanStat, error) {
	s, err := l.compileEvents(ctx, scan)
	if err != nil {
		return nil, query.ScanStat{}, err
	}
	began := time.Now()
	d := &eventDecoder{annotation: scan.Annotation}
	if err := l.rowsOf(ctx, s, d.fields, d.row); err != nil {
		return nil, query.ScanStat{}, err
	}
	stat := query.ScanStat{SQL: s.text.String(), Rows: len(d.events), Took: time.Since(began)}
	events := &query.Events{List: d.events}
	if len(events.List) > scan.Limit {
		events.List, events.More = events.List[:scan.Limit], true
	}
	slices.Reverse(events.List)
	return events, stat, nil
}

// compileEvents writes the statement of an annotation. Its columns are, in this
// order: the time, the title, the text, the tags and, where there is an end,
// the end and whether the period goes on.
func (l *Look) compileEvents(ctx context.Context, scan *query.EventScan) (*statement, error) {
	a := scan.Annotation
	rel, err := l.relation(ctx, scan.Table)
	if err != nil {
		return nil, err
	}
	at, err := l.timeColumn(ctx, rel, a.Time)
	if err != nil {
		return nil, err
	}
	s := &statement{}
	columns := []string{at.instant(s)}
	for _, text := range []string{a.Title, a.Text} {
		if text == "" {
			columns = append(columns, "NULL::text")
			continue
		}
		f, err := l.fragment(ctx, rel, text)
		if err != nil {
			return nil, err
		}
		columns = append(columns, asText(f.sql))
	}
	tags, err := l.dimensions(ctx, rel, a.Tags)
	if err != nil {
		return nil, err
	}
	for _, tag := range tags {
		columns = append(columns, tag.labelSQL())
	}

	where := at.before(s, scan.To)
	if a.End == "" {
		where = append(at.from(s, scan.From), where...)
	} else {
		end, err := l.timeColumn(ctx, rel, a.End)
		if err != nil {
			return nil, err
		}
		goesOn := fmt.Sprintf("(%s IS NULL OR %s = 'infinity')", end.sql, end.sql)
		columns = append(columns, end.instant(s), goesOn)
		// The table's index on the time finds what began before the range's end.
		where = append(where, at.sql+" > '-infinity'", fmt.Sprintf("(%s >= %s OR %s > %s OR %s IS NULL)",
			at.instant(s), s.bindInstant(scan.From), end.instant(s), s.bindInstant(scan.From), end.sql))
	}
	kept, err := l.kept(ctx, rel, s, scan.Filters)
	if err != nil {
		return nil, err
	}
	where = append(where, kept...)
	if a.Where != "" {
		condition, err := l.condition(ctx, rel, a.Where)
		if err != nil {
			return nil, err
		}
		where = append(where, condition)
	}
	s.write("SELECT ", strings.Join(columns, ",\n       "), "\nFROM ", rel.sql)
	writeWhere(s, "\n", where)
	s.write("\nORDER BY ", at.sql, " DESC\nLIMIT ", strconv.Itoa(scan.Limit+1))
	return s, s.checkBinds()
}

// eventDecoder turns the rows of an annotation's statement into events.
type eventDecoder struct {
	annotation *catalog.Annotation
	events     []query.Event
	bytes      int
}

// fields checks that the result has the columns that compileEvents asks for.
func (d *eventDecoder) fields(fields []pgconn.FieldDescription) error {
	want := []uint32{pgtype.TimestamptzOID, pgtype.TextOID, pgtype.TextOID}
	for range d.annotation.Tags {
		want = append(want, pgtype.TextOID)
	}
	if d.annotation.End != "" {
		want = append(want, pgtype.TimestamptzOID, pgtype.BoolOID)
	}
	if len(fields) != len(want) {
		return fmt.Errorf("%w: %d columns instead of %d", errUnexpectedType, len(fields), len(want))
	}
	for i, f := range fields {
		if f.DataTypeOID != want[i] {
			return fmt.Errorf("%w: column %d is of %s", errUnexpectedType, i+1, typeName(f.DataTypeOID))
		}
	}
	return nil
}

func (d *eventDecoder) row(values [][]byte) error {
	for _, b := range values {
		if d.bytes += len(b); d.bytes > maxRecordBytes {
			return message.Errorf("%v: the events hold more than %d MiB of text", query.ErrTooManyCells, maxRecordBytes>>20)
		}
	}
	if len(values[0]) != 8 {
		return errWidth
	}
	var event query.Event
	// The statement leaves out what has no time, or an infinite one.
	event.Time, _ = instantOf(values[0])
	event.Title, event.Text = textOf(values[1]), textOf(values[2])
	tags := len(d.annotation.Tags)
	for _, tag := range values[3 : 3+tags] {
		if tag != nil {
			event.Tags = append(event.Tags, string(tag))
		}
	}
	if d.annotation.End != "" {
		end := values[3+tags]
		event.Running = isTrue(values[4+tags])
		if !event.Running && len(end) == 8 {
			// An end that is not after the time makes no period.
			if at, ok := instantOf(end); ok && at.After(event.Time) {
				event.End = at
			}
		}
	}
	d.events = append(d.events, event)
	return nil
}

// textOf returns a text that outlives its row, nil for NULL.
func textOf(b []byte) *string {
	if b == nil {
		return nil
	}
	text := string(b)
	return &text
}
