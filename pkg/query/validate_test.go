package query

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/pkg/catalog"
)

// shop returns a catalog with a metric of every type.
func shop(t require.TestingT) *catalog.Catalog {
	cat, err := catalog.Parse([]byte(`{
		"version": 1, "prefix": "monitoramento_pedidos_", "timezone": "America/Sao_Paulo",
		"tables": {
			"orders": {"relation": "public.orders", "time": "created_at", "records": ["id", "total"],
				"dimensions": {"channel": {"column": "channel"}, "region": {"column": "region"}}},
			"carts": {"relation": "public.carts", "records": ["id"], "dimensions": {"channel": {"column": "channel"}}},
			"visits": {"relation": "public.visits", "time": "at", "dimensions": {"page": {"column": "page"}, "channel": {"column": "source"}}}
		},
		"metrics": {
			"pedidos": {"type": "counter", "table": "orders", "time": "invoiced_at", "help": "Invoiced orders", "aliases": ["total_pedidos"]},
			"faturamento": {"type": "counter", "table": "orders", "time": "invoiced_at", "sum": "total", "help": "Revenue"},
			"ticket": {"type": "ratio", "numerator": "faturamento", "denominator": "pedidos", "help": "Average ticket"},
			"carrinhos": {"type": "gauge", "table": "carts", "opened": "opened_at", "closed": "closed_at", "help": "Open carts"},
			"ocupacao": {"type": "ratio", "numerator": "carrinhos", "denominator": "pedidos", "help": "Open carts per order"},
			"tempo": {"type": "histogram", "table": "orders", "time": "invoiced_at", "observe": "extract(epoch from invoiced_at - created_at)", "help": "Time to invoice"},
			"latencia": {"type": "summary", "table": "orders", "observe": "total", "quantiles": [0.5, 0.75], "help": "Order value"},
			"clientes": {"type": "distinct", "table": "orders", "column": "customer_id", "help": "Customers"},
			"visitas": {"type": "counter", "table": "visits", "help": "Visits"},
			"conversao": {"type": "ratio", "numerator": "pedidos", "denominator": "visitas", "help": "Orders per visit"}
		},
		"annotations": {
			"campanhas": {"table": "visits", "end": "until", "title": "page", "tags": ["page"], "help": "Campaigns"},
			"estornos": {"table": "orders", "time": "refunded_at", "title": "reason", "help": "Refunds"}
		}
	}`))
	require.NoError(t, err)
	return cat
}

func anHour(t require.TestingT) Environment {
	return Environment{
		From: instant(t, "2026-11-23T15:00:00Z"), To: instant(t, "2026-11-23T16:00:00Z"),
		Interval: 30 * time.Second, MaxDataPoints: 1000,
	}
}

func validate(t *testing.T, raw string, environments ...func(*Environment)) (*Request, error) {
	t.Helper()
	q, err := Decode([]byte(raw))
	require.NoError(t, err)
	env := anHour(t)
	for _, change := range environments {
		change(&env)
	}
	return q.Validate(shop(t), env)
}

func fromAlert(env *Environment) { env.FromAlert = true }

func TestARequestHasItsDefaultsFilledIn(t *testing.T) {
	t.Parallel()
	r, err := validate(t, `{"refId": "A", "metrics": ["pedidos", "carrinhos", "tempo", "latencia"]}`)
	require.NoError(t, err)
	cat := r.Catalog
	assert.Equal(t, &Request{
		RefID: "A", Type: TypeMetric, Catalog: cat, Location: cat.Location(),
		Metrics: []*catalog.Metric{cat.Metrics["pedidos"], cat.Metrics["carrinhos"], cat.Metrics["tempo"], cat.Metrics["latencia"]},
		Views:   []catalog.View{catalog.ViewPerBucket, catalog.ViewValue, catalog.ViewQuantiles, catalog.ViewQuantiles},
		From:    instant(t, "2026-11-23T15:00:00Z"), To: instant(t, "2026-11-23T16:00:00Z"),
		Step: Step{Fixed: 30 * time.Second}, Grid: lay(t, "2026-11-23T15:00:00Z", "2026-11-23T16:00:00Z", "30s", "UTC"),
		Reduce: ReduceLast, Quantiles: []float64{0.5, 0.9, 0.95, 0.99}, Partial: PartialKeep, Format: FormatTimeSeries,
		Limits: Limits{MaxCells: 100_000, MaxSeries: 1000},
	}, r)
	assert.Equal(t, "America/Sao_Paulo", r.Location.String())
}

