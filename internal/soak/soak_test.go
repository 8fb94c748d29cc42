package soak

import (
	"context"
	_ "embed"
	"flag"
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
	"github.com/pullview/orders-datasource/pkg/postgres"
	"github.com/pullview/orders-datasource/pkg/query"
)

var howLong = flag.Duration("soak", 6*time.Second, "how long writers and the reader run")

//go:embed schema.sql
var schema string

const soakCatalog = `{
  "version": 1, "timezone": "Europe/Berlin",
  "tables": {"orders": {"relation": "public.orders", "time": "created_at", "changes": {"mode": "log"},
    "dimensions": {"channel": {"column": "channel"}}}},
  "metrics": {
    "created": {"type": "counter", "table": "orders", "help": "Orders"},
    "invoiced": {"type": "counter", "table": "orders", "time": "invoiced_at", "help": "Invoiced"},
    "revenue": {"type": "counter", "table": "orders", "time": "invoiced_at", "sum": "total", "help": "Revenue"},
    "large": {"type": "counter", "table": "orders", "where": "total > 500", "help": "Large"},
    "open": {"type": "gauge", "table": "orders", "opened": "created_at", "closed": "invoiced_at", "help": "Open"},
    "owed": {"type": "gauge", "table": "orders", "opened": "created_at", "closed": "invoiced_at", "sum": "total", "help": "Owed"},
    "value": {"type": "histogram", "table": "orders", "observe": "total", "help": "Value"},
    "ticket": {"type": "ratio", "numerator": "revenue", "denominator": "invoiced", "help": "Ticket"}}}`

// checkedStore computes a request from the store alone as well, in the snapshot
// of every look that keeps numbers.
type checkedStore struct {
	*postgres.Store
	request atomic.Pointer[query.Request]
	// lastSeen makes the change log be read from the last transaction seen, as
	// if transactions committed in the order of their numbers.
	lastSeen bool

	mu   sync.Mutex
	live map[int64][]string // series by the snapshot's clock, in microseconds
}

func (s *checkedStore) Look(ctx context.Context, caller query.Caller) (engine.Look, error) {
	return s.Store.Look(ctx, caller)
}

func (s *checkedStore) LookAt(ctx context.Context, caller query.Caller, tables []*catalog.Table) (engine.DeltaLook, error) {
	look, err := s.Store.LookAt(ctx, caller, tables)
	if err != nil {
		return nil, err
	}
	return &checkedLook{DeltaLook: look, store: s}, nil
}

type checkedLook struct {
	engine.DeltaLook
	store *checkedStore
}

func (l *checkedLook) Changes(ctx context.Context, t *catalog.Table, since query.Snapshot) (query.Changes, error) {
	if l.store.lastSeen {
		xmax := strings.Split(since.ID, ":")[1]
		since.ID = xmax + ":" + xmax + ":"
	}
	return l.DeltaLook.Changes(ctx, t, since)
}

// Unchanged is the last thing that the engine does with a look.
func (l *checkedLook) Unchanged(ctx context.Context) (bool, error) {
	answer, err := engine.AnswerOn(ctx, l.DeltaLook, l.store.request.Load())
	if err != nil {
		return false, err
	}
	l.store.mu.Lock()
	l.store.live[l.Snapshot().AsOf.UnixMicro()] = seriesOf(answer)
	l.store.mu.Unlock()
	return l.DeltaLook.Unchanged(ctx)
}

func seriesOf(answer *query.Answer) []string {
	var lines []string
	for i := range answer.Series {
		var b strings.Builder
		s := &answer.Series[i]
		fmt.Fprint(&b, s.Metric.Name, s.Labels)
		for j := range s.Values.Len() {
			f, ok := s.Values.Float64(j)
			fmt.Fprint(&b, " ", f, ok)
		}
		lines = append(lines, b.String())
	}
	return lines
}

// soaking is a store that writers change and an engine that keeps its numbers.
type soaking struct {
	catalog *catalog.Catalog
	store   *checkedStore
	engine  *engine.Engine
	dsn     string
	wrong   int
	exact   int
	commits atomic.Int64
}

func startSoaking(t *testing.T, server *embedpg.Server, audit bool) *soaking {
	s := &soaking{dsn: server.Database(t)}
	conn, err := pgx.Connect(t.Context(), s.dsn)
	require.NoError(t, err)
	_, err = conn.Exec(t.Context(), schema, pgx.QueryExecModeSimpleProtocol)
	require.NoError(t, err)
	s.catalog, err = catalog.Parse([]byte(soakCatalog))
	require.NoError(t, err)
	pool, err := pgxpool.ParseConfig(s.dsn)
	require.NoError(t, err)
	s.store = &checkedStore{live: map[int64][]string{}, Store: postgres.New(postgres.Config{
		Pool: pool, Catalog: s.catalog, QueryTimeout: 20 * time.Second, PreparedStatements: true})}
	t.Cleanup(s.store.Close)

	look, err := s.store.Store.Look(t.Context(), query.Caller{})
	require.NoError(t, err)
	log, err := look.ChangelogSQL(t.Context(), s.catalog.Tables["orders"])
	look.Close()
	require.NoError(t, err)
	for range 2 { // it can be run again
		_, err = conn.Exec(t.Context(), log.Install, pgx.QueryExecModeSimpleProtocol)
		require.NoError(t, err)
	}
	require.NoError(t, conn.Close(t.Context()))
	s.engine = engine.NewKeeping(s.store, engine.Keep{Location: s.catalog.Location(), Bytes: 64 << 20, MinLookInterval: time.Millisecond, Audit: audit})
	return s
}

