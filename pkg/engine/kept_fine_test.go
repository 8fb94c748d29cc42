package engine

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/pkg/query"
)

// busy adds a row at an instant before now, as a shop does all the time.
func (k *keptOrders) busy(before time.Duration) {
	row := memoryRow{at: k.store.now.Add(-before), group: "group 1", amount: 7}
	k.store.rows = append(k.store.rows, row)
	k.store.change(row)
}

func TestOfABusyMinuteOnlyTheStretchThatChangedIsReadAgain(t *testing.T) {
	t.Parallel()
	k := keepOrders(t, 1<<24, 3)
	for _, q := range []query.Query{
		{Metrics: []string{"orders"}, Step: "1m", GroupBy: []string{"shop"}},
		{Metrics: []string{"orders", "revenue", "ticket"}, Step: "10m"},
		{Metrics: []string{"paid"}, Step: "1h", Filters: []query.Filter{{Key: "shop", Operator: "=", Values: []string{"group 1"}}}},
	} {
		k.ask(q, 3*time.Hour, 0)
		k.busy(90 * time.Second)
		rows, _, guarantee := k.ask(q, 3*time.Hour, 0)
		assert.Equal(t, GuaranteeExact, guarantee)
		assert.Positive(t, rows)
		for range 3 {
			k.busy(90 * time.Second)
			rows, _, guarantee = k.ask(q, 3*time.Hour, 0)
			assert.Equal(t, GuaranteeExact, guarantee)
			assert.Positive(t, rows)
			assert.LessOrEqual(t, rows, 10+8, "the stretch of ten seconds, with what was added to it")
		}
		k.busy(75 * time.Second)
		k.busy(45 * time.Second)
		rows, statements, _ := k.ask(q, 3*time.Hour, 0)
		assert.LessOrEqual(t, rows, 20+60+4, "another stretch, and all of another minute; this store reads what lies between as well")
		assert.Equal(t, 1, statements)
	}
}

func TestHoursOfALongRangeAreMadeOfWhatChangedInThem(t *testing.T) {
	t.Parallel()
	k := keepOrders(t, 1<<24, 3)
	q := query.Query{Metrics: []string{"revenue"}, Step: "1d", GroupBy: []string{"shop"}}
	k.ask(q, 41*24*time.Hour, 0)
	k.busy(100 * time.Minute)
	rows, _, _ := k.ask(q, 41*24*time.Hour, 0)
	assert.LessOrEqual(t, rows, 3601)
	k.busy(100 * time.Minute)
	rows, _, _ = k.ask(q, 41*24*time.Hour, 0)
	assert.LessOrEqual(t, rows, 62, "a minute of the hour")
	k.busy(100 * time.Minute)
	rows, _, _ = k.ask(q, 41*24*time.Hour, 0)
	assert.LessOrEqual(t, rows, 13, "a stretch of the minute")
}

func TestPanelsShareTheStretchesThatTheyReadAgain(t *testing.T) {
	t.Parallel()
	k := keepOrders(t, 1<<24, 3)
	asked := make([]*query.Request, 3)
	for i, metric := range []string{"orders", "revenue", "paid"} {
		asked[i] = k.request(query.Query{Metrics: []string{metric}, Step: "1m"}, time.Hour, 0)
	}
	for range 3 {
		k.busy(90 * time.Second)
		k.store.scanned = 0
		visits := make([]*visit, len(asked))
		for i, req := range asked {
			visits[i] = newVisit(t.Context(), req, query.Caller{})
		}
		require.Empty(t, k.kept.keeper.look(visits))
	}
	assert.LessOrEqual(t, k.store.scanned, 10+3, "one statement reads the stretch for all of them")
	assert.Positive(t, k.store.scanned)
}

func TestStretchesThatNothingIsMadeOfAreDropped(t *testing.T) {
	t.Parallel()
	k := keepOrders(t, 1<<24, 3)
	k.kept.keeper.linger = 0
	q := query.Query{Metrics: []string{"orders"}, Step: "1m"}
	k.ask(q, time.Hour, 0)
	held := k.kept.Kept().Bytes
	k.busy(90 * time.Second)
	k.ask(q, time.Hour, 0)
	require.Greater(t, k.kept.Kept().Bytes, held)
	k.kept.keeper.looks += fineLife + 1
	k.ask(q, time.Hour, 0)
	assert.LessOrEqual(t, k.kept.Kept().Bytes, held+held/20)

	k.ask(query.Query{Metrics: []string{"revenue"}, Step: "10s"}, time.Hour, 0)
	k.kept.keeper.looks += fineLife + 1
	k.ask(q, time.Hour, 0)
	rows, _, _ := k.ask(query.Query{Metrics: []string{"revenue"}, Step: "10s"}, time.Hour, 0)
	assert.Zero(t, rows, "but not those of a panel in stretches of ten seconds")
}

func TestWhereMemoryIsShortNoStretchesAreKept(t *testing.T) {
	t.Parallel()
	k := keepOrders(t, 1<<24, 3)
	q := query.Query{Metrics: []string{"orders"}, Step: "1m"}
	k.ask(q, 3*time.Hour, 0)
	k.kept.keeper.budget = k.kept.Kept().Bytes * 3 / 2
	for n := range 3 {
		k.busy(90 * time.Second)
		rows, _, guarantee := k.ask(q, 3*time.Hour, 0)
		assert.Equal(t, GuaranteeExact, guarantee)
		assert.Equal(t, 61+n, rows, "all of the minute, "+strconv.Itoa(n))
	}
}

// How much of a long range a look reads at once grows from a little.
func TestTheFirstPartOfALongFillIsNotMadeOfStretches(t *testing.T) {
	t.Parallel()
	k := keepOrders(t, 1<<24, 3)
	row := memoryRow{at: time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC), done: k.store.now.Add(time.Hour), group: "group 1", amount: 7}
	k.store.rows = append(k.store.rows, row)
	_, _, guarantee := k.ask(query.Query{Metrics: []string{"owed"}, Step: "1h"}, 3*time.Hour, 0)
	assert.Equal(t, GuaranteeExact, guarantee)
	assert.Less(t, k.kept.Kept().Looks, int64(12), "one, and 24 where every hour was read by itself")
}
