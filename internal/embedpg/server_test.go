package embedpg_test

import (
	"bufio"
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/internal/embedpg"
)

func TestEveryInstallationAnswersWithItsVersion(t *testing.T) {
	t.Parallel()
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		t.Parallel()
		conn := connect(t, server.Database(t))

		assert.Equal(t, server.Version(), strings.Fields(query[string](t, conn, "SHOW server_version"))[0])
		assert.Equal(t, server.Major(), query[int](t, conn, "SELECT current_setting('server_version_num')::int / 10000"))
		assert.Equal(t, "UTF8", query[string](t, conn, "SHOW server_encoding"))
		assert.Equal(t, "UTC", query[string](t, conn, "SHOW timezone"))
		assert.Equal(t, "off", query[string](t, conn, "SHOW fsync"))
		assert.Equal(t, "127.0.0.1", query[string](t, conn, "SHOW listen_addresses"))
		// Extensions are part of an installation: the demo and tests use them.
		_, err := conn.Exec(t.Context(), "CREATE EXTENSION citext")
		assert.NoError(t, err)
	})
}

func TestAWrongPasswordIsRefused(t *testing.T) {
	t.Parallel()
	config, err := pgx.ParseConfig(embedpg.Shared(t).DSN("postgres"))
	require.NoError(t, err)
	config.Password = "guess"

	_, err = pgx.ConnectConfig(t.Context(), config)

	var refused *pgconn.PgError
	require.ErrorAs(t, err, &refused)
	assert.Equal(t, "28P01", refused.Code)
}

func TestDatabasesAreIndependent(t *testing.T) {
	t.Parallel()
	for range 4 {
		t.Run("of each other", func(t *testing.T) {
			t.Parallel()
			conn := connect(t, embedpg.Database(t))
			_, err := conn.Exec(t.Context(), "CREATE TABLE orders (id int)")
			assert.NoError(t, err)
		})
	}
}

func TestADatabaseIsDroppedWithItsTestAlthoughSessionsAreOpen(t *testing.T) {
	t.Parallel()
	server := embedpg.Shared(t)
	var name string
	t.Run("user", func(t *testing.T) {
		conn, err := pgx.Connect(t.Context(), server.Database(t))
		require.NoError(t, err)
		name = query[string](t, conn, "SELECT current_database()")
		require.Equal(t, int64(1), countDatabases(t, server, name))
		// The connection is left open.
	})
	assert.Zero(t, countDatabases(t, server, name))
}

var orders = embedpg.Template{Fill: func(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, "CREATE TABLE orders AS SELECT generate_series(1, 3) AS id")
	return err
}}

func TestATemplateIsCopiedForEveryTest(t *testing.T) {
	t.Parallel()
	for range 3 {
		t.Run("copy", func(t *testing.T) {
			t.Parallel()
			conn := connect(t, orders.Database(t, embedpg.Shared(t)))
			_, err := conn.Exec(t.Context(), "DELETE FROM orders WHERE id = 1")
			require.NoError(t, err)
			assert.Equal(t, 2, query[int](t, conn, "SELECT count(*) FROM orders"))
		})
	}
}

func TestSettingsAndFilesReachTheServer(t *testing.T) {
	t.Parallel()
	var log lockedBuffer
	server := embedpg.StartForTest(t, embedpg.Options{
		Settings: map[string]string{"fsync": "on", "application_name": `it's a \ test`, "port": "1"},
		Files:    map[string]string{"greeting": "hello"},
		Log:      &log,
	})
	conn := connect(t, server.DSN("postgres"))

	assert.Equal(t, "on", query[string](t, conn, "SHOW fsync"))
	assert.Equal(t, `it's a \ test`, query[string](t, conn, "SELECT boot.setting FROM pg_file_settings boot WHERE name = 'application_name'"))
	assert.Equal(t, strconv.Itoa(server.Port()), query[string](t, conn, "SHOW port"))
	assert.Equal(t, "hello", query[string](t, conn, "SELECT pg_read_file('greeting')"))
	assert.Contains(t, log.String(), "database system is ready to accept connections")
	_, err := conn.Exec(t.Context(), "ALTER SYSTEM SET fsync = off")
	require.NoError(t, err)
	_, err = conn.Exec(t.Context(), "SELECT pg_reload_conf()")
	require.NoError(t, err)
	require.Eventually(t, func() bool { return query[string](t, connect(t, server.DSN("postgres")), "SHOW fsync") == "off" },
		10*time.Second, 10*time.Millisecond)
}

