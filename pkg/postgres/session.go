package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/pullview/orders-datasource/pkg/message"
	"github.com/pullview/orders-datasource/pkg/query"
)

// defaultSchema is where relations without a schema are looked for, after
// pg_catalog.
const defaultSchema = "public"

// searchPath has what other clients of a pooler left in their sessions last.
// Without a mention it would come first.
const searchPath = defaultSchema + ", pg_temp"

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
	{"search_path", searchPath},
	{"client_encoding", "UTF8"},
	{"DateStyle", "ISO, YMD"},
	{"IntervalStyle", "postgres"},
	{"extra_float_digits", "1"},
	{"bytea_output", "hex"},
	{"standard_conforming_strings", "on"},
	{"quote_all_identifiers", "off"},
	// An index of several keys for each row would find some of the rows only.
	{"gin_fuzzy_search_limit", "0"},
	// Bound values are known when a statement is planned.
	{"plan_cache_mode", "force_custom_plan"},
	// Many small stretches of a table look expensive to the planner. To compile
	// what reads them takes longer than to read them.
	{"jit", "off"},
}

// pinPathSQL pins the search path alone, for what is read without a look's
// transaction, and tells the settings that are not pinned. The server plans a
// statement anew whenever it is used under another path than before, even where it
// names every schema; and by default the path depends on whether there is a schema
// with the role's name.
var pinPathSQL = "SELECT pg_catalog.set_config('search_path', '" + searchPath + "', true), " + unpinnedSQL

// unpinned are settings on which the meaning of a statement depends as well, but
// of which the server knows best: the decimals of money, for one. What was read
// under others is not used.
var unpinned = []string{"array_nulls", "lc_monetary", "lc_numeric", "lc_time", "timezone_abbreviations", "transform_null_equals", "xmlbinary", "xmloption"}

// unpinnedSQL tells the settings that are not pinned.
var unpinnedSQL = "pg_catalog.concat_ws(' ', pg_catalog.current_setting('" + strings.Join(unpinned, "'), pg_catalog.current_setting('") + "'))"

// snapshotSQL pins the settings, tells the others, and takes the snapshot. Its
// clock is that of the transaction's begin, which is sent along with it: just
// before the snapshot is taken.
var snapshotSQL = func() string {
	var b strings.Builder
	b.WriteString("SELECT pg_catalog.transaction_timestamp(), " + unpinnedSQL)
	for i, name := range []string{"statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "TimeZone"} {
		fmt.Fprintf(&b, ", pg_catalog.set_config('%s', $%d, true)", name, i+1)
	}
	for _, p := range pinned {
		fmt.Fprintf(&b, ", pg_catalog.set_config('%s', '%s', true)", p.name, p.value)
	}
	return b.String()
}()

// identitySQL is snapshotSQL, and tells as well which snapshot it is and of
// which server. A crash restarts the statistics, after which numbers of
// transactions may be used again; so does no other restart, but that one has
// another start time. A database that is made from a copy of another one has its
// tables, with their numbers and files.
var identitySQL = snapshotSQL + `, pg_catalog.pg_current_snapshot()::text, pg_catalog.pg_is_in_recovery(), pg_catalog.concat_ws(' ',
  (SELECT system_identifier FROM pg_catalog.pg_control_system()),
  (SELECT timeline_id FROM pg_catalog.pg_control_checkpoint()),
  (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()),
  pg_catalog.pg_postmaster_start_time(),
  (SELECT stats_reset FROM pg_catalog.pg_stat_wal),
  pg_catalog.pg_is_in_recovery())`

