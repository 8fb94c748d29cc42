package rules_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// A workflow is a file of .github/workflows, as far as the rules look at it.
type workflow struct {
	Permissions *map[string]string `yaml:"permissions"`
	Jobs        map[string]struct {
		Uses        string            `yaml:"uses"`
		Timeout     int               `yaml:"timeout-minutes"`
		Permissions map[string]string `yaml:"permissions"`
		Steps       []struct {
			Uses string         `yaml:"uses"`
			Run  string         `yaml:"run"`
			With map[string]any `yaml:"with"`
		} `yaml:"steps"`
	} `yaml:"jobs"`
}

// workflowFaults lists what is wrong with a workflow, whose text tells in which targets of mage it may trust.
func workflowFaults(t *testing.T, text string, targets []string) (faults []string) {
	t.Helper()
	var w workflow
	require.NoError(t, yaml.Unmarshal([]byte(text), &w))
	if w.Permissions == nil {
		faults = append(faults, "takes the repository's default permissions")
	} else {
		for scope, access := range *w.Permissions {
			if access != "read" && access != "none" {
				faults = append(faults, "lets every job "+access+" "+scope)
			}
		}
	}
	for line := range strings.Lines(text) {
		action, uses := strings.CutPrefix(strings.TrimLeft(strings.TrimSpace(line), "- "), "uses: ")
		if uses && !strings.HasPrefix(action, "./") && !pinned.MatchString(action) {
			faults = append(faults, "does not pin "+action+" to a commit with its version beside it")
		}
	}
	for name, job := range w.Jobs {
		if job.Uses == "" && job.Timeout == 0 {
			faults = append(faults, name+" may run for hours")
		}
		for _, step := range job.Steps {
			if strings.Contains(step.Run, "${{") {
				faults = append(faults, name+" puts an expression into a script")
			}
			if strings.HasPrefix(step.Uses, "actions/checkout@") && step.With["persist-credentials"] != false {
				faults = append(faults, name+" leaves its token in the clone")
			}
			for _, call := range mageCall.FindAllStringSubmatch(step.Run, -1) {
				if !containsFold(targets, call[1]) {
					faults = append(faults, name+" calls the target "+call[1]+", which the Magefile does not have")
				}
			}
		}
	}
	return faults
}

var (
	pinned     = regexp.MustCompile(`^[\w.-]+(?:/[\w.-]+)+@[0-9a-f]{40} # \S*v\d+\.\d+\.\d+$`)
	mageCall   = regexp.MustCompile(`go tool mage (\w+)`)
	mageTarget = regexp.MustCompile(`(?m)^func ([A-Z]\w*)\(`)
)

func containsFold(names []string, name string) bool {
	for _, candidate := range names {
		if strings.EqualFold(candidate, name) {
			return true
		}
	}
	return false
}

func mageTargets(t *testing.T) (targets []string) {
	t.Helper()
	magefile, err := os.ReadFile(filepath.Join(root, "Magefile.go"))
	require.NoError(t, err)
	for _, target := range mageTarget.FindAllStringSubmatch(string(magefile), -1) {
		targets = append(targets, target[1])
	}
	require.NotEmpty(t, targets)
	return targets
}

func TestWorkflowsTrustNothingThatCanChange(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(root, ".github", "workflows", "*.yml"))
	require.NoError(t, err)
	require.Len(t, files, 2)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		assert.Empty(t, workflowFaults(t, string(text), mageTargets(t)), file)
	}
}

func TestTheWorkflowRuleSeesEveryFault(t *testing.T) {
	t.Parallel()
	const good = `
permissions:
  contents: read
jobs:
  test:
    timeout-minutes: 5
    steps:
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
        with:
          persist-credentials: false
      - run: go tool mage test
`
	assert.Empty(t, workflowFaults(t, good, []string{"Test"}))
	for fault, change := range map[string][2]string{
		"takes the repository's default permissions":  {"permissions:\n  contents: read\n", ""},
		"lets every job write contents":               {"contents: read", "contents: write"},
		"test may run for hours":                      {"    timeout-minutes: 5\n", ""},
		"test leaves its token in the clone":          {"persist-credentials: false", "fetch-depth: 0"},
		"test puts an expression into a script":       {"mage test", "mage test ${{ github.head_ref }}"},
		"test calls the target tset, which the":       {"mage test", "mage tset"},
		"does not pin actions/checkout@v7 to a":       {"@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1", "@v7"},
		"1273ba90b1 to a commit with its version bes": {" # v7.0.1", ""},
	} {
		faults := workflowFaults(t, strings.Replace(good, change[0], change[1], 1), []string{"Test"})
		if assert.Len(t, faults, 1, fault) {
			assert.Contains(t, faults[0], fault)
		}
	}
}
