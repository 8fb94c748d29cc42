package orders_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/demo"
	"github.com/pullview/orders-datasource/demo/shop/orders"
	"github.com/pullview/orders-datasource/internal/embedpg"
)

func TestMain(m *testing.M) { os.Exit(embedpg.Main(m)) }

// filled is the demo's schema with one customer, whose id is 1.
var filled = embedpg.Template{Fill: func(ctx context.Context, conn *pgx.Conn) error {
	if err := demo.LoadSchema(ctx, conn); err != nil {
		return err
	}
	_, err := conn.Exec(ctx, `insert into public.customers (region) values ('SP')`)
	return err
}}

var (
	noon  = time.Date(2026, 3, 2, 15, 0, 0, 123_000, time.UTC)
	draft = orders.Draft{CustomerID: 1, Channel: "app", Region: "RJ", Items: 2, Total: 9990}
)

func open(t *testing.T) (*orders.Store, *pgxpool.Pool) {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), filled.Database(t, embedpg.Shared(t)))
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	return orders.NewStore(pool), pool
}

func TestSavedOrderIsStoredAsReceived(t *testing.T) {
	t.Parallel()
	store, pool := open(t)

	saved, err := store.Save(t.Context(), draft, noon)
	require.NoError(t, err)
	assert.Equal(t, orders.Order{
		ID: saved.ID, CustomerID: 1, Status: "received", Channel: "app", Region: "RJ", Items: 2, Total: 9990, CreatedAt: noon,
	}, saved)

	var total orders.Money
	var created, updated time.Time
	require.NoError(t, pool.QueryRow(t.Context(), `select total, created_at, updated_at from public.orders where id = $1`, saved.ID).
		Scan(&total, &created, &updated))
	assert.Equal(t, orders.Money(9990), total)
	assert.True(t, created.Equal(noon))
	assert.True(t, updated.Equal(noon))
}

func TestOrderOfAnUnknownCustomerIsInvalid(t *testing.T) {
	t.Parallel()
	store, _ := open(t)
	stranger := draft
	stranger.CustomerID = 404
	_, err := store.Save(t.Context(), stranger, noon)
	invalid := new(orders.Invalid)
	require.ErrorAs(t, err, &invalid)
	assert.Equal(t, []orders.Problem{{Field: "customer_id", Reason: "names no customer: 404"}}, invalid.Problems)
}

func TestOrderIsInvoicedOnceAndNotAfterItsCancellation(t *testing.T) {
	t.Parallel()
	store, pool := open(t)
	ctx := t.Context()
	first, err := store.Save(ctx, draft, noon)
	require.NoError(t, err)
	second, err := store.Save(ctx, draft, noon)
	require.NoError(t, err)

	steps := []struct {
		what string
		do   func(context.Context, int64, time.Time) (bool, error)
		id   int64
		done bool
	}{
		{"invoice the first", store.Invoice, first.ID, true},
		{"invoice the first again", store.Invoice, first.ID, false},
		{"cancel the first, though invoiced", store.Cancel, first.ID, true},
		{"cancel the first again", store.Cancel, first.ID, false},
		{"cancel the second", store.Cancel, second.ID, true},
		{"invoice the second, though cancelled", store.Invoice, second.ID, false},
		{"invoice what does not exist", store.Invoice, 404, false},
	}
	for i, step := range steps {
		done, err := step.do(ctx, step.id, noon.Add(time.Duration(i+1)*time.Minute))
		require.NoError(t, err, step.what)
		assert.Equal(t, step.done, done, step.what)
	}

	var status string
	var invoiced, cancelled *time.Time
	require.NoError(t, pool.QueryRow(ctx, `select status, invoiced_at, cancelled_at from public.orders where id = $1`, first.ID).
		Scan(&status, &invoiced, &cancelled))
	assert.Equal(t, "cancelled", status)
	assert.True(t, invoiced.Equal(noon.Add(time.Minute)))
	assert.True(t, cancelled.Equal(noon.Add(3*time.Minute)))
}

func TestCartBecomesOneOrderOrNone(t *testing.T) {
	t.Parallel()
	store, pool := open(t)
	ctx := t.Context()
	cart, err := store.OpenCart(ctx, 0, "app", "RJ", noon)
	require.NoError(t, err)

	order, closed, err := store.CheckOut(ctx, cart, draft, noon.Add(time.Minute))
	require.NoError(t, err)
	assert.True(t, closed)
	_, closed, err = store.CheckOut(ctx, cart, draft, noon.Add(2*time.Minute))
	require.NoError(t, err)
	assert.False(t, closed, "a second checkout of the same cart")
	abandoned, err := store.AbandonCart(ctx, cart, noon.Add(3*time.Minute))
	require.NoError(t, err)
	assert.False(t, abandoned, "giving up a cart that was checked out")

	var status string
	var closedAt time.Time
	var orderID, customerID, stored int64
	require.NoError(t, pool.QueryRow(ctx, `select status, closed_at, order_id, customer_id, (select count(*) from public.orders) from public.carts where id = $1`, cart).
		Scan(&status, &closedAt, &orderID, &customerID, &stored))
	assert.Equal(t, "checked_out", status)
	assert.True(t, closedAt.Equal(noon.Add(time.Minute)))
	assert.Equal(t, order.ID, orderID)
	assert.EqualValues(t, 1, customerID)
	assert.EqualValues(t, 1, stored)
}

func TestFailedCheckoutLeavesTheCartOpen(t *testing.T) {
	t.Parallel()
	store, pool := open(t)
	cart, err := store.OpenCart(t.Context(), 1, "web", "SP", noon)
	require.NoError(t, err)
	stranger := draft
	stranger.CustomerID = 404
	_, _, err = store.CheckOut(t.Context(), cart, stranger, noon.Add(time.Minute))
	require.ErrorAs(t, err, new(*orders.Invalid))

	var status string
	require.NoError(t, pool.QueryRow(t.Context(), `select status from public.carts where id = $1`, cart).Scan(&status))
	assert.Equal(t, "open", status)
}

func TestReaderRoleMayOnlyRead(t *testing.T) {
	t.Parallel()
	_, pool := open(t)
	for statement, allowed := range map[string]bool{
		`select count(*) from public.orders, public.carts, public.customers`: true,
		`insert into public.customers (region) values ('SP')`:                false,
		`update public.orders set total = 1`:                                 false,
		`delete from public.carts`:                                           false,
		`truncate public.orders cascade`:                                     false,
		`create table public.notes (id int)`:                                 false,
	} {
		err := pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error {
			if _, err := tx.Exec(t.Context(), "set local role "+demo.ReaderRole); err != nil {
				return err
			}
			_, err := tx.Exec(t.Context(), statement)
			return err
		})
		if allowed {
			assert.NoError(t, err, statement)
		} else {
			assert.ErrorContains(t, err, "permission denied", statement)
		}
	}
}
