package rules_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type manifest struct {
	ID          string `json:"id"`
	Type        string `json:"type"`
	Backend     bool   `json:"backend"`
	Alerting    bool   `json:"alerting"`
	Metrics     bool   `json:"metrics"`
	Annotations bool   `json:"annotations"`
	Streaming   bool   `json:"streaming"`
	Executable  string `json:"executable"`
	Category    string `json:"category"`
	Includes    []struct {
		Type string `json:"type"`
		Name string `json:"name"`
		Path string `json:"path"`
	} `json:"includes"`
	Dependencies struct {
		GrafanaDependency string `json:"grafanaDependency"`
	} `json:"dependencies"`
	Info struct {
		Version     string   `json:"version"`
		Updated     string   `json:"updated"`
		Description string   `json:"description"`
		Keywords    []string `json:"keywords"`
		Author      struct {
			Name string `json:"name"`
		} `json:"author"`
		Logos struct {
			Small string `json:"small"`
			Large string `json:"large"`
		} `json:"logos"`
		Screenshots []struct {
			Path string `json:"path"`
		} `json:"screenshots"`
		Links []struct {
			URL string `json:"url"`
		} `json:"links"`
	} `json:"info"`
}

func readManifest(t *testing.T) *manifest {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root, "plugin.json"))
	require.NoError(t, err)
	var m manifest
	require.NoError(t, json.Unmarshal(content, &m))
	return &m
}

func TestTheManifestSaysWhatTheCatalogueOfPluginsAsksFor(t *testing.T) {
	t.Parallel()
	m := readManifest(t)
	assert.Regexp(t, `^[a-z]+-[a-z]+-datasource$`, m.ID)
	assert.Equal(t, "datasource", m.Type)
	assert.Equal(t, "sql", m.Category)
	assert.True(t, m.Backend && m.Alerting && m.Metrics, "backend, alerting and metrics work and are declared")
	assert.Regexp(t, `^gpx_[a-z0-9_]+$`, m.Executable)
	assert.Regexp(t, `^>=12\.4\.0`, m.Dependencies.GrafanaDependency)
	assert.Equal(t, "%VERSION%", m.Info.Version, "the build fills in the version")
	assert.Equal(t, "%TODAY%", m.Info.Updated, "the build fills in the date")
	assert.NotEmpty(t, m.Info.Description)
	assert.NotEmpty(t, m.Info.Author.Name)
	assert.NotEmpty(t, m.Info.Keywords)
	for _, link := range m.Info.Links {
		assert.True(t, strings.HasPrefix(link.URL, "https://"), link.URL)
	}
}

// manifestKeys are those of the schema of plugin.json that a data source has a use for, by the path of their object. The
// schema allows no others.
var manifestKeys = map[string][]string{
	"": {
		"$schema", "alerting", "annotations", "backend", "category", "dependencies", "executable", "id", "includes", "info",
		"languages", "logs", "metrics", "multiValueFilterOperators", "name", "queryOptions", "state", "streaming", "tracing", "type",
	},
	"dependencies":     {"grafanaDependency", "plugins"},
	"includes":         {"uid", "type", "name", "path", "role"},
	"info":             {"author", "description", "keywords", "links", "logos", "screenshots", "updated", "version"},
	"info.author":      {"name", "email", "url"},
	"info.links":       {"name", "url", "target"},
	"info.logos":       {"small", "large"},
	"info.screenshots": {"name", "path"},
	"queryOptions":     {"cacheTimeout", "maxDataPoints", "minInterval"},
}

// unknownKeys lists the paths of keys below value that the schema of plugin.json does not have.
func unknownKeys(path string, value any) (unknown []string) {
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			unknown = append(unknown, unknownKeys(path, item)...)
		}
	case map[string]any:
		for key, below := range v {
			at := strings.TrimPrefix(path+"."+key, ".")
			if !slices.Contains(manifestKeys[path], key) {
				unknown = append(unknown, at)
				continue
			}
			unknown = append(unknown, unknownKeys(at, below)...)
		}
	}
	return unknown
}

