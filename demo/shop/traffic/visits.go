// Package traffic simulates the customers and the office of the demo's shop: people who fill carts, give
// them up or order, and a back office that invoices and cancels. The same rules tell the past (History)
// and play the present (Simulator), so that one goes over into the other without a seam. Everything is
// drawn from a seed.
package traffic

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"time"
	// The shop keeps the hours of its own time zone, also where the machine knows no time zones.
	_ "time/tzdata"

	"github.com/pullview/orders-datasource/demo/shop/orders"
)

// ZoneName is the shop's time zone.
const ZoneName = "America/Sao_Paulo"

// DefaultOrdersPerDay is the traffic at rate 1.
const DefaultOrdersPerDay = 9000

// Customer is somebody who can buy.
type Customer struct {
	ID           int64
	Region       string
	RegisteredAt time.Time
}

// visit is one customer's purchase, or one that is not finished: everything that will happen is decided
// at its beginning.
type visit struct {
	at       time.Time
	channel  string
	region   string
	customer int64
	signedIn bool      // the customer is known before the order
	cart     *cartFate // nil for a purchase without a cart
	basket   basket
	order    orderFate // counts from the order's creation; only meaningful where there is an order
}

// ordered is when the visit became an order, if it did.
func (v visit) ordered() (time.Time, bool) {
	if v.cart == nil {
		return v.at, true
	}
	return v.at.Add(v.cart.after), v.cart.checkOut
}

func (v visit) draft() orders.Draft {
	return orders.Draft{
		CustomerID: v.customer, Channel: v.channel, Region: v.region,
		Items: v.basket.items, Total: v.basket.total,
	}
}

// crowd draws visits.
type crowd struct {
	seed     uint64
	rhythm   Rhythm
	byRegion map[string][]int64
}

func newCrowd(seed uint64, rhythm Rhythm, customers []Customer) *crowd {
	c := &crowd{seed: seed, rhythm: rhythm, byRegion: map[string][]int64{}}
	for _, customer := range customers {
		c.byRegion[customer.Region] = append(c.byRegion[customer.Region], customer.ID)
	}
	return c
}

// visits returns all visits that begin within the minute that starts at the given time, in order. They
// are the same whenever they are asked for.
func (c *crowd) visits(minute time.Time) []visit {
	var visits []visit
	for _, channel := range orders.Channels {
		random := source(c.seed, "visits", channel, minute.Unix())
		perMinute := c.rhythm.OrdersPerMinute(channel, minute.Add(30*time.Second))
		if h := channelHabits[channel]; h.cart {
			perMinute /= h.checkOut
		}
		// The gaps between independent arrivals are exponential.
		for at := random.ExpFloat64() / perMinute; at < 1; at += random.ExpFloat64() / perMinute {
			begin := minute.Add(time.Duration(at * float64(time.Minute))).Truncate(time.Microsecond)
			if v, ok := c.visit(random, channel, begin); ok {
				visits = append(visits, v)
			}
		}
	}
	slices.SortStableFunc(visits, func(a, b visit) int { return cmp.Compare(a.at.UnixMicro(), b.at.UnixMicro()) })
	return visits
}

// visit decides everything about a visit that begins at the given time. It reports false in the one case
// that nobody lives in the region that was drawn.
func (c *crowd) visit(random *rand.Rand, channel string, begin time.Time) (visit, bool) {
	h := channelHabits[channel]
	v := visit{at: begin, channel: channel, region: regions[pick(random, regionWeights)], signedIn: true}
	if h.cart {
		fate := h.drawCart(random, 0)
		v.cart = &fate
		v.signedIn = random.Float64() < h.signedIn
	}
	v.basket = h.drawBasket(random)
	placed, _ := v.ordered()
	v.order = h.drawOrder(random, channel, c.rhythm.Busyness(placed), 0)

	var ok bool
	v.customer, ok = c.somebody(random, v.region)
	return v, ok
}

// somebody picks a customer of the region, if it has any. Some buy often and most buy rarely.
func (c *crowd) somebody(random *rand.Rand, region string) (int64, bool) {
	locals := c.byRegion[region]
	if len(locals) == 0 {
		return 0, false
	}
	return locals[int(math.Pow(random.Float64(), 2.2)*float64(len(locals)))], true
}
