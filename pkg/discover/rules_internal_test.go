package discover

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestNamesAreTakenApart(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"order_created_at": "order created at",
		"orderCreatedAt":   "order created at",
		"OrderID":          "order id",
		"orderdate":        "order date",
		"ORDER_TOTAL":      "order total",
		"dataEmissão":      "data emissao",
		"customerid":       "customer id",
		"gross-amount 2":   "gross amount",
		"cancellation":     "cancellation",
	} {
		assert.Equal(t, want, strings.Join(words(name), " "), name)
	}
}

func TestNamesForTheCatalogAreThoseThatItAccepts(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"OrderItem": "order_item", "Pedido de Venda": "pedido_de_venda", "2024_orders": "n2024_orders", "situação": "situacao", "注文": "unnamed", "__x__": "x",
	} {
		assert.Equal(t, want, lowerName(name), name)
	}
}

func TestTimesAreUnderstoodByTheirNames(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]struct {
		stage stage
		event string
	}{
		"created_at":           {stageCreated, "created"},
		"purchase_ts":          {stagePlaced, "purchased"},
		"order_date":           {stagePlaced, "placed"},
		"orderdate":            {stagePlaced, "placed"},
		"order_created_at":     {stageCreated, "created"},
		"payment_date":         {stagePaid, "paid"},
		"faturado_em":          {stageInvoiced, "faturado"},
		"data_emissao":         {stagePlaced, "emissao"},
		"fecha_entrega":        {stageDelivered, "entrega"},
		"canceledAt":           {stageCancelled, "cancelled"},
		"expected_delivery_at": {stagePlanned, "expected"},
		"due_date":             {stagePlanned, "due"},
		"last_login_at":        {stageUpdated, "last"},
		"order_updated_at":     {stageUpdated, "updated"},
		"atualizado_em":        {stageUpdated, "atualizado"},
		"deleted_at":           {stageDeleted, "deleted"},
		"date":                 {stageOther, ""},
		"ts":                   {stageOther, ""},
		"weighed_at":           {stageOther, "weighed"},
		"cerrada_en":           {stageClosed, "cerrada"},
	} {
		got := timeOf(&Column{Name: name, Class: Timestamptz})
		assert.Equal(t, want.stage, got.stage, name)
		assert.Equal(t, want.event, got.event, name)
	}
}

func TestANumberOfSecondsOrMillisecondsIsWrittenAsAnInstant(t *testing.T) {
	t.Parallel()
	for want, c := range map[string]*Column{
		"to_timestamp(placed_at)":              {Name: "placed_at", Comment: "Seconds since 1970", Stats: &Stats{Min: 1.7e9, Max: 1.8e9}},
		"to_timestamp(created_ms / 1000.0)":    {Name: "created_ms"},
		"to_timestamp(paid_at / 1000.0)":       {Name: "paid_at", Comment: "Unix time in milliseconds"},
		"to_timestamp(shipped_epoch / 1000.0)": {Name: "shipped_epoch", Stats: &Stats{Min: 1.7e12, Max: 1.8e12}},
	} {
		c.SQL, c.Class = c.Name, Integer
		orders := &Relation{Schema: "public", Name: "orders", SQLSchema: "public", SQLName: "orders", Columns: []*Column{c}}
		proposal, err := Propose(&Schema{Relations: []*Relation{orders}}, Options{})
		require.NoError(t, err)
		assert.Equal(t, []Note{
			{About: "public.orders", Sentence: say(OrdersWithoutTime, nil)},
			{About: "public.orders", Sentence: say(TimeAsNumber, Values{"column": c.Name, "expression": want})},
		}, proposal.Notes)
	}
}

func TestLabelsLeaveOutWhatATableIsToTheDatabase(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"tbl_pedidos": "Pedidos", "v_live_orders": "Live orders", "vw_sales": "Sales", "t_order": "Order", "tickets": "Tickets", "v": "V"} {
		assert.Equal(t, want, (&entity{name: name}).title(), name)
	}
}

