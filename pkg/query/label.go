package query

import "strings"

// Labels that stand for something other than a value of their dimension.
const (
	LabelNull   = "(null)"
	LabelOthers = "(others)"
)

// Label returns the label of a dimension value: its text, or LabelNull. A text
// that reads like a reserved label, with any number of backslashes before it,
// gets one more backslash, so every value has a label of its own.
func (v Value) Label() string {
	if v.Null {
		return LabelNull
	}
	if reserved(v.Text) {
		return `\` + v.Text
	}
	return v.Text
}

// ParseLabel is the inverse of Value.Label. ok is false for LabelOthers, which
// is no value.
func ParseLabel(label string) (v Value, ok bool) {
	switch {
	case label == LabelNull:
		return Value{Null: true}, true
	case label == LabelOthers:
		return Value{}, false
	case reserved(label):
		return Value{Text: label[1:]}, true
	}
	return Value{Text: label}, true
}

func reserved(text string) bool {
	switch strings.TrimLeft(text, `\`) {
	case LabelNull, LabelOthers:
		return true
	}
	return false
}
