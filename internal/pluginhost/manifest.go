package pluginhost

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

// A manifest is the part of plugin.json that Grafana needs to run the backend.
type manifest struct {
	ID         string `json:"id"`
	Executable string `json:"executable"`
	Info       struct {
		Version string `json:"version"`
	} `json:"info"`
}

func readManifest(dir string) (manifest, error) {
	path := filepath.Join(dir, "plugin.json")
	text, err := os.ReadFile(path)
	if err != nil {
		return manifest{}, fmt.Errorf("read the plugin's manifest: %w", err)
	}
	var m manifest
	if err := json.Unmarshal(text, &m); err != nil {
		return manifest{}, fmt.Errorf("read the plugin's manifest: %s: %w", path, err)
	}
	if m.ID == "" || m.Executable == "" {
		return manifest{}, fmt.Errorf("read the plugin's manifest: %s names no id or no executable", path)
	}
	return m, nil
}

// executable is where Grafana looks for the program of this machine.
func (m manifest) executable(dir string) (string, error) {
	name := fmt.Sprintf("%s_%s_%s", m.Executable, runtime.GOOS, runtime.GOARCH)
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	path, err := filepath.Abs(filepath.Join(dir, name))
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("the plugin's program %s does not exist: build it with \"go tool mage build\"", path)
	} else if err != nil {
		return "", err
	}
	return path, nil
}
