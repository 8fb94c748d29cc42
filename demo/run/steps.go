package main

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/term"
)

// steps tells somebody who waits what is going on.
type steps struct {
	out      *os.File
	inPlace  bool // the output is a terminal, where a line can be written again
	tellNext time.Time
}

func newSteps(out *os.File) *steps {
	return &steps{out: out, inPlace: term.IsTerminal(int(out.Fd())) && os.Getenv("TERM") != "dumb"}
}

// say writes a line.
func (s *steps) say(format string, values ...any) {
	if s.inPlace {
		fmt.Fprint(s.out, "\r\x1b[K")
	}
	fmt.Fprintf(s.out, format+"\n", values...)
}

// progress writes how far something has come: over the line before on a terminal, and elsewhere as a line
// every other second.
func (s *steps) progress(format string, values ...any) {
	now := time.Now()
	if now.Before(s.tellNext) {
		return
	}
	if s.inPlace {
		s.tellNext = now.Add(100 * time.Millisecond)
		fmt.Fprintf(s.out, "\r\x1b[K"+format, values...)
		return
	}
	s.tellNext = now.Add(2 * time.Second)
	fmt.Fprintf(s.out, format+"\n", values...)
}
