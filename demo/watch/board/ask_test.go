package board

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/demo/provisioned"
	"github.com/pullview/orders-datasource/internal/pluginhost"
)

// recorder is a plugin that keeps what it is asked and answers the same to all.
type recorder struct {
	mu       sync.Mutex
	requests []*backend.QueryDataRequest
	answer   func(query backend.DataQuery) backend.DataResponse
	err      error
}

func (r *recorder) Context(ds pluginhost.DataSource) backend.PluginContext {
	return backend.PluginContext{DataSourceInstanceSettings: &backend.DataSourceInstanceSettings{UID: ds.UID, Name: ds.Name}}
}

func (r *recorder) QueryData(_ context.Context, request *backend.QueryDataRequest) (*backend.QueryDataResponse, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.requests = append(r.requests, request)
	if r.err != nil {
		return nil, r.err
	}
	response := backend.NewQueryDataResponse()
	for _, query := range request.Queries {
		if r.answer != nil {
			response.Responses[query.RefID] = r.answer(query)
		}
	}
	return response, nil
}

var (
	noon  = time.Date(2026, 3, 11, 12, 0, 0, 0, time.UTC)
	files = provisioned.Files{DataSources: []provisioned.DataSource{{UID: "o", Name: "Orders", Type: "orders"}}}
)

func open(t *testing.T, plugin Plugin) *Board {
	t.Helper()
	b, err := New(plugin, "orders", files)
	require.NoError(t, err)
	return b
}

func TestPanelIsAskedAsGrafanaAsks(t *testing.T) {
	t.Parallel()
	plugin := &recorder{}
	d := provisioned.Dashboard{UID: "d", Title: "D", From: "now-6h", To: "now", Location: time.UTC, Panels: []provisioned.Panel{
		{ID: 7, Title: "Orders", Type: "timeseries", DataSource: "o", TimeFrom: "1h", Targets: []provisioned.Target{
			{RefID: "A", QueryType: "metric", JSON: json.RawMessage(`{"refId": "A", "metrics": ["x"]}`)},
			{RefID: "B", Hide: true, JSON: json.RawMessage(`{"refId": "B"}`)},
		}},
		{ID: 8, Title: "Fine", DataSource: "o", MaxDataPoints: 720, MinInterval: time.Minute, Targets: []provisioned.Target{{RefID: "A", JSON: json.RawMessage(`{}`)}}},
	}}
	b := open(t, plugin)
	b.Panel(t.Context(), d, d.Panels[0], noon, 60)
	b.Panel(t.Context(), d, d.Panels[1], noon, 60)

	request := plugin.requests[0]
	assert.Equal(t, "o", request.PluginContext.DataSourceInstanceSettings.UID)
	assert.Equal(t, "d", request.GetHTTPHeader("X-Dashboard-Uid"))
	assert.Equal(t, "7", request.GetHTTPHeader("X-Panel-Id"))
	require.Len(t, request.Queries, 1, "the hidden query is not asked")
	query := request.Queries[0]
	assert.Equal(t, "metric", query.QueryType)
	assert.Equal(t, backend.TimeRange{From: noon.Add(-time.Hour), To: noon}, query.TimeRange)
	assert.EqualValues(t, 60, query.MaxDataPoints)
	assert.Equal(t, time.Minute, query.Interval)
	assert.JSONEq(t, `{"refId": "A", "metrics": ["x"], "intervalMs": 60000, "maxDataPoints": 60}`, string(query.JSON))

	query = plugin.requests[1].Queries[0]
	assert.EqualValues(t, 720, query.MaxDataPoints)
	assert.Equal(t, time.Minute, query.Interval, "not below the panel's least")
	assert.Equal(t, noon.Add(-6*time.Hour), query.TimeRange.From)
}

func TestPanelsKeepTheirOrderAndTheirErrors(t *testing.T) {
	t.Parallel()
	plugin := &recorder{err: errors.New("it has ended")}
	d := provisioned.Dashboard{From: "now-6h", To: "now", Location: time.UTC}
	for id := range int64(20) {
		d.Panels = append(d.Panels, provisioned.Panel{ID: id, DataSource: "o", Targets: []provisioned.Target{{RefID: "A", JSON: json.RawMessage(`{}`)}}})
	}
	d.Panels[3].TimeFrom = "yesterday"
	d.Panels[4].Targets[0].JSON = json.RawMessage(`[]`)
	answers := open(t, plugin).Dashboard(t.Context(), d, noon, 60)
	require.Len(t, answers, 20)
	for i, answer := range answers {
		assert.EqualValues(t, i, answer.Panel.ID)
	}
	assert.ErrorContains(t, answers[2].Err, "it has ended")
	assert.ErrorContains(t, answers[3].Err, `"yesterday"`)
	assert.ErrorContains(t, answers[4].Err, "query A")
	assert.Len(t, plugin.requests, 18)
}

func TestRuleIsAskedAsTheSchedulerAsks(t *testing.T) {
	t.Parallel()
	frames := data.Frames{data.NewFrame("", data.NewField("v", nil, []float64{1}))}
	plugin := &recorder{answer: func(backend.DataQuery) backend.DataResponse { return backend.DataResponse{Frames: frames} }}
	rule := provisioned.Rule{UID: "r", Title: "No orders"}
	node := provisioned.Node{RefID: "A", DataSource: "o", QueryType: "metric", From: 10 * time.Minute, To: time.Minute,
		Interval: time.Minute, Points: 100, Model: json.RawMessage(`{"refId": "A"}`)}
	got, err := open(t, plugin).AskRule(t.Context(), rule, node, noon)
	require.NoError(t, err)
	assert.Equal(t, frames, got)
	request := plugin.requests[0]
	assert.Equal(t, "true", request.Headers["FromAlert"])
	assert.Equal(t, "No+orders", request.GetHTTPHeader("X-Rule-Name"))
	assert.Equal(t, "grafana_scheduler", request.PluginContext.User.Login)
	assert.Equal(t, backend.TimeRange{From: noon.Add(-10 * time.Minute), To: noon.Add(-time.Minute)}, request.Queries[0].TimeRange)

	plugin.answer = func(backend.DataQuery) backend.DataResponse {
		return backend.DataResponse{Error: errors.New("unknown metric")}
	}
	_, err = open(t, plugin).AskRule(t.Context(), rule, node, noon)
	assert.EqualError(t, err, "unknown metric")
	plugin.answer = nil
	_, err = open(t, plugin).AskRule(t.Context(), rule, node, noon)
	assert.ErrorContains(t, err, "did not answer query A")
}

func TestDataSourceOfAnotherTypeIsRefused(t *testing.T) {
	t.Parallel()
	_, err := New(&recorder{}, "another", files)
	assert.ErrorContains(t, err, `"Orders" is of the type orders`)
}
