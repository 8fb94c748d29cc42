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

// commentOf is what the database says about a column.
func commentOf(c *Column) Sentence { return say(Comment, Values{"text": sentenceOf(c.Comment)}) }

// described ends a help text with the comment of the column that it is about.
func described(help []Sentence, c *Column) []Sentence {
	if c == nil || c.Comment == "" {
		return help
	}
	return append(help, commentOf(c))
}

// labelled is the label of a metric of the entity.
func (e *entity) labelled(code Code) *Sentence {
	label := say(code, Values{"table": e.title()})
	return &label
}

// helped explains a metric of the entity that counts by a column.
func (e *entity) helped(code Code, column string) []Sentence {
	return []Sentence{say(code, Values{"table": e.relation.Name, "column": column})}
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
	name, label := e.name, e.title()
	if event := e.event(t); event != "" {
		name += "_" + event
		label += " " + strings.ReplaceAll(event, "_", " ")
	}
	confidence, how := e.confidence(), Counts
	switch {
	case t == e.main && c.NotNull:
		how = CountsAll
	case t == e.main:
		how = CountsBest
	case c.mayBeNull():
		how = CountsEvents
	}
	of := Values{"column": c.Name}
	reasons := []Sentence{say(how, Values{"table": e.relation.Name, "column": c.Name})}
	if t.stage == stageOther && t != e.main {
		confidence, selected = min(confidence, 0.4), false
		reasons = append(reasons, say(EventUnclear, nil))
	}
	// A second time that every row has tells the same again.
	if t != e.main && c.NotNull && (t.stage == stageCreated || t.stage == stagePlaced) {
		confidence, selected = min(confidence, 0.4), false
		reasons = append(reasons, say(TimeTwice, Values{"column": e.main.column.Name}))
	}
	if !c.Indexed {
		reasons = append(reasons, say(NoIndex, of))
	}
	if c.Class == Date {
		reasons = append(reasons, say(HoldsDays, of))
	}
	m := p.metric(catalog.Metric{
		Name: name, Type: catalog.Counter, Table: e.name, Time: ownTime(e, t), Label: label,
	}, Item{
		Reasons: reasons, Confidence: confidence, Selected: selected,
		Help: described([]Sentence{say(HelpCounted, Values{"label": label, "column": c.Name})}, c),
	})
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
	how := CustomerByName
	if isReference(e.relation, c) {
		how = CustomerReference
	}
	p.metric(catalog.Metric{Name: e.name + "_customers", Type: catalog.Distinct, Table: e.name, Column: c.SQL}, Item{
		Label: e.labelled(LabelCustomers), Help: described(e.helped(HelpCustomers, c.Name), c),
		Reasons: []Sentence{say(how, Values{"column": c.Name})}, Confidence: 0.8 * e.confidence() / 0.9, Selected: selected,
	})
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
		}
		if c.Class == Date {
			m.Unit = "d"
		}
		label := say(LabelTimeTo, Values{"table": e.title(), "event": strings.ReplaceAll(t.event, "_", " ")})
		between := Values{"from": e.main.column.Name, "to": c.Name}
		p.metric(m, Item{
			Label: &label, Help: []Sentence{say(HelpDuration, between)}, Reasons: []Sentence{say(DurationOf, between)},
			Confidence: 0.75, Selected: selected && t.stage != stageConfirmed && t.stage != stagePacked,
		})
	}
}

// value is an amount or the sum of lines, as SQL, with what is known of it.
type value struct {
	expression string
	reasons    []Sentence
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
		of := Values{"column": a.column.Name}
		v.expression, v.column = a.expression(a.column.SQL), a.column
		if a.reason != nil {
			v.because(*a.reason)
		} else {
			v.because(say(AmountByName, of))
		}
		if e.lines != nil {
			v.because(say(LinesNotNeeded, Values{"table": e.lines.relation.Name}))
		}
		v.confidence = min(0.95, 0.5+a.score/10)
		if a.column.Class == Float {
			v.because(say(AmountFloat, of))
		}
		if others := e.otherAmounts(); len(others) > 0 {
			v.because(say(OtherAmounts, Values{"columns": few(others)}))
		}
		if a.column.Class == Integer && a.divisor == "" && e.currency.code == "" {
			v.confidence = min(v.confidence, 0.5)
			v.because(say(AmountInteger, of))
		}
	case e.lines != nil:
		v.expression, v.confidence, v.indexed = e.lines.expression, e.lines.confidence, e.lines.indexed
		v.because(say(NoAmount, Values{"table": e.relation.Name}))
		v.because(e.lines.reasons...)
		if !v.indexed {
			v.because(say(LinesNoIndex, Values{"table": e.lines.relation.Name}))
		}
	default:
		return nil
	}
	if len(e.currency.codes) > 1 {
		v.confidence = min(v.confidence, 0.6)
		v.because(say(Currencies, Values{"currencies": few(e.currency.codes), "column": e.currency.column.Name}))
	}
	return v
}

func (v *value) because(reasons ...Sentence) { v.reasons = append(v.reasons, reasons...) }

// after returns what comes first and then the reasons for the value.
func (v *value) after(first ...Sentence) []Sentence { return append(first, v.reasons...) }

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
	}, Item{
		Label: e.labelled(LabelDistribution), Help: e.helped(HelpDistribution, e.main.column.Name),
		Reasons: v.after(say(Distribution, nil)), Confidence: v.confidence - 0.1, Selected: selected && v.indexed,
	})
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
