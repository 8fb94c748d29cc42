package display

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Style colours text, or leaves it alone.
type Style struct{ colours bool }

// NewStyle returns a style that colours, or one that does not.
func NewStyle(colours bool) Style { return Style{colours: colours} }

func (s Style) paint(code, text string) string {
	if !s.colours || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// Bold, Dim and the colours return the text in that style.
func (s Style) Bold(text string) string   { return s.paint("1", text) }
func (s Style) Dim(text string) string    { return s.paint("2", text) }
func (s Style) Red(text string) string    { return s.paint("31", text) }
func (s Style) Green(text string) string  { return s.paint("32", text) }
func (s Style) Yellow(text string) string { return s.paint("33", text) }
func (s Style) Blue(text string) string   { return s.paint("34", text) }

// Clean makes text from a database or a server fit for a line of a terminal: without control characters,
// which could do more than be seen.
func Clean(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case !unicode.IsPrint(r):
			return '·'
		}
		return r
	}, text)
}

// Fit cuts text to width cells, with an ellipsis where it was longer.
func Fit(text string, width int) string {
	if utf8.RuneCountInString(text) <= width {
		return text
	}
	if width < 1 {
		return ""
	}
	return string([]rune(text)[:width-1]) + "…"
}

// Wrap breaks text into lines of at most width cells, at spaces where there are any. Lines after the first
// begin with indent.
func Wrap(text string, width int, indent string) []string {
	var lines []string
	for rest := []rune(text); len(rest) > 0; {
		if len(lines) > 0 {
			rest = append([]rune(indent), rest...)
		}
		if len(rest) <= width || width <= len([]rune(indent)) {
			return append(lines, string(rest))
		}
		cut := width
		for i := width; i > len([]rune(indent)); i-- {
			if rest[i] == ' ' {
				cut = i
				break
			}
		}
		lines = append(lines, strings.TrimRight(string(rest[:cut]), " "))
		rest = []rune(strings.TrimLeft(string(rest[cut:]), " "))
	}
	return lines
}

// Left and Right are the text cut and padded to width cells.
func Left(text string, width int) string {
	text = Fit(text, width)
	return text + strings.Repeat(" ", max(0, width-utf8.RuneCountInString(text)))
}

// Right is the text cut and padded to width cells, with the padding before it.
func Right(text string, width int) string {
	text = Fit(text, width)
	return strings.Repeat(" ", max(0, width-utf8.RuneCountInString(text))) + text
}
