//go:build unix

package tasks

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// When set, the test binary opens a session and writes to this file why it ended.
const sessionEnv = "TASKS_TEST_SESSION"

func TestMain(m *testing.M) {
	path := os.Getenv(sessionEnv)
	if path == "" {
		os.Exit(m.Run())
	}
	ctx, cancel := session(context.Background())
	defer cancel()
	_ = os.WriteFile(path+".started", nil, 0o600)
	<-ctx.Done()
	_ = os.WriteFile(path+".ending", []byte(context.Cause(ctx).Error()), 0o600)
	_ = os.Rename(path+".ending", path)
}

func TestASessionEndsWithTheProgramThatStartedIt(t *testing.T) {
	t.Parallel()
	exe, err := os.Executable()
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "cause")
	parent := exec.Command("sh", "-c", `"$0" & wait`, exe)
	parent.Env = append(os.Environ(), sessionEnv+"="+path)
	require.NoError(t, parent.Start())
	waitUntil(t, func() bool { return exists(path + ".started") })

	require.NoError(t, parent.Process.Kill())
	_ = parent.Wait()

	waitUntil(t, func() bool { return exists(path) })
	cause, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, errOrphaned.Error(), string(cause))
}