func TestStatusesByNumberAreThoseOfTheSmallTableThatNamesThem(t *testing.T) {
	t.Parallel()
	column := func(name string, class Class) *Column { return &Column{Name: name, SQL: name, Class: class} }
	states := &Relation{Schema: "s", Name: "order_states", Rows: 6, Columns: []*Column{column("nr", Integer), column("bezeichnung", Text)}}
	customers := &Relation{Schema: "s", Name: "customers", Rows: 50, Columns: []*Column{column("id", Integer), column("name", Text)}}
	orders := &Relation{Schema: "s", Name: "orders", Columns: []*Column{column("state_id", Integer), column("customer_id", Integer)}, ForeignKeys: []ForeignKey{
		{Columns: []string{"state_id"}, Schema: "s", Table: "order_states", References: []string{"nr"}},
		{Columns: []string{"customer_id"}, Schema: "s", Table: "customers", References: []string{"id"}},
	}}
	schema := &Schema{Relations: []*Relation{states, customers, orders}}
	assert.Equal(t, []Lookup{{Column: orders.Columns[0], Table: states, Key: states.Columns[0], Name: states.Columns[1]}}, Lookups(orders, schema))

	orders.Columns[0].Called = []Called{{"1", "received"}, {"7", "cancelled"}, {"8", "cancelled"}, {"9", "refunded"}}
	where := statusOf(orders)
	require.NotNil(t, where)
	assert.Equal(t, []string{"received", "cancelled", "refunded"}, where.values)
	assert.Equal(t, "(state_id IS NULL OR state_id NOT IN (7, 8))", where.without(where.of(stageCancelled)))
	orders.Columns[0].Class = Text
	assert.Equal(t, "state_id IN ('9')", where.with(where.of(stageRefunded)))

	states.Rows = 1000
	assert.Empty(t, Lookups(orders, schema), "a large table is none of statuses")
}

func TestTablesAreUnderstoodByTheirNames(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]role{
		"orders": roleOrders, "customer_orders": roleOrders, "tbl_pedidos": roleOrders, "SalesOrderHeader": roleOrders, "ordenes_compra": roleOrders, "vendas": roleOrders,
		"order_items": roleLines, "OrderLine": roleLines, "itens_pedido": roleLines, "cart_items": roleLines, "detalle_pedido": roleLines,
		"order_payments": rolePayments, "order_status_history": roleNotes, "orders_backup": roleNotes, "order_events": roleNotes, "order_returns": roleRefunds,
		"shopping_carts": roleCarts, "carrinhos": roleCarts, "clientes": roleCustomers, "products": roleProducts, "widgets": roleOther,
	} {
		got, _ := roleOf(name)
		assert.Equal(t, want, got, name)
	}
}

func TestAmountsAreFoundAmongNumbers(t *testing.T) {
	t.Parallel()
	number := func(name string) *Column { return &Column{Name: name, SQL: name, Class: Numeric} }
	integer := func(name, comment string) *Column {
		return &Column{Name: name, SQL: name, Class: Integer, Comment: comment}
	}
	for about, test := range map[string]struct {
		columns []*Column
		want    string
	}{
		"the total, not its parts":        {[]*Column{number("subtotal"), number("tax_amount"), number("shipping_total"), number("total_amount")}, "total_amount"},
		"cents by name":                   {[]*Column{integer("item_count", ""), integer("total_cents", "")}, "total_cents / 100.0"},
		"minor units":                     {[]*Column{integer("amount_minor", "")}, "amount_minor / 100.0"},
		"cents by comment":                {[]*Column{integer("price", "Price in cents")}, "price / 100.0"},
		"micros":                          {[]*Column{integer("amount_micros", "")}, "amount_micros / 1000000.0"},
		"whole units":                     {[]*Column{integer("amount", "")}, "amount"},
		"Portuguese":                      {[]*Column{number("valor_frete"), number("valor_total"), number("valor_desconto")}, "valor_total"},
		"Spanish":                         {[]*Column{number("peso"), number("importe")}, "importe"},
		"money by its type":               {[]*Column{{Name: "worth", SQL: "worth", Class: Money}}, "worth"},
		"nothing among weights and rates": {[]*Column{number("weight"), number("discount_rate"), integer("quantity", ""), number("refund_amount")}, ""},
		"no key":                          {[]*Column{integer("value_id", "")}, ""},
	} {
		t.Run(about, func(t *testing.T) {
			t.Parallel()
			list := amountsOf(&Relation{Columns: test.columns})
			if test.want == "" {
				assert.Empty(t, list)
				return
			}
			require.NotEmpty(t, list)
			assert.Equal(t, test.want, list[0].expression(list[0].column.SQL))
		})
	}
}

