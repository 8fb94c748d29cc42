package plugin_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/experimental/datasourcetest"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/internal/embedpg"
	"github.com/pullview/orders-datasource/pkg/message"
	"github.com/pullview/orders-datasource/pkg/plugin"
)

func TestMain(m *testing.M) { os.Exit(embedpg.Main(m)) }

// served is the plugin behind a gRPC server of this process. The SDK registers
// its metrics when it begins to serve, so there can be one only; tests have
// data sources of their own.
var served = sync.OnceValues(func() (datasourcetest.TestPlugin, error) {
	// A port that was free a moment ago; nothing else on the loopback wants it.
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return datasourcetest.TestPlugin{}, err
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		return datasourcetest.TestPlugin{}, err
	}
	return datasourcetest.Manage(plugin.New, datasourcetest.ManageOpts{Address: address})
})

// source is a data source as Grafana stores it.
type source struct {
	settings backend.DataSourceInstanceSettings
	json     map[string]any
	headers  map[string]string
	user     *backend.User
}

// told is a message of the server, by language.
type told map[message.Language]string

func (m told) String() string { return m[message.English] }

var sources atomic.Int64

// newSource returns the settings of a data source on a database, with a catalog.
func newSource(t testing.TB, dsn, catalogJSON string) *source {
	t.Helper()
	config, err := pgx.ParseConfig(dsn)
	require.NoError(t, err)
	id := sources.Add(1)
	return &source{
		settings: backend.DataSourceInstanceSettings{
			ID:                      id,
			UID:                     fmt.Sprint("orders-", id),
			Name:                    t.Name(),
			URL:                     net.JoinHostPort(config.Host, strconv.Itoa(int(config.Port))),
			User:                    config.User,
			DecryptedSecureJSONData: map[string]string{"password": config.Password},
			Updated:                 time.UnixMilli(id),
		},
		json: map[string]any{
			"database": config.Database, "sslmode": "disable", "queryTimeoutSeconds": 20,
			"catalog": json.RawMessage(catalogJSON),
		},
		headers: map[string]string{},
		user:    &backend.User{Login: "ana", Role: "Viewer"},
	}
}

func (s *source) context(t testing.TB) backend.PluginContext {
	t.Helper()
	settings := s.settings
	var err error
	settings.JSONData, err = json.Marshal(s.json)
	require.NoError(t, err)
	return backend.PluginContext{
		Namespace: "default", PluginID: "pullview-orders-datasource", User: s.user, DataSourceInstanceSettings: &settings,
	}
}

func client(t testing.TB) *datasourcetest.TestPluginClient {
	t.Helper()
	running, err := served()
	require.NoError(t, err)
	return running.Client
}

// The range that queries cover unless they say otherwise: five minutes.
var (
	from = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	to   = from.Add(5 * time.Minute)
)

// asked is a query of a panel.
type asked struct {
	refID    string
	json     string
	from, to time.Time
}

func (a asked) dataQuery() backend.DataQuery {
	if a.from.IsZero() && a.to.IsZero() {
		a.from, a.to = from, to
	}
	return backend.DataQuery{
		RefID: a.refID, JSON: json.RawMessage(a.json), TimeRange: backend.TimeRange{From: a.from, To: a.to},
		Interval: 10 * time.Second, MaxDataPoints: 100,
	}
}

// query asks queries of the data source in one request.
func (s *source) query(t testing.TB, queries ...asked) backend.Responses {
	t.Helper()
	responses, err := s.queryWith(t.Context(), t, queries...)
	require.NoError(t, err)
	require.Len(t, responses, len(queries), "every refID is answered")
	return responses
}

func (s *source) queryWith(ctx context.Context, t testing.TB, queries ...asked) (backend.Responses, error) {
	t.Helper()
	request := &backend.QueryDataRequest{PluginContext: s.context(t), Headers: maps.Clone(s.headers)}
	for _, q := range queries {
		request.Queries = append(request.Queries, q.dataQuery())
	}
	response, err := client(t).QueryData(ctx, request)
	if err != nil {
		return nil, err
	}
	return response.Responses, nil
}

// one asks a single query.
func (s *source) one(t testing.TB, queryJSON string) backend.DataResponse {
	t.Helper()
	return s.query(t, asked{refID: "A", json: queryJSON})["A"]
}

// health is what an administrator learns.
func (s *source) health(t testing.TB) *backend.CheckHealthResult {
	t.Helper()
	return s.healthFor(t, &backend.User{Login: "rui", Role: "Admin"})
}

func (s *source) healthFor(t testing.TB, user *backend.User) *backend.CheckHealthResult {
	t.Helper()
	about := s.context(t)
	about.User = user
	result, err := client(t).CheckHealth(t.Context(), &backend.CheckHealthRequest{PluginContext: about})
	require.NoError(t, err)
	return result
}

