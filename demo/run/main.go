// Run starts the whole demo: an orders store with a month of history, the shop and its traffic, and the
// provisioned dashboards in a Grafana where one can be had, or else in the terminal. It ends with Ctrl-C, or
// after the time that the variable DEMO_FOR says, and leaves nothing behind. A program that is named after the
// options is run while Grafana shows the demo, with its address in GRAFANA_URL; then the demo ends with it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/pullview/orders-datasource/demo/shop/service"
	"github.com/pullview/orders-datasource/demo/shop/traffic"
)

// durationVariable holds how long the demo runs, from the first answered panel on.
const durationVariable = "DEMO_FOR"

const (
	grafanaPort = 3000
	shopPort    = 8081
)

func main() {
	// Where nobody reads the output any more a write fails, and the demo ends in good order.
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	go func() {
		<-ctx.Done()
		stop() // a second Ctrl-C ends this process at once; its children are on leashes
	}()
	switch err := run(ctx, os.Args[1:], os.Getenv(durationVariable), os.Stdout); {
	case errors.Is(err, flag.ErrHelp):
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		// Told to end while something was still starting.
	case err != nil:
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

// options are what the command line says.
type options struct {
	view         string
	plugin       string
	provisioning string
	compose      string
	under        string   // the path under which Grafana is served; empty for the root
	guest        []string // a program and its arguments that visit the demo; none for people
	days         int
	rate         float64
	seed         uint64
	duration     time.Duration // 0 for until told
}

func parse(args []string, duration string) (options, error) {
	var o options
	flags := flag.NewFlagSet("run", flag.ContinueOnError)
	flags.StringVar(&o.view, "view", "auto", "where to look: auto, grafana, docker or terminal")
	flags.StringVar(&o.plugin, "plugin", "dist", "folder of the built plugin")
	flags.StringVar(&o.provisioning, "provisioning", "provisioning", "folder of provisioning files")
	flags.StringVar(&o.compose, "compose", "docker-compose.yaml", "how Docker starts Grafana")
	flags.StringVar(&o.under, "under", "", "path under which Grafana is served, such as /grafana")
	flags.IntVar(&o.days, "days", 30, "days of history")
	flags.Float64Var(&o.rate, "rate", 1, fmt.Sprintf("how much traffic: 1 is %d orders a day", traffic.DefaultOrdersPerDay))
	flags.Uint64Var(&o.seed, "seed", 1, "seed of the history and the traffic")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	switch o.view {
	case "auto", "grafana", "docker", "terminal":
	default:
		return o, fmt.Errorf("-view is auto, grafana, docker or terminal, not %q", o.view)
	}
	if o.under != "" && (!strings.HasPrefix(o.under, "/") || strings.HasSuffix(o.under, "/")) {
		return o, fmt.Errorf("-under is a path such as /grafana, not %q", o.under)
	}
	if o.guest = flags.Args(); len(o.guest) > 0 && o.view == "terminal" {
		return o, fmt.Errorf("%s visits Grafana, and -view is terminal", o.guest[0])
	}
	if duration != "" {
		var err error
		if o.duration, err = time.ParseDuration(duration); err != nil || o.duration <= 0 {
			return o, fmt.Errorf("%s is a duration such as 30s, not %q", durationVariable, duration)
		}
	}
	for _, path := range []*string{&o.plugin, &o.provisioning, &o.compose} {
		absolute, err := filepath.Abs(*path)
		if err != nil {
			return o, err
		}
		*path = absolute
	}
	return o, nil
}

func run(ctx context.Context, args []string, duration string, out *os.File) (err error) {
	o, err := parse(args, duration)
	if err != nil {
		return err
	}
	steps := newSteps(out)
	program := filepath.Join(o.plugin, programName(runtime.GOOS, runtime.GOARCH))
	if _, err := os.Stat(program); err != nil {
		return fmt.Errorf("the plugin is not built: %s is missing; run go tool mage build first", program)
	}

	ctx, end := context.WithCancel(ctx)
	defer end()
	store, err := openStore(ctx, steps, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.stop()) }()

	listener, err := listenNear(shopPort)
	if err != nil {
		return fmt.Errorf("a port for the shop: %w", err)
	}
	view, err := chooseView(ctx, o, steps)
	if err != nil {
		_ = listener.Close()
		return err
	}

	var log io.Writer = out
	if view == viewTerminal {
		log = io.Discard // it would write over the dashboards
	}
	shop := listener.Addr().String()
	shopEnded := make(chan error, 1)
	go func() {
		running, shopCtx := errgroup.WithContext(ctx)
		running.Go(func() error { return openShop(shopCtx, o, store, listener, log) })
		running.Go(func() error { return store.prune(shopCtx) })
		shopEnded <- running.Wait()
	}()
	defer func() {
		end()
		err = errors.Join(err, <-shopEnded)
	}()
	steps.say("The shop takes orders at http://%s/pedidos/save%s", shop, instead(listener.Addr().(*net.TCPAddr).Port, shopPort))

	environment := store.environment()
	environment["LIVE_ORDERS_SHOP"] = shop
	scene := scene{options: o, steps: steps, out: out, shop: shop, server: store.server.DSN("postgres"), environment: environment, end: end}
	watching := make(chan error, 1)
	go func() { watching <- scene.show(ctx, view) }()
	select {
	case err := <-watching:
		return err
	case err := <-shopEnded:
		end()
		shopEnded <- nil // for the deferred wait
		return errors.Join(err, <-watching)
	}
}

func openShop(ctx context.Context, o options, store *store, listener net.Listener, log io.Writer) error {
	logger := slog.New(slog.NewTextHandler(log, nil))
	return service.Run(ctx, service.Options{
		DatabaseURL: store.shopURL,
		Listener:    listener,
		Log:         logger,
		Traffic: traffic.Play{
			Seed: o.seed, OrdersPerDay: o.rate * traffic.DefaultOrdersPerDay, From: store.until, Now: time.Now, Log: logger,
		},
	})
}

// programName is the file name of the plugin's program for a platform.
func programName(system, machine string) string {
	name := "gpx_pullview_orders_" + system + "_" + machine
	if system == "windows" {
		name += ".exe"
	}
	return name
}

// listenNear listens on the port, or on the next free one of the loopback interface.
func listenNear(port int) (net.Listener, error) {
	var first error
	for candidate := port; candidate < port+100; candidate++ {
		listener, err := listen(candidate)
		if err == nil {
			return listener, nil
		}
		if first == nil {
			first = err
		}
	}
	return nil, fmt.Errorf("none is free from %d on: %w", port, first)
}

func listen(port int) (net.Listener, error) {
	return net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
}

// reservation is a port of the loopback interface for a program that will listen on it by itself.
type reservation struct {
	port  int
	claim net.Listener
}

// reservePort reserves the port wanted, or the next one that is free and not reserved by another demo. Until the
// program listens the port is free for everybody who looks: what tells other demos that it is not is a port apart,
// on which the demo listens until release, or until it dies.
func reservePort(wanted int) (reservation, error) {
	var first error
	for candidate := wanted; candidate < wanted+100; candidate++ {
		reserved, err := reserve(candidate)
		if err == nil {
			return reserved, nil
		}
		if first == nil {
			first = err
		}
	}
	return reservation{}, fmt.Errorf("none is free from %d on: %w", wanted, first)
}

func reserve(port int) (reservation, error) {
	claim, err := listen(port ^ 1<<14) // 19384 for 3000: below the ports that systems give out by themselves
	if err != nil {
		return reservation{}, err
	}
	listener, err := listen(port)
	if err != nil {
		return reservation{}, errors.Join(err, claim.Close())
	}
	if err := listener.Close(); err != nil {
		return reservation{}, errors.Join(err, claim.Close())
	}
	return reservation{port, claim}, nil
}

// release leaves the port to other demos, once the program has left it.
func (r reservation) release() error { return r.claim.Close() }

// instead says which port was wanted, where it was taken.
func instead(port, wanted int) string {
	if port == wanted {
		return ""
	}
	return fmt.Sprintf(" (port %d is taken)", wanted)
}
