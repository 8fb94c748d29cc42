package discover

import (
	"slices"
	"strings"
)

// role is what the rows of a table are.
type role string

const (
	roleOther     role = ""
	roleOrders    role = "orders"
	roleLines     role = "lines"
	roleCarts     role = "carts"
	rolePayments  role = "payments"
	roleInvoices  role = "invoices"
	roleShipments role = "shipments"
	roleRefunds   role = "refunds"
	roleCustomers role = "customers"
	roleProducts  role = "products"
	roleProcesses role = "processes" // sessions, tickets, rentals: things that begin and end
	// roleNotes are tables about other tables, which hold no business of their
	// own: histories, logs, queues, copies.
	roleNotes role = "notes"
)

// roleWords say what a table holds by the words of its name.
var roleWords = roleVocabulary(map[role]string{
	roleOrders:    "order purchase sale pedido venda venta compra orden ordem encomenda booking reservation reserva transaction transacao transaccion",
	roleLines:     "item line detail linea linha detalle detalhe iten artigo position posicao lineitem",
	roleCarts:     "cart basket carrinho cesta carrito bag trolley",
	rolePayments:  "payment pagamento pago charge cobranca cobro",
	roleInvoices:  "invoice fatura factura nfe bill",
	roleShipments: "shipment delivery entrega envio fulfillment fulfilment dispatch parcel expedicao remessa despacho",
	roleRefunds:   "refund return devolucao devolucion estorno reembolso chargeback rma",
	roleCustomers: "customer client cliente buyer user usuario account member shopper consumer comprador contact",
	roleProducts:  "product produto producto sku catalog category categoria inventory stock price preco precio variant",
	roleProcesses: "session visit visita sessao sesion ticket case chamado incidente subscription assinatura suscripcion rental rent aluguel alquiler trip ride stay job task shift",
	roleNotes: "history historico historial log audit auditoria event evento note nota comment archive arquivo archivo backup bkp tmp temp staging stg old copy test queue outbox inbox " +
		"migration status statuses type tipo tag address endereco direccion setting config parameter template coupon cupom promotion tax discount adjustment metadata meta attribute summary " +
		"report daily weekly monthly hourly stats statistics snapshot cache import export token webhook notification attachment file image review rating version revision",
})

func roleVocabulary(lists map[role]string) map[string]role {
	m := map[string]role{}
	for r, list := range lists {
		for _, w := range strings.Fields(list) {
			m[w] = r
		}
	}
	return m
}

// precedence decides between the words of a name: order_items are lines and
// order_payments are payments, although both speak of orders.
var precedence = []role{roleNotes, roleLines, roleRefunds, rolePayments, roleShipments, roleInvoices, roleCarts, roleOrders, roleProcesses, roleCustomers, roleProducts}

// roleOf tells what a relation holds by its name. plain is true where the name
// says nothing else.
func roleOf(name string) (r role, plain bool) {
	var found []role
	unknown := 0
	for _, w := range words(name) {
		if smallWords[w] {
			continue
		}
		if one, ok := meaning(roleWords, w); ok {
			found = append(found, one)
			continue
		}
		unknown++
	}
	for _, candidate := range precedence {
		if slices.Contains(found, candidate) {
			return candidate, unknown == 0
		}
	}
	return roleOther, false
}

// entity is a relation together with what its columns were taken for.
type entity struct {
	relation *Relation
	role     role
	named    bool   // the role comes from the name, which says nothing else
	name     string // in the catalog
	times    []eventTime
	main     *eventTime
	status   *status
	deletion string // a condition that leaves deleted rows out, or empty
	amounts  []*amount
	currency currency
	customer *Column
	lines    *lineSum
	score    float64
	others   map[string]*Relation // all relations by schema.name
}

