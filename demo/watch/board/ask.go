// Package board asks what dashboards and alert rules ask, and draws the answers as lines of text.
package board

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"golang.org/x/sync/errgroup"

	"github.com/pullview/orders-datasource/demo/provisioned"
	"github.com/pullview/orders-datasource/internal/pluginhost"
)

// atOnce is how many panels are asked for at a time. A browser asks about as many.
const atOnce = 6

// Plugin is the data source's process. *pluginhost.Plugin is one.
type Plugin interface {
	Context(ds pluginhost.DataSource) backend.PluginContext
	QueryData(ctx context.Context, request *backend.QueryDataRequest) (*backend.QueryDataResponse, error)
}

// Board asks a plugin what provisioning files ask. Its methods may be used at the same time.
type Board struct {
	plugin   Plugin
	files    provisioned.Files
	contexts map[string]backend.PluginContext // by uid of the data source
}

// New is a board over the files. All of their data sources must be of the plugin's type.
func New(plugin Plugin, pluginID string, files provisioned.Files) (*Board, error) {
	b := &Board{plugin: plugin, files: files, contexts: map[string]backend.PluginContext{}}
	for i, ds := range files.DataSources {
		if ds.Type != pluginID {
			return nil, fmt.Errorf("the data source %q is of the type %s, and the plugin at hand is %s", ds.Name, ds.Type, pluginID)
		}
		b.contexts[ds.UID] = plugin.Context(pluginhost.DataSource{
			ID: int64(i + 1), UID: ds.UID, Name: ds.Name, URL: ds.URL, User: ds.User, Database: ds.Database,
			JSONData: ds.JSONData, Secure: ds.Secure,
		})
	}
	return b, nil
}

// Files are what the board shows.
func (b *Board) Files() provisioned.Files { return b.files }

// Answer is what a panel got.
type Answer struct {
	Panel     provisioned.Panel
	From, To  time.Time
	Responses backend.Responses // by refId; nil where Err is set
	Err       error             // why there are none
	Took      time.Duration
}

// Dashboard asks for all panels of a dashboard as of now, and returns their answers in the panels' order.
// Graphs are asked for as many points as are drawn in the given number of cells, unless the panel says how
// many it wants.
func (b *Board) Dashboard(ctx context.Context, d provisioned.Dashboard, now time.Time, cells int) []Answer {
	answers := make([]Answer, len(d.Panels))
	var group errgroup.Group
	group.SetLimit(atOnce)
	for i, panel := range d.Panels {
		group.Go(func() error {
			answers[i] = b.Panel(ctx, d, panel, now, cells)
			return nil
		})
	}
	_ = group.Wait() // answers hold the errors
	return answers
}

// Panel asks for one panel.
func (b *Board) Panel(ctx context.Context, d provisioned.Dashboard, p provisioned.Panel, now time.Time, cells int) Answer {
	answer := Answer{Panel: p}
	begun := time.Now()
	answer.Responses, answer.Err = b.panel(ctx, d, p, now, cells, &answer)
	answer.Took = time.Since(begun)
	return answer
}

func (b *Board) panel(ctx context.Context, d provisioned.Dashboard, p provisioned.Panel, now time.Time, cells int, answer *Answer) (backend.Responses, error) {
	var err error
	if answer.From, answer.To, err = d.Range(p.TimeFrom, now); err != nil {
		return nil, err
	}
	points := p.MaxDataPoints
	if points == 0 {
		points = int64(max(cells, 1))
	}
	request := &backend.QueryDataRequest{PluginContext: b.contexts[p.DataSource], Headers: map[string]string{}}
	for name, value := range map[string]string{
		"X-Dashboard-Uid": d.UID, "X-Dashboard-Title": d.Title, "X-Datasource-Uid": p.DataSource,
		"X-Panel-Id": strconv.FormatInt(p.ID, 10), "X-Panel-Title": p.Title, "X-Panel-Plugin-Id": p.Type,
	} {
		request.SetHTTPHeader(name, value)
	}
	interval := provisioned.Interval(answer.To.Sub(answer.From), points, p.MinInterval)
	for _, target := range p.Targets {
		if target.Hide {
			continue
		}
		query, err := dataQuery(target.RefID, target.QueryType, target.JSON, interval, points)
		if err != nil {
			return nil, err
		}
		query.TimeRange = backend.TimeRange{From: answer.From.UTC(), To: answer.To.UTC()}
		request.Queries = append(request.Queries, query)
	}
	response, err := b.plugin.QueryData(ctx, request)
	if err != nil {
		return nil, err
	}
	return response.Responses, nil
}

// dataQuery is a query as Grafana's server hands it on: the model with the interval and the points, which
// also come beside it.
func dataQuery(refID, queryType string, model json.RawMessage, interval time.Duration, points int64) (backend.DataQuery, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(model, &fields); err != nil {
		return backend.DataQuery{}, fmt.Errorf("query %s: %w", refID, err)
	}
	fields["intervalMs"] = json.RawMessage(strconv.FormatInt(interval.Milliseconds(), 10))
	fields["maxDataPoints"] = json.RawMessage(strconv.FormatInt(points, 10))
	full, err := json.Marshal(fields)
	if err != nil {
		return backend.DataQuery{}, fmt.Errorf("query %s: %w", refID, err)
	}
	return backend.DataQuery{RefID: refID, QueryType: queryType, Interval: interval, MaxDataPoints: points, JSON: full}, nil
}

// AskRule asks one query of an alert rule, as Grafana's scheduler does.
func (b *Board) AskRule(ctx context.Context, rule provisioned.Rule, node provisioned.Node, now time.Time) (data.Frames, error) {
	query, err := dataQuery(node.RefID, node.QueryType, node.Model, node.Interval, node.Points)
	if err != nil {
		return nil, err
	}
	query.TimeRange = backend.TimeRange{From: now.Add(-node.From).UTC(), To: now.Add(-node.To).UTC()}
	request := &backend.QueryDataRequest{
		PluginContext: b.contexts[node.DataSource],
		Headers:       map[string]string{"FromAlert": "true"},
		Queries:       []backend.DataQuery{query},
	}
	request.PluginContext.User = &backend.User{Login: "grafana_scheduler", Role: "Admin"}
	for name, value := range map[string]string{
		"X-Rule-Name": rule.Title, "X-Rule-Uid": rule.UID, "X-Rule-Type": "alerting", "X-Rule-Source": "scheduler",
	} {
		request.SetHTTPHeader(name, url.QueryEscape(value))
	}
	response, err := b.plugin.QueryData(ctx, request)
	if err != nil {
		return nil, err
	}
	answer, ok := response.Responses[node.RefID]
	if !ok {
		return nil, fmt.Errorf("the plugin did not answer query %s", node.RefID)
	}
	if answer.Error != nil {
		return nil, fmt.Errorf("%s", strings.TrimSpace(answer.Error.Error()))
	}
	return answer.Frames, nil
}
