//go:build unix

package tasks

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
)

// endAsGroup makes cmd a process group that is ended as a whole: npm and go start the programs that do the work.
func endAsGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error {
		err := syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM)
		if errors.Is(err, syscall.ESRCH) {
			return os.ErrProcessDone
		}
		return err
	}
}
