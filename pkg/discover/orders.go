package discover

import (
	"fmt"
	"strings"

	"github.com/pullview/orders-datasource/pkg/catalog"
)

// proposeMoreOrders proposes a table that may hold orders besides the best one,
// without selecting anything of it.
func (p *proposer) proposeMoreOrders(e *entity) {
	p.table(e, false, "it may hold orders as well: "+e.signs()+"; not selected, since another table fits better")
	main, others := p.eventCounters(e, false)
	if v := e.valueOf(); v != nil {
		p.revenue(e, v, main, others, false)
	}
	p.gauges(e, false)
}

// proposeOrders proposes the table of orders with all that follows from its
// columns.
func (p *proposer) proposeOrders(e *entity) {
	selected := e.score >= enough
	p.table(e, selected, "it holds orders: "+e.signs())
	main, others := p.eventCounters(e, selected)
	v := e.valueOf()
	if v == nil {
		p.note(e.fullName(), "no amount was found in it or in lines that refer to it, so no revenue is proposed. A counter can sum a SQL expression")
	} else {
		p.revenue(e, v, main, others, selected)
		p.amountHistogram(e, v, selected)
	}
	p.gauges(e, selected)
	p.customers(e, selected)
	p.durations(e, selected)
	p.statusCounters(e, others)
	if cancelled, ok := find(others, stageCancelled); ok {
		p.ratio(catalog.Metric{
			Name: e.name + "_cancellation_rate", Unit: "percentunit", Label: title(e.name) + ": cancellation rate",
			Help: fmt.Sprintf("Rows of %s cancelled in a time, for each that came in during it", e.relation.Name),
		}, cancelled.metric, main.metric, Item{Reason: "both are counted; it compares the two flows, not the fate of the same orders", Confidence: 0.6, Selected: false})
	}
}

// signs lists what speaks for a table of orders.
func (e *entity) signs() string {
	var list []string
	if e.role == roleOrders && e.named {
		list = append(list, "its name says so")
	}
	if e.main != nil {
		list = append(list, "an event time ("+e.main.column.Name+")")
	}
	if a := e.amount(); a != nil {
		list = append(list, "an amount ("+a.column.Name+")")
	}
	if e.lines != nil {
		list = append(list, "lines in "+e.lines.relation.Name)
	}
	if e.customer != nil {
		list = append(list, "a customer ("+e.customer.Name+")")
	}
	if e.status != nil {
		list = append(list, "a status ("+e.status.column.Name+")")
	}
	if len(list) > 1 {
		return strings.Join(list[:len(list)-1], ", ") + " and " + list[len(list)-1]
	}
	return strings.Join(list, "")
}

// revenue proposes what orders are worth: by the time they were invoiced or
// paid where that is known, else by their own time without those that came to
// nothing, and the average of it.
func (p *proposer) revenue(e *entity, v *value, main counted, others []counted, selected bool) {
	selected = selected && (v.indexed || e.relation.Rows < 10_000)
	item := func(reason string) Item {
		return Item{Reason: reason, Confidence: v.confidence, Selected: selected}
	}
	label := title(e.name)
	var earning []counted
	for _, s := range []stage{stageInvoiced, stagePaid} {
		if found, ok := find(append([]counted{main}, others...), s); ok {
			earning = append(earning, found)
		}
	}
	out := e.exclude(stageCancelled, stageDropped, stageRefunded, stagePlanned)
	if len(earning) > 0 || out.condition != "" {
		p.metric(v.sum(catalog.Metric{
			Name: e.name + "_value", Table: e.name, Label: label + ": value",
			Help: described(fmt.Sprintf("What all rows of %s are worth, whatever became of them, counted at %s", e.relation.Name, e.main.column.Name), v.column),
		}), item("the value of what comes in: "+v.reason))
	}
	if len(earning) == 0 {
		p.revenueByOrder(e, v, out, main, item)
		return
	}
	for i, by := range earning {
		name := e.name + "_revenue"
		if i > 0 {
			name += "_" + by.time.event
		}
		one := p.metric(v.sum(catalog.Metric{
			Name: name, Table: e.name, Time: ownTime(e, by.time), Label: label + ": revenue",
			Help: described(fmt.Sprintf("What the rows of %s are worth, counted when they were %s (%s)", e.relation.Name, strings.ReplaceAll(by.time.event, "_", " "), by.time.column.Name), v.column),
		}), item(fmt.Sprintf("revenue counts at %s: %s", by.time.column.Name, v.reason)))
		if i == 0 {
			p.averageTicket(e, v, one, by.metric, selected)
		}
	}
}

