package postgres

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/internal/embedpg"
	"github.com/pullview/orders-datasource/pkg/query"
)

// codesSQL makes orders of which one column has as many values as there are
// rows, one a thousand and one three, null among them.
const codesSQL = `
CREATE TABLE orders (created_at timestamptz NOT NULL, one text, few text, number int, kind text);
INSERT INTO orders
SELECT '2026-03-01Z'::timestamptz + n * interval '1 second', 'c' || lpad(h::text, 7, '0'), 'c' || lpad((h %% 1000)::text, 7, '0'), h, (ARRAY['a', 'b'])[1 + n %% 3]
FROM (SELECT n, (n::bigint * 7919 %% %[1]d)::int AS h FROM generate_series(1, %[1]d) AS n) AS codes;
ANALYZE orders`

const codesCatalog = `{"version": 1, "timezone": "UTC",
	"tables": {"orders": {"relation": "orders", "time": "created_at", "dimensions": {
		"one": {"column": "one"}, "few": {"column": "few"}, "number": {"column": "number"}, "kind": {"column": "kind"}}}},
	"metrics": {"orders": {"type": "counter", "table": "orders", "help": "Orders"}}}`

func TestTheFirstValuesAreThoseOfAllRows(t *testing.T) {
	t.Parallel()
	const rows = 12_000 // more than give the bound
	f := setUp(t, embedpg.Shared(t), fmt.Sprintf(codesSQL, rows), codesCatalog)
	conn, err := pgx.Connect(t.Context(), f.dsn)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(t.Context()) })
	look := f.look(t)

	day := instant(t, "2026-03-01T00:00:00Z")
	for dimension, column := range map[string]string{"one": "one", "few": "few", "number": "number", "kind": "kind"} {
		for _, prefix := range []string{"", "C000", "11", "b", "nothing"} {
			for _, limit := range []int{1, 100, 1001} {
				for _, kind := range []string{"", "a"} {
					for _, to := range []time.Time{{}, day.Add(time.Hour)} {
						scan := &ValueScan{Table: f.catalog.Tables["orders"], Dimension: dimension, Prefix: prefix, Limit: limit}
						condition := []string{fmt.Sprintf("coalesce(%s::text, '') ILIKE '%s%%'", column, prefix)}
						if prefix != "" {
							condition = append(condition, column+" IS NOT NULL")
						}
						if kind != "" {
							scan.Filters = []query.Filter{{Key: "kind", Operator: query.Eq, Values: []string{kind}}}
							condition = append(condition, "kind = 'a'")
						}
						if !to.IsZero() {
							scan.From, scan.To = day, to
							condition = append(condition, fmt.Sprintf("created_at < '%s'", to.Format(time.RFC3339)))
						}
						about := fmt.Sprintf("%s %q %d %q %v", dimension, prefix, limit, kind, to)
						list, err := look.Values(t.Context(), scan)
						require.NoError(t, err, about)
						rows, err := conn.Query(t.Context(), fmt.Sprintf("SELECT DISTINCT coalesce(%[1]s::text, '(null)'), %[1]s FROM orders WHERE %[2]s ORDER BY 2 NULLS FIRST",
							column, strings.Join(condition, " AND ")))
						require.NoError(t, err, about)
						want, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (label string, err error) {
							return label, row.Scan(&label, nil)
						})
						require.NoError(t, err, about)
						require.Equal(t, len(want) <= limit, list.Complete, about)
						require.Equal(t, want[:min(limit, len(want))], append([]string{}, labels(list.Values)...), about)
					}
				}
			}
		}
	}
}
