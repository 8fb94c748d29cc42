//go:build unix

package tasks

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestACancelledCommandTakesItsChildrenAlong(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var out lockedText
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, &out, "sh", "-c", "sleep 600 & echo $!; wait") }()
	waitUntil(t, func() bool { return strings.HasSuffix(out.String(), "\n") })

	cancel()

	assert.ErrorIs(t, <-ended, context.Canceled)
	waitUntil(t, func() bool { return !running(t, strings.TrimSpace(out.String())) })
}

func TestACancelledGoTestTakesItsTestsAlong(t *testing.T) {
	chdirModule(t, map[string]string{
		"go.mod": "module sample\n\ngo 1.26\n",
		"slow/slow_test.go": `package slow
import ("fmt"; "os"; "testing"; "time")
func TestSlow(t *testing.T) {
	if err := os.WriteFile("started", []byte(fmt.Sprint(os.Getpid())), 0o600); err != nil { t.Fatal(err) }
	time.Sleep(time.Hour)
}`})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	var out lockedText
	go func() {
		_, err := testGo(ctx, &out)
		ended <- err
	}()
	var pid string
	waitUntil(t, func() bool {
		text, _ := os.ReadFile(filepath.Join("slow", "started"))
		pid = string(text)
		return pid != ""
	})

	cancel()

	assert.ErrorIs(t, <-ended, context.Canceled)
	waitUntil(t, func() bool { return !running(t, pid) })
}

func TestAMissingProgramIsNamed(t *testing.T) {
	t.Parallel()
	err := run(t.Context(), io.Discard, "no-such-program", "--flag")
	assert.ErrorContains(t, err, `"no-such-program --flag" needs no-such-program, which is not on PATH`)
}

func TestAProgramRunsWithItsExitCode(t *testing.T) {
	chdirModule(t, map[string]string{
		"go.mod":       "module sample\n\ngo 1.26\n",
		"fine/main.go": "package main\n\nimport \"os\"\n\nfunc main() { _ = os.WriteFile(\"ran\", nil, 0o600) }\n",
		"bad/main.go":  "package main\n\nimport \"os\"\n\nfunc main() { os.Exit(3) }\n",
	})
	require.NoError(t, runProgram(t.Context(), "./fine"))
	assert.FileExists(t, "ran")
	assert.FileExists(t, filepath.Join(".cache", "bin", "fine"))
	assert.ErrorContains(t, runProgram(t.Context(), "./bad"), "./bad: exit status 3")
	assert.ErrorContains(t, runProgram(t.Context(), "./missing"), "go build")
}

func TestATerminatedSessionInterruptsItsProgram(t *testing.T) {
	chdirModule(t, map[string]string{
		"go.mod": "module sample\n\ngo 1.26\n",
		"polite/main.go": `package main

import (
	"os"
	"os/signal"
)

func main() {
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, os.Interrupt)
	_ = os.WriteFile("started", nil, 0o600)
	<-interrupted
	_ = os.WriteFile("cleaned up", nil, 0o600)
}
`,
	})
	ended := make(chan error, 1)
	go func() { ended <- runProgram(t.Context(), "./polite") }()
	waitUntil(t, func() bool { return exists("started") })

	require.NoError(t, syscall.Kill(os.Getpid(), syscall.SIGTERM)) // which this process survives while a session listens

	assert.NoError(t, <-ended)
	assert.FileExists(t, "cleaned up")
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func waitUntil(t *testing.T, condition func() bool) {
	t.Helper()
	require.Eventually(t, condition, time.Minute, 10*time.Millisecond)
}

// running tells whether a process has the id. A zombie counts as ended on Linux: an orphan is reaped by whoever adopts it.
func running(t *testing.T, id string) bool {
	t.Helper()
	pid, err := strconv.Atoi(id)
	require.NoError(t, err)
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	stat, err := os.ReadFile(filepath.Join("/proc", id, "stat"))
	if err != nil {
		return true
	}
	_, state, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(state, "Z")
}