func TestARequestHasWhatTheQueryAsksFor(t *testing.T) {
	t.Parallel()
	r, err := validate(t, `{"metrics": ["faturamento"], "view": "rate", "groupBy": ["region", "channel"],
		"filters": [{"key": "channel", "operator": "in", "values": ["web", "(null)"]}, {"key": "region", "operator": "=~", "values": ["(null)|S."]}],
		"top": {"limit": 3, "others": true}, "step": "1d", "compare": ["1w", "1M"], "partial": "mark", "format": "table", "legend": "{{channel}}"}`)
	require.NoError(t, err)
	assert.Equal(t, []catalog.View{catalog.ViewRate}, r.Views)
	assert.Equal(t, []string{"region", "channel"}, r.GroupBy)
	assert.Len(t, r.Filters, 2)
	assert.Equal(t, &Top{Limit: 3, Others: true}, r.Top)
	assert.Equal(t, Step{Unit: Day}, r.Step)
	assert.Equal(t, instants(t, "2026-11-23T03:00:00Z", "2026-11-24T03:00:00Z"), r.Grid.Bounds)
	assert.Equal(t, []Offset{{1, 'w'}, {1, 'M'}}, r.Compare)
	assert.Equal(t, PartialMark, r.Partial)
	assert.Equal(t, FormatTable, r.Format)
	assert.Equal(t, "{{channel}}", r.Legend)
}

func TestMetricsAreKnownByTheirNameByTheirAliasesAndWithThePrefix(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"pedidos", "total_pedidos", "monitoramento_pedidos_pedidos"} {
		r, err := validate(t, fmt.Sprintf(`{"metrics": [%q]}`, name))
		require.NoError(t, err, name)
		assert.Equal(t, "pedidos", r.Metrics[0].Name)
	}
}

func TestTheRangeIsKeptToTheMicrosecondAndRoundedUp(t *testing.T) {
	t.Parallel()
	r, err := validate(t, `{"metrics": ["pedidos"], "step": "range"}`, func(env *Environment) {
		env.From, env.To = instant(t, "2026-11-23T15:00:00.000001Z"), instant(t, "2026-11-23T16:00:00.000001001Z")
	})
	require.NoError(t, err)
	assert.Equal(t, instants(t, "2026-11-23T15:00:00.000001Z", "2026-11-23T16:00:00.000002Z"), []time.Time{r.From, r.To})
	assert.Equal(t, []time.Time{r.From, r.To}, r.Grid.Bounds)
}

func TestAHeatmapIsItsOwnFormat(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{`{"metrics": ["tempo"], "view": "heatmap"}`, `{"metrics": ["tempo"], "view": "heatmap", "format": "heatmap"}`} {
		r, err := validate(t, raw)
		require.NoError(t, err)
		assert.Equal(t, FormatHeatmap, r.Format)
	}
}

func TestAGaugeIsReducedOnAFixedStepOfAuto(t *testing.T) {
	t.Parallel()
	r, err := validate(t, `{"metrics": ["carrinhos"], "step": "range", "reduce": "max"}`, func(env *Environment) {
		env.From, env.To = instant(t, "2026-11-23T15:00:30Z"), instant(t, "2026-11-23T15:02:15Z")
		env.Interval, env.MaxDataPoints = time.Minute, 0
	})
	require.NoError(t, err)
	assert.Equal(t, ReduceMax, r.Reduce)
	assert.Equal(t, 1, r.Grid.Len())
	assert.Equal(t, instants(t, "2026-11-23T15:00:30Z", "2026-11-23T15:01:00Z", "2026-11-23T15:02:00Z", "2026-11-23T15:02:15Z"), r.Sampling.Bounds)

	r, err = validate(t, `{"metrics": ["carrinhos"], "step": "range", "reduce": "avg"}`, func(env *Environment) {
		env.From, env.MaxDataPoints = env.To.AddDate(-20, 0, 0), 10
	})
	require.NoError(t, err)
	assert.Equal(t, Step{Fixed: 12 * time.Hour}, r.Sampling.Step, "never a calendar step")

	for _, raw := range []string{
		`{"metrics": ["carrinhos"], "step": "range", "reduce": "last"}`,
		`{"metrics": ["carrinhos"], "step": "range"}`,
		`{"metrics": ["pedidos"], "step": "range", "reduce": "avg"}`,
		`{"metrics": ["pedidos"], "step": "1h", "reduce": "avg"}`,
	} {
		r, err = validate(t, raw)
		require.NoError(t, err)
		assert.Zero(t, r.Sampling.Len(), raw)
	}
}

