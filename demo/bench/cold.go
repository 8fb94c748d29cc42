package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/engine"
	"github.com/pullview/orders-datasource/pkg/frames"
	"github.com/pullview/orders-datasource/pkg/postgres"
	"github.com/pullview/orders-datasource/pkg/query"
)

// coldEnd is where the orders of the cold panel end: a whole hour, so that the
// range of a panel needs no widening.
var coldEnd = time.Date(2026, 3, 10, 15, 0, 0, 0, time.UTC)

// cold is a panel that nothing is kept of, and other ways to read the same.
type cold struct {
	config
	shop   *shop
	panel  panel
	store  *postgres.Store
	engine *engine.Engine
	ask    *query.Request
	idiom  *pgx.Conn
	bare   *pgx.Conn
}

func measureCold(ctx context.Context, c config) (results []result, err error) {
	s, err := openShop(ctx, c, nil)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if err := s.generate(ctx, c, history{orders: c.coldRows, span: 48 * time.Hour, until: coldEnd}); err != nil {
		return nil, err
	}
	cat, err := parse(ordersCatalog)
	if err != nil {
		return nil, err
	}
	m := &cold{config: c, shop: s, panel: panel{from: coldEnd.Add(-24 * time.Hour), to: coldEnd, step: time.Minute}}
	if m.ask, err = m.panel.request(cat, "orders"); err != nil {
		return nil, err
	}
	if m.store, err = s.store(cat, 1); err != nil {
		return nil, err
	}
	defer m.store.Close()
	m.engine = engine.New(liveStore{m.store})
	for _, conn := range []struct {
		of   **pgx.Conn
		role string
	}{{&m.idiom, idiomRole}, {&m.bare, planRole}} {
		if *conn.of, err = s.connect(ctx, conn.role); err != nil {
			return nil, err
		}
		defer func() { _ = (*conn.of).Close(context.Background()) }()
	}
	return m.measure(ctx)
}

// request makes the query of a panel.
func (p panel) request(cat *catalog.Catalog, metrics ...string) (*query.Request, error) {
	ask := query.Query{RefID: "A", Version: 1, Metrics: metrics, GroupBy: []string{"channel"}, Step: stepName(p.step)}
	return ask.Validate(cat, query.Environment{From: p.from, To: p.to, Limits: query.Limits{MaxCells: 100_000, MaxSeries: 1000}})
}

func stepName(step time.Duration) string {
	if step%time.Hour == 0 {
		return fmt.Sprintf("%dh", step/time.Hour)
	}
	return fmt.Sprintf("%dm", step/time.Minute)
}

// liveStore lets the engine use the store as the plugin does.
type liveStore struct{ *postgres.Store }

func (s liveStore) Look(ctx context.Context, caller query.Caller) (engine.Look, error) {
	look, err := s.Store.Look(ctx, caller)
	if err != nil {
		return nil, err
	}
	return look, nil
}

func (m *cold) measure(ctx context.Context) ([]result, error) {
	answer, err := m.engine.Answer(ctx, m.ask, query.Caller{})
	if err != nil {
		return nil, fmt.Errorf("answer the panel: %w", err)
	}
	if len(answer.Stats.Statements) != 1 {
		return nil, fmt.Errorf("the panel took %d statements, one was expected", len(answer.Stats.Statements))
	}
	statement := answer.Stats.Statements[0]
	workers, err := m.plannedWorkers(ctx, statement)
	if err != nil {
		return nil, err
	}
	ways := []struct {
		name string
		once func(context.Context) error
	}{
		{"live orders", m.answer},
		{"idiom", func(ctx context.Context) error { return idiom(ctx, m.idiom, m.panel) }},
		{"bare", func(ctx context.Context) error { return m.discard(ctx, statement) }},
	}
	var speedups, overheads []float64
	for round := range m.rounds + 1 {
		took := make([]float64, len(ways))
		for i, way := range ways {
			start := time.Now()
			if err := way.once(ctx); err != nil {
				return nil, fmt.Errorf("%s: %w", way.name, err)
			}
			took[i] = time.Since(start).Seconds()
		}
		if round > 0 { // the first round warms the server's cache up
			speedups, overheads = append(speedups, took[1]/took[0]), append(overheads, took[0]/took[2])
		}
	}
	perRow, rows, err := m.allocations(ctx)
	if err != nil {
		return nil, err
	}
	speedup, overhead := median(speedups), median(overheads)
	return []result{
		{"(a) cold 24 h / 1 min by channel, against the idiom of the built-in source", speedup, "%.2f× faster", "≥ 2.5×", speedup >= 2.5, workers + "; " + spread(speedups, "%.2f")},
		{"(b) the same panel, against its own SQL with bare pgx and rows discarded", overhead, "%.3f× the time", "≤ 1.15×", overhead <= 1.15, spread(overheads, "%.3f")},
		{"(c) allocations while decoding", perRow, "%.4f per row", "≤ 0.05", perRow <= 0.05, fmt.Sprintf("%d rows", rows)},
	}, nil
}

