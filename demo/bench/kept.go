package main

import (
	"context"
	"fmt"
	"time"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/engine"
	"github.com/pullview/orders-datasource/pkg/postgres"
	"github.com/pullview/orders-datasource/pkg/query"
)

// kept is an engine that keeps numbers of a table with a change log.
type kept struct {
	cat    *catalog.Catalog
	store  *postgres.Store
	engine *engine.Engine
}

// deltaStore lets an engine that keeps numbers use the store as the plugin does.
type deltaStore struct{ liveStore }

func (s deltaStore) LookAt(ctx context.Context, caller query.Caller, tables []query.Known) (engine.DeltaLook, error) {
	look, err := s.liveStore.LookAt(ctx, caller, tables)
	if err != nil {
		return nil, err
	}
	return look, nil
}

// keep makes an engine as the plugin does. The caller closes its store.
func (s *shop) keep(declared string) (*kept, error) {
	cat, err := parse(declared)
	if err != nil {
		return nil, err
	}
	store, err := s.store(cat, 8)
	if err != nil {
		return nil, err
	}
	k := &kept{cat: cat, store: store}
	k.forget()
	return k, nil
}

// forget begins anew with an engine that keeps nothing yet.
func (k *kept) forget() {
	k.engine = engine.NewKeeping(deltaStore{liveStore{k.store}}, engine.Keep{
		Location: k.cat.Location(), Bytes: 256 << 20, MinLookInterval: 100 * time.Millisecond, Audit: true,
	})
}

// fill asks for a panel until its numbers are kept: one that takes long is
// answered live before all of it was read.
func (k *kept) fill(ctx context.Context, p panel) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	for {
		answer, err := k.answer(ctx, p, "orders")
		if err != nil {
			return fmt.Errorf("fill the engine's memory: %w", err)
		}
		if answer.Stats.Guarantee == engine.GuaranteeExact {
			return nil
		}
	}
}

func (k *kept) answer(ctx context.Context, p panel, metrics ...string) (*query.Answer, error) {
	ask, err := p.request(k.cat, metrics...)
	if err != nil {
		return nil, err
	}
	return k.engine.Answer(ctx, ask, query.Caller{Dashboard: "bench"})
}

// refresh is answer for a panel that must not be answered live.
func (k *kept) refresh(ctx context.Context, p panel) (*query.Answer, error) {
	answer, err := k.answer(ctx, p, "orders")
	if err == nil && answer.Stats.Guarantee != engine.GuaranteeExact {
		err = fmt.Errorf("the answer is %s", answer.Stats.Guarantee)
	}
	return answer, err
}
