package soak

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/internal/embedpg"
	"github.com/pullview/orders-datasource/internal/logtail"
)

// A pooler in transaction mode gives each look another of its connections, of
// which it has fewer than the store thinks.
func TestKeptNumbersEqualPlainOnesThroughAPooler(t *testing.T) {
	t.Parallel()
	server := embedpg.StartForTest(t, twoPhase(nil))
	s := newSoaking(t, server, changeLog)
	pooled := startPooler(t, server, s.database)
	for range 8 { // clients that take the connections in turn
		s.disturb(t, pooled)
	}
	s.readBy(t, s.open(t, pooled, false), doubtless)
	defer s.write(t.Context(), server, habits{})()
	ctx, stop := context.WithTimeout(t.Context(), *howLong)
	defer stop()
	s.read(ctx, t, 1, false)
	s.report(t)
}

// disturb is a client of the same pooler until the test ends. It changes
// settings that a look must not depend on, for those who come after it.
func (s *soaking) disturb(t *testing.T, dsn string) {
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	t.Cleanup(func() { stop(); <-done })
	go func() {
		defer close(done)
		conn, err := pgx.Connect(ctx, dsn)
		if err != nil {
			return
		}
		defer func() { _ = conn.Close(context.Background()) }()
		for ctx.Err() == nil {
			_, _ = conn.Exec(ctx, "SET TimeZone = 'Asia/Tokyo'; SET search_path = pg_temp; SET DateStyle = 'German'; SELECT pg_sleep(0.002)", pgx.QueryExecModeSimpleProtocol)
			pause(ctx)
		}
	}()
}

// startPooler puts PgBouncer in front of a database, where this machine has
// one, and returns the address of the database behind it.
func startPooler(t *testing.T, server *embedpg.Server, database string) (dsn string) {
	t.Helper()
	program, err := exec.LookPath("pgbouncer")
	if err != nil {
		t.Skip("pgbouncer is not on the PATH")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	port := listener.Addr().(*net.TCPAddr).Port
	require.NoError(t, listener.Close())
	config := filepath.Join(t.TempDir(), "pgbouncer.ini")
	require.NoError(t, os.WriteFile(config, fmt.Appendf(nil, `[databases]
%s = host=%s port=%d user=%s password=%s
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %d
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 3
`, database, server.Host(), server.Port(), server.User(), server.Password(), port), 0o600))
	arguments := []string{config}
	if os.Geteuid() == 0 { // as whom it refuses to run
		arguments = append([]string{"-u", "nobody"}, arguments...)
	}
	ctx, stop := context.WithCancel(context.Background())
	log := logtail.New(nil)
	cmd := exec.CommandContext(ctx, program, arguments...)
	cmd.Stdout, cmd.Stderr = log, log
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { stop(); _ = cmd.Wait() })
	address := url.URL{Scheme: "postgres", User: url.User(server.User()), Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), Path: "/" + database, RawQuery: "sslmode=disable"}
	require.Eventually(t, func() bool {
		conn, err := pgx.Connect(t.Context(), address.String())
		if err != nil {
			return false
		}
		return conn.Close(t.Context()) == nil
	}, time.Minute, 20*time.Millisecond, "%s", log)
	return address.String()
}
