package discover

import (
	"slices"
	"strings"
)

// amountWords weigh the words of a column's name as an amount of money: what a
// customer pays for the whole is worth most; parts of it and quantities count
// against.
var amountWords = amountVocabulary(map[float64]string{
	3:    "total tot grand",
	2.5:  "amount amt importe monto montante revenue faturamento",
	2:    "value valor vlr vl val paid",
	1.5:  "price preco precio",
	0.5:  "gross net bruto liquido neto sum soma suma due charged order pedido sale venda venta",
	-1.5: "subtotal sub",
	-2:   "unit unitario each balance outstanding saldo base list original previous",
	-4: "tax vat iva imposto icms ipi shipping freight frete envio flete discount desconto descuento rebate coupon fee taxa commission comissao tip gorjeta " +
		"refund refunded reembolso estorno credit cost custo coste costo weight peso quantity quantidade cantidad qty qtd count item piece point rate percent pct " +
		"percentage exchange latitude longitude lat lng margin score age width height length volume stock gst pst duty handling wallet loyalty installment parcela cuota version year month ratio",
})

func amountVocabulary(weights map[float64]string) map[string]float64 {
	m := map[string]float64{}
	for weight, list := range weights {
		for _, w := range strings.Fields(list) {
			m[w] = weight
		}
	}
	return m
}

// minorWords say that a number counts the hundredths of a currency, or
// whatever its smallest unit is.
var (
	minorWords  = set("cent", "minor", "centavo", "centimo", "pence", "penny", "pennies", "kopeck", "centesimo", "subunit")
	microsWords = set("micro", "micros")
)

// amount is a column with money.
type amount struct {
	column  *Column
	divisor string // "100.0" for cents, else empty
	score   float64
	reason  *Sentence // where there is more to say than that its name tells
}

// expression writes the amount as SQL, in whole units of its currency.
func (a *amount) expression(column string) string {
	if a.divisor == "" {
		return column
	}
	return column + " / " + a.divisor
}

// amountOf weighs a column as an amount; nil where it is none.
func amountOf(c *Column) *amount {
	if !c.Class.IsNumber() {
		return nil
	}
	a := &amount{column: c}
	named := false
	for _, w := range words(c.Name) {
		weight, ok := meaning(amountWords, w)
		if !ok {
			continue
		}
		a.score += weight
		named = named || weight >= 1.5
	}
	a.minorUnits()
	switch {
	case a.divisor != "":
		a.score++
		named = true
	case c.Class == Money && !named:
		reason := say(AmountByType, Values{"column": c.Name})
		a.reason, named = &reason, true
		a.score++
	case c.Class == Numeric || c.Class == Money:
		a.score++
	case c.Class == Float:
		a.score += 0.5
	default:
		a.score -= 0.5
	}
	if !named || a.score <= 0 {
		return nil
	}
	return a
}

// minorUnits recognises numbers in cents by the column's name or comment.
func (a *amount) minorUnits() {
	c := a.column
	switch list := words(c.Name); {
	case anyOf(microsWords, list):
		a.in("1000000.0", AmountMillionths, Values{"column": c.Name})
	case anyOf(minorWords, list):
		a.in("100.0", AmountCentsName, Values{"column": c.Name})
	case c.Class == Integer && anyOf(minorWords, words(c.Comment)):
		a.in("100.0", AmountCentsComment, Values{"column": c.Name})
	}
}

// in sets what the amount is divided by, and why.
func (a *amount) in(divisor string, code Code, values Values) {
	reason := say(code, values)
	a.divisor, a.reason = divisor, &reason
}

// amountsOf lists the amounts of a table, the best first.
func amountsOf(r *Relation) []*amount {
	var list []*amount
	for _, c := range r.Columns {
		if a := amountOf(c); a != nil && !isReference(r, c) {
			list = append(list, a)
		}
	}
	slices.SortStableFunc(list, func(a, b *amount) int {
		switch {
		case a.score > b.score:
			return -1
		case a.score < b.score:
			return 1
		}
		return 0
	})
	return list
}

// isReference reports whether a column belongs to a key.
func isReference(r *Relation, c *Column) bool {
	if slices.Contains(r.PrimaryKey, c.Name) {
		return true
	}
	for _, fk := range r.ForeignKeys {
		if slices.Contains(fk.Columns, c.Name) {
			return true
		}
	}
	lower := strings.ToLower(c.Name)
	return strings.HasSuffix(lower, "_id") || strings.HasPrefix(lower, "id_") || lower == "id" || strings.HasSuffix(c.Name, "Id")
}

// grafanaCurrencies are the currencies for which Grafana has a unit.
var grafanaCurrencies = set("USD", "GBP", "EUR", "JPY", "RUB", "UAH", "BRL", "DKK", "ISK", "NOK", "SEK", "CZK", "CHF", "PLN",
	"ZAR", "INR", "KRW", "IDR", "PHP", "VND", "TRY", "MYR", "XPF", "BGN", "PYG", "UYU", "ILS")

// minorDigits are the decimals of the currencies that do not have two (ISO 4217).
var minorDigits = map[string]int{
	"JPY": 0, "KRW": 0, "VND": 0, "CLP": 0, "PYG": 0, "XPF": 0, "UGX": 0, "XAF": 0, "XOF": 0, "ISK": 0,
	"KWD": 3, "BHD": 3, "OMR": 3, "JOD": 3, "TND": 3,
}

// currency is what a table says about the money that it holds.
type currency struct {
	column *Column
	code   string   // the only one, ISO 4217; empty where there are several or none is known
	codes  []string // all that are known
}

var currencyWords = set("currency", "moeda", "moneda", "ccy")

// currencyOf finds the column that names a currency.
func currencyOf(r *Relation) currency {
	for _, c := range r.Columns {
		if c.Class != Text && c.Class != Enum || !anyOf(currencyWords, words(c.Name)) {
			continue
		}
		found := currency{column: c}
		for _, v := range c.currentValues() {
			found.codes = append(found.codes, strings.ToUpper(strings.TrimSpace(v)))
		}
		if len(found.codes) == 1 && len(found.codes[0]) == 3 && (c.Stats == nil || c.Stats.Complete) {
			found.code = found.codes[0]
		}
		return found
	}
	return currency{}
}

// currentValues lists the values that rows have, or else those that they may
// have.
func (c *Column) currentValues() []string {
	if c.Stats != nil && len(c.Stats.Common) > 0 {
		return c.Stats.Common
	}
	return c.Allowed
}

// unit is the Grafana unit of the currency, or empty.
func (c currency) unit() string {
	switch {
	case c.code == "":
		return ""
	case grafanaCurrencies[c.code]:
		return "currency" + c.code
	}
	return "currency:" + c.code
}

// decimals is how many decimals amounts in the currency are shown with.
func (c currency) decimals() int {
	if digits, ok := minorDigits[c.code]; ok {
		return digits
	}
	return 2
}

// adjust corrects the divisor of an amount in minor units for currencies that
// do not have hundredths.
func (c currency) adjust(a *amount) {
	if digits, ok := minorDigits[c.code]; ok && a.divisor == "100.0" {
		switch digits {
		case 0:
			a.in("", AmountSmallestUnit, Values{"column": a.column.Name, "currency": c.code})
		case 3:
			a.in("1000.0", AmountThousandths, Values{"column": a.column.Name, "currency": c.code})
		}
	}
}
