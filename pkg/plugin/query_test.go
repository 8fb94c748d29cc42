package plugin_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/internal/embedpg"
)

// text writes a frame's fields, one a line: name{labels}: values.
func text(t testing.TB, response backend.DataResponse) []string {
	t.Helper()
	require.NoError(t, response.Error)
	require.Equal(t, backend.StatusOK, response.Status)
	require.Len(t, response.Frames, 1)
	var lines []string
	for _, field := range response.Frames[0].Fields {
		line := field.Name
		if len(field.Labels) > 0 {
			line += "{" + field.Labels.String() + "}"
		}
		line += ":"
		for i := range field.Len() {
			value, ok := field.ConcreteAt(i)
			switch v := value.(type) {
			case time.Time:
				line += " " + v.UTC().Format("15:04:05")
			default:
				line += fmt.Sprint(" ", v)
			}
			if !ok {
				line = strings.TrimSuffix(line, fmt.Sprint(value)) + "null"
			}
		}
		lines = append(lines, line)
	}
	return lines
}

func TestQueriesAreAnsweredInEveryFormat(t *testing.T) {
	t.Parallel()
	s := shopSource(t)
	for about, test := range map[string]struct {
		query     string
		frameType data.FrameType
		want      []string
	}{
		"a counter over time": {
			`{"version": 1, "metrics": ["invoiced"], "step": "1m"}`, data.FrameTypeTimeSeriesWide,
			[]string{"Time: 12:00:00 12:01:00 12:02:00 12:03:00 12:04:00", "invoiced: 1 1 2 0 1"},
		},
		"by its alias, with a prefix, grouped, filtered": {
			`{"metrics": ["faturados", "shop_revenue"], "groupBy": ["channel"], "step": "1m", "filters": [{"key": "region", "operator": "=", "values": ["SP"]}]}`,
			data.FrameTypeTimeSeriesWide,
			[]string{
				"Time: 12:00:00 12:01:00 12:02:00 12:03:00 12:04:00",
				`invoiced{channel=a'b"c;--\d}: 0 0 0 0 1`,
				`invoiced{channel=web}: 1 0 0 0 0`,
				`invoiced{channel=(null)}: 0 0 1 0 0`,
				`Revenue{channel=a'b"c;--\d}: 0 0 0 0 1`,
				`Revenue{channel=web}: 10 0 0 0 0`,
				`Revenue{channel=(null)}: 0 0 100 0 0`,
			},
		},
		"a ratio, null where it divides by nothing": {
			`{"metrics": ["ticket"], "step": "1m"}`, data.FrameTypeTimeSeriesWide,
			[]string{"Time: 12:00:00 12:01:00 12:02:00 12:03:00 12:04:00", "ticket: 10 20.5 52.625 null 1"},
		},
		"a gauge at the end of each bucket": {
			`{"metrics": ["open_carts"], "step": "1m"}`, data.FrameTypeTimeSeriesWide,
			[]string{"Time: 12:00:00 12:01:00 12:02:00 12:03:00 12:04:00", "open_carts: 1 0 1 1 1"},
		},
		"one value for the range": {
			`{"metrics": ["revenue"], "step": "range"}`, data.FrameTypeNumericWide, []string{"Revenue: 136.75"},
		},
		"a table of one value per group": {
			`{"metrics": ["invoiced", "customers"], "groupBy": ["region"], "step": "range", "format": "table"}`, data.FrameTypeNumericLong,
			[]string{"region: RJ SP (null)", "invoiced: 1 3 1", "customers: 1 3 1"},
		},
		"a table over time": {
			`{"metrics": ["invoiced"], "groupBy": ["region"], "step": "1h", "format": "table"}`, data.FrameTypeTimeSeriesLong,
			[]string{"Time: 12:00:00 12:00:00 12:00:00", "region: RJ SP (null)", "invoiced: 1 3 1"},
		},
		"no group at all": {
			`{"metrics": ["invoiced"], "groupBy": ["region"], "step": "1m", "filters": [{"key": "channel", "operator": "=", "values": ["none"]}]}`,
			data.FrameTypeTimeSeriesWide, nil,
		},
		"records without a column that is not listed": {
			`{"queryType": "records", "metrics": ["invoiced"], "filters": [{"key": "region", "operator": "=", "values": ["SP"]}], "limit": 2}`, data.FrameTypeTable,
			[]string{"id: 7205759403792793601 4", "created_at: 12:03:00 12:02:10", `channel: a'b"c;--\d null`, "total: 1 100"},
		},
	} {
		t.Run(about, func(t *testing.T) {
			t.Parallel()
			response := s.one(t, test.query)
			lines := text(t, response)
			frame := response.Frames[0]
			assert.Equal(t, test.frameType, frame.Meta.Type)
			assert.Equal(t, test.want, lines)
			assert.Equal(t, "A", frame.RefID)
			assert.Contains(t, frame.Meta.ExecutedQueryString, "SELECT")
			assert.NotContains(t, frame.Meta.ExecutedQueryString, "none", "no bound value is shown")
		})
	}
}

