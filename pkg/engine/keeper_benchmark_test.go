package engine

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/query"
)

// busyStore has the same row in every minute for each of some groups, and one of
// the minutes has changed at every look.
type busyStore struct {
	now    time.Time
	groups int
	looks  int
}

func (s *busyStore) Look(context.Context, query.Caller) (Look, error) { return s.look(), nil }
func (s *busyStore) LookAt(context.Context, query.Caller, []query.Known) (DeltaLook, error) {
	return s.look(), nil
}

func (s *busyStore) look() *busyLook {
	s.looks++
	return &busyLook{rowLook: &rowLook{store: &rowStore{}, snapshot: query.Snapshot{AsOf: s.now, ID: fmt.Sprint(s.looks)}}, busy: s}
}

type busyLook struct {
	*rowLook
	busy *busyStore
}

func (l *busyLook) Changes(context.Context, *catalog.Table, query.Snapshot) (query.Changes, error) {
	return query.Changes{Dirty: []query.Change{{Column: "at", From: l.busy.now.Add(-time.Minute), To: l.busy.now}}}, nil
}

func (l *busyLook) ScanAll(ctx context.Context, scans []*query.Scan) (all []*query.Cells, err error) {
	for _, scan := range scans {
		cells, _ := l.Scan(ctx, scan)
		all = append(all, cells)
	}
	return all, nil
}

func (l *busyLook) Scan(_ context.Context, scan *query.Scan) (*query.Cells, error) {
	cells := &query.Cells{Columns: make([]query.Column, len(scan.Measures))}
	for g := range l.busy.groups {
		cells.Groups = append(cells.Groups, query.Group{{Text: fmt.Sprint("group ", g)}})
	}
	for bucket := range scan.Buckets.Len() {
		for g := range l.busy.groups {
			cells.Bucket, cells.Group = append(cells.Bucket, int32(bucket)), append(cells.Group, int32(g))
			for i := range cells.Columns {
				cells.Columns[i].Ints = append(cells.Columns[i].Ints, 1)
			}
		}
	}
	cells.Stat.Rows = len(cells.Bucket)
	return cells, nil
}

// BenchmarkWarmLook is a look that serves six panels of a day, of which a minute
// has changed, beside what many others have left in the budget.
func BenchmarkWarmLook(b *testing.B) {
	cat, err := catalog.Parse([]byte(keptCatalog))
	require.NoError(b, err)
	for _, others := range []int{0, 300} {
		b.Run(fmt.Sprint(others, " other panels kept"), func(b *testing.B) {
			store := &busyStore{now: time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC), groups: 5}
			kept := NewKeeping(store, Keep{Location: cat.Location(), Bytes: 1 << 30})
			kept.keeper.patience = time.Hour
			request := func(metric, filter string) *query.Request {
				ask := query.Query{RefID: "A", Version: 1, Metrics: []string{metric}, Step: "10m", GroupBy: []string{"shop"}}
				if filter != "" {
					ask.Filters = []query.Filter{{Key: "shop", Operator: query.Eq, Values: []string{filter}}}
				}
				req, err := ask.Validate(cat, query.Environment{From: store.now.Add(-24 * time.Hour), To: store.now, Limits: query.Limits{MaxCells: 1_000_000, MaxSeries: 1000}})
				require.NoError(b, err)
				return req
			}
			look := func(requests ...*query.Request) {
				var visits []*visit
				for _, req := range requests {
					visits = append(visits, newVisit(context.Background(), req, query.Caller{}))
				}
				for left := visits; len(left) > 0; {
					left = kept.keeper.look(left)
				}
				for _, v := range visits {
					answer, err := v.wait()
					require.NoError(b, err)
					require.Equal(b, GuaranteeExact, answer.Stats.Guarantee)
				}
			}
			for i := range others {
				look(request("orders", fmt.Sprint("of panel ", i)))
			}
			panels := []*query.Request{request("orders", ""), request("paid", ""), request("revenue", ""), request("ticket", ""), request("orders", "1"), request("orders", "2")}
			look(panels...)
			b.ReportMetric(float64(kept.Kept().Bytes), "kept-bytes")
			b.ReportAllocs()
			for b.Loop() {
				look(panels...)
			}
		})
	}
}
