package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/pullview/orders-datasource/pkg/catalog"
)

// ordersCatalog declares the orders of the benchmarks without a change log.
const ordersCatalog = `{
  "version": 1, "timezone": "America/Sao_Paulo",
  "tables": {"orders": {"relation": "public.orders", "time": "created_at",
    "dimensions": {"channel": {"column": "channel"}, "region": {"column": "region"}, "status": {"column": "status"}}}},
  "metrics": {
    "orders": {"type": "counter", "table": "orders", "help": "Orders created"},
    "cancelled": {"type": "counter", "table": "orders", "where": "status = 'cancelled'", "help": "Orders cancelled, by when they were created"},
    "revenue": {"type": "counter", "table": "orders", "sum": "total", "help": "Value of the orders created"},
    "ticket": {"type": "ratio", "numerator": "revenue", "denominator": "orders", "help": "Average value of an order"}}
}`

// loggedCatalog is the same with a change log.
var loggedCatalog = strings.Replace(ordersCatalog, `"time": "created_at",`, `"time": "created_at", "changes": {"mode": "log"},`, 1)

// history is the orders that are there before anything is measured, evenly
// spread over a span and in the order of time, as a shop would write them.
type history struct {
	orders int
	span   time.Duration
	until  time.Time // exclusive
}

// generate makes the orders table. Its only index is the one that a dashboard
// needs: an order is found by its time and number.
func (s *shop) generate(ctx context.Context, c config, h history) error {
	began := time.Now()
	fmt.Fprintf(c.out, "generating %d orders in %s …\n", h.orders, h.span)
	// Both in one transaction: at wal_level = minimal the rows are written once.
	err := s.exec(ctx,
		`CREATE TABLE orders (
			id bigint NOT NULL, created_at timestamptz NOT NULL, invoiced_at timestamptz,
			status text NOT NULL, channel text NOT NULL, region text NOT NULL, total numeric(12,2) NOT NULL);
		`+fmt.Sprintf(`INSERT INTO orders
			SELECT n, at, at + interval '40 s',
			       (ARRAY['new','invoiced','invoiced','invoiced','cancelled'])[1 + n / 7 %% 5],
			       (ARRAY['web','app','store','phone','partner'])[1 + n * 104729 %% 5],
			       (ARRAY['SP','RJ','MG','RS','PR','BA'])[1 + n * 1299709 %% 6],
			       ((n * 15485863) %% 100000) / 100.0
			FROM (SELECT n, timestamptz '%s' + (n - %d) * interval '%d microseconds' AS at
			      FROM generate_series(0::bigint, %d) AS n) AS placed`,
			h.until.Format(time.RFC3339Nano), h.orders, (h.span/time.Duration(h.orders)).Microseconds(), h.orders-1)+`;
		CREATE INDEX ON orders (created_at)`,
		`VACUUM (ANALYZE, FREEZE) orders`,
	)
	if err != nil {
		return fmt.Errorf("generate orders: %w", err)
	}
	var size string
	if err := s.owner.QueryRow(ctx, "SELECT pg_size_pretty(pg_total_relation_size('orders'))").Scan(&size); err != nil {
		return err
	}
	fmt.Fprintf(c.out, "%s on disk, after %s\n", size, time.Since(began).Round(time.Second))
	return nil
}

func parse(declared string) (*catalog.Catalog, error) {
	cat, err := catalog.Parse([]byte(declared))
	if err != nil {
		return nil, fmt.Errorf("the benchmark's catalog: %w", err)
	}
	return cat, nil
}
