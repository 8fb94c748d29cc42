package plugin_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/internal/embedpg"
)

// endlessCatalog has a metric whose statement outlasts every test.
const endlessCatalog = `{"version": 1, "timezone": "UTC",
  "tables": {"orders": {"relation": "orders", "time": "created_at", "dimensions": {"channel": {"column": "channel"}}}},
  "metrics": {"slow": {"type": "counter", "table": "orders", "where": "pg_sleep(3600) IS NOT NULL", "help": "Orders, after an hour"}}}`

func TestAStatementThatViewersShareEndsWithTheLastOfThemAndItsConnectionStays(t *testing.T) {
	t.Parallel()
	dsn := shop.Database(t, embedpg.Shared(t))
	s := newSource(t, dsn, endlessCatalog)
	conn, err := pgx.Connect(t.Context(), dsn)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })

	// backends returns the server processes of the plugin, and which of them sleep
	// in the statement since when. query_start is set anew by each message of the
	// extended protocol: only once the statement sleeps does it stay.
	backends := func() (pids []int, running []string) {
		rows, err := conn.Query(t.Context(), `SELECT pid, CASE WHEN state = 'active' AND wait_event = 'PgSleep' THEN pid || ' ' || query_start END
			FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'Grafana Live Orders' ORDER BY pid`)
		require.NoError(t, err)
		defer rows.Close()
		for rows.Next() {
			var pid int
			var statement *string
			require.NoError(t, rows.Scan(&pid, &statement))
			pids = append(pids, pid)
			if statement != nil {
				running = append(running, *statement)
			}
		}
		return pids, running
	}
	view := func() (leave context.CancelFunc, left chan error) {
		ctx, cancel := context.WithCancel(t.Context())
		left = make(chan error, 1)
		go func() {
			_, err := s.queryWith(ctx, t, asked{refID: "A", json: `{"metrics": ["slow"], "step": "1m"}`})
			left <- err
		}()
		return cancel, left
	}

	leaveFirst, firstLeft := view()
	var alone []string
	eventually(t, func() bool { _, alone = backends(); return len(alone) == 1 }, "the first viewer's statement runs")
	leaveSecond, secondLeft := view()
	leaveThird, thirdLeft := view()
	eventually(t, func() bool { return running(t, s) == 3 }, "the others wait for its end")

	leaveFirst()
	require.Error(t, <-firstLeft)
	var shared []string
	eventually(t, func() bool { _, shared = backends(); return len(shared) == 1 && shared[0] != alone[0] }, "one statement for both")

	leaveSecond()
	require.Error(t, <-secondLeft)
	_, still := backends()
	assert.Equal(t, shared, still, "the third viewer waits")

	leaveThird()
	require.Error(t, <-thirdLeft)
	var pids []int
	eventually(t, func() bool {
		var running []string
		pids, running = backends()
		return len(running) == 0
	}, "nobody waits")
	assert.Len(t, pids, 1, "all of it was one connection")
	eventually(t, func() bool {
		var state string
		require.NoError(t, conn.QueryRow(t.Context(), "SELECT state FROM pg_stat_activity WHERE pid = $1", pids[0]).Scan(&state))
		return state == "idle"
	}, "the connection serves on")
}

// running returns how many queries of a data source the plugin is answering.
func running(t *testing.T, s *source) float64 {
	t.Helper()
	families, err := prometheus.DefaultGatherer.Gather()
	require.NoError(t, err)
	for _, family := range families {
		if family.GetName() != "live_orders_queries_running" {
			continue
		}
		for _, m := range family.GetMetric() {
			if m.GetLabel()[0].GetValue() == s.settings.UID {
				return m.GetGauge().GetValue()
			}
		}
	}
	return 0
}
