package soak

import (
	"cmp"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/internal/embedpg"
	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/engine"
	"github.com/pullview/orders-datasource/pkg/message"
	"github.com/pullview/orders-datasource/pkg/postgres"
	"github.com/pullview/orders-datasource/pkg/query"
)

//go:embed schema.sql
var schema string

const soakCatalog = `{
  "version": 1, "timezone": "Europe/Berlin",
  "tables": {"orders": {"relation": "public.orders", "time": "created_at", "changes": $changes,
    "dimensions": {"channel": {"column": "channel"}}},
    "large_orders": {"relation": "large_orders", "time": "created_at", "changes": $view,
    "dimensions": {"channel": {"column": "channel"}}}},
  "metrics": {
    "created": {"type": "counter", "table": "orders", "help": "Orders"},
    "invoiced": {"type": "counter", "table": "orders", "time": "invoiced_at", "help": "Invoiced"},
    "revenue": {"type": "counter", "table": "orders", "time": "invoiced_at", "sum": "total", "help": "Revenue"},
    "large": {"type": "counter", "table": "orders", "where": "total > 500", "help": "Large"},
    "open": {"type": "gauge", "table": "orders", "opened": "created_at", "closed": "invoiced_at", "help": "Open"},
    "owed": {"type": "gauge", "table": "orders", "opened": "created_at", "closed": "invoiced_at", "sum": "total", "help": "Owed"},
    "large_created": {"type": "counter", "table": "large_orders", "sum": "twice", "help": "Twice the value of large ones, by the view"},
    "large_open": {"type": "gauge", "table": "large_orders", "opened": "created_at", "closed": "invoiced_at", "help": "Open of them"},
    "value": {"type": "histogram", "table": "orders", "observe": "total", "help": "Value"},
    "ticket": {"type": "ratio", "numerator": "revenue", "denominator": "invoiced", "help": "Ticket"}}}`

// soaking is a store that writers change and an engine that keeps its numbers.
type soaking struct {
	catalog  *catalog.Catalog
	database string
	store    *checkedStore
	engine   *engine.Engine
	commits  atomic.Int64
	random   *rand.Rand

	unaudited bool
	guarantee string // of the last answer from memory

	// Answers from memory by how they compare with plain ones.
	exact, wrong int
	ofView       int // of exact
	firstWrong   string
	failed       int // while a server was down
}

// startSoaking makes a database with orders and their change log on a server,
// and reads it there.
func startSoaking(t *testing.T, server *embedpg.Server, doubts doubts) *soaking {
	s := newSoaking(t, server, changeLog)
	s.readFrom(t, server, doubts)
	return s
}

// feed is a change feed of the orders: as the catalog declares it, for them and
// for the view on them, and what the table needs for it.
type feed struct{ changes, view, schema string }

var changeLog = feed{changes: `{"mode": "log"}`, view: `{"mode": "log", "base": "public.orders"}`}

func newSoaking(t *testing.T, server *embedpg.Server, feed feed) *soaking {
	dsn := server.Database(t)
	s := &soaking{database: dsn[strings.LastIndex(dsn, "/")+1 : strings.Index(dsn, "?")], random: rand.New(rand.NewPCG(1, 1))}
	var err error
	s.catalog, err = catalog.Parse([]byte(strings.NewReplacer("$changes", feed.changes, "$view", cmp.Or(feed.view, `{"mode": "none"}`)).Replace(soakCatalog)))
	require.NoError(t, err)
	s.exec(t, server, schema+feed.schema)
	if feed == changeLog {
		s.installLog(t, server)
	}
	return s
}

// installLog runs the change log's script twice: it can be run again.
func (s *soaking) installLog(t *testing.T, server *embedpg.Server) {
	store := s.open(t, server.DSN(s.database), true)
	defer store.Close()
	look, err := store.Look(t.Context(), query.Caller{})
	require.NoError(t, err)
	log, err := look.ChangelogSQL(t.Context(), s.catalog.Tables["orders"], message.English)
	look.Close()
	require.NoError(t, err)
	s.exec(t, server, log.Install)
	s.exec(t, server, log.Install)
}

func (s *soaking) open(t *testing.T, dsn string, prepared bool) *postgres.Store {
	pool, err := pgxpool.ParseConfig(dsn)
	require.NoError(t, err)
	return postgres.New(postgres.Config{Pool: pool, Catalog: s.catalog, QueryTimeout: 20 * time.Second, PreparedStatements: prepared})
}

// readFrom makes the engine, which reads from a server that has the database.
func (s *soaking) readFrom(t *testing.T, server *embedpg.Server, doubts doubts) {
	s.readBy(t, s.open(t, server.DSN(s.database), true), doubts)
}

