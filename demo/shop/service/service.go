// Package service puts the shop together: the store, the simulated traffic and the HTTP side.
package service

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/pullview/orders-datasource/demo/shop/api"
	"github.com/pullview/orders-datasource/demo/shop/orders"
	"github.com/pullview/orders-datasource/demo/shop/traffic"
)

// shutdownGrace is how long requests may take to finish once the shop is told to end.
const shutdownGrace = 5 * time.Second

// Options are what a shop needs. All are required.
type Options struct {
	// DatabaseURL names the orders store, and a role that may insert and update.
	DatabaseURL string
	// Listener is where the shop answers. Run closes it.
	Listener net.Listener
	// Traffic is the traffic to simulate; its From is usually the end of the history.
	Traffic traffic.Play
	// Stopped begins without traffic, until POST /traffic/start.
	Stopped bool
	Log     *slog.Logger
}

// Run serves and simulates until ctx ends. Then it finishes what it has begun, closes everything and
// returns nil.
func Run(ctx context.Context, options Options) error {
	defer options.Listener.Close()
	config, err := pgxpool.ParseConfig(options.DatabaseURL)
	if err != nil {
		return fmt.Errorf("the shop's database URL: %w", err)
	}
	config.MaxConns = 4
	config.ConnConfig.RuntimeParams["application_name"] = "live-orders-shop"
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return fmt.Errorf("the shop's connections: %w", err)
	}
	defer pool.Close()
	simulator, err := traffic.NewSimulator(ctx, pool, options.Traffic)
	if err != nil {
		return err
	}
	if options.Stopped {
		simulator.Stop()
	}
	server := &http.Server{
		Handler: api.New(api.Deps{
			Saver: orders.NewStore(pool), Traffic: simulator, Healthy: pool.Ping, Now: options.Traffic.Now, Log: options.Log,
		}),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		IdleTimeout:       time.Minute,
	}

	playing, stopPlaying := context.WithCancel(ctx)
	var played sync.WaitGroup
	played.Go(func() { simulator.Run(playing) })
	defer played.Wait()
	defer stopPlaying()

	served := make(chan error, 1)
	go func() { served <- server.Serve(options.Listener) }()
	select {
	case err := <-served:
		return fmt.Errorf("the shop's HTTP server: %w", err)
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownGrace)
	defer cancel()
	if err := server.Shutdown(grace); err != nil {
		return fmt.Errorf("end the shop's HTTP server: %w", err)
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("the shop's HTTP server: %w", err)
	}
	return nil
}
