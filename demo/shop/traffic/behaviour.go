package traffic

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/pullview/orders-datasource/demo/shop/orders"
)

// regions are the states that the shop delivers to, with their weights.
var (
	regions       = []string{"SP", "RJ", "MG", "RS", "PR", "BA", "SC", "PE", "CE", "DF"}
	regionWeights = []float64{34, 14, 13, 8, 8, 7, 6, 4, 3, 3}
)

// habits are what the customers of one channel do.
type habits struct {
	cart         bool    // whether they fill a cart first
	checkOut     float64 // probability that a cart becomes an order
	decide       waiting // from an opened cart to the order
	forget       waiting // from an opened cart to giving it up
	signedIn     float64 // probability that the cart's customer is known from the start
	ticket       float64 // median total in reais
	spread       float64 // deviation of the total's logarithm
	regret       float64 // probability of cancelling before the invoice
	regretAfter  waiting
	giveBack     float64 // probability of cancelling after the invoice
	giveBackTime waiting // from the invoice to the cancellation
}

var channelHabits = map[string]habits{
	"web": {
		cart: true, checkOut: 0.34,
		decide: waiting{8 * time.Minute, 0.9}, forget: waiting{30 * time.Minute, 0.45},
		signedIn: 0.5, ticket: 142, spread: 0.74,
		regret: 0.022, regretAfter: waiting{12 * time.Minute, 0.8},
		giveBack: 0.015, giveBackTime: waiting{5 * time.Hour, 0.8},
	},
	"app": {
		cart: true, checkOut: 0.41,
		decide: waiting{5 * time.Minute, 0.9}, forget: waiting{24 * time.Minute, 0.45},
		signedIn: 0.9, ticket: 96, spread: 0.68,
		regret: 0.018, regretAfter: waiting{12 * time.Minute, 0.8},
		giveBack: 0.012, giveBackTime: waiting{5 * time.Hour, 0.8},
	},
	"store": {
		ticket: 118, spread: 0.62,
		regret: 0.002, regretAfter: waiting{2 * time.Minute, 0.5},
		giveBack: 0.006, giveBackTime: waiting{90 * time.Minute, 0.7},
	},
}

// invoicing is how long the office takes for an order's invoice: under a minute at a store's till, and
// elsewhere the longer, the busier the shop is.
func invoicing(channel string, busyness float64) waiting {
	if channel == "store" {
		return waiting{40 * time.Second, 0.45}
	}
	return waiting{time.Duration((3.5 + 2.2*busyness) * float64(time.Minute)), 0.6}
}

// cartFate is what becomes of a cart, and how long after it was opened.
type cartFate struct {
	checkOut bool
	after    time.Duration
}

// drawCart decides about a cart that has been open for age (0 for a new one) and still is.
func (h habits) drawCart(random *rand.Rand, age time.Duration) cartFate {
	checkOut := h.checkOut * h.decide.longerThan(age)
	abandon := (1 - h.checkOut) * h.forget.longerThan(age)
	if random.Float64()*(checkOut+abandon) < checkOut {
		return cartFate{checkOut: true, after: h.decide.draw(random, age)}
	}
	return cartFate{after: h.forget.draw(random, age)}
}

// orderFate is what becomes of an order: durations from its creation, 0 for what never happens.
type orderFate struct {
	invoice time.Duration
	cancel  time.Duration
}

// drawOrder decides about an order that has waited for its invoice for age (0 for a new one). Busyness is
// the shop's at the order's creation.
func (h habits) drawOrder(random *rand.Rand, channel string, busyness float64, age time.Duration) orderFate {
	invoice := invoicing(channel, busyness)
	regret := h.regret * h.regretAfter.longerThan(age)
	wait := (1 - h.regret) * invoice.longerThan(age)
	if random.Float64()*(regret+wait) < regret {
		return orderFate{cancel: h.regretAfter.draw(random, age)}
	}
	fate := orderFate{invoice: invoice.draw(random, age)}
	if random.Float64() < h.giveBack {
		fate.cancel = fate.invoice + h.giveBackTime.draw(random, 0)
	}
	return fate
}

// drawGiveBack decides whether an order that was invoiced age ago is still to be cancelled, and how long
// after its invoice; 0 is never.
func (h habits) drawGiveBack(random *rand.Rand, age time.Duration) time.Duration {
	still := h.giveBack * h.giveBackTime.longerThan(age)
	if random.Float64()*(still+1-h.giveBack) >= still {
		return 0
	}
	return h.giveBackTime.draw(random, age)
}

// basket is what is bought: the pieces and the total, never under five reais.
type basket struct {
	items int
	total orders.Money
}

func (h habits) drawBasket(random *rand.Rand) basket {
	total := orders.Money(math.Round(100 * max(5, logNormal(random, h.ticket, h.spread))))
	items := 1
	for random.Float64() < 0.45 && items < 20 {
		items++
	}
	return basket{items: items, total: min(total, orders.MaxMoney)}
}
