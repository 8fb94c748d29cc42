package plugin

import (
	"context"

	"github.com/pullview/orders-datasource/pkg/catalog"
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

var _ engine.DeltaStore = (*liveStore)(nil)

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

// LookAt implements engine.DeltaStore.
func (s *liveStore) LookAt(ctx context.Context, caller query.Caller, tables []*catalog.Table) (engine.DeltaLook, error) {
	look, err := s.store.LookAt(ctx, caller, tables)
	if err != nil {
		return nil, err
	}
	connectionsInUse.WithLabelValues(s.uid).Inc()
	return &deltaLook{DeltaLook: look, uid: s.uid}, nil
}

type deltaLook struct {
	*postgres.DeltaLook
	uid    string
	closed bool
}

// Close implements engine.Look.
func (l *deltaLook) Close() {
	if !l.closed {
		l.closed = true
		connectionsInUse.WithLabelValues(l.uid).Dec()
	}
	l.DeltaLook.Close()
}
