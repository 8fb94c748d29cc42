package engine

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/query"
)

// answered asks for the first of many groups over three days, one of which has a
// change of clocks, so that days are folded from hours: 24 rows for a cell.
func answered(t *testing.T, groups, hours, maxCells int, change func(*query.Query)) (*query.Answer, error) {
	t.Helper()
	cat, err := catalog.Parse([]byte(keptCatalog))
	require.NoError(t, err)
	from := time.Date(2026, 3, 28, 0, 0, 0, 0, cat.Location())
	to := from.AddDate(0, 0, 3)
	store := &rowStore{now: to}
	for group := range groups {
		for hour := range hours {
			store.rows = append(store.rows, memoryRow{
				at: from.Add(time.Duration(hour) * time.Hour), group: fmt.Sprint(group), amount: 1, paid: true})
		}
	}
	ask := query.Query{RefID: "A", Version: 1, Metrics: []string{"orders"}, GroupBy: []string{"shop"}, Top: &query.Top{Limit: 1}, Step: "1d"}
	change(&ask)
	req, err := ask.Validate(cat, query.Environment{
		From: from, To: to, Interval: 10 * time.Second, MaxDataPoints: 100_000, Limits: query.Limits{MaxCells: maxCells, MaxSeries: 10}})
	require.NoError(t, err)
	return New(store).Answer(t.Context(), req, query.Caller{})
}

func TestACellMayTakeManyRowsAndAQueryNotManyGroups(t *testing.T) {
	t.Parallel()
	as := func(*query.Query) {}
	answer, err := answered(t, 90, 20, 100, as)
	require.NoError(t, err, "1,800 rows make 90 cells")
	assert.Len(t, answer.Series, 1)

	_, err = answered(t, 101, 1, 100, as)
	require.ErrorContains(t, err, "maxRows", "a group is a cell at least, although 101 rows may be read")
	require.ErrorContains(t, err, "group by fewer dimensions")
}

func TestEveryMetricOfAQueryCountsTowardsWhatItMayRead(t *testing.T) {
	t.Parallel()
	several := func(q *query.Query) { q.Metrics = []string{"orders", "paid", "revenue"} }
	_, err := answered(t, 90, 10, 100, several)
	require.NoError(t, err, "2,700 numbers")
	_, err = answered(t, 90, 20, 100, several)
	require.ErrorContains(t, err, "maxRows", "5,400 numbers")
}

func TestAGaugeOfManyGroupsIsNotReducedOverManyInstants(t *testing.T) {
	t.Parallel()
	reduced := func(q *query.Query) {
		q.Metrics, q.Step, q.Reduce = []string{"open"}, query.StepRange, query.ReduceAvg
	}
	answer, err := answered(t, 20, 1, 30_000, reduced)
	require.NoError(t, err)
	assert.Len(t, answer.Series, 1)

	// 25,560 instants of 2,000 groups would be 51 million values of next to no rows.
	_, err = answered(t, 2_000, 1, 30_000, reduced)
	require.ErrorContains(t, err, `reduce: "avg" reads a gauge of 2000 groups at 25560 instants`)
	require.ErrorContains(t, err, "choose a shorter range")
}
