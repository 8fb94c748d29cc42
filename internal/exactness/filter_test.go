package exactness_test

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/pullview/orders-datasource/pkg/query"
)

// operandOf reads a filter's value: a label in any spelling of the type.
func (k *dimensionType) operandOf(label string) text {
	if label == "(null)" {
		return text{null: true}
	}
	if bare := strings.TrimLeft(label, `\`); strings.HasPrefix(label, `\`) && (bare == "(null)" || bare == "(others)") {
		label = label[1:]
	}
	switch k {
	case typeWhole:
		n, err := strconv.ParseInt(strings.TrimSpace(label), 10, 64)
		if err != nil {
			panic(err)
		}
		label = strconv.FormatInt(n, 10)
	case typeBool:
		label = strconv.FormatBool(strings.HasPrefix(label, "t"))
	}
	return text{text: k.label(label)}
}

// passes tells whether a value passes a filter. Negative operators let NULL
// through, unless it is what they exclude.
func (k *dimensionType) passes(f query.Filter, value text) bool {
	switch f.Operator {
	case query.IsNull:
		return value.null
	case query.IsNotNull:
		return !value.null
	case query.Match:
		return !value.null && k.matches(f.Values[0], value.text)
	case query.NotMatch:
		return value.null || !k.matches(f.Values[0], value.text)
	}
	operands := make([]text, len(f.Values))
	for i, label := range f.Values {
		operands[i] = k.operandOf(label)
	}
	switch f.Operator {
	case query.Eq, query.In:
		return slices.Contains(operands, value)
	case query.Ne, query.NotIn:
		return !slices.Contains(operands, value)
	}
	if value.null {
		return false
	}
	order := k.compare(value.text, operands[0].text)
	switch f.Operator {
	case query.Gt:
		return order > 0
	case query.Ge:
		return order >= 0
	case query.Lt:
		return order < 0
	case query.Le:
		return order <= 0
	}
	panic("unknown operator " + f.Operator)
}

// matches tells whether a pattern matches the whole of a text.
func (k *dimensionType) matches(pattern, value string) bool {
	options := "s"
	if rest, ok := strings.CutPrefix(pattern, "(?i)"); ok || k.folded {
		options, pattern = "is", rest
	}
	return regexp.MustCompile(`(?` + options + `)\A(?:` + pattern + `)\z`).MatchString(value)
}
