package postgres

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/internal/embedpg"
	"github.com/pullview/orders-datasource/pkg/message"
)

func TestEveryNoteOfAScriptIsKnownAndUsed(t *testing.T) {
	t.Parallel()
	var used []string
	for _, match := range noteMark.FindAllStringSubmatch(installSQL+uninstallSQL, -1) {
		name := match[2] + match[3]
		used = append(used, name)
		assert.Contains(t, notes, name)
	}
	assert.ElementsMatch(t, sortedKeys(notes), slices.Compact(slices.Sorted(slices.Values(used))))
	filledIn := regexp.MustCompile(`\{\w+\}`)
	for name, note := range notes {
		for _, language := range message.Languages() {
			assert.ElementsMatch(t, filledIn.FindAllString(note.String(), -1), filledIn.FindAllString(note.In(language), -1), "%s in %s", name, language)
		}
	}
}

// What a script does must not depend on the language of what it says.
func TestScriptsSpeakTheLanguageOfTheReader(t *testing.T) {
	t.Parallel()
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		f := logTables(t, server, loggedEventsSQL, loggedEventsCatalog)
		l := f.look(t)
		defer l.Close()
		var code []string
		for _, language := range append(message.Languages(), "xx") {
			scripts, err := l.ChangelogSQL(t.Context(), f.catalog.Tables["events"], language)
			require.NoError(t, err)
			assert.NotContains(t, scripts.Install+scripts.Uninstall, "{{")
			for line := range strings.Lines(scripts.Install) {
				if strings.HasPrefix(strings.TrimSpace(line), "--") {
					assert.LessOrEqual(t, len([]rune(line)), 110, line)
				}
			}
			f.run(t, scripts.Uninstall, scripts.Install)
			assert.True(t, f.works(t, "events"), language)
			said := f.refused(t, "DELETE FROM live_orders."+quoteIdentifier(changelogName("log", f.catalog.Tables["events"].Relation)))
			if language == "pt-BR" {
				assert.Contains(t, scripts.Install, "-- Nunca dispara. Enquanto ele existe")
				assert.Contains(t, said, "só live_orders.prune() remove linhas de um registro de mudanças")
			} else {
				assert.Contains(t, scripts.Install, "-- It never fires. While it is there")
				assert.Contains(t, said, "only live_orders.prune() removes rows of a change log")
			}
			code = append(code, regexp.MustCompile(`(?m)^ *--.*\n|(EXCEPTION|HINT =) '[^\n]*`).ReplaceAllString(scripts.Install, ""))
		}
		for _, other := range code[1:] {
			assert.Equal(t, code[0], other)
		}
	})
}
