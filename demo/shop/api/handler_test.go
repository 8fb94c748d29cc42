package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/demo"
	"github.com/pullview/orders-datasource/demo/shop/api"
	"github.com/pullview/orders-datasource/demo/shop/orders"
	"github.com/pullview/orders-datasource/internal/embedpg"
)

func TestMain(m *testing.M) { os.Exit(embedpg.Main(m)) }

// filled is the demo's schema with one customer, whose id is 1.
var filled = embedpg.Template{Fill: func(ctx context.Context, conn *pgx.Conn) error {
	if err := demo.LoadSchema(ctx, conn); err != nil {
		return err
	}
	_, err := conn.Exec(ctx, `insert into public.customers (region) values ('SP')`)
	return err
}}

var now = time.Date(2026, 3, 2, 15, 0, 0, 0, time.UTC)

// traffic remembers what it was told.
type traffic struct {
	mu       sync.Mutex
	followed []orders.Order
	stopped  bool
}

func (s *traffic) set(stopped bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopped = stopped
}
func (s *traffic) Stop()  { s.set(true) }
func (s *traffic) Start() { s.set(false) }
func (s *traffic) Running() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.stopped
}
func (s *traffic) Follow(order orders.Order) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.followed = append(s.followed, order)
}

type shop struct {
	url     string
	pool    *pgxpool.Pool
	traffic *traffic
	log     *bytes.Buffer
}

func open(t *testing.T) shop {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), filled.Database(t, embedpg.Shared(t)))
	require.NoError(t, err)
	s := shop{pool: pool, traffic: &traffic{}, log: &bytes.Buffer{}}
	server := httptest.NewServer(api.New(api.Deps{
		Saver: orders.NewStore(pool), Traffic: s.traffic, Healthy: pool.Ping,
		Now: func() time.Time { return now }, Log: slog.New(slog.NewTextHandler(s.log, nil)),
	}))
	s.url = server.URL
	t.Cleanup(func() { server.Close(); pool.Close() })
	return s
}

func (s shop) send(t *testing.T, method, path, contentType, body string) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, s.url+path, strings.NewReader(body))
	require.NoError(t, err)
	request.Header.Set("Content-Type", contentType)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response, string(text)
}

func (s shop) count(t *testing.T) (n int) {
	t.Helper()
	require.NoError(t, s.pool.QueryRow(t.Context(), `select count(*) from public.orders`).Scan(&n))
	return n
}

const valid = `{"customer_id": 1, "channel": "web", "region": "SP", "total": 129.9, "items": 2}`

func TestPostedOrderIsStoredAndReturned(t *testing.T) {
	t.Parallel()
	s := open(t)
	response, body := s.send(t, http.MethodPost, "/pedidos/save", "application/json; charset=utf-8", valid)
	assert.Equal(t, http.StatusCreated, response.StatusCode, body)
	assert.Equal(t, "application/json", response.Header.Get("Content-Type"))

	var id int64
	var total string
	require.NoError(t, s.pool.QueryRow(t.Context(), `select id, total::text from public.orders where created_at = $1`, now).Scan(&id, &total))
	assert.Equal(t, "129.90", total)
	assert.JSONEq(t, fmt.Sprintf(`{"id": %d, "customer_id": 1, "status": "received", "channel": "web", "region": "SP", "items": 2,
		"total": 129.90, "created_at": "2026-03-02T15:00:00Z", "invoiced_at": null, "cancelled_at": null}`, id), body)
	if assert.Len(t, s.traffic.followed, 1, "somebody has to invoice it") {
		assert.Equal(t, id, s.traffic.followed[0].ID)
	}
}

func TestOrderThatCannotBeStoredIsRefusedWithReasons(t *testing.T) {
	t.Parallel()
	s := open(t)
	for name, c := range map[string]struct {
		body   string
		status int
		fields []string
		reason string
	}{
		"several wrong fields": {`{"customer_id": "x", "channel": "fax", "region": "SP", "total": 0}`,
			http.StatusBadRequest, []string{"customer_id", "channel", "total"}, "the order is invalid"},
		"nothing given": {`{}`, http.StatusBadRequest, []string{"customer_id", "channel", "region", "total"}, "the order is invalid"},
		"an unknown customer": {`{"customer_id": 2, "channel": "web", "region": "SP", "total": 1}`,
			http.StatusBadRequest, []string{"customer_id"}, "the order is invalid"},
		"an unknown field": {`{"customer_id": 1, "channel": "web", "region": "SP", "total": 1, "status": "invoiced"}`,
			http.StatusBadRequest, []string{"status"}, "the order is invalid"},
		"text with a quote": {`{"customer_id": 1, "channel": "web'; drop table orders; --", "region": "SP", "total": 1}`,
			http.StatusBadRequest, []string{"channel"}, "the order is invalid"},
		"no JSON":         {`customer_id=1`, http.StatusBadRequest, nil, "no JSON object"},
		"an empty body":   {``, http.StatusBadRequest, nil, "no JSON object"},
		"two objects":     {valid + valid, http.StatusBadRequest, nil, "more after the JSON object"},
		"a body too long": {`{"region": "` + strings.Repeat("x", 1<<20) + `"}`, http.StatusRequestEntityTooLarge, nil, "at most 65536 bytes"},
		"a valid order with a very long tail": {valid + strings.Repeat(" ", 1<<20),
			http.StatusRequestEntityTooLarge, nil, "at most 65536 bytes"},
	} {
		response, body := s.send(t, http.MethodPost, "/pedidos/save", "application/json", c.body)
		assert.Equal(t, c.status, response.StatusCode, "%s: %s", name, body)
		var answer struct {
			Error    string
			Problems []orders.Problem
		}
		require.NoError(t, json.Unmarshal([]byte(body), &answer), name)
		assert.Contains(t, answer.Error, c.reason, name)
		var fields []string
		for _, p := range answer.Problems {
			fields = append(fields, p.Field)
		}
		assert.Equal(t, c.fields, fields, name)
	}
	assert.Zero(t, s.count(t))
	assert.Empty(t, s.traffic.followed)
}