func (s *soaking) readBy(t *testing.T, store *postgres.Store, doubts doubts) {
	s.store = &checkedStore{live: map[int64][]string{}, Store: store, doubts: doubts}
	t.Cleanup(s.store.Close)
	s.engine = s.newEngine()
}

// newEngine makes an engine that keeps nothing yet.
func (s *soaking) newEngine() *engine.Engine {
	return engine.NewKeeping(s.store, engine.Keep{
		Location: s.catalog.Location(), Bytes: 64 << 20, MinLookInterval: time.Millisecond,
		Audit: s.store.doubts == doubtless && !s.unaudited, // an audit would drop wrong numbers
	})
}

// alongside reads the same database from a server, with an engine of its own.
func (s *soaking) alongside(t *testing.T, server *embedpg.Server, doubts doubts) *soaking {
	other := &soaking{catalog: s.catalog, database: s.database, random: rand.New(rand.NewPCG(2, 2))}
	other.readFrom(t, server, doubts)
	return other
}

var doubtless doubts

// exec runs statements on a connection of their own.
func (s *soaking) exec(t *testing.T, server *embedpg.Server, statements ...string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), server.DSN(s.database))
	require.NoError(t, err)
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	for _, sql := range statements {
		_, err = conn.Exec(t.Context(), sql, pgx.QueryExecModeSimpleProtocol)
		require.NoError(t, err, sql)
	}
}

// value asks a server for one value.
func value[T any](t *testing.T, s *soaking, server *embedpg.Server, sql string) T {
	t.Helper()
	v, err := tryValue[T](t.Context(), s, server, sql)
	require.NoError(t, err, sql)
	return v
}

func tryValue[T any](ctx context.Context, s *soaking, server *embedpg.Server, sql string) (v T, err error) {
	conn, err := pgx.Connect(ctx, server.DSN(s.database))
	if err != nil {
		return v, err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	return v, conn.QueryRow(ctx, sql).Scan(&v)
}

// logName is the table in which a change log is.
func (s *soaking) logName(t *testing.T, server *embedpg.Server) string {
	return value[string](t, s, server, "SELECT quote_ident(log) FROM live_orders.logs")
}

// write lets eight writers loose on a server, until the function that it
// returns is called.
func (s *soaking) write(ctx context.Context, server *embedpg.Server, habits habits) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	habits.noMerge = server.Major() < 15
	var writers sync.WaitGroup
	for n := range uint64(8) {
		w := &writer{number: n, random: rand.New(rand.NewPCG(n, 3)), commits: &s.commits, habits: habits}
		writers.Go(func() { w.run(ctx, server.DSN(s.database)) })
	}
	return sync.OnceFunc(func() {
		cancel()
		writers.Wait()
		finishPrepared(server.DSN(s.database))
	})
}

// read compares answers until the context ends and one at least came from memory,
// or enough are wrong; the last one is waited for. Where servers are disturbed
// answers may fail. It gives up after so many more that something else is amiss.
func (s *soaking) read(ctx context.Context, t *testing.T, enough int, disturbed bool) {
	before := s.exact
	for late := 0; s.wrong < enough; {
		if ctx.Err() != nil {
			if late++; s.exact > before || late > 1000 {
				return
			}
		}
		if err := s.compare(t.Context(), t, s.someRequest(t)); err != nil {
			require.True(t, disturbed, "%v", err)
			s.failed++
			pause(t.Context())
		}
	}
}

// pause keeps a loop that waits for a server from being a busy one.
func pause(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(10 * time.Millisecond):
	}
}

// compare answers a request and compares the answer, if it comes from memory,
// with the store's own.
func (s *soaking) compare(ctx context.Context, t *testing.T, req *query.Request) error {
	s.store.request.Store(req)
	answer, err := s.engine.Answer(ctx, req, query.Caller{})
	if err != nil || answer.Stats.Guarantee == engine.GuaranteeLive {
		return err // the table was redefined under the look
	}
	s.exact++
	if req.Metrics[0].Table == "large_orders" {
		s.ofView++
	}
	s.guarantee = answer.Stats.Guarantee
	if want, got := s.store.at(answer.AsOf.UnixMicro()), seriesOf(answer); !assert.ObjectsAreEqual(want, got) {
		s.wrong++
		if s.firstWrong == "" {
			s.firstWrong = fmt.Sprintf("%s by %v, step %s, as of %s\nplain %.2000v\nkept  %.2000v", req.Metrics[0].Name, req.GroupBy, req.Step, answer.AsOf, want, got)
		}
	}
	return nil
}

// ask compares one answer, which must come from memory, and reports whether it
// is right.
func (s *soaking) ask(t *testing.T) (right bool) {
	t.Helper()
	exact := s.exact
	right = s.askOf(t, "created")
	require.Equal(t, exact+1, s.exact, "the answer is a live one")
	return right
}