func TestAHeatmapHasACellPerBucketAndRow(t *testing.T) {
	t.Parallel()
	response := shopSource(t).one(t, `{"metrics": ["delay"], "view": "heatmap", "step": "1m"}`)
	require.NoError(t, response.Error)
	frame := response.Frames[0]
	assert.EqualValues(t, "heatmap-cells", frame.Meta.Type)
	count, _ := frame.FieldByName("count")
	total := int64(0)
	for i := range count.Len() {
		total += count.At(i).(int64)
	}
	assert.EqualValues(t, 5, total, "every invoiced order was observed")
	yMin, _ := frame.FieldByName("yMin")
	assert.Equal(t, "s", yMin.Config.Unit)
}

func TestEveryRefIDIsAnsweredWhateverBecomesOfTheOthers(t *testing.T) {
	t.Parallel()
	s := shopSource(t)
	s.json["maxOpenConns"] = 2
	good := `{"metrics": ["invoiced"], "step": "range"}`
	queries := []asked{
		{refID: "unreadable", json: `{"metrics": [`},
		{refID: "unknown", json: `{"metrics": ["invocied"], "step": "range"}`},
		// Expressions read hidden queries.
		{refID: "hidden", json: `{"metrics": ["invoiced"], "step": "range", "hide": true}`},
	}
	for n := range 20 {
		queries = append(queries, asked{refID: fmt.Sprint("good-", n), json: good})
	}
	for refID, response := range s.query(t, queries...) {
		if refID == "unreadable" || refID == "unknown" {
			assert.Error(t, response.Error, refID)
			assert.Equal(t, backend.StatusBadRequest, response.Status, refID)
			assert.Equal(t, backend.ErrorSourceDownstream, response.ErrorSource, refID)
			continue
		}
		assert.Equal(t, []string{"invoiced: 5"}, text(t, response), refID)
	}
}

