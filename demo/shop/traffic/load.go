package traffic

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Progress is told how many of a load's rows have been sent so far.
type Progress func(done, total int)

// Load writes a history into an empty store, in one transaction, and moves the id sequences past it. The
// role must own the tables: their keys and indexes are taken away before the rows come and made again
// afterwards, which takes a quarter of the time of keeping them up row by row. Progress may be nil.
func Load(ctx context.Context, conn *pgx.Conn, history History, progress Progress) error {
	if progress == nil {
		progress = func(int, int) {}
	}
	sent, total := 0, len(history.Customers)+len(history.Orders)+len(history.Carts)
	count := func(row []any) []any {
		if sent++; sent%5000 == 0 || sent == total {
			progress(sent, total)
		}
		return row
	}
	err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		var used bool
		err := tx.QueryRow(ctx, `select exists (select from public.customers) or exists (select from public.orders) or exists (select from public.carts)`).Scan(&used)
		if err != nil {
			return fmt.Errorf("look into the orders store (is demo/schema.sql loaded?): %w", err)
		}
		if used {
			return fmt.Errorf("the orders store is not empty; a history is only loaded into an empty one")
		}
		tables := []struct {
			name    string
			columns []string
			rows    int
			row     func(i int) []any
		}{
			{"customers", []string{"id", "region", "created_at"}, len(history.Customers), func(i int) []any {
				c := &history.Customers[i]
				return []any{c.ID, c.Region, c.RegisteredAt}
			}},
			{"orders", []string{"id", "customer_id", "status", "channel", "region", "items", "total",
				"created_at", "invoiced_at", "cancelled_at", "updated_at"}, len(history.Orders), func(i int) []any {
				o := &history.Orders[i]
				return []any{o.ID, o.CustomerID, o.Status, o.Channel, o.Region, o.Items, o.Total,
					o.CreatedAt, o.InvoicedAt, o.CancelledAt, latest(o.CreatedAt, o.InvoicedAt, o.CancelledAt)}
			}},
			{"carts", []string{"id", "customer_id", "status", "channel", "region", "opened_at", "closed_at",
				"order_id", "updated_at"}, len(history.Carts), func(i int) []any {
				c := &history.Carts[i]
				return []any{c.ID, c.CustomerID, c.Status, c.Channel, c.Region, c.OpenedAt, c.ClosedAt,
					c.OrderID, latest(c.OpenedAt, c.ClosedAt)}
			}},
		}
		restore, err := suspendIndexes(ctx, tx)
		if err != nil {
			return err
		}
		for _, t := range tables {
			source := pgx.CopyFromSlice(t.rows, func(i int) ([]any, error) { return count(t.row(i)), nil })
			if _, err := tx.CopyFrom(ctx, pgx.Identifier{"public", t.name}, t.columns, source); err != nil {
				return fmt.Errorf("copy %s: %w", t.name, err)
			}
			_, err := tx.Exec(ctx, `select setval(pg_get_serial_sequence($1, 'id'), greatest($2::bigint, 1), $2 > 0)`, "public."+t.name, int64(t.rows))
			if err != nil {
				return fmt.Errorf("move the ids of %s past the history: %w", t.name, err)
			}
		}
		return restore()
	})
	if err != nil {
		return err
	}
	// Statistics and visibility, which a store in use would have, and which autovacuum brings too late.
	if _, err := conn.Exec(ctx, "vacuum (analyze) public.customers, public.orders, public.carts"); err != nil {
		return fmt.Errorf("vacuum the loaded tables: %w", err)
	}
	return nil
}

// latest is the last of the times that are there.
func latest(first time.Time, others ...*time.Time) time.Time {
	for _, t := range others {
		if t != nil && t.After(first) {
			first = *t
		}
	}
	return first
}
