package discover_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/discover"
	"github.com/pullview/orders-datasource/pkg/message"
)

// relation is a table in public, in the fewest words.
func relation(name string, columns ...*discover.Column) *discover.Relation {
	return &discover.Relation{Schema: "public", Name: name, SQLSchema: "public", SQLName: name, Kind: "table", Rows: 1000, Columns: columns}
}

func column(name string, class discover.Class, notNull bool) *discover.Column {
	return &discover.Column{Name: name, SQL: name, Class: class, NotNull: notNull, Indexed: true}
}

func propose(t testing.TB, relations ...*discover.Relation) *discover.Proposal {
	t.Helper()
	proposal, err := discover.Propose(&discover.Schema{Relations: relations}, discover.Options{Timezone: "UTC"})
	require.NoError(t, err)
	return proposal
}

func TestAStoreWithoutOrdersGetsNoCatalogAndIsToldWhy(t *testing.T) {
	t.Parallel()
	proposal := propose(t, relation("films", column("title", discover.Text, true), column("released", discover.Date, false)))
	assert.Nil(t, proposal.Catalog)
	require.NotEmpty(t, proposal.Notes)
	assert.Equal(t, discover.NoOrders, proposal.Notes[0].Code)

	proposal = propose(t, relation("orders", column("id", discover.Integer, true), column("total", discover.Numeric, true)))
	assert.Nil(t, proposal.Catalog)
	assert.Equal(t, "public.orders", proposal.Notes[0].About)
	assert.Equal(t, discover.OrdersWithoutTime, proposal.Notes[0].Code)
}

func TestOrdersAreFoundByTheirShapeWhereNoNameTells(t *testing.T) {
	t.Parallel()
	vorgang := relation("vorgang", column("id", discover.Integer, true), column("created_at", discover.Timestamptz, true),
		column("amount", discover.Numeric, true), column("customer_id", discover.Integer, true))
	proposal := propose(t, relation("lager", column("id", discover.Integer, true), column("created_at", discover.Timestamptz, true)), vorgang)
	require.NotEmpty(t, proposal.Catalog)
	assert.True(t, find(t, proposal, "tables.vorgang").Selected)
	assert.Less(t, find(t, proposal, "tables.vorgang").Confidence, 0.6)
	assert.True(t, find(t, proposal, "metrics.vorgang_revenue").Selected)
}

func TestOfTwoTablesOfOrdersTheBetterOneIsSelected(t *testing.T) {
	t.Parallel()
	orders := relation("orders", column("id", discover.Integer, true), column("created_at", discover.Timestamptz, true),
		column("total", discover.Numeric, true), column("customer_id", discover.Integer, true))
	old := relation("old_style_orders", column("id", discover.Integer, true), column("date", discover.Date, true), column("total", discover.Numeric, true))
	other := relation("supplier_orders", column("id", discover.Integer, true), column("date", discover.Date, true), column("total", discover.Numeric, true))
	proposal := propose(t, other, old, orders)
	assert.True(t, find(t, proposal, "tables.orders").Selected)
	assert.False(t, find(t, proposal, "tables.supplier_orders").Selected)
	for _, table := range proposal.Tables {
		assert.NotEqual(t, "tables.old_style_orders", table.Path, "what is old is no table of orders")
	}
}

func TestLinesServeWhereThereIsNoTableOfOrders(t *testing.T) {
	t.Parallel()
	proposal := propose(t, relation("order_lines", column("order_id", discover.Integer, true), column("sold_at", discover.Timestamptz, true),
		column("qty", discover.Integer, true), column("price_cents", discover.Integer, true)))
	declared, err := catalog.Parse(proposal.Catalog)
	require.NoError(t, err)
	assert.Equal(t, "(qty * price_cents) / 100.0", declared.Metrics["order_lines_revenue"].Sum)
	assert.Equal(t, catalog.Distinct, declared.Metrics["order_lines_orders"].Type)
}

