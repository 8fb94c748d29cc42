// Shop is the demo's orders application: it stores orders that are posted to it, and simulates customers
// and a back office so that the orders store is always busy.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/pullview/orders-datasource/demo/shop/service"
	"github.com/pullview/orders-datasource/demo/shop/traffic"
)

const databaseVariable = "LIVE_ORDERS_SHOP_DATABASE"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	switch err := run(ctx, os.Args[1:], log); {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "shop:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, log *slog.Logger) error {
	flags := flag.NewFlagSet("shop", flag.ContinueOnError)
	database := flags.String("database", os.Getenv(databaseVariable), "URL of the orders store, with demo/schema.sql loaded; without it $"+databaseVariable)
	listen := flags.String("listen", "127.0.0.1:8081", "address to answer on")
	rate := flags.Float64("rate", 1, fmt.Sprintf("how much traffic: 1 is %d orders a day", traffic.DefaultOrdersPerDay))
	seed := flags.Uint64("seed", 1, "seed of everything that is drawn")
	history := flags.Int("history", 0, "days of history to load first; needs an empty store and the owner of its tables")
	stopped := flags.Bool("stopped", false, "begin without traffic, until POST /traffic/start")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *database == "" {
		return errors.New("name the orders store with -database or $" + databaseVariable)
	}

	from := time.Now()
	perDay := *rate * traffic.DefaultOrdersPerDay
	if *history > 0 {
		past := traffic.Past{Seed: *seed, OrdersPerDay: perDay, Days: *history, Until: from}
		if err := load(ctx, *database, past, log); err != nil {
			return err
		}
	}
	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", *listen, err)
	}
	log.Info("the shop is open", "address", "http://"+listener.Addr().String())
	return service.Run(ctx, service.Options{
		DatabaseURL: *database,
		Listener:    listener,
		Traffic:     traffic.Play{Seed: *seed, OrdersPerDay: perDay, From: from, Now: time.Now, Log: log},
		Stopped:     *stopped,
		Log:         log,
	})
}

func load(ctx context.Context, database string, past traffic.Past, log *slog.Logger) error {
	history, err := traffic.TellHistory(past)
	if err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, database)
	if err != nil {
		return fmt.Errorf("connect to the orders store: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	log.Info("loading the history", "days", past.Days, "orders", len(history.Orders), "carts", len(history.Carts))
	return traffic.Load(ctx, conn, history, nil)
}
