package pluginhost_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"testing"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/datasource"
	"github.com/grafana/grafana-plugin-sdk-go/backend/instancemgmt"
	"github.com/grafana/grafana-plugin-sdk-go/data"
)

const pluginID = "pullview-test-datasource"

// The process that the host starts is the test binary itself, which this variable turns into a plugin.
const serveEnv = "PLUGINHOST_TEST_SERVE"

func TestMain(m *testing.M) {
	switch os.Getenv(serveEnv) {
	case "":
		os.Exit(m.Run())
	case "broken":
		fmt.Fprintln(os.Stderr, "cannot serve today")
		os.Exit(4)
	case "silent":
		select {}
	default:
		if err := datasource.Manage(pluginID, newInstance, datasource.ManageOpts{}); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}

// An instance tells its caller what it got.
type instance struct {
	settings backend.DataSourceInstanceSettings
}

func newInstance(_ context.Context, settings backend.DataSourceInstanceSettings) (instancemgmt.Instance, error) {
	return &instance{settings: settings}, nil
}

// QueryData answers every query with a frame that holds the query's JSON and the password, or fails it where asked.
func (i *instance) QueryData(_ context.Context, request *backend.QueryDataRequest) (*backend.QueryDataResponse, error) {
	response := backend.NewQueryDataResponse()
	for _, query := range request.Queries {
		if query.QueryType == "fail" {
			response.Responses[query.RefID] = backend.ErrDataResponseWithSource(backend.StatusBadRequest, backend.ErrorSourceDownstream, "no such table")
			continue
		}
		response.Responses[query.RefID] = backend.DataResponse{Status: backend.StatusOK, Frames: data.Frames{
			data.NewFrame(query.RefID,
				data.NewField("query", nil, []string{string(query.JSON)}),
				data.NewField("secret", data.Labels{"from": "settings"}, []string{i.settings.DecryptedSecureJSONData["password"]}),
				data.NewField("header", nil, []string{request.Headers["FromAlert"]}),
			),
		}}
	}
	return response, nil
}

// A report is what the plugin knows of its surroundings.
type report struct {
	Env      []string
	Args     []string
	Settings backend.DataSourceInstanceSettings
	PluginID string
	OrgID    int64
	Role     string
	Agent    string
	RowLimit int64
	AppURL   string
}

func (i *instance) CheckHealth(ctx context.Context, request *backend.CheckHealthRequest) (*backend.CheckHealthResult, error) {
	sql, err := request.PluginContext.GrafanaConfig.SQL()
	if err != nil {
		return nil, err
	}
	url, err := request.PluginContext.GrafanaConfig.AppURL()
	if err != nil {
		return nil, err
	}
	details, err := json.Marshal(report{
		Env:      os.Environ(),
		Args:     os.Args[1:],
		Settings: i.settings,
		PluginID: request.PluginContext.PluginID,
		//lint:ignore SA1019 Grafana 12.4 sends it, and no namespace
		OrgID:    request.PluginContext.OrgID,
		Role:     request.PluginContext.User.Role,
		Agent:    request.PluginContext.UserAgent.String(),
		RowLimit: sql.RowLimit,
		AppURL:   url,
	})
	return &backend.CheckHealthResult{Status: backend.HealthStatusOk, Message: "well", JSONDetails: details}, err
}

func (i *instance) CallResource(ctx context.Context, request *backend.CallResourceRequest, sender backend.CallResourceResponseSender) error {
	switch request.Path {
	case "parts":
		parts := []backend.CallResourceResponse{
			{Status: http.StatusAccepted, Headers: map[string][]string{"Content-Type": {"text/plain"}}, Body: []byte("one ")},
			{Body: []byte("two ")},
			{Body: []byte("three")},
		}
		for _, part := range parts {
			if err := sender.Send(&part); err != nil {
				return err
			}
		}
		return nil
	case "echo":
		return sender.Send(&backend.CallResourceResponse{Status: http.StatusOK, Body: []byte(request.Method + " " + request.URL + " " + string(request.Body))})
	case "nothing":
		return nil
	case "log":
		backend.Logger.Info("a word for the log")
		fmt.Println("a word for the output")
		return sender.Send(&backend.CallResourceResponse{Status: http.StatusNoContent})
	case "crash":
		go panic("out of cheese")
		select {}
	case "wait":
		<-ctx.Done()
		return ctx.Err()
	default:
		return errors.New("unknown path " + request.Path)
	}
}
