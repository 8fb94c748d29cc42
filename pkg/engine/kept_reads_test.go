package engine

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/query"
)

// keptOrders is an engine that keeps the orders of the last hours, one every
// second, and their store.
type keptOrders struct {
	*testing.T
	catalog *catalog.Catalog
	store   *rowStore
	live    *Engine
	kept    *Engine
}

func keepOrders(t *testing.T, bytes int64, groups int) *keptOrders {
	t.Helper()
	cat, err := catalog.Parse([]byte(keptCatalog))
	require.NoError(t, err)
	store := &rowStore{now: time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)}
	for i := range 4 * 3600 {
		at := store.now.Add(-time.Duration(i) * time.Second)
		store.rows = append(store.rows, memoryRow{at: at, done: at.Add(time.Hour), group: fmt.Sprint("group ", i%groups), amount: int64(i), paid: i%3 == 0})
	}
	k := &keptOrders{T: t, catalog: cat, store: store, live: New(store), kept: NewKeeping(store, Keep{Location: cat.Location(), Bytes: bytes})}
	k.kept.keeper.patience = time.Hour
	return k
}

// request is a query for a range before now.
func (k *keptOrders) request(q query.Query, from, to time.Duration) *query.Request {
	k.Helper()
	q.RefID, q.Version = "A", 1
	req, err := q.Validate(k.catalog, query.Environment{From: k.store.now.Add(-from), To: k.store.now.Add(-to), Limits: query.Limits{MaxCells: 10_000_000, MaxSeries: 10_000}})
	require.NoError(k, err)
	return req
}

// ask answers a query for a range before now from what is kept, compares that
// with the live answer, and returns how many rows and statements it took.
func (k *keptOrders) ask(q query.Query, from, to time.Duration) (rows, statements int, guarantee string) {
	k.Helper()
	req := k.request(q, from, to)
	want, err := k.live.Answer(k.Context(), req, query.Caller{})
	require.NoError(k, err)
	k.store.scanned = 0
	got, err := k.kept.Answer(k.Context(), req, query.Caller{})
	require.NoError(k, err)
	require.Equal(k, len(want.Series), len(got.Series))
	for i := range want.Series {
		require.Equal(k, want.Series[i].Labels, got.Series[i].Labels)
		require.Equal(k, floatsOf(&want.Series[i].Values), floatsOf(&got.Series[i].Values))
	}
	return k.store.scanned, len(got.Stats.Statements), got.Stats.Guarantee
}

func TestWhateverIsMadeOfKeptMinutesReadsNoRows(t *testing.T) {
	t.Parallel()
	k := keepOrders(t, 1<<24, 5)
	shops := []string{"shop"}
	first := query.Query{Metrics: []string{"orders", "revenue", "ticket"}, Step: "1m", GroupBy: shops}
	rows, statements, _ := k.ask(first, 3*time.Hour, 0)
	assert.Equal(t, 3*3600, rows)
	assert.Less(t, statements, 10, "the measures of all three metrics are read together")
	for about, test := range map[string]struct {
		query    query.Query
		from, to time.Duration
	}{
		"the same":            {first, 3 * time.Hour, 0},
		"a part of the range": {first, 2 * time.Hour, 20 * time.Minute},
		"a coarser step":      {query.Query{Metrics: []string{"orders"}, Step: "30m", GroupBy: shops}, 3 * time.Hour, 0},
		"a ratio by hour":     {query.Query{Metrics: []string{"ticket"}, Step: "1h", GroupBy: shops}, 3 * time.Hour, 0},
		"one value":           {query.Query{Metrics: []string{"revenue"}, Step: "range", GroupBy: shops}, 2 * time.Hour, time.Minute},
		"the top groups":      {query.Query{Metrics: []string{"revenue"}, Step: "10m", GroupBy: shops, Top: &query.Top{Limit: 2, Others: true}}, 3 * time.Hour, 0},
		"a running total":     {query.Query{Metrics: []string{"orders"}, View: catalog.ViewRunningTotal, Step: "10m", GroupBy: shops}, 3 * time.Hour, 0},
		"a share":             {query.Query{Metrics: []string{"orders"}, View: catalog.ViewShare, Step: "10m", GroupBy: shops}, 3 * time.Hour, 0},
		"a comparison":        {query.Query{Metrics: []string{"orders"}, Step: "1m", GroupBy: shops, Compare: []string{"1h"}}, time.Hour, 0},
	} {
		rows, statements, guarantee := k.ask(test.query, test.from, test.to)
		assert.Zero(t, rows, about)
		assert.Zero(t, statements, about)
		assert.Equal(t, GuaranteeExact, guarantee, about)
	}
	t.Run("a calendar day, whose hours are there", func(t *testing.T) {
		k := keepOrders(t, 1<<24, 5)
		k.ask(query.Query{Metrics: []string{"orders"}, Step: "1h"}, 36*time.Hour, -12*time.Hour)
		rows, _, _ := k.ask(query.Query{Metrics: []string{"orders"}, Step: "1d"}, 12*time.Hour, 0)
		assert.Zero(t, rows)
	})
}

