package rules_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

const (
	module = "github.com/pullview/orders-datasource/"
	sdk    = "github.com/grafana/grafana-plugin-sdk-go/"
)

// mayImport says, for each folder of pkg/, which of the others it may import.
// Imports point one way: main, plugin, the four workers, the shared vocabulary.
var mayImport = map[string][]string{
	".":        {"plugin"},
	"plugin":   {"settings", "engine", "frames", "postgres", "discover", "query", "catalog", "message"},
	"settings": {"query", "catalog", "message"},
	"engine":   {"query", "catalog", "message"},
	"frames":   {"query", "catalog", "message"},
	"postgres": {"discover", "query", "catalog", "message"},
	"discover": {"catalog", "message"},
	"query":    {"catalog", "message"},
	"catalog":  {"message"},
	"message":  {},
}

// mayImportFrom says which folders of pkg/ may use a library whose types
// would otherwise spread. An entry covers the packages below it as well; the
// longest one that matches decides.
var mayImportFrom = map[string][]string{
	sdk:                                   {},
	sdk + "backend":                       {".", "plugin"},
	sdk + "backend/tracing":               {".", "plugin", "engine", "postgres", "frames"},
	sdk + "backend/proxy":                 {"plugin", "settings", "postgres"},
	sdk + "data":                          {"plugin", "frames"},
	"github.com/jackc/pgx/":               {"postgres", "settings"},
	"github.com/prometheus/":              {"plugin"},
	"database/sql":                        {},
	"net/http":                            {"plugin", "postgres"},
	"github.com/stretchr/":                {},
	"google.golang.org/grpc":              {},
	"google.golang.org/grpc/experimental": {"."},
	"google.golang.org/grpc/mem":          {"plugin"},
	module + "internal/":                  {},
	module + "demo/":                      {},
}

// foreignRule returns the folders that may import the path, and whether a rule
// speaks of it at all.
func foreignRule(path string) (folders []string, ruled bool) {
	longest := -1
	for prefix, allowed := range mayImportFrom {
		matches := path == strings.TrimSuffix(prefix, "/") || strings.HasPrefix(path, strings.TrimSuffix(prefix, "/")+"/")
		if matches && len(prefix) > longest {
			folders, longest = allowed, len(prefix)
		}
	}
	return folders, longest >= 0
}

func TestImportsPointOneWay(t *testing.T) {
	t.Parallel()
	seen := make(map[string]bool)
	for _, file := range pluginSources(t) {
		allowed, known := mayImport[file.folder]
		if !assert.True(t, known, "pkg/%s is not in the design's layout", file.folder) {
			continue
		}
		seen[file.folder] = true
		for _, path := range file.imports() {
			if own, ok := strings.CutPrefix(path, module+"pkg/"); ok {
				assert.True(t, slices.Contains(allowed, own), "pkg/%s must not import pkg/%s", file.path, own)
				continue
			}
			if folders, ruled := foreignRule(path); ruled {
				assert.True(t, slices.Contains(folders, file.folder), "pkg/%s must not import %s", file.path, path)
			}
		}
	}
	for folder := range mayImport {
		assert.True(t, seen[folder], "pkg/%s of the design's layout has no Go files", folder)
	}
}

func TestTheLongestImportRuleDecides(t *testing.T) {
	t.Parallel()
	folders, ruled := foreignRule(sdk + "backend/tracing")
	assert.True(t, ruled)
	assert.Contains(t, folders, "postgres")
	folders, _ = foreignRule(sdk + "backend/datasource")
	assert.NotContains(t, folders, "postgres")
	_, ruled = foreignRule("net/http/httptest")
	assert.True(t, ruled)
	_, ruled = foreignRule("net/httpx")
	assert.False(t, ruled)
}
