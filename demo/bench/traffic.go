package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// traffic writes orders as a busy shop does: in every second so many are
// placed, as many invoiced, and as many changed, each in a transaction of its
// own. Those that change were placed seconds ago, so few minutes do.
type traffic struct {
	cancel context.CancelFunc
	ended  chan struct{}
	err    error
	placed int
}

const (
	ordersPerSecond = 50
	invoicedAfter   = 5 * time.Second
	changedAfter    = 15 * time.Second
)

// startTraffic begins to write. The caller stops it.
func (s *shop) startTraffic(ctx context.Context) (*traffic, error) {
	conn, err := pgx.Connect(ctx, s.server.DSN(database))
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	t := &traffic{cancel: cancel, ended: make(chan struct{})}
	go func() {
		defer close(t.ended)
		defer func() { _ = conn.Close(context.Background()) }()
		if err := t.write(ctx, conn); ctx.Err() == nil {
			t.err = fmt.Errorf("write orders: %w", err)
		}
	}()
	return t, nil
}

// stop ends the writing, and tells how many orders were placed. It is safe to
// call more than once.
func (t *traffic) stop() (placed int, err error) {
	t.cancel()
	<-t.ended
	return t.placed, t.err
}

type order struct {
	id int64
	at time.Time
}

// write writes until it fails or ctx ends.
func (t *traffic) write(ctx context.Context, conn *pgx.Conn) error {
	const ahead = 1 << 40 // no number of the history
	var placed []order
	invoiced, changed := 0, 0
	due := time.Now()
	for {
		if err := sleepUntil(ctx, due); err != nil {
			return err
		}
		due = due.Add(time.Second / ordersPerSecond)
		now := order{id: ahead + int64(t.placed)}
		err := conn.QueryRow(ctx, `INSERT INTO orders VALUES ($1::bigint, clock_timestamp(), NULL, 'new',
			(ARRAY['web','app','store','phone','partner'])[1 + $1::bigint % 5], (ARRAY['SP','RJ','MG','RS','PR','BA'])[1 + $1::bigint % 6], ($1::bigint % 1000) / 10.0)
			RETURNING created_at`, now.id).Scan(&now.at)
		if err != nil {
			return err
		}
		t.placed++
		placed = append(placed, now)
		for ; now.at.Sub(placed[invoiced].at) > invoicedAfter; invoiced++ {
			o := placed[invoiced]
			if _, err := conn.Exec(ctx, "UPDATE orders SET status = 'invoiced', invoiced_at = clock_timestamp() WHERE created_at = $1 AND id = $2", o.at, o.id); err != nil {
				return err
			}
		}
		for ; now.at.Sub(placed[changed].at) > changedAfter; changed++ {
			o := placed[changed]
			if _, err := conn.Exec(ctx, "UPDATE orders SET total = total + 1 WHERE created_at = $1 AND id = $2", o.at, o.id); err != nil {
				return err
			}
		}
	}
}

// sleepUntil returns at an instant, at once where it has passed.
func sleepUntil(ctx context.Context, at time.Time) error {
	pause := time.Until(at)
	if pause <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// during runs f while orders are written.
func (s *shop) during(ctx context.Context, f func() error) error {
	t, err := s.startTraffic(ctx)
	if err != nil {
		return err
	}
	err = f()
	_, stopped := t.stop()
	return errors.Join(err, stopped)
}
