package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pullview/orders-datasource/pkg/postgres"
	"github.com/pullview/orders-datasource/pkg/query"
)

// codesCatalog declares a dimension with as many values as there are orders,
// and one with a thousand.
const codesCatalog = `{"version": 1, "timezone": "UTC",
  "tables": {"orders": {"relation": "public.orders", "time": "created_at", "dimensions": {"many": {"column": "many"}, "few": {"column": "few"}}}},
  "metrics": {"orders": {"type": "counter", "table": "orders", "help": "Orders"}}}`

// measureValues completes the values of both dimensions, as an editor does for
// each letter that somebody types.
func measureValues(ctx context.Context, c config) (results []result, err error) {
	s, err := openShop(ctx, c, nil)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	fmt.Fprintf(c.out, "generating %d orders …\n", c.codes)
	err = s.exec(ctx, "CREATE TABLE orders (created_at timestamptz NOT NULL, many text, few text)",
		fmt.Sprintf(`INSERT INTO orders
			SELECT timestamptz '2026-03-01Z' + n * interval '1 second', 'c' || lpad(code::text, 7, '0'), 'c' || lpad((code %% 1000)::text, 7, '0')
			FROM (SELECT n, n * 7919 %% %[1]d AS code FROM generate_series(1::bigint, %[1]d) AS n) AS coded`, c.codes),
		"VACUUM (ANALYZE) orders")
	if err != nil {
		return nil, fmt.Errorf("generate orders: %w", err)
	}
	cat, err := parse(codesCatalog)
	if err != nil {
		return nil, err
	}
	store, err := s.store(cat, 1)
	if err != nil {
		return nil, err
	}
	defer store.Close()
	look, err := store.Look(ctx, query.Caller{})
	if err != nil {
		return nil, err
	}
	defer look.Close()

	const wanted = 100
	complete := func(dimension, prefix string) (seconds float64, err error) {
		began := time.Now()
		list, err := look.Values(ctx, &postgres.ValueScan{Table: cat.Tables["orders"], Dimension: dimension, Prefix: prefix, Limit: wanted})
		switch {
		case err != nil:
			return 0, err
		case len(list.Values) != wanted || list.Complete:
			return 0, fmt.Errorf("%d values of %s that begin with %q, complete: %v; expected the first %d of more", len(list.Values), dimension, prefix, list.Complete, wanted)
		}
		return time.Since(began).Seconds(), nil
	}
	for _, prefix := range []string{"", "c0000"} {
		var ratios []float64
		for range c.rounds {
			many, err := complete("many", prefix)
			if err != nil {
				return nil, err
			}
			few, err := complete("few", prefix)
			if err != nil {
				return nil, err
			}
			ratios = append(ratios, many/few)
		}
		ratio := median(ratios)
		results = append(results, result{fmt.Sprintf("(n) the first %d values that begin with %q, of %d values against 1,000", wanted, prefix, c.codes),
			ratio, "%.2f× the time", "≤ 2×", ratio <= 2, spread(ratios, "%.2f")})
	}
	return results, nil
}
