// Command gpx_pullview_orders is the backend of the Live Orders data source. Grafana starts it and talks to it over gRPC.
package main

import (
	"os"
	_ "time/tzdata" // the business calendar of a machine that has no zones

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/datasource"
	"github.com/grafana/grafana-plugin-sdk-go/backend/log"

	"github.com/pullview/orders-datasource/pkg/plugin"
)

func main() {
	// At its debug level the SDK writes three lines for every request, of which Grafana drops two unless it debugs plugins.
	log.DefaultLogger = log.NewWithLevel(log.Info)
	backend.Logger = log.DefaultLogger
	fitBuffers()
	if err := datasource.Manage("pullview-orders-datasource", plugin.New, datasource.ManageOpts{}); err != nil {
		log.DefaultLogger.Error("The plugin cannot be served", "error", err)
		os.Exit(1)
	}
}
