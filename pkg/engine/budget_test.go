package engine

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/pkg/query"
)

// slide lets the store's time pass, and a row come in each minute of it.
func (k *keptOrders) slide(minutes int, group func(i int) string) {
	for i := range minutes {
		k.store.now = k.store.now.Add(time.Minute)
		r := memoryRow{at: k.store.now.Add(-time.Second), group: group(i), amount: 1, paid: true}
		k.store.rows = append(k.store.rows, r)
		k.store.change(r)
	}
}

// keepMinutes is keepOrders with a row for each minute of the last days.
func keepMinutes(t *testing.T, bytes int64, days int) *keptOrders {
	t.Helper()
	k := keepOrders(t, bytes, 1)
	k.store.rows = nil
	k.store.now = k.store.now.AddDate(0, 0, -days)
	k.slide(days*24*60, func(i int) string { return fmt.Sprint("group ", i%5) })
	return k
}

func TestARangeThatSlidesForWeeksInASmallBudgetNeverReadsAgainWhatItStillSees(t *testing.T) {
	t.Parallel()
	const budget = 200_000
	k := keepMinutes(t, budget, 1)
	k.kept.keeper.linger = 0 // weeks pass in no time
	q := query.Query{Metrics: []string{"orders"}, Step: "10m", GroupBy: []string{"shop"}}
	k.ask(q, 24*time.Hour, 0)
	alone := k.kept.Kept().Bytes
	require.Less(t, alone, int64(budget/2))
	dropped := false
	for range 4 * 7 * 4 {
		before := k.kept.Kept()
		k.slide(6*60, func(i int) string { return fmt.Sprint("group ", i%5) })
		_, _, guarantee := k.ask(q, 24*time.Hour, 0)
		after := k.kept.Kept()
		assert.EqualValues(t, 6*60, after.Fetched-before.Fetched, "no more than has come")
		assert.Equal(t, GuaranteeExact, guarantee)
		assert.LessOrEqual(t, after.Bytes, int64(budget))
		dropped = dropped || after.Bytes < before.Bytes
		k.store.rows = k.store.rows[len(k.store.rows)-30*60:]
	}
	assert.True(t, dropped, "the budget was reached")
}

func TestGroupsThatAreNotSeenAnyMoreTakeNoMemory(t *testing.T) {
	t.Parallel()
	const budget = 400_000
	k := keepMinutes(t, budget, 1)
	k.kept.keeper.linger = 0
	q := query.Query{Metrics: []string{"orders"}, Step: "1h", GroupBy: []string{"shop"}}
	hours := 0
	for range 60 {
		k.slide(6*60, func(i int) string { return fmt.Sprint("of hour ", hours+i/60, strings.Repeat("x", 500)) })
		hours += 6
		before := k.kept.Kept().Fetched
		_, _, guarantee := k.ask(q, 12*time.Hour, 0)
		if hours > 12 {
			assert.EqualValues(t, 6*60, k.kept.Kept().Fetched-before)
		}
		assert.Equal(t, GuaranteeExact, guarantee)
		k.store.rows = k.store.rows[len(k.store.rows)-15*60:]
	}
	for _, s := range k.kept.keeper.tables["orders"].strips {
		assert.Less(t, len(s.groups.list), 200, "of %d that there were", hours)
	}
}

// panels ask for the same range of several metrics and groups.
var panels = []query.Query{
	{Metrics: []string{"orders"}, Step: "10m", GroupBy: []string{"shop"}},
	{Metrics: []string{"orders"}, Step: "10m"},
	{Metrics: []string{"revenue"}, Step: "10m", GroupBy: []string{"shop"}},
	{Metrics: []string{"paid"}, Step: "10m"},
	{Metrics: []string{"owed"}, Step: "10m", GroupBy: []string{"shop"}},
}

func TestPanelsThatFitTogetherNeverReadAgainWhatTheyStillSee(t *testing.T) {
	t.Parallel()
	const budget = 600_000
	k := keepMinutes(t, budget, 2)
	k.kept.keeper.linger = 0
	once := query.Query{Metrics: []string{"orders"}, Step: "10m", Filters: []query.Filter{{Key: "shop", Operator: "=", Values: []string{"group 1"}}}}
	for round := range 60 {
		k.slide(60, func(i int) string { return fmt.Sprint("group ", i%5) })
		for i, q := range panels {
			rows, _, guarantee := k.ask(q, 12*time.Hour, 0)
			assert.Equal(t, GuaranteeExact, guarantee)
			if round > 0 {
				assert.LessOrEqual(t, rows, 3*60, "panel %d in round %d", i, round)
			}
		}
		// Somebody looks at other days, each of them once.
		from := time.Duration(14+round%30) * time.Hour
		k.ask(once, from, from-2*time.Hour)
		assert.LessOrEqual(t, k.kept.Kept().Bytes, int64(budget))
	}
	assert.Greater(t, k.kept.Kept().Bytes, int64(budget/2))
}