// askOf compares one answer about a metric if it comes from memory, and reports
// whether it is right.
func (s *soaking) askOf(t *testing.T, metric string) (right bool) {
	t.Helper()
	wrong := s.wrong
	require.NoError(t, s.compare(t.Context(), t, s.request(t, query.Query{Metrics: []string{metric}, Step: "1m"}, day, day.Add(18*time.Hour))))
	return s.wrong == wrong
}

func (s *soaking) someRequest(t *testing.T) *query.Request {
	names := s.catalog.MetricNames()
	ask := query.Query{
		Metrics: []string{names[s.random.IntN(len(names))]},
		Step:    []string{"1m", "10m", "1h", "range"}[s.random.IntN(4)],
	}
	if s.random.IntN(2) == 0 {
		ask.GroupBy = []string{"channel"}
	}
	from := day.Add(time.Duration(s.random.IntN(600)) * time.Minute).Add(time.Duration(s.random.IntN(60_000)) * time.Millisecond)
	return s.request(t, ask, from, from.Add(time.Duration(1+s.random.IntN(8))*time.Hour))
}

func (s *soaking) request(t *testing.T, ask query.Query, from, to time.Time) *query.Request {
	ask.RefID, ask.Version = "A", 1
	req, err := ask.Validate(s.catalog, query.Environment{From: from, To: to, Limits: query.Limits{MaxCells: 1_000_000, MaxSeries: 1000}})
	require.NoError(t, err)
	return req
}

// report fails the test where an answer was wrong, or none came from memory.
func (s *soaking) report(t *testing.T) {
	t.Helper()
	kept := s.engine.Kept()
	t.Logf("%d answers, %d of them of the view, of %d transactions' data, %d wrong, %d failed; %+v", s.exact, s.ofView, s.commits.Load(), s.wrong, s.failed, kept)
	assert.Zero(t, s.wrong, s.firstWrong)
	assert.Positive(t, s.exact)
	assert.Positive(t, s.commits.Load())
	assert.Zero(t, kept.Mismatches)
}

// fromMemory reads on until most numbers came from memory, and fails the test
// where so many answers are not enough for that. A server that was restarted or
// promoted meanwhile has them read anew.
func (s *soaking) fromMemory(t *testing.T, request func(*testing.T) *query.Request) {
	t.Helper()
	for range 200 {
		if kept := s.engine.Kept(); kept.Cached > kept.Fetched {
			break
		}
		require.NoError(t, s.compare(t.Context(), t, request(t)))
	}
	assert.Zero(t, s.wrong, s.firstWrong)
	kept := s.engine.Kept()
	assert.Greater(t, kept.Cached, kept.Fetched, "numbers come from memory")
}

// appendOrders lets writers append orders that are up to a second old, for some
// of which it takes another second until they are committed.
func (s *soaking) appendOrders(ctx context.Context, server *embedpg.Server) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var writers sync.WaitGroup
	for n := range uint64(8) {
		random := rand.New(rand.NewPCG(n, 4))
		writers.Go(func() {
			conn, err := pgx.Connect(ctx, server.DSN(s.database))
			if err != nil {
				return
			}
			defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
			for ctx.Err() == nil {
				sql := fmt.Sprintf("BEGIN; INSERT INTO orders (created_at, total) VALUES (clock_timestamp() - %f * interval '1 s', 1); SELECT pg_sleep(%f); COMMIT",
					random.Float64(), random.Float64()*random.Float64())
				if _, err := conn.Exec(ctx, sql, pgx.QueryExecModeSimpleProtocol); err == nil {
					s.commits.Add(1)
				}
			}
		})
	}
	return sync.OnceFunc(func() {
		cancel()
		writers.Wait()
	})
}

// finishPrepared ends the transactions that writers had prepared when they were
// stopped, and those that the server goes on to prepare for who has gone. A standby
// has none.
func finishPrepared(dsn string) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return // the server is gone, and they are with it
	}
	defer func() { _ = conn.Close(ctx) }()
	for busy := true; busy; time.Sleep(10 * time.Millisecond) {
		err := conn.QueryRow(ctx, "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1", writes).Scan(&busy)
		if err != nil {
			return
		}
	}
	for n := range 8 {
		_, err = conn.Exec(ctx, fmt.Sprintf("ROLLBACK PREPARED 'writer %d'", n), pgx.QueryExecModeSimpleProtocol)
		if errors.Is(err, context.DeadlineExceeded) {
			return
		}
	}
}

func twoPhase(settings map[string]string) embedpg.Options {
	all := map[string]string{"max_prepared_transactions": "20"}
	for name, setting := range settings {
		all[name] = setting
	}
	return embedpg.Options{Settings: all}
}
