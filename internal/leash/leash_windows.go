package leash

import (
	"fmt"
	"os"
	"sync"
	"unsafe"

	"golang.org/x/sys/windows"
)

// A Leash holds at most one process. Its methods may be called from several goroutines.
type Leash struct {
	mu  sync.Mutex
	job windows.Handle // 0 after Release
}

// New makes the job object. The caller releases the leash once the process has ended.
func New(options Options) (*Leash, error) {
	if err := options.validate(); err != nil {
		return nil, err
	}
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return nil, fmt.Errorf("leash: cannot create a job object: %w", err)
	}
	limits := windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION{
		BasicLimitInformation: windows.JOBOBJECT_BASIC_LIMIT_INFORMATION{LimitFlags: windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE},
	}
	_, err = windows.SetInformationJobObject(job, windows.JobObjectExtendedLimitInformation,
		uintptr(unsafe.Pointer(&limits)), uint32(unsafe.Sizeof(limits)))
	if err != nil {
		_ = windows.CloseHandle(job)
		return nil, fmt.Errorf("leash: cannot configure a job object: %w", err)
	}
	return &Leash{job: job}, nil
}

// Tie puts process on the leash; processes that it starts later are on it too.
func (l *Leash) Tie(process *os.Process) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.job == 0 {
		return os.ErrClosed
	}
	handle, err := windows.OpenProcess(windows.PROCESS_SET_QUOTA|windows.PROCESS_TERMINATE, false, uint32(process.Pid))
	if err != nil {
		return fmt.Errorf("leash: cannot open process %d: %w", process.Pid, err)
	}
	defer func() { _ = windows.CloseHandle(handle) }()
	if err := windows.AssignProcessToJobObject(l.job, handle); err != nil {
		return fmt.Errorf("leash: cannot tie process %d: %w", process.Pid, err)
	}
	return nil
}

// Untie does nothing: a process leaves its job by ending.
func (l *Leash) Untie() error { return nil }

// Release closes the job, which ends what is still in it. A second call has no effect.
func (l *Leash) Release() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.job != 0 {
		_ = windows.CloseHandle(l.job)
		l.job = 0
	}
}
