package discover

import (
	"slices"
	"strings"
)

// stage is what happened at the time that a column holds.
type stage string

const (
	stageOther     stage = ""
	stageOpened    stage = "opened"
	stageCreated   stage = "created"
	stagePlaced    stage = "placed"
	stageConfirmed stage = "confirmed"
	stageReceived  stage = "received"
	stagePaid      stage = "paid"
	stageInvoiced  stage = "invoiced"
	stagePacked    stage = "packed"
	stageShipped   stage = "shipped"
	stageDelivered stage = "delivered"
	stageConverted stage = "converted" // a cart that became an order
	stageCompleted stage = "completed"
	stageClosed    stage = "closed"
	stageCancelled stage = "cancelled"
	stageDropped   stage = "dropped" // abandoned, expired, rejected, failed
	stageRefunded  stage = "refunded"
	// The times below count nothing.
	stageUpdated stage = "updated"
	stageDeleted stage = "deleted"
	stagePlanned stage = "planned"
)

// stageWord is the stage that a word of a column's name speaks of. Nouns give
// way to verbs: order_created_at is when the order was created.
type stageWord struct {
	stage stage
	noun  bool
}

var stageWords = stageVocabulary(map[stage]string{
	stageOpened:    "opened started begun begin start opening aberto abertura abierto apertura iniciado inicio checkin entrada activated activado ativado arrived arrival login joined admitted pickup",
	stageCreated:   "created inserted registered added criado criacao creado creacion cadastrado cadastro registrado entered recorded inclusao alta",
	stagePlaced:    "placed ordered purchased bought sold booked reserved submitted transacted comprado vendido feito realizado emitido requested solicitado contratado",
	stageConfirmed: "confirmed approved accepted authorized authorised confirmado aprovado aprobado aceito aceptado acknowledged processed allocated",
	stageReceived:  "received recebido recibido",
	stagePaid:      "paid settled captured pago pagado quitado cobrado charged liquidado",
	stageInvoiced:  "invoiced billed faturado facturado faturamento facturacion",
	stagePacked:    "packed picked embalado separado empaquetado",
	stageShipped:   "shipped dispatched sent despachado enviado expedido postado posted despacho",
	stageDelivered: "delivered entregue entregado",
	stageConverted: "converted convertido checkedout",
	stageCompleted: "completed fulfilled finished done concluido finalizado terminado completado atendido resolved resolvido resuelto complete",
	stageClosed:    "closed ended end finish stopped fechado fechamento cerrado cierre encerrado fim fin saida salida checkout stop ending deactivated departed departure logout left termino conclusao dropoff",
	stageCancelled: "cancelled canceled voided cancelado anulado cancelamento cancelacion cancellation cancelation void",
	stageDropped:   "abandoned expired rejected failed declined abandonado expirado rejeitado rechazado recusado lost churned",
	stageRefunded:  "refunded returned estornado devolvido devuelto reembolsado chargeback",
	stageUpdated:   "updated modified changed touched synced atualizado alterado actualizado modificado last ultimo ultima seen indexed imported exported loaded ingested etl sync edited viewed notified reminded printed atualizacao alteracao actualizacion revised archived locked",
	stageDeleted:   "deleted removed excluido eliminado apagado borrado removido",
	stagePlanned:   "due expires expected estimated eta scheduled planned promised until valid birth birthday dob prevista previsto estimado vencimento vencimiento prometido agendado programado deadline target desired preferred required expiry expiration validade next proximo",
}, map[stage]string{
	stagePlaced:    "order purchase sale pedido compra venda venta orden ordem encomenda booking reservation reserva emissao emision transaction transacao sales",
	stagePaid:      "payment pagamento settlement capture quitacao cobro charge",
	stageInvoiced:  "invoice fatura factura nf nfe bill billing nota",
	stageShipped:   "shipment ship shipping dispatch envio expedicao expedicion postagem",
	stageDelivered: "delivery entrega",
	stageConfirmed: "confirmation approval aprovacao aprobacion confirmacao",
	stageRefunded:  "refund return estorno devolucao devolucion reembolso",
	stageCompleted: "completion fulfillment fulfilment finalizacion",
	stageReceived:  "receipt recebimento",
})

// numberedTimeWords say that a number is a point in time, and milliseconds that
// it counts those.
var (
	numberedTimeWords = set("at", "ts", "time", "timestamp", "epoch", "unix", "sec", "second", "ms", "millis", "milli", "msec", "millisecond")
	milliseconds      = set("ms", "millis", "milli", "msec", "millisecond", "milissegundo", "milisegundo")
)

// latestSecond is far beyond the times of any store, in seconds since 1970; as
// milliseconds it is in 1973.
const latestSecond = 1e11

// instantOf writes the instant that a number of seconds or milliseconds since
// 1970 stands for, as SQL.
func instantOf(c *Column) string {
	if anyOf(milliseconds, words(c.Name)) || anyOf(milliseconds, words(c.Comment)) || c.Stats != nil && c.Stats.Max > latestSecond {
		return "to_timestamp(" + c.SQL + " / 1000.0)"
	}
	return "to_timestamp(" + c.SQL + ")"
}

func stageVocabulary(verbs, nouns map[stage]string) map[string]stageWord {
	m := map[string]stageWord{}
	for s, list := range nouns {
		for _, w := range strings.Fields(list) {
			m[w] = stageWord{s, true}
		}
	}
	for s, list := range verbs {
		for _, w := range strings.Fields(list) {
			m[w] = stageWord{s, false}
		}
	}
	return m
}

