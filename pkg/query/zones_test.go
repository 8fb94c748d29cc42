package query

import (
	"testing"
	"time"
	_ "time/tzdata" // the same zones wherever the tests run

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Zones whose clocks did something that simple code does not expect.
var oddZones = []string{
	"UTC",
	"America/Sao_Paulo",   // summer time began and ended at midnight
	"America/New_York",    // clocks change at 02:00
	"America/St_Johns",    // went back from 00:01 to 23:01; offsets of :30 and :30:52
	"America/Havana",      // back from 01:00 to 00:00: two midnights
	"America/Juneau",      // repeated a whole day in 1867
	"Africa/Cairo",        // forward at midnight
	"Africa/Casablanca",   // back for Ramadan
	"Africa/Monrovia",     // 44:30 behind UTC until 1972
	"Antarctica/Troll",    // summer time of two hours
	"Asia/Kathmandu",      // 5:45 ahead, 5:41:16 before
	"Asia/Kolkata",        // 5:30 ahead
	"Asia/Manila",         // left out 1844-12-31
	"Asia/Pyongyang",      // half an hour back and forth in 2015 and 2018
	"Atlantic/Azores",     // forward at midnight, back to midnight
	"Australia/Lord_Howe", // summer time of half an hour
	"Europe/Dublin",       // winter time is the exception; 25:21 behind until 1916
	"Europe/London",       // double summer time
	"Pacific/Apia",        // left out 2011-12-30
	"Pacific/Kwajalein",   // left out 1993-08-21
	"Pacific/Pago_Pago",   // repeated 1892-07-04
}

func zone(t require.TestingT, name string) *time.Location {
	loc, err := time.LoadLocation(name)
	require.NoError(t, err)
	return loc
}

func instant(t require.TestingT, s string) time.Time {
	at, err := time.Parse(time.RFC3339Nano, s)
	require.NoError(t, err)
	return at.UTC()
}

func assertInstant(t *testing.T, want string, got time.Time) {
	t.Helper()
	assert.Equal(t, want, got.Format(time.RFC3339Nano))
}

func instants(t require.TestingT, s ...string) []time.Time {
	all := make([]time.Time, len(s))
	for i := range s {
		all[i] = instant(t, s[i])
	}
	return all
}

// drawZone draws one of the odd zones.
func drawZone(t *rapid.T) *time.Location {
	return zone(t, rapid.SampledFrom(oddZones).Draw(t, "zone"))
}

// drawInstant draws an instant to the microsecond from 1840 to 2100, every other
// one within two days of a change of the zone's clocks.
func drawInstant(t *rapid.T, loc *time.Location, label string) time.Time {
	begin, end := time.Date(1840, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
	at := time.UnixMicro(rapid.Int64Range(begin.UnixMicro(), end.UnixMicro()).Draw(t, label)).UTC()
	if rapid.Bool().Draw(t, label+" near a clock change") {
		if _, change := at.In(loc).ZoneBounds(); !change.IsZero() {
			minutes := rapid.IntRange(-2880, 2880).Draw(t, label+" minutes from it")
			micros := rapid.SampledFrom([]int{0, 0, -1, 1, 17_000_001}).Draw(t, label+" microseconds")
			at = change.Add(time.Duration(minutes)*time.Minute + time.Duration(micros)*time.Microsecond).UTC()
		}
	}
	return at
}

// dateReached looks for the first instant at which the zone's calendar shows a
// date or a later one by trying every second, coarsely first.
func dateReached(year int, month time.Month, day int, loc *time.Location) time.Time {
	date := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	reached := func(t time.Time) bool {
		y, m, d := t.In(loc).Date()
		return !time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Before(date)
	}
	t := date.Add(-30 * time.Hour)
	for _, stride := range []time.Duration{time.Minute, time.Second} {
		for !reached(t.Add(stride)) {
			t = t.Add(stride)
		}
	}
	return t.Add(time.Second).UTC()
}