func TestAutoTakesALongerStepWhereTheNearestWouldBeTooMuch(t *testing.T) {
	t.Parallel()
	small := func(env *Environment) { env.Limits.MaxCells = 100 }
	r, err := validate(t, `{"metrics": ["pedidos"]}`, small)
	require.NoError(t, err)
	assert.Equal(t, "1m", r.Step.String())
	r, err = validate(t, `{"metrics": ["tempo", "faturamento"], "compare": ["1d"]}`, small)
	require.NoError(t, err)
	assert.Equal(t, "10m", r.Step.String(), "10 series of 6 buckets, where 5m would be 12")
	r, err = validate(t, `{"metrics": ["carrinhos"], "step": "range", "reduce": "avg"}`, small)
	require.NoError(t, err)
	assert.Equal(t, "1m", r.Sampling.Step.String())
	r, err = validate(t, `{"metrics": ["pedidos"], "step": "auto"}`, func(env *Environment) {
		env.From, env.Interval, env.MaxDataPoints = env.To.AddDate(-100, 0, 0), time.Second, 1_000_000_000
	})
	require.NoError(t, err)
	assert.Equal(t, "12h", r.Step.String())
}

func TestAnAlertRuleDropsTheRunningBucketUnlessTheQuerySaysOtherwise(t *testing.T) {
	t.Parallel()
	tests := map[string]Partial{
		`{"metrics": ["pedidos"]}`:                       PartialDrop,
		`{"metrics": ["pedidos"], "partial": "keep"}`:    PartialKeep,
		`{"metrics": ["pedidos"], "partial": "mark"}`:    PartialMark,
		`{"metrics": ["pedidos"], "step": "range"}`:      PartialKeep,
		`{"metrics": ["tempo"], "view": "quantiles"}`:    PartialDrop,
		`{"metrics": ["pedidos"], "format": "table"}`:    PartialDrop,
		`{"metrics": ["pedidos"], "compare": ["1w"]}`:    PartialDrop,
		`{"metrics": ["ticket"], "groupBy": ["region"]}`: PartialDrop,
	}
	for raw, want := range tests {
		r, err := validate(t, raw, fromAlert)
		require.NoError(t, err, raw)
		assert.Equal(t, want, r.Partial, raw)
		assert.True(t, r.FromAlert)
	}
}

func TestOptionsForOtherTypesOfMetricsTakeNoPart(t *testing.T) {
	t.Parallel()
	r, err := validate(t, `{"metrics": ["pedidos"], "quantiles": [0.5], "exact": true, "reduce": "avg", "limit": 50000, "records": "nothing"}`)
	require.NoError(t, err)
	assert.False(t, r.Exact)
	assert.Nil(t, r.Table)
	r, err = validate(t, `{"metrics": ["pedidos", "tempo"], "quantiles": [0.25], "exact": true}`)
	require.NoError(t, err)
	assert.True(t, r.Exact)
	assert.Equal(t, []float64{0.25}, r.Quantiles)
	r, err = validate(t, `{"metrics": ["tempo"], "view": "count", "exact": true}`)
	require.NoError(t, err)
	assert.False(t, r.Exact)
}

