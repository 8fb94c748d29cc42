package discover

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pullview/orders-datasource/pkg/catalog"
)

// sentenceOf shortens a comment of the database to what fits into a reason or
// help text.
func sentenceOf(comment string) string {
	text := strings.Join(strings.Fields(comment), " ")
	if runes := []rune(text); len(runes) > 200 {
		text = string(runes[:200]) + "…"
	}
	return strings.TrimSuffix(text, ".")
}

// described ends a help text with the comment of the column that it is about.
func described(help string, c *Column) string {
	if c == nil || c.Comment == "" {
		return help
	}
	return help + ". " + sentenceOf(c.Comment)
}

// counted is a counter with the time by which it counts.
type counted struct {
	metric   *catalog.Metric
	time     *eventTime
	selected bool
}

// eventCounters proposes a counter for each event of a table, its own time
// first.
func (p *proposer) eventCounters(e *entity, selected bool) (main counted, others []counted) {
	for i := range e.times {
		t := &e.times[i]
		if t != e.main && (t.stage == stageOther && t.column.NotNull || len(others) >= 8) {
			continue
		}
		one := p.eventCounter(e, t, selected)
		if t == e.main {
			main = one
			continue
		}
		others = append(others, one)
	}
	return main, others
}

// event is the word for what happens to a row of the table at a time. Purchases
// are placed, not purchased, and a venda has no venda.
func (e *entity) event(t *eventTime) string {
	for _, w := range words(e.relation.Name) {
		for _, form := range forms(w) {
			if t.stage == stagePlaced && participles[form] == t.event {
				return "placed"
			}
			if t.stage == stagePlaced && form == t.event {
				return ""
			}
		}
	}
	return t.event
}

func (p *proposer) eventCounter(e *entity, t *eventTime, selected bool) counted {
	c := t.column
	name, label := e.name, title(e.name)
	if event := e.event(t); event != "" {
		name += "_" + event
		label += " " + strings.ReplaceAll(event, "_", " ")
	}
	reason := fmt.Sprintf("counts the rows of %s by %s", e.relation.Name, c.Name)
	confidence := e.confidence()
	switch {
	case t == e.main && c.NotNull:
		reason += ", which every row has"
	case t == e.main:
		reason += ", the best event time that was found"
	case c.mayBeNull():
		reason += ", which is empty until it happens"
	}
	if t.stage == stageOther && t != e.main {
		confidence, selected = min(confidence, 0.4), false
		reason += "; what happens then cannot be told from the name"
	}
	// A second time that every row has tells the same again.
	if t != e.main && c.NotNull && (t.stage == stageCreated || t.stage == stagePlaced) {
		confidence, selected = min(confidence, 0.4), false
		reason += fmt.Sprintf("; every row has it as well as %s", e.main.column.Name)
	}
	if !c.Indexed {
		reason += "; no index begins with it, so answers read the whole table"
	}
	if c.Class == Date {
		reason += "; it holds days, so buckets of less than a day show everything at midnight"
	}
	m := p.metric(catalog.Metric{
		Name: name, Type: catalog.Counter, Table: e.name, Time: ownTime(e, t), Label: label,
		Help: described(fmt.Sprintf("%s, counted at %s", label, c.Name), c),
	}, Item{Reason: reason, Confidence: confidence, Selected: selected})
	return counted{m, t, selected}
}

// ownTime names a metric's time column where it is not the table's.
func ownTime(e *entity, t *eventTime) string {
	if t == nil || t == e.main {
		return ""
	}
	return t.column.Name
}

// customers proposes the number of different customers.
func (p *proposer) customers(e *entity, selected bool) {
	c := e.customer
	if c == nil {
		return
	}
	reason := c.Name + " says who it is, by its name"
	if isReference(e.relation, c) {
		reason = c.Name + " refers to a customer"
	}
	p.metric(catalog.Metric{
		Name: e.name + "_customers", Type: catalog.Distinct, Table: e.name, Column: c.SQL, Label: title(e.name) + ": customers",
		Help: described(fmt.Sprintf("How many different customers there are in %s, by %s", e.relation.Name, c.Name), c),
	}, Item{Reason: reason, Confidence: 0.8 * e.confidence() / 0.9, Selected: selected})
}

