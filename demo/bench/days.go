package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pullview/orders-datasource/pkg/engine"
	"github.com/pullview/orders-datasource/pkg/query"
)

// days is a shop with a long history, whose panels refresh while orders are
// written.
type days struct {
	config
	refreshes
	history history
}

func measureDays(ctx context.Context, c config) (results []result, err error) {
	s, err := openShop(ctx, c, longHistory)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	d := &days{config: c, history: history{orders: c.days * c.perDay, span: time.Duration(c.days) * 24 * time.Hour, until: time.Now().Truncate(time.Microsecond)}}
	d.shop = s
	if err := s.generate(ctx, c, d.history); err != nil {
		return nil, err
	}
	if d.kept, err = s.keep(loggedCatalog); err != nil {
		return nil, err
	}
	defer d.kept.store.Close()
	if err := s.logChanges(ctx, d.kept.cat); err != nil {
		return nil, err
	}
	if d.idiom, err = s.connect(ctx, idiomRole); err != nil {
		return nil, err
	}
	defer func() { _ = d.idiom.Close(context.Background()) }()

	for _, part := range []func(context.Context) ([]result, error){d.coldAndWarm, d.scattered, d.zoomOut, d.sixPanels} {
		more, err := part(ctx)
		results = append(results, more...)
		if err != nil {
			return results, err
		}
	}
	return results, nil
}

// long is the panel over all of the history, short the one over a day. Both end
// with the bucket that runs.
func (d *days) long() panel  { return until(time.Hour, time.Duration(d.days)*24*time.Hour) }
func (d *days) short() panel { return until(time.Minute, 24*time.Hour) }

// until returns the panel over a span that ends with the running bucket.
func until(step, span time.Duration) panel {
	to := time.Now().Truncate(step).Add(step)
	return panel{from: to.Add(-span), to: to, step: step}
}

// coldAndWarm compares with the idiom what was never asked before, and what is
// refreshed while orders are written.
func (d *days) coldAndWarm(ctx context.Context) (results []result, err error) {
	p := d.long()
	live := engine.New(liveStore{d.kept.store})
	ask, err := p.request(d.kept.cat, "orders")
	if err != nil {
		return nil, err
	}
	answer, err := live.Answer(ctx, ask, query.Caller{})
	if err != nil {
		return nil, err
	}
	workers, err := d.workersOf(ctx, p, answer.Stats.Statements[0])
	if err != nil {
		return nil, err
	}
	var cold []float64
	for range d.longRounds() {
		start := time.Now()
		if _, err := live.Answer(ctx, ask, query.Caller{}); err != nil {
			return nil, err
		}
		own := time.Since(start)
		if err := idiom(ctx, d.idiom, p); err != nil {
			return nil, err
		}
		cold = append(cold, float64(time.Since(start)-own)/float64(own))
	}
	faster := median(cold)
	results = append(results, result{fmt.Sprintf("(i) cold %d d / 1 h by channel", d.days), faster, "%.2f× faster", "≥ 2.5×", faster >= 2.5, workers + "; " + spread(cold, "%.2f")})

	if err := d.kept.fill(ctx, p); err != nil {
		return results, err
	}
	return results, d.shop.during(ctx, func() error {
		for _, warm := range []struct {
			what   string
			rounds int
			at     func() panel
		}{
			{fmt.Sprintf("(d, e) warm refresh, %d d / 1 h by channel", d.days), d.longRounds(), d.long},
			{"(d, e) warm refresh, 24 h / 1 min by channel", d.rounds, d.short},
		} {
			q, err := d.measure(ctx, warm.rounds, warm.at, func(int) error { return nil })
			if err != nil {
				return err
			}
			results = append(results, q.results(warm.what, 500, 100)...)
		}
		return nil
	})
}

// longRounds is how often the panel over all of the history is asked, of which
// the idiom reads every row.
func (d *days) longRounds() int { return min(d.rounds, 5) }

func (d *days) workersOf(ctx context.Context, p panel, statement string) (string, error) {
	bare, err := d.shop.connect(ctx, planRole)
	if err != nil {
		return "", err
	}
	defer func() { _ = bare.Close(context.Background()) }()
	own, err := workersOf(ctx, bare, statement, p.step, p.from, p.to)
	if err != nil {
		return "", fmt.Errorf("explain the panel's statement: %w", err)
	}
	theirs, err := workersOf(ctx, d.idiom, p.idiomSQL())
	if err != nil {
		return "", fmt.Errorf("explain the idiom: %w", err)
	}
	return fmt.Sprintf("parallel workers: %v here, %v in the idiom", own, theirs), nil
}

// scattered changes an order in each of many minutes all over a day.
func (d *days) scattered(ctx context.Context) ([]result, error) {
	const minutes = 120
	each := d.history.span / time.Duration(d.history.orders)
	q, err := d.measure(ctx, d.rounds, d.short, func(round int) error {
		changed := make([]time.Time, minutes)
		for i := range changed {
			back := time.Duration(i*11+round%11+2) * time.Minute
			changed[i] = d.history.until.Add(-(back / each) * each)
		}
		_, err := d.shop.owner.Exec(ctx, "UPDATE orders SET total = total + 1 WHERE created_at = ANY ($1)", changed)
		return err
	})
	if err != nil {
		return nil, err
	}
	return q.results(fmt.Sprintf("(d, e) the same with %d minutes all over the day changed", minutes), 0, 0), nil
}

// zoomOut asks for a coarser step of what is kept in a finer one, while nobody
// writes.
func (d *days) zoomOut(ctx context.Context) ([]result, error) {
	p := d.short()
	if _, err := d.kept.refresh(ctx, p); err != nil {
		return nil, err
	}
	p.step, p.from, p.to = 15*time.Minute, p.from.Truncate(time.Hour), p.to.Truncate(time.Hour)
	p.from = p.from.Add(2 * time.Hour)
	answer, err := d.kept.refresh(ctx, p)
	if err != nil {
		return nil, err
	}
	return []result{{"(j) zoom out from steps of 1 min to 15 min: rows read for it", float64(answer.Stats.Rows), "%.0f", "0", answer.Stats.Rows == 0,
		fmt.Sprintf("%d of %d minutes read", answer.Stats.Fetched, answer.Stats.Cached)}}, nil
}
