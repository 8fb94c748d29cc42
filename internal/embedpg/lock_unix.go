//go:build unix

package embedpg

import (
	"os"
	"path/filepath"
	"syscall"
)

// claim marks dir as owned by this process until the file that it returns is closed, at the latest when this process
// ends: the kernel drops the lock then. Process ids would not do, since they are used again.
func claim(dir string) (*os.File, error) {
	file, err := os.CreateTemp(dir, "owner-")
	if err != nil {
		return nil, err
	}
	// Named only once it is locked, so that no sweeper finds it unlocked.
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		err = os.Rename(file.Name(), filepath.Join(dir, "owner"))
	}
	if err != nil {
		_ = file.Close()
		return nil, err
	}
	return file, nil
}

// abandoned tells whether dir was claimed by a process of this user that is gone. If so this process owns it until the
// file that is returned is closed.
func abandoned(dir string) (*os.File, bool) {
	info, err := os.Lstat(dir)
	if err != nil || !info.IsDir() {
		return nil, false
	}
	if stat, ok := info.Sys().(*syscall.Stat_t); !ok || int(stat.Uid) != os.Geteuid() {
		return nil, false
	}
	file, err := os.Open(filepath.Join(dir, "owner"))
	if err != nil {
		return nil, false
	}
	if syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil {
		_ = file.Close()
		return nil, false
	}
	return file, true
}
