package discover_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/demo"
	"github.com/pullview/orders-datasource/internal/embedpg"
	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/discover"
	"github.com/pullview/orders-datasource/pkg/engine"
	"github.com/pullview/orders-datasource/pkg/postgres"
	"github.com/pullview/orders-datasource/pkg/query"
)

func TestMain(m *testing.M) { os.Exit(embedpg.Main(m)) }

// unknown is a store that nobody has described.
type unknown struct {
	dsn   string
	plain *pgx.Conn
}

// open makes a database from SQL.
func open(t testing.TB, server *embedpg.Server, sql string) *unknown {
	t.Helper()
	u := &unknown{dsn: server.Database(t)}
	var err error
	u.plain, err = pgx.Connect(t.Context(), u.dsn)
	require.NoError(t, err)
	t.Cleanup(func() { _ = u.plain.Close(context.Background()) })
	u.exec(t, sql)
	return u
}

func (u *unknown) exec(t testing.TB, sql string) {
	t.Helper()
	_, err := u.plain.PgConn().Exec(t.Context(), sql).ReadAll()
	require.NoError(t, err)
}

func file(t testing.TB, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	return string(content)
}

// demoSQL is the demo's own schema with some orders and carts.
var demoSQL = demo.Schema + `
insert into customers (region) select (array['SP', 'RJ', 'MG'])[1 + n % 3] from generate_series(1, 100) as n;
insert into orders (customer_id, status, channel, region, items, total, created_at, invoiced_at, cancelled_at)
select 1 + n % 100, case when n % 13 = 0 then 'cancelled' when n > 25 then 'invoiced' else 'received' end,
       (array['web', 'app', 'store'])[1 + n % 3], (array['SP', 'RJ', 'MG'])[1 + n % 3], 1 + n % 4, 10 + n % 500 + 0.25,
       at, case when n % 13 <> 0 and n > 25 then at + interval '9 minutes' end, case when n % 13 = 0 then at + interval '1 minute' end
from (select n, now() - n * interval '10 minutes' as at from generate_series(1, 1200) as n) as made;
insert into carts (status, channel, region, opened_at, closed_at, customer_id, order_id)
select case when n <= 20 then 'open' when n % 2 = 0 then 'checked_out' else 'abandoned' end, 'web', 'SP',
       at, case when n > 20 then at + interval '15 minutes' end, 1 + n % 100, case when n > 20 and n % 2 = 0 then n end
from (select n, now() - n * interval '12 minutes' as at from generate_series(1, 1000) as n) as made;
analyze;`

func store(t testing.TB, dsn string, declared *catalog.Catalog) *postgres.Store {
	t.Helper()
	pool, err := pgxpool.ParseConfig(dsn)
	require.NoError(t, err)
	pool.MaxConns = 2
	s := postgres.New(postgres.Config{Pool: pool, Catalog: declared, QueryTimeout: 20 * time.Second})
	t.Cleanup(s.Close)
	return s
}

// read reads the schema as a role that the DSN names.
func read(t testing.TB, dsn string, scan postgres.DiscoverScan) *discover.Schema {
	t.Helper()
	if scan.Limit == 0 {
		scan.Limit = 500
	}
	if scan.Patience == 0 {
		scan.Patience = time.Minute
	}
	look, err := store(t, dsn, nil).Look(t.Context(), query.Caller{})
	require.NoError(t, err)
	defer look.Close()
	schema, err := look.Discover(t.Context(), scan)
	require.NoError(t, err)
	return schema
}

func (u *unknown) propose(t testing.TB, zone string) *discover.Proposal {
	t.Helper()
	proposal, err := discover.Propose(read(t, u.dsn, postgres.DiscoverScan{}), discover.Options{Timezone: zone})
	require.NoError(t, err)
	return proposal
}

// live answers for a proposed catalog, as the plugin would.
type live struct {
	catalog *catalog.Catalog
	engine  *engine.Engine
	store   *postgres.Store
}

type liveStore struct{ *postgres.Store }

func (s liveStore) Look(ctx context.Context, caller query.Caller) (engine.Look, error) {
	look, err := s.Store.Look(ctx, caller)
	if err != nil {
		return nil, err
	}
	return look, nil
}

func (u *unknown) accept(t testing.TB, proposal *discover.Proposal) *live {
	t.Helper()
	require.NotEmpty(t, proposal.Catalog, "something is selected")
	declared, err := catalog.Parse(proposal.Catalog)
	require.NoError(t, err)
	s := store(t, u.dsn, declared)
	return &live{catalog: declared, engine: engine.New(liveStore{s}), store: s}
}

// value answers with a metric over the whole of [from, to).
func (l *live) value(t testing.TB, metric string, from, to time.Time, filters ...query.Filter) float64 {
	t.Helper()
	ask := query.Query{RefID: "A", Version: 1, Metrics: []string{metric}, Step: query.StepRange, Filters: filters}
	request, err := ask.Validate(l.catalog, query.Environment{From: from, To: to})
	require.NoError(t, err)
	answer, err := l.engine.Answer(t.Context(), request, query.Caller{})
	require.NoError(t, err, metric)
	require.Len(t, answer.Series, 1, metric)
	x, ok := answer.Series[0].Values.Float64(0)
	require.True(t, ok, "%s has a value", metric)
	return x
}

// plainSQL runs a statement over the same time, $1 and $2.
func (u *unknown) plainSQL(t testing.TB, sql string, from, to time.Time) float64 {
	t.Helper()
	var x float64
	args := []any{from, to}
	if !strings.Contains(sql, "$1") {
		sql = strings.ReplaceAll(sql, "$2", "$1")
		args = args[1:]
	}
	require.NoError(t, u.plain.QueryRow(t.Context(), "SELECT ("+sql+")::float8", args...).Scan(&x), sql)
	return x
}

// selected lists the paths of the items that are selected.
func selected(t testing.TB, proposal *discover.Proposal) (paths []string) {
	t.Helper()
	for _, item := range proposal.Tables {
		if item.Selected {
			paths = append(paths, item.Path)
		}
	}
	for _, item := range append(append([]discover.Item{}, proposal.Dimensions...), proposal.Metrics...) {
		if item.Selected {
			paths = append(paths, item.Path)
		}
	}
	return paths
}

func find(t testing.TB, proposal *discover.Proposal, path string) discover.Item {
	t.Helper()
	for _, item := range proposal.Tables {
		if item.Path == path {
			return item.Item
		}
	}
	for _, item := range append(append([]discover.Item{}, proposal.Dimensions...), proposal.Metrics...) {
		if item.Path == path {
			return item
		}
	}
	encoded, _ := json.MarshalIndent(proposal, "", " ")
	require.Fail(t, "no item "+path, string(encoded))
	return discover.Item{}
}
