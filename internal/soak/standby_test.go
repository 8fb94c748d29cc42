package soak

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/internal/embedpg"
	"github.com/pullview/orders-datasource/pkg/engine"
	"github.com/pullview/orders-datasource/pkg/query"
)

// pair is a primary whose orders are read from its standby.
func pair(t *testing.T) (s *soaking, primary, standby *embedpg.Server) {
	primary = embedpg.StartForTest(t, twoPhase(nil))
	s = newSoaking(t, primary, changeLog)
	// Looks must not be ended because the primary removed what they see.
	standby = primary.StartStandbyForTest(t, twoPhase(map[string]string{"hot_standby_feedback": "on", "max_standby_streaming_delay": "-1"}))
	s.readFrom(t, standby, doubtless)
	return s, primary, standby
}

// caughtUp waits until a standby shows all that its primary has written.
func (s *soaking) caughtUp(t *testing.T, primary, standby *embedpg.Server) {
	t.Helper()
	// What was committed without waiting for the disk is sent once it is there.
	s.exec(t, primary, "SET synchronous_commit = on; SELECT pg_logical_emit_message(true, 'soak', '')")
	at := value[string](t, s, primary, "SELECT pg_current_wal_lsn()::text")
	require.Eventually(t, func() bool {
		caught, err := tryValue[bool](t.Context(), s, standby, "SELECT pg_last_wal_replay_lsn() >= '"+at+"'")
		return err == nil && caught // at first it may not have the database
	}, time.Minute, 10*time.Millisecond)
}

func TestKeptNumbersOnAStandby(t *testing.T) {
	t.Parallel()
	s, primary, standby := pair(t)
	// Two snapshots of a standby may read the same although something was
	// committed between them. An engine that takes them for a primary's is wrong.
	t.Run("are not taken for unchanged where snapshots read the same", func(t *testing.T) {
		doubtful := s.alongside(t, standby, doubts{sameServer: true})
		first, second := s.begin(t, primary), s.begin(t, primary)
		s.exec(t, primary, "INSERT INTO orders (created_at, total) VALUES ('2026-03-10 10:00Z', 1)")
		s.caughtUp(t, primary, standby)
		require.True(t, s.ask(t))
		require.True(t, doubtful.ask(t))
		before := value[string](t, s, standby, "SELECT pg_current_snapshot()::text")
		s.commit(t, second)
		require.Eventually(t, func() bool { return value[int](t, s, standby, "SELECT count(*) FROM orders") == 2 }, time.Minute, 10*time.Millisecond)
		require.Equal(t, before, value[string](t, s, standby, "SELECT pg_current_snapshot()::text"))

		assert.True(t, s.ask(t))
		assert.False(t, doubtful.ask(t))
		s.commit(t, first)
	})
	t.Run("equal plain ones", func(t *testing.T) {
		defer s.write(t.Context(), primary, habits{})()
		ctx, stop := context.WithTimeout(t.Context(), *howLong)
		defer stop()
		s.read(ctx, t, 1, false)
		s.report(t)
		s.fromMemory(t, s.someRequest)
	})
	// A standby's snapshot does not list what runs on the primary. Asked whether
	// it has seen a transaction, it says yes of all below its upper bound. So on a
	// standby every entry of the log from its lower bound on counts.
	t.Run("are wrong where its snapshot is asked what it has seen", func(t *testing.T) {
		s.alongside(t, standby, doubts{lastSeen: true}).expectWrong(t, primary, habits{})
	})
	t.Run("are none by the time of updates", func(t *testing.T) {
		s := newSoaking(t, primary, updatedAt)
		s.caughtUp(t, primary, standby)
		s.readFrom(t, standby, doubtless)
		req := s.someRequest(t)
		for range 2 {
			answer, err := s.engine.Answer(t.Context(), req, query.Caller{})
			require.NoError(t, err)
			assert.Equal(t, engine.GuaranteeLive, answer.Stats.Guarantee)
			assert.Empty(t, answer.Provisos)
		}
	})
}

// begin inserts an order in a transaction that goes on.
func (s *soaking) begin(t *testing.T, server *embedpg.Server) *pgx.Conn {
	conn, err := pgx.Connect(t.Context(), server.DSN(s.database))
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	_, err = conn.Exec(t.Context(), "BEGIN; INSERT INTO orders (created_at, total) VALUES ('2026-03-10 09:00Z', 1)", pgx.QueryExecModeSimpleProtocol)
	require.NoError(t, err)
	return conn
}

// commit ends it, so that a standby hears of it.
func (s *soaking) commit(t *testing.T, conn *pgx.Conn) {
	_, err := conn.Exec(t.Context(), "SET LOCAL synchronous_commit = on; COMMIT", pgx.QueryExecModeSimpleProtocol)
	require.NoError(t, err)
}

func TestKeptNumbersAcrossAPromotion(t *testing.T) {
	t.Parallel()
	s, primary, standby := pair(t)
	quiet := newSoaking(t, primary, changeLog)
	stopWriting := s.write(t.Context(), primary, habits{})
	ctx, stop := context.WithTimeout(t.Context(), *howLong/2)
	defer stop()
	s.read(ctx, t, 1, false)

	// A prepared transaction survives a promotion. An engine that takes the
	// promoted server for a primary whose snapshots it has believes to have seen
	// it.
	quiet.exec(t, primary, "BEGIN; INSERT INTO orders (created_at, total) VALUES ('2026-03-10 09:00Z', 1); PREPARE TRANSACTION 'late'")
	quiet.caughtUp(t, primary, standby)
	quiet.readFrom(t, standby, doubtless)
	doubtful := quiet.alongside(t, standby, doubts{sameServer: true})
	require.True(t, quiet.ask(t))
	require.True(t, doubtful.ask(t))
	require.NoError(t, standby.Promote(t.Context())) // in the middle of what is written
	stopWriting()
	quiet.exec(t, primary, "ROLLBACK PREPARED 'late'")
	quiet.exec(t, standby, "COMMIT PREPARED 'late'")
	assert.True(t, quiet.ask(t))
	assert.False(t, doubtful.ask(t))

	defer s.write(t.Context(), standby, habits{})()
	ctx, stop = context.WithTimeout(t.Context(), *howLong/2)
	defer stop()
	read := s.exact
	s.read(ctx, t, 1, true)
	assert.Greater(t, s.exact, read)
	s.report(t)
}
