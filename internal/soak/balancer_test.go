package soak

import (
	"context"
	"io"
	"net"
	"net/url"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/internal/embedpg"
	"github.com/pullview/orders-datasource/pkg/postgres"
)

// Behind one address several servers answer in turn, each as far as it has got.
// Numbers are kept for each of them.
func TestKeptNumbersEqualPlainOnesBehindABalancer(t *testing.T) {
	t.Parallel()
	s, primary, standby := pair(t)
	other := primary.StartStandbyForTest(t, twoPhase(map[string]string{"hot_standby_feedback": "on", "max_standby_streaming_delay": "-1"}))
	for name, servers := range map[string][]*embedpg.Server{"two standbys": {standby, other}, "a primary and its standby": {primary, standby}} {
		t.Run(name, func(t *testing.T) {
			s.caughtUp(t, primary, standby)
			s.caughtUp(t, primary, other)
			var b balancer
			s.readBy(t, s.openAnew(t, b.start(t, primary, s.database, servers)), doubtless)
			stopWriting := s.write(t.Context(), primary, habits{noDDL: true})
			defer stopWriting()
			ctx, stop := context.WithTimeout(t.Context(), *howLong/2)
			defer stop()
			s.read(ctx, t, 1, false)
			stopWriting()
			s.report(t)

			s.exec(t, primary, "INSERT INTO orders (created_at, total) VALUES ('2026-03-10 09:00Z', 1)")
			s.caughtUp(t, primary, standby)
			s.caughtUp(t, primary, other)
			b.stays.Store(true)
			ask := func() {
				for range servers {
					b.turn.Add(1)
					require.True(t, s.ask(t))
				}
			}
			ask() // reads what it lacks
			before := s.engine.Kept()
			ask()
			ask()
			assert.Equal(t, before.Fetched, s.engine.Kept().Fetched, "what is kept of one server is not dropped for another")
		})
	}
}

// openAnew opens a store that makes a connection for each look.
func (s *soaking) openAnew(t *testing.T, dsn string) *postgres.Store {
	pool, err := pgxpool.ParseConfig(dsn)
	require.NoError(t, err)
	pool.AfterRelease = func(*pgx.Conn) bool { return false }
	return postgres.New(postgres.Config{Pool: pool, Catalog: s.catalog, QueryTimeout: 20 * time.Second, PreparedStatements: true})
}

// balancer hands connections to servers in turn, or to the one whose turn it is.
type balancer struct {
	turn  atomic.Int64
	stays atomic.Bool
}

// start listens until the test ends. It returns the address of a database behind
// the balancer.
func (b *balancer) start(t *testing.T, primary *embedpg.Server, database string, servers []*embedpg.Server) (dsn string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var all sync.WaitGroup
	t.Cleanup(func() { _ = listener.Close(); all.Wait() })
	pass := func(to, from net.Conn) {
		_, _ = io.Copy(to, from)
		_ = to.Close()
	}
	all.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			to := servers[int(b.turn.Load())%len(servers)]
			if !b.stays.Load() {
				b.turn.Add(1)
			}
			server, err := net.Dial("tcp", net.JoinHostPort(to.Host(), strconv.Itoa(to.Port())))
			if err != nil {
				_ = client.Close()
				continue
			}
			all.Go(func() { pass(server, client) })
			all.Go(func() { pass(client, server) })
		}
	})
	address, err := url.Parse(primary.DSN(database))
	require.NoError(t, err)
	address.Host = listener.Addr().String()
	return address.String()
}
