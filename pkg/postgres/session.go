package postgres

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/pullview/orders-datasource/pkg/query"
)

// defaultSchema is where relations without a schema are looked for, after
// pg_catalog.
const defaultSchema = "public"

const (
	// maxLockWait bounds the wait for a table that a migration holds.
	maxLockWait = 5 * time.Second
	// idleMargin is how much longer than a statement may take a transaction may
	// idle before the server ends it: only a plugin that hangs gets there.
	idleMargin = 10 * time.Second
)

const (
	beginSQL = "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
	// savepointSQL lets a look forget a statement that failed.
	savepointSQL  = "SAVEPOINT look"
	rollbackToSQL = "ROLLBACK TO SAVEPOINT look"
	endSQL        = "ROLLBACK"
)

// pinned are the settings on which the meaning of a statement or the form of
// its result depends, besides the time zone. They hold for the transaction
// only, so they work behind a pooler and leave no trace on the connection.
var pinned = []struct{ name, value string }{
	{"search_path", defaultSchema},
	{"client_encoding", "UTF8"},
	{"DateStyle", "ISO, YMD"},
	{"IntervalStyle", "postgres"},
	{"extra_float_digits", "1"},
	{"bytea_output", "hex"},
	{"standard_conforming_strings", "on"},
	// Bound values are known when a statement is planned.
	{"plan_cache_mode", "force_custom_plan"},
}

// snapshotSQL pins the settings and takes the snapshot. Its clock is that of
// the transaction's begin, which is sent along with it: just before the
// snapshot is taken.
var snapshotSQL = func() string {
	var b strings.Builder
	b.WriteString("SELECT pg_catalog.transaction_timestamp()")
	for i, name := range []string{"statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "TimeZone"} {
		fmt.Fprintf(&b, ", pg_catalog.set_config('%s', $%d, true)", name, i+1)
	}
	for _, p := range pinned {
		fmt.Fprintf(&b, ", pg_catalog.set_config('%s', '%s', true)", p.name, p.value)
	}
	return b.String()
}()

// snapshotStatement is the name under which a connection keeps snapshotSQL.
const snapshotStatement = "live_orders_snapshot"

// open takes a connection and begins the transaction. A pooled connection may
// have died while it was idle, which shows only when it is used; as nothing
// was read yet, the next one is tried.
func (l *Look) open(ctx context.Context) error {
	pool, err := l.store.open()
	if err != nil {
		return err
	}
	for {
		conn, err := l.acquire(ctx, pool)
		if err != nil {
			return err
		}
		l.conn = conn
		pg := conn.Conn().PgConn()
		reused := pg.CustomData()["live_orders_used"] != nil
		pg.CustomData()["live_orders_used"] = true
		if err = checkVersion(pg.ParameterStatus("server_version")); err == nil {
			err = l.begin(ctx, pg, reused)
		}
		if err == nil {
			return nil
		}
		l.conn = nil
		l.discard(conn)
		if !reused || ctx.Err() != nil || l.store.ctx.Err() != nil {
			return err
		}
		switch {
		case lostConnection(err):
		case errors.Is(err, context.DeadlineExceeded):
			// The network may have forgotten the other connections too.
			pool.Reset()
		default:
			return err
		}
	}
}

// acquire takes a connection from the pool, waiting no longer than a statement
// may take.
func (l *Look) acquire(ctx context.Context, pool *pgxpool.Pool) (*pgxpool.Conn, error) {
	wait, cancel := context.WithTimeout(ctx, l.store.timeout)
	defer cancel()
	stop := context.AfterFunc(l.store.ctx, cancel)
	defer stop()
	conn, err := pool.Acquire(wait)
	if err == nil {
		return conn, nil
	}
	if l.store.ctx.Err() != nil {
		return nil, ErrClosed
	}
	var connectErr *pgconn.ConnectError
	if wait.Err() != nil && !errors.As(err, &connectErr) {
		stat := pool.Stat()
		return nil, &acquireError{
			err:        err,
			waited:     l.store.timeout,
			most:       stat.MaxConns(),
			connecting: stat.ConstructingConns() > 0,
			callerGone: ctx.Err() != nil,
		}
	}
	return nil, err
}

// The versions of PostgreSQL on which the statements rely.
const (
	oldestVersion = 14
	newestTested  = 18
)

// checkVersion refuses servers that are too old. What has no number for a
// version passes; its statements will tell.
func checkVersion(version string) error {
	digits, _, _ := strings.Cut(version, ".")
	if major, err := strconv.Atoi(digits); err == nil && major < oldestVersion {
		return &Error{Kind: KindUnsupported, Message: fmt.Sprintf(
			"the orders store runs PostgreSQL %s, but version %d or newer is needed", version, oldestVersion)}
	}
	return nil
}

