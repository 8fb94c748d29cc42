package soak

import (
	"context"
	"flag"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/internal/embedpg"
)

var howLong = flag.Duration("soak", 3*time.Second, "how long writers and the reader of each test run")

func TestKeptNumbersEqualPlainOnesWhileOrdersChange(t *testing.T) {
	t.Parallel()
	server := embedpg.StartForTest(t, twoPhase(nil))
	s := startSoaking(t, server, doubtless)
	defer s.write(t.Context(), server, habits{})()
	ctx, stop := context.WithTimeout(t.Context(), *howLong)
	defer stop()
	s.read(ctx, t, 1, false)
	for s.ofView == 0 && s.wrong == 0 {
		require.NoError(t, s.compare(t.Context(), t, s.someRequest(t)))
	}
	s.report(t)
	s.fromMemory(t, s.someRequest)
}

// A view that was made anew, or reads another table, leaves no trace in the log
// of its base. The engine notices: a view has its own identity beside the base's.
func TestAViewThatIsTakenForTheOneBeforeGivesWrongNumbers(t *testing.T) {
	t.Parallel()
	server := embedpg.Shared(t)
	s := startSoaking(t, server, doubtless)
	doubtful := s.alongside(t, server, doubts{sameLog: true})
	s.exec(t, server, "INSERT INTO orders (created_at, invoiced_at, total) SELECT '2026-03-10Z'::timestamptz + n * interval '1 min', '2026-03-10 01:00Z'::timestamptz + n * interval '1 min', 400 + n FROM generate_series(1, 300) n",
		"CREATE TABLE other_orders AS SELECT * FROM orders WHERE id % 2 = 0")
	const times, condition = "created_at, invoiced_at", "total > 500"
	for _, change := range []struct {
		sql   string
		kept  bool // by the one that notices
		shown bool // by the plan of a metric's statement too
	}{
		{sql: view(times, "total > 600"), kept: true},
		{sql: view("invoiced_at AS created_at, created_at AS invoiced_at", condition)},
		{sql: view(times, "total > (SELECT avg(o.total) FROM orders o)"), shown: true},
		{sql: strings.Replace(view(times, condition), "FROM orders", "FROM other_orders", 1), shown: true},
		{sql: "CREATE TABLE late (LIKE orders); INSERT INTO late (id, created_at, total) VALUES (1, '2026-03-10 16:00Z', 900);" +
			"ALTER TABLE orders ATTACH PARTITION late FOR VALUES FROM ('2026-03-10 15:00Z') TO ('2026-03-10 17:00Z')", kept: true},
		{sql: "TRUNCATE late", kept: true}, // which has no trigger for that
		{sql: "ALTER TABLE orders_old DISABLE TRIGGER live_orders_rows; DELETE FROM orders_old WHERE total > 600"},
	} {
		s.engine, doubtful.engine = s.newEngine(), doubtful.newEngine()
		exact := s.exact
		require.True(t, s.askOf(t, "large_created"))
		require.Equal(t, exact+1, s.exact, "before %s", change.sql)
		require.True(t, doubtful.askOf(t, "large_created"))
		s.exec(t, server, change.sql)
		exact = s.exact
		assert.True(t, s.askOf(t, "large_created"), change.sql)
		assert.Equal(t, change.kept, s.exact > exact, change.sql)
		assert.Equal(t, change.shown, doubtful.askOf(t, "large_created"), change.sql)
		s.exec(t, server, view(times, condition))
	}
}

// The test above must be able to fail. Transactions commit in any order, so an
// engine that asks for what is newer than the last one it has seen misses some.
func TestReadingTheLogFromTheLastTransactionSeenGivesWrongNumbers(t *testing.T) {
	t.Parallel()
	server := embedpg.Shared(t)
	s := startSoaking(t, server, doubts{lastSeen: true})
	s.expectWrong(t, server, habits{})
}

// expectWrong reads until two answers are wrong.
func (s *soaking) expectWrong(t *testing.T, written *embedpg.Server, habits habits) {
	t.Helper()
	defer s.write(t.Context(), written, habits)()
	ctx, stop := context.WithTimeout(t.Context(), 2*time.Minute)
	defer stop()
	s.read(ctx, t, 2, false)
	t.Logf("%d of %d answers were wrong", s.wrong, s.exact)
	assert.Equal(t, 2, s.wrong)
}
