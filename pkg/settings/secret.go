package settings

import (
	"fmt"
	"io"
)

// Secret is a text that shows itself only when asked to. Logging, formatting
// and marshalling show that it is there, or nothing; so does a printer that
// walks through structs by reflection, as the text is not in one.
type Secret struct {
	reveal func() string
}

// NewSecret keeps a text.
func NewSecret(text string) Secret {
	if text == "" {
		return Secret{}
	}
	return Secret{reveal: func() string { return text }}
}

// Reveal returns the text, empty for the zero Secret.
func (s Secret) Reveal() string {
	if s.reveal == nil {
		return ""
	}
	return s.reveal()
}

// String says that there is a secret, or is empty.
func (s Secret) String() string {
	if s.reveal == nil {
		return ""
	}
	return "[hidden]"
}

// Format writes what String says for every verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// MarshalText writes what String says.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
