package tasks

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/build"
	"github.com/grafana/grafana-plugin-sdk-go/build/buildinfo"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheEnvironmentDatesTheSource(t *testing.T) {
	t.Setenv(sourceDateEnv, "1700000000")
	date, err := sourceDate(t.Context())
	require.NoError(t, err)
	assert.Equal(t, int64(1_700_000_000), date.Unix())

	t.Setenv(sourceDateEnv, "yesterday")
	_, err = sourceDate(t.Context())
	assert.ErrorContains(t, err, `SOURCE_DATE_EPOCH is "yesterday"`)
}

func TestTheCommitDatesTheSource(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not on PATH")
	}
	t.Setenv(sourceDateEnv, "")
	t.Chdir(t.TempDir())
	_, err := sourceDate(t.Context())
	assert.ErrorContains(t, err, "set SOURCE_DATE_EPOCH to seconds since 1970, or build in a git clone")

	t.Setenv("GIT_COMMITTER_DATE", "2026-01-31T10:20:30Z")
	git(t, "init", "--quiet")
	git(t, "-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false",
		"commit", "--quiet", "--allow-empty", "--message", "Begin")
	date, err := sourceDate(t.Context())
	require.NoError(t, err)
	assert.True(t, date.Equal(time.Date(2026, 1, 31, 10, 20, 30, 0, time.UTC)), date)
}

func git(t *testing.T, args ...string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "git", args...).CombinedOutput()
	require.NoError(t, err, string(out))
}

func TestTheBackendTellsTheDateOfItsSource(t *testing.T) {
	t.Parallel()
	info := buildinfo.Info{Time: 1_700_000_000_000, PluginID: "sample-orders-datasource", Version: "1.2.3"}
	config, err := configure(info)(build.Config{Env: map[string]string{}})
	require.NoError(t, err)
	assert.Contains(t, config.CustomVars, "main.version")
	assert.Contains(t, config.CustomVars["github.com/grafana/grafana-plugin-sdk-go/build/buildinfo.buildInfoJSON"], `"time":1700000000000`)
	assert.Contains(t, config.Env["GOFLAGS"], "-trimpath")
}

func TestProgramsOfAnOlderBuildAreRemoved(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"gpx_orders_plan9_386", "module.js"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), nil, 0o600))
	}
	require.NoError(t, removeExecutables(dir))
	assert.NoFileExists(t, filepath.Join(dir, "gpx_orders_plan9_386"))
	assert.FileExists(t, filepath.Join(dir, "module.js"))
	assert.NoError(t, removeExecutables(filepath.Join(dir, "missing")))
}

func TestAPackageIsMadeOnlyOfWhatPassesTheReview(t *testing.T) {
	t.Chdir(t.TempDir())
	err := runSteps(context.Background(), &lockedText{}, packSteps(time.Now()))
	assert.ErrorContains(t, err, "review: read the built manifest")
	assert.NoDirExists(t, packages)
}
