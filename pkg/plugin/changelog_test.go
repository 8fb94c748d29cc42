package plugin_test

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/internal/embedpg"
)

// loggable has one order a minute, also in the hour to come: any four hours of
// a test have 240.
var loggable = embedpg.Template{Fill: func(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.PgConn().Exec(ctx, `
CREATE TABLE orders (id bigint PRIMARY KEY, created_at timestamptz NOT NULL, channel text);
CREATE INDEX ON orders (created_at);
INSERT INTO orders SELECT n, now() - n * interval '1 minute', 'web' FROM generate_series(-60, 500) AS n;
CREATE VIEW seen_orders AS SELECT * FROM orders;`).ReadAll()
	return err
}}

const loggedCatalog = `{"version": 1, "timezone": "UTC",
  "tables": {
    "orders": {"relation": "orders", "time": "created_at", "changes": {"mode": "log"}},
    "seen": {"relation": "seen_orders", "time": "created_at", "changes": {"mode": "log"}}},
  "metrics": {"orders_created": {"type": "counter", "table": "orders", "help": "Orders created"}}}`

// lastHours asks for the orders of the last hours.
func lastHours(t *testing.T, s *source) backend.DataResponse {
	t.Helper()
	now := time.Now()
	return s.query(t, asked{
		refID: "A", json: `{"refId": "A", "version": 1, "metrics": ["orders_created"], "step": "range"}`,
		from: now.Add(-4 * time.Hour), to: now,
	})["A"]
}

// guarantee returns what an answer says of how it was computed, and its number.
func guarantee(t *testing.T, response backend.DataResponse) (string, float64) {
	t.Helper()
	require.NoError(t, response.Error)
	custom, err := json.Marshal(response.Frames[0].Meta.Custom)
	require.NoError(t, err)
	var meta struct{ Guarantee string }
	require.NoError(t, json.Unmarshal(custom, &meta))
	value, err := response.Frames[0].Fields[0].FloatAt(0)
	require.NoError(t, err)
	return meta.Guarantee, value
}

func TestATableWithAnInstalledChangeLogIsAnsweredFromMemoryAndStaysExact(t *testing.T) {
	t.Parallel()
	dsn := loggable.Database(t, embedpg.Shared(t))
	s := newSource(t, dsn, loggedCatalog)
	conn, err := pgx.Connect(t.Context(), dsn)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })

	how, before := guarantee(t, lastHours(t, s))
	assert.Equal(t, "live", how, "no log is installed yet")
	assert.InDelta(t, 240, before, 0)
	assert.Contains(t, s.health(t).Message+string(s.health(t).JSONDetails), "declares a change log")

	status, _ := s.resource(t, http.MethodPost, "changelog-sql", `{"table": "orders"}`)
	assert.Equal(t, http.StatusForbidden, status, "a viewer gets no SQL")
	s.user = &backend.User{Login: "rui", Role: "Admin"}
	status, answer := s.resource(t, http.MethodPost, "changelog-sql", `{"table": "orders"}`)
	require.Equal(t, http.StatusOK, status, answer)
	var scripts struct{ Install, Uninstall string }
	require.NoError(t, json.Unmarshal([]byte(answer), &scripts))
	_, err = conn.Exec(t.Context(), scripts.Install, pgx.QueryExecModeSimpleProtocol)
	require.NoError(t, err)

	health := s.health(t)
	assert.Contains(t, health.Message, "and 1 change log work.")
	assert.Contains(t, verbose(t, health), "table orders: its change log works\n")
	assert.Contains(t, string(health.JSONDetails), `"changelog":{"size":"`)

	for range 2 {
		how, after := guarantee(t, lastHours(t, s))
		assert.Equal(t, "exact", how)
		assert.InDelta(t, before, after, 0)
	}
	_, err = conn.Exec(t.Context(), "INSERT INTO orders SELECT 1000 + n, now() - interval '90 minutes', 'app' FROM generate_series(1, 100) AS n")
	require.NoError(t, err)
	how, grown := guarantee(t, lastHours(t, s))
	assert.Equal(t, "exact", how)
	assert.InDelta(t, before+100, grown, 0)

	_, err = conn.Exec(t.Context(), "ALTER TABLE orders DISABLE TRIGGER live_orders_rows")
	require.NoError(t, err)
	how, _ = guarantee(t, lastHours(t, s))
	assert.Equal(t, "live", how, "a log that does not log is not trusted")

	_, err = conn.Exec(t.Context(), scripts.Uninstall, pgx.QueryExecModeSimpleProtocol)
	require.NoError(t, err)
	var left int
	require.NoError(t, conn.QueryRow(t.Context(), "SELECT count(*) FROM pg_trigger WHERE tgrelid = 'orders'::regclass AND NOT tgisinternal").Scan(&left))
	assert.Zero(t, left)
}

func TestTheChangeLogOfATableThatCannotHaveOneIsRefused(t *testing.T) {
	t.Parallel()
	s := newSource(t, loggable.Database(t, embedpg.Shared(t)), loggedCatalog)
	s.user = &backend.User{Login: "rui", Role: "Admin"}
	status, answer := s.resource(t, http.MethodPost, "changelog-sql", `{"table": "seen"}`)
	assert.Equal(t, http.StatusUnprocessableEntity, status)
	assert.Contains(t, answer, "neither a table nor a partitioned table")
	status, answer = s.resource(t, http.MethodPost, "changelog-sql", `{"table": "order"}`)
	assert.Equal(t, http.StatusNotFound, status)
	assert.Contains(t, answer, `did you mean \"orders\"?`)
}
