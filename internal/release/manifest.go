package release

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// A manifest is the part of a built plugin.json that a release depends on.
type manifest struct {
	ID         string   `json:"id"`
	Name       string   `json:"name"`
	Type       string   `json:"type"`
	Backend    bool     `json:"backend"`
	Alerting   bool     `json:"alerting"`
	Executable string   `json:"executable"`
	Languages  []string `json:"languages"`
	Includes   []struct {
		Type string `json:"type"`
		Name string `json:"name"`
		Path string `json:"path"`
	} `json:"includes"`
	Dependencies struct {
		Grafana string `json:"grafanaDependency"`
	} `json:"dependencies"`
	Info struct {
		Version     string   `json:"version"`
		Updated     string   `json:"updated"`
		Description string   `json:"description"`
		Keywords    []string `json:"keywords"`
		Logos       struct {
			Small string `json:"small"`
			Large string `json:"large"`
		} `json:"logos"`
		Screenshots []struct {
			Name string `json:"name"`
			Path string `json:"path"`
		} `json:"screenshots"`
		Links []struct {
			Name string `json:"name"`
			URL  string `json:"url"`
		} `json:"links"`
	} `json:"info"`
}

func readManifest(dist string) (manifest, error) {
	var m manifest
	if err := readJSON(filepath.Join(dist, "plugin.json"), &m); err != nil {
		return manifest{}, fmt.Errorf("read the built manifest: %w", err)
	}
	if m.ID == "" || m.Info.Version == "" {
		return manifest{}, fmt.Errorf("the manifest %s has no id or no version", filepath.Join(dist, "plugin.json"))
	}
	return m, nil
}

// Identity tells the id of the plugin whose source is below root and the version that a build of it has.
func Identity(root string) (id, version string, err error) {
	var source, packageJSON struct {
		ID      string `json:"id"`
		Version string `json:"version"`
	}
	err = errors.Join(readJSON(filepath.Join(root, "plugin.json"), &source), readJSON(filepath.Join(root, "package.json"), &packageJSON))
	return source.ID, packageJSON.Version, err
}

func readJSON(path string, into any) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