func TestAlertRulesAreRecognisedAndTheirRulesKept(t *testing.T) {
	t.Parallel()
	s := shopSource(t)
	recent := func(refID, queryJSON string) asked {
		now := time.Now()
		return asked{refID: refID, json: queryJSON, from: now.Add(-10 * time.Minute), to: now}
	}
	queries := []asked{
		recent("counter", `{"metrics": ["invoiced"], "step": "5m"}`),
		recent("kept", `{"metrics": ["invoiced"], "step": "5m", "partial": "keep"}`),
		recent("number", `{"metrics": ["invoiced"], "step": "range"}`),
		recent("heatmap", `{"metrics": ["delay"], "view": "heatmap"}`),
		recent("two", `{"metrics": ["invoiced", "revenue"]}`),
		recent("records", `{"queryType": "records", "metrics": ["invoiced"]}`),
	}
	points := func(response backend.DataResponse) int {
		require.NoError(t, response.Error)
		rows, err := response.Frames[0].RowLen()
		require.NoError(t, err)
		return rows
	}
	panel := s.query(t, queries...)
	for refID, response := range panel {
		assert.NoError(t, response.Error, refID)
	}

	for about, header := range map[string]string{
		"as Grafana sends it":              "FromAlert",
		"as an HTTP header that passed on": "http_Fromalert",
	} {
		t.Run(about, func(t *testing.T) {
			rule := *s
			rule.headers = map[string]string{header: "true"}
			alert := rule.query(t, queries...)
			assert.Equal(t, points(panel["counter"])-1, points(alert["counter"]), "the running bucket is left out")
			assert.Equal(t, points(panel["kept"]), points(alert["kept"]), "unless the query says otherwise")
			assert.Equal(t, []string{"invoiced: 0"}, text(t, alert["number"]), "an empty counter is 0")
			for refID, reason := range map[string]string{
				"heatmap": "view", "two": "metrics", "records": "queryType",
			} {
				require.Error(t, alert[refID].Error, refID)
				assert.True(t, strings.HasPrefix(alert[refID].Error.Error(), reason+":"), alert[refID].Error.Error())
				assert.Equal(t, backend.StatusBadRequest, alert[refID].Status)
				assert.Equal(t, backend.ErrorSourceDownstream, alert[refID].ErrorSource)
			}
		})
	}
}

func TestMistakesInAQueryAreNamedWithWhatToDo(t *testing.T) {
	t.Parallel()
	s := shopSource(t)
	s.json["maxRangeDays"] = 0
	for about, test := range map[string]struct {
		asked asked
		says  []string
	}{
		"an unknown metric": {
			asked{json: `{"metrics": ["invocied"]}`}, []string{"metrics[0]", `"invocied"`, `did you mean "invoiced"?`}},
		"an unknown dimension": {
			asked{json: `{"metrics": ["invoiced"], "groupBy": ["chanel"]}`}, []string{"groupBy[0]", `"chanel"`, `did you mean "channel"?`}},
		"an unknown operator": {
			asked{json: `{"metrics": ["invoiced"], "filters": [{"key": "region", "operator": "like", "values": ["S%"]}]}`},
			[]string{"filters[0].operator", `"like"`, "=~"}},
		"an unknown step": {
			asked{json: `{"metrics": ["invoiced"], "step": "60s"}`}, []string{"step", `"60s"`, `"1m"`}},
		"a field that is none": {
			asked{json: `{"metrics": ["invoiced"], "rawSql": "DROP TABLE orders"}`}, []string{`"rawSql"`, "not a field"}},
		"a NUL in a filter": {
			asked{json: `{"metrics": ["invoiced"], "filters": [{"key": "region", "operator": "=", "values": ["S\u0000P"]}]}`},
			[]string{"filters[0].values[0]", "NUL"}},
		"a filter of a megabyte": {
			asked{json: `{"metrics": ["invoiced"], "filters": [{"key": "region", "operator": "=", "values": ["` + strings.Repeat("x", 1<<20) + `"]}]}`},
			[]string{"bytes", "at most"}},
		"a filter that does not fit its column": {
			asked{json: `{"metrics": ["invoiced"], "filters": [{"key": "customer", "operator": "=", "values": ["ana"]}]}`},
			[]string{"customer", "ana"}},
		"from after to": {
			asked{json: `{"metrics": ["invoiced"]}`, from: to, to: from}, []string{"time range", "not before its end"}},
		"from equal to to": {
			asked{json: `{"metrics": ["invoiced"]}`, from: to, to: to}, []string{"time range", "not before its end"}},
		"a hundred years by second": {
			asked{json: `{"metrics": ["invoiced"], "step": "1s"}`, from: from.AddDate(-100, 0, 0), to: to},
			[]string{"step", "100000", "longer step"}},
	} {
		t.Run(about, func(t *testing.T) {
			t.Parallel()
			test.asked.refID = "bad"
			responses := s.query(t, test.asked, asked{refID: "good", json: `{"metrics": ["invoiced"], "step": "range"}`})
			bad := responses["bad"]
			require.Error(t, bad.Error)
			for _, part := range test.says {
				assert.Contains(t, bad.Error.Error(), part)
			}
			assert.Less(t, len(bad.Error.Error()), 2000, "an error repeats no megabyte")
			assert.Equal(t, backend.StatusBadRequest, bad.Status)
			assert.Equal(t, backend.ErrorSourceDownstream, bad.ErrorSource)
			assert.Equal(t, []string{"invoiced: 5"}, text(t, responses["good"]))
		})
	}
}

