package plugin_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/internal/embedpg"
	"github.com/pullview/orders-datasource/internal/pluginhost"
)

// builtPlugin builds the plugin's program into a directory as Grafana wants it,
// and starts it.
func builtPlugin(t *testing.T) *pluginhost.Plugin {
	t.Helper()
	dir := t.TempDir()
	manifest, err := os.ReadFile("../../plugin.json")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "plugin.json"), manifest, 0o600))
	var named struct{ Executable string }
	require.NoError(t, json.Unmarshal(manifest, &named))
	program := filepath.Join(dir, fmt.Sprintf("%s_%s_%s", named.Executable, runtime.GOOS, runtime.GOARCH))
	output, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "..").CombinedOutput()
	require.NoError(t, err, string(output))
	started, err := pluginhost.Start(t.Context(), pluginhost.Options{Dir: dir})
	require.NoError(t, err)
	t.Cleanup(started.Close)
	return started
}

// peakMemory is the most memory that a process ever had in use, in bytes.
func peakMemory(t *testing.T, pid int) int64 {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	require.NoError(t, err)
	found := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(status)
	require.NotNil(t, found)
	kib, err := strconv.ParseInt(string(found[1]), 10, 64)
	require.NoError(t, err)
	return kib << 10
}

// millions is a table whose rows are all groups of their own.
var millions = embedpg.Template{Fill: func(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.PgConn().Exec(ctx, `CREATE VIEW millions AS
		SELECT 'a group with quite a long name, number ' || n AS name, timestamptz '2026-03-02 12:00Z' AS at
		FROM generate_series(1, 10000000) AS n`).ReadAll()
	return err
}}

func TestAResultOfTenMillionGroupsIsRefusedInLittleMemory(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds the plugin and has the database count to ten million")
	}
	running := builtPlugin(t)
	config, err := pgx.ParseConfig(millions.Database(t, embedpg.Shared(t)))
	require.NoError(t, err)
	declared := `{"version": 1, "timezone": "UTC",
		"tables": {"millions": {"relation": "millions", "time": "at", "dimensions": {"name": {"column": "name"}}, "records": ["name"]}},
		"metrics": {
			"rows": {"type": "counter", "table": "millions", "help": "Rows"},
			"length": {"type": "histogram", "table": "millions", "observe": "length(name)", "help": "Length of names"}}}`
	stored, err := json.Marshal(map[string]any{
		"database": config.Database, "sslmode": "disable", "queryTimeoutSeconds": 300, "catalog": json.RawMessage(declared)})
	require.NoError(t, err)
	ask := func(queries ...backend.DataQuery) backend.Responses {
		response, err := running.QueryData(t.Context(), &backend.QueryDataRequest{
			PluginContext: running.Context(pluginhost.DataSource{
				ID: 1, UID: "millions", URL: net.JoinHostPort(config.Host, strconv.Itoa(int(config.Port))), User: config.User,
				JSONData: stored, Secure: map[string]string{"password": config.Password},
			}),
			Headers: map[string]string{}, Queries: queries,
		})
		require.NoError(t, err)
		return response.Responses
	}
	query := func(refID, queryJSON string) backend.DataQuery {
		return backend.DataQuery{RefID: refID, JSON: []byte(queryJSON), TimeRange: backend.TimeRange{From: from, To: to}}
	}

	for about, queryJSON := range map[string]string{
		"counted":        `{"metrics": ["rows"], "groupBy": ["name"], "step": "range"}`,
		"in a histogram": `{"metrics": ["length"], "groupBy": ["name"], "step": "range"}`,
	} {
		began := time.Now()
		refused := ask(query("A", queryJSON))["A"]
		require.Error(t, refused.Error, about)
		for _, part := range []string{"maxRows", "100000", "raise", "filter"} {
			assert.Contains(t, refused.Error.Error(), part, "it says which limit, and how to raise or avoid it")
		}
		assert.Equal(t, backend.StatusBadRequest, refused.Status)
		assert.Equal(t, backend.ErrorSourceDownstream, refused.ErrorSource)
		t.Logf("%s: peak memory %d MiB after %s", about, peakMemory(t, running.PID())>>20, time.Since(began).Round(time.Second))
	}
	peak := peakMemory(t, running.PID())
	assert.Less(t, peak, int64(300<<20))

	// The plugin is alive, and rows are counted without reading them.
	assert.Equal(t, []string{"rows: 1e+07"}, text(t, ask(query("A", `{"metrics": ["rows"], "step": "range"}`))["A"]))
}
