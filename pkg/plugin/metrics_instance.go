package plugin

import (
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/pullview/orders-datasource/pkg/engine"
	"github.com/pullview/orders-datasource/pkg/postgres"
)

// instances collects what all instances keep and how they use their
// connections, by the data source.
var instances = func() *instanceCollector {
	c := &instanceCollector{newest: map[identity]*Instance{}, engine: engineMetrics, kept: keptMetrics, store: storeMetrics}
	prometheus.MustRegister(c)
	return c
}()

type instanceCollector struct {
	mu     sync.Mutex
	newest map[identity]*Instance
	engine []instanceMetric[*engine.Engine]
	kept   []instanceMetric[engine.KeptStats]
	store  []instanceMetric[postgres.Stats]
}

// identity tells data sources apart: a uid is unique in an organisation only.
type identity struct {
	org string // the namespace of Grafana's organisation, such as default or org-2
	uid string
}

// instanceMetric is a metric with the number of an S that it shows.
type instanceMetric[S any] struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
	of   func(S) int64
}

func counterOf[S any](name, help string, of func(S) int64) instanceMetric[S] {
	return instanceMetric[S]{prometheus.NewDesc("live_orders_"+name, help, []string{"org", "datasource"}, nil), prometheus.CounterValue, of}
}

func gaugeOf[S any](name, help string, of func(S) int64) instanceMetric[S] {
	m := counterOf(name, help, of)
	m.kind = prometheus.GaugeValue
	return m
}

var keptMetrics = []instanceMetric[engine.KeptStats]{
	counterOf("looks_total", "Transactions that served queries from memory and read what had changed.", func(s engine.KeptStats) int64 { return s.Looks }),
	counterOf("look_requests_total", "Queries that these looks served; more than looks, where viewers share them.", func(s engine.KeptStats) int64 { return s.Served }),
	counterOf("kept_buckets_total", "Buckets of time that answers were made of.", func(s engine.KeptStats) int64 { return s.Cached }),
	counterOf("fetched_buckets_total", "Buckets of these that had to be read.", func(s engine.KeptStats) int64 { return s.Fetched }),
	counterOf("audits_total", "Kept buckets that were read again to check them.", func(s engine.KeptStats) int64 { return s.Audits }),
	counterOf("audit_mismatches_total", "Audits that found another number. Anything but 0 is a defect, or a change log that does not log.", func(s engine.KeptStats) int64 { return s.Mismatches }),
	counterOf("flushes_total", "Times that all kept numbers of a table were dropped.", func(s engine.KeptStats) int64 { return s.Flushes }),
	counterOf("no_room_total", "Times that a query was answered live because cacheMiB had no room for its numbers.", func(s engine.KeptStats) int64 { return s.NoRoom }),
	gaugeOf("kept_bytes", "Memory that kept numbers take.", func(s engine.KeptStats) int64 { return s.Bytes }),
}

var engineMetrics = []instanceMetric[*engine.Engine]{
	gaugeOf("queries_running", "Queries that are being answered now.", (*engine.Engine).Answering),
}

var storeMetrics = []instanceMetric[postgres.Stats]{
	gaugeOf("store_connections_in_use", "Connections to the orders store that queries hold.", func(s postgres.Stats) int64 { return int64(s.InUse) }),
	gaugeOf("store_connections_idle", "Connections to the orders store that are open and free.", func(s postgres.Stats) int64 { return int64(s.Idle) }),
	gaugeOf("store_connections_max", "Connections to the orders store that there may be.", func(s postgres.Stats) int64 { return int64(s.Max) }),
	gaugeOf("queue_length", "Queries that wait for a connection now.", func(s postgres.Stats) int64 { return int64(s.Waiting) }),
	counterOf("queue_waits_total", "Queries that had to wait for a connection.", func(s postgres.Stats) int64 { return s.Waits }),
	counterOf("queue_rejected_total", "Queries that were refused, because the queue was full or they waited too long.", func(s postgres.Stats) int64 { return s.Rejected }),
}

func (c *instanceCollector) add(i *Instance) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.newest[i.id] = i
}

// remove forgets an instance, unless a newer one of the same data source has
// taken its place.
func (c *instanceCollector) remove(i *Instance) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.newest[i.id] == i {
		delete(c.newest, i.id)
	}
}

// Describe implements prometheus.Collector.
func (c *instanceCollector) Describe(descs chan<- *prometheus.Desc) {
	for _, m := range c.engine {
		descs <- m.desc
	}
	for _, m := range c.kept {
		descs <- m.desc
	}
	for _, m := range c.store {
		descs <- m.desc
	}
}

// Collect implements prometheus.Collector.
func (c *instanceCollector) Collect(metrics chan<- prometheus.Metric) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for of, i := range c.newest {
		collect(metrics, of, c.engine, i.engine)
		collect(metrics, of, c.kept, i.engine.Kept())
		collect(metrics, of, c.store, i.store.Stats())
	}
}

func collect[S any](metrics chan<- prometheus.Metric, of identity, shown []instanceMetric[S], stats S) {
	for _, m := range shown {
		metrics <- prometheus.MustNewConstMetric(m.desc, m.kind, float64(m.of(stats)), of.org, of.uid)
	}
}
