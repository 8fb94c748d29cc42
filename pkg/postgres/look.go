package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/query"
)

// Look is one read-only transaction: all its statements see the same snapshot.
// It is not safe for concurrent use.
type Look struct {
	store    *Store
	conn     *pgxpool.Conn // nil once the look is closed
	urgent   bool          // it has a right to the connections that are reserved
	leave    func()        // gives up the right to a connection
	comment  string
	snapshot query.Snapshot
	locks    []*catalog.Table // locked before the snapshot is taken
	hasty    bool             // it does not wait long for them
	imports  string           // the exported snapshot that it is to see; empty for one of its own
	horizon  horizon          // known where a table of locks needs it
	settings string           // those that are not pinned
	server   string           // identifies the server's history, and the settings; known where there are locks
	failed   bool             // the transaction is to be rolled back to its savepoint
	read     bool             // rows of tables were read

	// What is known about relations is from the store's memory, unless the look has
	// read it: of the one that it has checked, and one that the next statement does.
	checked, doubted *relation
	definitions      map[*catalog.Table]string // the prints of tables, where the look reads these
}

// Snapshot names the state of the database that the look sees.
func (l *Look) Snapshot() query.Snapshot { return l.snapshot }

// Close ends the transaction and gives the connection back. It is safe to call
// more than once.
func (l *Look) Close() {
	if l.conn == nil {
		return
	}
	conn := l.conn
	l.conn = nil
	l.discard(conn)
	l.leave()
	l.store.looks.Done()
}

// Scan aggregates rows. Its error is query.ErrTooManyCells when the result has
// more than scan.MaxRows rows, a *query.Error when a filter's value does not
// fit its dimension, and else an *Error.
func (l *Look) Scan(ctx context.Context, scan *query.Scan) (*query.Cells, error) {
	var cells *query.Cells
	err := l.ask(ctx, "postgres.scan", scan.Table, scan.Filters, func(ctx context.Context) error {
		p, err := l.compile(ctx, scan)
		if err != nil {
			return err
		}
		cells, err = l.cells(ctx, p)
		return err
	})
	if err != nil {
		return nil, err
	}
	return cells, nil
}

// cells runs a plan.
func (l *Look) cells(ctx context.Context, p *plan) (*query.Cells, error) {
	d := newCellDecoder(p)
	began := time.Now()
	err := l.rowsOf(ctx, &p.statement, d.fields, d.row)
	if err != nil {
		return nil, err
	}
	cells := d.cells()
	cells.Stat = query.ScanStat{SQL: p.text.String(), Rows: d.rows, Took: time.Since(began)}
	return cells, nil
}

// rowsOf runs a statement under the look's comment and hands on its columns
// and its rows, whose values are valid until the next row only. Reading stops
// at the first error of fields or row.
func (l *Look) rowsOf(ctx context.Context, s *statement, fields func([]pgconn.FieldDescription) error, row func([][]byte) error) error {
	l.read = true
	if l.doubted != nil {
		return l.confirmed(ctx, s, fields, row)
	}
	return l.stream(ctx, s, fields, row)
}

// confirmed is stream for a statement that was written by what the store
// remembers of a relation. In the same round trip it finds out whether the
// relation is still defined so, and fails with errOutdated where it is not.
func (l *Look) confirmed(ctx context.Context, s *statement, fields func([]pgconn.FieldDescription) error, row func([][]byte) error) error {
	r := l.doubted
	l.doubted = nil
	values, oids, formats := s.values()
	definition := fixedStatement{sql: r.shape}
	err := l.run(ctx, func(ctx context.Context, pg *pgconn.PgConn) error {
		if err := l.prepare(ctx, pg, &definition); err != nil {
			return err
		}
		ctx, stop := context.WithCancel(ctx)
		defer stop()
		p := pg.StartPipeline(ctx)
		definition.send(p)
		p.SendQueryParams(l.comment+s.text.String(), values, oids, formats, []int16{pgtype.BinaryFormatCode})
		err := p.Sync()
		same := false
		for n := 0; err == nil; n++ {
			var result any
			if result, err = p.GetResults(); err != nil || result == nil {
				break
			}
			rows, ok := result.(*pgconn.ResultReader)
			switch {
			case !ok:
			case n == 0:
				for rows.NextRow() {
					same = string(rows.Values()[0]) == r.definition
				}
				if _, err = rows.Close(); err == nil && !same {
					err = errOutdated
					stop() // nobody reads what the statement finds
				}
			default:
				err = take(rows, fields, row, stop)
			}
		}
		if closeErr := p.Close(); err == nil {
			err = closeErr
		}
		return err
	})
	if err == nil {
		l.checked = r
	}
	return err
}

func (l *Look) stream(ctx context.Context, s *statement, fields func([]pgconn.FieldDescription) error, row func([][]byte) error) error {
	values, oids, formats := s.values()
	return l.run(ctx, func(ctx context.Context, pg *pgconn.PgConn) error {
		ctx, stop := context.WithCancel(ctx)
		defer stop()
		rows := pg.ExecParams(ctx, l.comment+s.text.String(), values, oids, formats, []int16{pgtype.BinaryFormatCode})
		return take(rows, fields, row, stop)
	})
}