// run lets eight writers loose and compares answers until the context ends or
// enough are wrong.
func (s *soaking) run(ctx context.Context, t *testing.T, enough int) {
	ctx, stop := context.WithCancel(ctx)
	var writers sync.WaitGroup
	defer func() {
		stop()
		writers.Wait()
		s.finish(t)
	}()
	for n := range uint64(8) {
		w := &writer{number: n, random: rand.New(rand.NewPCG(n, 3)), commits: &s.commits}
		writers.Go(func() { w.run(ctx, t, s.dsn) })
	}
	random := rand.New(rand.NewPCG(1, 1))
	for ctx.Err() == nil && s.wrong < enough {
		req := s.request(t, random)
		s.store.request.Store(req)
		answer, err := s.engine.Answer(ctx, req, query.Caller{})
		if ctx.Err() != nil {
			return
		}
		require.NoError(t, err)
		if answer.Stats.Guarantee != engine.GuaranteeExact {
			continue // the table was redefined under the look
		}
		s.exact++
		s.store.mu.Lock()
		want := s.store.live[answer.AsOf.UnixMicro()]
		s.store.mu.Unlock()
		if got := seriesOf(answer); !assert.ObjectsAreEqual(want, got) {
			s.wrong++
			if enough == 1 {
				t.Errorf("%s by %v, step %s, as of %s\nplain %.2000v\nkept  %.2000v", req.Metrics[0].Name, req.GroupBy, req.Step, answer.AsOf, want, got)
			}
		}
	}
}

// finish ends the transactions that writers had prepared when they were stopped.
func (s *soaking) finish(t *testing.T) {
	ctx := context.WithoutCancel(t.Context())
	conn, err := pgx.Connect(ctx, s.dsn)
	require.NoError(t, err)
	defer func() { _ = conn.Close(ctx) }()
	rows, err := conn.Query(ctx, "SELECT gid FROM pg_prepared_xacts WHERE database = current_database()")
	require.NoError(t, err)
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	for _, name := range names {
		_, err = conn.Exec(ctx, fmt.Sprintf("ROLLBACK PREPARED '%s'", name), pgx.QueryExecModeSimpleProtocol)
		require.NoError(t, err)
	}
}

func (s *soaking) request(t *testing.T, random *rand.Rand) *query.Request {
	names := s.catalog.MetricNames()
	ask := query.Query{
		RefID: "A", Version: 1,
		Metrics: []string{names[random.IntN(len(names))]},
		Step:    []string{"1m", "10m", "1h", "range"}[random.IntN(4)],
	}
	if random.IntN(2) == 0 {
		ask.GroupBy = []string{"channel"}
	}
	from := day.Add(time.Duration(random.IntN(600)) * time.Minute).Add(time.Duration(random.IntN(60_000)) * time.Millisecond)
	req, err := ask.Validate(s.catalog, query.Environment{
		From: from, To: from.Add(time.Duration(1+random.IntN(8)) * time.Hour),
		Limits: query.Limits{MaxCells: 1_000_000, MaxSeries: 1000},
	})
	require.NoError(t, err)
	return req
}

func twoPhase() embedpg.Options {
	return embedpg.Options{Settings: map[string]string{"max_prepared_transactions": "20"}}
}

func TestKeptNumbersEqualPlainOnesWhileOrdersChange(t *testing.T) {
	s := startSoaking(t, embedpg.StartForTest(t, twoPhase()), true)
	ctx, stop := context.WithTimeout(t.Context(), *howLong)
	defer stop()
	s.run(ctx, t, 1)
	kept := s.engine.Kept()
	t.Logf("%d answers of %d transactions' data, %d wrong; %+v", s.exact, s.commits.Load(), s.wrong, kept)
	assert.Positive(t, s.exact)
	assert.Greater(t, kept.Cached, kept.Fetched, "numbers come from memory")
	assert.Zero(t, kept.Mismatches)
}

// The test above must be able to fail. Transactions commit in any order, so an
// engine that asks for what is newer than the last one it has seen misses some.
func TestReadingTheLogFromTheLastTransactionSeenGivesWrongNumbers(t *testing.T) {
	s := startSoaking(t, embedpg.StartForTest(t, twoPhase()), false)
	s.store.lastSeen = true
	ctx, stop := context.WithTimeout(t.Context(), 2*time.Minute)
	defer stop()
	s.run(ctx, t, 2)
	t.Logf("2 of %d answers were wrong", s.exact)
	assert.Equal(t, 2, s.wrong)
}
