package catalog

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// ErrEmpty is the error of [Parse] for a data source to which no catalog was
// given yet.
var ErrEmpty = errors.New("the data source has no catalog yet; discover tables and metrics in its settings, or declare them there or under jsonData.catalog in a provisioning file")

// Problem is one thing that is wrong with a catalog.
type Problem struct {
	// Path leads to the value, as in metrics.faturamento.denominator or
	// tables.orders.records[2]. It is empty for the catalog as a whole.
	Path string
	// Message says what is wrong with the value and what to do.
	Message string
}

func (p Problem) String() string {
	if p.Path == "" {
		return p.Message
	}
	return p.Path + ": " + p.Message
}

// Errors are all problems of a catalog, up to a hundred, sorted by path. It is
// the error that [Parse] returns, never empty.
type Errors []Problem

func (e Errors) Error() string {
	if len(e) == 1 {
		return "the catalog has a problem: " + e[0].String()
	}
	var b strings.Builder
	fmt.Fprintf(&b, "the catalog has %d problems:", len(e))
	for _, p := range e {
		b.WriteString("\n- ")
		b.WriteString(p.String())
	}
	return b.String()
}

// problems collects what is wrong.
type problems struct {
	list []Problem
	at   map[string]bool
}

func (p *problems) add(path, format string, args ...any) {
	p.list = append(p.list, Problem{Path: path, Message: fmt.Sprintf(format, args...)})
	if p.at == nil {
		p.at = map[string]bool{}
	}
	p.at[path] = true
}

func (p *problems) errors() error {
	if len(p.list) == 0 {
		return nil
	}
	slices.SortStableFunc(p.list, func(a, b Problem) int { return strings.Compare(a.Path, b.Path) })
	if more := len(p.list) - maxProblems; more > 0 {
		p.list = append(p.list[:maxProblems], Problem{Message: fmt.Sprintf("and %d problems more", more)})
	}
	return Errors(p.list)
}

// join is the path of a key below a path.
func join(path, key string) string {
	switch {
	case !isName(key):
		return path + "[" + quote(key) + "]"
	case path == "":
		return key
	default:
		return path + "." + key
	}
}

// at is the path of a list's item.
func at(path string, index int) string {
	return path + "[" + strconv.Itoa(index) + "]"
}

// maxShownRunes is how much of a value an error message repeats.
const maxShownRunes = 80

func quote(value string) string { return strconv.Quote(clip(value)) }

func clip(value string) string {
	if utf8.RuneCountInString(value) <= maxShownRunes {
		return value
	}
	return string([]rune(value)[:maxShownRunes]) + "…"
}

// didYouMean ends a message about an unknown name, or is empty. Beyond the
// problems that are shown nobody reads it, and the search takes time.
func (p *problems) didYouMean(name string, known []string) string {
	if len(p.list) >= maxProblems {
		return ""
	}
	if nearest := Nearest(name, known); nearest != "" {
		return "; did you mean " + quote(nearest) + "?"
	}
	return ""
}
