package query

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestOffsetsReadBackAsTheyWereWritten(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"1s", "90m", "24h", "1d", "7d", "1w", "52w", "1M", "18M", "1Q", "1y", "100y"} {
		offset, err := ParseOffset(name)
		require.NoError(t, err)
		assert.Equal(t, name, offset.String())
	}
}

func TestWhatIsNoOffsetIsRefused(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"d", "1", "0d", "-1d", "+1d", "01d", "1.5h", "1 d", "1D", "1ms", "1é", "99999999999999999999d", "1d1h"} {
		_, err := ParseOffset(name)
		assert.ErrorContains(t, err, "is not an offset", name)
	}
	for _, name := range []string{"101y", "2000M", "9223372036854775807s", "36601d"} {
		_, err := ParseOffset(name)
		assert.ErrorContains(t, err, "the longest is 100 years", name)
	}
	_, err := ParseOffset("")
	assert.ErrorContains(t, err, "an offset is empty")
}

func offset(t require.TestingT, name string) Offset {
	o, err := ParseOffset(name)
	require.NoError(t, err)
	return o
}

func TestShift(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ zone, offset, at, want string }{
		"seconds":                        {"Europe/Berlin", "90s", "2026-03-01T00:01:00.000001Z", "2026-02-28T23:59:30.000001Z"},
		"hours, whatever clocks do":      {"Europe/Berlin", "24h", "2026-03-29T12:00:00Z", "2026-03-28T12:00:00Z"},
		"a day, at the same wall time":   {"Europe/Berlin", "1d", "2026-03-29T12:00:00Z", "2026-03-28T13:00:00Z"},
		"a week":                         {"America/Sao_Paulo", "1w", "2026-11-23T15:04:05.999999Z", "2026-11-16T15:04:05.999999Z"},
		"a month":                        {"UTC", "1M", "2026-11-23T15:04:05Z", "2026-10-23T15:04:05Z"},
		"months across the year":         {"UTC", "2M", "2026-01-30T15:00:00Z", "2025-11-30T15:00:00Z"},
		"31 January less two months":     {"UTC", "2M", "2026-01-31T15:00:00Z", "2025-12-01T00:00:00Z"},
		"a quarter":                      {"UTC", "1Q", "2026-02-01T00:00:00Z", "2025-11-01T00:00:00Z"},
		"a year":                         {"UTC", "1y", "2026-11-23T00:00:00Z", "2025-11-23T00:00:00Z"},
		"29 February less a year":        {"UTC", "1y", "2024-02-29T10:00:00Z", "2023-03-01T00:00:00Z"},
		"29 February less four years":    {"UTC", "4y", "2024-02-29T10:00:00Z", "2020-02-29T10:00:00Z"},
		"28 March less a month":          {"UTC", "1M", "2026-03-28T10:00:00Z", "2026-02-28T10:00:00Z"},
		"29 March less a month":          {"UTC", "1M", "2026-03-29T00:00:00Z", "2026-03-01T00:00:00Z"},
		"31 March less a month":          {"UTC", "1M", "2026-03-31T23:00:00Z", "2026-03-01T00:00:00Z"},
		"1 April less a month":           {"UTC", "1M", "2026-04-01T00:00:00Z", "2026-03-01T00:00:00Z"},
		"29 March of a leap year":        {"UTC", "1M", "2024-03-29T10:00:00Z", "2024-02-29T10:00:00Z"},
		"to a day that begins at 01:00":  {"America/Sao_Paulo", "1d", "2018-11-05T02:00:00Z", "2018-11-04T03:00:00Z"},
		"from a day that begins at 01":   {"America/Sao_Paulo", "1d", "2018-11-04T03:00:00Z", "2018-11-03T03:00:00Z"},
		"a wall time in a gap":           {"Europe/Berlin", "1d", "2026-03-30T00:30:00Z", "2026-03-29T01:00:00Z"},
		"a wall time that comes twice":   {"Europe/Berlin", "1d", "2026-10-26T01:30:00Z", "2026-10-25T00:30:00Z"},
		"in the first pass of an hour":   {"Europe/Berlin", "1d", "2026-10-25T00:30:00Z", "2026-10-24T00:30:00Z"},
		"in the repetition of an hour":   {"Europe/Berlin", "1d", "2026-10-25T01:30:00Z", "2026-10-24T01:00:00Z"},
		"at the end of the repetition":   {"Europe/Berlin", "1d", "2026-10-25T02:00:00Z", "2026-10-24T01:00:00Z"},
		"onto a date that was left out":  {"Pacific/Apia", "1d", "2012-01-01T02:00:00Z", "2011-12-31T02:00:00Z"},
		"into a date that was left out":  {"Pacific/Apia", "2d", "2012-01-01T02:00:00Z", "2011-12-30T10:00:00Z"},
		"over a date that was left out":  {"Pacific/Apia", "3d", "2012-01-01T02:00:00Z", "2011-12-30T02:00:00Z"},
		"from an instant in another day": {"Asia/Kathmandu", "1M", "2026-03-01T18:15:00Z", "2026-02-01T18:15:00Z"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assertInstant(t, test.want, offset(t, test.offset).Shift(instant(t, test.at), zone(t, test.zone)))
		})
	}
}

