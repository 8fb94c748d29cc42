package message_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/constant"
	"go/types"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/tools/go/packages"

	"github.com/pullview/orders-datasource/pkg/message"
)

const module = "github.com/pullview/orders-datasource/pkg/"

// formatParameters are the names of parameters that take a message's format.
var formatParameters = []string{"format", "one", "other"}

// formats finds the formats of all messages in the source, each with where it
// stands, and calls whose format is no constant.
func formats(t *testing.T) (found map[string]string, unclear []string) {
	t.Helper()
	loaded, err := packages.Load(&packages.Config{
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedCompiledGoFiles | packages.NeedImports |
			packages.NeedTypes | packages.NeedTypesSizes | packages.NeedSyntax | packages.NeedTypesInfo,
	}, module+"...")
	require.NoError(t, err)
	found = map[string]string{}
	for _, p := range loaded {
		require.Empty(t, p.Errors, p.PkgPath)
		for _, file := range p.Syntax {
			ast.Inspect(file, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				for i, argument := range call.Args {
					if !takesFormat(p.TypesInfo, call, i) {
						continue
					}
					at := p.Fset.Position(argument.Pos())
					where := fmt.Sprintf("%s/%s:%d", strings.TrimPrefix(p.PkgPath, module), at.Filename[strings.LastIndexByte(at.Filename, '/')+1:], at.Line)
					value := p.TypesInfo.Types[argument].Value
					name, isName := argument.(*ast.Ident)
					switch {
					case value != nil:
						found[constant.StringVal(value)] = where
					case !isName || !slices.Contains(formatParameters, name.Name):
						unclear = append(unclear, where)
					}
				}
				return true
			})
		}
	}
	return found, unclear
}

// takesFormat reports whether an argument of a call is the format of a message:
// whether a function of the plugin has a parameter of that name there.
func takesFormat(info *types.Info, call *ast.CallExpr, argument int) bool {
	signature, ok := info.TypeOf(call.Fun).(*types.Signature)
	if !ok {
		if signature, ok = info.TypeOf(call.Fun).Underlying().(*types.Signature); !ok {
			return false
		}
	}
	if argument >= signature.Params().Len() {
		return false
	}
	parameter := signature.Params().At(argument)
	basic, ok := parameter.Type().(*types.Basic)
	return ok && basic.Kind() == types.String && slices.Contains(formatParameters, parameter.Name()) &&
		parameter.Pkg() != nil && strings.HasPrefix(parameter.Pkg().Path()+"/", module)
}

// verb is a verb of package fmt, with the number of its argument where it names one.
var verb = regexp.MustCompile(`%[-+# 0]*[\d.]*(\[(\d+)\])?[-+# 0]*[\d.]*([a-zA-Z%])`)

// verbs lists which argument a format prints how.
func verbs(format string) []string {
	var list []string
	next := 1
	for _, match := range verb.FindAllStringSubmatch(format, -1) {
		if match[3] == "%" {
			list = append(list, "%%")
			continue
		}
		if match[2] != "" {
			next, _ = strconv.Atoi(match[2])
		}
		list = append(list, fmt.Sprintf("%d %s", next, strings.Replace(match[0], match[1], "", 1)))
		next++
	}
	slices.Sort(list)
	return list
}

// hasWords reports whether there is something to translate in a format.
func hasWords(format string) bool {
	return strings.ContainsFunc(verb.ReplaceAllString(format, ""), unicode.IsLetter)
}

// UPDATE_MESSAGES=1 takes texts that are no more out of the files, and puts those
// that are new in, to be translated.
func TestEveryMessageIsTranslated(t *testing.T) {
	t.Parallel()
	source, unclear := formats(t)
	assert.Empty(t, unclear, "the format of a message is a constant")
	var manifest struct{ Languages []message.Language }
	raw, err := os.ReadFile("../../plugin.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(raw, &manifest))
	require.ElementsMatch(t, manifest.Languages, message.Languages())

	for _, language := range message.Languages()[1:] {
		path := fmt.Sprintf("locales/%s.json", language)
		raw, err := os.ReadFile(path)
		require.NoError(t, err)
		var translated map[string]string
		require.NoError(t, json.Unmarshal(raw, &translated))
		wanted := map[string]string{}
		for format := range source {
			if hasWords(format) {
				wanted[format] = translated[format]
			}
		}
		if os.Getenv("UPDATE_MESSAGES") != "" {
			var sorted bytes.Buffer
			encoder := json.NewEncoder(&sorted)
			encoder.SetEscapeHTML(false)
			encoder.SetIndent("", "  ")
			require.NoError(t, encoder.Encode(wanted))
			require.NoError(t, os.WriteFile(path, sorted.Bytes(), 0o644))
			translated = wanted
		}
		for _, format := range slices.Sorted(maps.Keys(wanted)) {
			text := wanted[format]
			if assert.NotEmpty(t, text, "%s has no text in %s: %q", source[format], language, format) {
				assert.Equal(t, verbs(format), verbs(text), "%s: %q in %s prints what the English text does", source[format], text, language)
			}
		}
		for format := range translated {
			assert.Contains(t, wanted, format, "%s has a text that no message uses", path)
		}
	}
}