// examine takes a relation's columns for what their names and types say.
func examine(r *Relation) *entity {
	e := &entity{relation: r}
	e.role, e.named = roleOf(r.Name)
	for _, c := range r.Columns {
		if !c.Class.IsTime() {
			continue
		}
		t := timeOf(c)
		if t.stage == stageDeleted && c.mayBeNull() {
			e.deletion = c.SQL + " IS NULL"
		}
		if t.counts() && c.plain() {
			e.times = append(e.times, t)
		}
	}
	tellApart(e.times, r.Name)
	e.settle()
	for _, c := range r.Columns {
		if c.Class == Bool && isDeletionFlag(c) {
			e.deletion = "NOT " + c.SQL
			if c.mayBeNull() {
				e.deletion = c.SQL + " IS NOT TRUE"
			}
		}
	}
	e.status = statusOf(r)
	e.amounts = amountsOf(r)
	e.currency = currencyOf(r)
	for _, a := range e.amounts {
		e.currency.adjust(a)
	}
	e.customer = customerOf(r)
	return e
}

// settle chooses the main time for the role that the entity has now.
func (e *entity) settle() { e.main = mainTime(e.role, e.times) }

// isDeletionFlag recognises is_deleted, deleted, excluido and their like.
func isDeletionFlag(c *Column) bool {
	for _, w := range words(c.Name) {
		if smallWords[w] {
			continue
		}
		if found, ok := meaning(stageWords, w); !ok || found.stage != stageDeleted {
			return false
		}
	}
	return true
}

// amount is the best amount of the table, or nil.
func (e *entity) amount() *amount {
	if len(e.amounts) == 0 {
		return nil
	}
	return e.amounts[0]
}

// scores for what speaks for a table of orders.
const (
	scoreNamed    = 4.0
	scoreHalfName = 2.5
	scoreTime     = 2.0
	scoreAmount   = 1.5
	scoreLines    = 1.5
	scoreCustomer = 1.0
	scoreStatus   = 1.0
	scoreFull     = 11.0
	// enough is the score at which a table of orders is selected.
	enough = 4.5
)

// weigh tells how much speaks for the entity as a table of orders.
func (e *entity) weigh() {
	if e.role == roleOrders {
		e.score += scoreHalfName
		if e.named {
			e.score = scoreNamed
		}
	}
	if e.main != nil {
		e.score += scoreTime
	}
	if len(e.amounts) > 0 {
		e.score += scoreAmount
	}
	if e.lines != nil {
		e.score += scoreLines
	}
	if e.customer != nil {
		e.score += scoreCustomer
	}
	if e.status != nil {
		e.score += scoreStatus
	}
}

// confidence is the score as a part of 1, never quite certain.
func (e *entity) confidence() float64 { return round(min(0.97, max(0.1, e.score/scoreFull))) }

func round(x float64) float64 { return float64(int(x*100+0.5)) / 100 }

// customerOf finds the column that says who bought: a foreign key to a table of
// customers, or a column named for it.
func customerOf(r *Relation) *Column {
	for _, fk := range r.ForeignKeys {
		if other, _ := roleOf(fk.Table); len(fk.Columns) == 1 && other == roleCustomers && r.Column(fk.Columns[0]) != nil && !isStaff(fk.Columns[0]) {
			return r.Column(fk.Columns[0])
		}
	}
	var best *Column
	bestScore := 0
	for _, c := range r.Columns {
		list := words(c.Name)
		score := 0
		switch c.Class {
		case Integer, UUID:
			score = 3
		case Text:
			score = 1
		default:
			continue
		}
		if !anyOf(customerWords, list) {
			if c.Class == Text && slices.Contains(list, "email") {
				score = 1
			} else {
				continue
			}
		} else if isReference(r, c) {
			score += 2
		} else if c.Class == Text && !slices.Contains(list, "email") && len(list) > 1 {
			continue // customer_name, customer_note
		}
		if isStaff(c.Name) || slices.Contains(r.PrimaryKey, c.Name) && len(r.PrimaryKey) == 1 {
			continue
		}
		if score > bestScore {
			best, bestScore = c, score
		}
	}
	return best
}

var staffWords = set("created", "updated", "modified", "approved", "assigned", "cancelled", "by", "por", "agent", "admin", "operator", "staff", "sales", "seller", "vendor", "vendedor")

// isStaff reports whether a reference to a user is to somebody of the business.
func isStaff(name string) bool { return anyOf(staffWords, words(name)) }