func TestWhatDoesNotFitIsAnsweredLiveAndPushesOutNothingThatIsLookedAt(t *testing.T) {
	t.Parallel()
	const budget = 300_000
	k := keepMinutes(t, budget, 20)
	k.kept.keeper.linger = time.Hour
	watch := func(most int) {
		t.Helper()
		for _, q := range panels {
			rows, _, guarantee := k.ask(q, 6*time.Hour, 0)
			require.Equal(t, GuaranteeExact, guarantee)
			require.LessOrEqual(t, rows, most)
		}
	}
	watch(3 * 20 * 24 * 60)
	watch(0)
	long := query.Query{Metrics: []string{"orders"}, Step: "1h", GroupBy: []string{"shop"}}
	first, _, guarantee := k.ask(long, 19*24*time.Hour, 0)
	assert.Equal(t, GuaranteeLive, guarantee)
	assert.Greater(t, first, 19*24*60, "some were read to be kept, then all for the answer")
	watch(0)
	again, _, guarantee := k.ask(long, 19*24*time.Hour, 0)
	assert.Equal(t, GuaranteeLive, guarantee)
	assert.Equal(t, 19*24*60, again, "it is not tried again so soon")
	rows, _, guarantee := k.ask(long, 6*time.Hour, 0)
	assert.Equal(t, GuaranteeExact, guarantee, "a shorter range")
	assert.Zero(t, rows)
	k.slide(10, func(int) string { return "group 1" })
	watch(60)
}

func TestWhereMoreIsLookedAtThanFitsWhatCameFirstStays(t *testing.T) {
	t.Parallel()
	k := keepMinutes(t, 120_000, 4)
	k.kept.keeper.linger = time.Hour
	dashboards := make([]query.Query, 10)
	for i := range dashboards {
		dashboards[i] = query.Query{Metrics: []string{"orders"}, Step: "10m", GroupBy: []string{"shop"},
			Filters: []query.Filter{{Key: "shop", Operator: "!=", Values: []string{fmt.Sprint("group ", 10+i)}}}}
	}
	guarantees := func() (all []string) {
		for _, q := range dashboards {
			_, _, guarantee := k.ask(q, 12*time.Hour, 0)
			all = append(all, guarantee)
		}
		return all
	}
	first := guarantees()
	assert.Contains(t, first, GuaranteeLive)
	assert.Equal(t, GuaranteeExact, first[0])
	assert.Equal(t, first, guarantees(), "nobody pushes out anybody")

	k.kept.keeper.linger = 0
	k.kept.keeper.tables["orders"].refused = map[string]refusal{}
	k.ask(dashboards[9], 12*time.Hour, 0)
	_, _, guarantee := k.ask(dashboards[9], 12*time.Hour, 0)
	assert.Equal(t, GuaranteeExact, guarantee, "the others are not looked at any more")
}

// manyCells has a row for each of some groups in each of some buckets.
func manyCells(buckets, groups int, column func(rows int) query.Column, code bool) *query.Cells {
	c := &query.Cells{Columns: []query.Column{column(buckets * groups)}}
	for g := range groups {
		c.Groups = append(c.Groups, query.Group{{Text: fmt.Sprint("group ", g)}})
	}
	for row := range buckets * groups {
		c.Bucket, c.Group = append(c.Bucket, int32(row/groups)), append(c.Group, int32(row%groups))
		if code {
			c.Code = append(c.Code, int32(row))
		}
	}
	return c
}

// It runs alone, as others would use memory meanwhile.
func TestTheBytesThatAreKeptAreThoseThatAreCounted(t *testing.T) {
	cells := func(buckets, groups int, column func(rows int) query.Column, code bool) func() *query.Cells {
		return func() *query.Cells { return manyCells(buckets, groups, column, code) }
	}
	of := func(kind query.Kind) func(int) query.Column {
		return func(rows int) query.Column { return query.NewColumn(kind, rows) }
	}
	nulls := func(rows int) query.Column {
		c := query.NewColumn(query.KindDecimal, rows)
		for i := range rows {
			c.SetNull(i)
		}
		return c
	}
	const buckets = 64
	for about, test := range map[string]struct {
		strips, chunks int
		cells          func() *query.Cells
	}{
		"empty chunks":            {strips: 10, chunks: 900, cells: cells(buckets, 0, of(query.KindInt), false)},
		"a row for each bucket":   {strips: 10, chunks: 900, cells: cells(buckets, 1, of(query.KindInt), false)},
		"groups":                  {strips: 10, chunks: 100, cells: cells(buckets, 7, of(query.KindFloat), false)},
		"decimals":                {strips: 10, chunks: 100, cells: cells(buckets, 7, of(query.KindDecimal), false)},
		"nulls":                   {strips: 10, chunks: 100, cells: cells(buckets, 7, nulls, false)},
		"codes":                   {strips: 10, chunks: 100, cells: cells(buckets, 7, of(query.KindInt), true)},
		"strips of a chunk":       {strips: 1000, chunks: 1, cells: cells(buckets, 1, of(query.KindInt), false)},
		"strips of a short chunk": {strips: 1000, chunks: 1, cells: cells(1, 5, of(query.KindInt), false)},
		"thousands of groups":     {strips: 10, chunks: 1, cells: cells(1, 5000, of(query.KindInt), false)},
	} {
		t.Run(about, func(t *testing.T) {
			k := &keeper{tables: map[string]*keptTable{}, looks: 1, location: time.UTC}
			before := heap()
			kept := &keptTable{strips: map[string]*strip{}}
			k.tables["orders"] = kept
			for i := range test.strips {
				read := test.cells()
				s := kept.strip(&query.Scan{Time: "at", GroupBy: []string{fmt.Sprint("shop ", i)}}, query.Measure{}, time.Minute, k)
				for chunk := range int64(test.chunks) {
					s.put(bucketRange{chunk * buckets, (chunk + 1) * buckets}, read, 0, 0, 1, func(int) bool { return true })
				}
			}
			taken, counted := heap()-before, k.held()
			t.Logf("%d bytes, %d counted", taken, counted)
			assert.InEpsilon(t, taken, counted, 0.12)
			runtime.KeepAlive(k)
		})
	}
}
