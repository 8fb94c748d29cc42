package catalog

import "strings"

// Nearest returns the name of known that the writer of name most likely meant,
// or "" where none is near: one that differs in case only, else the one at the
// smallest edit distance, counting a swap of neighbours as one edit, up to a
// third of the longer name's characters. Of several at the same distance the
// first in alphabetical order wins, so the answer does not depend on the order
// of known.
func Nearest(name string, known []string) string {
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
