package catalog

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

func TestParseReadsTheExampleOfTheDesign(t *testing.T) {
	t.Parallel()
	c, err := Parse(fromFile(t, "example.yaml"))
	require.NoError(t, err)

	assert.Equal(t, "monitoramento_pedidos_", c.Prefix)
	assert.Equal(t, "America/Sao_Paulo", c.Location().String())
	orders := c.Tables["orders"]
	assert.Equal(t, "orders", orders.Name)
	assert.Equal(t, Relation{Schema: "public", Name: "orders"}, orders.Relation)
	assert.Equal(t, Changes{Mode: ChangesLog}, orders.Changes)
	assert.Equal(t, []string{"id", "created_at", "status", "channel", "region", "total"}, orders.Records)
	assert.Equal(t, &Dimension{Name: "channel", Column: "channel", Label: "Channel", Values: []string{"web", "app", "store"}}, orders.Dimensions["channel"])
	assert.Equal(t, &Metric{
		Name: "ticket_medio", Type: Ratio, Unit: "currencyBRL", Help: "Valor médio de um pedido faturado",
		Numerator: "faturamento", Denominator: "total_pedidos_faturados_counter",
	}, c.Metrics["ticket_medio"])
	assert.Equal(t, []string{
		"carrinhos_abertos_gauge", "clientes", "faturamento", "tempo_ate_faturar", "ticket_medio", "total_pedidos_faturados_counter",
	}, c.MetricNames())
}

func TestParseReadsEveryKey(t *testing.T) {
	t.Parallel()
	c, err := Parse(fromFile(t, "full.yaml"))
	require.NoError(t, err)

	assert.Equal(t, &Table{
		Name:     "orders",
		Relation: Relation{Schema: "Sales", Name: "orders"},
		Time:     "created_at",
		Timezone: "UTC",
		Where:    "deleted_at is null -- soft deletes\nand \"Kind\" <> 'test;'\n",
		Changes:  Changes{Mode: ChangesUpdatedAt, Column: "updated_at"},
		Records:  []string{"id", "Order Date"},
		Link:     "/d/order?var-id={id}&var-date={Order Date}",
		Dimensions: map[string]*Dimension{
			"channel": {Name: "channel", Column: "channel", Label: "Channel", Values: []string{"web", "app"}, Lookback: Duration(7 * 24 * time.Hour)},
			"weekday": {Name: "weekday", Column: "extract(isodow from created_at)"},
		},
		Owner:    "Sales team",
		location: time.UTC,
	}, c.Tables["orders"])
	assert.Equal(t, []LinkPart{{Text: "/d/order?var-id="}, {Column: "id"}, {Text: "&var-date="}, {Column: "Order Date"}}, c.Tables["orders"].LinkParts())
	assert.Equal(t, Changes{Mode: ChangesAppendOnly, Lateness: Duration(time.Hour)}, c.Tables["events"].Changes)
	paid := c.Tables["paid"]
	assert.Equal(t, Changes{Mode: ChangesLog, Base: Relation{Schema: "Sales", Name: "orders"}}, paid.Changes)
	assert.Equal(t, paid.Changes.Base, paid.Logged(), "the base of a view")
	assert.Equal(t, Relation{Name: "events"}, c.Tables["events"].Logged())
	decimals := 2
	assert.Equal(t, &Metric{
		Name: "sold", Type: Counter, Table: "orders", Time: "created_at", Where: "status in ('paid', 'sent')", Sum: "price * quantity",
		Help: "Sold", Label: "Sold", Unit: "currencyEUR", Decimals: &decimals, Owner: "Ada", Aliases: []string{"vendas", "sales:sum"},
	}, c.Metrics["sold"])
	assert.Equal(t, []float64{0.25, 0.5, 0.999}, c.Metrics["packing"].Quantiles)
	assert.Equal(t, &Annotation{
		Name: "campaigns", Table: "events", Time: "begins_at", End: "ends_at", Title: "name", Text: "data ->> 'goal'",
		Tags: []string{"channel"}, Where: "kind = 'campaign'", Help: "Campaigns", Label: "Campaign", Owner: "Ada",
	}, c.Annotations["campaigns"])
	assert.Equal(t, []string{"campaigns", "refunds"}, c.AnnotationNames())
}

