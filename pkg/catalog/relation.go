package catalog

import (
	"cmp"
	"strings"

	"github.com/pullview/orders-datasource/pkg/message"
)

// Relation is the name of a table, view or other relation, taken apart.
type Relation struct {
	// Schema is empty where the name was given without one: public is meant.
	Schema string
	// Name is the relation's own name, exactly as the database stores it.
	Name string
}

// maxIdentifierBytes is the longest name PostgreSQL stores; it would silently
// cut a longer one and find another relation or none (NAMEDATALEN - 1).
const maxIdentifierBytes = 63

// UnmarshalText reads name or schema.name in SQL's notation: a part without
// double quotes is folded to lower case, as PostgreSQL folds it.
func (r *Relation) UnmarshalText(text []byte) error {
	rest := strings.TrimSpace(string(text))
	var parts []string
	for {
		part, after, err := cutIdentifier(rest)
		if err != nil {
			return err
		}
		parts = append(parts, part)
		if after == "" {
			break
		}
		if after[0] != '.' {
			return message.Errorf("stray %s after the name; write name or schema.name, and put a part with other characters than letters, digits and _ in double quotes", quote(after))
		}
		rest = after[1:]
	}
	switch len(parts) {
	case 1:
		*r = Relation{Name: parts[0]}
	case 2:
		*r = Relation{Schema: parts[0], Name: parts[1]}
	default:
		return message.Errorf("more than two parts; write name or schema.name, the connection's database is the only one that can be read")
	}
	return nil
}

// String is the name in SQL's notation: parts are quoted where they need it.
func (r Relation) String() string {
	if r.Schema == "" {
		return identifier(r.Name)
	}
	return identifier(r.Schema) + "." + identifier(r.Name)
}

// MarshalText is the inverse of UnmarshalText.
func (r Relation) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// same reports whether two names are of the same relation.
func (r Relation) same(other Relation) bool {
	const unnamed = "public"
	return r.Name == other.Name && cmp.Or(r.Schema, unnamed) == cmp.Or(other.Schema, unnamed)
}

// cutIdentifier takes one SQL identifier from the front of text.
func cutIdentifier(text string) (name, rest string, err error) {
	switch {
	case text == "":
		return "", "", message.Errorf("a part of the name is empty; write name or schema.name")
	case text[0] == '"':
		name, rest, err = cutQuotedIdentifier(text[1:])
		if err != nil {
			return "", "", err
		}
	default:
		end := 0
		for end < len(text) && (isIdentifierStart(text[end]) || end > 0 && isIdentifierPart(text[end])) {
			end++
		}
		if end == 0 {
			return "", "", message.Errorf("%s begins no name; write name or schema.name, and put a part with other characters than letters, digits and _ in double quotes", quote(text))
		}
		name, rest = lowerASCII(text[:end]), text[end:]
	}
	if len(name) > maxIdentifierBytes {
		return "", "", message.Errorf("%s is longer than the %d bytes that PostgreSQL keeps of a name", quote(name), maxIdentifierBytes)
	}
	return name, rest, nil
}

func cutQuotedIdentifier(text string) (name, rest string, err error) {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == 0:
			return "", "", message.Errorf("a NUL character cannot be part of a name")
		case text[i] != '"':
			b.WriteByte(text[i])
		case i+1 < len(text) && text[i+1] == '"':
			b.WriteByte('"')
			i++
		case b.Len() == 0:
			return "", "", message.Errorf("a name between double quotes is empty")
		default:
			return b.String(), text[i+1:], nil
		}
	}
	return "", "", message.Errorf("a double quote is not closed")
}

// identifier writes a name so that PostgreSQL and cutIdentifier read it back.
func identifier(name string) string {
	plain := name != ""
	for i := range len(name) {
		c := name[i]
		if c >= 'A' && c <= 'Z' || !isIdentifierPart(c) || i == 0 && !isIdentifierStart(c) {
			plain = false
			break
		}
	}
	if plain {
		return name
	}
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

// isIdentifierStart and isIdentifierPart are PostgreSQL's ident_start and
// ident_cont (src/backend/parser/scan.l): any byte of a character outside
// ASCII counts as a letter.
func isIdentifierStart(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= 0x80
}

func isIdentifierPart(c byte) bool {
	return isIdentifierStart(c) || isDigit(c) || c == '$'
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// lowerASCII folds as PostgreSQL does in a UTF-8 database: letters outside
// ASCII keep their case.
func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}
