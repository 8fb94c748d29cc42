package discover

import (
	"fmt"

	"github.com/pullview/orders-datasource/pkg/catalog"
)

// proposeMoreOrders proposes a table that may hold orders besides the best one,
// without selecting anything of it.
func (p *proposer) proposeMoreOrders(e *entity) {
	p.table(e, false, Sentence{Code: MayHoldOrders, Parts: e.signs()})
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
	p.table(e, selected, Sentence{Code: HoldsOrders, Parts: e.signs()})
	main, others := p.eventCounters(e, selected)
	v := e.valueOf()
	if v == nil {
		p.note(e.fullName(), NoRevenue, nil)
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
			Name: e.name + "_cancellation_rate", Unit: "percentunit",
		}, cancelled.metric, main.metric, Item{
			Label: e.labelled(LabelCancellationRate), Help: []Sentence{say(HelpCancellationRate, Values{"table": e.relation.Name})},
			Reasons: texts(TwoFlows), Confidence: 0.6,
		})
	}
}

// signs lists what speaks for a table of orders.
func (e *entity) signs() []Sentence {
	var list []Sentence
	if e.role == roleOrders && e.named {
		list = append(list, say(SignName, nil))
	}
	if e.main != nil {
		list = append(list, say(SignTime, Values{"column": e.main.column.Name}))
	}
	if a := e.amount(); a != nil {
		list = append(list, say(SignAmount, Values{"column": a.column.Name}))
	}
	if e.lines != nil {
		list = append(list, say(SignLines, Values{"table": e.lines.relation.Name}))
	}
	if e.customer != nil {
		list = append(list, say(SignCustomer, Values{"column": e.customer.Name}))
	}
	if e.status != nil {
		list = append(list, say(SignStatus, Values{"column": e.status.column.Name}))
	}
	return list
}

// revenue proposes what orders are worth: by the time they were invoiced or
// paid where that is known, else by their own time without those that came to
// nothing, and the average of it.
func (p *proposer) revenue(e *entity, v *value, main counted, others []counted, selected bool) {
	selected = selected && (v.indexed || e.relation.Rows < 10_000)
	item := func(label Code, help []Sentence, reasons ...Sentence) Item {
		return Item{
			Label: e.labelled(label), Help: described(help, v.column),
			Reasons: v.after(reasons...), Confidence: v.confidence, Selected: selected,
		}
	}
	var earning []counted
	for _, s := range []stage{stageInvoiced, stagePaid} {
		if found, ok := find(append([]counted{main}, others...), s); ok {
			earning = append(earning, found)
		}
	}
	out := e.exclude(stageCancelled, stageDropped, stageRefunded, stagePlanned)
	if len(earning) > 0 || out.condition != "" {
		p.metric(v.sum(catalog.Metric{Name: e.name + "_value", Table: e.name}),
			item(LabelValue, e.helped(HelpValue, e.main.column.Name), say(ValueOfAll, nil)))
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
		column := by.time.column.Name
		revenue := item(LabelRevenue, e.helped(HelpWorth, column), say(RevenueAt, Values{"column": column}))
		if i > 0 {
			revenue.Label.Code, revenue.Label.Values["column"] = LabelRevenueBy, column
		}
		one := p.metric(v.sum(catalog.Metric{Name: name, Table: e.name, Time: ownTime(e, by.time)}), revenue)
		if i == 0 {
			p.averageTicket(e, v, one, by.metric, selected)
		}
	}
}

func (p *proposer) revenueByOrder(e *entity, v *value, out exclusion, main counted, item func(Code, []Sentence, ...Sentence) Item) {
	column := e.main.column.Name
	revenue := item(LabelRevenue, e.helped(HelpWorth, column), say(RevenueAtOwnTime, Values{"column": column}))
	count := main.metric
	if out.condition != "" {
		revenue.Help = append(revenue.Help, out.leftOut())
		count = p.metric(catalog.Metric{Name: e.name + "_kept", Type: catalog.Counter, Table: e.name, Where: out.condition}, Item{
			Label: e.labelled(LabelKept), Help: append(e.helped(HelpRows, column), out.leftOut()),
			Reasons: texts(KeptOrders), Confidence: 0.7, Selected: revenue.Selected,
		})
	}
	one := p.metric(v.sum(catalog.Metric{Name: e.name + "_revenue", Table: e.name, Where: out.condition}), revenue)
	p.averageTicket(e, v, one, count, revenue.Selected)
}

func (p *proposer) averageTicket(e *entity, v *value, revenue, count *catalog.Metric, selected bool) {
	p.ratio(catalog.Metric{
		Name: e.name + "_average_value", Unit: v.unit, Decimals: v.decimals,
	}, revenue, count, Item{
		Label: e.labelled(LabelAverage), Reasons: texts(AverageOf), Confidence: v.confidence, Selected: selected,
		Help: []Sentence{say(HelpAverage, Values{"table": e.relation.Name, "numerator": revenue.Name, "denominator": count.Name})},
	})
}