// take reads the columns and rows of a result. It stops the statement where
// nobody reads the rest.
func take(rows *pgconn.ResultReader, fields func([]pgconn.FieldDescription) error, row func([][]byte) error, stop func()) error {
	var err error
	if rows.FieldDescriptions() != nil {
		err = fields(rows.FieldDescriptions())
	}
	for err == nil && rows.NextRow() {
		err = row(rows.Values())
	}
	if err != nil {
		if rows.NextRow() {
			stop() // the server need not send what nobody reads
		}
		_, _ = rows.Close()
		return err
	}
	_, err = rows.Close()
	return err
}

// fixed runs a statement of this package's own on the system's catalogs, or on
// a change log, that returns few rows.
func (l *Look) fixed(ctx context.Context, sql string, binds []bind, row func([][]byte) error) error {
	s := &statement{binds: binds}
	s.write(sql)
	return l.stream(ctx, s, func([]pgconn.FieldDescription) error { return nil }, row)
}

// describe has the server parse a statement and tell its parameters and
// columns.
func (l *Look) describe(ctx context.Context, sql string) (*pgconn.StatementDescription, error) {
	var description *pgconn.StatementDescription
	err := l.run(ctx, func(ctx context.Context, pg *pgconn.PgConn) (err error) {
		description, err = pg.Prepare(ctx, "", l.comment+sql, nil)
		return err
	})
	return description, err
}

// run uses the look's connection, first undoing what an earlier failure left
// behind.
func (l *Look) run(ctx context.Context, use func(context.Context, *pgconn.PgConn) error) error {
	if l.conn == nil {
		return errors.New("postgres: the look is closed")
	}
	// The server's own limit comes first; this one is for a server that has
	// gone silent.
	ctx, expire := context.WithTimeout(ctx, l.store.timeout+silenceMargin)
	defer expire()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stop := context.AfterFunc(l.store.ctx, func() { cancel(ErrClosed) })
	defer stop()

	pg := l.conn.Conn().PgConn()
	if l.failed {
		if _, err := pg.ExecParams(ctx, rollbackToSQL, nil, nil, nil, nil).Close(); err != nil {
			return fmt.Errorf("recover the transaction: %w", err)
		}
		l.failed = false
	}
	err := use(ctx, pg)
	if err != nil {
		l.failed = true
		if cause := context.Cause(ctx); cause != nil && !errors.Is(err, query.ErrTooManyCells) {
			// The server's "canceling statement" says less than why.
			return &cancelled{cause: cause, err: err}
		}
	}
	return err
}

// silenceMargin is how much longer than a statement may take its answer is
// waited for.
const silenceMargin = 2 * time.Second

// cancelled is the error of a statement whose caller went away or whose time
// was up.
type cancelled struct{ cause, err error }

func (e *cancelled) Error() string   { return e.cause.Error() + ": " + e.err.Error() }
func (e *cancelled) Unwrap() []error { return []error{e.cause, e.err} }

// ask runs f, which asks about the rows of a table that pass filters, within a
// span, as withSchema does. Its error says which table it is about, and which
// filter has a pattern that the server does not understand.
func (l *Look) ask(ctx context.Context, span string, t *catalog.Table, filters []query.Filter, f func(context.Context) error) error {
	ctx, done := l.span(ctx, span, t)
	err := l.withSchema(ctx, t, func() error { return f(ctx) })
	done(err)
	if err == nil {
		return nil
	}
	return l.about(t, l.patternError(ctx, err, filters))
}

// withSchema runs f, and once more when it fails because the database is not as
// the store remembers it.
func (l *Look) withSchema(ctx context.Context, t *catalog.Table, f func() error) error {
	known := l.store.schema.relation(t) != nil
	err := f()
	if err == nil || !known || ctx.Err() != nil || !outdatedSchema(err) {
		return err
	}
	l.store.schema.forget(t)
	return f()
}

// errUnexpectedType says that a column came back with another type than the
// store remembers.
var errUnexpectedType = errors.New("a result column has an unexpected type")

// errOutdated says that a relation is not as the store remembers it.
var errOutdated = errors.New("the relation was redefined")

// outdatedSchema reports whether err may come from a relation that changed
// since it was looked at.
func outdatedSchema(err error) bool {
	if errors.Is(err, errUnexpectedType) || errors.Is(err, errOutdated) {
		return true
	}
	var pgErr *pgconn.PgError
	return errors.As(err, &pgErr) && len(pgErr.Code) == 5 &&
		(pgErr.Code[:2] == "42" && pgErr.Code != "42501" || pgErr.Code == "22P02")
}

// about says which table a statement was about, and tells what kind of failure
// it is.
func (l *Look) about(t *catalog.Table, err error) error {
	if classify(err) == err {
		return err
	}
	return Classify(&statementError{table: t.Name, relation: t.Relation.String(), timeout: l.store.timeout, err: err})
}

// span starts a span for a statement on a table. No bound value is recorded.
func (l *Look) span(ctx context.Context, name string, t *catalog.Table) (context.Context, func(error)) {
	ctx, span := l.store.tracer.Start(ctx, name, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(
		attribute.String("db.system.name", "postgresql"),
		attribute.String("db.collection.name", t.Relation.String()),
	))
	return ctx, func(err error) {
		if err != nil {
			// Messages about a query repeat the reader's values.
			description := "mistake in the query"
			if e := (*Error)(nil); errors.As(classify(err), &e) {
				description = string(e.Kind)
			}
			span.SetStatus(codes.Error, description)
		}
		span.End()
	}
}