func TestOrderThatIsNotJSONIsRefusedByItsType(t *testing.T) {
	t.Parallel()
	s := open(t)
	for _, contentType := range []string{"", "text/plain", "application/x-www-form-urlencoded", "application/jsonp", ";"} {
		response, body := s.send(t, http.MethodPost, "/pedidos/save", contentType, valid)
		assert.Equal(t, http.StatusUnsupportedMediaType, response.StatusCode, "%q: %s", contentType, body)
	}
	assert.Zero(t, s.count(t))
}

func TestWrongMethodIsRefusedWithTheRightOne(t *testing.T) {
	t.Parallel()
	s := open(t)
	for _, c := range []struct{ method, path, allow string }{
		{http.MethodGet, "/pedidos/save", "POST"},
		{http.MethodPut, "/pedidos/save", "POST"},
		{http.MethodDelete, "/pedidos/save", "POST"},
		{http.MethodPost, "/healthz", "GET, HEAD"},
		{http.MethodGet, "/traffic/stop", "POST"},
	} {
		response, _ := s.send(t, c.method, c.path, "application/json", valid)
		assert.Equal(t, http.StatusMethodNotAllowed, response.StatusCode, "%s %s", c.method, c.path)
		assert.Equal(t, c.allow, response.Header.Get("Allow"), "%s %s", c.method, c.path)
	}
}

func TestBrokenStoreIsAnUnavailableShopThatTellsNoDetail(t *testing.T) {
	t.Parallel()
	s := open(t)
	_, err := s.pool.Exec(t.Context(), `alter table public.orders rename to secret_orders`)
	require.NoError(t, err)
	response, body := s.send(t, http.MethodPost, "/pedidos/save", "application/json", valid)
	assert.Equal(t, http.StatusServiceUnavailable, response.StatusCode)
	assert.Equal(t, "1", response.Header.Get("Retry-After"))
	assert.JSONEq(t, `{"error": "the order was not stored; try again in a moment"}`, body)
	assert.Contains(t, s.log.String(), "42P01", "the log has the detail")

	s.pool.Close()
	response, body = s.send(t, http.MethodGet, "/healthz", "", "")
	assert.Equal(t, http.StatusServiceUnavailable, response.StatusCode)
	assert.JSONEq(t, `{"error": "the orders store does not answer"}`, body)
}

func TestTrafficIsStoppedAndStarted(t *testing.T) {
	t.Parallel()
	s := open(t)
	for _, c := range []struct{ method, path, want string }{
		{http.MethodGet, "/healthz", `{"status": "ok", "traffic": "running"}`},
		{http.MethodPost, "/traffic/stop", `{"traffic": "stopped"}`},
		{http.MethodPost, "/traffic/stop", `{"traffic": "stopped"}`},
		{http.MethodGet, "/healthz", `{"status": "ok", "traffic": "stopped"}`},
		{http.MethodPost, "/traffic/start", `{"traffic": "running"}`},
	} {
		response, body := s.send(t, c.method, c.path, "", "")
		assert.Equal(t, http.StatusOK, response.StatusCode)
		assert.JSONEq(t, c.want, body)
	}
}

func TestOtherSitesCannotStopTheTraffic(t *testing.T) {
	t.Parallel()
	s := open(t)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/traffic/stop", nil)
	require.NoError(t, err)
	request.Header.Set("Sec-Fetch-Site", "cross-site")
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	assert.Equal(t, http.StatusForbidden, response.StatusCode)
	assert.True(t, s.traffic.Running())
}

func TestAlertNotificationIsLogged(t *testing.T) {
	t.Parallel()
	s := open(t)
	response, body := s.send(t, http.MethodPost, "/alerts", "application/json",
		`{"receiver": "shop", "alerts": [{"status": "firing", "labels": {"alertname": "No orders invoiced"}, "annotations": {"summary": "Nothing for ten minutes"}}]}`)
	assert.Equal(t, http.StatusNoContent, response.StatusCode, body)
	assert.Contains(t, s.log.String(), `rule="No orders invoiced" status=firing summary="Nothing for ten minutes"`)

	response, _ = s.send(t, http.MethodPost, "/alerts", "application/json", `[1]`)
	assert.Equal(t, http.StatusBadRequest, response.StatusCode)
}