func drawOffset(t *rapid.T, units string) Offset {
	return Offset{Count: rapid.IntRange(1, 40).Draw(t, "count"), Unit: rapid.SampledFrom([]byte(units)).Draw(t, "unit")}
}

func TestShiftKeepsTheOrderOfInstants(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		loc, offset := drawZone(t), drawOffset(t, "smhdwMQy")
		at := drawInstant(t, loc, "instant")
		later := at.Add(time.Duration(rapid.Int64Range(0, int64(100*time.Hour)).Draw(t, "later by")).Truncate(time.Microsecond))
		shifted := offset.Shift(at, loc)
		require.False(t, offset.Shift(later, loc).Before(shifted), "%s: %s, %s", offset, shifted, offset.Shift(later, loc))
		require.True(t, shifted.Before(at) || offset.Unit == 'd', "a date that was repeated may be a day ago and now")
	})
}

func TestDaysMoveOntoDays(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		loc, offset := drawZone(t), drawOffset(t, "dwMQy")
		year, month, day := drawInstant(t, loc, "day").In(loc).Date()
		at := dateReached(year, month, day, loc)
		// A date that was left out begins where the next one does, and counts as that.
		year, month, day = at.In(loc).Date()

		n := offset.Count
		var want time.Time
		switch offset.Unit {
		case 'd':
			want = dateReached(year, month, day-n, loc)
		case 'w':
			want = dateReached(year, month, day-7*n, loc)
		default:
			months := map[byte]int{'M': 1, 'Q': 3, 'y': 12}[offset.Unit]
			// The last day of the month is day 0 of the next one.
			month -= time.Month(n * months)
			if last := time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC).Day(); day > last {
				day = last + 1
			}
			// dateReached looks around the date that it is given.
			y, m, d := time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Date()
			want = dateReached(y, m, d, loc)
		}
		require.Equal(t, want, offset.Shift(at, loc), "%s before %s", offset, at.In(loc))
	})
}

func TestAwayFromClockChangesShiftIsWhatTheCalendarSays(t *testing.T) {
	t.Parallel()
	settled := func(at time.Time) bool {
		_, before := at.Add(-50 * time.Hour).Zone()
		_, now := at.Zone()
		_, after := at.Add(50 * time.Hour).Zone()
		return before == now && now == after
	}
	rapid.Check(t, func(t *rapid.T) {
		loc, offset := drawZone(t), drawOffset(t, "dwMQy")
		at := drawInstant(t, loc, "instant").In(loc)
		if at.Day() > 28 {
			at = at.AddDate(0, 0, -3)
		}
		n := offset.Count
		want := map[byte]time.Time{
			'd': at.AddDate(0, 0, -n), 'w': at.AddDate(0, 0, -7*n),
			'M': at.AddDate(0, -n, 0), 'Q': at.AddDate(0, -3*n, 0), 'y': at.AddDate(-n, 0, 0),
		}[offset.Unit]
		if !settled(at) || !settled(want) {
			t.Skip("clocks change nearby")
		}
		require.True(t, want.Equal(offset.Shift(at, loc)), "%s before %s", offset, at)
	})
}
