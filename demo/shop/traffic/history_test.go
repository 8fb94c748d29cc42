package traffic

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/demo/shop/orders"
)

// evening is a busy moment that is no full minute.
var evening = time.Date(2026, 3, 11, 22, 30, 17, 123456789, time.UTC)

func tell(t *testing.T, seed uint64, days int) History {
	t.Helper()
	told, err := TellHistory(Past{Seed: seed, OrdersPerDay: 3000, Days: days, Until: evening})
	require.NoError(t, err)
	return told
}

func TestHistoryIsTheSameForTheSameSeed(t *testing.T) {
	t.Parallel()
	assert.Equal(t, tell(t, 1, 2), tell(t, 1, 2))
	assert.NotEqual(t, tell(t, 1, 2).Orders[:10], tell(t, 2, 2).Orders[:10])
}

func TestHistoryHasAboutTheVolumeThatWasAskedFor(t *testing.T) {
	t.Parallel()
	told := tell(t, 1, 14)
	assert.InEpsilon(t, 14*3000, len(told.Orders), 0.08)
	checkedOut := 0
	for _, cart := range told.Carts {
		if cart.Status == "checked_out" {
			checkedOut++
		}
	}
	assert.InDelta(t, 0.37, float64(checkedOut)/float64(len(told.Carts)), 0.03, "conversion")
}

func TestRowsOfAHistoryAgreeWithEachOther(t *testing.T) {
	t.Parallel()
	told := tell(t, 1, 2)
	from, until := evening.Add(-48*time.Hour).Truncate(time.Microsecond), evening
	customers := map[int64]Customer{}
	for _, c := range told.Customers {
		require.True(t, c.RegisteredAt.Before(from))
		customers[c.ID] = c
	}

	byID := map[int64]int{}
	states := map[string]int{}
	for i, o := range told.Orders {
		require.EqualValues(t, i+1, o.ID)
		byID[o.ID] = i
		states[o.Status]++
		require.Equal(t, customers[o.CustomerID].Region, o.Region)
		require.False(t, o.CreatedAt.Before(from))
		require.True(t, o.CreatedAt.Before(until))
		require.Equal(t, o.CreatedAt, o.CreatedAt.Truncate(time.Microsecond), "PostgreSQL keeps microseconds")
		require.Positive(t, o.Items)
		require.GreaterOrEqual(t, o.Total, orders.Money(500))
		if i > 0 {
			require.False(t, o.CreatedAt.Before(told.Orders[i-1].CreatedAt), "ids follow time")
		}
		if o.InvoicedAt != nil {
			require.True(t, o.InvoicedAt.After(o.CreatedAt) && o.InvoicedAt.Before(until))
		}
		if o.CancelledAt != nil {
			require.True(t, o.CancelledAt.After(o.CreatedAt) && o.CancelledAt.Before(until))
			require.True(t, o.InvoicedAt == nil || o.CancelledAt.After(*o.InvoicedAt))
		}
		require.Equal(t, o.CancelledAt != nil, o.Status == "cancelled")
		require.True(t, (o.Status != "received") == (o.InvoicedAt != nil || o.CancelledAt != nil))
	}
	for _, status := range []string{"received", "invoiced", "cancelled"} {
		assert.NotZero(t, states[status], status)
	}

	taken := map[int64]bool{}
	states = map[string]int{}
	for i, c := range told.Carts {
		require.EqualValues(t, i+1, c.ID)
		states[c.Status]++
		require.Equal(t, c.Status == "open", c.ClosedAt == nil)
		require.Equal(t, c.Status == "checked_out", c.OrderID != nil)
		if c.ClosedAt != nil {
			require.True(t, c.ClosedAt.After(c.OpenedAt) && c.ClosedAt.Before(until))
		}
		if c.OrderID != nil {
			require.False(t, taken[*c.OrderID], "two carts of one order")
			taken[*c.OrderID] = true
			order := told.Orders[byID[*c.OrderID]]
			require.Equal(t, *c.ClosedAt, order.CreatedAt)
			require.Equal(t, *c.CustomerID, order.CustomerID)
			require.Equal(t, c.Channel, order.Channel)
		}
	}
	for _, status := range []string{"open", "checked_out", "abandoned"} {
		assert.NotZero(t, states[status], status)
	}
	for _, o := range told.Orders {
		require.Equal(t, o.Channel != "store", taken[o.ID], "an order has a cart unless it was bought in a store")
	}
}

func TestHistoryOfNothingIsAnError(t *testing.T) {
	t.Parallel()
	for _, past := range []Past{
		{OrdersPerDay: 3000, Days: 0, Until: evening},
		{OrdersPerDay: 0, Days: 2, Until: evening},
		{OrdersPerDay: -1, Days: 2, Until: evening},
		{OrdersPerDay: 1e-9, Days: 2, Until: evening},
	} {
		_, err := TellHistory(past)
		assert.Error(t, err)
	}
}