func (p *proposer) revenueByOrder(e *entity, v *value, out exclusion, main counted, item func(string) Item) {
	help := fmt.Sprintf("What the rows of %s are worth, counted at %s", e.relation.Name, e.main.column.Name)
	reason := "no column tells when orders are paid or invoiced, so revenue counts at " + e.main.column.Name
	count := main.metric
	if out.condition != "" {
		help += ", without those that came to nothing: " + out.words
		reason += "; left out: " + out.words
		count = p.metric(catalog.Metric{
			Name: e.name + "_kept", Type: catalog.Counter, Table: e.name, Where: out.condition, Label: title(e.name) + " kept",
			Help: fmt.Sprintf("Rows of %s counted at %s, without those that came to nothing: %s", e.relation.Name, e.main.column.Name, out.words),
		}, Item{Reason: "the orders that make the revenue; left out: " + out.words, Confidence: 0.7, Selected: item("").Selected})
	}
	one := p.metric(v.sum(catalog.Metric{
		Name: e.name + "_revenue", Table: e.name, Where: out.condition, Label: title(e.name) + ": revenue", Help: described(help, v.column),
	}), item(reason+": "+v.reason))
	p.averageTicket(e, v, one, count, item("").Selected)
}

func (p *proposer) averageTicket(e *entity, v *value, revenue, count *catalog.Metric, selected bool) {
	p.ratio(catalog.Metric{
		Name: e.name + "_average_value", Unit: v.unit, Decimals: v.decimals, Label: title(e.name) + ": average value",
		Help: fmt.Sprintf("What one of the rows of %s is worth on average: %s divided by %s", e.relation.Name, revenue.Name, count.Name),
	}, revenue, count, Item{Reason: "the revenue divided by the orders that make it, both summed first", Confidence: v.confidence, Selected: selected})
}

// statusCounters proposes, without selecting them, counters of the rows that
// have come to nothing, where no time says when.
func (p *proposer) statusCounters(e *entity, others []counted) {
	for _, s := range []stage{stageCancelled, stageRefunded} {
		values := e.status.of(s)
		if _, timed := find(others, s); timed || len(values) == 0 {
			continue
		}
		p.metric(catalog.Metric{
			Name: e.name + "_" + string(s), Type: catalog.Counter, Table: e.name, Where: e.status.with(values),
			Label: fmt.Sprintf("%s %s", title(e.name), s),
			Help:  fmt.Sprintf("Rows of %s that are %s by now, counted at %s", e.relation.Name, enumerate(values), e.main.column.Name),
		}, Item{Reason: fmt.Sprintf("%s tells that it happened and no column when, so it counts at %s and changes later", e.status.column.Name, e.main.column.Name), Confidence: 0.5})
	}
}

// proposeLines proposes a table of lines that have a time of their own, where
// there is no table of their orders.
func (p *proposer) proposeLines(e *entity) {
	var order *Column
	for _, c := range e.relation.Columns {
		for _, w := range words(c.Name) {
			if r, ok := meaning(roleWords, w); ok && r == roleOrders && (c.Class == Integer || c.Class == UUID || c.Class == Text) {
				order = c
			}
		}
	}
	e.score = max(e.score, enough)
	p.table(e, true, "it holds the lines of orders and their time ("+e.main.column.Name+"), and no table of the orders themselves was found")
	p.eventCounters(e, true)
	if order != nil {
		p.metric(catalog.Metric{
			Name: e.name + "_orders", Type: catalog.Distinct, Table: e.name, Column: order.SQL, Label: "Orders",
			Help: fmt.Sprintf("How many different orders the lines in %s belong to, by %s", e.relation.Name, order.Name),
		}, Item{Reason: order.Name + " tells which lines belong together", Confidence: 0.7, Selected: true})
	}
	term, divisor, reason, certain := lineTerm(e.relation, func(c *Column) string { return c.SQL })
	if term == "" {
		p.note(e.fullName(), "no price or amount was found in it, so no revenue is proposed")
		return
	}
	if divisor != "" {
		term = fmt.Sprintf("(%s) / %s", term, divisor)
	}
	confidence := 0.75
	if !certain {
		confidence = 0.5
	}
	decimals := e.currency.decimals()
	p.metric(catalog.Metric{
		Name: e.name + "_revenue", Type: catalog.Counter, Table: e.name, Sum: term, Unit: e.currency.unit(), Decimals: &decimals,
		Label: "Revenue", Help: fmt.Sprintf("What the lines in %s are worth, counted at %s", e.relation.Name, e.main.column.Name),
	}, Item{Reason: "each line is " + reason, Confidence: confidence, Selected: true})
}

// proposeCarts proposes carts, and how many of them become orders.
func (p *proposer) proposeCarts(orders []*entity) {
	for _, e := range p.entities {
		if e.role != roleCarts {
			continue
		}
		if e.main == nil {
			p.note(e.fullName(), "it looks like carts but has no time that can be used")
			continue
		}
		e.score = scoreFull * 0.9
		p.table(e, true, "it holds carts, by its name, and when they began ("+e.main.column.Name+")")
		main, _ := p.eventCounters(e, true)
		p.gauges(e, true)
		p.conversion(e, main.metric, orders)
		p.customers(e, false)
	}
}

