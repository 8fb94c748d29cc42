//go:build unix

package leash_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/internal/leash"
)

// When set, the test binary is an owner: it ties a child and a directory, tells its parent, and waits to be killed.
const ownerEnv = "LEASH_TEST_OWNER_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(ownerEnv); dir != "" {
		if err := own(dir); err != nil {
			fmt.Println("error:", err)
			os.Exit(1)
		}
		select {}
	}
	os.Exit(m.Run())
}

// own ties the child whose shell command the parent gave, and prints its process id.
func own(dir string) error {
	l, err := leash.New(leash.Options{Signal: "TERM", Remove: dir})
	if err != nil {
		return err
	}
	child := exec.Command("/bin/sh", "-c", os.Getenv("LEASH_TEST_CHILD"))
	if err := child.Start(); err != nil {
		return err
	}
	if err := l.Tie(child.Process); err != nil {
		return err
	}
	go func() { _ = child.Wait() }()
	fmt.Println(child.Process.Pid)
	return nil
}

func TestAKilledOwnerTakesItsChildAndDirectoryAlong(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "with a space and a 'quote'")
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "deep"), 0o700))
	owner, pid := startOwner(t, dir, "exec sleep 600")
	require.True(t, alive(pid))

	require.NoError(t, owner.Process.Kill())
	_ = owner.Wait()

	require.Eventually(t, func() bool { return !alive(pid) }, 20*time.Second, 10*time.Millisecond, "the child outlived its owner")
	require.Eventually(t, func() bool { return missing(dir) }, 20*time.Second, 10*time.Millisecond, "the directory outlived its owner")
}

func TestAReleasedLeashDoesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l, err := leash.New(leash.Options{Remove: dir})
	require.NoError(t, err)
	child := exec.Command("sleep", "600")
	require.NoError(t, child.Start())
	defer func() {
		_ = child.Process.Kill()
		_ = child.Wait()
	}()
	require.NoError(t, l.Tie(child.Process))
	require.NoError(t, l.Untie())
	require.NoError(t, l.Tie(child.Process))

	l.Release()
	l.Release()

	assert.True(t, alive(child.Process.Pid))
	assert.False(t, missing(dir))
	assert.ErrorIs(t, l.Tie(child.Process), os.ErrClosed)
	assert.ErrorIs(t, l.Untie(), os.ErrClosed)
}

func TestARelativeDirectoryIsRefused(t *testing.T) {
	t.Parallel()
	_, err := leash.New(leash.Options{Remove: "somewhere"})
	assert.ErrorContains(t, err, "somewhere")
}

func startOwner(t *testing.T, dir, child string) (owner *exec.Cmd, childPID int) {
	t.Helper()
	exe, err := os.Executable()
	require.NoError(t, err)
	owner = exec.Command(exe)
	owner.Env = append(os.Environ(), ownerEnv+"="+dir, "LEASH_TEST_CHILD="+child)
	out, err := owner.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, owner.Start())
	t.Cleanup(func() { _ = owner.Process.Kill() })
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	childPID, err = strconv.Atoi(strings.TrimSpace(line))
	require.NoError(t, err, line)
	return owner, childPID
}

// alive tells whether a process has the id. A zombie counts as dead on Linux: an orphan is reaped by whoever adopts it.
func alive(pid int) bool {
	if err := syscall.Kill(pid, 0); err != nil {
		return false
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return true
	}
	_, state, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(state, "Z")
}

func missing(path string) bool {
	_, err := os.Lstat(path)
	return os.IsNotExist(err)
}
