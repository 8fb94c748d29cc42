package discover_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/internal/embedpg"
	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/query"
)

// stranger is a store that nobody has described, and what the metrics that are
// proposed and selected for it must be: as plain SQL over [$1, $2).
type stranger struct {
	sql     func(testing.TB) string
	zone    string
	metrics map[string]string
	// dimensions must be selected.
	dimensions []string
}

func fromFile(name string) func(testing.TB) string {
	return func(t testing.TB) string { return file(t, name) }
}

var strangers = map[string]stranger{
	"local times and money in cents": {
		sql: fromFile("roastery.sql"), zone: "America/New_York",
		metrics: map[string]string{
			"purchases_placed":        `SELECT count(*) FROM purchases WHERE purchase_ts AT TIME ZONE 'America/New_York' >= $1 AND purchase_ts AT TIME ZONE 'America/New_York' < $2`,
			"purchases_delivered":     `SELECT count(*) FROM purchases WHERE delivered_ts AT TIME ZONE 'America/New_York' >= $1 AND delivered_ts AT TIME ZONE 'America/New_York' < $2`,
			"purchases_value":         `SELECT sum(total_cents) / 100.0 FROM purchases WHERE purchase_ts AT TIME ZONE 'America/New_York' >= $1 AND purchase_ts AT TIME ZONE 'America/New_York' < $2`,
			"purchases_revenue":       `SELECT sum(total_cents) / 100.0 FROM purchases WHERE purchase_ts AT TIME ZONE 'America/New_York' >= $1 AND purchase_ts AT TIME ZONE 'America/New_York' < $2 AND status NOT IN ('cancelled', 'refunded')`,
			"purchases_average_value": `SELECT avg(total_cents) / 100.0 FROM purchases WHERE purchase_ts AT TIME ZONE 'America/New_York' >= $1 AND purchase_ts AT TIME ZONE 'America/New_York' < $2 AND status NOT IN ('cancelled', 'refunded')`,
			"purchases_customers":     `SELECT count(DISTINCT buyer_id) FROM purchases WHERE purchase_ts AT TIME ZONE 'America/New_York' >= $1 AND purchase_ts AT TIME ZONE 'America/New_York' < $2`,
			"purchases_not_shipped":   `SELECT count(*) FROM purchases WHERE purchase_ts AT TIME ZONE 'America/New_York' < $2 AND (shipped_ts IS NULL OR shipped_ts AT TIME ZONE 'America/New_York' >= $2) AND status NOT IN ('cancelled', 'refunded')`,
			"baskets_open":            `SELECT count(*) FROM baskets WHERE started_ts AT TIME ZONE 'America/New_York' < $2 AND (ended_ts IS NULL OR ended_ts AT TIME ZONE 'America/New_York' >= $2)`,
			"baskets_conversion":      `SELECT count(purchase_id)::numeric / count(*) FROM baskets WHERE started_ts AT TIME ZONE 'America/New_York' >= $1 AND started_ts AT TIME ZONE 'America/New_York' < $2`,
		},
		dimensions: []string{"purchases.dimensions.status", "purchases.dimensions.sales_channel", "purchases.dimensions.country_code", "purchases.dimensions.is_gift"},
	},
	"a header and lines, in Portuguese": {
		sql: fromFile("atacado.sql"), zone: "America/Sao_Paulo",
		metrics: map[string]string{
			"pedido_emitido":  `SELECT count(*) FROM vendas.pedido WHERE emitido_em >= $1 AND emitido_em < $2 AND excluido_em IS NULL`,
			"pedido_faturado": `SELECT count(*) FROM vendas.pedido WHERE faturado_em >= $1 AND faturado_em < $2 AND excluido_em IS NULL`,
			"pedido_revenue": `SELECT sum(qtd * preco_unitario * (1 - coalesce(perc_desconto, 0) / 100)) FROM vendas.pedido JOIN vendas.pedido_item USING (id_pedido)
				WHERE faturado_em >= $1 AND faturado_em < $2 AND excluido_em IS NULL`,
			"pedido_average_value": `SELECT sum(qtd * preco_unitario * (1 - coalesce(perc_desconto, 0) / 100)) / count(DISTINCT id_pedido) FROM vendas.pedido JOIN vendas.pedido_item USING (id_pedido)
				WHERE faturado_em >= $1 AND faturado_em < $2 AND excluido_em IS NULL`,
			"pedido_not_invoiced": `SELECT count(*) FROM vendas.pedido WHERE emitido_em < $2 AND (faturado_em IS NULL OR faturado_em >= $2) AND cancelado_em IS NULL AND excluido_em IS NULL`,
			"turno_caixa_open":    `SELECT count(*) FROM vendas.turno_caixa WHERE abertura_em < $2 AND (fechamento_em IS NULL OR fechamento_em >= $2)`,
		},
		dimensions: []string{"pedido.dimensions.situacao", "pedido.dimensions.canal"},
	},
	"UUID keys, an enum and partitions, in Spanish": {
		sql: fromFile("tienda.sql"), zone: "Europe/Madrid",
		metrics: map[string]string{
			"pedidos_creado":        `SELECT count(*) FROM tienda.pedidos WHERE creado_en >= $1 AND creado_en < $2`,
			"pedidos_pagado":        `SELECT count(*) FROM tienda.pedidos WHERE pagado_en >= $1 AND pagado_en < $2`,
			"pedidos_revenue":       `SELECT sum(importe_total) FROM tienda.pedidos WHERE pagado_en >= $1 AND pagado_en < $2`,
			"pedidos_average_value": `SELECT avg(importe_total) FROM tienda.pedidos WHERE pagado_en >= $1 AND pagado_en < $2`,
			"pedidos_unpaid":        `SELECT count(*) FROM tienda.pedidos WHERE creado_en < $2 AND (pagado_en IS NULL OR pagado_en >= $2) AND estado <> 'cancelado'`,
			"pedidos_not_delivered": `SELECT count(*) FROM tienda.pedidos WHERE creado_en < $2 AND (entregado_en IS NULL OR entregado_en >= $2) AND estado <> 'cancelado'`,
			"pedidos_customers":     `SELECT count(DISTINCT cliente_id) FROM tienda.pedidos WHERE creado_en >= $1 AND creado_en < $2`,
			"carritos_open":         `SELECT count(*) FROM tienda.carritos WHERE abierto_en < $2 AND (cerrado_en IS NULL OR cerrado_en >= $2)`,
			"carritos_conversion":   `SELECT count(pedido_id)::numeric / count(*) FROM tienda.carritos WHERE abierto_en >= $1 AND abierto_en < $2`,
		},
		dimensions: []string{"pedidos.dimensions.estado", "pedidos.dimensions.pais", "carritos.dimensions.dispositivo"},
	},
	"quoted names and UTC without a zone": {
		sql: fromFile("prisma.sql"), zone: "America/Los_Angeles",
		metrics: map[string]string{
			"order_created":   `SELECT count(*) FROM "Order" WHERE "createdAt" AT TIME ZONE 'UTC' >= $1 AND "createdAt" AT TIME ZONE 'UTC' < $2`,
			"order_completed": `SELECT count(*) FROM "Order" WHERE "completedAt" AT TIME ZONE 'UTC' >= $1 AND "completedAt" AT TIME ZONE 'UTC' < $2`,
			"order_revenue": `SELECT sum("quantity" * "unitPrice") / 100.0 FROM "Order" JOIN "OrderItem" ON "orderId" = "Order"."id"
				WHERE "createdAt" AT TIME ZONE 'UTC' >= $1 AND "createdAt" AT TIME ZONE 'UTC' < $2 AND "canceledAt" IS NULL AND "deletedAt" IS NULL`,
			"order_open": `SELECT count(*) FROM "Order" WHERE "createdAt" AT TIME ZONE 'UTC' < $2 AND ("completedAt" IS NULL OR "completedAt" AT TIME ZONE 'UTC' >= $2) AND "canceledAt" IS NULL`,
		},
		dimensions: []string{"order.dimensions.order_status", "order.dimensions.channel"},
	},
	"a status by number": {
		sql: fromFile("dispatch.sql"), zone: "Europe/Lisbon",
		metrics: map[string]string{
			"tbl_meal_orders_placed": `SELECT count(*) FROM dispatch.tbl_meal_orders WHERE placed >= $1 AND placed < $2 AND NOT is_deleted`,
			"tbl_meal_orders_revenue": `SELECT sum(total_cents) / 100.0 FROM dispatch.tbl_meal_orders JOIN dispatch.order_states ON code = state
				WHERE placed >= $1 AND placed < $2 AND NOT is_deleted AND label NOT IN ('cancelled', 'refunded')`,
			"tbl_meal_orders_average_value": `SELECT avg(total_cents) / 100.0 FROM dispatch.tbl_meal_orders JOIN dispatch.order_states ON code = state
				WHERE placed >= $1 AND placed < $2 AND NOT is_deleted AND label NOT IN ('cancelled', 'refunded')`,
		},
		dimensions: []string{"tbl_meal_orders.dimensions.state", "tbl_meal_orders.dimensions.city"},
	},
	"the demo": {
		sql: func(testing.TB) string { return demoSQL }, zone: "America/Sao_Paulo",
		metrics: map[string]string{
			"orders_created":       `SELECT count(*) FROM orders WHERE created_at >= $1 AND created_at < $2`,
			"orders_invoiced":      `SELECT count(*) FROM orders WHERE invoiced_at >= $1 AND invoiced_at < $2`,
			"orders_cancelled":     `SELECT count(*) FROM orders WHERE cancelled_at >= $1 AND cancelled_at < $2`,
			"orders_revenue":       `SELECT sum(total) FROM orders WHERE invoiced_at >= $1 AND invoiced_at < $2`,
			"orders_average_value": `SELECT avg(total) FROM orders WHERE invoiced_at >= $1 AND invoiced_at < $2`,
			"orders_not_invoiced":  `SELECT count(*) FROM orders WHERE created_at < $2 AND (invoiced_at IS NULL OR invoiced_at >= $2) AND cancelled_at IS NULL`,
			"carts_open":           `SELECT count(*) FROM carts WHERE opened_at < $2 AND (closed_at IS NULL OR closed_at >= $2)`,
			"carts_conversion":     `SELECT count(order_id)::numeric / count(*) FROM carts WHERE opened_at >= $1 AND opened_at < $2`,
		},
		dimensions: []string{"orders.dimensions.channel", "orders.dimensions.region", "orders.dimensions.status", "carts.dimensions.channel"},
	},
}

