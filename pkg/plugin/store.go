package plugin

import (
	"context"

	"github.com/pullview/orders-datasource/pkg/engine"
	"github.com/pullview/orders-datasource/pkg/postgres"
	"github.com/pullview/orders-datasource/pkg/query"
)

// liveStore lets the engine look at the orders store, and counts the
// connections that its looks hold.
type liveStore struct {
	store *postgres.Store
	uid   string
}

var _ engine.Store = (*liveStore)(nil)

// Look implements engine.Store.
func (s *liveStore) Look(ctx context.Context, caller query.Caller) (engine.Look, error) {
	look, err := s.store.Look(ctx, caller)
	if err != nil {
		return nil, err
	}
	connectionsInUse.WithLabelValues(s.uid).Inc()
	return &liveLook{Look: look, uid: s.uid}, nil
}

type liveLook struct {
	*postgres.Look
	uid    string
	closed bool
}

// Close implements engine.Look.
func (l *liveLook) Close() {
	if !l.closed {
		l.closed = true
		connectionsInUse.WithLabelValues(l.uid).Dec()
	}
	l.Look.Close()
}

// recordScan returns the scan by which the engine would read the records of a
// request.
func recordScan(ctx context.Context, snapshot query.Snapshot, request *query.Request) (*query.RecordScan, error) {
	look := &scanListener{snapshot: snapshot}
	_, err := engine.New(emptyStore{look}).Answer(ctx, request, query.Caller{})
	return look.records, err
}

// emptyStore is a store without rows, whose one look remembers what was asked.
type emptyStore struct{ look *scanListener }

func (s emptyStore) Look(context.Context, query.Caller) (engine.Look, error) { return s.look, nil }

type scanListener struct {
	engine.Look // not set: records are all that is asked for
	snapshot    query.Snapshot
	records     *query.RecordScan
}

func (l *scanListener) Snapshot() query.Snapshot { return l.snapshot }

func (l *scanListener) Records(_ context.Context, scan *query.RecordScan) (*query.Records, query.ScanStat, error) {
	l.records = scan
	return &query.Records{}, query.ScanStat{}, nil
}

func (l *scanListener) Close() {}