func TestAnAmountByItsTypeIsNotSaidToBeOneByItsName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]Code{"Betrag": AmountByType, "total": AmountByName} {
		v := examine(&Relation{Columns: []*Column{{Name: name, SQL: name, Class: Money}}}).valueOf()
		require.NotNil(t, v, name)
		assert.Equal(t, want, v.reasons[0].Code, name)
	}
}

func TestMinorUnitsFollowTheCurrency(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{"BRL": "total_cents / 100.0", "JPY": "total_cents", "KWD": "total_cents / 1000.0"} {
		e := examine(&Relation{Columns: []*Column{
			{Name: "total_cents", SQL: "total_cents", Class: Integer},
			{Name: "currency", SQL: "currency", Class: Text, Stats: &Stats{Distinct: 1, Common: []string{code}, Complete: true}},
		}})
		v := e.valueOf()
		require.NotNil(t, v)
		assert.Equal(t, want, v.expression, code)
	}
	several := examine(&Relation{Columns: []*Column{
		{Name: "total", SQL: "total", Class: Numeric},
		{Name: "currency", SQL: "currency", Class: Text, Stats: &Stats{Distinct: 2, Common: []string{"EUR", "USD"}, Complete: true}},
	}}).valueOf()
	assert.Empty(t, several.unit)
	assert.Contains(t, several.reasons, say(Currencies, Values{"currencies": []string{"EUR", "USD"}, "column": "currency"}))
	assert.LessOrEqual(t, several.confidence, 0.6)
}

func TestAColumnStateIsAStatusOnlyIfItsValuesAre(t *testing.T) {
	t.Parallel()
	state := func(values ...string) *Relation {
		return &Relation{Columns: []*Column{{Name: "state", SQL: "state", Class: Text, Stats: &Stats{Distinct: float64(len(values)), Common: values}}}}
	}
	assert.Nil(t, statusOf(state("SP", "RJ", "MG")))
	found := statusOf(state("pending", "shipped", "cancelled"))
	require.NotNil(t, found)
	assert.Equal(t, []string{"cancelled"}, found.of(stageCancelled))
}

func TestTheOrdersOwnStatusIsPreferred(t *testing.T) {
	t.Parallel()
	values := []string{"pending", "paid", "failed"}
	r := &Relation{Columns: []*Column{
		{Name: "payment_status", Class: Enum, Allowed: values}, {Name: "status", Class: Text, Stats: &Stats{Distinct: 3, Common: values}},
	}}
	assert.Equal(t, "status", statusOf(r).column.Name)
}

func TestValuesOfAStatusAreUnderstood(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]stage{
		"cancelled": stageCancelled, "CANCELED": stageCancelled, "cancelado": stageCancelled, "anulada": stageCancelled, "customer_cancelled": stageCancelled,
		"payment_failed": stageDropped, "abandoned": stageDropped, "refunded": stageRefunded, "partially_refunded": stageOther, "draft": stagePlanned,
		"checked_out": stageConverted, "pending": stageOther,
	} {
		got, ok := stageOfValue(value)
		assert.True(t, ok, value)
		assert.Equal(t, want, got, value)
	}
	_, ok := stageOfValue("SP")
	assert.False(t, ok)
}

