package exactness_test

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// dimensionType says how values of a type are written, compared and misspelt.
type dimensionType struct {
	name string
	// label writes a value's text as its label; rows whose labels are equal are
	// one group.
	label func(string) string
	// compare orders labels; nil where a type has no order.
	compare func(a, b string) int
	// spell writes a label in another way that means the same value.
	spell func(string) string
	// strangers are values that rows do not have.
	strangers []string
	// folded tells that patterns match without regard to case.
	folded bool
}

// The labels of the enum, in its order, which is not that of the alphabet.
var enumLabels = []string{"small", "Medium", "LARGE", "it's \"odd\"", "(null)", "\\(others)"}

func same(s string) string { return s }

func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

func upperASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return r + 'A' - 'a'
		}
		return r
	}, s)
}

func trimScale(s string) string {
	if strings.Contains(s, ".") {
		return strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

func compareWhole(a, b string) int {
	x, _ := strconv.ParseInt(a, 10, 64)
	y, _ := strconv.ParseInt(b, 10, 64)
	return cmp.Compare(x, y)
}

// compareNumeric orders as PostgreSQL does: NaN is equal to itself and above
// everything.
func compareNumeric(a, b string) int {
	if a == "NaN" || b == "NaN" {
		return cmp.Compare(strings.Count(a, "NaN"), strings.Count(b, "NaN"))
	}
	return parseNumber(a).rat.Cmp(parseNumber(b).rat)
}

// compareDates orders dates of years from 1 to 9999, and the infinities.
func compareDates(a, b string) int {
	infinity := map[string]int{"-infinity": -1, "infinity": 1}
	if order := cmp.Compare(infinity[a], infinity[b]); order != 0 {
		return order
	}
	return strings.Compare(a, b)
}

func compareEnum(a, b string) int {
	return cmp.Compare(slices.Index(enumLabels, a), slices.Index(enumLabels, b))
}

// The types of dimensions. Texts compare byte by byte, as the servers of these
// tests have the locale C.
var (
	typeText = &dimensionType{name: "text", label: same, compare: strings.Compare, spell: same,
		strangers: []string{"never", "", `it's; DROP TABLE "orders" --`, "zz"}}
	typeCharacter = &dimensionType{name: "character", compare: strings.Compare, spell: func(s string) string { return s + " " },
		label:     func(s string) string { return strings.TrimRight(s, " ") },
		strangers: []string{"q", "zz"}}
	typeCitext = &dimensionType{name: "citext", label: lowerASCII, compare: strings.Compare, spell: upperASCII, folded: true,
		strangers: []string{"Nobody", "zz"}}
	typeEnum = &dimensionType{name: "enum", label: same, compare: compareEnum, spell: same,
		strangers: enumLabels}
	typeWhole = &dimensionType{name: "integer", label: same, compare: compareWhole, spell: func(s string) string { return " " + s + " " },
		strangers: []string{"77", "-9223372036854775808", "9223372036854775807"}}
	typeBool = &dimensionType{name: "boolean", label: same, spell: func(s string) string { return s[:1] },
		strangers: []string{"true", "false"}}
	typeUUID = &dimensionType{name: "uuid", label: lowerASCII, spell: upperASCII,
		strangers: []string{"00000000-0000-0000-0000-000000000000"}}
	typeNumeric = &dimensionType{name: "numeric", label: trimScale, compare: compareNumeric, spell: func(s string) string {
		if s == "NaN" {
			return s
		}
		if !strings.Contains(s, ".") {
			s += "."
		}
		return s + "00"
	}, strangers: []string{"0.25", "-100", "12345678901234567890.5"}}
	typeDate = &dimensionType{name: "date", label: same, compare: compareDates, spell: same,
		strangers: []string{"1999-12-31", "infinity"}}
)

var dimensionTypes = map[string]*dimensionType{
	colChannel: typeText, colKind: typeEnum, colCode: typeCharacter, colNick: typeCitext, colSize: typeWhole,
	colFlag: typeBool, colRef: typeUUID, colTier: typeNumeric, colDay: typeDate,
}

// label writes a value as the label of a series.
func (t text) label() string {
	if t.null {
		return "(null)"
	}
	if bare := strings.TrimLeft(t.text, `\`); bare == "(null)" || bare == "(others)" {
		return `\` + t.text
	}
	return t.text
}
