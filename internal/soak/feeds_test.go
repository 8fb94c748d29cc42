package soak

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/internal/embedpg"
	"github.com/pullview/orders-datasource/pkg/engine"
	"github.com/pullview/orders-datasource/pkg/query"
)

// updatedAt is kept by a trigger, as an application would.
var updatedAt = feed{
	changes: `{"mode": "updated_at", "column": "updated_at"}`,
	schema: `
ALTER TABLE orders ADD updated_at timestamptz NOT NULL DEFAULT now();
CREATE INDEX ON orders (updated_at);
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN NEW.updated_at = now(); RETURN NEW; END$$;
CREATE TRIGGER touch BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION touch();`,
}

func TestKeptNumbersByTheTimeOfUpdatesEqualPlainOnesWhileNoRowGoesOrMoves(t *testing.T) {
	t.Parallel()
	server := embedpg.StartForTest(t, twoPhase(nil))
	s := newSoaking(t, server, updatedAt)
	s.readFrom(t, server, doubtless)
	require.True(t, s.ask(t), "before a transaction is prepared")
	for _, habits := range []habits{{keep: true}, {keep: true, slow: true}} {
		ctx, stop := context.WithTimeout(t.Context(), max(*howLong/2, 5*time.Second))
		stopWriting := s.write(ctx, server, habits)
		s.read(ctx, t, 1, false)
		stop()
		stopWriting()
	}
	assert.Equal(t, engine.GuaranteeUpdatedAt, s.guarantee)
	s.report(t)
	s.fromMemory(t, s.someRequest)
}

// Rows carry the time at which their transaction began. An engine that asks for
// those that were written since it looked, or some seconds before, misses what
// is committed late. So it has to ask for all since the oldest transaction that
// ran when it looked.
func TestReadingWhatWasUpdatedSinceTheLastLookGivesWrongNumbers(t *testing.T) {
	t.Parallel()
	server := embedpg.Shared(t)
	s := newSoaking(t, server, updatedAt)
	s.readFrom(t, server, doubtless)
	doubtful := s.alongside(t, server, doubts{afterLook: true})
	late := s.begin(t, server)
	require.Eventually(t, func() bool {
		return value[bool](t, s, server, "SELECT bool_or(xact_start < now() - interval '6 s') FROM pg_stat_activity WHERE datname = current_database()")
	}, time.Minute, 100*time.Millisecond)
	for range 2 {
		require.True(t, s.ask(t))
		require.True(t, doubtful.ask(t))
	}
	s.commit(t, late)

	assert.True(t, s.ask(t))
	assert.False(t, doubtful.ask(t))
}

func TestAnswersByTheTimeOfUpdatesSayWhatTheyRelyOn(t *testing.T) {
	t.Parallel()
	server := embedpg.Shared(t)
	s := newSoaking(t, server, updatedAt)
	s.unaudited = true
	s.readFrom(t, server, doubtless)
	s.exec(t, server, "INSERT INTO orders (created_at, total) SELECT '2026-03-10Z'::timestamptz + n * interval '1 min', 1 FROM generate_series(1, 600) n")
	// The rows' own times let this pass for long ago.
	s.exec(t, server, "ALTER TABLE orders DISABLE TRIGGER touch; UPDATE orders SET updated_at = now() - interval '1 day'; ALTER TABLE orders ENABLE TRIGGER touch")
	for _, change := range []struct {
		sql   string
		right bool
	}{
		{"INSERT INTO orders (created_at, total) VALUES ('2026-03-10 01:00Z', 1)", true},
		{"UPDATE orders SET total = 7 WHERE created_at = '2026-03-10 02:00Z'", true},
		{"TRUNCATE orders_mid", true},
		{"DELETE FROM orders WHERE created_at = '2026-03-10 03:00Z'", false},
		{"UPDATE orders SET created_at = '2026-03-10 04:30:30Z' WHERE created_at = '2026-03-10 04:00Z'", false},
	} {
		s.engine = s.newEngine()
		require.True(t, s.ask(t))
		s.exec(t, server, change.sql)
		assert.Equal(t, change.right, s.ask(t), change.sql)
		assert.Equal(t, engine.GuaranteeUpdatedAt, s.guarantee)
	}
}

var appendOnly = feed{changes: `{"mode": "append_only", "lateness": "1m"}`}

// recently is a request for the last minutes, until now, by seconds.
func (s *soaking) recently(t *testing.T) *query.Request {
	now := time.Now().Truncate(time.Second)
	return s.request(t, query.Query{Metrics: []string{"created"}, Step: "1s"}, now.Add(-10*time.Minute), now)
}

func TestKeptNumbersOfWhatIsAppendedEqualPlainOnesWhileNothingIsLate(t *testing.T) {
	t.Parallel()
	server := embedpg.Shared(t)
	s := newSoaking(t, server, appendOnly)
	s.readFrom(t, server, doubtless)
	s.exec(t, server, "INSERT INTO orders (created_at, total) SELECT now() - n * interval '1 s', 1 FROM generate_series(60, 600) n")
	ctx, stop := context.WithTimeout(t.Context(), *howLong)
	defer stop()
	defer s.appendOrders(ctx, server)()
	for ctx.Err() == nil && s.wrong == 0 {
		require.NoError(t, s.compare(t.Context(), t, s.recently(t)))
	}
	assert.Equal(t, engine.GuaranteeAppendOnly, s.guarantee)
	s.report(t)
	s.fromMemory(t, s.recently)
}

func TestAnswersFromWhatIsAppendedSayWhatTheyRelyOn(t *testing.T) {
	t.Parallel()
	server := embedpg.Shared(t)
	s := newSoaking(t, server, appendOnly)
	s.unaudited = true
	s.readFrom(t, server, doubtless)
	s.exec(t, server, "INSERT INTO orders (created_at, total) SELECT now() - n * interval '1 s', 1 FROM generate_series(60, 600) n")
	punctual := s.alongside(t, server, doubts{punctual: true})
	ask := func(s *soaking) (right bool) {
		exact, wrong := s.exact, s.wrong
		require.NoError(t, s.compare(t.Context(), t, s.recently(t)))
		require.Equal(t, exact+1, s.exact, "the answer is a live one")
		assert.Equal(t, engine.GuaranteeAppendOnly, s.guarantee)
		return wrong == s.wrong
	}
	for _, change := range []struct {
		sql             string
		right, punctual bool
	}{
		{"INSERT INTO orders (created_at, total) VALUES (now(), 1)", true, true},
		{"INSERT INTO orders (created_at, total) VALUES (now() - interval '30 s', 1)", true, false},
		{"TRUNCATE orders_old", true, true},
		{"INSERT INTO orders (created_at, total) VALUES (now() - interval '5 min', 1)", false, false},
		{"DELETE FROM orders WHERE created_at < now() - interval '5 min'", false, false},
	} {
		s.engine, punctual.engine = s.newEngine(), punctual.newEngine()
		require.True(t, ask(s))
		require.True(t, ask(punctual))
		s.exec(t, server, change.sql)
		assert.Equal(t, change.right, ask(s), change.sql)
		assert.Equal(t, change.punctual, ask(punctual), change.sql)
	}
}
