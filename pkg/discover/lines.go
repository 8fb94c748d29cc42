package discover

import (
	"fmt"
	"slices"
	"strings"
)

// lineSum is the value of an order as its lines tell it.
type lineSum struct {
	relation   *Relation
	expression string // a subquery over the order's lines
	reasons    []Sentence
	confidence float64
	indexed    bool // the lines of an order are found through an index
}

// linkedBy finds the column of child that refers to parent's key: by a foreign
// key, or by name and type.
func linkedBy(child, parent *Relation) (column, key *Column, declared bool) {
	for _, fk := range child.ForeignKeys {
		if fk.Schema == parent.Schema && fk.Table == parent.Name && len(fk.Columns) == 1 {
			c, k := child.Column(fk.Columns[0]), parent.Column(fk.References[0])
			if c != nil && k != nil {
				return c, k, true
			}
		}
	}
	key = parent.linkKey()
	if key == nil {
		return nil, nil, false
	}
	for _, c := range child.Columns {
		if c.Class == key.Class && refersByName(c.Name, parent.Name, key.Name) {
			return c, key, false
		}
	}
	return nil, nil, false
}

// linkKey is the column by which other tables refer to a relation. The primary
// key of a partitioned table holds the partition's column besides; a view has
// none.
func (r *Relation) linkKey() *Column {
	if k := r.key(); k != nil {
		return k
	}
	for _, name := range r.PrimaryKey {
		if c := r.Column(name); c != nil && !c.Class.IsTime() && isReference(&Relation{}, c) {
			return c
		}
	}
	if len(r.PrimaryKey) == 0 {
		return r.Column("id")
	}
	return nil
}

// refersByName reports whether a column is named after a table or its key:
// order_id, id_order, orderId, order_uuid, pedido.
func refersByName(column, table, key string) bool {
	if column == key && strings.ToLower(key) != "id" {
		return true
	}
	significant := func(list []string) []string {
		var kept []string
		for _, w := range list {
			if !smallWords[w] && w != "fk" && w != "ref" {
				kept = append(kept, w)
			}
		}
		return kept
	}
	of, own := significant(words(column)), significant(words(table))
	if len(of) != 1 || len(own) == 0 {
		return false
	}
	for _, w := range own {
		if same(of[0], w) {
			if r, ok := meaning(roleWords, w); ok && r == roleOrders || len(own) == 1 {
				return true
			}
		}
	}
	return false
}

// same reports whether two words are forms of one.
func same(a, b string) bool {
	return slices.ContainsFunc(forms(a), func(f string) bool { return slices.Contains(forms(b), f) })
}

var (
	quantityWords  = set("quantity", "quantidade", "cantidad", "qty", "qtd", "qtde", "units", "pieces", "count", "cant")
	unitPriceWords = set("price", "preco", "precio")
	unitWords      = set("unit", "unitario", "each")
	discountWords  = set("discount", "desconto", "descuento", "rebate")
	percentWords   = set("percent", "pct", "percentage", "rate", "perc", "porcentagem", "porcentaje", "percentual")
	wholeLineWords = set("total", "amount", "importe", "subtotal", "line", "extended", "montante", "monto", "tot")
	notPriceWords  = set("cost", "custo", "coste", "costo", "list", "original", "tax", "iva", "imposto", "vat", "discount", "desconto", "descuento", "shipping")
)

// sumLines finds out how the lines of an order add up to its value; nil where
// they do not tell.
func sumLines(lines, orders *Relation) *lineSum {
	link, key, declared := linkedBy(lines, orders)
	if link == nil {
		return nil
	}
	alias := "l"
	if orders.SQLName == alias {
		alias = "line"
	}
	of := func(c *Column) string { return alias + "." + c.SQL }

	s := &lineSum{relation: lines, confidence: 0.85, indexed: link.Indexed}
	term, divisor, reasons, certain := lineTerm(lines, of)
	if term == "" {
		return nil
	}
	condition := fmt.Sprintf("%s = %s.%s", of(link), orders.SQLName, key.SQL)
	for _, c := range lines.Columns {
		if t := timeOf(c); c.Class.IsTime() && t.stage == stageDeleted && c.mayBeNull() {
			condition += fmt.Sprintf(" AND %s IS NULL", of(c))
			reasons = append(reasons, say(LinesDeletedLeftOut, Values{"column": c.Name}))
		}
	}
	from := lines.SQLSchema + "." + lines.SQLName
	if divisor != "" {
		divisor = " / " + divisor
	}
	s.expression = fmt.Sprintf("(SELECT sum(%s) FROM %s AS %s WHERE %s)%s", term, from, alias, condition, divisor)
	how := LinesAddUp
	if !declared {
		how = LinesAddUpByName
		s.confidence -= 0.1
	}
	if !certain {
		s.confidence -= 0.25
	}
	s.reasons = append([]Sentence{say(how, Values{"table": lines.Name, "column": link.Name})}, reasons...)
	return s
}