// conversion proposes the part of the carts that became orders, of the carts
// that began in a time: so it is never above 1.
func (p *proposer) conversion(e *entity, all *catalog.Metric, orders []*entity) {
	condition, reason, confidence, selected := e.converted(orders)
	if condition == "" {
		p.note(e.fullName(), "no column tells which carts became orders, so no conversion is proposed")
		return
	}
	converted := p.metric(catalog.Metric{
		Name: e.name + "_converted", Type: catalog.Counter, Table: e.name, Where: condition, Label: title(e.name) + " converted",
		Help: fmt.Sprintf("Rows of %s that have become orders by now, counted at %s", e.relation.Name, e.main.column.Name),
	}, Item{Reason: reason, Confidence: confidence, Selected: selected})
	p.ratio(catalog.Metric{
		Name: e.name + "_conversion", Unit: "percentunit", Label: title(e.name) + ": conversion",
		Help: "The part of the carts begun in a time that have become orders by now",
	}, converted, all, Item{Reason: reason + "; carts of the last minutes may still become orders", Confidence: confidence, Selected: selected})
}

func (e *entity) converted(orders []*entity) (condition, reason string, confidence float64, selected bool) {
	for _, order := range orders {
		for _, fk := range e.relation.ForeignKeys {
			if fk.Schema == order.relation.Schema && fk.Table == order.relation.Name && len(fk.Columns) == 1 {
				if c := e.relation.Column(fk.Columns[0]); c != nil && c.mayBeNull() {
					return c.SQL + " IS NOT NULL", c.Name + " refers to the order that the cart became", 0.9, true
				}
			}
		}
	}
	for _, c := range e.relation.Columns {
		if c.Class != Other && !c.Class.IsTime() && c.mayBeNull() && isReference(e.relation, c) && c != e.customer {
			if r, _ := roleOf(c.Name); r == roleOrders {
				return c.SQL + " IS NOT NULL", c.Name + " is named after the order that the cart became", 0.8, true
			}
		}
	}
	for _, t := range e.times {
		if (t.stage == stageConverted || t.stage == stagePlaced) && t.column.mayBeNull() && t.column != e.main.column {
			return t.column.SQL + " IS NOT NULL", t.column.Name + " is set when a cart becomes an order", 0.85, true
		}
	}
	if values := e.status.of(stageConverted); len(values) > 0 {
		return e.status.with(values), fmt.Sprintf("%s is %s for carts that became orders", e.status.column.Name, enumerate(values)), 0.75, true
	}
	key := e.relation.linkKey()
	for _, order := range orders {
		if link, _, _ := linkedBy(order.relation, e.relation); link != nil && key != nil {
			o := order.relation
			return fmt.Sprintf("EXISTS (SELECT 1 FROM %s.%s AS o WHERE o.%s = %s.%s)", o.SQLSchema, o.SQLName, link.SQL, e.relation.SQLName, key.SQL),
				fmt.Sprintf("%s of %s refers to the cart that it was", link.Name, o.Name), 0.75, link.Indexed
		}
	}
	return "", "", 0, false
}

// proposeOthers proposes tables that are neither orders nor carts: those that
// have a role of their own by name, and those with a beginning and an end.
func (p *proposer) proposeOthers() {
	proposed := 0
	for _, e := range p.entities {
		_, paired := e.explicitPair()
		business := e.role == rolePayments || e.role == roleInvoices || e.role == roleShipments || e.role == roleRefunds || e.role == roleProcesses
		if e.main == nil || e.role == roleNotes || e.role == roleOrders || e.role == roleCarts || e.role == roleLines || proposed >= 20 {
			continue
		}
		if !business && !paired && e.role != roleCustomers {
			continue
		}
		proposed++
		e.score = scoreFull * 0.7
		if !e.named {
			e.score = scoreFull * 0.5
		}
		reason := fmt.Sprintf("it holds %s, by its name, and when they happened (%s)", e.role, e.main.column.Name)
		if !business {
			reason = "its rows have a time (" + e.main.column.Name + ")"
		}
		p.table(e, paired, reason)
		p.eventCounters(e, false)
		p.gauges(e, paired)
		if v := e.valueOf(); v != nil && business {
			p.metric(v.sum(catalog.Metric{
				Name: e.name + "_value", Table: e.name, Label: title(e.name) + ": value",
				Help: described(fmt.Sprintf("What the rows of %s are worth, counted at %s", e.relation.Name, e.main.column.Name), v.column),
			}), Item{Reason: v.reason, Confidence: v.confidence})
		}
	}
}

// remarks notes what cannot be used as it is.
func (p *proposer) remarks() {
	for _, e := range p.entities {
		if e.role != roleOrders && e.role != roleCarts {
			continue
		}
		for _, c := range e.relation.Columns {
			if t := timeOf(c); c.Class == Integer && t.counts() && t.stage != stageOther && anyOf(set("at", "ts", "time", "timestamp", "epoch", "unix"), words(c.Name)) {
				p.note(e.fullName(), "%s seems to hold a time as a number; a generated column or a view with to_timestamp(%s) would make it an event time", c.Name, c.SQL)
			}
			if anyOf(set("test", "teste", "prueba"), words(c.Name)) && c.Class == Bool {
				p.note(e.fullName(), "%s seems to mark tests; to leave them out, add NOT %s to the table's where", c.Name, c.SQL)
			}
		}
	}
}
