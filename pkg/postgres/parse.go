package postgres

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/pullview/orders-datasource/pkg/message"
	"github.com/pullview/orders-datasource/pkg/query"
)

// The parsers check the text of a filter value before it is bound, so that a
// wrong value is told to the reader by name instead of failing on the server.
// They accept what labels of the type look like, and the usual other spellings.

func parseText(text, _ string) (string, error) {
	if strings.ContainsRune(text, 0) {
		return "", message.Errorf("contains a NUL character, which no text in PostgreSQL does")
	}
	if !utf8.ValidString(text) {
		return "", message.Errorf("is not valid UTF-8")
	}
	return text, nil
}

func parseInt(text, _ string) (string, error) {
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	switch {
	case errors.Is(err, strconv.ErrRange):
		return "", message.Errorf("is beyond the largest whole number that PostgreSQL stores in a bigint")
	case err != nil:
		return "", message.Errorf("is not a whole number")
	}
	return strconv.FormatInt(n, 10), nil
}

func parseNumeric(text, _ string) (string, error) {
	d, err := query.ParseDecimal(strings.TrimSpace(text))
	if err != nil {
		return "", message.Errorf("is not a decimal number such as -12.50")
	}
	return d.String(), nil
}

func parseBool(text, _ string) (string, error) {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "true", "t":
		return "true", nil
	case "false", "f":
		return "false", nil
	}
	return "", message.Errorf("is neither true nor false")
}

var uuidPattern = regexp.MustCompile(`^\{?[0-9a-fA-F]{4}(-?[0-9a-fA-F]{4}){7}\}?$`)

func parseUUID(text, _ string) (string, error) {
	text = strings.TrimSpace(text)
	if !uuidPattern.MatchString(text) || strings.HasPrefix(text, "{") != strings.HasSuffix(text, "}") {
		return "", message.Errorf("is not a UUID such as 6f1e6c0a-52d3-4f0e-9d3b-0d6c3f1f7a11")
	}
	return strings.ToLower(text), nil
}

const (
	datePattern   = `(\d{4,7})-(\d{2})-(\d{2})`
	clockPattern  = `(\d{2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?`
	offsetPattern = `(Z|[+-](?:0\d|1[0-5])(?:[0-5]\d|:[0-5]\d(?::[0-5]\d)?)?)` // PostgreSQL knows up to 15:59:59
)

var (
	dateRegexp      = regexp.MustCompile(`^` + datePattern + `( BC)?$`)
	timestampRegexp = regexp.MustCompile(`^` + datePattern + `(?:[T ]` + clockPattern + `)?( BC)?$`)
	instantRegexp   = regexp.MustCompile(`^` + datePattern + `(?:[T ]` + clockPattern + ` ?` + offsetPattern + `?)?( BC)?$`)
)

// The whole years that PostgreSQL's types hold.
const (
	lastDateYear    = 5_874_896
	lastInstantYear = 294_275
	firstYear       = 4_712 // BC
)

func parseDate(text, _ string) (string, error) {
	text = strings.TrimSpace(text)
	if s, ok := infiniteTime(text); ok {
		return s, nil
	}
	m := dateRegexp.FindStringSubmatch(text)
	if m == nil {
		return "", message.Errorf("is not a date such as 2026-03-01")
	}
	return text, checkDate(m[1], m[2], m[3], m[4] != "", lastDateYear)
}

func parseTimestamp(text, _ string) (string, error) {
	text = strings.TrimSpace(text)
	if s, ok := infiniteTime(text); ok {
		return s, nil
	}
	m := timestampRegexp.FindStringSubmatch(text)
	if m == nil {
		return "", message.Errorf("is not a local time such as 2026-03-01 13:30:00")
	}
	if err := checkClock(m[4], m[5], m[6]); err != nil {
		return "", err
	}
	return text, checkDate(m[1], m[2], m[3], m[7] != "", lastInstantYear)
}

// parseTimestamptz reads a time without offset in the given zone.
func parseTimestamptz(text, zone string) (string, error) {
	text = strings.TrimSpace(text)
	if s, ok := infiniteTime(text); ok {
		return s, nil
	}
	m := instantRegexp.FindStringSubmatch(text)
	if m == nil {
		return "", message.Errorf("is not a time such as 2026-03-01T13:30:00-03:00")
	}
	if err := checkClock(m[4], m[5], m[6]); err != nil {
		return "", err
	}
	if err := checkDate(m[1], m[2], m[3], m[8] != "", lastInstantYear); err != nil {
		return "", err
	}
	if m[7] == "" {
		text = strings.TrimSuffix(text, " BC") + " " + zone + m[8]
	}
	return text, nil
}

func infiniteTime(text string) (string, bool) {
	switch strings.ToLower(text) {
	case "infinity", "-infinity":
		return strings.ToLower(text), true
	}
	return "", false
}

func checkDate(year, month, day string, bc bool, lastYear int) error {
	y, _ := strconv.Atoi(year)
	m, _ := strconv.Atoi(month)
	d, _ := strconv.Atoi(day)
	leap := y
	if bc {
		leap, lastYear = 1-y, firstYear
	}
	if y < 1 || y > lastYear {
		return message.Errorf("has a year outside what PostgreSQL stores")
	}
	if t := time.Date(leap, time.Month(m), d, 0, 0, 0, 0, time.UTC); int(t.Month()) != m || t.Day() != d {
		return message.Errorf("names a day that does not exist")
	}
	return nil
}

func checkClock(hour, minute, second string) error {
	h, _ := strconv.Atoi(hour)
	m, _ := strconv.Atoi(minute)
	s, _ := strconv.Atoi(second)
	if h > 23 || m > 59 || s > 59 {
		return message.Errorf("has a time of day that does not exist")
	}
	return nil
}
