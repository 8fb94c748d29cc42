package main

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/pullview/orders-datasource/internal/embedpg"
	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/engine"
	"github.com/pullview/orders-datasource/pkg/frames"
	"github.com/pullview/orders-datasource/pkg/postgres"
	"github.com/pullview/orders-datasource/pkg/query"
)

// bench is a prepared store with the two connections that are compared.
type bench struct {
	config
	store   *postgres.Store
	engine  *engine.Engine
	request *query.Request
	plain   *pgx.Conn // extended protocol
	simple  *pgx.Conn // simple protocol
	close   func()
}

const benchCatalog = `{
  "version": 1, "timezone": "America/Sao_Paulo",
  "tables": {"orders": {"relation": "public.orders", "time": "created_at",
    "dimensions": {"channel": {"column": "channel"}, "region": {"column": "region"}}}},
  "metrics": {"orders_created": {"type": "counter", "table": "orders", "help": "Orders created"}}
}`

// loggedCatalog is the same with a change log.
var loggedCatalog = strings.Replace(benchCatalog, `"time": "created_at",`, `"time": "created_at", "changes": {"mode": "log"},`, 1)

func prepare(ctx context.Context, server *embedpg.Server, c config) (*bench, error) {
	if err := server.CreateDatabase(ctx, "bench", ""); err != nil {
		return nil, err
	}
	b := &bench{config: c}
	var err error
	if b.plain, err = pgx.Connect(ctx, server.DSN("bench")); err != nil {
		return nil, err
	}
	if b.simple, err = pgx.Connect(ctx, server.DSN("bench")); err != nil {
		return nil, err
	}
	fmt.Fprintf(c.out, "generating orders …\n")
	if err := b.generate(ctx); err != nil {
		return nil, fmt.Errorf("generate orders: %w", err)
	}
	cat, err := catalog.Parse([]byte(benchCatalog))
	if err != nil {
		return nil, err
	}
	pool, err := pgxpool.ParseConfig(server.DSN("bench"))
	if err != nil {
		return nil, err
	}
	pool.MaxConns = 1
	b.store = postgres.New(postgres.Config{Pool: pool, Catalog: cat, QueryTimeout: time.Minute, PreparedStatements: true})
	b.engine = engine.New(liveStore{b.store})
	ask := query.Query{RefID: "A", Version: 1, Metrics: []string{"orders_created"}, GroupBy: []string{"channel"}, Step: "1m"}
	b.request, err = ask.Validate(cat, query.Environment{
		From: rangeEnd.Add(-24 * time.Hour), To: rangeEnd,
		Limits: query.Limits{MaxCells: 100_000, MaxSeries: 1000},
	})
	b.close = func() {
		b.store.Close()
		_ = b.plain.Close(context.Background())
		_ = b.simple.Close(context.Background())
	}
	return b, err
}

// generate fills the orders table in the order of time, as a shop would.
func (b *bench) generate(ctx context.Context) error {
	statements := []string{
		`CREATE TABLE orders (
			id bigint PRIMARY KEY, created_at timestamptz NOT NULL, status text NOT NULL,
			channel text NOT NULL, region text NOT NULL, total numeric(12,2) NOT NULL)`,
		fmt.Sprintf(`INSERT INTO orders
			SELECT n, timestamptz '%s' - interval '48 hours' + n * (interval '48 hours' / %d),
			       (ARRAY['new','invoiced','invoiced','invoiced','cancelled'])[1 + n * 7919 %% 5],
			       (ARRAY['web','web','app','app','store'])[1 + n * 104729 %% 5],
			       (ARRAY['SP','SP','SP','RJ','MG','RS','PR','BA','SC','PE'])[1 + n * 1299709 %% 10],
			       ((n * 15485863) %% 100000) / 100.0
			FROM generate_series(0::bigint, %d) AS n`, rangeEnd.Format(time.RFC3339), b.rows, b.rows-1),
		`CREATE INDEX ON orders (created_at)`,
		`VACUUM (ANALYZE, FREEZE) orders`,
	}
	for _, sql := range statements {
		if _, err := b.plain.Exec(ctx, sql); err != nil {
			return err
		}
	}
	return nil
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

func (b *bench) measure(ctx context.Context) ([]result, error) {
	answer, err := b.engine.Answer(ctx, b.request, query.Caller{})
	if err != nil {
		return nil, fmt.Errorf("answer the panel: %w", err)
	}
	if len(answer.Stats.Statements) != 1 {
		return nil, fmt.Errorf("the panel took %d statements, one was expected", len(answer.Stats.Statements))
	}
	statement := answer.Stats.Statements[0]
	workers, err := b.plannedWorkers(ctx, statement)
	if err != nil {
		return nil, err
	}
	ways := []struct {
		name string
		once func(context.Context) error
	}{
		{"live orders", b.panel},
		{"idiom", b.idiom},
		{"bare", func(ctx context.Context) error { return b.bare(ctx, statement) }},
	}
	took := make([][]time.Duration, len(ways))
	for round := range b.rounds + 1 {
		for i, way := range ways {
			start := time.Now()
			if err := way.once(ctx); err != nil {
				return nil, fmt.Errorf("%s: %w", way.name, err)
			}
			if round > 0 { // the first round warms the server's cache up
				took[i] = append(took[i], time.Since(start))
			}
		}
	}
	live, idiom, bare := median(took[0]), median(took[1]), median(took[2])
	perRow, rows, err := b.allocations(ctx)
	if err != nil {
		return nil, err
	}
	speedup, overhead := float64(idiom)/float64(live), float64(live)/float64(bare)
	return []result{
		{"(a) cold 24 h / 1 min by channel, against the idiom of the built-in source", speedup, "%.2f× faster", "≥ 2.5×", speedup >= 2.5, workers},
		{"(b) the same panel, against its own SQL with bare pgx and rows discarded", overhead, "%.3f× the time", "≤ 1.15×", overhead <= 1.15, ""},
		{"(c) allocations while decoding", perRow, "%.4f per row", "≤ 0.05", perRow <= 0.05, fmt.Sprintf("%d rows", rows)},
	}, nil
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}

// panel answers as the plugin does: one look, and the frames made of it.
func (b *bench) panel(ctx context.Context) error {
	answer, err := b.engine.Answer(ctx, b.request, query.Caller{Dashboard: "bench"})
	if err != nil {
		return err
	}
	_, err = frames.Frames(answer)
	return err
}

// idiomSQL is how time grouping looks in Grafana's own PostgreSQL data source
// after its macros are expanded: $__timeGroup divides epoch seconds, and
// $__timeFilter is a BETWEEN.
const idiomSQL = `SELECT floor(extract(epoch from created_at)/60)*60 AS "time", channel AS metric, count(*) AS value
FROM public.orders
WHERE created_at BETWEEN '%s' AND '%s'
GROUP BY 1, 2
ORDER BY 1, 2`

// idiom asks as that source does: by the simple protocol, every row read
// before any is used, every cell boxed, and the long frame made wide.
func (b *bench) idiom(ctx context.Context) error {
	sql := fmt.Sprintf(idiomSQL, b.request.From.Format(time.RFC3339Nano), b.request.To.Format(time.RFC3339Nano))
	rows, err := b.simple.Query(ctx, sql, pgx.QueryExecModeSimpleProtocol)
	if err != nil {
		return err
	}
	boxed, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) ([]any, error) { return row.Values() })
	if err != nil {
		return err
	}
	long := data.NewFrame("",
		data.NewField("time", nil, []*time.Time{}),
		data.NewField("metric", nil, []*string{}),
		data.NewField("value", nil, []*float64{}))
	for _, cells := range boxed {
		seconds, err := cells[0].(pgtype.Numeric).Float64Value()
		if err != nil {
			return err
		}
		at := time.Unix(int64(seconds.Float64), 0).UTC()
		metric, value := cells[1].(string), float64(cells[2].(int64))
		long.AppendRow(&at, &metric, &value)
	}
	_, err = data.LongToWide(long, nil)
	return err
}

// bare runs the panel's own statement with bare pgx and discards the rows. It
// does not prepare the statement: after a few runs the server would plan it
// without looking at the range.
func (b *bench) bare(ctx context.Context, statement string) error {
	rows, err := b.plain.Query(ctx, statement, append([]any{pgx.QueryExecModeExec, pgx.QueryResultFormats{pgx.BinaryFormatCode}}, b.binds()...)...)
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
func (b *bench) binds() []any {
	return []any{time.Minute, b.request.From, b.request.To}
}

// plannedWorkers tells how many parallel workers the server plans for each way.
func (b *bench) plannedWorkers(ctx context.Context, statement string) (string, error) {
	own, err := b.workersOf(ctx, statement, b.binds()...)
	if err != nil {
		return "", fmt.Errorf("explain the panel's statement: %w", err)
	}
	idiom, err := b.workersOf(ctx, fmt.Sprintf(idiomSQL, b.request.From.Format(time.RFC3339Nano), b.request.To.Format(time.RFC3339Nano)))
	if err != nil {
		return "", fmt.Errorf("explain the idiom: %w", err)
	}
	return fmt.Sprintf("parallel workers: %v here, %v in the idiom", own, idiom), nil
}

func (b *bench) workersOf(ctx context.Context, sql string, binds ...any) (int, error) {
	var plan []struct{ Plan planNode }
	err := b.plain.QueryRow(ctx, "EXPLAIN (FORMAT JSON) "+sql, append([]any{pgx.QueryExecModeExec}, binds...)...).Scan(&plan)
	if err != nil {
		return 0, err
	}
	return plan[0].Plan.workers(), nil
}

// planNode is what the benchmark reads of a plan in JSON.
type planNode struct {
	Workers int        `json:"Workers Planned"`
	Plans   []planNode `json:"Plans"`
}

func (n planNode) workers() int {
	most := n.Workers
	for _, child := range n.Plans {
		most = max(most, child.workers())
	}
	return most
}

// allocations counts what decoding a large result allocates per row: two scans
// of different size, so that what is allocated once cancels out.
func (b *bench) allocations(ctx context.Context) (perRow float64, rows int, err error) {
	few, fewRows, err := b.scanAllocations(ctx, time.Hour)
	if err != nil {
		return 0, 0, err
	}
	many, manyRows, err := b.scanAllocations(ctx, 24*time.Hour)
	if err != nil {
		return 0, 0, err
	}
	return float64(many-few) / float64(manyRows-fewRows), manyRows, nil
}

func (b *bench) scanAllocations(ctx context.Context, span time.Duration) (allocations uint64, rows int, err error) {
	look, err := b.store.Look(ctx, query.Caller{})
	if err != nil {
		return 0, 0, err
	}
	defer look.Close()
	from := rangeEnd.Add(-span)
	scan := &query.Scan{
		Table: b.request.Catalog.Tables["orders"], Time: "created_at", GroupBy: []string{"channel", "region"},
		Buckets:  query.Buckets{From: from, To: rangeEnd, Origin: from, Step: 10 * time.Second},
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