func TestParseFillsInDefaults(t *testing.T) {
	t.Parallel()
	c, err := Parse(fromFile(t, "full.yaml"))
	require.NoError(t, err)

	assert.Equal(t, "created_at", c.Metrics["waiting"].Time, "the table's time")
	assert.Equal(t, "packed_at", c.Metrics["packing"].Time, "the metric's own time")
	assert.Equal(t, "created_at", c.Annotations["refunds"].Time, "the table's time, for an annotation too")
	assert.Empty(t, c.Metrics["unsent"].Time, "a gauge has opened and closed instead")
	assert.Empty(t, c.Metrics["per_person"].Time, "a ratio has its parts' times")
	assert.Equal(t, []float64{0.5, 0.9, 0.95, 0.99}, c.Metrics["waiting"].Quantiles)
	assert.Equal(t, ChangesNone, c.Tables["visits"].Changes.Mode)

	c, err = Parse(fromYAML(t, "{version: 1, timezone: Asia/Kolkata, tables: {t: {relation: r, time: at}}, metrics: {m: {type: counter, table: t, help: h}}}"))
	require.NoError(t, err)
	assert.Equal(t, ChangesNone, c.Tables["t"].Changes.Mode)
	assert.Equal(t, "Asia/Kolkata", c.Tables["t"].Location().String(), "a table without a zone has the catalog's")
}

func TestParseTakesWholeNumbersInAnyNotation(t *testing.T) {
	t.Parallel()
	c, err := Parse(json.RawMessage(`{"version": 1.0, "timezone": "UTC", "tables": {"t": {"relation": "r", "time": "at"}},
		"metrics": {"m": {"type": "counter", "table": "t", "help": "h", "decimals": 2e0}}}`))
	require.NoError(t, err)
	assert.Equal(t, 2, *c.Metrics["m"].Decimals)
}

func TestParseKeepsTheMeaningThroughMarshalling(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"example.yaml", "full.yaml"} {
		c, err := Parse(fromFile(t, file))
		require.NoError(t, err)
		raw, err := json.Marshal(c)
		require.NoError(t, err)
		again, err := Parse(raw)
		require.NoError(t, err, string(raw))
		assert.Equal(t, c, again)
	}
}

func TestParseTellsThatThereIsNoCatalog(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{"", " \n", "null", "{}"} {
		_, err := Parse(json.RawMessage(raw))
		assert.ErrorIs(t, err, ErrEmpty, "%q", raw)
	}
}

func TestMetricIsFoundByEveryNameItHas(t *testing.T) {
	t.Parallel()
	c, err := Parse(fromFile(t, "full.yaml"))
	require.NoError(t, err)
	for _, name := range []string{"sold", "shop_sold", "vendas", "sales:sum"} {
		m, ok := c.Metric(name)
		require.True(t, ok, name)
		assert.Equal(t, "sold", m.Name)
	}
	for _, name := range []string{"", "Sold", "shop_", "shop_vendas", "shop_shop_sold"} {
		_, ok := c.Metric(name)
		assert.False(t, ok, name)
	}
}

func TestRatioHasThePartsTablesAndDimensionsOfBoth(t *testing.T) {
	t.Parallel()
	c, err := Parse(fromFile(t, "full.yaml"))
	require.NoError(t, err)
	ratio := c.Metrics["per_person"]

	assert.Equal(t, []*Metric{c.Metrics["sold"], c.Metrics["people"]}, c.PartsOf(ratio))
	assert.Equal(t, []*Table{c.Tables["orders"], c.Tables["events"]}, c.TablesOf(ratio))
	assert.Equal(t, []string{"channel"}, c.DimensionsOf(ratio), "weekday is a dimension of one table only")

	sold := c.Metrics["sold"]
	assert.Equal(t, []*Metric{sold}, c.PartsOf(sold))
	assert.Equal(t, []string{"channel", "weekday"}, c.DimensionsOf(sold))

	c, err = Parse(fromFile(t, "example.yaml"))
	require.NoError(t, err)
	assert.Equal(t, []*Table{c.Tables["orders"]}, c.TablesOf(c.Metrics["ticket_medio"]), "both parts read one table")
	assert.Equal(t, []string{"channel", "region"}, c.DimensionsOf(c.Metrics["ticket_medio"]))
}

func TestEveryTypeHasItsViewsWithTheDefaultFirst(t *testing.T) {
	t.Parallel()
	want := map[MetricType][]View{
		Counter:   {"per_bucket", "rate", "running_total", "share"},
		Gauge:     {"value"},
		Histogram: {"quantiles", "heatmap", "count", "average"},
		Summary:   {"quantiles"},
		Ratio:     {"value"},
		Distinct:  {"value"},
	}
	require.Len(t, want, len(MetricTypes()))
	for _, kind := range MetricTypes() {
		assert.Equal(t, want[kind], (&Metric{Type: kind}).Views(), kind)
	}
}

func fromFile(t testing.TB, name string) json.RawMessage {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	return fromYAML(t, string(text))
}

// fromYAML converts as Grafana's provisioning and the config editor do: to
// plain values, and those to JSON.
func fromYAML(t testing.TB, text string) json.RawMessage {
	t.Helper()
	var document any
	require.NoError(t, yaml.Unmarshal([]byte(strings.ReplaceAll(text, "\t", "  ")), &document))
	raw, err := json.Marshal(document)
	require.NoError(t, err)
	return raw
}
