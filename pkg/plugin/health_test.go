package plugin_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/internal/embedpg"
	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/postgres"
)

// verbose returns what Grafana's settings page shows below the message.
func verbose(t testing.TB, result *backend.CheckHealthResult) string {
	t.Helper()
	var details struct {
		VerboseMessage string `json:"verboseMessage"`
	}
	require.NoError(t, json.Unmarshal(result.JSONDetails, &details))
	return details.VerboseMessage
}

func TestHealthNamesEveryMetricThatWorks(t *testing.T) {
	t.Parallel()
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		s := newSource(t, shop.Database(t, server), shopCatalog)
		result := s.health(t)
		require.Equal(t, backend.HealthStatusOk, result.Status, result.Message)
		assert.Contains(t, result.Message, "PostgreSQL "+server.Version())
		assert.Contains(t, result.Message, "2 tables and 6 metrics work")
		assert.Contains(t, result.Message, "superuser", "a warning is in the line that Grafana always shows")
		for _, metric := range []string{"invoiced", "revenue", "ticket", "open_carts", "delay", "customers"} {
			assert.Contains(t, verbose(t, result), "metric "+metric+": works")
		}
		var details struct {
			Report struct {
				Metrics []struct{ Metric string } `json:"metrics"`
			} `json:"report"`
		}
		require.NoError(t, json.Unmarshal(result.JSONDetails, &details))
		assert.Len(t, details.Report.Metrics, 6)
	})
}

// Whoever may view a dashboard may ask as well.
func TestHealthTellsOnlyAdministratorsMoreThanWhetherItWorks(t *testing.T) {
	t.Parallel()
	database := shop.Database(t, embedpg.Shared(t))
	works := newSource(t, database, shopCatalog)
	broken := newSource(t, database, strings.ReplaceAll(shopCatalog, `"sum": "total"`, `"sum": "secret"`))
	for _, role := range []string{"Viewer", "Editor"} {
		user := &backend.User{Login: "ana", Role: role}
		result := works.healthFor(t, user)
		assert.Equal(t, backend.HealthStatusOk, result.Status)
		assert.Equal(t, "The data source works.", result.Message)
		assert.JSONEq(t, `{"message": {"en-US": "The data source works.", "pt-BR": "A fonte de dados funciona."}}`, string(result.JSONDetails))
		result = broken.healthFor(t, user)
		assert.Equal(t, backend.HealthStatusError, result.Status)
		assert.Contains(t, result.Message, "An administrator of the organisation learns why")
		for _, name := range []string{"secret", "total", "orders", "PostgreSQL"} {
			assert.NotContains(t, result.Message+string(result.JSONDetails), name)
		}
	}
	assert.Contains(t, broken.health(t).Message, "secret")
}

func TestHealthListsEverythingThatDoesNotFitTheDatabase(t *testing.T) {
	t.Parallel()
	broken := strings.NewReplacer(
		`"public.carts"`, `"public.cart"`,
		`"sum": "total"`, `"sum": "secret"`,
	).Replace(shopCatalog)
	result := newSource(t, shop.Database(t, embedpg.Shared(t)), broken).health(t)
	require.Equal(t, backend.HealthStatusError, result.Status)
	assert.Contains(t, result.Message, "the catalog does not fit the database")
	assert.NotContains(t, result.Message, "\n", "the summary is one line")
	list := verbose(t, result)
	assert.Contains(t, list, "tables.carts.relation")
	assert.Contains(t, list, "metrics.revenue.sum")
	assert.Contains(t, list, "metric ticket: ", "a ratio fails with its part")
	assert.Contains(t, list, "metric invoiced: works")
}

