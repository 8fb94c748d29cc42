package embedpg

import (
	"os/exec"
	"syscall"
)

// An account is an unprivileged user as whom the server runs. On Windows it is always the user of this process, who
// must not be an administrator.
type account struct{ name string }

func unprivileged() (*account, error) { return nil, nil }

// detach keeps Ctrl-C in a console away from the server: it is for this process, which then stops the server.
func (a *account) detach(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}

func (a *account) own(string) error { return nil }

func (a *account) reaches(string) bool { return true }

func (a *account) runs(program, dir string) bool {
	cmd := exec.Command(program, "--version")
	cmd.Dir = dir
	return cmd.Run() == nil
}
