package plugin_test

import (
	"fmt"
	"testing"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/instancemgmt"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/pullview/orders-datasource/pkg/plugin"
)

var recorded = tracetest.NewSpanRecorder()

// All tracers of the process record from here on, as they do once the SDK has
// set up tracing.
func init() {
	otel.SetTracerProvider(sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(recorded)))
}

func TestEveryHopOfAQueryIsASpanWithoutValues(t *testing.T) {
	t.Parallel()
	s := shopSource(t)
	context := s.context(t)
	instance, err := plugin.New(t.Context(), *context.DataSourceInstanceSettings)
	require.NoError(t, err)
	t.Cleanup(instance.(instancemgmt.InstanceDisposer).Dispose)

	ctx, root := otel.Tracer("test").Start(t.Context(), t.Name())
	q := asked{refID: "A", json: `{"metrics": ["invoiced"], "filters": [{"key": "region", "operator": "=", "values": ["Ubatuba"]}]}`}
	refused := asked{refID: "B", json: `{"metrics": ["invoiced"], "filters": [{"key": "customer", "operator": "=", "values": ["Ubatuba"]}]}`}
	response, err := instance.(backend.QueryDataHandler).QueryData(ctx, &backend.QueryDataRequest{
		PluginContext: context, Queries: []backend.DataQuery{q.dataQuery(), refused.dataQuery()},
	})
	require.NoError(t, err)
	require.NoError(t, response.Responses["A"].Error)
	require.ErrorContains(t, response.Responses["B"].Error, "Ubatuba", "its reader is told which value does not fit")
	root.End()

	names := make(map[string]int)
	for _, span := range recorded.Ended() {
		if span.SpanContext().TraceID() != root.SpanContext().TraceID() {
			continue
		}
		names[span.Name()]++
		assert.NotContains(t, fmt.Sprint(span.Attributes(), span.Events(), span.Status()), "Ubatuba", span.Name())
	}
	for hop, times := range map[string]int{
		"plugin.query": 2, "query.Validate": 2, "engine.Answer": 2, "postgres.look": 2, "postgres.scan": 2, "frames.Frames": 1,
	} {
		assert.Equal(t, times, names[hop], hop)
	}
}
