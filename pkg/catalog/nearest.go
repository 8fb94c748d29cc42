package catalog

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Nearest returns the name of known that the writer of name most likely meant,
// or "" where none is near: one that differs in case only, else the one at the
// smallest edit distance, counting a swap of neighbours as one edit, up to a
// third of the longer name's characters, else the one closest in length whose
// words are some of the name's in a row, or the other way round. Of several
// alike the first in alphabetical order wins, so the answer does not depend on
// the order of known.
func Nearest(name string, known []string) string {
	if nearest := resembling(name, known); nearest != "" {
		return nearest
	}
	nearest, best := "", -1
	for _, candidate := range known {
		if max(len(name), len(candidate)) > maxComparedRunes || !shareWords(name, candidate) {
			continue
		}
		difference := utf8.RuneCountInString(candidate) - utf8.RuneCountInString(name)
		difference = max(difference, -difference)
		if best < 0 || difference < best || difference == best && candidate < nearest {
			nearest, best = candidate, difference
		}
	}
	return nearest
}

// shareWords reports whether the words of one name are some of the other's, in
// a row. A name of one or two characters says too little.
func shareWords(a, b string) bool {
	part, whole := words(a), words(b)
	if len(part) > len(whole) {
		part, whole = whole, part
	}
	return len(part) >= len("_abc_") && strings.Contains(whole, part)
}

// words writes a name in small letters with _ before, between and after its
// words.
func words(name string) string {
	fields := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	return "_" + strings.Join(fields, "_") + "_"
}

// resembling is Nearest by the characters alone.
func resembling(name string, known []string) string {
	nearest, best := "", -1
	for _, candidate := range known {
		distance := 0
		if !strings.EqualFold(name, candidate) {
			a, b := []rune(strings.ToLower(name)), []rune(strings.ToLower(candidate))
			// A name longer than this is no slip of the keyboard, and comparing
			// it would take time that grows with the square of its length.
			if len(a) > maxComparedRunes || len(b) > maxComparedRunes {
				continue
			}
			limit := max(len(a), len(b)) / 3
			if max(len(a), len(b))-min(len(a), len(b)) > limit {
				continue
			}
			if distance = editDistance(a, b, limit); distance > limit {
				continue
			}
		}
		if best < 0 || distance < best || distance == best && candidate < nearest {
			nearest, best = candidate, distance
		}
	}
	return nearest
}

const maxComparedRunes = 200

// editDistance is the optimal string alignment distance: the number of
// insertions, deletions, substitutions and swaps of neighbouring characters
// that turn a into b, where no part is edited twice. Above limit it is any
// number above limit.
func editDistance(a, b []rune, limit int) int {
	before, previous, current := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range previous {
		previous[j] = j
	}
	for i := range a {
		current[0] = i + 1
		least := current[0]
		for j := range b {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			d := min(previous[j+1]+1, current[j]+1, previous[j]+cost)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				d = min(d, before[j-1]+1)
			}
			current[j+1] = d
			least = min(least, d)
		}
		// A swap reaches back one row further, and costs one.
		if least > limit+1 {
			return least
		}
		before, previous, current = previous, current, before
	}
	return previous[len(b)]
}
