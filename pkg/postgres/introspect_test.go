package postgres

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/internal/embedpg"
	"github.com/pullview/orders-datasource/pkg/query"
)

func TestAChangedRelationIsLookedAtAgain(t *testing.T) {
	t.Parallel()
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		f := setUp(t, server, ordersSQL, ordersCatalog)
		scan := ordersScan(f)
		scan.GroupBy = []string{"channel"}
		scan.Measures = append(scan.Measures, query.Measure{Kind: query.Sum, Expr: "total"}, query.Measure{Kind: query.Sum, Expr: "total * 2"})
		ask := func() string { return fmt.Sprint(byCell(f.scan(t, *scan))["app"]) }
		require.Equal(t, "1 99999999.99 199999999.98", ask())
		f.exec(t, `ALTER TABLE orders ALTER COLUMN total TYPE float8`)
		require.Equal(t, "1 9.999999999e+07 1.9999999998e+08", ask())
		f.exec(t, `CREATE TYPE channel AS ENUM ('web', 'app'); ALTER TABLE orders ALTER COLUMN channel TYPE channel USING channel::channel`)
		scan.Filters = []query.Filter{{Key: "channel", Operator: query.Eq, Values: []string{"app"}}}
		require.Equal(t, "1 9.999999999e+07 1.9999999998e+08", ask())
		f.exec(t, `ALTER TABLE orders RENAME TO old_orders; CREATE TABLE orders AS SELECT created_at, 'app'::text AS channel, 7 AS total FROM old_orders LIMIT 1`)
		require.Equal(t, "1 7 14", ask())
	})
}

// Nor does one fail when a function of an expression returns another type, and yet
// labels and sums would be written as those of the type before.
func TestALookSeesExpressionsAsTheyAre(t *testing.T) {
	t.Parallel()
	const function = "CREATE FUNCTION %s(text) RETURNS %s LANGUAGE sql IMMUTABLE AS 'SELECT $1::%[2]s'; "
	f := setUp(t, embedpg.Shared(t), fmt.Sprintf(function, "label", "text")+fmt.Sprintf(function, "amount", "float8")+
		"CREATE TABLE events (at timestamptz, d text); INSERT INTO events VALUES ('2026-01-01 12:00Z', '0.10'), ('2026-01-01 12:00Z', '0.20')",
		`{"version": 1, "timezone": "UTC", "tables": {"events": {"relation": "events", "time": "at", "dimensions": {"d": {"column": "label(d)"}}}},
		"metrics": {"n": {"type": "counter", "table": "events", "sum": "amount(d)", "help": "Amounts"}}}`)
	scan := query.Scan{Table: f.catalog.Tables["events"], Time: "at", Measures: []query.Measure{{Kind: query.Sum, Expr: "amount(d)"}},
		Buckets: query.Buckets{From: instant(t, "2026-01-01T11:30:00Z"), To: instant(t, "2026-01-01T12:30:00Z")}}
	grouped := scan
	grouped.GroupBy = []string{"d"}
	assert.Equal(t, map[string]string{"": "0.30000000000000004"}, byCell(f.scan(t, scan)))
	assert.Equal(t, map[string]string{"0.10": "0.1", "0.20": "0.2"}, byCell(f.scan(t, grouped)))
	for _, name := range []string{"label", "amount"} {
		f.exec(t, "DROP FUNCTION "+name+"; "+fmt.Sprintf(function, name, "numeric"))
	}
	assert.Equal(t, map[string]string{"": "0.30"}, byCell(f.scan(t, scan)))
	assert.Equal(t, map[string]string{"0.1": "0.10", "0.2": "0.20"}, byCell(f.scan(t, grouped)))
}