func TestARangeThatMovesOrGrowsReadsWhatItLacks(t *testing.T) {
	t.Parallel()
	k := keepOrders(t, 1<<24, 5)
	q := query.Query{Metrics: []string{"orders"}, Step: "1m"}
	k.ask(q, 2*time.Hour, time.Hour)
	rows, _, _ := k.ask(q, 110*time.Minute, 50*time.Minute)
	assert.Equal(t, 600, rows, "ten minutes at the end")
	rows, _, _ = k.ask(q, 130*time.Minute, 50*time.Minute)
	assert.Equal(t, 600, rows, "ten minutes at the beginning")
	rows, _, _ = k.ask(query.Query{Metrics: []string{"orders", "revenue"}, Step: "1m"}, 2*time.Hour, time.Hour)
	assert.Equal(t, 1200, rows, "of a measure that is not there, those that it counts")
	rows, _, _ = k.ask(query.Query{Metrics: []string{"revenue"}, Step: "1m"}, 2*time.Hour, time.Hour)
	assert.Zero(t, rows)
}

func TestRangesWhoseEndsDifferShareTheMinutesInWhichTheyEnd(t *testing.T) {
	t.Parallel()
	k := keepOrders(t, 1<<24, 5)
	q := query.Query{Metrics: []string{"revenue", "orders", "open"}, Step: "range", GroupBy: []string{"shop"}}
	k.ask(q, 2*time.Hour+1234*time.Millisecond, 30*time.Second)
	for i := range 20 {
		shift := time.Duration(i*700) * time.Millisecond
		rows, statements, guarantee := k.ask(q, 2*time.Hour+shift, 45*time.Second-shift)
		assert.Zero(t, rows, shift)
		assert.Zero(t, statements, shift)
		assert.Equal(t, GuaranteeExact, guarantee)
	}
	rows, _, _ := k.ask(q, 50*time.Second, 40*time.Second)
	assert.Zero(t, rows, "a range within a minute")

	changed := memoryRow{at: k.store.now.Add(-50 * time.Second), group: "group 1", amount: 7, paid: true}
	k.store.rows = append(k.store.rows, changed)
	k.store.change(changed)
	rows, _, _ = k.ask(q, 2*time.Hour, 31*time.Second)
	assert.Positive(t, rows, "the minute changed")
	rows, _, _ = k.ask(q, 2*time.Hour, 31*time.Second+500*time.Microsecond)
	assert.Positive(t, rows, "no whole millisecond")
}

func TestTheBudgetIsKeptWhateverIsAsked(t *testing.T) {
	t.Parallel()
	const budget = 150_000
	k := keepOrders(t, budget, 200)
	shops := []string{"shop"}
	live, exact := 0, 0
	for range 2 {
		for _, ask := range []query.Query{
			{Metrics: []string{"orders"}, Step: "1m", GroupBy: shops},
			{Metrics: []string{"revenue"}, Step: "1m", GroupBy: shops},
			{Metrics: []string{"orders"}, Step: "10m"},
			{Metrics: []string{"owed"}, Step: "10m", GroupBy: shops},
			{Metrics: []string{"orders", "revenue", "paid", "ticket"}, Step: "1m", GroupBy: shops},
			{Metrics: []string{"revenue"}, Step: "range", GroupBy: shops},
		} {
			for _, span := range []time.Duration{30 * time.Minute, time.Hour + 1500*time.Millisecond, 3 * time.Hour} {
				_, _, guarantee := k.ask(ask, span, 300*time.Millisecond)
				assert.LessOrEqual(t, k.kept.Kept().Bytes, int64(budget+budget/10))
				if guarantee == GuaranteeLive {
					live++
				} else {
					exact++
				}
			}
		}
	}
	assert.Positive(t, live, "some need more than there is")
	assert.Positive(t, exact, "others do not")
}

// heap returns how much memory is in use.
func heap() int64 {
	runtime.GC()
	runtime.GC() // what finalizers have let go
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// It runs alone, as others would use memory meanwhile.
func TestWhatIsKeptTakesNoMoreMemoryThanTheBudget(t *testing.T) {
	for about, test := range map[string]struct {
		groups, length int
		metrics        []string
	}{
		"many rows":             {groups: 20, metrics: []string{"orders"}},
		"groups of long labels": {groups: 3000, length: 300, metrics: []string{"orders"}},
		"many measures of each": {groups: 100, metrics: []string{"orders", "revenue", "paid", "open", "owed"}},
		"a group for each row":  {groups: 14_400, metrics: []string{"orders", "revenue"}},
	} {
		t.Run(about, func(t *testing.T) {
			const budget = 1 << 20
			k := keepOrders(t, budget, test.groups)
			for i := range k.store.rows {
				k.store.rows[i].group += strings.Repeat("x", test.length)
			}
			before := heap()
			for _, span := range []time.Duration{30 * time.Minute, 2 * time.Hour} {
				for _, metric := range test.metrics {
					k.ask(query.Query{Metrics: []string{metric}, Step: "1m", GroupBy: []string{"shop"}}, span, 0)
					assert.LessOrEqual(t, heap()-before, int64(budget+budget/10), "after %s of %s; by its own account %d bytes", span, metric, k.kept.Kept().Bytes)
				}
			}
			runtime.KeepAlive(k)
		})
	}
}

func TestAStatementReadsOnlyAShareOfTheBudget(t *testing.T) {
	t.Parallel()
	const budget = 1 << 24
	k := &keeper{budget: budget}
	for _, measures := range []int{1, maxMeasures} {
		columns := make([]query.Column, measures)
		rows := k.sliceRows(measures)
		for i := range columns {
			columns[i] = query.NewColumn(query.KindDecimal, rows)
		}
		cells := query.Cells{Bucket: make([]int32, rows), Group: make([]int32, rows), Columns: columns}
		assert.LessOrEqual(t, cells.Bytes(), int64(budget/sliceShare))
	}
}
