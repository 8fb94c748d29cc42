package traffic

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/pullview/orders-datasource/demo/shop/orders"
)

// Past says which history to tell.
type Past struct {
	Seed         uint64
	OrdersPerDay float64 // in the average of a week, with the growth reached at Until
	Days         int     // how far the history goes back, in steps of 24 hours
	Until        time.Time
}

// CartRow is a cart as it is stored at the end of the history. CustomerID and OrderID are nil where
// there is none, ClosedAt while it is open.
type CartRow struct {
	ID         int64
	CustomerID *int64
	Status     string
	Channel    string
	Region     string
	OpenedAt   time.Time
	ClosedAt   *time.Time
	OrderID    *int64
}

// History is everything that the store holds after some days of traffic. Ids count from 1 in the order
// in which rows were made, as if the application had made them.
type History struct {
	Customers []Customer
	Orders    []orders.Order
	Carts     []CartRow
}

// TellHistory tells what happened from Until minus Days to Until, half-open. What is still to come at
// Until is left open: carts without an end and orders without an invoice.
func TellHistory(past Past) (History, error) {
	if past.Days <= 0 || past.OrdersPerDay <= 0 {
		return History{}, fmt.Errorf("a history needs days and orders per day above 0, not %d and %g", past.Days, past.OrdersPerDay)
	}
	zone, err := time.LoadLocation(ZoneName)
	if err != nil {
		return History{}, fmt.Errorf("the shop's time zone: %w", err)
	}
	until := past.Until.Truncate(time.Microsecond)
	from := until.Add(-time.Duration(past.Days) * 24 * time.Hour)
	told := History{Customers: register(past, from)}
	crowd := newCrowd(past.Seed, NewRhythm(zone, past.Seed, until, past.OrdersPerDay), told.Customers)

	var placed []placedOrder
	for minute := from.Truncate(time.Minute); minute.Before(until); minute = minute.Add(time.Minute) {
		for _, v := range crowd.visits(minute) {
			if v.at.Before(from) || !v.at.Before(until) {
				continue
			}
			cart := -1
			if v.cart != nil {
				cart = len(told.Carts)
				told.Carts = append(told.Carts, cartAt(until, v, int64(cart+1)))
			}
			if at, ok := v.ordered(); ok && at.Before(until) {
				placed = append(placed, placedOrder{order: orderAt(until, v, at), cart: cart})
			}
		}
	}
	slices.SortStableFunc(placed, func(a, b placedOrder) int {
		return cmp.Compare(a.order.CreatedAt.UnixMicro(), b.order.CreatedAt.UnixMicro())
	})
	told.Orders = make([]orders.Order, len(placed))
	for i, p := range placed {
		p.order.ID = int64(i + 1)
		told.Orders[i] = p.order
		if p.cart >= 0 {
			told.Carts[p.cart].OrderID = &told.Orders[i].ID
		}
	}
	if len(told.Orders) == 0 {
		return History{}, errors.New("nobody ordered anything in this history; it needs more days or a higher rate")
	}
	return told, nil
}

// placedOrder is an order with the index of the cart that it came from, or -1.
type placedOrder struct {
	order orders.Order
	cart  int
}

// register makes the customers of a history, who had all registered before it begins. There are so many
// that the average one orders about once a week.
func register(past Past, from time.Time) []Customer {
	const before = 2 * 365 * 24 * time.Hour
	random := source(past.Seed, "customers", "", 0)
	customers := make([]Customer, max(100, int(past.OrdersPerDay*7)))
	start := from.Add(-before)
	for i := range customers {
		customers[i] = Customer{
			ID:           int64(i + 1),
			Region:       regions[pick(random, regionWeights)],
			RegisteredAt: start.Add(time.Duration(float64(before) * float64(i) / float64(len(customers)))).Truncate(time.Microsecond),
		}
	}
	return customers
}

// cartAt is the visit's cart as it stands at the moment until.
func cartAt(until time.Time, v visit, id int64) CartRow {
	row := CartRow{ID: id, Status: "open", Channel: v.channel, Region: v.region, OpenedAt: v.at}
	closed := v.at.Add(v.cart.after)
	over := closed.Before(until)
	if over {
		row.Status, row.ClosedAt = "abandoned", &closed
		if v.cart.checkOut {
			row.Status = "checked_out"
		}
	}
	if v.signedIn || row.Status == "checked_out" {
		row.CustomerID = &v.customer
	}
	return row
}

// orderAt is the visit's order, created at the given time, as it stands at the moment until.
func orderAt(until time.Time, v visit, created time.Time) orders.Order {
	order := orders.Order{
		CustomerID: v.customer, Status: "received", Channel: v.channel, Region: v.region,
		Items: v.basket.items, Total: v.basket.total, CreatedAt: created,
	}
	if invoiced := created.Add(v.order.invoice); v.order.invoice > 0 && invoiced.Before(until) {
		order.Status, order.InvoicedAt = "invoiced", &invoiced
	}
	if cancelled := created.Add(v.order.cancel); v.order.cancel > 0 && cancelled.Before(until) {
		order.Status, order.CancelledAt = "cancelled", &cancelled
	}
	return order
}
