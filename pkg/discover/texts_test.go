package discover_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/internal/embedpg"
	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/discover"
)

// declaredValues reads from texts.go by which values each code is filled in.
func declaredValues(t testing.TB) map[discover.Code][]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "texts.go", nil, parser.ParseComments)
	require.NoError(t, err)
	declared := map[discover.Code][]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if kind, ok := spec.Type.(*ast.Ident); !ok || kind.Name != "Code" {
			return true
		}
		literal, ok := spec.Values[0].(*ast.BasicLit)
		require.True(t, ok, spec.Names[0].Name)
		code, err := strconv.Unquote(literal.Value)
		require.NoError(t, err)
		declared[discover.Code(code)] = strings.FieldsFunc(spec.Comment.Text(), func(r rune) bool { return strings.ContainsRune(", \n", r) })
		return true
	})
	require.Greater(t, len(declared), 100)
	return declared
}

func TestSentencesAreFilledInAsTheirCodesSay(t *testing.T) {
	t.Parallel()
	declared := declaredValues(t)
	var check func(s discover.Sentence, about string)
	check = func(s discover.Sentence, about string) {
		names := slices.Collect(maps.Keys(s.Values))
		if len(s.Parts) > 0 {
			names = append(names, "parts")
		}
		want, ok := declared[s.Code]
		assert.True(t, ok, "%s: %s is a code of texts.go", about, s.Code)
		assert.ElementsMatch(t, want, names, "%s: %s", about, s.Code)
		for name, value := range s.Values {
			assert.NotEqual(t, "", value, "%s: %s of %s", about, name, s.Code)
		}
		for _, part := range s.Parts {
			check(part, about)
		}
	}
	for about, s := range strangers {
		t.Run(about, func(t *testing.T) {
			t.Parallel()
			proposal := open(t, embedpg.Shared(t), s.sql(t)).propose(t, s.zone)
			items := append(append([]discover.Item{proposal.Timezone}, proposal.Dimensions...), proposal.Metrics...)
			for _, table := range proposal.Tables {
				items = append(items, table.Item)
			}
			for _, item := range items {
				for _, sentence := range append(item.Reasons, item.Help...) {
					check(sentence, item.Path)
				}
				if item.Label != nil {
					check(*item.Label, item.Path)
				}
				if m, ok := item.Value.(*catalog.Metric); ok {
					assert.NotContains(t, m.Label+m.Help, "{{", item.Path)
				}
			}
			for _, note := range proposal.Notes {
				check(note.Sentence, note.About)
			}
		})
	}
}

func TestEveryLabelAndHelpTextIsThereInEnglish(t *testing.T) {
	t.Parallel()
	for code, names := range declaredValues(t) {
		if !strings.HasPrefix(string(code), "label-") && !strings.HasPrefix(string(code), "help-") {
			continue
		}
		sentence := discover.Sentence{Code: code, Values: discover.Values{}}
		for _, name := range names {
			sentence.Values[name] = "<" + name + ">"
		}
		english := sentence.English()
		assert.NotEmpty(t, english, code)
		assert.NotContains(t, english, "{{", code)
		for _, name := range names {
			assert.Contains(t, english, "<"+name+">", code)
		}
	}
	out := discover.Sentence{Code: discover.LeftOut, Parts: []discover.Sentence{
		{Code: discover.OutByTime, Values: discover.Values{"column": "cancelled_at"}},
		{Code: discover.OutByStatus, Values: discover.Values{"column": "status", "values": []string{"refunded", "void"}}},
	}}
	assert.Equal(t, "Left out: rows with cancelled_at and rows with status refunded and void", out.English())
	out.Parts = []discover.Sentence{{Code: discover.OutByStatus, Values: discover.Values{"column": "status", "values": []string{"a", "b", "…"}}}}
	assert.Equal(t, "Left out: rows with status a, b, …", out.English())
}

var placeholder = regexp.MustCompile(`{{(\w+)}}`)

// messages reads from a translation file the texts of discovery by their codes,
// of a plural the form for other numbers.
func messages(t testing.TB, language string) map[discover.Code]string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "src", "locales", language, "pullview-orders-datasource.json"))
	require.NoError(t, err)
	var file struct {
		Discovery struct{ Says map[string]string }
	}
	require.NoError(t, json.Unmarshal(raw, &file))
	texts := map[discover.Code]string{}
	for key, text := range file.Discovery.Says {
		if code, form, _ := strings.Cut(key, "_"); form == "" || form == "other" {
			texts[discover.Code(code)] = text
		}
	}
	return texts
}

func TestEveryCodeIsPutIntoWordsInEveryLanguage(t *testing.T) {
	t.Parallel()
	declared := declaredValues(t)
	for _, language := range []string{"en-US", "pt-BR"} {
		texts := messages(t, language)
		assert.ElementsMatch(t, slices.Collect(maps.Keys(declared)), slices.Collect(maps.Keys(texts)), language)
		for code, text := range texts {
			var filled []string
			for _, found := range placeholder.FindAllStringSubmatch(text, -1) {
				if !slices.Contains(filled, found[1]) {
					filled = append(filled, found[1])
				}
			}
			// Whether a number is an estimate is told by a sign before it.
			values := slices.DeleteFunc(slices.Clone(declared[code]), func(name string) bool { return name == "estimated" })
			assert.ElementsMatch(t, values, filled, "%s: %s", language, code)
		}
	}
}

func TestLabelsAndHelpTextsAreTheSameEnglishOnTheSettingsPage(t *testing.T) {
	t.Parallel()
	texts := messages(t, "en-US")
	for code, names := range declaredValues(t) {
		sentence := discover.Sentence{Code: code, Values: discover.Values{}}
		for _, name := range names {
			sentence.Values[name] = "{{" + name + "}}"
		}
		if english := sentence.English(); english != "" && code != discover.Comment {
			assert.Equal(t, english, texts[code], code)
		}
	}
}
