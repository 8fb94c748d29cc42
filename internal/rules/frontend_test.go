package rules_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// forbiddenInFrontend is what Grafana's review refuses in the source of a plugin's frontend, and why.
var forbiddenInFrontend = map[string]*regexp.Regexp{
	"writes to the console":                      regexp.MustCompile(`\bconsole\.\w+\(`),
	"uses the browser's own dialogs":             regexp.MustCompile(`(?:^|[^.\w])(?:window\.)?(?:alert|confirm|prompt)\(`),
	"opens a window that can reach back":         regexp.MustCompile(`\bwindow\.open\(`),
	"reads the address beside locationService":   regexp.MustCompile(`\bwindow\.location\b`),
	"reaches into Grafana's own globals":         regexp.MustCompile(`\bwindow\.(?:grafanaBootData|grafanaRuntime|__grafana\w*)`),
	"queries beside the runtime":                 regexp.MustCompile(`/api/ds/query`),
	"silences the compiler":                      regexp.MustCompile(`@ts-(?:ignore|expect-error|nocheck)`),
	"styles by classes that Grafana will remove": regexp.MustCompile(`\bgf-form`),
	"imports a style sheet":                      regexp.MustCompile(`import\s+(?:\w+\s+from\s+)?['"][^'"]+\.(?:css|scss|sass|less)['"]`),
	"styles the whole page":                      regexp.MustCompile(`<Global\b|\binjectGlobal\b`),
	"uses React's internals":                     regexp.MustCompile(`__SECRET_INTERNALS`),
	"uses what React 19 has removed":             regexp.MustCompile(`\b(?:findDOMNode|unmountComponentAtNode|defaultProps|propTypes|contextTypes)\b|\bReactDOM\.render\(`),
	"puts text into the page as HTML":            regexp.MustCompile(`\bdangerouslySetInnerHTML\b|\.innerHTML\s*=`),
	"reads a feature toggle that is about to go": regexp.MustCompile(`\bfeatureToggles\.topnav\b`),
}

func frontendFaults(source string) (faults []string) {
	for fault, pattern := range forbiddenInFrontend {
		if pattern.MatchString(source) {
			faults = append(faults, fault)
		}
	}
	return faults
}

func TestTheFrontendDoesNothingThatTheReviewRefuses(t *testing.T) {
	t.Parallel()
	seen := 0
	require.NoError(t, filepath.WalkDir(filepath.Join(root, "src"), func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if entry.Name() == "testing" {
				return filepath.SkipDir
			}
			return nil
		}
		extension := filepath.Ext(path)
		if extension != ".ts" && extension != ".tsx" || strings.Contains(entry.Name(), ".test.") {
			return nil
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		seen++
		for _, fault := range frontendFaults(string(content)) {
			t.Errorf("%s %s", path, fault)
		}
		return nil
	}))
	assert.Greater(t, seen, 10, "src has hardly any files: the rule looks at nothing")
}

func TestTheFrontendRuleSeesEveryFault(t *testing.T) {
	t.Parallel()
	for source, fault := range map[string]string{
		"console.log('here')":                              "writes to the console",
		"if (confirm('sure?'))":                            "uses the browser's own dialogs",
		"window.alert(text)":                               "uses the browser's own dialogs",
		"window.open(url, '_blank')":                       "opens a window that can reach back",
		"new URLSearchParams(window.location.search)":      "reads the address beside locationService",
		"window.grafanaBootData.user":                      "reaches into Grafana's own globals",
		"fetch('/api/ds/query')":                           "queries beside the runtime",
		"// @ts-expect-error":                              "silences the compiler",
		`className="gf-form-inline"`:                       "styles by classes that Grafana will remove",
		"import './editor.css'":                            "imports a style sheet",
		"<Global styles={styles} />":                       "styles the whole page",
		"React.__SECRET_INTERNALS_DO_NOT_USE":              "uses React's internals",
		"Editor.defaultProps = {}":                         "uses what React 19 has removed",
		"<p dangerouslySetInnerHTML={{ __html: text }} />": "puts text into the page as HTML",
		"config.featureToggles.topnav":                     "reads a feature toggle that is about to go",
	} {
		assert.Equal(t, []string{fault}, frontendFaults(source), source)
	}
	for _, source := range []string{
		"const { confirm } = modal; modal.confirm()", "locationService.getSearch()",
		"onConfirm(text)", "import { css } from '@emotion/css'", "window.addEventListener('resize', f)",
	} {
		assert.Empty(t, frontendFaults(source), source)
	}
}