func TestLinesAddUpByWhatTheirColumnsSay(t *testing.T) {
	t.Parallel()
	column := func(name string, class Class) *Column {
		return &Column{Name: name, SQL: name, Class: class, NotNull: true}
	}
	orders := &Relation{Schema: "public", Name: "orders", SQLName: "orders", PrimaryKey: []string{"id"}, Columns: []*Column{column("id", Integer)}}
	fraction, percent := column("discount", Numeric), column("discount_pct", Numeric)
	fraction.Stats, percent.Stats = &Stats{Max: 0.25}, &Stats{Max: 30}
	for about, test := range map[string]struct {
		columns []*Column
		sum     string
		certain bool
	}{
		"a total of the line":          {[]*Column{column("quantity", Integer), column("unit_price", Numeric), column("line_total", Numeric)}, "sum(l.line_total)", true},
		"quantity by price":            {[]*Column{column("qty", Integer), column("price", Numeric)}, "sum(l.qty * l.price)", true},
		"cents are divided once":       {[]*Column{column("qty", Integer), column("unit_price_cents", Integer)}, "sum(l.qty * l.unit_price_cents)", true},
		"a discount that is a part":    {[]*Column{column("quantity", Integer), column("unit_price", Numeric), fraction}, "sum(l.quantity * l.unit_price * (1 - l.discount))", true},
		"a discount in percent":        {[]*Column{column("quantity", Integer), column("unit_price", Numeric), percent}, "sum(l.quantity * l.unit_price * (1 - l.discount_pct / 100.0))", true},
		"a discount of which is known": {[]*Column{column("quantity", Integer), column("unit_price", Numeric), column("discount", Numeric)}, "sum(l.quantity * l.unit_price)", false},
		"the price, not the cost":      {[]*Column{column("quantity", Integer), column("unit_cost", Numeric), column("unit_price", Numeric)}, "sum(l.quantity * l.unit_price)", true},
		"nothing but a quantity":       {[]*Column{column("quantity", Integer)}, "", false},
	} {
		t.Run(about, func(t *testing.T) {
			t.Parallel()
			lines := &Relation{Schema: "public", Name: "order_lines", SQLSchema: "public", SQLName: "order_lines", Columns: append([]*Column{column("order_id", Integer)}, test.columns...)}
			got := sumLines(lines, orders)
			if test.sum == "" {
				assert.Nil(t, got)
				return
			}
			require.NotNil(t, got)
			assert.Contains(t, got.expression, test.sum+" FROM public.order_lines AS l WHERE l.order_id = orders.id)")
			assert.Equal(t, test.certain, got.confidence > 0.7)
			assert.Equal(t, strings.Contains(about, "cents"), strings.HasSuffix(got.expression, ") / 100.0"))
		})
	}
}

func TestTextsBecomeLiterals(t *testing.T) {
	t.Parallel()
	assert.Equal(t, `'won''t', 'a\b'`, literals([]string{"won't", `a\b`}))
}

