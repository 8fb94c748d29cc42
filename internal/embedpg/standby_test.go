package embedpg_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/internal/embedpg"
)

func TestAStandbyFollowsItsPrimaryUntilItIsPromoted(t *testing.T) {
	t.Parallel()
	eachInstallation(t, func(t *testing.T, installation embedpg.Installation) {
		t.Parallel()
		primary := embedpg.StartForTest(t, embedpg.Options{Installation: installation})
		write := connect(t, primary.DSN("postgres"))
		_, err := write.Exec(t.Context(), "CREATE TABLE orders AS SELECT 1 AS id")
		require.NoError(t, err)
		standby := primary.StartStandbyForTest(t, embedpg.Options{})
		read := connect(t, standby.DSN("postgres"))
		assert.True(t, query[bool](t, read, "SELECT pg_is_in_recovery()"))

		_, err = write.Exec(t.Context(), "INSERT INTO orders VALUES (2)")
		require.NoError(t, err)
		require.Eventually(t, func() bool { return query[int](t, read, "SELECT count(*) FROM orders") == 2 }, time.Minute, 10*time.Millisecond)

		require.NoError(t, standby.Promote(t.Context()))
		_, err = read.Exec(t.Context(), "INSERT INTO orders VALUES (3)")
		require.NoError(t, err)
		assert.Equal(t, 2, query[int](t, write, "SELECT count(*) FROM orders"))
		require.NoError(t, standby.Restart(t.Context()))
		assert.Equal(t, 3, query[int](t, connect(t, standby.DSN("postgres")), "SELECT count(*) FROM orders"))
	})
}

func TestARestoreBringsBackWhatWasSaved(t *testing.T) {
	t.Parallel()
	server := embedpg.StartForTest(t, embedpg.Options{})
	_, err := server.Save()
	assert.ErrorContains(t, err, "it runs")
	run := func(sql string) {
		_, err := connect(t, server.DSN("postgres")).Exec(t.Context(), sql)
		require.NoError(t, err)
	}
	run("CREATE TABLE orders AS SELECT 1 AS id")
	require.NoError(t, server.Halt())
	saved, err := server.Save()
	require.NoError(t, err)
	require.NoError(t, server.Resume(t.Context()))
	run("INSERT INTO orders VALUES (2)")
	assert.ErrorContains(t, server.Restore(saved), "it runs")
	require.NoError(t, server.Halt())

	require.NoError(t, server.Restore(saved))

	require.NoError(t, server.Resume(t.Context()))
	assert.Equal(t, 1, query[int](t, connect(t, server.DSN("postgres")), "SELECT count(*) FROM orders"))
}
