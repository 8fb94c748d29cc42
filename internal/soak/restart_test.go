package soak

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/internal/embedpg"
)

// forgetful is a server that loses in a crash what it committed last, and then
// numbers other transactions as those that it lost.
func forgetful() embedpg.Options {
	return twoPhase(map[string]string{"synchronous_commit": "off", "wal_writer_delay": "10s", "autovacuum": "off", "checkpoint_timeout": "1h"})
}

// killBackend ends a session of a server hard, and waits until the server has
// recovered.
func (s *soaking) killBackend(t *testing.T, server *embedpg.Server) {
	t.Helper()
	pid := value[int](t, s, server, "SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'")
	victim, err := os.FindProcess(pid)
	require.NoError(t, err)
	require.NoError(t, victim.Kill())
	s.awaitServer(t, server, pid)
}

// awaitServer waits for a server with another checkpointer.
func (s *soaking) awaitServer(t *testing.T, server *embedpg.Server, old int) {
	t.Helper()
	require.Eventually(t, func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		pid, err := tryValue[int](ctx, s, server, "SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'")
		return err == nil && pid != old
	}, 2*time.Minute, 10*time.Millisecond)
}

// Each way in which a server can come back with another history than the one of
// which numbers are kept. An engine that did not notice would be wrong.
func TestNumbersAreNotKeptOverALossOfTransactions(t *testing.T) {
	t.Parallel()
	server := embedpg.StartForTest(t, forgetful())
	s := startSoaking(t, server, doubtless)
	doubtful := s.alongside(t, server, doubts{sameServer: true})
	insert := func(at string) (transaction int64) {
		s.exec(t, server, "INSERT INTO orders (created_at, total) VALUES ('"+at+"', 1)")
		return value[int64](t, s, server, "SELECT max(x::text::bigint) FROM live_orders."+s.logName(t, server))
	}
	insert("2026-03-10 08:00Z")
	require.NoError(t, server.Halt())
	saved, err := server.Save()
	require.NoError(t, err)
	require.NoError(t, server.Resume(t.Context()))

	for _, loss := range []struct {
		name string
		lose func()
	}{
		{"a process of the server was killed", func() {
			started := value[time.Time](t, s, server, "SELECT pg_postmaster_start_time()")
			s.killBackend(t, server)
			require.Equal(t, started, value[time.Time](t, s, server, "SELECT pg_postmaster_start_time()"), "it is still the same server")
		}},
		{"all of the server was killed", func() {
			require.NoError(t, server.Kill())
			require.NoError(t, server.Resume(t.Context()))
		}},
		{"an older copy was restored", func() {
			require.NoError(t, server.Halt())
			require.NoError(t, server.Restore(saved))
			require.NoError(t, server.Resume(t.Context()))
		}},
	} {
		s.exec(t, server, "CHECKPOINT") // what was there before is not lost
		doubtful.engine = doubtful.newEngine()
		before := value[int](t, s, server, "SELECT count(*) FROM orders")
		lost := insert("2026-03-10 09:00Z")
		require.True(t, s.ask(t), loss.name)
		require.True(t, doubtful.ask(t), loss.name)
		loss.lose()
		require.LessOrEqual(t, value[int](t, s, server, "SELECT count(*) FROM orders"), before, "%s, and nothing was lost", loss.name)
		require.LessOrEqual(t, insert("2026-03-10 10:00Z"), lost, "%s, and the numbers of lost transactions were not used again", loss.name)
		// Numbers that went back would be noticed by themselves.
		for value[int64](t, s, server, "SELECT pg_current_xact_id()::text::bigint") <= lost {
			continue
		}

		assert.True(t, s.ask(t), loss.name)
		assert.False(t, doubtful.ask(t), loss.name)
	}
}

// Writers and readers go on while a server is restarted, and crashes.
func TestKeptNumbersEqualPlainOnesWhileTheServerRestartsAndCrashes(t *testing.T) {
	t.Parallel()
	server := embedpg.StartForTest(t, forgetful())
	s := startSoaking(t, server, doubtless)
	defer s.write(t.Context(), server, habits{})()
	phase := func() {
		ctx, stop := context.WithTimeout(t.Context(), max(*howLong/12, time.Second))
		defer stop()
		s.read(ctx, t, 1, true)
	}
	for began := time.Now(); ; {
		phase()
		require.NoError(t, server.Restart(t.Context()))
		phase()
		s.killBackend(t, server)
		phase()
		require.NoError(t, server.Kill())
		require.NoError(t, server.Resume(t.Context()))
		if time.Since(began) > *howLong {
			break
		}
	}
	phase()
	s.report(t)
}
