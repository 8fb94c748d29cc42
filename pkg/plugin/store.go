package plugin

import (
	"context"

	"github.com/pullview/orders-datasource/pkg/engine"
	"github.com/pullview/orders-datasource/pkg/postgres"
	"github.com/pullview/orders-datasource/pkg/query"
)

// liveStore lets the engine look at the orders store.
type liveStore struct{ store *postgres.Store }

var _ engine.DeltaStore = liveStore{}

// Look implements engine.Store.
func (s liveStore) Look(ctx context.Context, caller query.Caller) (engine.Look, error) {
	look, err := s.store.Look(ctx, caller)
	if err != nil {
		return nil, err // not a look that is nil
	}
	return look, nil
}

// LookAt implements engine.DeltaStore.
func (s liveStore) LookAt(ctx context.Context, caller query.Caller, tables []query.Known) (engine.DeltaLook, error) {
	look, err := s.store.LookAt(ctx, caller, tables)
	if err != nil {
		return nil, err
	}
	return look, nil
}
