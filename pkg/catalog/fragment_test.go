package catalog

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestFragmentsThatStayOneExpressionAreAccepted(t *testing.T) {
	t.Parallel()
	for _, fragment := range []string{
		"total",
		"total * (1 - discount)",
		`"user"`,
		"current_date - created_at",
		"status in ('paid', 'sent')",
		"tags[1:2]",
		"array[1, 2][1]",
		"data ->> 'a;b'",
		"data -> '$.x' is not null",
		"note = 'it''s; $1 -- (here'",
		`note = 'a\' and kind = 'b;'`,
		`note = E'it\'s; ('`,
		`note = e'\\' and true`,
		`note = U&'d\0061t;'`,
		`"odd ""name;"" $1" = 1`,
		"note = $$a; ' \" ($1$$",
		"note = $tag$a $$; $tag $tagg$ $tag$",
		"note = $ä$;$ä$",
		"a$1 > 0",
		"price$$ > 0",
		"a /* ; ( ' */ + b",
		"a /* /* ; */ ' */ + b",
		"a -- ; ( '\n + b",
		"a + b -- at the end",
		"a --\r + b",
		"note = 'a'\n'b'",
		"note = 'a' -- more;\n 'b'",
		`note = E'a'` + "\n" + `'b\''`,
		"E'a' -- c\n -- d\n '\\'; '",
		"a */ b",
		"exists (select 1 from x where y = 1)",
		"case when a then 1 else 0 end",
		"true",
		"ação = 'não'",
	} {
		assert.NoError(t, checkFragment(fragment), fragment)
	}
}

func TestFragmentsThatWouldLeaveTheirPlaceAreRefused(t *testing.T) {
	t.Parallel()
	for fragment, want := range map[string]string{
		"":                                "no expression",
		" \n\t":                           "no expression",
		"-- nothing":                      "no expression",
		"/* nothing */":                   "no expression",
		"1; drop table orders":            `';' ends the statement; a fragment is one expression (character 2)`,
		"1)":                              `')' closes nothing (character 2)`,
		"1) or (true":                     `')' closes nothing`,
		"(1":                              `'(' is not closed (character 1)`,
		"f(a[1)":                          `')' closes '[' (character 6)`,
		"[1, 2)":                          `')' closes '['`,
		"a]":                              `']' closes nothing`,
		"a, b":                            `',' makes a list`,
		"(a), b":                          `',' makes a list`,
		"total > $1":                      `a parameter such as $1; a fragment binds no values (character 9)`,
		"total > ($1)":                    "a parameter such as $1",
		"1$1":                             "\"1\" runs into what follows",
		"n + 1e5$ä$ ' $ä$":                "\"1e5\" runs into what follows",
		"0x1f$a$":                         "\"0x1f\" runs into what follows",
		"+$12":                            "a parameter such as $1",
		"a $ b":                           "a stray $",
		"a = $tag":                        "a stray $",
		"a = $1$x$1$":                     "a parameter such as $1",
		"'a":                              "a string is not closed (character 1)",
		"'a''":                            "a string is not closed",
		`E'a\'`:                           "a string is not closed",
		`E'a\`:                            "a string is not closed",
		`E'a'` + "\n" + `'b\'`:            "a string is not closed",
		"E'a' -- c\n -- d\n '\\'; ":       "a string is not closed",
		`'a'` + "\n" + `'b\'; drop`:       `';' ends the statement`,
		`like'a\'; drop table x; --'`:     `';' ends the statement`,
		`note'\' ; '`:                     `';' ends the statement`,
		`é'\' ; '`:                        `';' ends the statement`,
		`E 'a\'; drop`:                    `';' ends the statement`,
		`E'a' 'b\'; drop table orders --`: `';' ends the statement`,
		`"a`:                              "a double quote is not closed (character 1)",
		`"a""`:                            "a double quote is not closed",
		"a = $$b":                         `a string that begins with "$$" is not closed (character 5)`,
		"a = $t$b$$ $T$":                  `a string that begins with "$t$" is not closed`,
		"a /* b":                          "a comment is not closed (character 3)",
		"a /* /* b */":                    "a comment is not closed",
		"a --'\n; drop":                   `';' ends the statement`,
		"a --'\r; drop":                   `';' ends the statement`,
		"a -/* ' */ ; b":                  `';' ends the statement`,
		"a\x00b":                          "a NUL character (character 2)",
		"'ä' || 'ö' ;":                    "(character 12)",
		"user":                            "user means the connected role",
		" current_timestamp -- now":       "current_timestamp means the time of the transaction",
	} {
		assert.ErrorContains(t, checkFragment(fragment), want, fragment)
	}
}

// FuzzFragment searches for text that is accepted alone but ends its
// parentheses, or changes how the text behind it is read, where it is embedded
// as statements embed it.
func FuzzFragment(f *testing.F) {
	for _, seed := range []string{
		"total", "a /* b", "E'a\\'", "'a'\n'b'", "$t$ $t$", "a -- b", "f(a[1], 'x')", "\"a\"\"b\"", "a$1", "e'\\\\'", "'\\'",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, fragment string) {
		if checkFragment(fragment) != nil {
			return
		}
		embedded := "(\n" + fragment + "\n)"
		if err := checkFragment(embedded); err != nil {
			t.Fatalf("%q: embedded it is refused: %v", fragment, err)
		}
		for _, behind := range []string{";", ")", "'", `"`, "$1", "/*", ","} {
			if checkFragment(embedded+behind) == nil {
				t.Fatalf("%q hides the %s behind it", fragment, behind)
			}
		}
		if strings.ContainsRune(fragment, 0) {
			t.Fatalf("%q holds a NUL character", fragment)
		}
	})
}
