package catalog

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/pullview/orders-datasource/pkg/message"
)

// ErrEmpty is the error of [Parse] for a data source to which no catalog was
// given yet.
var ErrEmpty = message.Errorf("the data source has no catalog yet; discover tables and metrics in its settings, or declare them there or under jsonData.catalog in a provisioning file")

// Problem is one thing that is wrong with a catalog.
type Problem struct {
	// Path leads to the value, as in metrics.faturamento.denominator or
	// tables.orders.records[2]. It is empty for the catalog as a whole.
	Path string
	// Message says what is wrong with the value and what to do.
	Message message.Message
}

// Text says where and what.
func (p Problem) Text() message.Message { return p.Message.At(p.Path) }

func (p Problem) String() string { return p.Text().String() }

// Errors are all problems of a catalog, up to a hundred, sorted by path. It is
// the error that [Parse] returns, never empty.
type Errors []Problem

func (e Errors) Error() string { return e.Text().String() }

// Text lists all problems.
func (e Errors) Text() message.Message {
	if len(e) == 1 {
		return message.New("the catalog has a problem: %s", e[0])
	}
	return message.New("%s:\n- %s", e.Count(), message.Join(e, "\n- "))
}

// Count says how many problems there are.
func (e Errors) Count() message.Message {
	return message.Counted(len(e), "the catalog has %d problem", "the catalog has %d problems")
}

// Texts returns what each problem is.
func (e Errors) Texts() []message.Message { return message.Texts(e) }

// problems collects what is wrong.
type problems struct {
	list []Problem
	at   map[string]bool
}

func (p *problems) add(path, format string, args ...any) {
	p.list = append(p.list, Problem{Path: path, Message: message.New(format, args...)})
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
		p.list = append(p.list[:maxProblems], Problem{Message: message.New("and %d problems more", more)})
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
func (p *problems) didYouMean(name string, known []string) message.Message {
	if len(p.list) >= maxProblems {
		return message.Message{}
	}
	if nearest := Nearest(name, known); nearest != "" {
		return message.New("; did you mean %s?", quote(nearest))
	}
	return message.Message{}
}
