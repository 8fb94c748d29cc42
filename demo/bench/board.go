package main

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"

	"github.com/pullview/orders-datasource/internal/pluginhost"
)

// boardPanel is a panel of the dashboard that viewers look at.
type boardPanel struct {
	metric string
	by     string        // the dimension of its series; empty for a single value
	span   time.Duration // of its range; 0 for the business day so far
}

// boardPanels are three single values, four panels of 300 points of five
// series, and one of 1,440 points of six.
var boardPanels = []boardPanel{
	{metric: "orders"},
	{metric: "revenue"},
	{metric: "ticket"},
	{metric: "orders", by: "channel", span: 5 * time.Hour},
	{metric: "revenue", by: "channel", span: 5 * time.Hour},
	{metric: "ticket", by: "channel", span: 5 * time.Hour},
	{metric: "cancelled", by: "channel", span: 5 * time.Hour},
	{metric: "orders", by: "region", span: 24 * time.Hour},
}

// single tells whether the panel shows one value.
func (p boardPanel) single() bool { return p.by == "" }

// board asks the plugin for the panels, as Grafana does: a request for each.
type board struct {
	plugin   *pluginhost.Plugin
	location *time.Location
	same     [][]byte // per panel, encoded: what its requests have in common
	queries  []json.RawMessage
}

func newBoard(plugin *pluginhost.Plugin, source pluginhost.DataSource, location *time.Location) (*board, error) {
	b := &board{plugin: plugin, location: location}
	for i, p := range boardPanels {
		same, err := pluginhost.Encode(&backend.QueryDataRequest{
			PluginContext: plugin.Context(source),
			Headers:       map[string]string{"http_X-Dashboard-Uid": "sales", "http_X-Panel-Id": fmt.Sprint(i + 1)},
		})
		if err != nil {
			return nil, err
		}
		ask := map[string]any{"refId": "A", "queryType": "metric", "version": 1, "metrics": []string{p.metric}, "step": "range"}
		if !p.single() {
			ask["step"], ask["groupBy"] = "1m", []string{p.by}
		}
		text, err := json.Marshal(ask)
		if err != nil {
			return nil, err
		}
		b.same, b.queries = append(b.same, same), append(b.queries, text)
	}
	return b, nil
}

// timeRange is what a panel asks for at an instant. Grafana cuts its ranges to
// milliseconds.
func (b *board) timeRange(panel int, now time.Time) backend.TimeRange {
	now = now.Truncate(time.Millisecond)
	if span := boardPanels[panel].span; span > 0 {
		return backend.TimeRange{From: now.Add(-span), To: now}
	}
	year, month, day := now.In(b.location).Date()
	return backend.TimeRange{From: time.Date(year, month, day, 0, 0, 0, 0, b.location), To: now}
}

// request encodes what a panel asks at an instant.
func (b *board) request(panel int, now time.Time) ([][]byte, error) {
	this, err := pluginhost.Encode(&backend.QueryDataRequest{Queries: []backend.DataQuery{{
		RefID: "A", QueryType: "metric", MaxDataPoints: 1500, Interval: time.Minute,
		TimeRange: b.timeRange(panel, now), JSON: b.queries[panel],
	}}})
	return [][]byte{b.same[panel], this}, err
}
