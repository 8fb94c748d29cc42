package settings

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

// Grafana's editors and provisioning store numbers and booleans sometimes as
// texts, and a field that was emptied as null or an empty text. The readers
// below take these for what they mean, and refuse the rest.

// given tells whether jsonData has a value for a key.
func (l *loader) given(key string) bool {
	raw := strings.TrimSpace(string(l.json[key]))
	return raw != "" && raw != "null" && raw != `""`
}

func (l *loader) text(key string) string {
	if !l.given(key) {
		return ""
	}
	var text string
	if err := json.Unmarshal(l.json[key], &text); err == nil {
		return strings.TrimSpace(text)
	}
	var number json.Number
	if err := json.Unmarshal(l.json[key], &number); err == nil {
		return number.String()
	}
	l.problem("jsonData."+key, "%s is no text", quote(string(l.json[key])))
	return ""
}

func (l *loader) number(of limit) int {
	if !l.given(of.name) {
		return of.byDefault
	}
	raw := string(l.json[of.name])
	var text string
	if err := json.Unmarshal(l.json[of.name], &text); err == nil {
		raw = strings.TrimSpace(text)
	}
	value, err := strconv.ParseFloat(raw, 64)
	switch {
	case err != nil || value != math.Trunc(value):
		l.problem("jsonData."+of.name, "%s is no whole number; write %d to %d %s", quote(raw), of.min, of.max, of.what)
	case value < float64(of.min) || value > float64(of.max):
		l.problem("jsonData."+of.name, "%s is out of range; write %d to %d %s", quote(raw), of.min, of.max, of.what)
	default:
		return int(value)
	}
	return of.byDefault
}

func (l *loader) boolean(key string, byDefault bool) bool {
	if !l.given(key) {
		return byDefault
	}
	raw := string(l.json[key])
	var text string
	if err := json.Unmarshal(l.json[key], &text); err == nil {
		raw = strings.TrimSpace(text)
	}
	value, err := strconv.ParseBool(raw)
	if err != nil {
		l.problem("jsonData."+key, "%s is neither true nor false", quote(raw))
		return byDefault
	}
	return value
}

// maxShown is how many characters of a value an error message repeats.
const maxShown = 80

func quote(value string) string { return strconv.Quote(clip(value)) }

func clip(value string) string {
	runes := []rune(value)
	if len(runes) <= maxShown {
		return value
	}
	return string(runes[:maxShown]) + "…"
}
