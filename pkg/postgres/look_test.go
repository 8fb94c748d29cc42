package postgres

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/internal/embedpg"
	"github.com/pullview/orders-datasource/pkg/query"
)

const ordersSQL = `
CREATE TABLE orders (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  created_at timestamptz NOT NULL,
  invoiced_at timestamptz,
  channel text,
  region text NOT NULL DEFAULT 'SP',
  total numeric(12, 2) NOT NULL DEFAULT 0
);
CREATE INDEX ON orders (created_at);
INSERT INTO orders (created_at, invoiced_at, channel, total) VALUES
  ('2026-03-01 12:00:00Z', '2026-03-01 12:00:30Z', 'web', 10.50),
  ('2026-03-01 12:00:59.999999Z', '2026-03-01 12:01:00Z', 'web', 0.01),
  ('2026-03-01 12:01:00Z', NULL, 'app', 99999999.99),
  ('2026-03-01 12:02:00Z', '2026-03-01 12:03:00Z', NULL, -5),
  ('2026-03-01 12:03:00Z', 'infinity', 'web', 7),
  ('-infinity', NULL, 'web', 7);`

const ordersCatalog = `{
  "version": 1, "timezone": "America/Sao_Paulo",
  "tables": {"orders": {"relation": "public.orders", "time": "created_at",
    "records": ["id", "created_at", "channel", "total"],
    "dimensions": {"channel": {"column": "channel"}, "region": {"column": "region"}}}},
  "metrics": {
    "pedidos": {"type": "counter", "table": "orders", "help": "Orders"},
    "faturamento": {"type": "counter", "table": "orders", "sum": "total", "help": "Revenue"}
  }
}`

func TestScanCountsAndSumsByBucketAndGroup(t *testing.T) {
	t.Parallel()
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		f := setUp(t, server, ordersSQL, ordersCatalog)
		from := instant(t, "2026-03-01T12:00:00Z")
		cells := f.scan(t, query.Scan{
			Table:    f.catalog.Tables["orders"],
			Time:     "created_at",
			GroupBy:  []string{"channel"},
			Buckets:  query.Buckets{From: from, To: from.Add(3 * time.Minute), Step: time.Minute, Origin: from},
			Measures: []query.Measure{{Kind: query.CountRows}, {Kind: query.Sum, Expr: "total"}},
		})
		require.Equal(t, map[string]string{
			"0 web":    "2 10.51",
			"1 app":    "1 99999999.99",
			"2 (null)": "1 -5.00",
		}, byCell(cells))
		require.Equal(t, 3, cells.Stat.Rows)
		require.Contains(t, cells.Stat.SQL, `date_bin($1, "created_at", $2)`)
	})
}