func TestAnUnknownStoreGetsMetricsThatEqualPlainSQL(t *testing.T) {
	t.Parallel()
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		for about, s := range strangers {
			t.Run(about, func(t *testing.T) {
				t.Parallel()
				u := open(t, server, s.sql(t))
				proposal := u.propose(t, s.zone)
				live := u.accept(t, proposal)
				to := time.Now().Add(-time.Hour).Truncate(time.Second)
				for _, from := range []time.Time{to.Add(-36 * time.Hour), to.Add(-5 * 24 * time.Hour)} {
					for metric, sql := range s.metrics {
						want := u.plainSQL(t, sql, from, to)
						assert.NotZero(t, want, "%s: the check would not notice a metric of nothing", metric)
						assert.InEpsilon(t, want, live.value(t, metric, from, to), 1e-12, metric)
					}
				}
				paths := selected(t, proposal)
				for _, dimension := range s.dimensions {
					assert.Contains(t, paths, "tables."+dimension)
				}
			})
		}
	})
}

func TestEverythingThatIsProposedWorksOnceItIsSelected(t *testing.T) {
	t.Parallel()
	for about, s := range strangers {
		t.Run(about, func(t *testing.T) {
			t.Parallel()
			u := open(t, embedpg.Shared(t), s.sql(t))
			proposal := u.propose(t, s.zone)
			for i := range proposal.Tables {
				proposal.Tables[i].Selected = true
			}
			for i := range proposal.Dimensions {
				proposal.Dimensions[i].Selected = true
			}
			for i := range proposal.Metrics {
				proposal.Metrics[i].Selected = true
			}
			require.NoError(t, proposal.Assemble())
			paths := selected(t, proposal)
			assert.Len(t, paths, len(proposal.Tables)+len(proposal.Dimensions)+len(proposal.Metrics), "the catalog's rules reject nothing")
			live := u.accept(t, proposal)
			to := time.Now()
			for _, name := range live.catalog.MetricNames() {
				m := live.catalog.Metrics[name]
				ask := query.Query{RefID: "A", Version: 1, Metrics: []string{name}, Step: "1h"}
				ask.GroupBy = append(ask.GroupBy, live.catalog.DimensionsOf(m)...)
				ask.GroupBy = ask.GroupBy[:min(len(ask.GroupBy), 5)]
				request, err := ask.Validate(live.catalog, query.Environment{From: to.Add(-3 * time.Hour), To: to, Limits: query.Limits{MaxSeries: 10_000}})
				require.NoError(t, err, name)
				_, err = live.engine.Answer(t.Context(), request, query.Caller{})
				assert.NoError(t, err, name)
			}
		})
	}
}

