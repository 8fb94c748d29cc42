package main

import (
	"os"
	"os/exec"
	"syscall"
)

// apart keeps Ctrl-C from a child: it is this process that ends it, in the right order.
func apart(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}

func askToEnd(process *os.Process) error { return process.Kill() }
