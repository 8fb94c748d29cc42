package postgres

import (
	"regexp"
	"strings"
)

// identifierPattern matches a name of SQL, in quotes or without.
const identifierPattern = `("(?:[^"]|"")+"|[\pL_][\pL0-9_$]*)`

var anyName = regexp.MustCompile(identifierPattern)

// noteNames notes the names for which SQL may take a text: whether letters other
// than A to Z are made small depends on the database's encoding.
func noteNames(names map[string]bool, text string) {
	if strings.HasPrefix(text, `"`) {
		names[strings.ReplaceAll(text[1:len(text)-1], `""`, `"`)] = true
		return
	}
	names[strings.ToLower(text)] = true
	names[strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}, text)] = true
}
