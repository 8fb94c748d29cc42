package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// measureScale compares the refresh of a day's panel with the idiom, on as many
// orders in a day as a very large shop has.
func measureScale(ctx context.Context, c config) (results []result, err error) {
	s, err := openShop(ctx, c, longHistory)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if err := s.generate(ctx, c, history{orders: c.scale, span: 24 * time.Hour, until: time.Now().Truncate(time.Microsecond)}); err != nil {
		return nil, err
	}
	r := &refreshes{shop: s}
	if r.kept, err = s.keep(loggedCatalog); err != nil {
		return nil, err
	}
	defer r.kept.store.Close()
	if err := s.logChanges(ctx, r.kept.cat); err != nil {
		return nil, err
	}
	if r.idiom, err = s.connect(ctx, idiomRole); err != nil {
		return nil, err
	}
	defer func() { _ = r.idiom.Close(context.Background()) }()
	short := func() panel { return until(time.Minute, 24*time.Hour) }
	began := time.Now()
	if err := r.kept.fill(ctx, short()); err != nil {
		return nil, err
	}
	fmt.Fprintf(c.out, "first answer after %s\n", time.Since(began).Round(time.Second))
	err = s.during(ctx, func() error {
		q, err := r.measure(ctx, min(c.rounds, 3), short, func(int) error { return nil })
		if err == nil {
			results = q.results(fmt.Sprintf("(m) warm refresh, 24 h / 1 min by channel, of %d orders", c.scale), 1000, 0)
		}
		return err
	})
	return results, err
}
