package discover

import (
	"fmt"
	"slices"
	"strings"
)

// status is a column that says where a row stands.
type status struct {
	column *Column
	values []string // those that are known, declared ones first; of a reference, what they are called
}

// valueStages are the words of a status's values.
var valueStages = map[stage]map[string]bool{
	stageCancelled: set("cancelled", "canceled", "cancelado", "anulado", "voided", "void", "cancel", "annulled"),
	stageDropped:   set("abandoned", "expired", "rejected", "failed", "declined", "abandonado", "expirado", "rejeitado", "rechazado", "recusado", "fraud", "lost", "caducado", "vencido", "denied"),
	stageRefunded:  set("refunded", "returned", "estornado", "devolvido", "devuelto", "reembolsado", "chargeback"),
	stagePlanned:   set("draft", "quote", "quotation", "rascunho", "orcamento", "borrador", "presupuesto", "cart", "carrinho", "carrito", "estimate"),
	stageConverted: set("converted", "checkedout", "ordered", "purchased", "bought", "completed", "convertido", "comprado", "finalizado", "pedido", "vendido", "placed", "sold", "paid", "pago", "pagado", "completado"),
	stageOther:     set("new", "open", "pending", "processing", "received", "placed", "confirmed", "paid", "shipped", "delivered", "invoiced", "active", "closed", "done", "novo", "nova", "nuevo", "aberto", "abierto", "pendente", "pendiente", "pago", "pagado", "enviado", "entregue", "entregado", "faturado", "facturado", "created", "ready", "hold", "fulfilled", "approved"),
}

// stageOfValue tells the stage of a status's value; ok is false for values
// that are no word for where a thing stands.
func stageOfValue(value string) (stage, bool) {
	list := words(value)
	// checked_out and checked-out are one word here.
	if strings.Join(list, "") == "checkedout" {
		return stageConverted, true
	}
	partly := len(list) > 1 && slices.Contains([]string{"partially", "partly", "partial", "parcialmente", "parcial", "not", "un", "nao", "no"}, list[0])
	for _, s := range []stage{stageCancelled, stageDropped, stageRefunded, stagePlanned, stageConverted, stageOther} {
		if anyOf(valueStages[s], list) {
			if partly {
				return stageOther, true
			}
			return s, true
		}
	}
	return stageOther, false
}

// statusOf finds the column that says where a row stands. A column state or
// estado is one only if its values are, since it may be a part of an address.
func statusOf(r *Relation) *status {
	var best *status
	bestScore := 0.0
	for _, c := range r.Columns {
		if c.Class != Text && c.Class != Enum && c.Called == nil {
			continue
		}
		if n, ok := c.distinct(); ok && n > 40 {
			continue
		}
		list := words(c.Name)
		values := c.values()
		if c.Called != nil {
			values = namesOf(c.Called)
		}
		understood := 0
		for _, v := range values {
			if _, ok := stageOfValue(v); ok {
				understood++
			}
		}
		named := anyOf(statusWords, list)
		place := slices.Contains(list, "state") || slices.Contains(list, "estado")
		switch {
		case !named && understood < 2, named && place && understood == 0:
			continue
		}
		score := float64(understood)
		if named {
			score += 3
		}
		// payment_status speaks of a part of the order only.
		if len(list) == 1 || len(list) == 2 && (list[0] == "order" || list[0] == "pedido" || list[1] == "pedido") {
			score += 4
		}
		if c.Class == Enum {
			score++
		}
		if best == nil || score > bestScore {
			best, bestScore = &status{column: c, values: values}, score
		}
	}
	return best
}

// of lists the status's values with one of the stages.
func (s *status) of(stages ...stage) []string {
	if s == nil {
		return nil
	}
	var list []string
	for _, v := range s.values {
		if found, ok := stageOfValue(v); ok && slices.Contains(stages, found) {
			list = append(list, v)
		}
	}
	return list
}

// without writes a condition that leaves rows with some values out.
func (s *status) without(values []string) string {
	condition := fmt.Sprintf("%s NOT IN (%s)", s.column.SQL, s.literals(values))
	if s.column.mayBeNull() {
		condition = fmt.Sprintf("(%s IS NULL OR %s)", s.column.SQL, condition)
	}
	return condition
}

// with writes a condition that keeps the rows with some values.
func (s *status) with(values []string) string {
	return fmt.Sprintf("%s IN (%s)", s.column.SQL, s.literals(values))
}

// literals writes values of the status for SQL: of a reference, those that are
// called so.
func (s *status) literals(values []string) string {
	called := s.column.Called
	if called == nil {
		return literals(values)
	}
	var list []string
	for _, one := range called {
		switch {
		case !slices.Contains(values, one.Name):
		case s.column.Class == Integer:
			list = append(list, one.Value)
		default:
			list = append(list, literal(one.Value))
		}
	}
	return strings.Join(list, ", ")
}

// namesOf lists what values are called, each name once.
func namesOf(called []Called) []string {
	var list []string
	for _, one := range called {
		if !slices.Contains(list, one.Name) {
			list = append(list, one.Name)
		}
	}
	return list
}

// exclusion is a condition that leaves out rows that came to nothing, and the
// phrases for which those are.
type exclusion struct {
	condition string
	rows      []Sentence
}

// leftOut says which rows are left out.
func (x exclusion) leftOut() Sentence { return Sentence{Code: LeftOut, Parts: x.rows} }

// exclude writes the condition that a row was not cancelled, abandoned or the
// like: by the times of it, and by the status where no time says so.
func (e *entity) exclude(stages ...stage) exclusion {
	var conditions []string
	var rows []Sentence
	covered := map[stage]bool{}
	for _, t := range e.times {
		if slices.Contains(stages, t.stage) && t.column.mayBeNull() {
			conditions = append(conditions, t.column.SQL+" IS NULL")
			rows = append(rows, say(OutByTime, Values{"column": t.column.Name}))
			covered[t.stage] = true
		}
	}
	var open []stage
	for _, s := range stages {
		if !covered[s] {
			open = append(open, s)
		}
	}
	if values := e.status.of(open...); len(values) > 0 {
		conditions = append(conditions, e.status.without(values))
		rows = append(rows, say(OutByStatus, Values{"column": e.status.column.Name, "values": few(values)}))
	}
	return exclusion{strings.Join(conditions, " AND "), rows}
}
