package catalog

import (
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var yamlBlock = regexp.MustCompile("(?ms)^```yaml\n(.*?)^```$")

// TestExamplesOfTheDocumentationAreSound checks each YAML block of the page:
// whole catalogs and provisioning files as they are, others on top of the
// catalog that the page begins with.
func TestExamplesOfTheDocumentationAreSound(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/catalog.md")
	require.NoError(t, err)
	blocks := yamlBlock.FindAllStringSubmatch(string(page), -1)
	require.Greater(t, len(blocks), 10)
	schema := compiledSchema(t)
	for _, block := range blocks {
		raw := fromYAML(t, blocks[0][1])
		switch text := block[1]; {
		case strings.HasPrefix(text, "version:"):
			raw = fromYAML(t, text)
		case strings.HasPrefix(text, "apiVersion:"):
			raw = provisioned(t, text)
		default:
			raw = merged(t, raw, fromYAML(t, text))
		}
		_, err := Parse(raw)
		assert.NoError(t, err, block[1])
		assert.NoError(t, schema.Validate(instance(t, raw)), block[1])
	}
}

// TestCatalogsOfOtherPagesAreSound checks the whole catalogs and provisioning
// files of pages that have no page's worth of parts.
func TestCatalogsOfOtherPagesAreSound(t *testing.T) {
	t.Parallel()
	indented := regexp.MustCompile("(?ms)^( *)```yaml\n(.*?)^ *```$")
	schema := compiledSchema(t)
	for _, page := range []string{"../../README.md", "../../src/README.md", "../../docs/migrating.md"} {
		content, err := os.ReadFile(page)
		require.NoError(t, err)
		found := 0
		for _, block := range indented.FindAllStringSubmatch(string(content), -1) {
			text := regexp.MustCompile("(?m)^"+block[1]).ReplaceAllString(block[2], "")
			var raw json.RawMessage
			switch {
			case strings.HasPrefix(text, "version:"):
				raw = fromYAML(t, text)
			case strings.HasPrefix(text, "apiVersion:"):
				raw = provisioned(t, text)
			default:
				continue
			}
			_, err := Parse(raw)
			assert.NoError(t, err, "%s: %s", page, text)
			assert.NoError(t, schema.Validate(instance(t, raw)), "%s: %s", page, text)
			found++
		}
		assert.NotZero(t, found, page)
	}
}

// provisioned takes the catalog out of a provisioning file, in which Grafana
// halves doubled dollar signs.
func provisioned(t *testing.T, text string) json.RawMessage {
	t.Helper()
	var file struct {
		Datasources []struct {
			JSONData struct{ Catalog json.RawMessage }
		}
	}
	require.NoError(t, json.Unmarshal(fromYAML(t, strings.ReplaceAll(text, "$$", "$")), &file))
	return file.Datasources[0].JSONData.Catalog
}

func TestDocumentationNamesEveryLimitAndReservedLabel(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/catalog.md")
	require.NoError(t, err)
	for _, line := range []string{
		"| tables | 200 |", "| metrics | 2,000 |", "| annotations | 200 |", "| dimensions of a table | 100 |", "| columns in `records` | 200 |",
		"| `values` of a dimension | 1,000, of 1,000 bytes each |", "| `aliases` of a metric | 50 |", "| `quantiles` of a summary | 20 |",
		"| a name | 150 bytes; of columns and relations 63,", "| a SQL fragment | 10,000 bytes |", "| `link` | 2,000 bytes |", "| `help` | 2,000 characters; `label`, `unit` and `owner` 200 |",
	} {
		assert.Contains(t, string(page), line)
	}
	assert.Equal(t, []int{200, 2000, 200, 100, 200, 1000, 1000, 50, 20, 150, 63, 10_000, 2000, 2000, 200},
		[]int{maxTables, maxMetrics, maxAnnotations, maxDimensions, maxRecords, maxValues, maxValueBytes, maxAliases, maxQuantiles, maxNameBytes, maxIdentifierBytes, maxFragmentBytes, maxLinkBytes, maxTextRunes, maxLabelRunes},
		"a limit has changed: change the page, and this test")
	for _, label := range reservedLabels {
		if !strings.HasPrefix(label, "__") {
			assert.Contains(t, string(page), "`"+label+"`")
		}
	}
}

// merged adds the tables and metrics of an example to a catalog.
func merged(t *testing.T, base, example json.RawMessage) json.RawMessage {
	t.Helper()
	var into, from map[string]any
	require.NoError(t, json.Unmarshal(base, &into))
	require.NoError(t, json.Unmarshal(example, &from))
	for key, value := range from {
		named, isNamed := value.(map[string]any)
		if before, ok := into[key].(map[string]any); ok && isNamed {
			maps.Copy(before, named)
		} else {
			into[key] = value
		}
	}
	raw, err := json.Marshal(into)
	require.NoError(t, err)
	return raw
}
