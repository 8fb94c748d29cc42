// Package orders is the core of the demo's orders application: what an order is, what makes one valid,
// and how orders and carts are written to the store.
package orders

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Order is an order as it is stored. Times are instants with microseconds; InvoicedAt and CancelledAt
// are nil until it happens.
type Order struct {
	ID          int64      `json:"id"`
	CustomerID  int64      `json:"customer_id"`
	Status      string     `json:"status"`
	Channel     string     `json:"channel"`
	Region      string     `json:"region"`
	Items       int        `json:"items"`
	Total       Money      `json:"total"`
	CreatedAt   time.Time  `json:"created_at"`
	InvoicedAt  *time.Time `json:"invoiced_at"`
	CancelledAt *time.Time `json:"cancelled_at"`
}

// Store writes orders and carts. Every method is one transaction, and its time is given by the caller,
// so that the past can be told as well as the present.
type Store struct{ pool *pgxpool.Pool }

// NewStore writes through pool, which stays the caller's to close.
func NewStore(pool *pgxpool.Pool) *Store { return &Store{pool: pool} }

const insertOrder = `insert into public.orders (customer_id, channel, region, items, total, created_at, updated_at)
values ($1, $2, $3, $4, $5, $6, $6) returning id, status, created_at`

// Save stores a draft as a new order that was created at the given time. A customer that does not exist
// is *Invalid.
func (s *Store) Save(ctx context.Context, draft Draft, at time.Time) (Order, error) {
	return save(ctx, s.pool, draft, at)
}

func save(ctx context.Context, db interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}, draft Draft, at time.Time) (Order, error) {
	order := Order{
		CustomerID: draft.CustomerID, Channel: draft.Channel, Region: draft.Region,
		Items: draft.Items, Total: draft.Total,
	}
	err := db.QueryRow(ctx, insertOrder, draft.CustomerID, draft.Channel, draft.Region, draft.Items, draft.Total, at).
		Scan(&order.ID, &order.Status, &order.CreatedAt)
	if pgErr := new(pgconn.PgError); errors.As(err, &pgErr) && pgErr.ConstraintName == "orders_customer_id_fkey" {
		return Order{}, &Invalid{Problems: []Problem{{Field: "customer_id", Reason: fmt.Sprintf("names no customer: %d", draft.CustomerID)}}}
	}
	if err != nil {
		return Order{}, fmt.Errorf("store the order: %w", err)
	}
	order.CreatedAt = order.CreatedAt.UTC()
	return order, nil
}

// Invoice marks a received order as invoiced. It reports false, and changes nothing, where the order is
// not waiting for an invoice any more.
func (s *Store) Invoice(ctx context.Context, orderID int64, at time.Time) (bool, error) {
	return s.change(ctx, "invoice the order", `update public.orders
set status = 'invoiced', invoiced_at = $2, updated_at = $2 where id = $1 and status = 'received'`, orderID, at)
}

// Cancel marks an order as cancelled, invoiced or not. It reports false where it was cancelled before.
func (s *Store) Cancel(ctx context.Context, orderID int64, at time.Time) (bool, error) {
	return s.change(ctx, "cancel the order", `update public.orders
set status = 'cancelled', cancelled_at = $2, updated_at = $2 where id = $1 and status <> 'cancelled'`, orderID, at)
}

// OpenCart stores a new cart and returns its id. The customer is 0 for a visitor who has not signed in.
func (s *Store) OpenCart(ctx context.Context, customer int64, channel, region string, at time.Time) (int64, error) {
	var id int64
	err := s.pool.QueryRow(ctx, `insert into public.carts (customer_id, channel, region, opened_at, updated_at)
values (nullif($1::bigint, 0), $2, $3, $4, $4) returning id`, customer, channel, region, at).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("open a cart: %w", err)
	}
	return id, nil
}

// AbandonCart closes an open cart without an order. It reports false where the cart was closed before.
func (s *Store) AbandonCart(ctx context.Context, cartID int64, at time.Time) (bool, error) {
	return s.change(ctx, "abandon the cart", `update public.carts
set status = 'abandoned', closed_at = $2, updated_at = $2 where id = $1 and status = 'open'`, cartID, at)
}

// CheckOut turns an open cart into an order, both or neither. It reports false where the cart was closed
// before.
func (s *Store) CheckOut(ctx context.Context, cartID int64, draft Draft, at time.Time) (Order, bool, error) {
	var order Order
	closed := false
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		var open bool
		err := tx.QueryRow(ctx, `select status = 'open' from public.carts where id = $1 for update`, cartID).Scan(&open)
		if errors.Is(err, pgx.ErrNoRows) || err == nil && !open {
			return nil
		}
		if err != nil {
			return err
		}
		if order, err = save(ctx, tx, draft, at); err != nil {
			return err
		}
		closed = true
		_, err = tx.Exec(ctx, `update public.carts
set status = 'checked_out', closed_at = $2, updated_at = $2, order_id = $3, customer_id = $4 where id = $1`,
			cartID, at, order.ID, draft.CustomerID)
		return err
	})
	if err != nil {
		return Order{}, false, fmt.Errorf("check out the cart: %w", err)
	}
	return order, closed, nil
}

func (s *Store) change(ctx context.Context, what, sql string, id int64, at time.Time) (bool, error) {
	tag, err := s.pool.Exec(ctx, sql, id, at)
	if err != nil {
		return false, fmt.Errorf("%s %d: %w", what, id, err)
	}
	return tag.RowsAffected() == 1, nil
}
