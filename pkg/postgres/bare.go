package postgres

import (
	"regexp"
	"strings"
)

// opening finds what SQL reads as one: a quoted name, a string of one of the
// three kinds, a comment. Of a dollar-quoted string and of a comment in slashes,
// in which others may nest, it is the beginning.
var opening = regexp.MustCompile(`"(?:[^"]|"")*"|\b[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|\$(?:[\pL_][\pL0-9_]*)?\$|--[^\n\r]*|/\*`)

// bareSQL returns a text of SQL with empty strings in the place of strings, and
// spaces in the place of comments: what is left are names and signs.
func bareSQL(text string) string {
	var b strings.Builder
	for {
		at := opening.FindStringIndex(text)
		if at == nil {
			b.WriteString(text)
			return b.String()
		}
		b.WriteString(text[:at[0]])
		found := text[at[0]:at[1]]
		text = text[at[1]:]
		switch {
		case found[0] == '"':
			b.WriteString(found)
		case found[0] == '$':
			_, text, _ = strings.Cut(text, found)
			b.WriteString("''")
		case found == "/*":
			text = afterComment(text)
			b.WriteByte(' ')
		case found[0] == '-':
			b.WriteByte(' ')
		default:
			b.WriteString("''")
		}
	}
}

// afterComment returns what comes after a comment of which the beginning has
// been read.
func afterComment(text string) string {
	for depth := 1; depth > 0; {
		at := strings.IndexAny(text, "*/")
		if at < 0 || at+1 == len(text) {
			return ""
		}
		switch text[at : at+2] {
		case "*/":
			depth--
			text = text[at+2:]
		case "/*":
			depth++
			text = text[at+2:]
		default:
			text = text[at+1:]
		}
	}
	return text
}
