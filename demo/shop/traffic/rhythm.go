package traffic

import (
	"math"
	"time"

	"github.com/pullview/orders-datasource/demo/shop/orders"
)

// hours are the relative volumes of the 24 hours of a local day, each meant for the middle of its hour.
type hours [24]float64

// pattern is how one channel's volume goes up and down over a week.
type pattern struct {
	share    float64    // of all orders
	days     [7]float64 // by time.Weekday, relative to each other
	weekday  hours
	saturday hours
	sunday   hours
}

// The web peaks at lunch and after dinner and follows office hours in between, the app lives in the
// evening, and stores are open from ten to ten.
var patterns = map[string]pattern{
	"web": {
		share: 0.45,
		days:  [7]float64{0.88, 1.08, 1.06, 1.03, 1.01, 0.99, 0.83},
		weekday: hours{0.36, 0.20, 0.12, 0.08, 0.08, 0.12, 0.26, 0.52, 0.85, 1.08, 1.22, 1.38,
			1.66, 1.56, 1.22, 1.15, 1.15, 1.14, 1.18, 1.38, 1.72, 1.80, 1.36, 0.76},
		saturday: hours{0.48, 0.28, 0.16, 0.10, 0.08, 0.10, 0.18, 0.36, 0.68, 1.02, 1.30, 1.44,
			1.40, 1.30, 1.24, 1.22, 1.20, 1.16, 1.16, 1.24, 1.36, 1.34, 1.12, 0.82},
		sunday: hours{0.52, 0.32, 0.18, 0.10, 0.08, 0.08, 0.14, 0.28, 0.52, 0.84, 1.06, 1.16,
			1.12, 1.08, 1.14, 1.22, 1.26, 1.30, 1.42, 1.66, 1.98, 2.04, 1.60, 0.90},
	},
	"app": {
		share: 0.35,
		days:  [7]float64{1.12, 0.94, 0.94, 0.96, 0.99, 1.04, 1.08},
		weekday: hours{0.62, 0.32, 0.16, 0.09, 0.08, 0.14, 0.36, 0.62, 0.72, 0.76, 0.82, 1.02,
			1.54, 1.44, 0.92, 0.80, 0.84, 1.00, 1.30, 1.72, 2.16, 2.26, 1.84, 1.14},
		saturday: hours{0.80, 0.46, 0.24, 0.12, 0.08, 0.10, 0.22, 0.40, 0.64, 0.90, 1.10, 1.26,
			1.36, 1.30, 1.20, 1.18, 1.20, 1.26, 1.40, 1.62, 1.82, 1.82, 1.58, 1.16},
		sunday: hours{0.84, 0.50, 0.26, 0.12, 0.08, 0.08, 0.16, 0.32, 0.54, 0.80, 1.00, 1.16,
			1.26, 1.20, 1.16, 1.20, 1.26, 1.36, 1.60, 1.96, 2.32, 2.30, 1.78, 1.02},
	},
	"store": {
		share: 0.20,
		days:  [7]float64{0.92, 0.80, 0.82, 0.86, 0.92, 1.14, 1.62},
		weekday: hours{9: 0.10, 10: 0.70, 11: 1.10, 12: 1.56, 13: 1.40, 14: 1.02, 15: 0.98,
			16: 1.06, 17: 1.26, 18: 1.64, 19: 1.70, 20: 1.36, 21: 0.74, 22: 0.04},
		saturday: hours{9: 0.12, 10: 0.84, 11: 1.26, 12: 1.40, 13: 1.42, 14: 1.50, 15: 1.60,
			16: 1.64, 17: 1.54, 18: 1.36, 19: 1.14, 20: 0.92, 21: 0.56, 22: 0.04},
		sunday: hours{13: 0.20, 14: 1.30, 15: 1.70, 16: 1.80, 17: 1.70, 18: 1.40, 19: 0.90, 20: 0.24},
	},
}

const (
	weeklyGrowth = 1.03
	hourlyNoise  = 0.05
	dailyNoise   = 0.04
)

// Rhythm is how busy the shop is at any moment: it follows the hours of the day and the days of the week
// in the shop's time zone, grows by 3 % a week, and strays a little from hour to hour and day to day.
// It is a function of the seed and the time alone.
type Rhythm struct {
	zone         *time.Location
	seed         uint64
	anchor       time.Time
	ordersPerDay float64
	means        map[string]float64
}

// NewRhythm makes a rhythm that averages ordersPerDay orders a day, over a whole week and all channels,
// with the growth of the moment anchor.
func NewRhythm(zone *time.Location, seed uint64, anchor time.Time, ordersPerDay float64) Rhythm {
	r := Rhythm{zone: zone, seed: seed, anchor: anchor, ordersPerDay: ordersPerDay, means: map[string]float64{}}
	for name, p := range patterns {
		sum := 0.0
		for day := time.Sunday; day <= time.Saturday; day++ {
			for _, weight := range p.table(day) {
				sum += weight * p.days[day]
			}
		}
		r.means[name] = sum / (7 * 24)
	}
	return r
}

// OrdersPerMinute is the expected number of orders that a channel receives in a minute around t.
func (r Rhythm) OrdersPerMinute(channel string, t time.Time) float64 {
	perMinute := patterns[channel].share * r.ordersPerDay / (24 * 60)
	growth := math.Pow(weeklyGrowth, t.Sub(r.anchor).Hours()/(7*24))
	return perMinute * growth * r.shape(channel, t) * r.noise(channel, t)
}

// Busyness is how busy the whole shop is at t compared with its weekly average, which is 1.
func (r Rhythm) Busyness(t time.Time) float64 {
	busyness := 0.0
	for _, channel := range orders.Channels {
		busyness += patterns[channel].share * r.shape(channel, t)
	}
	return busyness
}

// shape is the relative volume at t; its weekly average is 1. Between the middles of two hours it goes
// over smoothly.
func (r Rhythm) shape(channel string, t time.Time) float64 {
	p := patterns[channel]
	before := t.Add(-30 * time.Minute).In(r.zone)
	after := before.Add(time.Hour)
	done := time.Duration(before.Minute())*time.Minute + time.Duration(before.Second())*time.Second
	weight := (1 - math.Cos(math.Pi*done.Hours())) / 2
	return (p.at(before)*(1-weight) + p.at(after)*weight) / r.means[channel]
}

func (p pattern) at(local time.Time) float64 {
	return p.table(local.Weekday())[local.Hour()] * p.days[local.Weekday()]
}

func (p pattern) table(day time.Weekday) hours {
	switch day {
	case time.Saturday:
		return p.saturday
	case time.Sunday:
		return p.sunday
	default:
		return p.weekday
	}
}

// noise strays around 1, slowly enough to look like a mood and not like jitter.
func (r Rhythm) noise(channel string, t time.Time) float64 {
	return (1 + hourlyNoise*r.wander(channel, "hour", t, time.Hour)) * (1 + dailyNoise*r.wander("all", "day", t, 24*time.Hour))
}

// wander is a continuous random walk around 0 with about unit variance: a normal draw at each multiple
// of period, joined by straight lines, and never beyond three deviations.
func (r Rhythm) wander(channel, kind string, t time.Time, period time.Duration) float64 {
	seconds := int64(period / time.Second)
	index := floorDiv(t.Unix(), seconds)
	part := float64(t.Unix()-index*seconds) / float64(seconds)
	draw := func(i int64) float64 {
		return max(-3, min(3, source(r.seed, kind, channel, i).NormFloat64()))
	}
	return draw(index)*(1-part) + draw(index+1)*part
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
