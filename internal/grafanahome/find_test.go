package grafanahome_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/internal/grafanahome"
)

// installation is a folder that looks like an unpacked Grafana.
func installation(t *testing.T, programs ...string) string {
	t.Helper()
	home := t.TempDir()
	for _, name := range append([]string{"conf/defaults.ini"}, programs...) {
		path := filepath.Join(home, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte("#!/bin/sh\n"), 0o755))
	}
	return home
}

func TestGrafanaIsFoundInItsHome(t *testing.T) {
	t.Parallel()
	home := installation(t, "bin/grafana")
	found, err := grafanahome.Find(home)
	require.NoError(t, err)
	assert.Equal(t, grafanahome.Installation{Program: filepath.Join(home, "bin", "grafana"), Args: []string{"server"}, Home: home}, found)

	home = installation(t, "bin/grafana-server")
	found, err = grafanahome.Find(home)
	require.NoError(t, err)
	assert.Equal(t, grafanahome.Installation{Program: filepath.Join(home, "bin", "grafana-server"), Home: home}, found)

	_, err = grafanahome.Find(installation(t))
	assert.ErrorContains(t, err, "where there is no bin/grafana")
	assert.NotErrorIs(t, err, grafanahome.ErrNone, "a home that is wrong is no reason to look elsewhere")
}

func TestGrafanaIsFoundOnThePath(t *testing.T) {
	home := installation(t, "bin/grafana")
	bin := t.TempDir()
	require.NoError(t, os.Symlink(filepath.Join(home, "bin", "grafana"), filepath.Join(bin, "grafana")))
	t.Setenv("PATH", bin)
	found, err := grafanahome.Find("")
	require.NoError(t, err)
	resolved, err := filepath.EvalSymlinks(home)
	require.NoError(t, err)
	assert.Equal(t, resolved, found.Home)

	t.Setenv("PATH", t.TempDir())
	_, err = grafanahome.Find("")
	assert.ErrorIs(t, err, grafanahome.ErrNone)
}
