package traffic

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/demo/shop/orders"
)

// monday is the first moment of a Monday in the shop's time zone.
func monday(t *testing.T) time.Time {
	t.Helper()
	zone, err := time.LoadLocation(ZoneName)
	require.NoError(t, err)
	return time.Date(2026, 3, 2, 0, 0, 0, 0, zone)
}

// volume is the expected number of orders of all channels in [from, to).
func volume(r Rhythm, from, to time.Time) float64 {
	sum := 0.0
	for at := from; at.Before(to); at = at.Add(10 * time.Minute) {
		for _, channel := range orders.Channels {
			sum += 10 * r.OrdersPerMinute(channel, at.Add(5*time.Minute))
		}
	}
	return sum
}

func TestRhythmAveragesTheOrdersPerDay(t *testing.T) {
	t.Parallel()
	start := monday(t)
	r := NewRhythm(start.Location(), 1, start.Add(84*time.Hour), 9000)
	assert.InEpsilon(t, 7*9000, volume(r, start, start.AddDate(0, 0, 7)), 0.05)
}

func TestEachChannelHasItsShareOfAWeek(t *testing.T) {
	t.Parallel()
	shares := 0.0
	for _, channel := range orders.Channels {
		require.Contains(t, patterns, channel)
		require.Contains(t, channelHabits, channel)
		shares += patterns[channel].share
	}
	assert.InDelta(t, 1, shares, 1e-9)
}

func TestDayHasItsPeaksAndANight(t *testing.T) {
	t.Parallel()
	start := monday(t)
	r := NewRhythm(start.Location(), 1, start, 9000)
	for day := range 7 {
		hour := func(h int) float64 {
			from := start.AddDate(0, 0, day).Add(time.Duration(h) * time.Hour)
			return volume(r, from, from.Add(time.Hour))
		}
		night, morning, lunch, afternoon, evening := hour(3), hour(8), hour(12), hour(15), hour(20)
		assert.Less(t, night, 0.2*evening, "day %d", day)
		assert.Less(t, morning, lunch, "day %d", day)
		if day < 5 {
			assert.Greater(t, lunch, 1.2*afternoon, "day %d", day)
			assert.Greater(t, evening, 1.2*afternoon, "day %d", day)
		}
	}
}

func TestStoresAreClosedAtNightAndBusyOnSaturday(t *testing.T) {
	t.Parallel()
	start := monday(t)
	r := NewRhythm(start.Location(), 1, start, 9000)
	assert.Zero(t, r.OrdersPerMinute("store", start.Add(4*time.Hour)))
	assert.Zero(t, r.OrdersPerMinute("store", start.Add(23*time.Hour+45*time.Minute)))
	day := func(n int) (sum float64) {
		for m := range 24 * 6 {
			sum += r.OrdersPerMinute("store", start.AddDate(0, 0, n).Add(time.Duration(m)*10*time.Minute))
		}
		return sum
	}
	assert.Greater(t, day(5), 1.3*day(1), "Saturday against Tuesday")
	assert.Less(t, day(6), day(5), "Sunday against Saturday")
}

func TestWeeksResembleEachOtherAndGrow(t *testing.T) {
	t.Parallel()
	start := monday(t)
	r := NewRhythm(start.Location(), 1, start, 9000)
	this, next := 0.0, 0.0
	for day := range 7 {
		from := start.AddDate(0, 0, day).Add(9 * time.Hour)
		a := volume(r, from, from.Add(12*time.Hour))
		b := volume(r, from.AddDate(0, 0, 7), from.AddDate(0, 0, 7).Add(12*time.Hour))
		assert.InEpsilon(t, a, b, 0.3, "day %d", day)
		assert.NotEqual(t, a, b)
		this, next = this+a, next+b
	}
	grown := volume(r, start.AddDate(0, 0, 70), start.AddDate(0, 0, 77))
	assert.InEpsilon(t, 1.34, grown/volume(r, start, start.AddDate(0, 0, 7)), 0.1, "ten weeks at 3 %")
}

func TestRhythmIsAFunctionOfSeedAndTime(t *testing.T) {
	t.Parallel()
	start := monday(t)
	at := start.Add(13*time.Hour + 17*time.Minute)
	r := NewRhythm(start.Location(), 1, start, 9000)
	assert.Equal(t, r.OrdersPerMinute("web", at), NewRhythm(start.Location(), 1, start, 9000).OrdersPerMinute("web", at))
	assert.NotEqual(t, r.OrdersPerMinute("web", at), NewRhythm(start.Location(), 2, start, 9000).OrdersPerMinute("web", at))
	assert.Equal(t, r.OrdersPerMinute("web", at), r.OrdersPerMinute("web", at.UTC()), "the zone in which a time is written")
}

func TestRhythmNeverJumps(t *testing.T) {
	t.Parallel()
	start := monday(t)
	r := NewRhythm(start.Location(), 1, start, 9000)
	for minute := range 7 * 24 * 60 {
		at := start.Add(time.Duration(minute) * time.Minute)
		for _, channel := range orders.Channels {
			before, after := r.OrdersPerMinute(channel, at), r.OrdersPerMinute(channel, at.Add(time.Minute))
			require.InDelta(t, before, after, 0.35, "%s at %s", channel, at)
		}
	}
}