// No statement fails when a time becomes a local one, and yet it would mean
// another instant.
func TestALookSeesColumnsAsTheyAre(t *testing.T) {
	t.Parallel()
	for _, change := range []string{
		"ALTER TABLE events ALTER at TYPE timestamp USING at AT TIME ZONE 'Asia/Tokyo'",
		"ALTER TABLE events RENAME TO old; CREATE TABLE events AS SELECT id, at AT TIME ZONE 'Asia/Tokyo' AS at, d FROM old",
	} {
		f := setUp(t, embedpg.Shared(t), "CREATE TABLE events (id int, at timestamptz, d text); INSERT INTO events VALUES (1, '2026-01-01 12:00Z', 'a')",
			`{"version": 1, "timezone": "UTC", "tables": {"events": {"relation": "events", "time": "at", "timezone": "Asia/Tokyo", "dimensions": {"d": {"column": "d"}}}},
			"metrics": {"n": {"type": "counter", "table": "events", "help": "Events"}}}`)
		scan := query.Scan{Table: f.catalog.Tables["events"], Time: "at", GroupBy: []string{"d"}, Measures: []query.Measure{{Kind: query.CountRows}},
			Buckets: query.Buckets{From: instant(t, "2026-01-01T11:30:00Z"), To: instant(t, "2026-01-01T12:30:00Z")}}
		assert.Equal(t, map[string]string{"a": "1"}, byCell(f.scan(t, scan)))
		f.exec(t, change)
		assert.Equal(t, map[string]string{"a": "1"}, byCell(f.scan(t, scan)), change)
	}
}

func TestMissingNamesAreToldWithTheNearest(t *testing.T) {
	t.Parallel()
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		catalog := `{"version": 1, "timezone": "UTC",
		  "tables": {"orders": {"relation": "orderz", "time": "created_at"},
		    "other": {"relation": "orders", "time": "create_at", "dimensions": {"channel": {"column": "chanel"}, "bad": {"column": "lower(region"}}}},
		  "metrics": {"n": {"type": "counter", "table": "orders", "help": "Rows"}, "sum": {"type": "counter", "table": "other", "sum": "totals", "help": "Sum"}}}`
		catalog = strings.Replace(catalog, `, "bad": {"column": "lower(region"}`, "", 1)
		f := setUp(t, server, ordersSQL, catalog)
		look := f.look(t)
		_, err := look.Scan(t.Context(), ordersScan(f))
		e := requireKind(t, err, KindCatalog)
		require.Contains(t, e.Message.String(), "no table or view public.orderz")
		require.Contains(t, e.Message.String(), "did you mean public.orders?")
		require.Contains(t, e.Message.String(), "tables.orders.relation")

		scan := ordersScan(f)
		scan.Table = f.catalog.Tables["other"]
		scan.Time = "create_at"
		_, err = look.Scan(t.Context(), scan)
		e = requireKind(t, err, KindCatalog)
		require.Contains(t, e.Message.String(), "tables.other.time")
		require.Contains(t, e.Message.String(), "did you mean created_at?")

		scan.Time = "created_at"
		scan.GroupBy = []string{"channel"}
		_, err = look.Scan(t.Context(), scan)
		e = requireKind(t, err, KindCatalog)
		require.Contains(t, e.Message.String(), "tables.other.dimensions.channel.column")
		require.Contains(t, e.Message.String(), "did you mean channel?")

		scan.GroupBy = nil
		scan.Measures = []query.Measure{{Kind: query.Sum, Expr: "totals"}}
		_, err = look.Scan(t.Context(), scan)
		e = requireKind(t, err, KindCatalog)
		require.Contains(t, e.Message.String(), "metrics.sum.sum")
		require.Contains(t, e.Message.String(), "did you mean total?")
	})
}

// Names mean what they do now, whatever the snapshot; a table that is newer is
// not to be called missing.
func TestATableThatWasMadeAfterTheLookBeganIsNotMissing(t *testing.T) {
	t.Parallel()
	f := setUp(t, embedpg.Shared(t), ordersSQL, ordersCatalog)
	look := f.look(t)
	f.exec(t, "ALTER TABLE orders RENAME TO former; CREATE TABLE orders AS SELECT * FROM former")
	_, err := look.Scan(t.Context(), ordersScan(f))
	require.ErrorIs(t, err, query.ErrRedefined)
	requireKind(t, err, KindUnavailable)
	require.ErrorContains(t, err, "public.orders was made anew")
	require.Equal(t, "5", count(t, f.look(t), ordersScan(f)))
}
