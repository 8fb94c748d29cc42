//go:build unix

package embedpg

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// The signal that a leash gives: an immediate shutdown, since nobody needs the data any more.
const leashSignal = "QUIT"

// shutDown asks for a fast shutdown: sessions are ended, the data is checkpointed.
func (p *process) shutDown(*cluster) error { return p.signal(syscall.SIGINT) }

// crash kills the server and its children without a chance to clean up, as a machine's memory killer does.
func (p *process) crash() error {
	if p.ended() {
		return nil
	}
	// Stopped first, so that no child is born between the look and the kill.
	if err := p.signal(syscall.SIGSTOP); err != nil {
		return err
	}
	children, err := childrenOf(p.cmd.Process.Pid)
	for _, pid := range children {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	return errors.Join(err, p.signal(syscall.SIGKILL))
}

func (p *process) signal(signal syscall.Signal) error {
	if err := p.cmd.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	return nil
}

// childrenOf lists the processes that parent started and that have not been waited for.
func childrenOf(parent int) ([]int, error) {
	var children []int
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil, err
	}
	if len(stats) == 0 { // not Linux
		out, err := exec.Command("ps", "-A", "-o", "pid=,ppid=").Output()
		if err != nil {
			return nil, err
		}
		for line := range strings.Lines(string(out)) {
			if fields := strings.Fields(line); len(fields) == 2 && fields[1] == strconv.Itoa(parent) {
				if pid, err := strconv.Atoi(fields[0]); err == nil {
					children = append(children, pid)
				}
			}
		}
		return children, nil
	}
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		// proc_pid_stat(5): pid (name) state ppid …; the name may hold anything, a parenthesis too.
		end := strings.LastIndex(string(text), ")")
		fields := strings.Fields(string(text[end+1:]))
		if len(fields) > 1 && fields[1] == strconv.Itoa(parent) {
			if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path))); err == nil {
				children = append(children, pid)
			}
		}
	}
	return children, nil
}