func TestEveryItemHasAReasonAndStandsForItself(t *testing.T) {
	t.Parallel()
	for about, s := range strangers {
		t.Run(about, func(t *testing.T) {
			t.Parallel()
			proposal := open(t, embedpg.Shared(t), s.sql(t)).propose(t, s.zone)
			seen := map[string]bool{}
			items := append(append(proposal.Dimensions[:0:0], proposal.Dimensions...), proposal.Metrics...)
			for _, table := range proposal.Tables {
				items = append(items, table.Item)
				assert.NotEmpty(t, table.Role, table.Path)
				assert.NotEmpty(t, table.Kind, table.Path)
			}
			for _, item := range items {
				assert.False(t, seen[item.Path], item.Path)
				seen[item.Path] = true
				assert.NotEmpty(t, item.Reasons, item.Path)
				assert.True(t, item.Confidence > 0 && item.Confidence < 1, item.Path)
				if m, ok := item.Value.(*catalog.Metric); ok {
					assert.NotEmpty(t, m.Help, item.Path)
					assert.NotEmpty(t, m.Label, item.Path)
					assert.Equal(t, strings.ToLower(m.Name), m.Name)
				}
			}
			for _, item := range items {
				for _, path := range item.Requires {
					assert.True(t, seen[path], "%s requires %s, which is not proposed", item.Path, path)
				}
			}
		})
	}
}

func TestNothingPersonalIsShownInRecordsOrGroups(t *testing.T) {
	t.Parallel()
	for about, s := range strangers {
		t.Run(about, func(t *testing.T) {
			t.Parallel()
			proposal := open(t, embedpg.Shared(t), s.sql(t)).propose(t, s.zone)
			for _, word := range []string{"email", "name\"", "razao", "cnpj", "note", "observacao", "nombre"} {
				for _, table := range proposal.Tables {
					assert.NotContains(t, strings.ToLower(strings.Join(table.Value.(*catalog.Table).Records, " ")+" "), word, table.Path)
				}
			}
		})
	}
}
