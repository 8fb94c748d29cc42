package query

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Error is one thing that is wrong with a query. It is a mistake of whoever
// wrote the query, never of this code.
type Error struct {
	// Field leads to the value, as in step or filters[0].values[2]. It is empty
	// for the query as a whole.
	Field string
	// Message says what is wrong with the value and what to do.
	Message string
}

func (e *Error) Error() string {
	if e.Field == "" {
		return e.Message
	}
	return e.Field + ": " + e.Message
}

// Errors are all things that are wrong with a query, in the order of its
// fields, never empty. errors.As finds the first *Error in it.
type Errors []*Error

// maxReported keeps a message readable where a query is wrong all over.
const maxReported = 10

func (e Errors) Error() string {
	var b strings.Builder
	for i, problem := range e {
		if i == maxReported {
			fmt.Fprintf(&b, "\nand %d more", len(e)-i)
			break
		}
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(problem.Error())
	}
	return b.String()
}

func (e *Errors) add(field, format string, args ...any) {
	*e = append(*e, &Error{Field: field, Message: fmt.Sprintf(format, args...)})
}

// Unwrap makes the single errors visible to errors.Is and errors.As.
func (e Errors) Unwrap() []error {
	errs := make([]error, len(e))
	for i, problem := range e {
		errs[i] = problem
	}
	return errs
}

// quote returns s in double quotes for a message, shortened when it is long.
func quote(s string) string {
	const most = 60
	if len(s) <= most {
		return strconv.Quote(s)
	}
	cut := most
	for !utf8.RuneStart(s[cut]) {
		cut--
	}
	return strconv.Quote(s[:cut]) + "…"
}
