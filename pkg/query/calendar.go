package query

import "time"

// A civil time is what clocks and calendars on the wall show: years, months,
// days and hours without a zone. It is kept as the microseconds from 1970-01-01
// 00:00 on that wall, so civil times compare and subtract as integers.
type civil int64

const (
	civilSecond civil = 1_000_000
	civilDay          = 86_400 * civilSecond
)

// wallAt returns what the wall clock shows at t.
func wallAt(t time.Time, loc *time.Location) civil {
	_, offset := t.In(loc).Zone()
	return civil(t.UnixMicro()) + civil(offset)*civilSecond
}

func civilDate(year int, month time.Month, day int) civil {
	return civil(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).UnixMicro())
}

// midnight returns the beginning of the date of c.
func (c civil) midnight() civil {
	day := c % civilDay
	if day < 0 {
		day += civilDay
	}
	return c - day
}

// date returns the date of c.
func (c civil) date() (year int, month time.Month, day int) {
	return time.UnixMicro(int64(c)).UTC().Date()
}

// firstInstant returns the first instant at which the wall clock of loc shows c
// or later. Where clocks skip c that is the first instant after the gap; where
// they show c twice it is the first of the two.
//
// Because it is a minimum it grows with c, which no conversion that picks one
// of several candidate offsets guarantees: neither for days that begin in a gap
// (São Paulo, 2018-11-04) nor for dates that a zone left out altogether (Apia,
// 2011-12-30, which is an empty day).
func firstInstant(c civil, loc *time.Location) time.Time {
	// No zone was ever further than 16 hours from UTC, so a day earlier no
	// clock has reached c yet.
	t := time.UnixMicro(int64(c - civilDay)).In(loc)
	for {
		_, offset := t.Zone()
		reached := time.UnixMicro(int64(c - civil(offset)*civilSecond)).In(loc)
		if reached.Before(t) {
			reached = t
		}
		end, ends := offsetEnd(t)
		if !ends || reached.Before(end) {
			return reached.UTC()
		}
		t = end
	}
}

// offsetEnd returns an instant after t until which its location keeps the offset
// that it has at t; ends is false where it keeps it for good.
func offsetEnd(t time.Time) (end time.Time, ends bool) {
	_, end = t.ZoneBounds()
	if end.IsZero() {
		return end, false
	}
	if !end.After(t) {
		// Beyond a zone's list of changes Go goes by its rule, taking every year
		// for 365 days: on 31 December of a leap year the end has passed. No
		// rule changes clocks on that day.
		end = end.AddDate(0, 0, 1)
	}
	return end, true
}

// latestWall returns how far the wall clock of loc has come at t. It differs
// from wallAt while an hour is being repeated: then it stays at the end of that
// hour, as it never runs backwards.
func latestWall(t time.Time, loc *time.Location) civil {
	latest := wallAt(t, loc)
	begin, _ := t.In(loc).ZoneBounds()
	// Clocks have never been put back by more than a day and a bit.
	for oldest := t.Add(-48 * time.Hour); !begin.IsZero() && begin.After(oldest); {
		before := begin.Add(-time.Microsecond).In(loc)
		_, offset := before.Zone()
		latest = max(latest, civil(begin.UnixMicro())+civil(offset)*civilSecond)
		begin, _ = before.ZoneBounds()
	}
	return latest
}

// holding returns the start of the unit that holds t: the last one whose first
// instant is not after t. While an hour is repeated across midnight the wall
// clock shows the day before once more, but that day is over by then.
func (u CalendarUnit) holding(t time.Time, loc *time.Location) civil {
	start := u.start(latestWall(t, loc))
	if firstInstant(start, loc).After(t) {
		// Midnight was to be next when clocks went back.
		return u.start(start - 1)
	}
	return start
}

// start returns the civil midnight at which the unit that holds c begins.
func (u CalendarUnit) start(c civil) civil {
	year, month, _ := c.date()
	switch u {
	case Week:
		day := c.midnight()
		sinceMonday := (time.UnixMicro(int64(day)).UTC().Weekday() + 6) % 7
		return day - civil(sinceMonday)*civilDay
	case Month:
		return civilDate(year, month, 1)
	case Quarter:
		return civilDate(year, (month-1)/3*3+1, 1)
	case Year:
		return civilDate(year, time.January, 1)
	}
	return c.midnight()
}

// next returns the start of the unit after the one that starts at c.
func (u CalendarUnit) next(c civil) civil {
	year, month, day := c.date()
	switch u {
	case Week:
		return c + 7*civilDay
	case Month:
		return civilDate(year, month+1, day)
	case Quarter:
		return civilDate(year, month+3, day)
	case Year:
		return civilDate(year+1, month, day)
	}
	return c + civilDay
}

// index numbers the units in a row, given the start of one.
func (u CalendarUnit) index(start civil) int64 {
	year, month, _ := start.date()
	months := int64(year)*12 + int64(month-1)
	switch u {
	case Week:
		return floorDiv(int64(start), int64(7*civilDay))
	case Month:
		return months
	case Quarter:
		return floorDiv(months, 3)
	case Year:
		return int64(year)
	}
	return floorDiv(int64(start), int64(civilDay))
}

// Origin is the instant on which the fixed steps of a business zone are
// aligned: a local midnight in the zone's standard time, which is the smaller
// of its January and July offsets of a fixed recent year, since summer time
// puts clocks forward. All fixed steps divide a day, so which midnight does not
// matter. The alignment of one zone is the same all year round: in zones whose
// summer time moves by an hour, steps over an hour look shifted by one then.
func Origin(loc *time.Location) time.Time {
	const year = 2025
	_, january := time.Date(year, time.January, 1, 12, 0, 0, 0, loc).Zone()
	_, july := time.Date(year, time.July, 1, 12, 0, 0, 0, loc).Zone()
	return time.Unix(-int64(min(january, july)), 0).UTC()
}
