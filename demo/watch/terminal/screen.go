// Package terminal shows a board in a terminal, where it redraws in place and listens to keys, or on any
// other output as one plain frame of text after another.
package terminal

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"golang.org/x/term"
)

const (
	leastWidth   = 60
	defaultWidth = 80
)

// Screen is where frames are shown. It is for one goroutine, but for Keys.
type Screen struct {
	out         *os.File
	in          *os.File
	interactive bool
	colours     bool
	restore     *term.State
	keys        chan string
	height      int
	scroll      int
}

// Open takes an output and, for its keys, an input. Where the output is a terminal the screen is switched to
// an empty one until Close. Colours are used on a terminal, unless the variable NO_COLOR is set.
func Open(out, in *os.File) (*Screen, error) {
	s := &Screen{out: out, in: in, keys: make(chan string)}
	s.interactive = term.IsTerminal(int(out.Fd())) && os.Getenv("TERM") != "dumb"
	if !s.interactive {
		return s, nil
	}
	s.colours = os.Getenv("NO_COLOR") == ""
	if term.IsTerminal(int(in.Fd())) {
		state, err := term.MakeRaw(int(in.Fd()))
		if err != nil {
			return nil, fmt.Errorf("read keys from the terminal: %w", err)
		}
		s.restore = state
		go s.listen()
	}
	// The alternate screen, without a cursor.
	_, err := io.WriteString(out, "\x1b[?1049h\x1b[?25l")
	return s, err
}

// Interactive reports whether frames are redrawn in place.
func (s *Screen) Interactive() bool { return s.interactive }

// HasKeys reports whether somebody can press keys.
func (s *Screen) HasKeys() bool { return s.restore != nil }

// Colours reports whether frames may have colours.
func (s *Screen) Colours() bool { return s.colours }

// Width is the number of cells of a line: the terminal's, else that of the variable COLUMNS, else 80.
func (s *Screen) Width() int {
	width := defaultWidth
	if n, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil {
		width = n
	}
	if s.interactive {
		if w, h, err := term.GetSize(int(s.out.Fd())); err == nil && w > 0 {
			width, s.height = w, h
		}
	}
	return max(width, leastWidth)
}

// Keys are the keys that are pressed: a character, or "up", "down", "left", "right" or "interrupt".
func (s *Screen) Keys() <-chan string { return s.keys }

// listen reads keys until the input ends. It goes on while the process lives: a read cannot be interrupted.
func (s *Screen) listen() {
	buffer := make([]byte, 16)
	for {
		n, err := s.in.Read(buffer)
		if err != nil {
			return
		}
		s.keys <- keyOf(string(buffer[:n]))
	}
}

func keyOf(pressed string) string {
	switch pressed {
	case "\x1b[A":
		return "up"
	case "\x1b[B":
		return "down"
	case "\x1b[C", "\t":
		return "right"
	case "\x1b[D":
		return "left"
	case "\x03", "\x04":
		return "interrupt"
	}
	return pressed
}

// Scroll moves the visible part of a frame that is longer than the terminal.
func (s *Screen) Scroll(by int) { s.scroll = max(0, s.scroll+by) }

// Show shows a frame.
func (s *Screen) Show(lines []string) error {
	if !s.interactive {
		_, err := io.WriteString(s.out, strings.Join(lines, "\n")+"\n\n")
		return err
	}
	s.scroll = min(s.scroll, max(0, len(lines)-s.height))
	if s.height > 0 && len(lines) > s.height {
		lines = lines[s.scroll : s.scroll+s.height]
	}
	// Over the frame before, line by line, so that nothing flickers.
	_, err := io.WriteString(s.out, "\x1b[H"+strings.Join(lines, "\x1b[K\r\n")+"\x1b[K\x1b[J")
	return err
}

// Close gives the terminal back as it was.
func (s *Screen) Close() error {
	if !s.interactive {
		return nil
	}
	_, err := io.WriteString(s.out, "\x1b[?25h\x1b[?1049l")
	if s.restore != nil {
		if restoreErr := term.Restore(int(s.in.Fd()), s.restore); err == nil {
			err = restoreErr
		}
	}
	return err
}
