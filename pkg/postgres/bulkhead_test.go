package postgres

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/internal/embedpg"
	"github.com/pullview/orders-datasource/pkg/query"
)

var alert = query.Caller{Alert: true}

func TestDashboardsLeaveConnectionsToAlertRules(t *testing.T) {
	t.Parallel()
	f := setUp(t, embedpg.Shared(t), ordersSQL, ordersCatalog)
	f.store = f.open(t, func(c *Config) { c.Pool.MaxConns = 4 })
	f.store.bulkhead.patience = 100 * time.Millisecond
	var dashboards []*Look
	for range 3 {
		dashboards = append(dashboards, f.look(t))
	}
	_, err := f.store.Look(t.Context(), query.Caller{})
	e := requireKind(t, err, KindBusy)
	assert.Contains(t, e.Message.String(), "all 3 connections")
	assert.Contains(t, e.Message.String(), "maxOpenConns")

	rule, err := f.store.Look(t.Context(), alert)
	require.NoError(t, err)
	assert.Equal(t, "5", count(t, rule, ordersScan(f)))
	assert.Equal(t, 4, f.store.Stats().InUse)
	rule.Close()
	assert.Equal(t, Stats{Max: 4, InUse: 3, Idle: 1, BulkheadStats: BulkheadStats{Waits: 1, Rejected: 1}}, f.store.Stats())

	dashboards[0].Close()
	f.look(t)
}

func TestALookThatServesEverybodyDoesNotWaitBehindDashboards(t *testing.T) {
	t.Parallel()
	f := setUp(t, embedpg.Shared(t), ordersSQL, ordersCatalog)
	f.store = f.open(t, func(c *Config) { c.Pool.MaxConns = 2 })
	f.look(t)
	_ = f.lookAt(t, "orders")
}

func TestAnAlertRuleGoesBeforeTheDashboardsThatWait(t *testing.T) {
	t.Parallel()
	b := newBulkhead(2, time.Minute)
	dashboard, err := b.enter(t.Context(), false)
	require.NoError(t, err)
	rule, err := b.enter(t.Context(), true)
	require.NoError(t, err)

	var order []string
	var mu sync.Mutex
	var done sync.WaitGroup
	wait := func(name string, urgent bool) {
		before := b.stats().Waiting
		done.Go(func() {
			leave, err := b.enter(t.Context(), urgent)
			assert.NoError(t, err)
			mu.Lock()
			order = append(order, name)
			mu.Unlock()
			leave()
		})
		require.Eventually(t, func() bool { return b.stats().Waiting == before+1 }, time.Minute, time.Millisecond)
	}
	wait("dashboard", false)
	wait("rule", true)
	dashboard() // both could have it
	done.Wait()
	assert.Equal(t, []string{"rule", "dashboard"}, order)
	rule()
	assert.Equal(t, 2, b.free)
	assert.Zero(t, b.held)
}

func TestTheQueueOfDashboardsIsBounded(t *testing.T) {
	t.Parallel()
	b := newBulkhead(2, time.Minute)
	leave, err := b.enter(t.Context(), false)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	var waiting sync.WaitGroup
	for range b.longest {
		waiting.Go(func() {
			_, err := b.enter(ctx, false)
			assert.Equal(t, KindCancelled, Classify(err).Kind)
		})
	}
	require.Eventually(t, func() bool { return b.stats().Waiting == b.longest }, time.Minute, time.Millisecond)

	_, err = b.enter(t.Context(), false)
	e := requireKind(t, err, KindBusy)
	assert.Contains(t, e.Message.String(), "32 queries wait")
	assert.Equal(t, 503, e.Status())
	assert.EqualValues(t, 1, b.stats().Rejected)

	cancel()
	waiting.Wait()
	assert.Zero(t, b.stats().Waiting)
	leave()
	leave() // once is enough
	assert.Equal(t, 2, b.free)
}

func TestALookThatWaitsForAConnectionEndsWithTheStore(t *testing.T) {
	t.Parallel()
	f := setUp(t, embedpg.Shared(t), ordersSQL, ordersCatalog)
	store := f.open(t, func(c *Config) { c.Pool.MaxConns = 1 })
	look, err := store.Look(t.Context(), query.Caller{})
	require.NoError(t, err)
	ended := make(chan error)
	go func() {
		_, err := store.Look(t.Context(), query.Caller{})
		ended <- err
	}()
	require.Eventually(t, func() bool { return store.Stats().Waiting == 1 }, time.Minute, time.Millisecond)
	store.cancel()
	assert.True(t, errors.Is(<-ended, ErrClosed))
	look.Close()
}
