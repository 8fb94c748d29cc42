package catalog

import (
	"slices"
	"strings"
)

// isName tells whether s may name a table, dimension or metric: letters of
// ASCII, digits and underscores, not beginning with a digit.
func isName(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c >= 0x80 || !isIdentifierStart(c) && (i == 0 || !isDigit(c)) {
			return false
		}
	}
	return s != ""
}

// isAlias allows colons as well, which names of Prometheus's recording rules have.
func isAlias(s string) bool {
	return isName(strings.ReplaceAll(s, ":", "_"))
}

// reservedLabels are labels and field names that answers carry themselves.
var reservedLabels = []string{"__name__", "compare", "le", "metric", "partial", "quantile", "time"}

func isReservedLabel(name string) bool {
	return slices.Contains(reservedLabels, name) || strings.HasPrefix(name, "__")
}

// isReservedValue tells whether a text means something else than a value of
// the database where values are shown as labels: the NULL group and the rest
// of a top list, escaped or not.
func isReservedValue(value string) bool {
	stripped := strings.TrimLeft(value, `\`)
	return stripped == "(null)" || stripped == "(others)"
}
