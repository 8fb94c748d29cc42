package main

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// refreshes compares a panel that refreshes with the idiom, in turn.
type refreshes struct {
	shop  *shop
	kept  *kept
	idiom *pgx.Conn
}

// quotients tells by how much a refresh was cheaper than the idiom, round by
// round, and how much of the range had changed at most.
type quotients struct {
	database, wait []float64
	changed        int           // most buckets that a refresh had to read
	cost           time.Duration // median of a refresh's database time
	idiom          time.Duration // median of the idiom's
	statements     int64         // median of a refresh
}

// measure asks rounds times both ways for the panel that at returns, after
// before was called. The first round does not count.
func (r *refreshes) measure(ctx context.Context, rounds int, at func() panel, before func(round int) error) (*quotients, error) {
	q := &quotients{}
	var costs, idioms []time.Duration
	var statements []int64
	for round := range rounds + 1 {
		if err := before(round); err != nil {
			return nil, err
		}
		changed := 0
		p := at()
		took, spent, err := r.shop.timed(ctx, planRole, func() error {
			answer, err := r.kept.refresh(ctx, p)
			if err == nil {
				changed = answer.Stats.Fetched
			}
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("refresh: %w", err)
		}
		idiomTook, idiomSpent, err := r.shop.timed(ctx, idiomRole, func() error { return idiom(ctx, r.idiom, p) })
		if err != nil {
			return nil, fmt.Errorf("idiom: %w", err)
		}
		if round == 0 {
			continue
		}
		q.changed = max(q.changed, changed)
		q.database = append(q.database, float64(idiomSpent.time)/float64(spent.time))
		q.wait = append(q.wait, float64(idiomTook)/float64(took))
		costs, idioms, statements = append(costs, spent.time), append(idioms, idiomSpent.time), append(statements, spent.statements)
	}
	q.cost, q.idiom, q.statements = median(costs), median(idioms), median(statements)
	return q, nil
}

// results makes two lines of the table. A target of 0 is none.
func (q *quotients) results(what string, database, wait float64) []result {
	line := func(of string, values []float64, least float64, note string) result {
		r := result{what: what + ": " + of, value: median(values), format: "%.0f× less", note: note + spread(values, "%.0f")}
		if least > 0 {
			r.target, r.met = fmt.Sprintf("≥ %.0f×", least), r.value >= least
		}
		return r
	}
	return []result{
		line("database time", q.database, database, fmt.Sprintf("at most %d minutes read, %d statements in %.1f ms against %.0f ms; ",
			q.changed, q.statements, q.cost.Seconds()*1000, q.idiom.Seconds()*1000)),
		line("what a viewer waits", q.wait, wait, ""),
	}
}
