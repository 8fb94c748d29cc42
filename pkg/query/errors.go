package query

import (
	"strconv"
	"unicode/utf8"

	"github.com/pullview/orders-datasource/pkg/message"
)

// Error is one thing that is wrong with a query. It is a mistake of whoever
// wrote the query, never of this code.
type Error struct {
	// Field leads to the value, as in step or filters[0].values[2]. It is empty
	// for the query as a whole.
	Field string
	// Message says what is wrong with the value and what to do.
	Message message.Message
}

func (e *Error) Error() string { return e.Text().String() }

// Text says where and what.
func (e *Error) Text() message.Message { return e.Message.At(e.Field) }

// Errors are all things that are wrong with a query, in the order of its
// fields, never empty. errors.As finds the first *Error in it.
type Errors []*Error

// maxReported keeps a message readable where a query is wrong all over.
const maxReported = 10

func (e Errors) Error() string { return e.Text().String() }

// Text lists the errors, one a line.
func (e Errors) Text() message.Message {
	if len(e) <= maxReported {
		return message.Join(e, "\n")
	}
	return message.New("%s\nand %d more", message.Join(e[:maxReported], "\n"), len(e)-maxReported)
}

func (e *Errors) add(field, format string, args ...any) {
	*e = append(*e, &Error{Field: field, Message: message.New(format, args...)})
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