func TestRecordsAreThoseOfATableOrBehindAMetric(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ raw, table, metric string }{
		"a table":             {`{"queryType": "records", "records": "orders"}`, "orders", ""},
		"a metric":            {`{"queryType": "records", "metrics": ["total_pedidos"]}`, "orders", "pedidos"},
		"a gauge":             {`{"queryType": "records", "metrics": ["carrinhos"]}`, "carts", "carrinhos"},
		"a ratio's numerator": {`{"queryType": "records", "metrics": ["conversao"]}`, "orders", "pedidos"},
		"a table, not a metric, and options of metrics": {`{"queryType": "records", "records": "orders", "metrics": ["visitas"], "view": "x", "step": "x", "compare": ["x"],
			"filters": [{"key": "region", "operator": "=", "values": ["SP"]}]}`, "orders", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := validate(t, test.raw)
			require.NoError(t, err)
			assert.Equal(t, TypeRecords, r.Type)
			assert.Equal(t, test.table, r.Table.Name)
			assert.Equal(t, 100, r.Limit)
			assert.Equal(t, FormatTable, r.Format)
			assert.Equal(t, []time.Time{r.From, r.To}, r.Grid.Bounds)
			if test.metric == "" {
				assert.Empty(t, r.Metrics)
			} else {
				require.Len(t, r.Metrics, 1)
				assert.Equal(t, test.metric, r.Metrics[0].Name)
			}
		})
	}
	r, err := validate(t, `{"queryType": "records", "records": "orders", "limit": 10000}`)
	require.NoError(t, err)
	assert.Equal(t, 10_000, r.Limit)
}

// manyOf writes a JSON list of n texts, each different.
func manyOf(n int, format string) string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("%q", fmt.Sprintf(format, i))
	}
	return "[" + strings.Join(list, ",") + "]"
}

func TestAnAnnotationHasItsTableAndALimit(t *testing.T) {
	t.Parallel()
	r, err := validate(t, `{"queryType": "annotation", "annotation": "estornos", "filters": [{"key": "channel", "operator": "=", "values": ["web"]}],
		"metrics": ["nothing"], "view": "x", "step": "x", "records": "nothing"}`)
	require.NoError(t, err)
	assert.Equal(t, TypeAnnotation, r.Type)
	assert.Equal(t, "refunded_at", r.Annotation.Time)
	assert.Same(t, r.Catalog.Tables["orders"], r.Table)
	assert.Equal(t, 100, r.Limit)
	assert.Len(t, r.Filters, 1)
	assert.Empty(t, r.Metrics)
	assert.Equal(t, []time.Time{r.From, r.To}, r.Grid.Bounds)
}

