package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"time"
)

// What /proc/PID/stat tells, counted from the state; see proc(5).
const (
	statParent      = 1
	statUser        = 11
	statSystem      = 12
	statEndedUser   = 13 // of children that have ended
	statEndedSystem = 14
)

// processStat reads numbers that the system keeps of a process. It fails where
// the system has no /proc.
func processStat(pid int, fields ...int) ([]int, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil, err
	}
	// The name of the program stands in brackets and may hold anything.
	all := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	numbers := make([]int, len(fields))
	for i, field := range fields {
		if len(all) <= field {
			return nil, fmt.Errorf("/proc/%d/stat has %d fields", pid, len(all))
		}
		if numbers[i], err = strconv.Atoi(string(all[field])); err != nil {
			return nil, err
		}
	}
	return numbers, nil
}

// clockTicks is how long so many ticks are, as on every Linux.
func clockTicks(n int) time.Duration { return time.Duration(n) * time.Second / 100 }

// processTime returns how long a process has used a CPU.
func processTime(pid int) (time.Duration, error) {
	ticks, err := processStat(pid, statUser, statSystem)
	if err != nil {
		return 0, err
	}
	return clockTicks(ticks[0] + ticks[1]), nil
}

// processorTime returns how long the processes of the server have used a CPU,
// those that have ended among them, as parallel workers do. It is 0 where the
// system has no /proc.
func (s *shop) processorTime(ctx context.Context) (total time.Duration, err error) {
	pids, err := s.backends(ctx)
	if err != nil {
		return 0, err
	}
	for _, pid := range pids {
		used, _ := processTime(pid)
		total += used
	}
	if parent, err := processStat(pids[0], statParent); err == nil {
		if ended, err := processStat(parent[0], statEndedUser, statEndedSystem); err == nil {
			total += clockTicks(ended[0] + ended[1])
		}
	}
	return total, nil
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