// staleWait is how long a connection that was idle may take to begin a look
// before a new one is made.
const staleWait = 3 * time.Second

// begin starts the transaction, pins the settings and takes the snapshot, all
// in one round trip.
func (l *Look) begin(ctx context.Context, pg *pgconn.PgConn, reused bool) error {
	timeout := l.store.timeout
	if deadline, ok := ctx.Deadline(); ok {
		timeout = min(timeout, time.Until(deadline))
	}
	if timeout <= 0 {
		return context.DeadlineExceeded
	}
	values := [][]byte{
		milliseconds(timeout),
		milliseconds(min(timeout/2, maxLockWait)),
		milliseconds(l.store.timeout + idleMargin),
		[]byte(l.store.zone()),
	}
	if l.store.prepared && pg.CustomData()[snapshotStatement] == nil {
		if _, err := pg.Prepare(ctx, snapshotStatement, snapshotSQL, textOIDs(len(values))); err != nil {
			return err
		}
		pg.CustomData()[snapshotStatement] = true
	}

	wait := timeout
	if reused {
		wait = min(wait, staleWait)
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	p := pg.StartPipeline(ctx)
	p.SendQueryParams(beginSQL, nil, nil, nil, nil)
	l.lockTables(p, min(timeout/2, maxLockWait))
	binary := []int16{pgtype.BinaryFormatCode}
	if l.store.prepared {
		p.SendQueryPrepared(snapshotStatement, values, nil, binary)
	} else {
		p.SendQueryParams(snapshotSQL, values, textOIDs(len(values)), nil, binary)
	}
	p.SendQueryParams(savepointSQL, nil, nil, nil, nil)
	err := p.Sync()
	for err == nil {
		var result any
		result, err = p.GetResults()
		if err != nil || result == nil {
			break
		}
		if rows, ok := result.(*pgconn.ResultReader); ok {
			for rows.NextRow() {
				if v := rows.Values(); len(v[0]) == 8 {
					l.snapshot.AsOf = decodeInstant(v[0])
				}
			}
			_, err = rows.Close()
		}
	}
	if closeErr := p.Close(); err == nil {
		err = closeErr
	}
	if err == nil && l.snapshot.AsOf.IsZero() {
		err = errors.New("postgres: the server did not tell its clock")
	}
	return err
}

// zone is the time zone of the sessions.
func (s *Store) zone() string {
	if s.catalog == nil || s.catalog.Location() == nil {
		return "UTC"
	}
	return s.catalog.Location().String()
}

func milliseconds(d time.Duration) []byte {
	return strconv.AppendInt(nil, max(d.Milliseconds(), 1), 10)
}

func textOIDs(n int) []uint32 {
	oids := make([]uint32, n)
	for i := range oids {
		oids[i] = pgtype.TextOID
	}
	return oids
}

// discard gives back a connection on which something failed. The pool keeps it
// only if it is open and in no transaction.
func (l *Look) discard(conn *pgxpool.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), cancelDeadline)
	defer cancel()
	pg := conn.Conn().PgConn()
	if !pg.IsClosed() && pg.TxStatus() != 'I' {
		_, _ = pg.ExecParams(ctx, endSQL, nil, nil, nil, nil).Close()
	}
	conn.Release()
}

// lostConnection reports whether err says that a connection is dead, as
// opposed to an answer of a server that works.
func lostConnection(err error) bool {
	var pgErr *pgconn.PgError
	if errors.As(err, &pgErr) {
		switch pgErr.Code {
		case "57P01", "57P02", "57P05", "25P03", "08006", "08P01": // shutdown, crash, idle timeouts, and what poolers say
			return true
		}
		return false
	}
	var netErr net.Error
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, pgconn.ErrConnClosed) || pgconn.SafeToRetry(err) || errors.As(err, &netErr)
}

// maxCallerField is how much of each part of a caller a comment holds.
const maxCallerField = 64

// commentOf writes who asks as a SQL comment, or nothing. Only letters, digits
// and a few signs pass, none of which can end a comment or begin another.
func commentOf(c query.Caller) string {
	var b strings.Builder
	for _, part := range []struct{ name, value string }{
		{"dashboard", c.Dashboard}, {"panel", c.Panel}, {"rule", c.Rule}, {"user", c.User},
	} {
		if part.value == "" {
			continue
		}
		n := 0
		value := strings.Map(func(r rune) rune {
			if n++; n > maxCallerField {
				return -1
			}
			if unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("-_.@+ ", r) {
				return r
			}
			return '_'
		}, part.value)
		fmt.Fprintf(&b, " %s=%s", part.name, value)
	}
	return "/* Live Orders" + b.String() + " */ "
}

func decodeInstant(b []byte) time.Time { return fromMicros(int64(binary.BigEndian.Uint64(b))) }
func decodeOID(b []byte) uint32        { return binary.BigEndian.Uint32(b) }
