package plugin

import (
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/pullview/orders-datasource/pkg/engine"
)

// kept collects what the engines of all instances keep, by the data source's uid.
var kept = func() *keptCollector {
	c := &keptCollector{engines: map[string]*engine.Engine{}, metrics: keptMetrics}
	prometheus.MustRegister(c)
	return c
}()

type keptCollector struct {
	mu      sync.Mutex
	engines map[string]*engine.Engine
	metrics []keptMetric
}

// keptMetric is a metric with the number that it shows.
type keptMetric struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
	of   func(engine.KeptStats) int64
}

var keptMetrics = []keptMetric{
	{keptDesc("looks_total", "Transactions that served queries from memory and read what had changed."), prometheus.CounterValue, func(s engine.KeptStats) int64 { return s.Looks }},
	{keptDesc("look_requests_total", "Queries that these looks served; more than looks, where viewers share them."), prometheus.CounterValue, func(s engine.KeptStats) int64 { return s.Served }},
	{keptDesc("kept_buckets_total", "Buckets of time that answers were made of."), prometheus.CounterValue, func(s engine.KeptStats) int64 { return s.Cached }},
	{keptDesc("fetched_buckets_total", "Buckets of these that had to be read."), prometheus.CounterValue, func(s engine.KeptStats) int64 { return s.Fetched }},
	{keptDesc("audits_total", "Kept buckets that were read again to check them."), prometheus.CounterValue, func(s engine.KeptStats) int64 { return s.Audits }},
	{keptDesc("audit_mismatches_total", "Audits that found another number. Anything but 0 is a defect, or a change log that does not log."), prometheus.CounterValue, func(s engine.KeptStats) int64 { return s.Mismatches }},
	{keptDesc("flushes_total", "Times that all kept numbers of a table were dropped."), prometheus.CounterValue, func(s engine.KeptStats) int64 { return s.Flushes }},
	{keptDesc("kept_bytes", "Memory that kept numbers take."), prometheus.GaugeValue, func(s engine.KeptStats) int64 { return s.Bytes }},
}

func keptDesc(name, help string) *prometheus.Desc {
	return prometheus.NewDesc("live_orders_"+name, help, []string{"datasource"}, nil)
}

func (c *keptCollector) add(uid string, e *engine.Engine) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.engines[uid] = e
}

// remove forgets an engine, unless a newer instance of the data source has
// taken its place.
func (c *keptCollector) remove(uid string, e *engine.Engine) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.engines[uid] == e {
		delete(c.engines, uid)
	}
}

// Describe implements prometheus.Collector.
func (c *keptCollector) Describe(descs chan<- *prometheus.Desc) {
	for _, m := range c.metrics {
		descs <- m.desc
	}
}

// Collect implements prometheus.Collector.
func (c *keptCollector) Collect(metrics chan<- prometheus.Metric) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for uid, e := range c.engines {
		stats := e.Kept()
		for _, m := range c.metrics {
			metrics <- prometheus.MustNewConstMetric(m.desc, m.kind, float64(m.of(stats)), uid)
		}
	}
}
