// Package message holds what the plugin's server tells people, in each language
// of its pages.
//
// As with gettext the English text is the key: a message is a format of package
// fmt in English with what fills it in, and locales/ holds the same format in
// other languages. What fills a message in may be a message itself, or an error
// that has one. Names, values, SQL and what other programs say of a problem stay
// as they are.
//
// A function that takes the format of a message calls that parameter format and
// is called with a constant, by which a test finds the texts that are not
// translated.
package message

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Message is a text for people. The zero Message is empty.
type Message struct {
	format   string
	args     []any
	sentence bool
}

// New returns a message: an English format of package fmt, and its arguments.
func New(format string, args ...any) Message {
	if false {
		_ = fmt.Sprintf(format, args...) // by which go vet knows what this function is
	}
	return Message{format: format, args: args}
}

// Verbatim is a text that is the same in all languages.
func Verbatim(text string) Message { return Message{format: "%s", args: []any{text}} }

// Counted is the message that is right for a number: one where it is 1, and else
// the other. The number comes first among the arguments of both.
func Counted(n int, one, other string, args ...any) Message {
	args = append([]any{n}, args...)
	if n == 1 {
		return Message{format: one, args: args}
	}
	return Message{format: other, args: args}
}

// Text is what a message and all that has one share.
type Text interface{ Text() Message }

// Texts returns the messages of a list.
func Texts[T Text](list []T) []Message {
	texts := make([]Message, len(list))
	for i, item := range list {
		texts[i] = item.Text()
	}
	return texts
}

// Join strings the messages of a list together, with the separator between them.
func Join[T Text](list []T, separator string) Message {
	var m Message
	for i, item := range list {
		if i > 0 {
			m.format += "%s"
			m.args = append(m.args, separator)
		}
		m.format += "%s"
		m.args = append(m.args, item.Text())
	}
	return m
}

// At is the message with the path to the value that it is about in front, where
// there is one.
func (m Message) At(path string) Message {
	if path == "" {
		return m
	}
	return New("%s: %s", path, m)
}

// Text returns the message itself.
func (m Message) Text() Message { return m }

// Or is the message, or another one where it is empty.
func (m Message) Or(other Message) Message {
	if m.IsZero() {
		return other
	}
	return m
}

// IsZero reports whether there is nothing to tell.
func (m Message) IsZero() bool { return m.format == "" }

// String returns the message in English.
func (m Message) String() string { return m.In(English) }

// In returns the message in a language, and in English where it has not been
// translated.
func (m Message) In(language Language) string {
	args := make([]any, len(m.args))
	for i, arg := range m.args {
		switch arg := arg.(type) {
		case Text:
			args[i] = arg.Text().In(language)
		case error:
			args[i] = Of(arg).In(language)
		case float64:
			args[i] = number{arg, language}
		default:
			args[i] = arg
		}
	}
	text := fmt.Sprintf(language.format(m.format), args...)
	if !m.sentence || text == "" {
		return text
	}
	first, size := utf8.DecodeRuneInString(text)
	text = string(unicode.ToUpper(first)) + text[size:]
	if !strings.HasSuffix(text, ".") {
		text += "."
	}
	return text
}

// Sentence is the message with a capital letter at its beginning and a full stop
// at its end.
func (m Message) Sentence() Message {
	m.sentence = true
	return m
}

// MarshalJSON writes an object with the message by language, as in
// {"en-US": "no value", "pt-BR": "sem valor"}.
func (m Message) MarshalJSON() ([]byte, error) {
	texts := make(map[Language]string, len(Languages()))
	for _, language := range Languages() {
		texts[language] = m.In(language)
	}
	return json.Marshal(texts)
}

// Error is an error that is a message.
type Error struct {
	message Message
	wrapped error
}

// Errorf returns an error with a message. It wraps the last error among the
// arguments, if there is one.
func Errorf(format string, args ...any) error {
	if false {
		_ = fmt.Sprintf(format, args...)
	}
	e := &Error{message: New(format, args...)}
	for _, arg := range args {
		if err, ok := arg.(error); ok {
			e.wrapped = err
		}
	}
	return e
}

func (e *Error) Error() string { return e.message.String() }

// Text returns the error's message.
func (e *Error) Text() Message { return e.message }

// Unwrap returns the error that is part of the message, if there is one.
func (e *Error) Unwrap() error { return e.wrapped }

// Of returns the message of an error that has one in a method Text, or of what
// it wraps, and else the error's own words.
func Of(err error) Message {
	var told Text
	if errors.As(err, &told) {
		return told.Text()
	}
	return Verbatim(err.Error())
}