// eventTime is a column that says when something happened to a row.
type eventTime struct {
	column *Column
	stage  stage
	// event is the word for what happened, to name a metric: created, invoiced,
	// criado. Empty where the name says no more than that it is a time.
	event string
}

// participles turn the nouns of a column's name into what happened.
var participles = map[string]string{
	"order": "placed", "purchase": "purchased", "sale": "sold", "sales": "sold", "booking": "booked", "reservation": "reserved",
	"transaction": "placed", "payment": "paid", "settlement": "settled", "capture": "captured", "invoice": "invoiced", "bill": "billed",
	"billing": "billed", "shipment": "shipped", "ship": "shipped", "shipping": "shipped", "dispatch": "dispatched", "delivery": "delivered",
	"confirmation": "confirmed", "approval": "approved", "refund": "refunded", "return": "returned", "completion": "completed",
	"fulfillment": "fulfilled", "fulfilment": "fulfilled", "cancellation": "cancelled", "cancelation": "cancelled", "canceled": "cancelled",
	"receipt": "received", "start": "started", "begin": "begun", "end": "ended", "finish": "finished", "stop": "stopped", "charge": "charged",
}

// timeOf tells what a column's time is about. Planned times, which lie ahead,
// and bookkeeping are stages of their own.
func timeOf(c *Column) eventTime {
	t := eventTime{column: c}
	best := -1
	for _, w := range words(c.Name) {
		found, ok := meaning(stageWords, w)
		if !ok {
			continue
		}
		rank := 1
		switch {
		case found.stage == stagePlanned:
			rank = 4
		case found.stage == stageUpdated || found.stage == stageDeleted:
			rank = 3
		case !found.noun:
			rank = 2
		}
		if rank < best {
			continue
		}
		best, t.stage, t.event = rank, found.stage, w
	}
	t.event = eventName(c.Name, t.event)
	return t
}

// eventName makes the word for an event: of a known word, or else of what the
// column's name says besides being a time.
func eventName(column, known string) string {
	for _, form := range forms(known) {
		if participle, ok := participles[form]; ok && known != "" {
			return participle
		}
	}
	if known != "" {
		return known
	}
	var rest []string
	for _, w := range words(column) {
		if !timeWords[w] && !smallWords[w] {
			rest = append(rest, w)
		}
	}
	return lowerNameOrNone(strings.Join(rest, "_"))
}

func lowerNameOrNone(name string) string {
	if name == "" {
		return ""
	}
	return lowerName(name)
}

// tellApart gives times of the same event, such as delivered_carrier_at and
// delivered_customer_at, words of their own: all that their columns say besides
// the table's name.
func tellApart(times []eventTime, table string) {
	count := map[string]int{}
	for _, t := range times {
		count[t.event]++
	}
	for i := range times {
		t := &times[i]
		if count[t.event] < 2 {
			continue
		}
		var rest []string
		for _, w := range words(t.column.Name) {
			own := slices.ContainsFunc(words(table), func(of string) bool { return same(w, of) })
			if !timeWords[w] && !smallWords[w] && !own {
				rest = append(rest, w)
			}
		}
		if len(rest) > 0 {
			t.event = lowerName(strings.Join(rest, "_"))
		}
	}
}

// counts reports whether the time is one of an event that a metric can count.
func (t eventTime) counts() bool {
	return t.stage != stageUpdated && t.stage != stageDeleted && t.stage != stagePlanned
}

// negative reports whether the row came to nothing at that time.
func (t eventTime) negative() bool { return t.stage == stageCancelled || t.stage == stageDropped }

// mainStages rank the stages by how well they serve as a table's own event
// time, by what the table holds.
var mainStages = map[role][]stage{
	roleOrders:    {stagePlaced, stageCreated, stageReceived, stageOpened, stageConfirmed, stageOther, stageInvoiced, stagePaid},
	roleCarts:     {stageOpened, stageCreated, stageOther, stagePlaced},
	rolePayments:  {stagePaid, stageCreated, stageReceived, stageConfirmed, stageOther},
	roleInvoices:  {stageInvoiced, stagePlaced, stageCreated, stageOther},
	roleShipments: {stageShipped, stageCreated, stageOther, stageDelivered},
	roleRefunds:   {stageRefunded, stageReceived, stageCreated, stageOther},
}

// mainDefault ranks the stages for tables of other kinds.
var mainDefault = []stage{stageOpened, stageCreated, stagePlaced, stageReceived, stageOther, stageConfirmed, stagePaid, stageInvoiced, stageShipped}

// mainTime chooses a table's own event time: by what its name says, then by
// whether every row has it, an index serves it and it is finer than a day.
func mainTime(r role, times []eventTime) *eventTime {
	order, ok := mainStages[r]
	if !ok {
		order = mainDefault
	}
	var best *eventTime
	bestScore := 0.0
	for i := range times {
		t := &times[i]
		rank := slices.Index(order, t.stage)
		if rank < 0 || !t.column.plain() {
			continue
		}
		score := 10 - float64(rank)
		if t.column.NotNull {
			score += 1.5
		}
		if t.column.Indexed {
			score += 1.5
		}
		if t.column.Class != Date {
			score += 1.5
		}
		if best == nil || score > bestScore {
			best, bestScore = t, score
		}
	}
	return best
}
