package catalog

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/pullview/orders-datasource/pkg/message"
)

// checkFragment refuses text that would not stay one SQL expression between a
// pair of parentheses on lines of their own: it would end the statement, close
// a parenthesis that is not its own, open a literal or comment that is not
// closed, bind a parameter, or be a list. What is left is for the server to
// judge, which prepares every metric's statement on Save & test.
//
// The rules are those of PostgreSQL's scanner (src/backend/parser/scan.l) with
// standard_conforming_strings on; every session of the plugin pins it.
func checkFragment(text string) error {
	s := fragmentScanner{text: text}
	if at := strings.IndexByte(text, 0); at >= 0 {
		return s.errorAt(at, "a NUL character")
	}
	if err := s.scan(); err != nil {
		return err
	}
	if s.tokens == 0 {
		return message.Errorf("no expression; write one, or remove the key")
	}
	if meaning, ok := keywordFragments[strings.ToLower(s.word)]; ok && s.tokens == 1 {
		return message.Errorf(`%s means %s in SQL; for a column of that name write it in double quotes: '"%s"'`, s.word, meaning, s.word)
	}
	return nil
}

// keywordFragments are the words that are complete expressions of their own,
// so that a column of that name is silently not what is read.
var keywordFragments = map[string]message.Message{
	"user":              message.New("the connected role"),
	"current_user":      message.New("the connected role"),
	"current_role":      message.New("the connected role"),
	"session_user":      message.New("the connected role"),
	"system_user":       message.New("the connected role"),
	"current_catalog":   message.New("the connected database"),
	"current_schema":    message.New("the first schema of the search path"),
	"current_date":      message.New("today"),
	"current_time":      message.New("the time of the transaction"),
	"current_timestamp": message.New("the time of the transaction"),
	"localtime":         message.New("the time of the transaction"),
	"localtimestamp":    message.New("the time of the transaction"),
}

type fragmentScanner struct {
	text     string
	at       int
	tokens   int    // literals, words, brackets and other characters; no white space, no comments
	word     string // the latest word without quotes
	brackets []bracket
}

type bracket struct {
	at    int
	close byte
}

func (s *fragmentScanner) scan() error {
	for s.at < len(s.text) {
		c := s.text[s.at]
		if isSpace(c) {
			s.at++
			continue
		}
		switch {
		case s.hasPrefix("--"):
			s.skipLineComment()
			continue
		case s.hasPrefix("/*"):
			if err := s.skipBlockComment(); err != nil {
				return err
			}
			continue
		}
		s.tokens++
		if err := s.token(c); err != nil {
			return err
		}
	}
	if n := len(s.brackets); n > 0 {
		open := s.brackets[n-1].at
		return s.errorAt(open, "%q is not closed", s.text[open])
	}
	return nil
}

func (s *fragmentScanner) token(c byte) error {
	switch {
	case isIdentifierStart(c):
		return s.wordOrPrefixedString()
	case isDigit(c):
		return s.skipNumber()
	case c == '\'':
		return s.skipString(false)
	case c == '"':
		return s.skipQuotedIdentifier()
	case c == '$':
		return s.skipDollarString()
	case c == ';':
		return s.errorAt(s.at, "%q ends the statement; a fragment is one expression", c)
	case c == ',' && len(s.brackets) == 0:
		return s.errorAt(s.at, "%q makes a list; a fragment is one expression", c)
	case c == '(':
		s.brackets = append(s.brackets, bracket{s.at, ')'})
	case c == '[':
		s.brackets = append(s.brackets, bracket{s.at, ']'})
	case c == ')' || c == ']':
		n := len(s.brackets)
		if n == 0 {
			return s.errorAt(s.at, "%q closes nothing", c)
		}
		if s.brackets[n-1].close != c {
			return s.errorAt(s.at, "%q closes %q", c, s.text[s.brackets[n-1].at])
		}
		s.brackets = s.brackets[:n-1]
	}
	s.at++
	return nil
}

// wordOrPrefixedString skips a word, or the prefix E that gives backslashes in
// the string behind it a meaning. The other prefixes (B, N, U&, X) do not
// change where a string ends.
func (s *fragmentScanner) wordOrPrefixedString() error {
	start := s.at
	for s.at < len(s.text) && isIdentifierPart(s.text[s.at]) {
		s.at++
	}
	s.word = s.text[start:s.at]
	if strings.EqualFold(s.word, "e") && s.hasPrefix("'") {
		return s.skipString(true)
	}
	return nil
}

