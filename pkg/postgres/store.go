package postgres

import (
	"context"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/message"
	"github.com/pullview/orders-datasource/pkg/query"
)

// Config says how to reach an orders store and how gently to use it.
type Config struct {
	// Pool must come from pgxpool.ParseConfig. The store uses a copy.
	Pool *pgxpool.Config
	// Catalog gives the time zone of the sessions, and messages the paths of
	// what they are about.
	Catalog *catalog.Catalog
	// QueryTimeout bounds each statement, and the wait for a connection.
	QueryTimeout time.Duration
	// PreparedStatements lets connections keep the fixed statements that begin
	// a look. It must be off where a pooler in transaction mode stands between.
	PreparedStatements bool
	// Tracer makes the spans; nil for none.
	Tracer trace.Tracer
}

// Store is an orders store on a PostgreSQL server. It is safe for concurrent
// use.
type Store struct {
	catalog  *catalog.Catalog
	timeout  time.Duration
	prepared bool
	tracer   trace.Tracer
	schema   schema
	prints   sync.Map // printStatements by *catalog.Table
	aside    sync.Map // by *catalog.Table: when it could not be locked

	bulkhead *bulkhead
	lone     atomic.Bool // transactions cannot share a snapshot, see Lanes
	exports  atomic.Bool // they can, as far as the role's privileges go

	base   *Store                        // whose connections a draft uses; else nil
	open   func() (*pgxpool.Pool, error) // makes the pool at the first call
	ctx    context.Context               // done when running looks must end
	cancel context.CancelFunc

	mu     sync.Mutex
	closed bool
	looks  sync.WaitGroup
}

// ErrClosed says that the store was closed, because the settings of the data
// source changed or the plugin stops.
var ErrClosed = message.Errorf("the connection to the orders store was closed")

// closeGrace is how long Close lets running looks finish.
const closeGrace = 5 * time.Second

// cancelDeadline bounds the wait for a server to confirm that it cancelled a
// statement. A connection whose server does not is given up.
const cancelDeadline = 5 * time.Second

// New returns a store. It does not connect: the first look does.
func New(cfg Config) *Store {
	pool := cfg.Pool.Copy()
	pool.ConnConfig.BuildContextWatcherHandler = func(conn *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{Conn: conn, DeadlineDelay: cancelDeadline}
	}
	// A look finds out by itself that a connection is dead, and without the
	// round trip of a ping.
	pool.ShouldPing = func(context.Context, pgxpool.ShouldPingParams) bool { return false }

	s := &Store{
		catalog:  cfg.Catalog,
		timeout:  cfg.QueryTimeout,
		prepared: cfg.PreparedStatements,
		tracer:   cfg.Tracer,
		bulkhead: newBulkhead(int(pool.MaxConns), cfg.QueryTimeout),
	}
	if s.tracer == nil {
		s.tracer = noop.NewTracerProvider().Tracer("")
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.open = sync.OnceValues(func() (*pgxpool.Pool, error) {
		return pgxpool.NewWithConfig(context.Background(), pool)
	})
	return s
}

// Close ends the store: new looks fail with ErrClosed, running ones have a few
// seconds to finish and are then cancelled. It returns when all have ended and
// the connections are closed, and is safe to call more than once.
func (s *Store) Close() {
	s.mu.Lock()
	first := !s.closed
	s.closed = true
	s.mu.Unlock()

	grace := time.AfterFunc(closeGrace, s.cancel)
	s.looks.Wait()
	grace.Stop()
	s.cancel()
	if !first {
		return
	}
	if s.base != nil {
		s.base.looks.Done()
		return
	}
	if pool, err := s.open(); err == nil {
		pool.Close()
	}
}

// begin counts a look in, unless the store is closed.
func (s *Store) begin() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	s.looks.Add(1)
	return nil
}

// Look begins a read-only transaction on a connection of its own. All its
// statements see the same snapshot, which is taken after the call. The look
// must be closed. The comment of its statements names the caller.
func (s *Store) Look(ctx context.Context, caller query.Caller) (*Look, error) {
	if err := s.begin(); err != nil {
		return nil, classify(err)
	}
	ctx, span := s.tracer.Start(ctx, "postgres.look")
	defer span.End()
	l := &Look{store: s, comment: commentOf(caller), urgent: caller.Alert}
	if err := l.open(ctx); err != nil {
		s.looks.Done()
		err = classify(err)
		span.RecordError(err)
		return nil, err
	}
	return l, nil
}

// Stats tells how the store's connections are used. It dials nothing.
func (s *Store) Stats() Stats {
	stats := Stats{BulkheadStats: s.bulkhead.stats()}
	if pool, err := s.open(); err == nil {
		p := pool.Stat()
		stats.Max, stats.InUse, stats.Idle = int(p.MaxConns()), int(p.AcquiredConns()), int(p.IdleConns())
	}
	return stats
}

// Stats is what a store does with its connections.
type Stats struct {
	BulkheadStats
	Max   int // connections that there may be
	InUse int // that looks hold
	Idle  int // that are open and free
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
