package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/pullview/orders-datasource/pkg/query"
)

// dashboardCatalog declares the metrics of the dashboards, all over the same
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
    "lost": {"type": "counter", "table": "orders", "where": "status = 'cancelled'", "sum": "total", "help": "Value of the orders cancelled"},
    "ticket": {"type": "ratio", "numerator": "revenue", "denominator": "orders", "help": "Average value of an order"},
    "invoiced_share": {"type": "ratio", "numerator": "invoiced", "denominator": "orders", "unit": "percentunit", "help": "Orders invoiced among those created"},
    "cancelled_share": {"type": "ratio", "numerator": "cancelled", "denominator": "orders", "unit": "percentunit", "help": "Orders cancelled among those created"}}
}`

// scanned is a panel of a dashboard, and its metric as a statement of its own, as
// a person who knows date_bin writes it.
type scanned struct{ metric, aggregate, where string }

// dashboards are six panels each: one as a shop has it, with ratios, and one on
// which each panel needs an aggregate that no other does, half of them of some
// of the rows.
var dashboards = []struct {
	name   string
	panels []scanned
}{
	{"a shop's", []scanned{
		{"orders", "count(*)", ""},
		{"revenue", "sum(total)", ""},
		{"ticket", "sum(total) / count(*)", ""},
		{"invoiced", "count(*)", "AND status = 'invoiced'"},
		{"invoiced_share", "count(*) FILTER (WHERE status = 'invoiced')::float8 / count(*)", ""},
		{"cancelled_share", "count(*) FILTER (WHERE status = 'cancelled')::float8 / count(*)", ""},
	}},
	{"six aggregates", []scanned{
		{"orders", "count(*)", ""},
		{"invoiced", "count(*)", "AND status = 'invoiced'"},
		{"cancelled", "count(*)", "AND status = 'cancelled'"},
		{"revenue", "sum(total)", ""},
		{"earned", "sum(total)", "AND status = 'invoiced'"},
		{"lost", "sum(total)", "AND status = 'cancelled'"},
	}},
}

// sixPanels asks at once for the six panels of a dashboard of which nothing is
// kept, and for the same numbers by six statements.
func (d *days) sixPanels(ctx context.Context) (results []result, err error) {
	six, err := d.shop.keep(dashboardCatalog)
	if err != nil {
		return nil, err
	}
	defer six.store.Close()
	for _, dashboard := range dashboards {
		more, err := d.together(ctx, six, dashboard.name, dashboard.panels)
		if err != nil {
			return results, err
		}
		results = append(results, more...)
	}
	return results, nil
}

func (d *days) together(ctx context.Context, six *kept, name string, panels []scanned) (results []result, err error) {
	conns := make([]*pgx.Conn, len(panels))
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
	var ownTook, scansTook, ownUsed, scansUsed []time.Duration
	for round := range d.rounds + 1 {
		p := d.short()
		six.forget()
		own, ownProcessors, err := measure(func() error {
			return atOnce(len(conns), func(i int) error {
				ask, err := p.request(six.cat, panels[i].metric)
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
				scan := panels[i]
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
			wait = append(wait, float64(scans)/float64(own))
			if ownProcessors > 0 {
				processors = append(processors, float64(scansProcessors)/float64(ownProcessors))
				ownUsed, scansUsed = append(ownUsed, ownProcessors), append(scansUsed, scansProcessors)
			}
			ownTook, scansTook = append(ownTook, own), append(scansTook, scans)
		}
	}
	faster := median(wait)
	results = []result{{
		fmt.Sprintf("(k) six panels over a day at once, %s, nothing kept, against six scans with date_bin: what a viewer waits", name), faster, "%.2f× less", "≥ 3.5×", faster >= 3.5,
		fmt.Sprintf("%s against %s; ", rounded(median(ownTook)), rounded(median(scansTook))) + spread(wait, "%.2f"),
	}}
	if len(processors) > 0 {
		results = append(results, result{what: "(k) the same: processor time of the server", value: median(processors), format: "%.2f× less",
			note: fmt.Sprintf("%s against %s; ", rounded(median(ownUsed)), rounded(median(scansUsed))) + spread(processors, "%.2f")})
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