// numericLiteral is a number of any version; older ones take the letters of
// some for a word of its own.
var numericLiteral = regexp.MustCompile(`^(?:0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|` +
	`[0-9](?:_?[0-9])*(?:\.(?:[0-9](?:_?[0-9])*)?)?(?:[eE][+-]?[0-9](?:_?[0-9])*)?)`)

// skipNumber skips a number. Versions differ in where one ends that runs into
// something else, and so in where a string behind it begins.
func (s *fragmentScanner) skipNumber() error {
	start := s.at
	s.at += len(numericLiteral.FindString(s.text[s.at:]))
	if s.at < len(s.text) && isIdentifierPart(s.text[s.at]) {
		return s.errorAt(s.at, "%q runs into what follows; write a space or an operator between them", s.text[start:s.at])
	}
	return nil
}

// skipString skips from the opening quote to behind the closing one. Strings
// with nothing but white space and line comments between them, a line break
// among it, are one string to SQL, and all of it has the first part's
// backslash rule.
func (s *fragmentScanner) skipString(backslashes bool) error {
	start := s.at
	s.at++
	for s.at < len(s.text) {
		switch c := s.text[s.at]; {
		case c == '\\' && backslashes:
			s.at += 2
		case c != '\'':
			s.at++
		case s.hasPrefix("''"):
			s.at += 2
		default:
			s.at++
			next, continued := s.continuation()
			if !continued {
				return nil
			}
			s.at = next + 1
		}
	}
	return s.errorAt(start, "a string is not closed")
}

// continuation finds the opening quote of the next part of a string that has
// just been closed.
func (s *fragmentScanner) continuation() (quote int, ok bool) {
	lineBreak := false
	for i := s.at; i < len(s.text); i++ {
		switch c := s.text[i]; {
		case c == '\n' || c == '\r':
			lineBreak = true
		case isSpace(c):
		case strings.HasPrefix(s.text[i:], "--"):
			end := strings.IndexAny(s.text[i:], "\n\r")
			if end < 0 {
				return 0, false
			}
			i += end
			lineBreak = true
		default:
			return i, c == '\'' && lineBreak
		}
	}
	return 0, false
}

func (s *fragmentScanner) skipQuotedIdentifier() error {
	start := s.at
	s.at++
	for s.at < len(s.text) {
		switch {
		case s.hasPrefix(`""`):
			s.at += 2
		case s.text[s.at] == '"':
			s.at++
			return nil
		default:
			s.at++
		}
	}
	return s.errorAt(start, "a double quote is not closed")
}

func (s *fragmentScanner) skipDollarString() error {
	start := s.at
	end := start + 1
	for end < len(s.text) && s.text[end] != '$' && isIdentifierPart(s.text[end]) {
		end++
	}
	if end == len(s.text) || s.text[end] != '$' || end > start+1 && isDigit(s.text[start+1]) {
		if start+1 < len(s.text) && isDigit(s.text[start+1]) {
			return s.errorAt(start, "a parameter such as $1; a fragment binds no values")
		}
		return s.errorAt(start, "a stray $")
	}
	delimiter := s.text[start : end+1]
	length := strings.Index(s.text[end+1:], delimiter)
	if length < 0 {
		return s.errorAt(start, "a string that begins with %s is not closed", quote(delimiter))
	}
	s.at = end + 1 + length + len(delimiter)
	return nil
}

func (s *fragmentScanner) skipLineComment() {
	end := strings.IndexAny(s.text[s.at:], "\n\r")
	if end < 0 {
		s.at = len(s.text)
		return
	}
	s.at += end
}

// skipBlockComment skips a comment, in which others may nest.
func (s *fragmentScanner) skipBlockComment() error {
	start, depth := s.at, 0
	for s.at < len(s.text) {
		switch {
		case s.hasPrefix("/*"):
			depth++
			s.at += 2
		case s.hasPrefix("*/"):
			depth--
			s.at += 2
			if depth == 0 {
				return nil
			}
		default:
			s.at++
		}
	}
	return s.errorAt(start, "a comment is not closed")
}

func (s *fragmentScanner) hasPrefix(prefix string) bool {
	return strings.HasPrefix(s.text[s.at:], prefix)
}

// errorAt says what stands at a byte offset, which it reports as the position
// of a character, counted from 1.
func (s *fragmentScanner) errorAt(offset int, format string, args ...any) error {
	return message.Errorf("%s (character %d)", message.New(format, args...), utf8.RuneCountInString(s.text[:offset])+1)
}

func isSpace(c byte) bool {
	return c == ' ' || c >= '\t' && c <= '\r'
}
