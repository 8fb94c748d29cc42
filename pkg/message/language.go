package message

import (
	"embed"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
)

// Language is a language of the plugin's pages by its tag, as in pt-BR.
type Language string

// English is the language of the source, and of whoever reads answers without
// the pages: alert rules, logs, other programs.
const English Language = "en-US"

// locales holds a file for each other language: an object from English formats
// to formats in that language.
//
//go:embed locales/*.json
var locales embed.FS

var translations = sync.OnceValue(func() map[Language]map[string]string {
	entries, err := locales.ReadDir("locales")
	if err != nil {
		panic("message: " + err.Error()) // it is embedded
	}
	all := map[Language]map[string]string{}
	for _, entry := range entries {
		raw, err := locales.ReadFile("locales/" + entry.Name())
		if err != nil {
			panic("message: " + err.Error())
		}
		var texts map[string]string
		if err := json.Unmarshal(raw, &texts); err != nil {
			panic(fmt.Sprintf("message: %s: %v", entry.Name(), err)) // which a test would have found
		}
		all[Language(strings.TrimSuffix(entry.Name(), ".json"))] = texts
	}
	return all
})

// Languages lists the languages of messages, English first.
func Languages() []Language {
	return append([]Language{English}, slices.Sorted(maps.Keys(translations()))...)
}

func (l Language) format(english string) string {
	if translated, ok := translations()[l][english]; ok {
		return translated
	}
	return english
}

// decimalMarks are what stands before the fraction of a number where that is no
// point.
var decimalMarks = map[Language]string{"pt-BR": ","}

// number is a number that is printed as its language writes it.
type number struct {
	value    float64
	language Language
}

// Format prints the number as package fmt does, but for the decimal mark.
func (n number) Format(state fmt.State, verb rune) {
	text := fmt.Sprintf(fmt.FormatString(state, verb), n.value)
	if mark, ok := decimalMarks[n.language]; ok {
		text = strings.Replace(text, ".", mark, 1)
	}
	_, _ = io.WriteString(state, text)
}