func TestARestartKeepsPortAndData(t *testing.T) {
	t.Parallel()
	ends := map[string]func(*embedpg.Server) error{
		"after a halt": (*embedpg.Server).Halt,
		"after a kill": (*embedpg.Server).Kill,
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachInstallation(t, func(t *testing.T, installation embedpg.Installation) {
				t.Parallel()
				server := embedpg.StartForTest(t, embedpg.Options{
					Installation: installation,
					Settings:     map[string]string{"synchronous_commit": "on"},
				})
				port := server.Port()
				conn := connect(t, server.DSN("postgres"))
				_, err := conn.Exec(t.Context(), "CREATE TABLE orders AS SELECT 42 AS id")
				require.NoError(t, err)

				require.NoError(t, end(server))
				require.NoError(t, end(server), "a second time")
				assert.Error(t, conn.Ping(t.Context()))
				_, err = pgx.Connect(t.Context(), server.DSN("postgres"))
				assert.ErrorContains(t, err, "refused")

				require.NoError(t, server.Resume(t.Context()))
				require.NoError(t, server.Resume(t.Context()), "a second time")
				assert.Equal(t, port, server.Port())
				assert.Equal(t, 42, query[int](t, connect(t, server.DSN("postgres")), "SELECT id FROM orders"))
				require.NoError(t, server.Restart(t.Context()))
				assert.Equal(t, 42, query[int](t, connect(t, server.DSN("postgres")), "SELECT id FROM orders"))
			})
		})
	}
}

func TestAKillInterruptsARunningStatement(t *testing.T) {
	t.Parallel()
	server := embedpg.StartForTest(t, embedpg.Options{})
	conn := connect(t, server.DSN("postgres"))
	watch := connect(t, server.DSN("postgres"))
	failed := make(chan error, 1)
	go func() {
		// Busy, not sleeping: a server process that computes does not notice by itself that its parent is gone.
		_, err := conn.Exec(context.Background(), "SELECT count(*) FROM pg_class a, pg_class b, pg_class c, pg_class d")
		failed <- err
	}()
	require.Eventually(t, func() bool {
		return query[int](t, watch, "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_class d%' AND pid <> pg_backend_pid()") == 1
	}, 20*time.Second, 10*time.Millisecond)

	require.NoError(t, server.Kill())

	select {
	case err := <-failed:
		assert.Error(t, err)
	case <-time.After(20 * time.Second):
		t.Fatal("the statement is still running")
	}
}

func TestAResumeSaysThatItsPortWasTaken(t *testing.T) {
	t.Parallel()
	server := embedpg.StartForTest(t, embedpg.Options{})
	require.NoError(t, server.Halt())
	listener, err := net.Listen("tcp", net.JoinHostPort(server.Host(), strconv.Itoa(server.Port())))
	require.NoError(t, err)

	err = server.Resume(t.Context())
	assert.ErrorContains(t, err, "port is taken: "+strconv.Itoa(server.Port()))

	require.NoError(t, listener.Close())
	require.NoError(t, server.Resume(t.Context()))
}

func TestABadSettingFailsTheStartWithTheServersOwnWords(t *testing.T) {
	t.Parallel()
	_, err := embedpg.Start(t.Context(), embedpg.Options{Settings: map[string]string{"no_such_setting": "1"}})
	assert.ErrorContains(t, err, "no_such_setting")
}

func TestAnEndedContextFailsTheStart(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := embedpg.Start(ctx, embedpg.Options{})
	assert.ErrorIs(t, err, context.Canceled)
}

func TestAServerDiesWithItsKilledOwner(t *testing.T) {
	t.Parallel()
	exe, err := os.Executable()
	require.NoError(t, err)
	owner := exec.Command(exe)
	owner.Env = append(os.Environ(), ownerEnv+"=1")
	out, err := owner.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, owner.Start())
	t.Cleanup(func() { _ = owner.Process.Kill() })
	dsn, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	conn := connect(t, strings.TrimSpace(dsn))
	data := query[string](t, conn, "SHOW data_directory")
	require.DirExists(t, data)

	require.NoError(t, owner.Process.Kill())
	_ = owner.Wait()

	require.Eventually(t, func() bool { return conn.Ping(context.Background()) != nil }, 20*time.Second, 10*time.Millisecond)
	require.Eventually(t, func() bool {
		_, err := os.Stat(filepath.Dir(data))
		return os.IsNotExist(err)
	}, 20*time.Second, 10*time.Millisecond, "the directory of the dead owner is still there")
}

func connect(t *testing.T, dsn string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func query[T any](t *testing.T, conn *pgx.Conn, sql string, args ...any) T {
	t.Helper()
	var value T
	require.NoError(t, conn.QueryRow(t.Context(), sql, args...).Scan(&value))
	return value
}

func countDatabases(t *testing.T, server *embedpg.Server, name string) int64 {
	t.Helper()
	return query[int64](t, connect(t, server.DSN("postgres")), "SELECT count(*) FROM pg_database WHERE datname = $1", name)
}

// eachInstallation is for tests that do without the shared servers.
func eachInstallation(t *testing.T, test func(t *testing.T, installation embedpg.Installation)) {
	t.Helper()
	found, err := embedpg.Find()
	require.NoError(t, err)
	for _, installation := range found {
		t.Run(installation.String(), func(t *testing.T) { test(t, installation) })
	}
}

// A lockedBuffer may be written and read at the same time.
type lockedBuffer struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
