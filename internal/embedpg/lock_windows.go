package embedpg

import (
	"os"
	"path/filepath"
)

// claim marks dir as owned by this process until the file that it returns is closed: Windows removes no open file.
func claim(dir string) (*os.File, error) {
	return os.OpenFile(filepath.Join(dir, "owner"), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
}

// abandoned tells whether dir was claimed by a process that is gone. If so this process owns it until the file that is
// returned is closed.
func abandoned(dir string) (*os.File, bool) {
	if os.Remove(filepath.Join(dir, "owner")) != nil {
		return nil, false
	}
	file, err := claim(dir)
	return file, err == nil
}