func TestTheManifestHasNoKeyThatItsSchemaForbids(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile(filepath.Join(root, "plugin.json"))
	require.NoError(t, err)
	var raw any
	require.NoError(t, json.Unmarshal(content, &raw))
	assert.Empty(t, unknownKeys("", raw))

	var wrong any
	require.NoError(t, json.Unmarshal([]byte(`{"id": "a", "language": [], "info": {"logos": {"tiny": "a"}, "links": [{"href": "a"}]}}`), &wrong))
	assert.ElementsMatch(t, []string{"language", "info.logos.tiny", "info.links.href"}, unknownKeys("", wrong))
}

func TestTheManifestClaimsOnlyHandlersThatExist(t *testing.T) {
	t.Parallel()
	m := readManifest(t)
	methods := make(map[string]bool)
	for _, file := range pluginSources(t) {
		if file.folder == "plugin" {
			for _, method := range methodsOf(file, "Instance") {
				methods[method] = true
			}
		}
	}
	assert.True(t, methods["QueryData"], "a backend data source answers queries")
	assert.True(t, methods["CheckHealth"], "alerting data sources have a health check")
	assert.Equal(t, m.Streaming, methods["RunStream"], "streaming is declared exactly when it works")
}

func TestTheBackendIsBuiltByTheSDK(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"Magefile.go", "internal/tasks/build.go"} {
		content, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(file)))
		require.NoError(t, err)
		assert.Contains(t, string(content), "github.com/grafana/grafana-plugin-sdk-go/build", file)
	}
	content, err := os.ReadFile(filepath.Join(root, "go.mod"))
	require.NoError(t, err)
	assert.Regexp(t, `(?m)^\s*github\.com/grafana/grafana-plugin-sdk-go v`, string(content))
	assert.NotContains(t, string(content), "replace ", "the review takes no fork of the SDK")
}

func TestTheManifestIsServedUnderItsOwnID(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile(filepath.Join(root, "pkg", "main.go"))
	require.NoError(t, err)
	assert.Contains(t, string(content), `"`+readManifest(t).ID+`"`)
	assert.Less(t, strings.Count(string(content), "\n"), 25, "main only serves the plugin")
}

func TestEveryPictureOfTheManifestExists(t *testing.T) {
	t.Parallel()
	m := readManifest(t)
	pictures := []string{m.Info.Logos.Small, m.Info.Logos.Large}
	for _, screenshot := range m.Info.Screenshots {
		pictures = append(pictures, screenshot.Path)
	}
	for _, picture := range pictures {
		info, err := os.Stat(filepath.Join(root, "src", filepath.FromSlash(picture)))
		if assert.NoError(t, err) {
			assert.Positive(t, info.Size())
		}
	}
}

// The build makes the included dashboards from the provisioned ones.
func TestEveryProvisionedDashboardComesWithThePlugin(t *testing.T) {
	t.Parallel()
	included := make(map[string]string)
	for _, include := range readManifest(t).Includes {
		assert.Equal(t, "dashboard", include.Type)
		included[include.Path] = include.Name
	}
	provisioned := make(map[string]string)
	files, err := filepath.Glob(filepath.Join(root, "provisioning", "dashboards", "*.json"))
	require.NoError(t, err)
	for _, file := range files {
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		var dashboard struct {
			Title  string `json:"title"`
			Panels []struct {
				Title       string `json:"title"`
				Description string `json:"description"`
			} `json:"panels"`
		}
		require.NoError(t, json.Unmarshal(content, &dashboard))
		provisioned["dashboards/"+filepath.Base(file)] = dashboard.Title
		for _, panel := range dashboard.Panels {
			assert.NotEmpty(t, panel.Description, "%s: %s", dashboard.Title, panel.Title)
		}
	}
	assert.NotEmpty(t, provisioned)
	assert.Equal(t, provisioned, included)
}

func TestTheRepositoryHoldsOneManifestAndThePackagedTexts(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"LICENSE", "CHANGELOG.md", "src/README.md"} {
		info, err := os.Stat(filepath.Join(root, name))
		if assert.NoError(t, err) {
			assert.Positive(t, info.Size(), name)
		}
	}
	var manifests []string
	require.NoError(t, filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && path != root && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "node_modules" || entry.Name() == "dist") {
			return filepath.SkipDir
		}
		if entry.Name() == "plugin.json" {
			manifests = append(manifests, path)
		}
		return nil
	}))
	assert.Equal(t, []string{filepath.Join(root, "plugin.json")}, manifests)
}