// lineTerm writes what one line is worth, and by what the sum of the lines is to
// be divided where they are in cents.
func lineTerm(r *Relation, of func(*Column) string) (term, divisor string, reasons []Sentence, certain bool) {
	var quantity, discount *Column
	var unit, whole *amount
	for _, c := range r.Columns {
		list := words(c.Name)
		if !c.Class.IsNumber() || isReference(r, c) {
			continue
		}
		switch {
		case quantity == nil && anyOf(quantityWords, list):
			quantity = c
			continue
		case discount == nil && anyOf(discountWords, list):
			discount = c
			continue
		case anyOf(notPriceWords, list):
			continue
		}
		a := lineAmount(c)
		if a == nil {
			continue
		}
		priced := anyOf(unitPriceWords, list) && !slices.Contains(list, "total") || anyOf(unitWords, list)
		switch {
		case priced && (unit == nil || anyOf(unitWords, list)):
			unit = a
		case !priced && anyOf(wholeLineWords, list) && (whole == nil || slices.Contains(list, "total")):
			whole = a
		case !priced && unit == nil && anyOf(set("value", "valor"), list):
			unit = a
		}
	}
	switch {
	case whole != nil:
		unit, term, certain = whole, of(whole.column), true
		reasons = []Sentence{say(LineIs, Values{"column": whole.column.Name})}
	case unit != nil && quantity != nil:
		term, certain = of(quantity)+" * "+of(unit.column), true
		reasons = []Sentence{say(LineTimes, Values{"quantity": quantity.Name, "price": unit.column.Name})}
		if discount != nil {
			var less Code
			term, less, certain = discounted(term, discount, of(discount), unit)
			reasons = append(reasons, say(less, Values{"column": discount.Name}))
		}
	case unit != nil:
		term = of(unit.column)
		reasons = []Sentence{say(LineIs, Values{"column": unit.column.Name}), say(LineNoQuantity, nil)}
	default:
		return "", "", nil, false
	}
	if unit.divisor != "" {
		reasons = append(reasons, say(LineInCents, nil))
	}
	return term, unit.divisor, reasons, certain
}

// lineAmount takes a number of a line for money even where its name alone
// would not do, such as unit_price.
func lineAmount(c *Column) *amount {
	a := &amount{column: c}
	a.minorUnits()
	list := words(c.Name)
	if a.divisor != "" || anyOf(unitPriceWords, list) || anyOf(unitWords, list) || anyOf(wholeLineWords, list) || anyOf(set("value", "valor"), list) {
		return a
	}
	return nil
}

// discounted subtracts a line's discount, if it can be told whether that is a
// fraction, a percentage or an amount. It returns the term, what was done, and
// whether that is certain.
func discounted(term string, discount *Column, column string, unit *amount) (string, Code, bool) {
	list := words(discount.Name)
	known := discount.Stats != nil && discount.Stats.Max > 0
	value := column
	if discount.mayBeNull() {
		value = fmt.Sprintf("coalesce(%s, 0)", column)
	}
	money := &amount{column: discount}
	money.minorUnits()
	switch {
	case anyOf(percentWords, list) && (!known || discount.Stats.Max > 1):
		return fmt.Sprintf("%s * (1 - %s / 100.0)", term, value), LessPercent, known
	case discount.Class != Integer && known && discount.Stats.Min >= 0 && discount.Stats.Max <= 1:
		return fmt.Sprintf("%s * (1 - %s)", term, value), LessFraction, true
	case money.divisor == unit.divisor && (money.divisor != "" || known && discount.Stats.Max > 100 || anyOf(set("amount", "value", "valor", "importe", "monto", "total"), list)):
		return fmt.Sprintf("(%s - %s)", term, value), LessAmount, true
	}
	return term, DiscountUnclear, false
}
