package catalog

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRelationReadsNamesAsPostgreSQLDoes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Relation{
		"orders":                     {"", "orders"},
		"public.orders":              {"public", "orders"},
		"Public.ORDERS":              {"public", "orders"},
		`"Public"."ORDERS"`:          {"Public", "ORDERS"},
		`sales."order lines"`:        {"sales", "order lines"},
		`"a.b"."c""d"`:               {"a.b", `c"d`},
		" orders ":                   {"", "orders"},
		"_o$1":                       {"", "_o$1"},
		"pedidos_são":                {"", "pedidos_são"},
		"ÄPFEL":                      {"", "Äpfel"},
		`"select"`:                   {"", "select"},
		"order":                      {"", "order"},
		`"; drop table orders; --"`:  {"", "; drop table orders; --"},
		`monitoring."2026"`:          {"monitoring", "2026"},
		"information_schema.columns": {"information_schema", "columns"},
	} {
		var got Relation
		require.NoError(t, got.UnmarshalText([]byte(text)), text)
		assert.Equal(t, want, got, text)

		var again Relation
		require.NoError(t, again.UnmarshalText([]byte(got.String())), "%s is written as %s", text, got)
		assert.Equal(t, got, again)
	}
}

func TestRelationRefusesWhatIsNoName(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		".orders":           "begins no name",
		"public.":           "a part of the name is empty",
		"public..orders":    "begins no name",
		"a.b.c":             "more than two parts",
		"2026_orders":       "begins no name",
		"order-lines":       `stray "-lines"`,
		"orders o":          `stray " o"`,
		"public .orders":    "stray",
		`"orders`:           "a double quote is not closed",
		`""`:                "empty",
		`"orders"x`:         `stray "x"`,
		"orders;":           "stray",
		"f(orders)":         `stray "(orders)"`,
		"\"a\x00\"":         "NUL",
		"(select 1) as x":   "begins no name",
		"public.'orders'":   "begins no name",
		"$1":                "begins no name",
		"public/**/.orders": "stray",
	} {
		var r Relation
		assert.ErrorContains(t, r.UnmarshalText([]byte(text)), want, text)
	}
}
