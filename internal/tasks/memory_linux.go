package tasks

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"syscall"
)

const (
	gib = 1 << 30

	sharedMemory    = "/dev/shm"
	tmpfsMagic      = 0x01021994 // statfs(2)
	mountedNoExec   = 0x8        // ST_NOEXEC in statvfs(3)
	leastFreeSpace  = 4 * gib
	leastFreeMemory = 8 * gib
)

// memoryForFiles returns a directory whose files are kept in memory, or "" where there is none with plenty of room. The
// tests make dozens of database clusters of a thousand files each, and most of that time goes to the file system.
func memoryForFiles() string {
	var fs syscall.Statfs_t
	if syscall.Statfs(sharedMemory, &fs) != nil || int64(fs.Type) != tmpfsMagic || fs.Flags&mountedNoExec != 0 {
		return ""
	}
	// A container's is 64 MB unless somebody gave it more on purpose.
	if fs.Bavail*uint64(fs.Bsize) < leastFreeSpace || availableMemory() < leastFreeMemory {
		return ""
	}
	return sharedMemory
}

// availableMemory is what new programs could use, in bytes; 0 where that is unknown.
func availableMemory() uint64 {
	file, err := os.Open("/proc/meminfo")
	if err != nil {
		return 0
	}
	defer func() { _ = file.Close() }()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if text, ok := strings.CutPrefix(lines.Text(), "MemAvailable:"); ok {
			var kilobytes uint64
			_, _ = fmt.Sscanf(text, "%d kB", &kilobytes)
			return kilobytes << 10
		}
	}
	return 0
}
