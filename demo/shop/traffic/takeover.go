package traffic

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/pullview/orders-datasource/demo/shop/orders"
)

// giveBackWindow is how long after its invoice an order may still be cancelled, in practice.
const giveBackWindow = 3 * 24 * time.Hour

func loadCustomers(ctx context.Context, pool *pgxpool.Pool) ([]Customer, error) {
	rows, _ := pool.Query(ctx, `select id, region, created_at from public.customers order by id`) // CollectRows has its error
	customers, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Customer])
	if err != nil {
		return nil, fmt.Errorf("read the customers (is demo/schema.sql loaded?): %w", err)
	}
	if len(customers) == 0 {
		return nil, errors.New("the orders store has no customers; load a history first")
	}
	return customers, nil
}

// takeOver plans the end of everything that the store has open. What it draws has the distribution that
// such things have once they are as old as they are, so that nothing in the numbers tells when the
// simulator began.
func (s *Simulator) takeOver(ctx context.Context, pool *pgxpool.Pool) error {
	age := func(since time.Time) time.Duration { return max(0, s.reached.Sub(since)) }

	var id, customer int64
	var channel, region string
	var at time.Time
	rows, _ := pool.Query(ctx, `select id, coalesce(customer_id, 0), channel, region, opened_at
from public.carts where closed_at is null order by id`)
	_, err := pgx.ForEachRow(rows, []any{&id, &customer, &channel, &region, &at}, func() error {
		h := channelHabits[channel]
		if !h.cart {
			return nil
		}
		random := source(s.seed, "cart", "", id)
		fate := h.drawCart(random, age(at))
		placed := at.Add(fate.after)
		v := visit{
			at: at, channel: channel, region: region, customer: customer, cart: &fate,
			basket: h.drawBasket(random),
			order:  h.drawOrder(random, channel, s.crowd.rhythm.Busyness(placed), 0),
		}
		if customer == 0 {
			var ok bool
			if v.customer, ok = s.crowd.somebody(random, region); !ok {
				fate.checkOut = false
			}
		}
		s.planCart(id, placed, v)
		return nil
	})
	if err != nil {
		return fmt.Errorf("take over the open carts: %w", err)
	}

	rows, _ = pool.Query(ctx, `select id, channel, created_at from public.orders where status = 'received' order by id`)
	_, err = pgx.ForEachRow(rows, []any{&id, &channel, &at}, func() error {
		s.planOrder(orders.Order{ID: id, Channel: channel, CreatedAt: at}, age(at))
		return nil
	})
	if err != nil {
		return fmt.Errorf("take over the orders without an invoice: %w", err)
	}

	rows, _ = pool.Query(ctx, `select id, channel, invoiced_at from public.orders
where status = 'invoiced' and invoiced_at > $1 order by id`, s.reached.Add(-giveBackWindow))
	_, err = pgx.ForEachRow(rows, []any{&id, &channel, &at}, func() error {
		random := source(s.seed, "give back", "", id)
		if after := channelHabits[channel].drawGiveBack(random, age(at)); after > 0 {
			s.plan(orders.Order{ID: id, CreatedAt: at}, orderFate{cancel: after})
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("take over the invoiced orders: %w", err)
	}
	return nil
}
