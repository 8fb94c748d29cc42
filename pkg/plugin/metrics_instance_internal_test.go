package plugin

import (
	"context"
	"testing"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDataSourcesOfOneUIDAreToldApartByTheirOrganisations(t *testing.T) {
	t.Parallel()
	for _, org := range []string{"default", "org-2"} {
		ctx := backend.WithPluginContext(context.Background(), backend.PluginContext{Namespace: org})
		made, err := New(ctx, unreachable(t.Name()))
		require.NoError(t, err)
		t.Cleanup(made.(*Instance).Dispose)
	}
	families, err := prometheus.DefaultGatherer.Gather()
	require.NoError(t, err)
	var orgs []string
	for _, family := range families {
		if family.GetName() != "live_orders_store_connections_max" {
			continue
		}
		for _, metric := range family.GetMetric() {
			labels := map[string]string{}
			for _, pair := range metric.GetLabel() {
				labels[pair.GetName()] = pair.GetValue()
			}
			if labels["datasource"] == t.Name() {
				orgs = append(orgs, labels["org"])
			}
		}
	}
	assert.ElementsMatch(t, []string{"default", "org-2"}, orgs)
}
