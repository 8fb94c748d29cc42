package query

import (
	"strconv"
	"time"

	"github.com/pullview/orders-datasource/pkg/message"
)

// Offset is a distance into the past for comparisons: a positive count of a
// unit, such as 1h, 7d or 1M. The zero value is no offset.
type Offset struct {
	Count int
	// Unit is one of s, m, h, which are fixed, and d, w, M, Q, y, which are
	// units of the business calendar.
	Unit byte
}

// maxOffset bounds offsets, so that nothing computed from one overflows.
const maxOffset = 100 * 366 * 24 * time.Hour

// ParseOffset reads an offset as String writes it: a positive whole number
// without leading zeros, and a unit.
func ParseOffset(s string) (Offset, error) {
	if s == "" {
		return Offset{}, message.Errorf("an offset is empty; write a number and a unit, as in 1d, 1w or 1M")
	}
	o := Offset{Unit: s[len(s)-1]}
	o.Count, _ = strconv.Atoi(s[:len(s)-1])
	if o.length() == 0 || o.Count < 1 || o.String() != s {
		return Offset{}, message.Errorf(
			"%s is not an offset; write a positive whole number and one of the units s, m, h, d, w, M (months), Q (quarters), y, as in 1d, 1w or 1M", quote(s))
	}
	if time.Duration(o.Count) > maxOffset/o.length() {
		return Offset{}, message.Errorf("%s is too long an offset; the longest is 100 years", quote(s))
	}
	return o, nil
}

// String returns the offset as in a query, such as 1w.
func (o Offset) String() string { return strconv.Itoa(o.Count) + string(rune(o.Unit)) }

// length is the length of a fixed unit, the greatest length of a calendar
// unit, and 0 for what is no unit.
func (o Offset) length() time.Duration {
	const day = 24 * time.Hour
	switch o.Unit {
	case 's':
		return time.Second
	case 'm':
		return time.Minute
	case 'h':
		return time.Hour
	case 'd':
		return day
	case 'w':
		return 7 * day
	case 'M':
		return 31 * day
	case 'Q':
		return 92 * day
	case 'y':
		return 366 * day
	}
	return 0
}

// distance is the offset in units that do not convert into each other. Offsets
// of the same distance shift every instant alike: 7d and 1w, 12M and 1y.
type distance struct {
	fixed  time.Duration
	days   int
	months int
}

func (o Offset) distance() distance {
	switch o.Unit {
	case 'd':
		return distance{days: o.Count}
	case 'w':
		return distance{days: 7 * o.Count}
	case 'M':
		return distance{months: o.Count}
	case 'Q':
		return distance{months: 3 * o.Count}
	case 'y':
		return distance{months: 12 * o.Count}
	}
	return distance{fixed: time.Duration(o.Count) * o.length()}
}

// Shift moves t into the past, to the microsecond. It never reverses the order
// of two instants, so ascending bounds stay ascending, some of them equal.
//
// Fixed units subtract exactly. Calendar units move the wall clock of loc:
// 09:30 a week ago is 09:30 on that day, however many hours lie between.
//   - The first instant of a date moves to the first instant of the date that
//     many units earlier, even where clocks skip midnight on one of the two. So
//     days move onto days, and months onto months.
//   - A date that the earlier month does not have becomes the end of that
//     month: all of 29, 30 and 31 March less 1M is the instant at which
//     February ends. The days before move one by one, which leaves the last
//     days of March with nothing to compare to; their sum is compared in full.
//   - A wall time that clocks skip becomes the first instant after the gap, and
//     one that they show twice the first of the two. While t itself is in the
//     repetition of an hour, it counts as that hour's end: the first pass was
//     compared with all there is.
func (o Offset) Shift(t time.Time, loc *time.Location) time.Time {
	d := o.distance()
	if d.fixed != 0 {
		return t.Add(-d.fixed).UTC()
	}
	wall := latestWall(t, loc)
	if midnight := wall.midnight(); firstInstant(midnight, loc).Equal(t) {
		wall = midnight
	}
	return firstInstant(wall.earlier(d), loc)
}

// earlier returns the civil time that many days and months before c. Where the
// month has no such date it is the beginning of the next month, whatever the
// time of day: an end that keeps the time would put 29 March 05:00 before
// 28 March 10:00.
func (c civil) earlier(d distance) civil {
	day := c.midnight()
	timeOfDay := c - day
	year, month, date := day.date()
	first := civilDate(year, month-time.Month(d.months), 1)
	nextMonth := Month.next(first)
	if day = first + civil(date-1)*civilDay; day >= nextMonth {
		return nextMonth - civil(d.days)*civilDay
	}
	return day + timeOfDay - civil(d.days)*civilDay
}
