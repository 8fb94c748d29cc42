package embedpg_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/internal/embedpg"
)

// Not parallel: it counts what is left in directories that all servers share.
func TestStopLeavesNothingBehind(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.Chmod(dir, 0o755))
	require.NoError(t, os.Chmod(filepath.Dir(dir), 0o755))
	t.Setenv("TMPDIR", dir)
	for name, end := range map[string]func(*embedpg.Server) error{
		"when it runs":       func(*embedpg.Server) error { return nil },
		"when it is halted":  (*embedpg.Server).Halt,
		"when it was killed": (*embedpg.Server).Kill,
	} {
		t.Run(name, func(t *testing.T) {
			server, err := embedpg.Start(t.Context(), embedpg.Options{})
			require.NoError(t, err)
			conn := connect(t, server.DSN("postgres"))
			pids := serverProcesses(t, conn)
			require.True(t, alive(pids[0]))
			segment := query[int](t, conn, `SELECT (regexp_match(split_part(pg_read_file('postmaster.pid'), E'\n', 7), '(\d+)\s*$'))[1]::int`)
			require.Contains(t, sharedMemorySegments(t), segment)
			left, err := filepath.Glob(filepath.Join(dir, "pullview-embedpg-*"))
			require.NoError(t, err)
			require.Len(t, left, 1, "the server's directory is not where this test looks")

			require.NoError(t, end(server))
			require.NoError(t, server.Stop())
			require.NoError(t, server.Stop(), "a second time")

			for _, pid := range pids {
				assert.False(t, alive(pid), "process %d", pid)
			}
			assert.NotContains(t, sharedMemorySegments(t), segment)
			left, err = filepath.Glob(filepath.Join(dir, "*"))
			require.NoError(t, err)
			assert.Empty(t, left)
			assert.Error(t, server.Resume(t.Context()))
		})
	}
}

// serverProcesses lists the server's children and, first, itself.
func serverProcesses(t *testing.T, conn *pgx.Conn) []int {
	t.Helper()
	rows, err := conn.Query(t.Context(), "SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)::int UNION ALL SELECT pid FROM pg_stat_activity")
	require.NoError(t, err)
	pids, err := pgx.CollectRows(rows, pgx.RowTo[int])
	require.NoError(t, err)
	require.Greater(t, len(pids), 3)
	return pids
}

// alive tells whether the process runs. A zombie does not: what a killed server leaves is reaped by whoever adopts it.
func alive(pid int) bool {
	stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return false
	}
	_, state, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(state, "Z")
}

// sharedMemorySegments lists the ids of this machine's System V segments.
func sharedMemorySegments(t *testing.T) []int {
	t.Helper()
	text, err := os.ReadFile("/proc/sysvipc/shm")
	require.NoError(t, err)
	var ids []int
	for line := range strings.Lines(string(text)) {
		if id, err := strconv.Atoi(strings.Fields(line)[1]); err == nil {
			ids = append(ids, id)
		}
	}
	return ids
}
