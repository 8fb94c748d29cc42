package provisioned

import (
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// Range is the half-open range of time that a panel shows at the moment now. It is the dashboard's, unless
// the panel has a range of its own, such as "1h" for the last hour or "now/d" for today so far.
func (d Dashboard) Range(timeFrom string, now time.Time) (from, to time.Time, err error) {
	first, last := d.From, d.To
	if timeFrom != "" {
		first, last = timeFrom, "now"
		if timeFrom[0] >= '0' && timeFrom[0] <= '9' {
			first = "now-" + timeFrom
		}
	}
	now = now.In(d.Location)
	if from, err = ParseTime(first, now, false); err != nil {
		return from, to, err
	}
	if to, err = ParseTime(last, now, true); err != nil {
		return from, to, err
	}
	if !from.Before(to) {
		return from, to, fmt.Errorf("the time range from %s to %s is empty", first, last)
	}
	return from, to, nil
}

var (
	timeText = regexp.MustCompile(`^now((?:[+-]\d*[smhdwMQy]|/[smhdwMQy])*)$`)
	timeStep = regexp.MustCompile(`([+-])(\d*)([smhdwMQy])|/([smhdwMQy])`)
)

// ParseTime reads what Grafana's time picker writes, such as now, now-12h, now/d or now-1w/w, in the zone of
// now. A rounding goes to the begin of the unit, or where up is set to its last millisecond. Weeks begin on
// Monday.
func ParseTime(text string, now time.Time, up bool) (time.Time, error) {
	parts := timeText.FindStringSubmatch(text)
	if parts == nil {
		return time.Time{}, fmt.Errorf("%q is no time that is understood here; write now, now-6h or now/d", text)
	}
	t := now
	for _, step := range timeStep.FindAllStringSubmatch(parts[1], -1) {
		if unit := step[4]; unit != "" {
			t = begin(t, unit)
			if up {
				t = add(t, 1, unit).Add(-time.Millisecond)
			}
			continue
		}
		n := 1
		if step[2] != "" {
			var err error
			if n, err = strconv.Atoi(step[2]); err != nil {
				return time.Time{}, fmt.Errorf("%q: %w", text, err)
			}
		}
		if step[1] == "-" {
			n = -n
		}
		t = add(t, n, step[3])
	}
	return t, nil
}

func add(t time.Time, n int, unit string) time.Time {
	switch unit {
	case "s":
		return t.Add(time.Duration(n) * time.Second)
	case "m":
		return t.Add(time.Duration(n) * time.Minute)
	case "h":
		return t.Add(time.Duration(n) * time.Hour)
	case "d":
		return t.AddDate(0, 0, n)
	case "w":
		return t.AddDate(0, 0, 7*n)
	case "M":
		return t.AddDate(0, n, 0)
	case "Q":
		return t.AddDate(0, 3*n, 0)
	default:
		return t.AddDate(n, 0, 0)
	}
}

// begin is the begin of the unit that t is in.
func begin(t time.Time, unit string) time.Time {
	year, month, day := t.Date()
	switch unit {
	case "s":
		return t.Truncate(time.Second)
	case "m":
		return t.Truncate(time.Minute)
	case "h":
		return time.Date(year, month, day, t.Hour(), 0, 0, 0, t.Location())
	case "d":
	case "w":
		day -= (int(t.Weekday()) + 6) % 7
	case "M":
		day = 1
	case "Q":
		month, day = month-(month-1)%3, 1
	default:
		month, day = time.January, 1
	}
	return time.Date(year, month, day, 0, 0, 0, 0, t.Location())
}

var intervalText = regexp.MustCompile(`^(\d+)(ms|[smhdwMy])$`)

// ParseInterval reads a duration as Grafana writes it in settings: 500ms, 30s, 1m, 2h, 1d, 1w, and a month of
// 30 and a year of 365 days.
func ParseInterval(text string) (time.Duration, error) {
	parts := intervalText.FindStringSubmatch(text)
	if parts == nil {
		return 0, fmt.Errorf("%q is no interval; write for example 30s, 5m or 1h", text)
	}
	n, err := strconv.ParseInt(parts[1], 10, 32)
	if err != nil {
		return 0, fmt.Errorf("%q: %w", text, err)
	}
	const day = 24 * time.Hour
	unit := map[string]time.Duration{
		"ms": time.Millisecond, "s": time.Second, "m": time.Minute, "h": time.Hour,
		"d": day, "w": 7 * day, "M": 30 * day, "y": 365 * day,
	}[parts[2]]
	return time.Duration(n) * unit, nil
}

// intervals are the steps to which Grafana rounds a panel's interval, each with the first one that is too
// large for it (roundInterval in its rangeutil.ts).
var intervals = []struct{ below, interval time.Duration }{
	{10 * time.Millisecond, time.Millisecond},
	{15 * time.Millisecond, 10 * time.Millisecond},
	{35 * time.Millisecond, 20 * time.Millisecond},
	{75 * time.Millisecond, 50 * time.Millisecond},
	{150 * time.Millisecond, 100 * time.Millisecond},
	{350 * time.Millisecond, 200 * time.Millisecond},
	{750 * time.Millisecond, 500 * time.Millisecond},
	{1500 * time.Millisecond, time.Second},
	{3500 * time.Millisecond, 2 * time.Second},
	{7500 * time.Millisecond, 5 * time.Second},
	{12500 * time.Millisecond, 10 * time.Second},
	{17500 * time.Millisecond, 15 * time.Second},
	{25 * time.Second, 20 * time.Second},
	{45 * time.Second, 30 * time.Second},
	{90 * time.Second, time.Minute},
	{210 * time.Second, 2 * time.Minute},
	{450 * time.Second, 5 * time.Minute},
	{750 * time.Second, 10 * time.Minute},
	{1050 * time.Second, 15 * time.Minute},
	{25 * time.Minute, 20 * time.Minute},
	{45 * time.Minute, 30 * time.Minute},
	{90 * time.Minute, time.Hour},
	{150 * time.Minute, 2 * time.Hour},
	{270 * time.Minute, 3 * time.Hour},
	{9 * time.Hour, 6 * time.Hour},
	{24 * time.Hour, 12 * time.Hour},
	{7 * 24 * time.Hour, 24 * time.Hour},
	{21 * 24 * time.Hour, 7 * 24 * time.Hour},
	{42 * 24 * time.Hour, 30 * 24 * time.Hour},
}

// Interval is the time between two points that Grafana suggests for a range and a number of points, not
// below the least one.
func Interval(length time.Duration, points int64, least time.Duration) time.Duration {
	exact := length / time.Duration(max(1, points))
	rounded := 365 * 24 * time.Hour
	for _, step := range intervals {
		if exact < step.below {
			rounded = step.interval
			break
		}
	}
	return max(rounded, least)
}