// open takes a connection and begins the transaction. A pooled connection may
// have died while it was idle, which shows only when it is used; as nothing
// was read yet, the next one is tried.
func (l *Look) open(ctx context.Context) (err error) {
	pool, err := l.store.open()
	if err != nil {
		return err
	}
	if l.leave == nil {
		if l.leave, err = l.enter(ctx); err != nil {
			return err
		}
	}
	defer func() {
		if err != nil {
			l.leave()
			l.leave = nil
		}
	}()
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

// enter waits until the look may have a connection.
func (l *Look) enter(ctx context.Context) (leave func(), err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stop := context.AfterFunc(l.store.ctx, func() { cancel(ErrClosed) })
	defer stop()
	return l.store.bulkhead.enter(ctx, l.urgent)
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
		return &Error{Kind: KindUnsupported, Message: message.New(
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
	lockWait, identified := min(timeout/2, maxLockWait), len(l.locks) > 0
	if l.hasty {
		lockWait = laneLockWait
	}
	if l.imports != "" {
		lockWait, identified = laneLockWait, false
	}
	values := [][]byte{
		milliseconds(timeout),
		milliseconds(lockWait),
		milliseconds(l.store.timeout + idleMargin),
		[]byte(l.store.zone()),
	}
	sql := snapshotSQL
	if identified {
		sql = identitySQL
	}
	first := fixedStatement{sql: sql, values: values, oids: textOIDs(len(values))}
	if err := l.prepare(ctx, pg, &first); err != nil {
		return err
	}

	wait := timeout
	if reused {
		wait = min(wait, staleWait)
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	if identified && slices.ContainsFunc(l.locks, fenced) {
		if err := l.readHorizon(ctx, pg); err != nil {
			return err
		}
	}
	p := pg.StartPipeline(ctx)
	p.SendQueryParams(beginSQL, nil, nil, nil, nil)
	if l.imports != "" {
		p.SendQueryParams("SET TRANSACTION SNAPSHOT "+quoteLiteral(l.imports), nil, nil, nil, nil)
		p.SendQueryParams(serialSQL, nil, nil, nil, nil)
	}
	l.lockTables(p, lockWait)
	first.send(p)
	p.SendQueryParams(savepointSQL, nil, nil, nil, nil)
	err := readPipeline(p, func(_ int, v [][]byte) error {
		l.snapshot.AsOf, l.settings = decodeInstant(v[0]), string(v[1])
		if n := len(v); identified {
			l.snapshot.ID, l.snapshot.Standby, l.server = string(v[n-3]), isTrue(v[n-2]), string(v[n-1])+" "+l.settings
		}
		return nil
	})
	if err == nil && l.snapshot.AsOf.IsZero() {
		err = errors.New("postgres: the server did not tell its clock")
	}
	return err
}

// fixedStatement is a statement whose text does not depend on who asks, so that
// a connection may keep it.
type fixedStatement struct {
	sql    string
	values [][]byte
	oids   []uint32
	name   string // under which the connection keeps it, or empty
}

// maxPrepared bounds the statements that a connection keeps, and with them the
// server's memory.
const maxPrepared = 100

// preparedNames is where a connection remembers what it keeps.
const preparedNames = "live_orders_prepared"

// prepare makes the connection keep statements, where it may. One that binds no
// values is then planned once.
//
// Their names follow from their texts. A pooler that gives a transaction the
// connection of another, which it may only where nothing is prepared, then finds
// no statement of that name or the same one, but never another.
func (l *Look) prepare(ctx context.Context, pg *pgconn.PgConn, statements ...*fixedStatement) error {
	if !l.store.prepared {
		return nil
	}
	kept, _ := pg.CustomData()[preparedNames].(map[string]bool)
	if kept == nil {
		kept = map[string]bool{}
		pg.CustomData()[preparedNames] = kept
	}
	for _, s := range statements {
		name := preparedName(s.sql)
		if !kept[name] {
			if len(kept) == maxPrepared {
				continue
			}
			if _, err := pg.Prepare(ctx, name, s.sql, s.oids); err != nil {
				return err
			}
			kept[name] = true
		}
		s.name = name
	}
	return nil
}

func preparedName(sql string) string {
	digest := sha256.Sum256([]byte(sql))
	return "live_orders_" + hex.EncodeToString(digest[:16])
}

// send adds the statement to a pipeline. Its rows come in binary form.
func (s *fixedStatement) send(p *pgconn.Pipeline) {
	binary := []int16{pgtype.BinaryFormatCode}
	if s.name != "" {
		p.SendQueryPrepared(s.name, s.values, nil, binary)
	} else {
		p.SendQueryParams(s.sql, s.values, s.oids, nil, binary)
	}
}

// readPipeline sends a pipeline and hands on every row with the number, from 0,
// of the statement among those that return rows. The values are valid until
// the next row only.
func readPipeline(p *pgconn.Pipeline, row func(statement int, values [][]byte) error) error {
	err := p.Sync()
	n := 0
	for err == nil {
		var result any
		result, err = p.GetResults()
		if err != nil || result == nil {
			break
		}
		rows, ok := result.(*pgconn.ResultReader)
		if !ok {
			continue
		}
		returns := len(rows.FieldDescriptions()) > 0
		var rowErr error
		for rows.NextRow() {
			if rowErr == nil {
				rowErr = row(n, rows.Values())
			}
		}
		if _, err = rows.Close(); err == nil {
			err = rowErr
		}
		if returns {
			n++
		}
	}
	if closeErr := p.Close(); err == nil {
		err = closeErr
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
