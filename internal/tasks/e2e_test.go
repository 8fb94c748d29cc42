package tasks

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestBrowserTestsOfSeveralVisitsAreCountedTogether(t *testing.T) {
	t.Parallel()
	var counts browserCounts
	require.NoError(t, counts.add([]byte(`{"stats": {"expected": 12, "skipped": 0, "unexpected": 0, "flaky": 0}}`)))
	assert.Equal(t, "12 browser tests passed", counts.summary())
	require.NoError(t, counts.add([]byte(`{"stats": {"expected": 2, "skipped": 3, "unexpected": 0, "flaky": 1}}`)))
	assert.Equal(t, "15 browser tests passed, 1 of them at the second try, 3 skipped", counts.summary())
}

func TestAVisitWithoutTestsIsAFailure(t *testing.T) {
	t.Parallel()
	var counts browserCounts
	assert.ErrorContains(t, counts.add([]byte(`{"stats": {"expected": 0, "skipped": 4}}`)), "no browser test was run")
	assert.ErrorContains(t, counts.add([]byte(`{`)), "read Playwright's report")
}

func TestWithoutAGrafanaTheBrowserTestsSayThatTheyAreNotRun(t *testing.T) {
	t.Setenv("GRAFANA_URL", "")
	t.Setenv("GRAFANA_HOME", "")
	t.Setenv("PATH", t.TempDir())
	summary, err := browseIfPossible(t.Context(), io.Discard)
	require.NoError(t, err)
	assert.Equal(t, "browser tests not run: GRAFANA_HOME is not set and there is no grafana on the PATH", summary)
}

func TestAGrafanaHomeThatIsNoneFailsTheBrowserTests(t *testing.T) {
	t.Setenv("GRAFANA_URL", "")
	t.Setenv("GRAFANA_HOME", t.TempDir())
	_, err := browseIfPossible(t.Context(), io.Discard)
	assert.ErrorContains(t, err, "where there is no bin/grafana")
}

func TestTheBrowserThatIsNamedIsTaken(t *testing.T) {
	path := filepath.Join(t.TempDir(), "browser.exe")
	require.NoError(t, os.WriteFile(path, []byte("#!/bin/sh\n"), 0o755))
	t.Setenv(browserVariable, path)
	found, err := findBrowser(t.Context())
	require.NoError(t, err)
	assert.Equal(t, path, found)

	t.Setenv(browserVariable, path+".none")
	_, err = findBrowser(t.Context())
	assert.ErrorContains(t, err, "CHROMIUM_PATH is "+path+".none")
}
