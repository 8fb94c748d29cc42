// Watch shows provisioned dashboards and alert rules in a terminal. Everything it shows was asked through the
// plugin's own process, in the way in which Grafana asks.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/pullview/orders-datasource/demo/provisioned"
	"github.com/pullview/orders-datasource/demo/watch/board"
	"github.com/pullview/orders-datasource/demo/watch/terminal"
	"github.com/pullview/orders-datasource/internal/pluginhost"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	switch err := run(ctx, os.Args[1:]); {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "watch:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) (err error) {
	flags := flag.NewFlagSet("watch", flag.ContinueOnError)
	dir := flags.String("provisioning", "provisioning", "folder of provisioning files; their variables, such as $LIVE_ORDERS_URL, come from the environment")
	dist := flags.String("plugin", "dist", "folder of the built plugin")
	refresh := flags.Duration("refresh", 0, "time between two frames; 0 is what the dashboards say")
	frames := flags.Int("frames", 0, "end after so many frames; 0 is never")
	logFile := flags.String("log", "", "file for the plugin's log")
	if err := flags.Parse(args); err != nil {
		return err
	}
	files, err := provisioned.Load(os.DirFS(*dir), os.Getenv)
	if err != nil {
		return fmt.Errorf("read %s: %w", *dir, err)
	}
	log := io.Discard
	if *logFile != "" {
		file, err := os.Create(*logFile)
		if err != nil {
			return fmt.Errorf("the plugin's log: %w", err)
		}
		defer file.Close()
		log = file
	}
	starting, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	plugin, err := pluginhost.Start(starting, pluginhost.Options{Dir: *dist, Log: log})
	if err != nil {
		return err
	}
	defer plugin.Close()
	shown, err := board.New(plugin, plugin.ID(), files)
	if err != nil {
		return err
	}
	screen, err := terminal.Open(os.Stdout, os.Stdin)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, screen.Close()) }()
	return terminal.Watch(ctx, shown, screen, terminal.Options{Refresh: *refresh, Frames: *frames})
}
