package main

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"time"
)

// processTime returns how long a process has used a CPU. It fails where the
// system has no /proc.
func processTime(pid int) (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	// The name of the program stands in brackets and may hold anything.
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	const user, system, perSecond = 11, 12, 100 // proc(5), counted from the state; ticks as on every Linux
	if len(fields) <= system {
		return 0, fmt.Errorf("/proc/%d/stat has %d fields", pid, len(fields))
	}
	ticks := 0
	for _, field := range []int{user, system} {
		n, err := strconv.Atoi(string(fields[field]))
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	return time.Duration(ticks) * time.Second / perSecond, nil
}

var residentPeak = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// peakMemory returns the most that a process ever held in memory, in bytes.
func peakMemory(pid int) (int64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	found := residentPeak.FindSubmatch(status)
	if found == nil {
		return 0, fmt.Errorf("/proc/%d/status does not tell the memory in use", pid)
	}
	kib, err := strconv.ParseInt(string(found[1]), 10, 64)
	return kib << 10, err
}