func TestFilterValuesAreValuesWhateverTheyHold(t *testing.T) {
	t.Parallel()
	s := shopSource(t)
	for value, want := range map[string]string{
		`a'b\"c;--\\d`:                         "invoiced: 1",
		`web' OR '1'='1`:                       "invoiced: 0",
		`'; DROP TABLE orders; --`:             "invoiced: 0",
		`\\`:                                   "invoiced: 0",
		`/* */ $1 ? %s {{channel}} ${channel}`: "invoiced: 0",
		`web`:                                  "invoiced: 2",
		`(null)`:                               "invoiced: 1",
	} {
		for _, operator := range []string{"=", "in"} {
			query := fmt.Sprintf(`{"metrics": ["invoiced"], "step": "range", "filters": [{"key": "channel", "operator": %q, "values": ["%s"]}]}`, operator, value)
			assert.Equal(t, []string{want}, text(t, s.one(t, query)), "%s %s", operator, value)
		}
	}
}

func TestResultsBeyondALimitAreRefusedWithTheLimitsName(t *testing.T) {
	t.Parallel()
	s := shopSource(t)
	s.json["maxRows"], s.json["maxSeries"], s.json["maxRangeDays"] = 20, 2, 1
	for limit, query := range map[string]asked{
		"maxRows":      {json: `{"metrics": ["invoiced"], "step": "10s"}`},
		"maxSeries":    {json: `{"metrics": ["invoiced"], "groupBy": ["channel"], "step": "1h"}`},
		"maxRangeDays": {json: `{"metrics": ["invoiced"], "step": "1d"}`, from: to.AddDate(0, 0, -2), to: to},
	} {
		query.refID = "A"
		response := s.query(t, query)["A"]
		require.Error(t, response.Error, limit)
		assert.Contains(t, response.Error.Error(), limit)
		assert.Contains(t, response.Error.Error(), "raise "+limit)
		assert.Equal(t, backend.StatusBadRequest, response.Status)
		assert.Equal(t, backend.ErrorSourceDownstream, response.ErrorSource)
	}
}

func TestAQueryThatFailsInTheDatabaseShowsWhatWasExecuted(t *testing.T) {
	t.Parallel()
	s := newSource(t, shop.Database(t, embedpg.Shared(t)), strings.Replace(shopCatalog, `"sum": "total"`, `"sum": "total / (customer - 3)"`, 1))
	s.json["maxSeries"] = 1
	response := s.one(t, `{"metrics": ["revenue"], "step": "range"}`)
	require.Error(t, response.Error)
	assert.Contains(t, response.Error.Error(), "divides by zero")
	assert.EqualValues(t, http.StatusUnprocessableEntity, response.Status)
	assert.Equal(t, backend.ErrorSourceDownstream, response.ErrorSource)

	tooMany := s.one(t, `{"metrics": ["invoiced"], "groupBy": ["channel"], "step": "range"}`)
	require.Error(t, tooMany.Error)
	require.Len(t, tooMany.Frames, 1)
	assert.Contains(t, tooMany.Frames[0].Meta.ExecutedQueryString, "SELECT")
}

