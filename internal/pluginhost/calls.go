package pluginhost

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/genproto/pluginv2"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// ErrNotImplemented is the error of a call that the plugin does not offer.
var ErrNotImplemented = errors.New("the plugin does not implement this")

// QueryData asks for all queries of the request. An error concerns the call as a whole; that of a query is in its response.
func (p *Plugin) QueryData(ctx context.Context, request *backend.QueryDataRequest) (*backend.QueryDataResponse, error) {
	response, err := p.data.QueryData(ctx, backend.ToProto().QueryDataRequest(request))
	if err != nil {
		return nil, p.failed(ctx, "query data", err)
	}
	return backend.FromProto().QueryDataResponse(response)
}

// CheckHealth is what Grafana calls on Save & test. As there, a plugin without it has the status unknown.
func (p *Plugin) CheckHealth(ctx context.Context, request *backend.CheckHealthRequest) (*backend.CheckHealthResult, error) {
	response, err := p.diagnostics.CheckHealth(ctx, &pluginv2.CheckHealthRequest{
		PluginContext: backend.ToProto().PluginContext(request.PluginContext),
		Headers:       request.Headers,
	})
	if status.Code(err) == codes.Unimplemented {
		return &backend.CheckHealthResult{Status: backend.HealthStatusUnknown, Message: "Health check not implemented"}, nil
	}
	if err != nil {
		return nil, p.failed(ctx, "check health", err)
	}
	return backend.FromProto().CheckHealthResponse(response), nil
}

// CallResource sends an HTTP-like request to the plugin. A streamed answer is collected: the status and the headers are
// those of its first part, the body is all parts together.
func (p *Plugin) CallResource(ctx context.Context, request *backend.CallResourceRequest) (*backend.CallResourceResponse, error) {
	// Ends the stream where a part is bad.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := p.resource.CallResource(ctx, backend.ToProto().CallResourceRequest(request))
	if err != nil {
		return nil, p.failed(ctx, "call resource "+request.Path, err)
	}
	var response *backend.CallResourceResponse
	for {
		part, err := stream.Recv()
		switch {
		case errors.Is(err, io.EOF):
			if response == nil {
				return nil, fmt.Errorf("call resource %s: the plugin sent no answer", request.Path)
			}
			return response, nil
		case err != nil:
			return nil, p.failed(ctx, "call resource "+request.Path, err)
		case response == nil:
			response = backend.FromProto().CallResourceResponse(part)
		default:
			response.Body = append(response.Body, part.Body...)
		}
	}
}

// CollectMetrics returns the plugin's own metrics in Prometheus' text format. As in Grafana, a plugin without them has none.
func (p *Plugin) CollectMetrics(ctx context.Context, request *backend.CollectMetricsRequest) (*backend.CollectMetricsResult, error) {
	response, err := p.diagnostics.CollectMetrics(ctx, backend.ToProto().CollectMetricsRequest(request))
	if status.Code(err) == codes.Unimplemented {
		return &backend.CollectMetricsResult{}, nil
	}
	if err != nil {
		return nil, p.failed(ctx, "collect metrics", err)
	}
	return backend.FromProto().CollectMetricsResponse(response), nil
}

// failed names the call and, where the process has ended, that. The gRPC status stays readable with status.FromError.
func (p *Plugin) failed(ctx context.Context, call string, err error) error {
	switch status.Code(err) {
	case codes.Unimplemented:
		return fmt.Errorf("%s: %w", call, ErrNotImplemented)
	case codes.Unavailable:
		// The connection breaks a moment before the process has been waited for.
		timer := time.NewTimer(exitPatience)
		defer timer.Stop()
		select {
		case <-p.exited:
		case <-timer.C:
		}
	}
	// A gRPC status wraps no error of a context. Both ends watch a deadline, and the plugin's may pass first.
	switch {
	case ctx.Err() != nil:
		err = fmt.Errorf("%w: %w", context.Cause(ctx), err)
	case status.Code(err) == codes.DeadlineExceeded:
		err = fmt.Errorf("%w: %w", context.DeadlineExceeded, err)
	}
	return fmt.Errorf("%s: %w", call, p.explain(err))
}
