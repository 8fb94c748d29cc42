package discover

import (
	"slices"
	"strings"
	"unicode"
)

// accents are the letters of Portuguese and Spanish outside ASCII.
var accents = strings.NewReplacer("á", "a", "à", "a", "â", "a", "ã", "a", "é", "e", "ê", "e", "í", "i",
	"ó", "o", "ô", "o", "õ", "o", "ú", "u", "ü", "u", "ç", "c", "ñ", "n")

// words takes a name apart: at underscores and other signs, at the capitals of
// camelCase, and where two words that are known stand together, as in
// orderdate. The words are in lower case and without accents.
func words(name string) []string {
	var list []string
	var current []rune
	end := func() {
		if len(current) > 0 {
			list = append(list, splitKnown(accents.Replace(strings.ToLower(string(current))))...)
			current = nil
		}
	}
	runes := []rune(name)
	for i, r := range runes {
		switch {
		case !unicode.IsLetter(r):
			end()
		case unicode.IsUpper(r) && i > 0 && (unicode.IsLower(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1])):
			end()
			current = append(current, r)
		default:
			current = append(current, r)
		}
	}
	end()
	return list
}

// endings are words that often end a name without a separator, the longest
// first.
var endings = []string{"timestamp", "number", "status", "amount", "total", "price", "items", "cents", "lines", "value", "date", "time", "uuid", "item", "line", "qty", "id", "at", "on", "ts", "dt"}

// splitKnown splits a word such as orderdate, if its front part is known.
func splitKnown(word string) []string {
	if isKnown(word) {
		return []string{word}
	}
	for _, ending := range endings {
		if front, ok := strings.CutSuffix(word, ending); ok && len(front) > 2 && isKnown(front) {
			return []string{front, ending}
		}
	}
	return []string{word}
}

// isKnown reports whether a word has a meaning for some rule.
func isKnown(word string) bool {
	for _, form := range forms(word) {
		_, isStage := stageWords[form]
		_, isRole := roleWords[form]
		_, isAmount := amountWords[form]
		if isStage || isRole || isAmount || customerWords[form] || statusWords[form] || timeWords[form] || smallWords[form] || genericDimensions[form] {
			return true
		}
	}
	return false
}

// forms returns a word and what it may be an inflection of: the singular, and
// the masculine form of a participle.
func forms(word string) []string {
	list := []string{word}
	add := func(suffix, replacement string) {
		if stem, ok := strings.CutSuffix(word, suffix); ok && len(stem) > 1 {
			list = append(list, stem+replacement)
		}
	}
	add("ies", "y")
	add("oes", "ao")
	add("ns", "m")
	add("es", "")
	add("as", "o")
	add("as", "a")
	add("s", "")
	add("a", "o")
	return list
}

// meaning looks a word up in any of its forms.
func meaning[T any](vocabulary map[string]T, word string) (found T, ok bool) {
	for _, form := range forms(word) {
		if found, ok = vocabulary[form]; ok {
			return found, true
		}
	}
	return found, false
}

// anyOf reports whether one of the words belongs to the vocabulary.
func anyOf(vocabulary map[string]bool, list []string) bool {
	return slices.ContainsFunc(list, func(w string) bool { _, ok := meaning(vocabulary, w); return ok })
}

func set(list ...string) map[string]bool {
	m := make(map[string]bool, len(list))
	for _, w := range list {
		m[w] = true
	}
	return m
}

// smallWords say nothing of their own.
var smallWords = set("the", "of", "is", "has", "was", "de", "do", "da", "del", "la", "el", "em", "en", "o", "a",
	"tb", "tbl", "t", "fact", "fct", "id", "uuid", "key", "number", "nr", "num", "no", "header", "head", "cabecalho", "cabecera",
	"sys", "app", "web", "shop", "store", "wc", "spree", "my", "all", "v", "vw", "view", "data", "row", "record", "main")

// timeWords say that a column is a point in time, and nothing about which.
var timeWords = set("at", "on", "ts", "date", "dt", "time", "timestamp", "datetime", "day", "when", "utc", "local", "tz",
	"em", "en", "data", "dia", "hora", "horario", "fecha", "dthr", "dh", "momento", "instante", "stamp", "epoch", "unix", "moment")

// statusWords name columns that hold where a thing stands.
var statusWords = set("status", "state", "situacao", "situacion", "estado", "stage", "phase", "etapa", "fase", "estatus")

// customerWords name who buys.
var customerWords = set("customer", "client", "cliente", "buyer", "user", "usuario", "account", "member", "shopper", "consumer", "consumidor",
	"comprador", "guest", "patron", "purchaser", "conta", "cuenta", "membro", "socio", "subscriber", "assinante", "company", "empresa")

// lowerName makes a name that the catalog accepts: lower case, ASCII, with
// underscores between words as they were.
func lowerName(name string) string {
	var b strings.Builder
	runes := []rune(name)
	for i, r := range runes {
		if unicode.IsUpper(r) && i > 0 && unicode.IsLower(runes[i-1]) {
			b.WriteByte('_')
		}
		for _, c := range accents.Replace(string(unicode.ToLower(r))) {
			switch {
			case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
				b.WriteRune(c)
			default:
				b.WriteByte('_')
			}
		}
	}
	s := b.String()
	for strings.Contains(s, "__") {
		s = strings.ReplaceAll(s, "__", "_")
	}
	s = strings.Trim(s, "_")
	switch {
	case s == "":
		return "unnamed"
	case s[0] >= '0' && s[0] <= '9':
		return "n" + s
	}
	return s
}

// shapePrefixes say what a relation is to the database, and nothing of its rows.
var shapePrefixes = []string{"v_", "vw_", "t_", "tb_", "tbl_"}

// title is what the rows are called in labels.
func (e *entity) title() string {
	for _, prefix := range shapePrefixes {
		if rest, ok := strings.CutPrefix(e.name, prefix); ok {
			return title(rest)
		}
	}
	return title(e.name)
}

// title makes a label of a name: words with spaces, the first with a capital.
func title(name string) string {
	s := strings.ReplaceAll(lowerName(name), "_", " ")
	return strings.ToUpper(s[:1]) + s[1:]
}

// literal writes a text as SQL does, with standard_conforming_strings on.
func literal(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

func literals(list []string) string {
	quoted := make([]string, len(list))
	for i, text := range list {
		quoted[i] = literal(text)
	}
	return strings.Join(quoted, ", ")
}

// few returns what of a list fits into a sentence, and an ellipsis for the rest.
func few(list []string) []string {
	const most = 6
	if len(list) > most {
		return append(slices.Clone(list[:most]), ellipsis)
	}
	return list
}

const ellipsis = "…"

// enumerate writes a list for an English sentence.
func enumerate(list []string) string {
	n := len(list)
	if n < 2 || list[n-1] == ellipsis {
		return strings.Join(list, ", ")
	}
	return strings.Join(list[:n-1], ", ") + " and " + list[n-1]
}