// durations proposes how long it takes from the main time to each later event.
func (p *proposer) durations(e *entity, selected bool) {
	n := 0
	for i := range e.times {
		t := &e.times[i]
		c := t.column
		if t == e.main || e.main == nil || t.negative() || t.stage == stageOther || t.stage == stageRefunded || t.stage == stageCreated || t.stage == stagePlaced && !c.mayBeNull() || n >= 5 {
			continue
		}
		if c.Class != e.main.column.Class {
			continue // an instant and a local time have no difference without a zone
		}
		n++
		m := catalog.Metric{
			Name: e.name + "_time_to_" + t.event, Type: catalog.Histogram, Table: e.name, Time: c.Name,
			Observe: fmt.Sprintf("%s - %s", c.SQL, e.main.column.SQL), Unit: "s",
			Label: fmt.Sprintf("%s: time to %s", title(e.name), strings.ReplaceAll(t.event, "_", " ")),
			Help:  fmt.Sprintf("How long it takes from %s to %s, by the time of the latter", e.main.column.Name, c.Name),
		}
		if c.Class == Date {
			m.Unit = "d"
		}
		p.metric(m, Item{
			Reason:     fmt.Sprintf("%s follows %s, so the time between them can be observed", c.Name, e.main.column.Name),
			Confidence: 0.75, Selected: selected && t.stage != stageConfirmed && t.stage != stagePacked,
		})
	}
}

// value is an amount or the sum of lines, as SQL, with what is known of it.
type value struct {
	expression string
	reason     string
	confidence float64
	indexed    bool
	unit       string
	decimals   *int
	column     *Column
}

// valueOf tells what a row of the table is worth: an amount of its own, or
// else the sum of its lines.
func (e *entity) valueOf() *value {
	decimals := e.currency.decimals()
	v := &value{unit: e.currency.unit(), decimals: &decimals, indexed: true}
	switch a := e.amount(); {
	case a != nil:
		v.expression, v.column = a.expression(a.column.SQL), a.column
		v.reason = a.column.Name + " holds what it is worth, by its name"
		if a.reason != "" {
			v.reason = a.reason
		}
		if e.lines != nil {
			v.reason += fmt.Sprintf("; the lines in %s need not be added up", e.lines.relation.Name)
		}
		v.confidence = min(0.95, 0.5+a.score/10)
		if a.column.Class == Float {
			v.reason += "; it is a floating point number, so sums are not exact to the last digit"
		}
		if others := e.otherAmounts(); len(others) > 0 {
			v.reason += "; other amounts are " + enumerate(others)
		}
		if a.column.Class == Integer && a.divisor == "" && e.currency.code == "" {
			v.confidence = min(v.confidence, 0.5)
			v.reason += "; it is an integer: should it count cents, divide it by 100.0"
		}
	case e.lines != nil:
		v.expression, v.reason, v.confidence, v.indexed = e.lines.expression, "there is no amount in "+e.relation.Name+"; "+e.lines.reason, e.lines.confidence, e.lines.indexed
		if !v.indexed {
			v.reason += "; no index begins with the reference, so every order reads all lines"
		}
	default:
		return nil
	}
	if n := len(e.currency.codes); n > 1 {
		v.confidence = min(v.confidence, 0.6)
		v.reason += fmt.Sprintf("; it is in %d currencies (%s): group or filter by %s, a sum over all of them means nothing", n, enumerate(e.currency.codes), e.currency.column.Name)
	}
	return v
}

func (e *entity) otherAmounts() []string {
	var names []string
	for _, a := range e.amounts[1:] {
		if a.score > 2 {
			names = append(names, a.column.Name)
		}
	}
	return names
}

// sum makes a counter that adds a value up.
func (v *value) sum(m catalog.Metric) catalog.Metric {
	m.Type, m.Sum, m.Unit, m.Decimals = catalog.Counter, v.expression, v.unit, v.decimals
	return m
}

// amountHistogram proposes the distribution of what rows are worth.
func (p *proposer) amountHistogram(e *entity, v *value, selected bool) {
	p.metric(catalog.Metric{
		Name: e.name + "_value_distribution", Type: catalog.Histogram, Table: e.name, Observe: v.expression, Unit: v.unit, Decimals: v.decimals,
		Label: title(e.name) + ": distribution of values",
		Help:  fmt.Sprintf("How the values of %s are distributed, by %s", e.relation.Name, e.main.column.Name),
	}, Item{Reason: "shows small and large ones where an average hides them: " + v.reason, Confidence: v.confidence - 0.1, Selected: selected && v.indexed})
}

// ratio proposes one metric divided by another.
func (p *proposer) ratio(m catalog.Metric, of, by *catalog.Metric, item Item) {
	m.Type, m.Numerator, m.Denominator = catalog.Ratio, of.Name, by.Name
	item.Requires = []string{"metrics." + of.Name, "metrics." + by.Name}
	p.metric(m, item)
}

// find returns the counter of one of the stages, the first that there is.
func find(list []counted, stages ...stage) (counted, bool) {
	for _, s := range stages {
		if i := slices.IndexFunc(list, func(c counted) bool { return c.time.stage == s }); i >= 0 {
			return list[i], true
		}
	}
	return counted{}, false
}
