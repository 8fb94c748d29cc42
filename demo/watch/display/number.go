// Package display writes numbers, graphs and colours for a terminal.
package display

import (
	"math"
	"strconv"
	"strings"
)

// None stands for a value that is not there.
const None = "–"

// Number writes a value in a unit of Grafana's, with that many decimals, or as many as fit where decimals is
// nil. A unit that is not known here is written after the number.
func Number(value *float64, unit string, decimals *int) string {
	if value == nil {
		return None
	}
	v := *value
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	if format, ok := formats[unit]; ok {
		return format(v, decimals)
	}
	kind, text, _ := strings.Cut(unit, ":")
	switch kind {
	case "suffix":
		return fixed(v, decimals) + text
	case "prefix":
		return text + fixed(v, decimals)
	}
	return fixed(v, decimals) + " " + unit
}

var formats = map[string]func(v float64, decimals *int) string{
	"":            fixed,
	"none":        fixed,
	"short":       scaled("", " ", "K", "Mil", "Bil", "Tri"),
	"locale":      grouped,
	"percent":     func(v float64, d *int) string { return fixed(v, d) + "%" },
	"percentunit": func(v float64, d *int) string { return fixed(100*v, d) + "%" },
	"ms":          func(v float64, d *int) string { return seconds(v/1000, d) },
	"s":           seconds,
	"currencyBRL": scaled("R$", "", "K", "M", "B", "T"),
	"currencyUSD": scaled("$", "", "K", "M", "B", "T"),
	"currencyEUR": scaled("€", "", "K", "M", "B", "T"),
	"currencyGBP": scaled("£", "", "K", "M", "B", "T"),
}

// fixed writes a plain number.
func fixed(v float64, decimals *int) string {
	digits := 0
	switch {
	case decimals != nil:
		digits = *decimals
	case v != math.Trunc(v):
		// Three digits that count.
		digits = max(0, 2-int(math.Floor(math.Log10(math.Abs(v)))))
	}
	digits = min(max(digits, 0), 12)
	text := strconv.FormatFloat(v, 'f', digits, 64)
	if strings.Trim(text, "-0.") == "" {
		text = strings.TrimPrefix(text, "-")
	}
	return text
}

// grouped writes a number with its thousands apart.
func grouped(v float64, decimals *int) string {
	text := fixed(v, decimals)
	whole, fraction, hasFraction := strings.Cut(text, ".")
	sign := ""
	if strings.HasPrefix(whole, "-") {
		sign, whole = "-", whole[1:]
	}
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if hasFraction {
		whole += "." + fraction
	}
	return sign + whole
}

// scaled writes thousands, millions and so on by a name.
func scaled(prefix, space string, names ...string) func(v float64, decimals *int) string {
	return func(v float64, decimals *int) string {
		scale := 0
		if v != 0 {
			scale = min(max(int(math.Floor(math.Log10(math.Abs(v))/3)), 0), len(names))
		}
		sign := ""
		if v < 0 {
			sign, v = "-", -v
		}
		text := sign + prefix + fixed(v/math.Pow(1000, float64(scale)), decimals)
		if scale > 0 {
			text += space + names[scale-1]
		}
		return text
	}
}

// seconds writes a duration in the largest unit that it fills.
func seconds(v float64, decimals *int) string {
	units := []struct {
		seconds float64
		name    string
	}{{365 * 86400, "years"}, {7 * 86400, "weeks"}, {86400, "days"}, {3600, "hours"}, {60, "mins"}, {1, "s"}, {1e-3, "ms"}, {1e-6, "µs"}}
	if v == 0 {
		return "0 s"
	}
	for _, unit := range units {
		if math.Abs(v) >= unit.seconds {
			return fixed(v/unit.seconds, decimals) + " " + unit.name
		}
	}
	return fixed(v*1e9, decimals) + " ns"
}

// Change writes by how many percent now differs from before, or nothing where that has no meaning.
func Change(now, before *float64) string {
	if now == nil || before == nil || *before == 0 || math.IsNaN(*now) || math.IsNaN(*before) {
		return ""
	}
	percent := 100 * (*now - *before) / math.Abs(*before)
	if math.Abs(percent) >= 1000 {
		return strconv.FormatFloat(percent/100, 'f', 0, 64) + "×"
	}
	if math.Abs(percent) < 0.05 {
		percent = 0
	}
	sign := ""
	if percent > 0 {
		sign = "+"
	}
	return sign + strconv.FormatFloat(percent, 'f', 1, 64) + "%"
}