// resource calls a resource; path may have parameters.
func (s *source) resource(t testing.TB, method, path, body string) (status int, answer string) {
	t.Helper()
	bare, _, _ := strings.Cut(path, "?")
	request := &backend.CallResourceRequest{
		PluginContext: s.context(t), Method: method, Path: bare, URL: path, Body: []byte(body),
		Headers: map[string][]string{"Content-Type": {"application/json"}},
	}
	var all []byte
	require.NoError(t, client(t).CallResource(t.Context(), request,
		backend.CallResourceResponseSenderFunc(func(part *backend.CallResourceResponse) error {
			if part.Status != 0 {
				status = part.Status
				require.Contains(t, http.Header(part.Headers).Get("Content-Type"), "application/json", path)
			}
			all = append(all, part.Body...)
			return nil
		})))
	return status, string(all)
}

// shop is a database with a few orders and carts.
var shop = embedpg.Template{Fill: func(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.PgConn().Exec(ctx, `
CREATE TABLE orders (
  id bigint PRIMARY KEY, created_at timestamptz NOT NULL, invoiced_at timestamptz, channel text, region text,
  total numeric(12,2) NOT NULL, customer bigint NOT NULL, secret text NOT NULL DEFAULT 'not for everybody');
CREATE INDEX ON orders (created_at);
CREATE INDEX ON orders (invoiced_at);
INSERT INTO orders VALUES
  (1, '2026-03-02 12:00:10Z', '2026-03-02 12:00:30Z', 'web', 'SP', 10.00, 1),
  (2, '2026-03-02 12:00:20Z', '2026-03-02 12:01:10Z', 'app', 'RJ', 20.50, 2),
  (3, '2026-03-02 12:01:00Z', '2026-03-02 12:02:00Z', 'web', NULL, 5.25, 1),
  (4, '2026-03-02 12:02:10Z', '2026-03-02 12:02:40Z', NULL, 'SP', 100.00, 3),
  (5, '2026-03-02 12:02:50Z', NULL, 'web', 'SP', 7.00, 4),
  (7205759403792793601, '2026-03-02 12:03:00Z', '2026-03-02 12:04:59.999999Z', 'a''b"c;--\d', 'SP', 1.00, 4);
CREATE TABLE carts (id bigint PRIMARY KEY, opened_at timestamptz NOT NULL, closed_at timestamptz, channel text NOT NULL);
CREATE INDEX ON carts (opened_at);
CREATE INDEX ON carts (closed_at);
INSERT INTO carts VALUES
  (1, '2026-03-02 11:00:00Z', '2026-03-02 12:01:30Z', 'web'),
  (2, '2026-03-02 12:02:30Z', NULL, 'app');
`).ReadAll()
	return err
}}

// shopCatalog declares every type of metric on the shop.
const shopCatalog = `{
  "version": 1, "prefix": "shop_", "timezone": "America/Sao_Paulo",
  "tables": {
    "orders": {"relation": "public.orders", "time": "created_at",
      "records": ["id", "created_at", "channel", "total"],
      "dimensions": {"channel": {"column": "channel", "label": "Channel"}, "region": {"column": "region"}, "customer": {"column": "customer"}}},
    "carts": {"relation": "public.carts", "time": "opened_at", "dimensions": {"channel": {"column": "channel"}}}
  },
  "metrics": {
    "invoiced": {"type": "counter", "table": "orders", "time": "invoiced_at", "help": "Orders invoiced", "aliases": ["faturados"]},
    "revenue": {"type": "counter", "table": "orders", "time": "invoiced_at", "sum": "total", "unit": "currencyBRL", "decimals": 2, "label": "Revenue", "help": "Value of the orders invoiced"},
    "ticket": {"type": "ratio", "numerator": "revenue", "denominator": "invoiced", "unit": "currencyBRL", "help": "Average ticket"},
    "open_carts": {"type": "gauge", "table": "carts", "opened": "opened_at", "closed": "closed_at", "help": "Open carts"},
    "delay": {"type": "histogram", "table": "orders", "time": "invoiced_at", "observe": "extract(epoch from invoiced_at - created_at)", "unit": "s", "help": "From order to invoice"},
    "customers": {"type": "distinct", "table": "orders", "column": "customer", "help": "Customers who ordered"}
  }
}`

func shopSource(t testing.TB) *source {
	t.Helper()
	return newSource(t, shop.Database(t, embedpg.Shared(t)), shopCatalog)
}

// eventually waits for a condition, which it checks until a deadline far beyond
// what it takes.
func eventually(t testing.TB, condition func() bool, about string) {
	t.Helper()
	require.Eventually(t, condition, 30*time.Second, 10*time.Millisecond, about)
}
