package plugin

import (
	"strconv"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/pullview/orders-datasource/pkg/query"
)

// The plugin's own metrics. Grafana collects them, with those of the SDK and
// of the Go runtime, from the default registry through CollectMetrics.
var (
	queriesTotal = promauto.NewCounterVec(prometheus.CounterOpts{
		Name: "live_orders_queries_total",
		Help: "Queries answered, by type and status; a query that could not be read has the type unknown.",
	}, []string{"type", "status"})
	queryDuration = promauto.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "live_orders_query_duration_seconds",
		Help:    "Time from a query's turn to its frames, by type.",
		Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
	}, []string{"type"})
	rowsTotal = promauto.NewCounter(prometheus.CounterOpts{
		Name: "live_orders_rows_total",
		Help: "Rows that the statements of queries returned.",
	})
	databaseSeconds = promauto.NewCounter(prometheus.CounterOpts{
		Name: "live_orders_database_seconds_total",
		Help: "Time that queries spent on their statements.",
	})
	panicsTotal = promauto.NewCounter(prometheus.CounterOpts{
		Name: "live_orders_panics_total",
		Help: "Panics that were contained. Each is a defect and is logged with its stack.",
	})
	_ = promauto.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "live_orders_unsent_bytes",
		Help: "Memory of responses that Grafana has not yet taken.",
	}, func() float64 { return float64(doors.owed()) })
)

// unknownType counts queries of which not even the type is known.
const unknownType query.Type = "unknown"

// record counts one answered query.
func record(kind query.Type, response *backend.DataResponse, stats query.Stats, took time.Duration) {
	queriesTotal.WithLabelValues(string(kind), strconv.Itoa(int(response.Status))).Inc()
	queryDuration.WithLabelValues(string(kind)).Observe(took.Seconds())
	rowsTotal.Add(float64(stats.Rows))
	databaseSeconds.Add(stats.Database.Seconds())
}
