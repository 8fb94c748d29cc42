package discover

import (
	"slices"
	"strings"

	"github.com/pullview/orders-datasource/pkg/catalog"
)

// pair is two times of a table between which a row is open.
type pair struct {
	opened, closed *eventTime
	// explicit tells that the names of both belong together, as opened_at and
	// closed_at do.
	explicit bool
}

// beginnings and ends are words that come in pairs.
var pairWords = [][2]map[string]bool{
	{set("opened", "open", "opening", "aberto", "abierto", "abertura", "apertura"), set("closed", "close", "closing", "fechado", "cerrado", "encerrado", "fechamento", "cierre", "checkedout")},
	{set("started", "start", "begun", "begin", "began", "iniciado", "inicio"), set("ended", "end", "finished", "finish", "stopped", "stop", "completed", "complete", "fim", "fin", "finalizado", "terminado", "termino", "ending", "concluido")},
	{set("checkin", "entrada", "arrival", "arrived", "admitted", "in"), set("checkout", "saida", "salida", "departure", "departed", "discharged", "out")},
	{set("activated", "activado", "ativado"), set("deactivated", "cancelled", "canceled", "ended", "expired", "cancelado")},
	{set("login", "joined"), set("logout", "left")},
	{set("pickup", "rented", "borrowed", "loaned"), set("dropoff", "returned", "devolvido", "devuelto")},
	{set("from"), set("to", "until")},
}

// explicitPair finds two times whose names belong together.
func (e *entity) explicitPair() (pair, bool) {
	for _, both := range pairWords {
		for i := range e.times {
			opened := &e.times[i]
			if !anyOf(both[0], words(opened.column.Name)) {
				continue
			}
			for j := range e.times {
				closed := &e.times[j]
				if i != j && closed.column.Class == opened.column.Class && anyOf(both[1], words(closed.column.Name)) && !anyOf(both[0], words(closed.column.Name)) {
					return pair{opened, closed, true}, true
				}
			}
		}
	}
	return pair{}, false
}

// ends are the stages at which a row stops to be open, the last of its life
// first.
var ends = []stage{stageClosed, stageCompleted, stageDelivered, stageConverted, stageShipped, stageInvoiced, stagePaid}

// pairs lists the pairs of a table's times that make a gauge.
func (e *entity) pairs() []pair {
	var list []pair
	if found, ok := e.explicitPair(); ok {
		list = append(list, found)
	}
	if e.main == nil || !slices.Contains([]stage{stagePlaced, stageCreated, stageOpened, stageReceived, stageOther}, e.main.stage) {
		return list
	}
	for _, s := range ends {
		for i := range e.times {
			closed := &e.times[i]
			if closed.stage != s || closed == e.main || !closed.column.mayBeNull() {
				continue
			}
			if slices.ContainsFunc(list, func(p pair) bool { return p.closed == closed }) {
				continue
			}
			list = append(list, pair{opened: e.main, closed: closed})
		}
	}
	return list
}

// waiting says what rows are called that wait for the end of a pair.
var waiting = map[stage]string{
	stagePaid: "unpaid", stageInvoiced: "not_invoiced", stageShipped: "not_shipped", stageDelivered: "not_delivered",
}

// waitingLabels are the labels for them, and for what is open.
var waitingLabels = map[string]Code{
	"open": LabelOpen, "unpaid": LabelUnpaid, "not_invoiced": LabelNotInvoiced, "not_shipped": LabelNotShipped, "not_delivered": LabelNotDelivered,
}

// gauges proposes what is open at an instant.
func (p *proposer) gauges(e *entity, selected bool) {
	named, taken := false, map[string]bool{}
	for i, found := range e.pairs() {
		name := "open"
		if word, ok := waiting[found.closed.stage]; ok && !found.explicit && !taken[word] {
			name, taken[word] = word, true
		} else if named || ok {
			name = "not_" + found.closed.event
		} else {
			named = true
		}
		p.gauge(e, found, name, selected && (found.explicit || i < 2 || found.closed.stage == stagePaid || found.closed.stage == stageInvoiced))
	}
}

func (p *proposer) gauge(e *entity, of pair, name string, selected bool) {
	opened, closed := of.opened.column, of.closed.column
	m := catalog.Metric{
		Name: e.name + "_" + name, Type: catalog.Gauge, Table: e.name, Opened: opened.Name, Closed: closed.Name,
	}
	item := Item{
		Confidence: 0.9, Selected: selected,
		Help: []Sentence{say(HelpOpen, Values{"table": e.relation.Name, "opened": opened.Name, "closed": closed.Name})},
	}
	if code, ok := waitingLabels[name]; ok {
		item.Label = e.labelled(code)
	} else {
		label := say(LabelNot, Values{"table": e.title(), "event": strings.ReplaceAll(of.closed.event, "_", " ")})
		item.Label = &label
	}
	how := PairByName
	if !of.explicit {
		item.Confidence, how = 0.75, PairFollows
	}
	item.Reasons = []Sentence{say(how, Values{"opened": opened.Name, "closed": closed.Name})}
	if closed.NotNull {
		item.Reasons = append(item.Reasons, say(PairAlwaysBoth, nil))
	}
	// What was cancelled never gets to a later stage and would stay open for
	// ever. An end that is meant for every row needs no such condition.
	if !of.explicit && of.closed.stage != stageClosed {
		stages := []stage{stageCancelled, stageDropped}
		if of.closed.stage != stagePaid && of.closed.stage != stageInvoiced {
			stages = append(stages, stageRefunded)
		}
		if out := e.exclude(stages...); out.condition != "" {
			m.Where = out.condition
			item.Help = append(item.Help, out.leftOut())
			item.Reasons = append(item.Reasons, say(OpenLeftOut, nil))
			item.Confidence -= 0.1
		}
	}
	p.metric(m, item)
}
