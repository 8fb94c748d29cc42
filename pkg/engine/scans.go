package engine

import (
	"time"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/query"
)

// Scans returns the scans that would answer a request if the database clock
// showed asOf, without running them. Those whose shape depends on a result,
// such as the "others" of metrics that do not merge, are not among them.
func Scans(req *query.Request, asOf time.Time) []query.Scan {
	p := planner{req: req}
	lanes := layLanes(req, req.Grid, asOf)
	for _, m := range req.Metrics {
		for i := range lanes {
			p.plan(m, &lanes[i], req.GroupBy, nil)
		}
	}
	return p.scans()
}

// MetricScans returns the scans that read a metric in every form that a query
// may ask of it, for checking that the orders store can run them.
func MetricScans(cat *catalog.Catalog, m *catalog.Metric, now time.Time) ([]query.Scan, error) {
	view := m.Views()[0]
	ask := query.Query{RefID: "check", Type: query.TypeMetric, Version: 1, Metrics: []string{m.Name}, View: view, Step: "1m"}
	env := query.Environment{From: now.Add(-time.Hour), To: now, Limits: query.Limits{MaxCells: 1 << 20, MaxSeries: 1 << 20}}
	var scans []query.Scan
	for _, exact := range []bool{false, true} {
		if exact && (m.Type != catalog.Histogram && m.Type != catalog.Summary) {
			break
		}
		ask.Exact = exact
		req, err := ask.Validate(cat, env)
		if err != nil {
			return nil, err
		}
		scans = append(scans, Scans(req, now)...)
	}
	return scans, nil
}

func (p *planner) scans() []query.Scan {
	scans := make([]query.Scan, len(p.batch.pending))
	for i, pending := range p.batch.pending {
		p.batch.bound(pending, p.req.Limits.MaxCells, false)
		scans[i] = pending.scan
	}
	return scans
}
