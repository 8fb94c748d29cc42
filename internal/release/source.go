package release

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// goSources is the list of Go files and their hashes that the SDK's build writes beside the programs.
const goSources = "go_plugin_build_manifest"

// checkGoSources compares the list of Go files with those of the source. Where they differ, the programs were built from
// another state of it.
func checkGoSources(dist, root string) (problems []string) {
	text, err := os.ReadFile(filepath.Join(dist, goSources))
	if err != nil {
		return nil // which checkFiles reports
	}
	listed := map[string]string{}
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		hash, name, found := strings.Cut(lines.Text(), ":")
		if !found {
			return []string{fmt.Sprintf("%s has the line %q, not hash:file", goSources, lines.Text())}
		}
		listed[name] = hash
	}
	err = filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (entry.Name() == "node_modules" || entry.Name() == ".git") {
			return filepath.SkipDir
		}
		if entry.IsDir() || filepath.Ext(file) != ".go" {
			return nil
		}
		name, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		content, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		hash := sha256.Sum256(content)
		switch was, known := listed[name]; {
		case !known:
			problems = append(problems, fmt.Sprintf("%s is not in %s: build the backend again", name, goSources))
		case was != hex.EncodeToString(hash[:]):
			problems = append(problems, fmt.Sprintf("%s has changed since the backend was built: build it again", name))
		}
		delete(listed, name)
		return nil
	})
	if err != nil {
		return append(problems, err.Error())
	}
	for name := range listed {
		problems = append(problems, fmt.Sprintf("%s lists %s, which does not exist: build the backend again", goSources, name))
	}
	slices.Sort(problems)
	return problems
}

// checkSourceMap compares the sources that module.js was built from, as its map holds them, with those below src.
func checkSourceMap(dist, root, id string) (problems []string) {
	var sourceMap struct {
		Sources  []string `json:"sources"`
		Contents []string `json:"sourcesContent"`
	}
	if err := readJSON(filepath.Join(dist, "module.js.map"), &sourceMap); err != nil {
		return []string{err.Error()}
	}
	if len(sourceMap.Sources) == 0 || len(sourceMap.Sources) != len(sourceMap.Contents) {
		return []string{fmt.Sprintf("module.js.map names %d sources and holds %d", len(sourceMap.Sources), len(sourceMap.Contents))}
	}
	for i, source := range sourceMap.Sources {
		name, ok := strings.CutPrefix(source, "webpack://"+id+"/")
		if !ok {
			problems = append(problems, fmt.Sprintf("module.js.map has the source %s, which does not begin with the plugin's id", source))
			continue
		}
		name = path.Clean(strings.TrimPrefix(name, "/"))
		if notOurs(name) {
			continue
		}
		content, err := os.ReadFile(filepath.Join(root, "src", filepath.FromSlash(name)))
		switch {
		case err != nil:
			problems = append(problems, fmt.Sprintf("module.js.map has the source %s, which is not below src", source))
		case string(content) != sourceMap.Contents[i]:
			problems = append(problems, fmt.Sprintf("src/%s has changed since the frontend was built: build it again", name))
		}
	}
	return problems
}

// notOurs tells sources that are not compared: packages, the bundler's own code, and what is not a program.
func notOurs(name string) bool {
	return strings.HasPrefix(name, "../node_modules/") || strings.HasPrefix(name, "webpack/") ||
		strings.HasPrefix(name, "external ") || path.Ext(name) == ".json"
}
