// Package logtail remembers the end of a child process's log, so that an error can carry the child's last words.
package logtail

import (
	"io"
	"strings"
	"sync"
)

// The number of bytes that are remembered: some 40 lines.
const size = 4 << 10

// A Tail passes on what is written to it and remembers the end. It may be used from several goroutines.
type Tail struct {
	next io.Writer
	mu   sync.Mutex
	last []byte
}

// New makes a Tail that passes everything on to next, which may be nil. Calls to next do not overlap; its errors are
// dropped, since a failing log must not stop the child.
func New(next io.Writer) *Tail { return &Tail{next: next} }

// Write never fails.
func (t *Tail) Write(text []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last = append(t.last, text...)
	if excess := len(t.last) - size; excess > 0 {
		t.last = append(t.last[:0], t.last[excess:]...)
	}
	if t.next != nil {
		_, _ = t.next.Write(text)
	}
	return len(text), nil
}

// String returns the end of what was written, without surrounding space. The first line may be cut.
func (t *Tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(string(t.last))
}
