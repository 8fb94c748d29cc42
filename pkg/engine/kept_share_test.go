package engine

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/pkg/query"
)

func TestPanelsThatAskAtOnceForTheSameRowsReadThemTogether(t *testing.T) {
	t.Parallel()
	k := keepOrders(t, 1<<24, 5)
	const hours = 3
	var all sync.WaitGroup
	for _, metric := range []string{"orders", "revenue", "ticket"} {
		ask := query.Query{RefID: "A", Version: 1, Metrics: []string{metric}, Step: "1m", GroupBy: []string{"shop"}}
		req, err := ask.Validate(k.catalog, query.Environment{From: k.store.now.Add(-hours * time.Hour), To: k.store.now, Limits: query.Limits{MaxCells: 100_000, MaxSeries: 100}})
		require.NoError(t, err)
		v := newVisit(t.Context(), req, query.Caller{})
		k.kept.keeper.waiting = append(k.kept.keeper.waiting, v)
		all.Go(func() {
			_, err := v.wait()
			assert.NoError(t, err)
		})
	}
	k.store.scanned = 0
	k.kept.keeper.running = true
	k.kept.keeper.run()
	all.Wait()
	assert.Equal(t, hours*3600, k.store.scanned, "each row was read once")
}

func TestWhatWaitsForTheNextLookIsReadAlong(t *testing.T) {
	t.Parallel()
	k := keepOrders(t, 1<<24, 5)
	visitFor := func(metric string) *visit {
		ask := query.Query{RefID: "A", Version: 1, Metrics: []string{metric}, Step: "1m", GroupBy: []string{"shop"}}
		req, err := ask.Validate(k.catalog, query.Environment{From: k.store.now.Add(-time.Hour), To: k.store.now, Limits: query.Limits{MaxCells: 100_000, MaxSeries: 100}})
		require.NoError(t, err)
		return newVisit(context.Background(), req, query.Caller{})
	}
	late := visitFor("revenue")
	k.kept.keeper.waiting = []*visit{late}
	k.store.scanned = 0
	require.Empty(t, k.kept.keeper.look([]*visit{visitFor("orders")}))
	assert.Equal(t, 3600, k.store.scanned)
	select {
	case <-late.done:
		assert.Fail(t, "it came after the look's snapshot")
	default:
	}
	require.Empty(t, k.kept.keeper.look([]*visit{late}))
	_, err := late.wait()
	require.NoError(t, err)
	assert.Equal(t, 3600, k.store.scanned, "what it needs is there already")
}
