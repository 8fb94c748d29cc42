package plugin_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/instancemgmt"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/internal/embedpg"
	"github.com/pullview/orders-datasource/pkg/plugin"
)

// busyShop is a database with a day of orders of six channels.
var busyShop = embedpg.Template{Fill: func(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.PgConn().Exec(ctx, `
CREATE TABLE orders (id bigint PRIMARY KEY, created_at timestamptz NOT NULL, channel text NOT NULL, total numeric(12,2) NOT NULL);
CREATE INDEX ON orders (created_at);
INSERT INTO orders SELECT n, now() - n * interval '3 seconds', 'channel ' || n % 6, n % 1000 / 7.0 FROM generate_series(1, 40000) AS n;`).ReadAll()
	return err
}}

const busyCatalog = `{"version": 1, "timezone": "UTC",
  "tables": {"orders": {"relation": "orders", "time": "created_at", "changes": {"mode": "log"}, "records": ["id"],
    "dimensions": {"channel": {"column": "channel"}}}},
  "metrics": {
    "orders": {"type": "counter", "table": "orders", "help": "Orders"},
    "revenue": {"type": "counter", "table": "orders", "sum": "total", "unit": "currencyBRL", "help": "Revenue"},
    "ticket": {"type": "ratio", "numerator": "revenue", "denominator": "orders", "help": "Average ticket"}}}`

// viewedPanels are what a dashboard of eight panels asks at each refresh.
var viewedPanels = []struct {
	json   string
	span   time.Duration
	points int64
}{
	{`{"metrics": ["orders"], "step": "range"}`, 24 * time.Hour, 100},
	{`{"metrics": ["revenue"], "step": "range"}`, 24 * time.Hour, 100},
	{`{"metrics": ["ticket"], "step": "range"}`, 24 * time.Hour, 100},
	{`{"metrics": ["orders"], "step": "1m", "groupBy": ["channel"], "top": {"limit": 5}}`, 5 * time.Hour, 300},
	{`{"metrics": ["revenue"], "step": "1m", "groupBy": ["channel"], "top": {"limit": 5}}`, 5 * time.Hour, 300},
	{`{"metrics": ["ticket"], "step": "1m", "groupBy": ["channel"], "top": {"limit": 5}}`, 5 * time.Hour, 300},
	{`{"metrics": ["orders"], "view": "running_total", "step": "1m", "groupBy": ["channel"], "top": {"limit": 5}}`, 5 * time.Hour, 300},
	{`{"metrics": ["revenue"], "step": "1m", "groupBy": ["channel"]}`, 24 * time.Hour, 1440},
}

// BenchmarkViewers measures what one query of one of many viewers costs the
// plugin, from Grafana's request to the bytes of its response.
func BenchmarkViewers(b *testing.B) {
	dsn := busyShop.Database(b, embedpg.Shared(b))
	s := newSource(b, dsn, busyCatalog)
	s.user = &backend.User{Login: "rui", Role: "Admin"}
	_, answer := s.resource(b, "POST", "changelog-sql", `{"table": "orders"}`)
	var scripts struct{ Install string }
	require.NoError(b, json.Unmarshal([]byte(answer), &scripts))
	conn, err := pgx.Connect(b.Context(), dsn)
	require.NoError(b, err)
	b.Cleanup(func() { _ = conn.Close(context.Background()) })
	_, err = conn.Exec(b.Context(), scripts.Install, pgx.QueryExecModeSimpleProtocol)
	require.NoError(b, err)

	grafana := s.context(b)
	instance, err := plugin.New(b.Context(), *grafana.DataSourceInstanceSettings)
	require.NoError(b, err)
	b.Cleanup(instance.(instancemgmt.InstanceDisposer).Dispose)
	ask := func(ctx context.Context, panel int) error {
		ctx, cancel := context.WithCancel(ctx) // which ends with the request, as a server's does
		defer cancel()
		p := viewedPanels[panel]
		to := time.Now().Truncate(time.Millisecond)
		response, err := instance.(backend.QueryDataHandler).QueryData(ctx, &backend.QueryDataRequest{
			PluginContext: grafana,
			Headers:       map[string]string{"http_X-Dashboard-Uid": "shop", "http_X-Panel-Id": fmt.Sprint(panel)},
			Queries: []backend.DataQuery{{RefID: "A", JSON: json.RawMessage(p.json), Interval: time.Minute, MaxDataPoints: p.points,
				TimeRange: backend.TimeRange{From: to.Add(-p.span), To: to}}},
		})
		if err == nil {
			err = response.Responses["A"].Error
		}
		if err == nil {
			_, err = backend.ToProto().QueryDataResponse(backend.DataFrameFormat_ARROW, response)
		}
		return err
	}
	for panel := range viewedPanels {
		require.NoError(b, ask(b.Context(), panel))
	}
	// Orders come meanwhile.
	ctx, stop := context.WithCancel(b.Context())
	defer stop()
	go func() {
		for n := 100_000; ctx.Err() == nil; n++ {
			_, _ = conn.Exec(ctx, "INSERT INTO orders VALUES ($1, now(), 'channel 1', 10)", n)
			select {
			case <-ctx.Done():
			case <-time.After(20 * time.Millisecond):
			}
		}
	}()
	b.SetParallelism(300) // each waits for a look most of the time
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(loop *testing.PB) {
		for loop.Next() {
			if err := ask(b.Context(), rand.IntN(len(viewedPanels))); err != nil {
				b.Error(err)
				return
			}
		}
	})
}
