package tasks

import (
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPackagesAreInstalledWhenTheLockFileIsNewer(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	lock, installed := filepath.Join(dir, "package-lock.json"), filepath.Join(dir, "installed.json")
	now := time.Now()

	_, err := newer(installed, lock)
	assert.ErrorIs(t, err, os.ErrNotExist, "without a lock file nothing can be said")

	touch(t, lock, now)
	current, err := newer(installed, lock)
	require.NoError(t, err)
	assert.False(t, current, "nothing is installed")

	for age, want := range map[time.Duration]bool{-time.Hour: false, 0: true, time.Hour: true} {
		touch(t, installed, now.Add(age))
		current, err := newer(installed, lock)
		require.NoError(t, err)
		assert.Equal(t, want, current, "installed %s after the lock file", age)
	}
}

func TestInstalledPackagesAreLeftAlone(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("PATH", t.TempDir()) // so that npm cannot be run
	require.NoError(t, os.Mkdir("node_modules", 0o755))
	touch(t, "package-lock.json", time.Now().Add(-time.Hour))
	touch(t, filepath.Join("node_modules", ".package-lock.json"), time.Now())
	_, err := installModules(t.Context(), io.Discard)
	assert.NoError(t, err)

	touch(t, "package-lock.json", time.Now().Add(time.Hour))
	_, err = installModules(t.Context(), io.Discard)
	assert.ErrorContains(t, err, "needs npm, which is not on PATH")
}

func TestJestsReportIsSummarised(t *testing.T) {
	t.Parallel()
	for report, want := range map[string]string{
		`{"numPassedTests": 85, "numPendingTests": 0, "numTodoTests": 0}`: "85 frontend tests passed",
		`{"numPassedTests": 85, "numPendingTests": 2, "numTodoTests": 1}`: "85 frontend tests passed, 3 skipped",
	} {
		got, err := summarizeJest([]byte(report))
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
	_, err := summarizeJest([]byte("<html>"))
	assert.ErrorContains(t, err, "jest's report")
}

func touch(t *testing.T, path string, at time.Time) {
	t.Helper()
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	require.NoError(t, os.Chtimes(path, at, at))
}
