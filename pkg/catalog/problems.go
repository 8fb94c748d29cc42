package catalog

import (
	"fmt"
	"strings"
)

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

// Errors are all problems of a catalog, sorted by path. It is the error that
// [Parse] returns, never empty.
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
