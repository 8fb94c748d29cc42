package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/pullview/orders-datasource/demo/provisioned"
	"github.com/pullview/orders-datasource/demo/watch/board"
	"github.com/pullview/orders-datasource/demo/watch/terminal"
	"github.com/pullview/orders-datasource/internal/grafanahome"
	"github.com/pullview/orders-datasource/internal/pluginhost"
)

type viewKind int

const (
	viewTerminal viewKind = iota
	viewGrafana
	viewDocker
)

// errNoGrafana is where no Grafana can be had.
var errNoGrafana = errors.New("no Grafana here: GRAFANA_HOME is not set, there is no grafana on the PATH, and no Docker engine answers")

// chooseView finds out where the dashboards can be shown. Where it is left to the demo and no Grafana can be
// had, it says so and takes the terminal.
func chooseView(ctx context.Context, o options, steps *steps) (viewKind, error) {
	installed := func() error { _, err := grafanahome.Find(os.Getenv(grafanahome.Variable)); return err }
	switch o.view {
	case "terminal":
		return viewTerminal, nil
	case "grafana":
		return viewGrafana, installed()
	case "docker":
		return viewDocker, dockerAnswers(ctx)
	}
	err := installed()
	if err == nil {
		return viewGrafana, nil
	}
	if !errors.Is(err, grafanahome.ErrNone) {
		return 0, err
	}
	if dockerAnswers(ctx) == nil {
		return viewDocker, nil
	}
	if len(o.guest) > 0 {
		return 0, fmt.Errorf("%s needs a Grafana, and there is %w", o.guest[0], errNoGrafana)
	}
	steps.say("There is %v. The dashboards are shown in this terminal.", errNoGrafana)
	return viewTerminal, nil
}

// scene is the demo with its store and shop, ready to be looked at.
type scene struct {
	options     options
	steps       *steps
	out         *os.File
	shop        string // host:port, as seen from this machine
	server      string // the URL of the superuser of the store's server, as seen from this machine; for guests only
	dir         string // for what Grafana needs; only while it is shown there
	environment map[string]string
	end         func()
}

// answered is called once the first panel is answered: from then on the demo's time counts.
func (s scene) answered() {
	if s.options.duration > 0 {
		time.AfterFunc(s.options.duration, s.end)
	}
}

// show shows the dashboards until ctx ends, or the user or the view does. These are no errors.
func (s scene) show(ctx context.Context, view viewKind) (err error) {
	if view == viewTerminal {
		return s.inTerminal(ctx)
	}
	if s.dir, err = os.MkdirTemp("", "live-orders-demo-"); err != nil {
		return fmt.Errorf("a temporary folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(s.dir)) }()
	if view == viewDocker {
		return s.inDocker(ctx)
	}
	return s.inGrafana(ctx)
}

// inTerminal watches the dashboards through the plugin's own process.
func (s scene) inTerminal(ctx context.Context) (err error) {
	files, err := provisioned.Load(os.DirFS(s.options.provisioning), func(name string) string { return s.environment[name] })
	if err != nil {
		return fmt.Errorf("read %s: %w", s.options.provisioning, err)
	}
	starting, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	plugin, err := pluginhost.Start(starting, pluginhost.Options{Dir: s.options.plugin})
	if err != nil {
		return err
	}
	defer plugin.Close()
	shown, err := board.New(plugin, plugin.ID(), files)
	if err != nil {
		return err
	}
	screen, err := terminal.Open(s.out, os.Stdin)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, screen.Close()) }()
	return terminal.Watch(ctx, shown, screen, terminal.Options{
		Answered: s.answered,
		Notes:    []string{"The shop takes orders at http://" + s.environment["LIVE_ORDERS_SHOP"] + "/pedidos/save"},
	})
}
