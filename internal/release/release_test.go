package release

import (
	"archive/zip"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var here = Platform{runtime.GOOS, runtime.GOARCH}

// A sample is the source of a small plugin and what was built from it.
type sample struct {
	t          *testing.T
	root, dist string
}

// newSample makes a plugin with which nothing is wrong.
func newSample(t *testing.T) sample {
	t.Helper()
	root := t.TempDir()
	s := sample{t: t, root: root, dist: filepath.Join(root, "dist")}
	s.write("package.json", `{"version": "1.2.3"}`)
	source := "package main\n\nfunc main() {}\n"
	s.write("pkg/main.go", source)
	s.write("src/module.ts", "export const plugin = 1;\n")
	s.write("dist/plugin.json", `{
		"id": "sample-orders-datasource", "name": "Sample", "type": "datasource", "backend": true, "alerting": true,
		"executable": "gpx_sample", "languages": ["en-US"],
		"includes": [{"type": "dashboard", "name": "Sales", "path": "dashboards/sales.json"}],
		"dependencies": {"grafanaDependency": ">=12.4.0"},
		"info": {
			"version": "1.2.3", "updated": "2026-01-31", "description": "Sample", "keywords": ["orders"],
			"logos": {"small": "img/logo.svg", "large": "img/logo.svg"},
			"screenshots": [{"name": "Sales", "path": "img/sales.png"}],
			"links": [{"name": "Source", "url": "https://example.com"}]
		}
	}`)
	s.write("dist/README.md", "# Sample\n\n[Source](https://example.com \"Source\"), [below](#below)\n")
	s.write("dist/CHANGELOG.md", "# Changelog\n")
	s.write("dist/LICENSE", "Apache License\n")
	s.write("dist/module.js", "define([],()=>1)")
	s.write("dist/locales/en-US/sample-orders-datasource.json", "{}")
	s.write("dist/dashboards/sales.json", "{}")
	s.write("dist/img/logo.svg", `<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0"/></svg>`)
	s.write("dist/img/sales.png", "\x89PNG\r\n\x1a\n")
	s.writeSourceMap(map[string]string{
		"webpack://sample-orders-datasource/./module.ts":                    "export const plugin = 1;\n",
		"webpack://sample-orders-datasource/../node_modules/react/index.js": "ours or not",
		"webpack://sample-orders-datasource/webpack/runtime/load_script":    "ours or not",
		"webpack://sample-orders-datasource/../plugin.json":                 "ours or not",
	})
	hash := sha256.Sum256([]byte(source))
	s.write("dist/go_plugin_build_manifest", hex.EncodeToString(hash[:])+":pkg/main.go\n")
	// Any program of Go's for this machine stands for the backend.
	program, err := os.Executable()
	require.NoError(t, err)
	s.write("dist/"+here.executable("gpx_sample"), read(t, program))
	return s
}

func (s sample) write(name, content string) {
	s.t.Helper()
	file := filepath.Join(s.root, filepath.FromSlash(name))
	require.NoError(s.t, os.MkdirAll(filepath.Dir(file), 0o755))
	require.NoError(s.t, os.WriteFile(file, []byte(content), 0o644))
}

func (s sample) writeSourceMap(sources map[string]string) {
	s.t.Helper()
	var written struct {
		Sources  []string `json:"sources"`
		Contents []string `json:"sourcesContent"`
	}
	for name, content := range sources {
		written.Sources = append(written.Sources, name)
		written.Contents = append(written.Contents, content)
	}
	text, err := json.Marshal(written)
	require.NoError(s.t, err)
	s.write("dist/module.js.map", string(text))
}

// replace changes a text of a file, which must be there.
func (s sample) replace(name, old, with string) {
	s.t.Helper()
	content, err := os.ReadFile(filepath.Join(s.root, filepath.FromSlash(name)))
	require.NoError(s.t, err)
	require.Contains(s.t, string(content), old)
	s.write(name, strings.ReplaceAll(string(content), old, with))
}

func (s sample) remove(name string) {
	s.t.Helper()
	require.NoError(s.t, os.Remove(filepath.Join(s.root, filepath.FromSlash(name))))
}

func TestAPluginWithoutFaultsPasses(t *testing.T) {
	t.Parallel()
	s := newSample(t)
	assert.NoError(t, Check(s.dist, s.root, []Platform{here}))
}

func TestEveryFaultIsNamed(t *testing.T) {
	t.Parallel()
	const manifest = "dist/plugin.json"
	for complaint, spoil := range map[string]func(sample){
		"the id sample-datasource is not organisation-name-datasource": func(s sample) { s.replace(manifest, "sample-orders-datasource", "sample-datasource") },
		`the name "sample-orders-datasource" is not one for people`:    func(s sample) { s.replace(manifest, `"Sample", "type"`, `"sample-orders-datasource", "type"`) },
		`the version "%VERSION%" is not a semantic version`:            func(s sample) { s.replace(manifest, "1.2.3", "%VERSION%") },
		"plugin.json has version 1.2.4, package.json 1.2.3":            func(s sample) { s.replace(manifest, "1.2.3", "1.2.4") },
		`the date of the update is "%TODAY%"`:                          func(s sample) { s.replace(manifest, "2026-01-31", "%TODAY%") },
		"nobody finds the plugin":                                      func(s sample) { s.replace(manifest, `["orders"]`, `[]`) },
		`grafanaDependency is "12.4.0"`:                                func(s sample) { s.replace(manifest, ">=12.4.0", "12.4.0") },
		"alerting needs a backend":                                     func(s sample) { s.replace(manifest, `"backend": true`, `"backend": false`) },
		`the link "Source" of plugin.json leads to "http://`:           func(s sample) { s.replace(manifest, "https://example.com", "http://example.com") },
		"names no executable":                                          func(s sample) { s.replace(manifest, "gpx_sample", "") },
		"README.md: open":                                              func(s sample) { s.remove("dist/README.md") },
		"README.md holds a comment":                                    func(s sample) { s.write("dist/README.md", "<!-- later -->") },
		"README.md links to docs/catalog.md":                           func(s sample) { s.write("dist/README.md", "[docs](docs/catalog.md)") },
		`README.md speaks of "yarn"`:                                   func(s sample) { s.write("dist/README.md", "yarn dev") },
		"CHANGELOG.md is empty":                                        func(s sample) { s.write("dist/CHANGELOG.md", "\n") },
		"LICENSE: open":                                                func(s sample) { s.remove("dist/LICENSE") },
		"module.js: open":                                              func(s sample) { s.remove("dist/module.js") },
		"module.js.map names 0 sources":                                func(s sample) { s.writeSourceMap(nil) },
		"src/module.ts has changed":                                    func(s sample) { s.write("src/module.ts", "export const plugin = 2;\n") },
		"which is not below src":                                       func(s sample) { s.remove("src/module.ts") },
		"does not begin with the plugin's id":                          func(s sample) { s.replace("dist/module.js.map", "webpack://sample-orders", "webpack://other") },
		"the translations of en-US":                                    func(s sample) { s.remove("dist/locales/en-US/sample-orders-datasource.json") },
		`the dashboard "Sales" of plugin.json`:                         func(s sample) { s.write("dist/dashboards/sales.json", "[") },
		"the picture img/sales.png is of type text/plain":              func(s sample) { s.write("dist/img/sales.png", "not a picture") },
		`"./img/sales.png" of plugin.json is not a path below it`:      func(s sample) { s.replace(manifest, "img/sales.png", "./img/sales.png") },
		"the picture img/sales.png of plugin.json: open":               func(s sample) { s.remove("dist/img/sales.png") },
		"the picture img/logo.svg: it holds a script":                  func(s sample) { s.write("dist/img/logo.svg", "<svg><script/></svg>") },
		"it has the event handler onload":                              func(s sample) { s.write("dist/img/logo.svg", `<svg onload="f()"/>`) },
		"is the manifest of another plugin":                            func(s sample) { s.write("dist/panel/plugin.json", "{}") },
		"pid.txt makes Grafana wait for a debugger":                    func(s sample) { s.write("dist/pid.txt", "1") },
		"gpx_sample_plan9_386 is left over":                            func(s sample) { s.write("dist/gpx_sample_plan9_386", "") },
		"the program for " + here.String() + ":":                       func(s sample) { s.write("dist/"+here.executable("gpx_sample"), "no program") },
		"pkg/main.go has changed since the backend was built":          func(s sample) { s.write("pkg/main.go", "package main\n") },
		"pkg/new.go is not in go_plugin_build_manifest":                func(s sample) { s.write("pkg/new.go", "package main\n") },
		"lists pkg/main.go, which does not exist":                      func(s sample) { s.remove("pkg/main.go") },
	} {
		t.Run(complaint, func(t *testing.T) {
			t.Parallel()
			s := newSample(t)
			spoil(s)
			assert.ErrorContains(t, Check(s.dist, s.root, []Platform{here}), complaint)
		})
	}
}

func TestAProgramForAnotherMachineIsNamed(t *testing.T) {
	t.Parallel()
	s := newSample(t)
	other := Platform{"plan9", "386"}
	require.NoError(t, os.Rename(filepath.Join(s.dist, here.executable("gpx_sample")), filepath.Join(s.dist, other.executable("gpx_sample"))))
	assert.ErrorContains(t, Check(s.dist, s.root, []Platform{other}), "gpx_sample_plan9_386 is built for "+here.String())
}

func TestTheArchiveHoldsThePluginBelowItsID(t *testing.T) {
	t.Parallel()
	s := newSample(t)
	date := time.Date(2026, 1, 31, 10, 20, 30, 0, time.UTC)

	archive, err := Pack(s.dist, filepath.Join(s.root, "packages"), date)
	require.NoError(t, err)

	assert.Equal(t, "sample-orders-datasource-1.2.3.zip", filepath.Base(archive))
	reader, err := zip.OpenReader(archive)
	require.NoError(t, err)
	defer func() { _ = reader.Close() }()
	var packed []string
	for _, file := range reader.File {
		name, below := strings.CutPrefix(file.Name, "sample-orders-datasource/")
		assert.True(t, below, file.Name)
		packed = append(packed, name)
		want := os.FileMode(0o644)
		if name == here.executable("gpx_sample") {
			want = 0o755
		}
		assert.Equal(t, want, file.Mode(), name)
		assert.True(t, date.Equal(file.Modified), "%s is of %s", name, file.Modified)
		assert.NotContains(t, name, `\`)
	}
	assert.IsIncreasing(t, packed)
	assert.Len(t, packed, 12)
}

func TestTwoArchivesOfTheSameFilesAreEqual(t *testing.T) {
	t.Parallel()
	s := newSample(t)
	date := time.Unix(1_700_000_000, 0)
	first, err := Pack(s.dist, filepath.Join(s.root, "first"), date)
	require.NoError(t, err)
	require.NoError(t, os.Chtimes(filepath.Join(s.dist, "README.md"), time.Now(), time.Now().Add(time.Hour)))
	require.NoError(t, os.Chmod(filepath.Join(s.dist, "README.md"), 0o600))
	second, err := Pack(s.dist, filepath.Join(s.root, "second"), date)
	require.NoError(t, err)
	assert.Equal(t, read(t, first), read(t, second))
}

func TestChecksumsLieBesideTheArchive(t *testing.T) {
	t.Parallel()
	s := newSample(t)
	archive, err := Pack(s.dist, s.t.TempDir(), time.Now())
	require.NoError(t, err)
	content := read(t, archive)
	short, long := sha1.Sum([]byte(content)), sha256.Sum256([]byte(content))
	assert.Equal(t, hex.EncodeToString(short[:])+"\n", read(t, archive+".sha1"))
	assert.Equal(t, hex.EncodeToString(long[:])+"  sample-orders-datasource-1.2.3.zip\n", read(t, archive+".sha256"))
}

func TestAFailedArchiveLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("a dangling link needs a privilege there")
	}
	s := newSample(t)
	require.NoError(t, os.Symlink("nowhere", filepath.Join(s.dist, "img", "dangling.png")))
	folder := t.TempDir()

	_, err := Pack(s.dist, folder, time.Now())

	assert.ErrorContains(t, err, "dangling.png")
	left, err := os.ReadDir(folder)
	require.NoError(t, err)
	assert.Empty(t, left)
	assert.ErrorContains(t, Check(s.dist, s.root, []Platform{here}), "dangling.png is no regular file")
}

func read(t *testing.T, file string) string {
	t.Helper()
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	return string(content)
}