func TestRevenueCountsWhenOrdersAreInvoicedOrPaid(t *testing.T) {
	t.Parallel()
	proposal := propose(t, relation("orders", column("id", discover.Integer, true), column("created_at", discover.Timestamptz, true),
		column("invoiced_at", discover.Timestamptz, false), column("paid_at", discover.Timestamptz, false), column("total", discover.Numeric, true)))
	declared, err := catalog.Parse(proposal.Catalog)
	require.NoError(t, err)
	assert.Equal(t, "invoiced_at", declared.Metrics["orders_revenue"].Time)
	assert.Equal(t, "paid_at", declared.Metrics["orders_revenue_paid"].Time)
	assert.Equal(t, "orders_invoiced", declared.Metrics["orders_average_value"].Denominator)
}

func TestTablesOfTheSameNameGetNamesOfTheirOwn(t *testing.T) {
	t.Parallel()
	orders := func() *discover.Relation {
		return relation("orders", column("id", discover.Integer, true), column("created_at", discover.Timestamptz, true), column("total", discover.Numeric, true))
	}
	other := orders()
	other.Schema, other.SQLSchema, other.Rows = "legacy", "legacy", 10
	proposal := propose(t, orders(), other)
	assert.True(t, find(t, proposal, "tables.orders").Selected)
	assert.Equal(t, "legacy.orders", find(t, proposal, "tables.legacy_orders").Value.(*catalog.Table).Relation.String())
}

func TestDeletedRowsAreLeftOut(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"deleted_at": "deleted_at IS NULL", "is_deleted": "NOT is_deleted"} {
		class := discover.Timestamptz
		if name == "is_deleted" {
			class = discover.Bool
		}
		proposal := propose(t, relation("orders", column("id", discover.Integer, true), column("created_at", discover.Timestamptz, true),
			column("total", discover.Numeric, true), column(name, class, name == "is_deleted")))
		assert.Equal(t, want, find(t, proposal, "tables.orders").Value.(*catalog.Table).Where)
	}
}

func TestRejectingAnItemTakesWhatRequiresItAlong(t *testing.T) {
	t.Parallel()
	proposal := propose(t, relation("orders", column("id", discover.Integer, true), column("created_at", discover.Timestamptz, true), column("total", discover.Numeric, true)))
	require.True(t, proposal.Reject("metrics.orders_revenue", message.Verbatim("it does not work")))
	require.NoError(t, proposal.Assemble())
	declared, err := catalog.Parse(proposal.Catalog)
	require.NoError(t, err)
	assert.NotContains(t, declared.Metrics, "orders_revenue")
	assert.NotContains(t, declared.Metrics, "orders_average_value")
	assert.Contains(t, declared.Metrics, "orders_created")
	assert.Contains(t, find(t, proposal, "metrics.orders_average_value").Reasons,
		discover.Sentence{Code: discover.NotAccepted, Values: discover.Values{"problem": message.Verbatim("it does not work")}})
	assert.False(t, proposal.Reject("metrics.orders_revenue", message.Verbatim("again")))

	require.True(t, proposal.Reject("tables.orders", message.Verbatim("gone")))
	assert.ErrorIs(t, proposal.Assemble(), discover.ErrNothing)
	assert.Nil(t, proposal.Catalog)
}

func TestMetricsHaveNamesThatTellThemApart(t *testing.T) {
	t.Parallel()
	proposal := propose(t, relation("olist_orders", column("order_id", discover.UUID, true), column("order_purchase_timestamp", discover.Timestamp, true),
		column("order_delivered_carrier_date", discover.Timestamp, false), column("order_delivered_customer_date", discover.Timestamp, false)))
	declared, err := catalog.Parse(proposal.Catalog)
	require.NoError(t, err)
	assert.Equal(t, "order_delivered_carrier_date", declared.Metrics["olist_orders_delivered_carrier"].Time)
	assert.Equal(t, "order_delivered_customer_date", declared.Metrics["olist_orders_delivered_customer"].Time)

	for table, columns := range map[string]map[string]string{
		"purchases": {"purchase_ts": "purchases_placed"},
		"tb_venda":  {"dt_venda": "tb_venda"},
		"orders":    {"order_date": "orders_placed", "created_at": "orders_created", "ts": "orders"},
		"pedidos":   {"emitido_em": "pedidos_emitido"},
	} {
		for name, want := range columns {
			proposal := propose(t, relation(table, column("id", discover.Integer, true), column(name, discover.Timestamptz, true), column("total", discover.Numeric, true)))
			assert.Equal(t, catalog.Counter, find(t, proposal, "metrics."+want).Value.(*catalog.Metric).Type, name)
		}
	}
}