// answer answers as the plugin does: one look, and the frames made of it.
func (m *cold) answer(ctx context.Context) error {
	answer, err := m.engine.Answer(ctx, m.ask, query.Caller{Dashboard: "bench"})
	if err != nil {
		return err
	}
	_, err = frames.Frames(answer)
	return err
}

// discard runs the panel's own statement with bare pgx and discards the rows.
// It does not prepare the statement: after a few runs the server would plan it
// without looking at the range.
func (m *cold) discard(ctx context.Context, statement string) error {
	rows, err := m.bare.Query(ctx, statement, append([]any{pgx.QueryExecModeExec, pgx.QueryResultFormats{pgx.BinaryFormatCode}}, m.binds()...)...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		_ = rows.RawValues()
	}
	return rows.Err()
}

// binds are the values of the panel's statement: the step, the start of the
// range, where the buckets begin as well, and its end.
func (m *cold) binds() []any { return []any{m.panel.step, m.panel.from, m.panel.to} }

// plannedWorkers tells how many parallel workers the server plans for each way.
func (m *cold) plannedWorkers(ctx context.Context, statement string) (string, error) {
	own, err := workersOf(ctx, m.bare, statement, m.binds()...)
	if err != nil {
		return "", fmt.Errorf("explain the panel's statement: %w", err)
	}
	idiom, err := workersOf(ctx, m.idiom, m.panel.idiomSQL())
	if err != nil {
		return "", fmt.Errorf("explain the idiom: %w", err)
	}
	return fmt.Sprintf("parallel workers: %v here, %v in the idiom", own, idiom), nil
}

// allocations counts what decoding a large result allocates per row: two scans
// of different size, so that what is allocated once cancels out.
func (m *cold) allocations(ctx context.Context) (perRow float64, rows int, err error) {
	few, fewRows, err := m.scanAllocations(ctx, time.Hour)
	if err != nil {
		return 0, 0, err
	}
	many, manyRows, err := m.scanAllocations(ctx, 24*time.Hour)
	if err != nil {
		return 0, 0, err
	}
	return float64(many-few) / float64(manyRows-fewRows), manyRows, nil
}

func (m *cold) scanAllocations(ctx context.Context, span time.Duration) (allocations uint64, rows int, err error) {
	look, err := m.store.Look(ctx, query.Caller{})
	if err != nil {
		return 0, 0, err
	}
	defer look.Close()
	from := coldEnd.Add(-span)
	scan := &query.Scan{
		Table: m.ask.Catalog.Tables["orders"], Time: "created_at", GroupBy: []string{"channel", "region"},
		Buckets:  query.Buckets{From: from, To: coldEnd, Origin: from, Step: 10 * time.Second},
		Measures: []query.Measure{{Kind: query.CountRows}, {Kind: query.Sum, Expr: "total"}},
		MaxRows:  10_000_000,
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	cells, err := look.Scan(ctx, scan)
	runtime.ReadMemStats(&after)
	if err != nil {
		return 0, 0, err
	}
	return after.Mallocs - before.Mallocs, cells.Stat.Rows, nil
}
