package exactness_test

import (
	"math"
	"math/big"
	"strings"
)

// The catalog's SQL fragments, each with what it means in Go. The functions
// that write them are given the SQL name of a column.

// condition is a fragment that is true for some rows.
type condition struct {
	sql   func(name func(string) string) string
	holds func(*row) bool // false where SQL says unknown
}

// quantity is a fragment that is summed or observed.
type quantity struct {
	sql   func(name func(string) string) string
	of    func(*row) number
	float bool
}

// facet is a fragment by which rows are grouped and filtered, or whose
// different values are counted.
type facet struct {
	sql  func(name func(string) string) string
	of   func(*row) text
	kind *dimensionType
}

// written makes the SQL of a fragment in which $name stands for a column.
func written(pattern string) func(name func(string) string) string {
	return func(name func(string) string) string {
		sql := pattern
		for _, list := range [][]string{{colID}, timeColumns, textColumns, numberColumns} {
			for _, column := range list {
				sql = strings.ReplaceAll(sql, "$"+column, name(column))
			}
		}
		return sql
	}
}

func column(name string) func(func(string) string) string {
	return func(sql func(string) string) string { return sql(name) }
}

func textIs(column string, accept func(string) bool) func(*row) bool {
	return func(r *row) bool {
		t := r.texts[column]
		return !t.null && accept(t.text)
	}
}

func numberIs(column string, accept func(*big.Rat) bool) func(*row) bool {
	return func(r *row) bool {
		n := r.numbers[column]
		return n.finite() && accept(n.rat)
	}
}

var conditions = []condition{
	{written("$flag"), textIs(colFlag, func(s string) bool { return s == "true" })},
	{written("NOT $flag"), textIs(colFlag, func(s string) bool { return s == "false" })},
	{written("$size > 2"), textIs(colSize, func(s string) bool { return compareWhole(s, "2") > 0 })},
	{written("$channel = 'web'"), textIs(colChannel, func(s string) bool { return s == "web" })},
	{written("$channel <> 'web' -- not where it is null"), textIs(colChannel, func(s string) bool { return s != "web" })},
	{written("$kind IN ('small', 'LARGE')"), textIs(colKind, func(s string) bool { return s == "small" || s == "LARGE" })},
	{written("$pieces % 2 = 0"), numberIs(colPieces, func(n *big.Rat) bool { return n.Num().Bit(0) == 0 })},
	{written("$amount IS NOT NULL"), func(r *row) bool { return !r.numbers[colAmount].null }},
	{written("$closed IS NULL OR $closed > $opened"), func(r *row) bool {
		opened, closed := r.times[colOpened], r.times[colClosed]
		return closed.null || !opened.null && closed.at > opened.at
	}},
	{written("$id % 3 <> 0"), func(r *row) bool { return r.id%3 != 0 }},
	{written("$id < 0"), func(*row) bool { return false }},
}

func numberOf(name string) func(*row) number {
	return func(r *row) number { return r.numbers[name] }
}

// quantities are the number columns themselves, and expressions.
var quantities = append(plainQuantities(), []quantity{
	{sql: written("$amount * $pieces"), of: func(r *row) number {
		amount, pieces := r.numbers[colAmount], r.numbers[colPieces]
		if amount.null || pieces.null {
			return nullNumber
		}
		if !amount.finite() {
			return amount // only NaN fits the column
		}
		return number{rat: new(big.Rat).Mul(amount.rat, pieces.rat)}
	}},
	{sql: written("- $score"), of: func(r *row) number { return r.numbers[colScore].scaled(-1) }},
	{sql: written("CASE WHEN $flag THEN $amount END"), of: func(r *row) number {
		if r.texts[colFlag] != (text{text: "true"}) {
			return nullNumber
		}
		return r.numbers[colAmount]
	}},
	{sql: written("$size"), of: func(r *row) number {
		if r.texts[colSize].null {
			return nullNumber
		}
		return parseNumber(r.texts[colSize].text)
	}},
	{sql: written("$weight * 2"), of: func(r *row) number { return r.numbers[colWeight].scaled(2) }, float: true},
	{sql: written("$pieces::float8 / 7"), of: func(r *row) number {
		if r.numbers[colPieces].null {
			return nullNumber
		}
		return floatNumber(r.numbers[colPieces].float64() / 7)
	}, float: true},
	{sql: written("$amount::float8"), of: func(r *row) number {
		if r.numbers[colAmount].null {
			return nullNumber
		}
		return floatNumber(r.numbers[colAmount].float64())
	}, float: true},
}...)

func plainQuantities() []quantity {
	var list []quantity
	for _, name := range numberColumns {
		list = append(list, quantity{sql: column(name), of: numberOf(name), float: name == colWeight || name == colRate})
	}
	return list
}

func textOf(name string) func(*row) text {
	return func(r *row) text { return r.texts[name] }
}

// mapped is a text made of another one, null where that is.
func mapped(name string, f func(string) string) func(*row) text {
	return func(r *row) text {
		t := r.texts[name]
		if !t.null {
			t.text = f(t.text)
		}
		return t
	}
}

// facets are the dimensions of every table, by name.
var facets = map[string]facet{
	"channel": {column(colChannel), textOf(colChannel), typeText},
	"kind":    {column(colKind), textOf(colKind), typeEnum},
	"code":    {column(colCode), textOf(colCode), typeCharacter},
	"nick":    {column(colNick), textOf(colNick), typeCitext},
	"size":    {column(colSize), textOf(colSize), typeWhole},
	"flag":    {column(colFlag), textOf(colFlag), typeBool},
	"ref":     {column(colRef), textOf(colRef), typeUUID},
	"tier":    {column(colTier), textOf(colTier), typeNumeric},
	"day":     {column(colDay), textOf(colDay), typeDate},
	"shade":   {written("lower($channel)"), mapped(colChannel, lowerASCII), typeText},
	"named": {written("coalesce($channel, 'none')"), func(r *row) text {
		if t := r.texts[colChannel]; !t.null {
			return t
		}
		return text{text: "none"}
	}, typeText},
	"third": {written("$size % 3"), mapped(colSize, func(s string) string {
		n := parseNumber(s).rat.Num()
		return new(big.Int).Rem(n, big.NewInt(3)).String()
	}), typeWhole},
	"any": {written("$pieces > 0"), func(r *row) text {
		n := r.numbers[colPieces]
		if n.null {
			return text{null: true}
		}
		if n.rat.Sign() > 0 {
			return text{text: "true"}
		}
		return text{text: "false"}
	}, typeBool},
	"sort": {written("$kind::text"), textOf(colKind), typeText},
}

// keyOf is a value by which numbers are told apart.
func keyOf(name string) func(*row) text {
	return func(r *row) text {
		switch n := r.numbers[name]; {
		case n.null:
			return text{null: true}
		case math.IsNaN(n.special):
			return text{text: "NaN"}
		case n.special > 0:
			return text{text: "Infinity"}
		case n.special < 0:
			return text{text: "-Infinity"}
		default:
			return text{text: n.rat.RatString()}
		}
	}
}

// identities are what distinct metrics count.
var identities = []facet{
	facets["channel"], facets["kind"], facets["nick"], facets["ref"], facets["tier"], facets["shade"], facets["day"],
	{sql: column(colWeight), of: keyOf(colWeight)},
	{sql: column(colScore), of: keyOf(colScore)},
	{sql: column(colPieces), of: keyOf(colPieces)},
	{sql: column(colPrice), of: keyOf(colPrice)},
}
