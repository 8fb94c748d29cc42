package postgres

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestBareSQLHasNamesAndSignsAlone(t *testing.T) {
	t.Parallel()
	for text, bare := range map[string]string{
		`f(a) + "g h"(b)`:                `f(a) + "g h"(b)`,
		`a = 'it''s (f(b)' || c`:         `a = '' || c`,
		`a = E'\'' || f(b)`:              `a = '' || f(b)`,
		`a = e'\\' || f('')`:             `a = '' || f('')`,
		`date'2026-01-01' = a`:           `date'' = a`,
		`type'\' || f(b) || '`:           `type'' || f(b) || '`,
		`a = $$it's$$ || f(b)`:           `a = '' || f(b)`,
		`a = $q$ $$ ' $q$ || f(b)`:       `a = '' || f(b)`,
		`"it's" || f(b)`:                 `"it's" || f(b)`,
		`"a""b" || '"' || f(b)`:          `"a""b" || '' || f(b)`,
		"a -- it's\n + f(b)":             "a  \n + f(b)",
		`a /* it's /* " */ $$ */ + f(b)`: `a   + f(b)`,
		`f/**/(a) /*`:                    `f (a)  `,
		`$1 + $2 - f($3)`:                `$1 + $2 - f($3)`,
		`a = $x$ and no end`:             `a = ''`,
		``:                               ``,
	} {
		assert.Equal(t, bare, bareSQL(text), text)
	}
}