func TestTheZoneOfTheBusinessIsAskedForOrAssumed(t *testing.T) {
	t.Parallel()
	// newest is a table whose newest local time is ten minutes ago in a zone.
	newest := func(zone string) []*Relation {
		location, err := time.LoadLocation(zone)
		require.NoError(t, err)
		_, offset := time.Now().In(location).Zone()
		ahead := float64(offset) - 600
		return []*Relation{{Name: "orders", Columns: []*Column{{Name: "ordered_at", Class: Timestamp, NewestAhead: &ahead}}}}
	}
	for about, test := range map[string]struct {
		schema  Schema
		options Options
		want    string
		because Code
	}{
		"asked for":                     {Schema{Zone: "Europe/Berlin", ZoneSet: true}, Options{Timezone: "America/Bahia", LocalTimezone: "Asia/Tokyo"}, "America/Bahia", ZoneAsked},
		"set for the database":          {Schema{Zone: "Europe/Berlin", ZoneSet: true}, Options{LocalTimezone: "Asia/Tokyo"}, "Europe/Berlin", ZoneDatabase},
		"that of the server":            {Schema{Zone: "America/Sao_Paulo"}, Options{LocalTimezone: "Asia/Tokyo"}, "America/Sao_Paulo", ZoneServer},
		"UTC says nothing":              {Schema{Zone: "Etc/UTC"}, Options{LocalTimezone: "Asia/Tokyo"}, "Asia/Tokyo", ZoneLocal},
		"nor where somebody set it":     {Schema{Zone: "UTC", ZoneSet: true}, Options{LocalTimezone: "Asia/Tokyo"}, "Asia/Tokyo", ZoneLocal},
		"nor does a bare GMT":           {Schema{Zone: "GMT"}, Options{}, "UTC", ZoneNone},
		"nor an unknown place":          {Schema{Zone: "Middle/Earth"}, Options{LocalTimezone: "UTC"}, "UTC", ZoneNone},
		"as the newest row is here":     {Schema{Zone: "America/New_York", Relations: newest("Asia/Tokyo")}, Options{LocalTimezone: "Asia/Tokyo"}, "Asia/Tokyo", ZoneFits},
		"as the newest row is there":    {Schema{Zone: "America/New_York", Relations: newest("America/New_York")}, Options{LocalTimezone: "Asia/Tokyo"}, "America/New_York", ZoneServer},
		"whatever a row in UTC is":      {Schema{Zone: "America/New_York", Relations: newest("UTC")}, Options{LocalTimezone: "Africa/Abidjan"}, "America/New_York", ZoneServer},
		"whatever a row elsewhere says": {Schema{Zone: "America/New_York", Relations: newest("Asia/Kolkata")}, Options{LocalTimezone: "Asia/Tokyo"}, "America/New_York", ZoneServer},
	} {
		t.Run(about, func(t *testing.T) {
			t.Parallel()
			proposal, err := Propose(&test.schema, test.options)
			require.NoError(t, err)
			assert.Equal(t, test.want, proposal.Timezone.Value)
			require.Len(t, proposal.Timezone.Reasons, 1)
			assert.Equal(t, test.because, proposal.Timezone.Reasons[0].Code)
		})
	}
}

func TestTimesWithoutZoneAreReadAsTheNewestRowTells(t *testing.T) {
	t.Parallel()
	ahead := func(seconds float64) *float64 { return &seconds }
	for about, test := range map[string]struct {
		business string
		ahead    *float64
		want     string
		says     Code
	}{
		"local time west of Greenwich": {"America/Sao_Paulo", ahead(-3*3600 - 40), "", TimesFit},
		"UTC west of Greenwich":        {"America/Sao_Paulo", ahead(-40), "UTC", TimesAhead},
		"local time east of Greenwich": {"Asia/Tokyo", ahead(9*3600 - 40), "", TimesFit},
		"UTC east of Greenwich":        {"Asia/Tokyo", ahead(-40), "UTC", TimesLate},
		"a store that sleeps":          {"America/Sao_Paulo", ahead(-86400 * 30), "", TimesOld},
		"neither":                      {"Asia/Tokyo", ahead(20 * 3600), "", TimesFuture},
		"local time further east":      {"Europe/Lisbon", ahead(9*3600 - 40), "", TimesFuture},
		"nothing known":                {"America/Sao_Paulo", nil, "", TimesLocal},
	} {
		t.Run(about, func(t *testing.T) {
			t.Parallel()
			p := &proposer{schema: &Schema{}, proposal: &Proposal{Timezone: Item{Value: test.business}}}
			e := &entity{times: []eventTime{{column: &Column{Class: Timestamp, NewestAhead: test.ahead}}}}
			zone, reasons := p.zoneOf(e)
			assert.Equal(t, test.want, zone)
			require.Len(t, reasons, 1)
			assert.Equal(t, test.says, reasons[0].Code)
			assert.Equal(t, test.business, reasons[0].Values["zone"])
		})
	}
}