func TestACatalogThatDoesNotFitTheDatabaseIsTheCatalogsFault(t *testing.T) {
	t.Parallel()
	dsn := shop.Database(t, embedpg.Shared(t))
	for about, test := range map[string]struct {
		old, new string
		says     []string
	}{
		"a missing table":  {`"public.orders"`, `"public.order"`, []string{"public.order", "did you mean public.orders?", "tables.orders.relation"}},
		"a missing column": {`"time": "invoiced_at", "sum"`, `"time": "invoice_at", "sum"`, []string{"invoice_at", "did you mean invoiced_at?", "metrics.revenue.time"}},
	} {
		t.Run(about, func(t *testing.T) {
			t.Parallel()
			s := newSource(t, dsn, strings.Replace(shopCatalog, test.old, test.new, 1))
			responses := s.query(t,
				asked{refID: "bad", json: `{"metrics": ["revenue"], "step": "range"}`},
				asked{refID: "good", json: `{"metrics": ["open_carts"], "step": "range"}`})
			bad := responses["bad"]
			require.Error(t, bad.Error)
			for _, part := range test.says {
				assert.Contains(t, bad.Error.Error(), part)
			}
			assert.Equal(t, backend.ErrorSourceDownstream, bad.ErrorSource)
			assert.EqualValues(t, http.StatusUnprocessableEntity, bad.Status)
			assert.Equal(t, []string{"open_carts: 1"}, text(t, responses["good"]))
		})
	}
}

func TestStatementsNameWhoAsks(t *testing.T) {
	t.Parallel()
	log := &safeBuffer{}
	server := embedpg.StartForTest(t, embedpg.Options{Log: log, Settings: map[string]string{"log_statement": "all"}})
	s := newSource(t, shop.Database(t, server), shopCatalog)
	s.headers = map[string]string{
		"http_X-Dashboard-Uid": "sales", "http_X-Panel-Id": "7", "FromAlert": "true", "http_X-Rule-Uid": "rule%201*/DROP",
	}
	text(t, s.one(t, `{"metrics": ["invoiced"], "step": "range"}`))
	eventually(t, func() bool {
		return strings.Contains(log.String(), "dashboard=sales panel=7 rule=rule 1__DROP user=ana */")
	}, "the server's log names the caller, without what would end the comment")
}

func TestMetricsOfThePluginAreCollected(t *testing.T) {
	t.Parallel()
	s := shopSource(t)
	text(t, s.one(t, `{"metrics": ["invoiced"], "step": "range"}`))
	s.one(t, `{"metrics": ["nothing"]}`)
	metrics := collect(t)
	for _, line := range []string{
		`live_orders_queries_total{status="200",type="metric"} `,
		`live_orders_queries_total{status="400",type="unknown"} `,
		`live_orders_query_duration_seconds_count{type="metric"} `,
		`live_orders_rows_total `,
		`live_orders_store_connections_in_use{datasource="` + s.settings.UID + `",org="default"} 0`,
		`go_goroutines `,
	} {
		assert.Contains(t, metrics, "\n"+line)
	}
}

func TestAViewerWhoGoesAwayFreesTheConnection(t *testing.T) {
	t.Parallel()
	dsn := shop.Database(t, embedpg.Shared(t))
	s := newSource(t, dsn, slowCatalog)
	s.json["maxOpenConns"] = 1
	ctx, leave := contextOf(t)
	answered := make(chan error, 1)
	go func() {
		_, err := s.queryWith(ctx, t, asked{refID: "A", json: `{"metrics": ["slow"], "step": "range"}`})
		answered <- err
	}()
	watch, err := pgx.Connect(t.Context(), dsn)
	require.NoError(t, err)
	defer func() { _ = watch.Close(t.Context()) }()
	eventually(t, func() bool { return sleeping(t, watch) == 1 }, "the statement runs")
	leave()
	assert.Error(t, <-answered)
	eventually(t, func() bool { return sleeping(t, watch) == 0 }, "the statement is cancelled on the server")
	assert.Equal(t, []string{"fast: 6"}, text(t, s.one(t, `{"metrics": ["fast"], "step": "range"}`)))
}