func TestValidateRefuses(t *testing.T) {
	t.Parallel()
	filter := func(operator, values string) string {
		return fmt.Sprintf(`{"metrics": ["pedidos"], "filters": [{"key": "region", "operator": %q, "values": %s}]}`, operator, values)
	}
	years := func(n int) func(*Environment) {
		return func(env *Environment) { env.From = env.To.AddDate(-n, 0, 0) }
	}
	tests := map[string]struct {
		raw  string
		env  func(*Environment)
		want []string // each problem's beginning, in order
	}{
		"an unknown type":          {raw: `{"queryType": "record"}`, want: []string{`queryType: "record" is not a query type, did you mean "records"?; the types are metric, records, annotation`}},
		"no metric":                {raw: `{"refId": "A"}`, want: []string{`metrics: no metric is chosen: choose at least one; the catalog has carrinhos, clientes, conversao, faturamento`}},
		"an unknown metric":        {raw: `{"metrics": ["faturamentos", "x"]}`, want: []string{`metrics[0]: "faturamentos" is not a metric of the catalog, did you mean "faturamento"?`, `metrics[1]: "x" is not a metric of the catalog; the catalog has carrinhos, `}},
		"an unknown prefixed name": {raw: `{"metrics": ["monitoramento_pedidos_carinhos"]}`, want: []string{`metrics[0]: "monitoramento_pedidos_carinhos" is not a metric of the catalog, did you mean "carrinhos"?`}},
		"a metric near an alias":   {raw: `{"metrics": ["total_pedido"]}`, want: []string{`metrics[0]: "total_pedido" is not a metric of the catalog, did you mean "total_pedidos"?`}},
		"SQL for a metric":         {raw: `{"metrics": ["pedidos; drop table orders"]}`, want: []string{`metrics[0]: "pedidos; drop table orders" is not a metric of the catalog`}},
		"a metric twice":           {raw: `{"metrics": ["pedidos", "total_pedidos"]}`, want: []string{`metrics[1]: "total_pedidos" is the metric pedidos, which is asked for already: remove one`}},
		"too many metrics":         {raw: `{"metrics": ` + manyOf(21, "m%d") + `}`, want: []string{`metrics: 21 metrics are asked for, and at most 20 are accepted`}},

		"an unknown view":           {raw: `{"metrics": ["pedidos"], "view": "rates"}`, want: []string{`view: "rates" is not a view of pedidos, a counter, did you mean "rate"?; it has per_bucket, rate, running_total, share`}},
		"a view of another type":    {raw: `{"metrics": ["pedidos", "carrinhos"], "view": "rate"}`, want: []string{`view: "rate" is not a view of carrinhos, a gauge; it has value`}},
		"an unknown dimension":      {raw: `{"metrics": ["pedidos"], "groupBy": ["chanel"]}`, want: []string{`groupBy[0]: "chanel" is not a dimension of metric pedidos, did you mean "channel"?`}},
		"a dimension of one metric": {raw: `{"metrics": ["pedidos", "carrinhos"], "groupBy": ["region"]}`, want: []string{`groupBy[0]: "region" is not a dimension of metric carrinhos; it has channel`}},
		"a dimension of one part":   {raw: `{"metrics": ["conversao"], "groupBy": ["region"]}`, want: []string{`groupBy[0]: "region" is not a dimension of metric conversao; it has channel`}},
		"a dimension twice":         {raw: `{"metrics": ["pedidos"], "groupBy": ["region", "region"]}`, want: []string{`groupBy[1]: "region" groups already: remove one`}},
		"too many dimensions":       {raw: `{"metrics": ["pedidos"], "groupBy": ` + manyOf(6, "d%d") + `}`, want: []string{`groupBy: 6 dimensions are asked for, and at most 5 are accepted`}},

		"a filter by nothing":    {raw: `{"metrics": ["pedidos"], "filters": [{"operator": "is null"}]}`, want: []string{`filters[0].key: no dimension is chosen`}},
		"a filter by a column":   {raw: `{"metrics": ["pedidos"], "filters": [{"key": "total", "operator": ">", "values": ["1"]}]}`, want: []string{`filters[0].key: "total" is not a dimension of metric pedidos; it has channel, region`}},
		"an unknown operator":    {raw: filter("like", `["a"]`), want: []string{`filters[0].operator: "like" is not an operator; the operators are =  !=  in  not in`}},
		"a near operator":        {raw: filter("notin", `["a"]`), want: []string{`filters[0].operator: "notin" is not an operator, did you mean "not in"?`}},
		"no operator":            {raw: filter("", `["a"]`), want: []string{`filters[0].operator: "" is not an operator; the operators are`}},
		"= without a value":      {raw: filter("=", `[]`), want: []string{`filters[0].values: = takes one value, not 0`}},
		"= with two values":      {raw: filter("=", `["a", "b"]`), want: []string{`filters[0].values: = takes one value, not 2; use in for several`}},
		"!= with two values":     {raw: filter("!=", `["a", "b"]`), want: []string{`filters[0].values: != takes one value, not 2; use not in for several`}},
		"> with two values":      {raw: filter(">", `["a", "b"]`), want: []string{`filters[0].values: > takes one value, not 2`}},
		"in without a value":     {raw: filter("in", `[]`), want: []string{`filters[0].values: in needs at least one value`}},
		"is null with a value":   {raw: filter("is null", `["a"]`), want: []string{`filters[0].values: is null takes no value: remove 1`}},
		"a comparison with null": {raw: filter(">=", `["(null)"]`), want: []string{`filters[0].values[0]: (null) is the absence of a value and cannot be compared by >=: use is null or is not null`}},
		"others as a value":      {raw: filter("in", `["a", "(others)"]`), want: []string{`filters[0].values[1]: (others) stands for all groups but the top ones, which is no value: filter by values, or write \(others) for that very text`}},
		"too many values":        {raw: filter("in", manyOf(1001, "v%d")), want: []string{`filters[0].values: there are 1001 values, and at most 1000 are accepted: match them with one =~ filter`}},
		"too many filters":       {raw: `{"metrics": ["pedidos"], "filters": [` + strings.Repeat(`{"key": "region", "operator": "is null"},`, 50) + `{}]}`, want: []string{`filters: there are 51 filters, and at most 50 are accepted`}},
		"top of nothing":         {raw: `{"metrics": ["pedidos"], "top": {"limit": 5}}`, want: []string{`top: there are no groups to rank: add a dimension to groupBy, or remove top`}},
		"top none":               {raw: `{"metrics": ["pedidos"], "groupBy": ["region"], "top": {"others": true}}`, want: []string{`top.limit: 0 is not a number of groups from 1 to 1000`}},
		"top everything":         {raw: `{"metrics": ["pedidos"], "groupBy": ["region"], "top": {"limit": 1001}}`, want: []string{`top.limit: 1001 is not a number of groups from 1 to 1000`}},
		"quantiles in percent":   {raw: `{"metrics": ["tempo"], "quantiles": [95, 0, 1]}`, want: []string{`quantiles[0]: 95 is not between 0 and 1; write 0.95 for the 95th percentile`, `quantiles[1]: 0 is not`, `quantiles[2]: 1 is not`}},
		"a quantile twice":       {raw: `{"metrics": ["tempo"], "quantiles": [0.5, 0.9, 0.5]}`, want: []string{`quantiles[2]: 0.5 is asked for twice: remove one`}},
		"too many quantiles":     {raw: `{"metrics": ["tempo"], "quantiles": [` + strings.Repeat("0.5,", 20) + `0.5]}`, want: []string{`quantiles: 21 quantiles are asked for, and at most 20 are accepted`}},
		"an unknown offset":      {raw: `{"metrics": ["pedidos"], "compare": ["yesterday", "1D"]}`, want: []string{`compare[0]: "yesterday" is not an offset; write a positive whole number and one of the units`, `compare[1]: "1D" is not an offset`}},
		"the same offset twice":  {raw: `{"metrics": ["pedidos"], "compare": ["1w", "7d", "24h", "1d", "12M", "1y", "4Q"]}`, want: []string{`compare[1]: "7d" is as far back as "1w": remove one`, `compare[5]: "1y" is as far back as "12M"`, `compare[6]: "4Q" is as far back as "12M"`}},
		"too many offsets":       {raw: `{"metrics": ["pedidos"], "compare": ` + manyOf(9, "1%dd") + `}`, want: []string{`compare: 9 offsets are asked for, and at most 8 are accepted`}},
		"a long legend":          {raw: `{"metrics": ["pedidos"], "legend": "` + strings.Repeat("x", 1001) + `"}`, want: []string{`legend: the pattern is 1001 bytes long, and at most 1000 are accepted`}},
		"an unknown format":      {raw: `{"metrics": ["pedidos"], "format": "tabel"}`, want: []string{`format: "tabel" is not a format, did you mean "table"?; the formats are time_series, table, heatmap`}},
		"a heatmap as a table":   {raw: `{"metrics": ["tempo"], "view": "heatmap", "format": "table"}`, want: []string{`format: "table" cannot show the view heatmap: choose the format heatmap, or another view`}},
		"a counter as a heatmap": {raw: `{"metrics": ["pedidos"], "format": "heatmap"}`, want: []string{`format: "heatmap" shows the view heatmap of a histogram and nothing else`}},
		"a heatmap of everything": {raw: `{"metrics": ["tempo", "tempo"], "view": "heatmap", "groupBy": ["region"], "top": {"limit": 1}, "compare": ["1d"], "step": "range"}`, want: []string{
			`metrics[1]: "tempo" is the metric tempo, which is asked for already`, `metrics: a heatmap shows one metric`, `groupBy: a heatmap shows all groups as one`, `compare: a heatmap cannot be compared`, `top: a heatmap has no groups to rank`, `step: a heatmap needs several buckets in time`}},
		"an unknown step":           {raw: `{"metrics": ["pedidos"], "step": "7m"}`, want: []string{`step: "7m" is not a step, the nearest is "5m"; the steps are auto, range, 1s`}},
		"an unknown reduction":      {raw: `{"metrics": ["pedidos"], "reduce": "mean"}`, want: []string{`reduce: "mean" is not a reduction; the reductions are last, avg, min, max`}},
		"a reduction of buckets":    {raw: `{"metrics": ["carrinhos"], "step": "1h", "reduce": "avg"}`, want: []string{`reduce: "avg" makes one number of a whole range: choose the step "range", or the reduction "last"`}},
		"a reduction of parts":      {raw: `{"metrics": ["ocupacao"], "reduce": "avg"}`, want: []string{`reduce: "avg" makes one number of a whole range`}},
		"an unknown partial":        {raw: `{"metrics": ["pedidos"], "partial": "dorp"}`, want: []string{`partial: "dorp" is no choice for the running bucket, did you mean "drop"?; the choices are keep, drop, mark`}},
		"a partial range":           {raw: `{"metrics": ["pedidos"], "step": "range", "partial": "drop"}`, want: []string{`partial: "drop" is about a running bucket, and the step "range" has none`}},
		"a range that is reversed":  {raw: `{"metrics": ["pedidos"]}`, env: func(env *Environment) { env.From, env.To = env.To, env.From }, want: []string{`time range: it begins at 2026-11-23T16:00:00Z, which is not before its end at 2026-11-23T15:00:00Z: choose a range that ends after it begins`}},
		"a range that is empty":     {raw: `{"metrics": ["pedidos"]}`, env: func(env *Environment) { env.From = env.To }, want: []string{`time range: it begins at 2026-11-23T16:00:00Z, which is not before`}},
		"a range before all clocks": {raw: `{"metrics": ["pedidos"]}`, env: years(500), want: []string{`time range: 1526-11-23T16:00:00Z to 2026-11-23T16:00:00Z reaches beyond the years 1678 to 2261 that a data frame can hold`}},
		"a range beyond the limit": {raw: `{"metrics": ["pedidos"]}`, env: func(env *Environment) {
			env.From, env.Limits.MaxRange = env.To.AddDate(0, 0, -91), 90*24*time.Hour
		}, want: []string{`time range: it is 91 days long, and at most 90 days are allowed: choose a shorter range, or ask an administrator to raise maxRangeDays`}},
		"100 years by the second": {raw: `{"metrics": ["pedidos"], "step": "1s"}`, env: years(100), want: []string{`step: step 1s over 100 years is 3155760000 buckets, and at most 100000 values are allowed: choose a longer step or a shorter time range, or ask an administrator to raise maxRows`}},
		"too many values in all": {raw: `{"metrics": ["tempo", "pedidos"], "compare": ["1d", "1w"], "step": "1s"}`, env: func(env *Environment) { env.Limits.MaxCells = 50_000 },
			want: []string{`step: step 1s over 1h0m0s is 3600 buckets times 15 series (from 2 metrics, their quantiles, 2 comparisons), and at most 50000 values are allowed`}},
		"too many series": {raw: `{"metrics": ["tempo"], "compare": ["1d", "1w"]}`, env: func(env *Environment) { env.Limits.MaxSeries = 11 },
			want: []string{`metrics: 12 series (from 1 metric, their quantiles, 2 comparisons) are asked for, and at most 11 are allowed: choose fewer, or ask an administrator to raise maxSeries`}},
		"too many samples": {raw: `{"metrics": ["carrinhos"], "step": "range", "reduce": "avg"}`, env: func(env *Environment) { years(100)(env); env.Limits.MaxCells = 1000 },
			want: []string{`reduce: "avg" over 100 years reads a gauge at least every 12h, which is 73051 times, and at most 1000 are allowed: choose a shorter time range`}},
		"everything wrong at once": {raw: `{"metrics": ["pedido"], "groupBy": ["x"], "format": "csv"}`, env: func(env *Environment) { env.From = env.To },
			want: []string{`metrics[0]: "pedido"`, `format: "csv"`, `time range: `}},

		"an alert on a heatmap":          {raw: `{"metrics": ["tempo"], "view": "heatmap"}`, env: fromAlert, want: []string{`view: a heatmap has no value that an alert rule could compare with a threshold: choose the view quantiles, count or average`}},
		"an alert on several metrics":    {raw: `{"metrics": ["pedidos", "faturamento"]}`, env: fromAlert, want: []string{`metrics: an alert rule takes every series of a query for the same quantity, so it cannot tell 2 metrics apart: put each into a query of its own, and combine them with an expression`}},
		"an alert on an annotation":      {raw: `{"queryType": "annotation", "annotation": "campanhas"}`, env: fromAlert, want: []string{`queryType: an alert rule evaluates numbers, not annotations`}},
		"no annotation":                  {raw: `{"queryType": "annotation"}`, want: []string{`annotation: no annotation is chosen: choose one; the catalog has campanhas, estornos`}},
		"a misspelt annotation":          {raw: `{"queryType": "annotation", "annotation": "campanha"}`, want: []string{`annotation: "campanha" is not an annotation of the catalog, did you mean "campanhas"?`}},
		"an annotation of no one":        {raw: `{"queryType": "annotation", "annotation": "x"}`, want: []string{`annotation: "x" is not an annotation of the catalog; the catalog has campanhas, estornos`}},
		"an annotation filtered wrongly": {raw: `{"queryType": "annotation", "annotation": "campanhas", "filters": [{"key": "region", "operator": "is null"}]}`, want: []string{`filters[0].key: "region" is not a dimension of table visits; it has channel, page`}},
		"too many events":                {raw: `{"queryType": "annotation", "annotation": "campanhas", "limit": 1001}`, want: []string{`limit: 1001 is not a number of rows from 1 to 1000`}},
		"an alert on records":            {raw: `{"queryType": "records", "records": "orders"}`, env: fromAlert, want: []string{`queryType: an alert rule evaluates numbers, not records`}},
		"records of nothing":             {raw: `{"queryType": "records"}`, want: []string{`metrics: no metric is chosen`}},
		"records of an unknown table":    {raw: `{"queryType": "records", "records": "order"}`, want: []string{`records: "order" is not a table of the catalog, did you mean "orders"?`}},
		"records that are not shown":     {raw: `{"queryType": "records", "records": "visits"}`, want: []string{`records: table visits shows no records: an administrator lists the columns to show under its records in the catalog`}},
		"records of a metric unshown":    {raw: `{"queryType": "records", "metrics": ["visitas"]}`, want: []string{`metrics[0]: table visits shows no records`}},
		"records without a time":         {raw: `{"queryType": "records", "records": "carts"}`, want: []string{`records: table carts declares no event time, so its rows cannot be limited to a time range: ask for the records of one of its metrics`}},
		"records of several metrics":     {raw: `{"queryType": "records", "metrics": ["pedidos", "faturamento"]}`, want: []string{`metrics: records are the rows behind one metric, and 2 are chosen: keep one`}},
		"too many records":               {raw: `{"queryType": "records", "records": "orders", "limit": 10001}`, want: []string{`limit: 10001 is not a number of rows from 1 to 10000`}},
		"fewer than no records":          {raw: `{"queryType": "records", "records": "orders", "limit": -1}`, want: []string{`limit: -1 is not a number of rows`}},
		"records by an unknown filter":   {raw: `{"queryType": "records", "records": "orders", "filters": [{"key": "chanel", "operator": "is null"}]}`, want: []string{`filters[0].key: "chanel" is not a dimension of table orders, did you mean "channel"?`}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if test.env == nil {
				test.env = func(*Environment) {}
			}
			request, err := validate(t, test.raw, test.env)
			require.Error(t, err)
			assert.Nil(t, request)
			got := problems(t, err)
			require.Len(t, got, len(test.want), "%q", got)
			for i, want := range test.want {
				assert.True(t, strings.HasPrefix(got[i], want), "%q does not begin with %q", got[i], want)
				assert.Less(t, len(got[i]), 1000)
			}
		})
	}
}
