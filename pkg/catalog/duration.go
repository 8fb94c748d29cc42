package catalog

import (
	"strconv"
	"time"

	"github.com/pullview/orders-datasource/pkg/message"
)

// Duration is a length of time written as a whole number and a unit: s, m, h,
// d (24 hours) or w (7 days). Convert it with time.Duration(d).
type Duration time.Duration

// maxDuration bounds look-backs and latenesses: ten years.
const maxDuration = Duration(3660 * 24 * time.Hour)

var errDurationForm = message.Errorf("write a whole number and one of s, m, h, d, w, such as 30m, 12h or 7d")

// UnmarshalText reads a duration above zero and of at most ten years.
func (d *Duration) UnmarshalText(text []byte) error {
	if len(text) < 2 || text[0] < '1' || text[0] > '9' {
		return errDurationForm
	}
	var unit time.Duration
	switch text[len(text)-1] {
	case 's':
		unit = time.Second
	case 'm':
		unit = time.Minute
	case 'h':
		unit = time.Hour
	case 'd':
		unit = 24 * time.Hour
	case 'w':
		unit = 7 * 24 * time.Hour
	default:
		return errDurationForm
	}
	for _, c := range text[:len(text)-1] {
		if !isDigit(c) {
			return errDurationForm
		}
	}
	count, err := strconv.ParseInt(string(text[:len(text)-1]), 10, 64)
	if err != nil || count > int64(maxDuration)/int64(unit) {
		return message.Errorf("more than the allowed %s", maxDuration)
	}
	*d = Duration(count * int64(unit))
	return nil
}

// String writes the duration in the largest unit, up to days, that divides it.
func (d Duration) String() string {
	for _, u := range []struct {
		unit time.Duration
		name string
	}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "m"}} {
		if count := time.Duration(d) / u.unit; count != 0 && time.Duration(d)%u.unit == 0 {
			return strconv.FormatInt(int64(count), 10) + u.name
		}
	}
	return strconv.FormatInt(int64(time.Duration(d)/time.Second), 10) + "s"
}

// MarshalText is the inverse of UnmarshalText.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }
