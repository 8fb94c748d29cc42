// Command bench measures Live Orders against plain ways to ask the same of the
// same server, and prints ratios. Absolute times say little on a machine that
// does other things too; a ratio of two things measured in turn says more.
//
// Usage:
//
//	go run ./demo/bench [-rows 2000000] [-rounds 11] [-workers 2]
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"text/tabwriter"
	"time"

	"github.com/pullview/orders-datasource/internal/embedpg"
)

func main() {
	config := config{out: os.Stdout}
	flag.IntVar(&config.rows, "rows", 2_000_000, "orders in 48 hours")
	flag.IntVar(&config.rounds, "rounds", 11, "times that each way is measured, in turn")
	flag.IntVar(&config.workers, "workers", 2, "max_parallel_workers_per_gather of the server")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, config); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

type config struct {
	rows, rounds, workers int
	out                   io.Writer
}

func run(ctx context.Context, c config) error {
	server, err := embedpg.Start(ctx, embedpg.Options{Settings: map[string]string{
		"shared_buffers":                    "1GB",
		"shared_preload_libraries":          "pg_stat_statements",
		"pg_stat_statements.track_planning": "on",
		"max_parallel_workers_per_gather":   fmt.Sprint(c.workers),
		"max_parallel_workers":              fmt.Sprint(c.workers),
	}})
	if err != nil {
		return fmt.Errorf("start a server: %w", err)
	}
	defer func() { _ = server.Stop() }()
	fmt.Fprintf(c.out, "%s, %d orders in 48 hours, max_parallel_workers_per_gather = %d, %d rounds, medians\n\n", server, c.rows, c.workers, c.rounds)

	b, err := prepare(ctx, server, c)
	if err != nil {
		return err
	}
	defer b.close()
	results, err := b.measure(ctx)
	if err != nil {
		return err
	}
	w, err := b.warmUp(ctx, server)
	if err != nil {
		return err
	}
	defer w.close()
	refreshes, err := w.measure(ctx)
	if err != nil {
		return err
	}
	return report(c.out, append(results, refreshes...))
}

// result is one comparison of the table.
type result struct {
	what   string
	value  float64
	format string
	target string
	met    bool
	note   string
}

func report(out io.Writer, results []result) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "measured\tresult\ttarget\tmet\t")
	for _, r := range results {
		met := "yes"
		if !r.met {
			met = "NO"
		}
		fmt.Fprintf(table, "%s\t"+r.format+"\t%s\t%s\t%s\n", r.what, r.value, r.target, met, r.note)
	}
	return table.Flush()
}

// rangeEnd is where the orders of the benchmark end: a whole hour, so that the
// range of a panel needs no widening.
var rangeEnd = time.Date(2026, 3, 10, 15, 0, 0, 0, time.UTC)
