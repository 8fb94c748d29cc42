package plugin_test

import (
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
	response, err := instance.(backend.QueryDataHandler).QueryData(ctx, &backend.QueryDataRequest{
		PluginContext: context, Queries: []backend.DataQuery{q.dataQuery()},
	})
	require.NoError(t, err)
	require.NoError(t, response.Responses["A"].Error)
	root.End()

	names := make(map[string]int)
	for _, span := range recorded.Ended() {
		if span.SpanContext().TraceID() != root.SpanContext().TraceID() {
			continue
		}
		names[span.Name()]++
		for _, attribute := range span.Attributes() {
			assert.NotContains(t, attribute.Value.String(), "Ubatuba", span.Name())
		}
	}
	for _, hop := range []string{"plugin.query", "query.Validate", "engine.Answer", "postgres.look", "postgres.scan", "frames.Frames"} {
		assert.Equal(t, 1, names[hop], hop)
	}
}
