package plugin_test

import (
	"strings"
	"testing"

	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/internal/embedpg"
)

func TestNumbersThatRelyOnARuleOfTheTableSaySo(t *testing.T) {
	t.Parallel()
	for changes, says := range map[string]string{
		`{"mode": "append_only", "lateness": "12h"}`:  "committed more than 12h after their event time",
		`{"mode": "updated_at", "column": "touched"}`: "found by its column touched",
	} {
		t.Run(changes, func(t *testing.T) {
			t.Parallel()
			dsn := loggable.Database(t, embedpg.Shared(t))
			conn, err := pgx.Connect(t.Context(), dsn)
			require.NoError(t, err)
			defer func() { _ = conn.Close(t.Context()) }()
			_, err = conn.Exec(t.Context(), "ALTER TABLE orders ADD touched timestamptz NOT NULL DEFAULT now()")
			require.NoError(t, err)
			s := newSource(t, dsn, strings.Replace(loggedCatalog, `{"mode": "log"}`, changes, 1))
			for added := range 2 {
				response := lastHours(t, s)
				how, orders := guarantee(t, response)
				assert.Regexp(t, "^(updated_at|append_only): exact unless rows are ", how)
				assert.InDelta(t, 240+added, orders, 0)
				notices := response.Frames[0].Meta.Notices
				require.Len(t, notices, 1)
				assert.Equal(t, data.NoticeSeverityInfo, notices[0].Severity)
				assert.Contains(t, notices[0].Text, says)
				_, err = conn.Exec(t.Context(), "INSERT INTO orders SELECT 1000, now() - interval '2 minutes', 'app' WHERE NOT EXISTS (SELECT FROM orders WHERE id = 1000)")
				require.NoError(t, err)
			}
		})
	}
}