func TestHealthListsAllProblemsOfSettingsAndCatalogWithTheirPaths(t *testing.T) {
	t.Parallel()
	dsn := shop.Database(t, embedpg.Shared(t))

	t.Run("a catalog with an unknown zone, type and key", func(t *testing.T) {
		t.Parallel()
		s := newSource(t, dsn, strings.NewReplacer(
			`"America/Sao_Paulo"`, `"America/Sao_Paolo"`, `"gauge"`, `"gage"`, `"prefix"`, `"prefx"`).Replace(shopCatalog))
		result := s.health(t)
		require.Equal(t, backend.HealthStatusError, result.Status)
		assert.Contains(t, result.Message, "problems")
		list := verbose(t, result)
		for _, part := range []string{"timezone", "America/Sao_Paolo", "metrics.open_carts", "gage", "prefx", "The connection to the database works."} {
			assert.Contains(t, list, part)
		}
		response := s.one(t, `{"metrics": ["invoiced"]}`)
		require.Error(t, response.Error)
		assert.Equal(t, backend.StatusBadRequest, response.Status)
		assert.Equal(t, backend.ErrorSourceDownstream, response.ErrorSource)
		assert.Contains(t, response.Error.Error(), "America/Sao_Paolo")
	})

	t.Run("no catalog", func(t *testing.T) {
		t.Parallel()
		s := newSource(t, dsn, `null`)
		result := s.health(t)
		require.Equal(t, backend.HealthStatusError, result.Status)
		assert.Regexp(t, "^Connected to PostgreSQL .* has no catalog yet; discover tables and metrics", result.Message)
		assert.Contains(t, verbose(t, result), "The connection to the database works.")
		var details struct {
			Problems []told
			Report   *postgres.Report
		}
		require.NoError(t, json.Unmarshal(result.JSONDetails, &details))
		require.Len(t, details.Problems, 1)
		assert.Equal(t, catalog.ErrEmpty.Error(), details.Problems[0].String())
		require.NotNil(t, details.Report)
		assert.NotEmpty(t, details.Report.Server.Version)
	})

	t.Run("no catalog and no connection", func(t *testing.T) {
		t.Parallel()
		s := newSource(t, dsn, `null`)
		s.settings.URL = refusing(t)
		result := s.health(t)
		assert.Regexp(t, `^The orders store .* cannot be reached`, result.Message)
		assert.Contains(t, verbose(t, result), "has no catalog yet")
		var details struct{ Problems []told }
		require.NoError(t, json.Unmarshal(result.JSONDetails, &details))
		require.Len(t, details.Problems, 2)
		assert.Contains(t, details.Problems[0].String(), "cannot be reached")
		assert.Equal(t, catalog.ErrEmpty.Error(), details.Problems[1].String())
	})

	t.Run("settings", func(t *testing.T) {
		t.Parallel()
		s := newSource(t, dsn, shopCatalog)
		s.settings.URL = "postgres://ana:s3cret@db/orders"
		s.json["sslmode"], s.json["sslCertFile"] = "prefer", "/etc/ssl/client.crt"
		result := s.health(t)
		require.Equal(t, backend.HealthStatusError, result.Status)
		assert.Contains(t, result.Message, "3 problems")
		list := verbose(t, result)
		for _, part := range []string{"url: ", "jsonData.sslmode: ", "tlsClientCert"} {
			assert.Contains(t, list, part)
		}
		response := s.one(t, `{"metrics": ["invoiced"]}`)
		require.Error(t, response.Error, "every handler says why")
		assert.Contains(t, response.Error.Error(), "jsonData.sslmode")
		status, answer := s.resource(t, "GET", "catalog", "")
		assert.Equal(t, 400, status)
		assert.Contains(t, answer, "jsonData.sslmode")
		for _, shown := range []string{result.Message, string(result.JSONDetails), response.Error.Error(), answer} {
			assert.NotContains(t, shown, "s3cret")
		}
	})
}

func TestHealthWarnsOfARoleThatMayWrite(t *testing.T) {
	t.Parallel()
	server := embedpg.StartForTest(t, embedpg.Options{})
	dsn := shop.Database(t, server)
	admin, err := pgx.Connect(t.Context(), dsn)
	require.NoError(t, err)
	defer func() { _ = admin.Close(t.Context()) }()
	_, err = admin.PgConn().Exec(t.Context(), `
		CREATE ROLE reader LOGIN PASSWORD 'r3ader'; GRANT SELECT ON orders, carts TO reader;
		CREATE ROLE writer LOGIN PASSWORD 'wr1ter'; GRANT SELECT, UPDATE ON orders TO writer;`).ReadAll()
	require.NoError(t, err)
	s := newSource(t, dsn, shopCatalog)
	s.settings.User, s.settings.DecryptedSecureJSONData["password"] = "reader", "r3ader"
	result := s.health(t)
	assert.Equal(t, backend.HealthStatusOk, result.Status, result.Message)
	assert.NotContains(t, result.Message, "warning", "a role that may read and nothing else is as it should be")

	s = newSource(t, dsn, shopCatalog)
	s.settings.User, s.settings.DecryptedSecureJSONData["password"] = "writer", "wr1ter"
	result = s.health(t)
	assert.Equal(t, backend.HealthStatusError, result.Status, "carts may not be read")
	assert.Contains(t, verbose(t, result), "SELECT")
	assert.Contains(t, verbose(t, result), "may write to public.orders")
	assert.NotContains(t, string(result.JSONDetails), "wr1ter")
}