// statusCounters proposes, without selecting them, counters of the rows that
// have come to nothing, where no time says when.
func (p *proposer) statusCounters(e *entity, others []counted) {
	labels := map[stage]Code{stageCancelled: LabelCancelled, stageRefunded: LabelRefunded}
	for _, s := range []stage{stageCancelled, stageRefunded} {
		values := e.status.of(s)
		if _, timed := find(others, s); timed || len(values) == 0 {
			continue
		}
		column := e.main.column.Name
		p.metric(catalog.Metric{Name: e.name + "_" + string(s), Type: catalog.Counter, Table: e.name, Where: e.status.with(values)}, Item{
			Label: e.labelled(labels[s]), Confidence: 0.5,
			Help:    []Sentence{say(HelpStatus, Values{"table": e.relation.Name, "values": few(values), "column": column})},
			Reasons: []Sentence{say(StatusTells, Values{"status": e.status.column.Name, "column": column})},
		})
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
	p.table(e, true, say(HoldsLines, Values{"column": e.main.column.Name}))
	p.eventCounters(e, true)
	if order != nil {
		p.metric(catalog.Metric{Name: e.name + "_orders", Type: catalog.Distinct, Table: e.name, Column: order.SQL}, Item{
			Label: e.labelled(LabelOrders), Help: e.helped(HelpLinesOrders, order.Name),
			Reasons: []Sentence{say(LinesTogether, Values{"column": order.Name})}, Confidence: 0.7, Selected: true,
		})
	}
	term, divisor, reasons, certain := lineTerm(e.relation, func(c *Column) string { return c.SQL })
	if term == "" {
		p.note(e.fullName(), LinesWithoutPrice, nil)
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
	}, Item{
		Label: e.labelled(LabelRevenue), Help: e.helped(HelpWorth, e.main.column.Name),
		Reasons: reasons, Confidence: confidence, Selected: true,
	})
}

// proposeCarts proposes carts, and how many of them become orders.
func (p *proposer) proposeCarts(orders []*entity) {
	for _, e := range p.entities {
		if e.role != roleCarts {
			continue
		}
		if e.main == nil {
			p.note(e.fullName(), CartsWithoutTime, nil)
			continue
		}
		e.score = scoreFull * 0.9
		p.table(e, true, say(HoldsCarts, Values{"column": e.main.column.Name}))
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
		p.note(e.fullName(), CartsWithoutOrder, nil)
		return
	}
	converted := p.metric(catalog.Metric{Name: e.name + "_converted", Type: catalog.Counter, Table: e.name, Where: condition}, Item{
		Label: e.labelled(LabelConverted), Help: e.helped(HelpConverted, e.main.column.Name),
		Reasons: []Sentence{reason}, Confidence: confidence, Selected: selected,
	})
	p.ratio(catalog.Metric{Name: e.name + "_conversion", Unit: "percentunit"}, converted, all, Item{
		Label: e.labelled(LabelConversion), Help: texts(HelpConversion),
		Reasons: []Sentence{reason, say(CartsMayYet, nil)}, Confidence: confidence, Selected: selected,
	})
}

func (e *entity) converted(orders []*entity) (condition string, reason Sentence, confidence float64, selected bool) {
	by := func(code Code, c *Column) Sentence { return say(code, Values{"column": c.Name}) }
	for _, order := range orders {
		for _, fk := range e.relation.ForeignKeys {
			if fk.Schema == order.relation.Schema && fk.Table == order.relation.Name && len(fk.Columns) == 1 {
				if c := e.relation.Column(fk.Columns[0]); c != nil && c.mayBeNull() {
					return c.SQL + " IS NOT NULL", by(CartRefers, c), 0.9, true
				}
			}
		}
	}
	for _, c := range e.relation.Columns {
		if c.Class != Other && !c.Class.IsTime() && c.mayBeNull() && isReference(e.relation, c) && c != e.customer {
			if r, _ := roleOf(c.Name); r == roleOrders {
				return c.SQL + " IS NOT NULL", by(CartNamed, c), 0.8, true
			}
		}
	}
	for _, t := range e.times {
		if (t.stage == stageConverted || t.stage == stagePlaced) && t.column.mayBeNull() && t.column != e.main.column {
			return t.column.SQL + " IS NOT NULL", by(CartTime, t.column), 0.85, true
		}
	}
	if values := e.status.of(stageConverted); len(values) > 0 {
		return e.status.with(values), say(CartStatus, Values{"column": e.status.column.Name, "values": few(values)}), 0.75, true
	}
	key := e.relation.linkKey()
	for _, order := range orders {
		if link, _, _ := linkedBy(order.relation, e.relation); link != nil && key != nil {
			o := order.relation
			return fmt.Sprintf("EXISTS (SELECT 1 FROM %s.%s AS o WHERE o.%s = %s.%s)", o.SQLSchema, o.SQLName, link.SQL, e.relation.SQLName, key.SQL),
				say(OrderRefers, Values{"column": link.Name, "table": o.Name}), 0.75, link.Indexed
		}
	}
	return "", Sentence{}, 0, false
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
		reason := say(HoldsTimes, Values{"column": e.main.column.Name})
		if business {
			reason = say(HoldsByName, Values{"column": e.main.column.Name, "role": string(e.role)})
		}
		p.table(e, paired, reason)
		p.eventCounters(e, false)
		p.gauges(e, paired)
		if v := e.valueOf(); v != nil && business {
			p.metric(v.sum(catalog.Metric{Name: e.name + "_value", Table: e.name}), Item{
				Label: e.labelled(LabelValue), Help: described(e.helped(HelpWorth, e.main.column.Name), v.column),
				Reasons: v.reasons, Confidence: v.confidence,
			})
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
			if t := timeOf(c); c.Class == Integer && t.counts() && t.stage != stageOther && anyOf(numberedTimeWords, words(c.Name)) {
				p.note(e.fullName(), TimeAsNumber, Values{"column": c.SQL, "expression": instantOf(c)})
			}
			if anyOf(set("test", "teste", "prueba"), words(c.Name)) && c.Class == Bool {
				p.note(e.fullName(), MarksTests, Values{"column": c.SQL})
			}
		}
	}
}
