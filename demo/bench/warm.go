package main

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/pullview/orders-datasource/internal/embedpg"
	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/engine"
	"github.com/pullview/orders-datasource/pkg/postgres"
	"github.com/pullview/orders-datasource/pkg/query"
)

// deltaStore is liveStore for an engine that keeps numbers.
type deltaStore struct{ liveStore }

func (s deltaStore) LookAt(ctx context.Context, caller query.Caller, tables []*catalog.Table) (engine.DeltaLook, error) {
	look, err := s.liveStore.LookAt(ctx, caller, tables)
	if err != nil {
		return nil, err
	}
	return look, nil
}

// warm is a panel that refreshes while orders change, on a table with a change
// log.
type warm struct {
	*bench
	kept    *engine.Engine
	request *query.Request
	close   func()
}

func (b *bench) warmUp(ctx context.Context, server *embedpg.Server) (*warm, error) {
	cat, err := catalog.Parse([]byte(loggedCatalog))
	if err != nil {
		return nil, err
	}
	pool, err := pgxpool.ParseConfig(server.DSN("bench"))
	if err != nil {
		return nil, err
	}
	store := postgres.New(postgres.Config{Pool: pool, Catalog: cat, QueryTimeout: time.Minute, PreparedStatements: true})
	w := &warm{bench: b, close: store.Close}
	look, err := store.Look(ctx, query.Caller{})
	if err != nil {
		return nil, err
	}
	log, err := look.ChangelogSQL(ctx, cat.Tables["orders"])
	look.Close()
	if err != nil {
		return nil, err
	}
	for _, sql := range []string{log.Install, "CREATE EXTENSION IF NOT EXISTS pg_stat_statements"} {
		if _, err := b.plain.Exec(ctx, sql, pgx.QueryExecModeSimpleProtocol); err != nil {
			return nil, err
		}
	}
	w.kept = engine.NewKeeping(deltaStore{liveStore{store}}, engine.Keep{Location: cat.Location(), Bytes: 256 << 20, Audit: true})
	ask := query.Query{RefID: "A", Version: 1, Metrics: []string{"orders_created"}, GroupBy: []string{"channel"}, Step: "1m"}
	w.request, err = ask.Validate(cat, query.Environment{
		From: rangeEnd.Add(-24 * time.Hour), To: rangeEnd, Limits: query.Limits{MaxCells: 100_000, MaxSeries: 1000},
	})
	return w, err
}

// measure compares a refresh after three minutes of the range changed with the
// idiom, by the time of the database and by what a viewer waits.
func (w *warm) measure(ctx context.Context) ([]result, error) {
	if _, err := w.kept.Answer(ctx, w.request, query.Caller{}); err != nil {
		return nil, err
	}
	var keptTook, idiomTook, keptDB, idiomDB []time.Duration
	for round := range w.rounds {
		for i := range 3 {
			id := (round*3+i)*(w.rows/w.rounds/4) + w.rows/2
			if _, err := w.plain.Exec(ctx, "UPDATE orders SET status = 'cancelled', total = total + 1 WHERE id = $1", id); err != nil {
				return nil, err
			}
		}
		took, db, err := w.timed(ctx, func() error {
			answer, err := w.kept.Answer(ctx, w.request, query.Caller{})
			if err == nil && answer.Stats.Guarantee != engine.GuaranteeExact {
				err = fmt.Errorf("the answer is %s", answer.Stats.Guarantee)
			}
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("refresh: %w", err)
		}
		keptTook, keptDB = append(keptTook, took), append(keptDB, db)
		if took, db, err = w.timed(ctx, func() error { return w.idiom(ctx) }); err != nil {
			return nil, fmt.Errorf("idiom: %w", err)
		}
		idiomTook, idiomDB = append(idiomTook, took), append(idiomDB, db)
	}
	wait := float64(median(idiomTook)) / float64(median(keptTook))
	database := float64(median(idiomDB)) / float64(median(keptDB))
	return []result{
		{"(d) warm refresh, 24 h / 1 min by channel, 3 minutes changed: database time", database, "%.0f× less", "≥ 500×", database >= 500, "against the idiom"},
		{"(e) the same: what a viewer waits", wait, "%.0f× less", "≥ 100×", wait >= 100, "against the idiom"},
	}, nil
}

// timed measures how long f takes, and how long the server executes and plans
// statements meanwhile.
func (w *warm) timed(ctx context.Context, f func() error) (took, database time.Duration, err error) {
	before, err := w.databaseTime(ctx)
	if err != nil {
		return 0, 0, err
	}
	start := time.Now()
	if err := f(); err != nil {
		return 0, 0, err
	}
	took = time.Since(start)
	after, err := w.databaseTime(ctx)
	return took, after - before, err
}

func (w *warm) databaseTime(ctx context.Context) (time.Duration, error) {
	var milliseconds float64
	err := w.plain.QueryRow(ctx, `SELECT coalesce(sum(total_exec_time + total_plan_time), 0) FROM pg_stat_statements
		WHERE query NOT LIKE '%pg_stat_statements%'`).Scan(&milliseconds)
	return time.Duration(milliseconds * float64(time.Millisecond)), err
}
