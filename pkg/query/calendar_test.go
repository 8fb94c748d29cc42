package query

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestTheFirstInstantOfADate(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		zone string
		date civil
		want string
	}{
		"midnight":                  {"America/Sao_Paulo", civilDate(2018, 11, 3), "2018-11-03T03:00:00Z"},
		"midnight that clocks skip": {"America/Sao_Paulo", civilDate(2018, 11, 4), "2018-11-04T03:00:00Z"},
		"the day after clocks went back at midnight":     {"America/Sao_Paulo", civilDate(2018, 2, 18), "2018-02-18T03:00:00Z"},
		"the first of two midnights":                     {"America/Havana", civilDate(2024, 11, 3), "2024-11-03T04:00:00Z"},
		"a date that is reached, left and reached again": {"America/St_Johns", civilDate(2006, 10, 29), "2006-10-29T02:30:00Z"},
		"a date that was left out":                       {"Pacific/Apia", civilDate(2011, 12, 30), "2011-12-30T10:00:00Z"},
		"the date after the one that was left out":       {"Pacific/Apia", civilDate(2011, 12, 31), "2011-12-30T10:00:00Z"},
		"the date after one that was repeated":           {"Pacific/Pago_Pago", civilDate(1892, 7, 5), "1892-07-05T11:22:48Z"},
		"an offset with seconds":                         {"Africa/Monrovia", civilDate(1971, 6, 1), "1971-06-01T00:44:30Z"},
		"an offset with minutes":                         {"Asia/Kathmandu", civilDate(2024, 4, 13), "2024-04-12T18:15:00Z"},
		"Irish summer time":                              {"Europe/Dublin", civilDate(2024, 7, 1), "2024-06-30T23:00:00Z"},
		"Ramadan in Morocco":                             {"Africa/Casablanca", civilDate(2024, 3, 20), "2024-03-20T00:00:00Z"},
		"the end of a leap year that a rule governs":     {"America/New_York", civilDate(2041, 1, 1), "2041-01-01T05:00:00Z"},
		"before Ramadan in Morocco":                      {"Africa/Casablanca", civilDate(2024, 3, 1), "2024-02-29T23:00:00Z"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assertInstant(t, test.want, firstInstant(test.date, zone(t, test.zone)))
		})
	}
}

func TestDaysBeginWhereASearchThroughEverySecondFindsTheirFirst(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		loc := drawZone(t)
		year, month, day := drawInstant(t, loc, "day").In(loc).Date()
		require.Equal(t, dateReached(year, month, day, loc), firstInstant(civilDate(year, month, day), loc))
	})
}

func TestTheFirstInstantGrowsWithTheWallTime(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		loc := drawZone(t)
		c := wallAt(drawInstant(t, loc, "wall"), loc)
		later := c + civil(rapid.Int64Range(0, int64(2*civilDay)).Draw(t, "later by"))
		at := firstInstant(c, loc)
		require.False(t, firstInstant(later, loc).Before(at))
		require.GreaterOrEqual(t, wallAt(at, loc), c, "the wall clock has reached it")
		require.Less(t, wallAt(at.Add(-time.Microsecond), loc), c, "and had not just before")
	})
}

func TestTheWallClockNeverRunsBackwards(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		loc := drawZone(t)
		at := drawInstant(t, loc, "instant")
		later := at.Add(time.Duration(rapid.Int64Range(0, int64(50*time.Hour)).Draw(t, "later by")).Truncate(time.Microsecond))
		require.LessOrEqual(t, latestWall(at, loc), latestWall(later, loc))
		require.GreaterOrEqual(t, latestWall(later, loc), wallAt(at, loc))
	})
}

func TestUnitsBeginOnTheirFirstDay(t *testing.T) {
	t.Parallel()
	at := civilDate(2026, time.February, 28) + 13*3600*civilSecond
	tests := map[CalendarUnit]struct{ start, next civil }{
		Day:     {civilDate(2026, 2, 28), civilDate(2026, 3, 1)},
		Week:    {civilDate(2026, 2, 23), civilDate(2026, 3, 2)},
		Month:   {civilDate(2026, 2, 1), civilDate(2026, 3, 1)},
		Quarter: {civilDate(2026, 1, 1), civilDate(2026, 4, 1)},
		Year:    {civilDate(2026, 1, 1), civilDate(2027, 1, 1)},
	}
	for unit, test := range tests {
		assert.Equal(t, test.start, unit.start(at), unit)
		assert.Equal(t, test.next, unit.next(test.start), unit)
	}
}

func TestWeeksBeginOnMondayAsISOWeeksDo(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		day := time.Unix(rapid.Int64Range(-1<<32, 1<<33).Draw(t, "day"), 0).UTC()
		monday := time.UnixMicro(int64(Week.start(civil(day.UnixMicro())))).UTC()
		require.Equal(t, time.Monday, monday.Weekday())
		year, week := day.ISOWeek()
		mondayYear, mondayWeek := monday.ISOWeek()
		require.Equal(t, [2]int{year, week}, [2]int{mondayYear, mondayWeek})
	})
}

func TestUnitsAreNumberedInARow(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		unit := rapid.SampledFrom(CalendarUnits).Draw(t, "unit")
		start := unit.start(civil(rapid.Int64Range(-1<<52, 1<<52).Draw(t, "wall")))
		require.Equal(t, start, unit.start(start))
		require.Equal(t, unit.index(start)+1, unit.index(unit.next(start)))
	})
}

func TestFixedStepsAreAlignedToStandardTime(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"UTC":                 "1970-01-01T00:00:00Z",
		"America/Sao_Paulo":   "1970-01-01T03:00:00Z",
		"America/St_Johns":    "1970-01-01T03:30:00Z",
		"Asia/Kathmandu":      "1969-12-31T18:15:00Z",
		"Australia/Lord_Howe": "1969-12-31T13:30:00Z",
		"Europe/Dublin":       "1970-01-01T00:00:00Z", // not Irish Standard Time, which is summer time
		"Europe/Berlin":       "1969-12-31T23:00:00Z",
		"Africa/Casablanca":   "1969-12-31T23:00:00Z",
		"Pacific/Apia":        "1969-12-31T11:00:00Z",
	}
	for name, want := range tests {
		assertInstant(t, want, Origin(zone(t, name)))
	}
}
