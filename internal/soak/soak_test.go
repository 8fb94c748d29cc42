package soak

import (
	"context"
	"flag"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

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
	s.report(t)
	s.fromMemory(t)
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
