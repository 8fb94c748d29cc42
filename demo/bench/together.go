package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/pullview/orders-datasource/pkg/query"
)

// dashboardCatalog declares one metric for each of six panels over the same
// orders.
const dashboardCatalog = `{
  "version": 1, "timezone": "America/Sao_Paulo",
  "tables": {"orders": {"relation": "public.orders", "time": "created_at", "changes": {"mode": "log"}, "dimensions": {"channel": {"column": "channel"}}}},
  "metrics": {
    "orders": {"type": "counter", "table": "orders", "help": "Orders created"},
    "invoiced": {"type": "counter", "table": "orders", "where": "status = 'invoiced'", "help": "Orders invoiced, by when they were created"},
    "cancelled": {"type": "counter", "table": "orders", "where": "status = 'cancelled'", "help": "Orders cancelled, by when they were created"},
    "revenue": {"type": "counter", "table": "orders", "sum": "total", "help": "Value of the orders created"},
    "earned": {"type": "counter", "table": "orders", "where": "status = 'invoiced'", "sum": "total", "help": "Value of the orders invoiced"},
    "lost": {"type": "counter", "table": "orders", "where": "status = 'cancelled'", "sum": "total", "help": "Value of the orders cancelled"}}
}`

// dashboardScans is each of these metrics as a statement of its own, as a person
// who knows date_bin writes it.
var dashboardScans = []struct{ metric, aggregate, where string }{
	{"orders", "count(*)", ""},
	{"invoiced", "count(*)", "AND status = 'invoiced'"},
	{"cancelled", "count(*)", "AND status = 'cancelled'"},
	{"revenue", "sum(total)", ""},
	{"earned", "sum(total)", "AND status = 'invoiced'"},
	{"lost", "sum(total)", "AND status = 'cancelled'"},
}

// sixPanels asks at once for six panels of which nothing is kept, and for the
// same numbers by six statements.
func (d *days) sixPanels(ctx context.Context) ([]result, error) {
	six, err := d.shop.keep(dashboardCatalog)
	if err != nil {
		return nil, err
	}
	defer six.store.Close()
	conns := make([]*pgx.Conn, len(dashboardScans))
	for i := range conns {
		if conns[i], err = d.shop.connect(ctx, idiomRole); err != nil {
			return nil, err
		}
		defer func() { _ = conns[i].Close(context.Background()) }()
	}
	measure := func(f func() error) (took, processors time.Duration, err error) {
		before, err := d.shop.processorTime(ctx)
		if err != nil {
			return 0, 0, err
		}
		start := time.Now()
		if err := f(); err != nil {
			return 0, 0, err
		}
		took = time.Since(start)
		after, err := d.shop.processorTime(ctx)
		return took, after - before, err
	}
	var wait, processors []float64
	var panelsTook, scansTook, panelsUsed, scansUsed []time.Duration
	for round := range d.rounds + 1 {
		p := d.short()
		six.forget()
		panels, panelsProcessors, err := measure(func() error {
			return atOnce(len(conns), func(i int) error {
				ask, err := p.request(six.cat, dashboardScans[i].metric)
				if err == nil {
					_, err = six.engine.Answer(ctx, ask, query.Caller{Dashboard: "bench"})
				}
				return err
			})
		})
		if err != nil {
			return nil, fmt.Errorf("six panels: %w", err)
		}
		scans, scansProcessors, err := measure(func() error {
			return atOnce(len(conns), func(i int) error {
				scan := dashboardScans[i]
				_, err := conns[i].Exec(ctx, fmt.Sprintf(`SELECT date_bin('1 minute', created_at, '2000-01-03') AS minute, channel, %s
					FROM public.orders WHERE created_at >= '%s' AND created_at < '%s' %s GROUP BY 1, 2`,
					scan.aggregate, p.from.Format(time.RFC3339Nano), p.to.Format(time.RFC3339Nano), scan.where))
				return err
			})
		})
		if err != nil {
			return nil, fmt.Errorf("six scans: %w", err)
		}
		if round > 0 {
			wait = append(wait, float64(scans)/float64(panels))
			if panelsProcessors > 0 {
				processors = append(processors, float64(scansProcessors)/float64(panelsProcessors))
				panelsUsed, scansUsed = append(panelsUsed, panelsProcessors), append(scansUsed, scansProcessors)
			}
			panelsTook, scansTook = append(panelsTook, panels), append(scansTook, scans)
		}
	}
	faster := median(wait)
	results := []result{{
		"(k) six panels over a day at once, nothing kept, against six scans with date_bin: what a viewer waits", faster, "%.2f× less", "≥ 3.5×", faster >= 3.5,
		fmt.Sprintf("%s against %s; ", rounded(median(panelsTook)), rounded(median(scansTook))) + spread(wait, "%.2f"),
	}}
	if len(processors) > 0 {
		results = append(results, result{what: "(k) the same: processor time of the server", value: median(processors), format: "%.2f× less",
			note: fmt.Sprintf("%s against %s; ", rounded(median(panelsUsed)), rounded(median(scansUsed))) + spread(processors, "%.2f")})
	}
	return results, nil
}

// atOnce calls f for 0 up to n at the same time, and returns the first error.
func atOnce(n int, f func(i int) error) error {
	errs := make([]error, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { errs[i] = f(i) })
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
