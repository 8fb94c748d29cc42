package traffic

import (
	"context"
	"os"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/demo"
	"github.com/pullview/orders-datasource/internal/embedpg"
)

func TestMain(m *testing.M) { os.Exit(embedpg.Main(m)) }

var yesterday = Past{Seed: 1, OrdersPerDay: 3000, Days: 1, Until: evening}

var (
	empty  = embedpg.Template{Fill: demo.LoadSchema}
	loaded = embedpg.Template{Fill: func(ctx context.Context, conn *pgx.Conn) error {
		if err := demo.LoadSchema(ctx, conn); err != nil {
			return err
		}
		told, err := TellHistory(yesterday)
		if err != nil {
			return err
		}
		return Load(ctx, conn, told, nil)
	}}
)

func open(t *testing.T, template *embedpg.Template) *pgxpool.Pool {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), template.Database(t, embedpg.Shared(t)))
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	return pool
}

// ask returns the single value of a query.
func ask[T any](t *testing.T, pool *pgxpool.Pool, sql string, args ...any) T {
	t.Helper()
	rows, err := pool.Query(t.Context(), sql, args...)
	require.NoError(t, err)
	value, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[T])
	require.NoError(t, err, sql)
	return value
}

const keysAndIndexes = `
select string_agg(definition, E'\n' order by definition) from (
  select conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) from pg_constraint where connamespace = 'public'::regnamespace
  union all
  select indexdef from pg_indexes where schemaname = 'public'
) x (definition)`

func TestLoadedStoreHoldsTheHistoryAndItsKeys(t *testing.T) {
	t.Parallel()
	pool := open(t, &empty)
	before := ask[string](t, pool, keysAndIndexes)
	told, err := TellHistory(yesterday)
	require.NoError(t, err)

	conn, err := pool.Acquire(t.Context())
	require.NoError(t, err)
	defer conn.Release()
	var done, total int
	require.NoError(t, Load(t.Context(), conn.Conn(), told, func(d, n int) {
		assert.Greater(t, d, done)
		done, total = d, n
	}))
	assert.Equal(t, len(told.Customers)+len(told.Orders)+len(told.Carts), total)
	assert.Equal(t, total, done, "the last progress")

	assert.Equal(t, before, ask[string](t, pool, keysAndIndexes))
	assert.EqualValues(t, len(told.Customers), ask[int64](t, pool, `select count(*) from public.customers`))
	assert.EqualValues(t, len(told.Orders), ask[int64](t, pool, `select count(*) from public.orders`))
	assert.EqualValues(t, len(told.Carts), ask[int64](t, pool, `select count(*) from public.carts`))
	sum := int64(0)
	for _, o := range told.Orders {
		sum += int64(o.Total)
	}
	assert.Equal(t, sum, ask[int64](t, pool, `select (sum(total) * 100)::bigint from public.orders`))
	assert.Zero(t, ask[int64](t, pool, `select count(*) from public.orders where updated_at <> greatest(created_at, invoiced_at, cancelled_at)`))
	assert.EqualValues(t, len(told.Orders)+1, ask[int64](t, pool, `insert into public.orders (customer_id, channel, region, total)
		values (1, 'web', 'SP', 10) returning id`), "the next order's id")

	assert.ErrorContains(t, Load(t.Context(), conn.Conn(), told, nil), "not empty")
}

func TestFailedLoadLeavesTheStoreAsItWas(t *testing.T) {
	t.Parallel()
	pool := open(t, &empty)
	before := ask[string](t, pool, keysAndIndexes)
	told, err := TellHistory(yesterday)
	require.NoError(t, err)
	told.Orders[len(told.Orders)/2].CustomerID = 1 << 40

	conn, err := pool.Acquire(t.Context())
	require.NoError(t, err)
	defer conn.Release()
	require.ErrorContains(t, Load(t.Context(), conn.Conn(), told, nil), "orders_customer_id_fkey", "the keys are checked after all")
	assert.Equal(t, before, ask[string](t, pool, keysAndIndexes))
	assert.Zero(t, ask[int64](t, pool, `select count(*) from public.customers`))
}
