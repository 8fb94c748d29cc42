package release

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Check reports what Grafana's review would refuse in the plugin built into dist from the source below root, with a
// program for each of the platforms and no others. The error lists every problem, a line each.
func Check(dist, root string, platforms []Platform) error {
	m, err := readManifest(dist)
	if err != nil {
		return err
	}
	var problems []string
	problems = append(problems, checkIdentity(m, root)...)
	problems = append(problems, checkFiles(dist, m)...)
	problems = append(problems, checkReadme(dist)...)
	problems = append(problems, checkExecutables(dist, m, platforms)...)
	problems = append(problems, checkSourceMap(dist, root, m.ID)...)
	problems = append(problems, checkGoSources(dist, root)...)
	var all []error
	for _, problem := range problems {
		all = append(all, errors.New(problem))
	}
	return errors.Join(all...)
}

var (
	semanticVersion = regexp.MustCompile(`^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?$`)
	oneRelease      = regexp.MustCompile(`^\d+\.\d+\.(\d+|x)$`)
)

// checkIdentity looks at what the manifest says of the plugin.
func checkIdentity(m manifest, root string) (problems []string) {
	complain := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }

	parts := strings.Split(m.ID, "-")
	if len(parts) < 3 || parts[len(parts)-1] != m.Type {
		complain("the id %s is not organisation-name-%s", m.ID, m.Type)
	}
	if m.Name == "" || m.Name == m.ID {
		complain("the name %q is not one for people", m.Name)
	}
	if !semanticVersion.MatchString(m.Info.Version) {
		complain("the version %q is not a semantic version", m.Info.Version)
	}
	var source struct {
		Version string `json:"version"`
	}
	if err := readJSON(filepath.Join(root, "package.json"), &source); err != nil {
		complain("%v", err)
	} else if source.Version != m.Info.Version {
		complain("plugin.json has version %s, package.json %s", m.Info.Version, source.Version)
	}
	if _, err := time.Parse(time.DateOnly, m.Info.Updated); err != nil {
		complain("the date of the update is %q, not year-month-day", m.Info.Updated)
	}
	if m.Info.Description == "" || len(m.Info.Keywords) == 0 {
		complain("without description and keywords nobody finds the plugin")
	}
	if oneRelease.MatchString(m.Dependencies.Grafana) || m.Dependencies.Grafana == "" {
		complain("grafanaDependency is %q, not a range of versions", m.Dependencies.Grafana)
	}
	if m.Alerting && !m.Backend {
		complain("alerting needs a backend")
	}
	for _, link := range m.Info.Links {
		if !strings.HasPrefix(link.URL, "https://") {
			complain("the link %q of plugin.json leads to %q, not to https://", link.Name, link.URL)
		}
	}
	return problems
}

// The types of pictures that the catalogue shows, by the ends of their names.
var pictureTypes = map[string]string{
	".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif", ".svg": "image/svg+xml",
}

// checkFiles looks for what has to be in the archive and what must not be.
func checkFiles(dist string, m manifest) (problems []string) {
	complain := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }

	for _, name := range []string{"README.md", "CHANGELOG.md", "LICENSE", "module.js", "module.js.map", goSources} {
		if text, err := os.ReadFile(filepath.Join(dist, name)); err != nil {
			complain("%s: %v", name, err)
		} else if strings.TrimSpace(string(text)) == "" {
			complain("%s is empty", name)
		}
	}
	for _, language := range m.Languages {
		name := path.Join("locales", language, m.ID+".json")
		var messages map[string]any
		if err := readJSON(filepath.Join(dist, filepath.FromSlash(name)), &messages); err != nil {
			complain("the translations of %s: %v", language, err)
		}
	}
	for _, include := range m.Includes {
		if include.Path == "" {
			continue
		}
		var content map[string]any
		if err := readJSON(filepath.Join(dist, filepath.FromSlash(include.Path)), &content); err != nil {
			complain("the %s %q of plugin.json: %v", include.Type, include.Name, err)
		}
	}
	pictures := []string{m.Info.Logos.Small, m.Info.Logos.Large}
	for _, screenshot := range m.Info.Screenshots {
		pictures = append(pictures, screenshot.Path)
	}
	for _, picture := range pictures {
		if problem := checkPicture(dist, picture); problem != "" {
			complain("%s", problem)
		}
	}
	err := filepath.WalkDir(dist, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(dist, file)
		if err != nil {
			return err
		}
		switch base := entry.Name(); {
		case !entry.Type().IsRegular():
			complain("%s is no regular file", name)
		case base == "plugin.json" && name != base:
			complain("%s is the manifest of another plugin", name)
		case slices.Contains([]string{"standalone.txt", "pid.txt"}, base):
			complain("%s makes Grafana wait for a debugger: remove it", name)
		}
		return nil
	})
	if err != nil {
		complain("%v", err)
	}
	return problems
}

// checkPicture says what is wrong with a picture that the manifest names, or nothing.
func checkPicture(dist, name string) string {
	if name == "" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "/") || strings.Contains(name, "://") {
		return fmt.Sprintf("the picture %q of plugin.json is not a path below it", name)
	}
	content, err := os.ReadFile(filepath.Join(dist, filepath.FromSlash(name)))
	if err != nil {
		return fmt.Sprintf("the picture %s of plugin.json: %v", name, err)
	}
	want := pictureTypes[path.Ext(name)]
	if want == "image/svg+xml" {
		if err := checkSVG(content); err != nil {
			return fmt.Sprintf("the picture %s: %v", name, err)
		}
		return ""
	}
	if got := http.DetectContentType(content); got != want {
		return fmt.Sprintf("the picture %s is of type %s", name, got)
	}
	return ""
}
