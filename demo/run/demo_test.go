package main

import (
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The whole demo, in a folder for temporary files of its own. Not in parallel: it sets a variable.
func TestDemoShowsItsPanelsAndLeavesNothing(t *testing.T) {
	plugin := t.TempDir()
	manifest, err := os.ReadFile("../../plugin.json")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(plugin, "plugin.json"), manifest, 0o644))
	out, err := exec.Command("go", "build", "-o", filepath.Join(plugin, programName(runtime.GOOS, runtime.GOARCH)), "../../pkg").CombinedOutput()
	require.NoError(t, err, "%s", out)
	temporary := t.TempDir()
	require.NoError(t, os.Chmod(temporary, 0o755)) // the server may run as another user
	t.Setenv("TMPDIR", temporary)

	in, pipe, err := os.Pipe()
	require.NoError(t, err)
	defer in.Close()
	read := make(chan string)
	go func() {
		text, _ := io.ReadAll(in)
		read <- string(text)
	}()
	begun := time.Now()
	require.NoError(t, run(t.Context(), []string{
		"-view", "terminal", "-days", "9", "-rate", "0.1", "-plugin", plugin, "-provisioning", "../../provisioning",
	}, "3s", pipe))
	assert.Greater(t, time.Since(begun), 3*time.Second)
	require.NoError(t, pipe.Close())
	text := <-read

	assert.Contains(t, text, "The orders store holds ")
	assert.Contains(t, text, "SALES LIVE")
	assert.Contains(t, text, "SHOPPING CARTS")
	assert.NotContains(t, text, "✗", "no panel and no rule has an error")
	assert.Regexp(t, `Revenue today +R\$[0-9.]+K? [+-][0-9.]+% vs 1w`, text)
	address := regexp.MustCompile(`http://127\.0\.0\.1:\d+`).FindString(text)
	require.NotEmpty(t, address)
	_, err = http.Get(address + "/healthz")
	assert.Error(t, err, "the shop is closed")
	left, err := os.ReadDir(temporary)
	require.NoError(t, err)
	assert.Empty(t, left)
}
