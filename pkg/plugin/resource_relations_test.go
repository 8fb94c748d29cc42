package plugin_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/internal/embedpg"
	"github.com/pullview/orders-datasource/pkg/catalog"
)

type listed struct {
	Relations []struct {
		Relation, Kind, Comment string
		Columns                 []struct{ Name, Expression, Type, Class, Comment string }
	}
	Truncated bool
}

func (s *source) relations(t testing.TB) listed {
	t.Helper()
	status, answer := s.resource(t, http.MethodGet, "relations", "")
	require.Equal(t, http.StatusOK, status, answer)
	var list listed
	require.NoError(t, json.Unmarshal([]byte(answer), &list))
	return list
}

func TestRelationsAreListedAsACatalogNamesThem(t *testing.T) {
	t.Parallel()
	dsn := undescribed.Database(t, embedpg.Shared(t))
	conn, err := pgx.Connect(t.Context(), dsn)
	require.NoError(t, err)
	defer func() { _ = conn.Close(t.Context()) }()
	_, err = conn.PgConn().Exec(t.Context(), `
		CREATE SCHEMA "Sales"; CREATE VIEW "Sales"."Order" AS SELECT id AS "Id", created_at FROM orders;
		COMMENT ON TABLE orders IS 'What was ordered'; COMMENT ON COLUMN orders.total_cents IS 'with tax'`).ReadAll()
	require.NoError(t, err)
	s := newSource(t, dsn, "{}")
	delete(s.json, "catalog")
	s.user = &backend.User{Login: "rui", Role: "Admin"}

	list := s.relations(t)
	require.Len(t, list.Relations, 3)
	assert.False(t, list.Truncated)
	orders := list.Relations[0]
	assert.Equal(t, "public.orders", orders.Relation)
	assert.Equal(t, "table", orders.Kind)
	assert.Equal(t, "What was ordered", orders.Comment)
	require.Len(t, orders.Columns, 5)
	assert.Equal(t, "total_cents", orders.Columns[3].Name)
	assert.Equal(t, "integer", orders.Columns[3].Class)
	assert.Equal(t, "with tax", orders.Columns[3].Comment)
	assert.Equal(t, "timestamptz", orders.Columns[1].Class)

	var quoted []string
	for _, r := range list.Relations {
		quoted = append(quoted, r.Relation)
		var parsed catalog.Relation
		require.NoError(t, parsed.UnmarshalText([]byte(r.Relation)))
		assert.Equal(t, r.Relation, parsed.String())
		if r.Kind == "view" {
			assert.Equal(t, "Id", r.Columns[0].Name)
			assert.Equal(t, `"Id"`, r.Columns[0].Expression)
		}
	}
	assert.Contains(t, quoted, `"Sales"."Order"`)
}

func TestOnlyAdministratorsListRelations(t *testing.T) {
	t.Parallel()
	s := undescribedSource(t)
	for _, user := range []*backend.User{nil, {Login: "ana", Role: "Viewer"}, {Login: "eva", Role: "Editor"}} {
		s.user = user
		status, answer := s.resource(t, http.MethodGet, "relations", "")
		assert.Equal(t, http.StatusForbidden, status)
		assert.Contains(t, answer, "administrator")
	}
}
