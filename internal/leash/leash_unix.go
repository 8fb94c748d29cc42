//go:build unix

package leash

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
)

// The watcher. Each line that it reads is the id of the process that is tied from now on, or empty for none. The end of
// the input is the death of the owner. $1 is the signal, $2 the directory.
const script = `
pid=
while read -r line; do pid=$line; done
if [ -n "$pid" ] && kill -s "$1" "$pid" 2>/dev/null; then
	tries=0
	while kill -0 "$pid" 2>/dev/null && [ "$tries" -lt 100 ]; do
		sleep 0.1 || sleep 1
		tries=$((tries + 1))
	done
	kill -s KILL "$pid" 2>/dev/null
fi
if [ -n "$2" ]; then rm -rf -- "$2"; fi
`

// A Leash holds at most one process. Its methods may be called from several goroutines.
type Leash struct {
	mu      sync.Mutex
	watcher *exec.Cmd
	orders  io.WriteCloser // nil after Release
}

// New starts the watcher. The caller releases the leash once the process has ended and the directory is removed.
func New(options Options) (*Leash, error) {
	if err := options.validate(); err != nil {
		return nil, err
	}
	signal := options.Signal
	if signal == "" {
		signal = "KILL"
	}
	watcher := exec.Command("/bin/sh", "-c", script, "leash", signal, options.Remove)
	watcher.Dir = "/"
	// Its own session: Ctrl-C in a terminal reaches the owner, which then ends things in its own order.
	watcher.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	orders, err := watcher.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("leash: %w", err)
	}
	if err := watcher.Start(); err != nil {
		return nil, fmt.Errorf("leash: cannot start the watcher: %w", err)
	}
	return &Leash{watcher: watcher, orders: orders}, nil
}

// Tie puts process on the leash, in place of the one that was on it. Once the process has been waited for, its id may
// belong to a stranger: call Untie or Release right after Wait.
func (l *Leash) Tie(process *os.Process) error {
	return l.order(fmt.Sprintf("%d\n", process.Pid))
}

// Untie leaves no process on the leash. The directory stays on it.
func (l *Leash) Untie() error {
	return l.order("\n")
}

func (l *Leash) order(line string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.orders == nil {
		return os.ErrClosed
	}
	if _, err := io.WriteString(l.orders, line); err != nil {
		return fmt.Errorf("leash: the watcher is gone: %w", err)
	}
	return nil
}

// Release ends the watcher, which then does nothing. A second call has no effect.
func (l *Leash) Release() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.orders == nil {
		return
	}
	// Killed before its input is closed: it must not take the closing for the owner's death.
	_ = l.watcher.Process.Kill()
	_ = l.watcher.Wait()
	_ = l.orders.Close()
	l.orders = nil
}
