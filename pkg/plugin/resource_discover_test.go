package plugin_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/internal/embedpg"
	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/discover"
)

// undescribed is a small store of which the data source has no catalog.
var undescribed = embedpg.Template{Fill: func(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.PgConn().Exec(ctx, `
CREATE TABLE orders (id bigint PRIMARY KEY, created_at timestamptz NOT NULL, status text NOT NULL, total_cents integer NOT NULL, closed_at timestamptz);
CREATE INDEX ON orders (created_at);
INSERT INTO orders
SELECT n, now() - n * interval '1 hour' + interval '30 minutes', CASE WHEN n % 5 = 0 THEN 'cancelled' ELSE 'done' END, n * 101,
  CASE WHEN n > 3 THEN now() - interval '10 minutes' END
FROM generate_series(1, 100) AS n;
CREATE SCHEMA attic;
CREATE TABLE attic.carts (id bigint PRIMARY KEY, opened_at timestamptz NOT NULL, closed_at timestamptz);`).ReadAll()
	return err
}}

// undescribedSource is an administrator's data source on it.
func undescribedSource(t testing.TB) *source {
	t.Helper()
	s := newSource(t, undescribed.Database(t, embedpg.Shared(t)), "{}")
	delete(s.json, "catalog")
	s.user = &backend.User{Login: "rui", Role: "Admin"}
	return s
}

type discovered struct {
	Timezone struct {
		Path, Value string
		Reasons     []discover.Sentence
		Confidence  float64
	}
	Tables, Dimensions, Metrics []struct {
		Path       string
		Value      json.RawMessage
		Reasons    []discover.Sentence
		Confidence float64
		Selected   bool
		Requires   []string
	}
	Notes     []discover.Note
	Catalog   json.RawMessage
	Relations int
	Truncated bool
}

func (s *source) discover(t testing.TB, body string) discovered {
	t.Helper()
	status, answer := s.resource(t, http.MethodPost, "discover", body)
	require.Equal(t, http.StatusOK, status, answer)
	var found discovered
	require.NoError(t, json.Unmarshal([]byte(answer), &found))
	return found
}

func TestAnAdministratorWithoutACatalogIsProposedOne(t *testing.T) {
	t.Parallel()
	s := undescribedSource(t)
	found := s.discover(t, `{"timezone": "America/Sao_Paulo"}`)
	assert.Equal(t, "America/Sao_Paulo", found.Timezone.Value)
	assert.Equal(t, 2, found.Relations)
	assert.False(t, found.Truncated)
	require.Len(t, found.Tables, 2)
	assert.Equal(t, "tables.orders", found.Tables[0].Path)

	declared, err := catalog.Parse(found.Catalog)
	require.NoError(t, err)
	assert.Contains(t, declared.Metrics, "orders_created")
	assert.Equal(t, "total_cents / 100.0", declared.Metrics["orders_revenue"].Sum)

	// What is proposed works as the data source's catalog.
	s.json["catalog"], s.settings.Updated = found.Catalog, s.settings.Updated.Add(time.Hour)
	assert.Equal(t, backend.HealthStatusOk, s.health(t).Status)

	assert.Equal(t, 1, s.discover(t, `{"schemas": ["attic"]}`).Relations)
	assert.True(t, s.discover(t, `{"limit": 1}`).Truncated)
	assert.NotEmpty(t, s.discover(t, "").Timezone.Reasons)
	assert.NotEqual(t, "UTC", s.discover(t, `{"localTimezone": "Asia/Tokyo"}`).Timezone.Value)
	assert.NotEqual(t, "Mars/Olympus", s.discover(t, `{"localTimezone": "Mars/Olympus"}`).Timezone.Value, "a browser may know zones that a server does not")
}

func TestOnlyAdministratorsDiscoverAndPreview(t *testing.T) {
	t.Parallel()
	s := undescribedSource(t)
	for about, user := range map[string]*backend.User{
		"a viewer": {Login: "ana", Role: "Viewer"}, "an editor": {Login: "eva", Role: "Editor"},
		"somebody without a role": {Login: "noa"}, "nobody": nil,
	} {
		t.Run(about, func(t *testing.T) {
			t.Parallel()
			as := *s
			as.user = user
			for _, path := range []string{"discover", "preview"} {
				status, answer := as.resource(t, http.MethodPost, path, `{"limit": -1}`)
				assert.Equal(t, http.StatusForbidden, status, path)
				assert.JSONEq(t, `{"error": "only an administrator of the organisation may do this", "hint": "ask an administrator, or sign in as one",
					"translations": {"pt-BR": {"error": "só um administrador da organização pode fazer isto", "hint": "peça a um administrador, ou entre como um"}}}`, answer)
			}
		})
	}
}

func TestMistakesInWhatIsToBeDiscoveredAreNamed(t *testing.T) {
	t.Parallel()
	s := undescribedSource(t)
	for body, says := range map[string]string{
		`{"timezone": "Middle/Earth"}`: "Middle/Earth",
		`{"timezone": "Local"}`:        "Local",
		`{"limit": 0}`:                 "limit",
		`{"limit": 5000}`:              "2000",
		`{"schemas": [""]}`:            "schemas[0]",
		`{"schema": "public"}`:         "schema",
		`{`:                            "body",
		`{} {}`:                        "body",
		`{"timezone": "` + strings.Repeat("x", 70_000) + `"}`: "bytes",
	} {
		status, answer := s.resource(t, http.MethodPost, "discover", body)
		assert.GreaterOrEqual(t, status, 400, says)
		assert.Less(t, status, 500, says)
		assert.Contains(t, answer, says)
		assert.Contains(t, answer, `"hint"`)
	}
}

func TestADiscoveryOfAStoreThatIsAwaySaysSo(t *testing.T) {
	t.Parallel()
	s := undescribedSource(t)
	s.settings.URL = refusing(t)
	status, answer := s.resource(t, http.MethodPost, "discover", "{}")
	assert.Equal(t, http.StatusBadGateway, status)
	assert.Contains(t, answer, "cannot be reached")
}

func TestSettingsThatAreRefusedAreToldToAnAdministratorWhoDiscovers(t *testing.T) {
	t.Parallel()
	s := undescribedSource(t)
	s.settings.URL = ""
	status, answer := s.resource(t, http.MethodPost, "discover", "{}")
	assert.Equal(t, http.StatusBadRequest, status)
	assert.Contains(t, answer, "url")
}
