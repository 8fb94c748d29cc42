package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pullview/orders-datasource/internal/pluginhost"
	"github.com/pullview/orders-datasource/pkg/catalog"
)

// viewing is a plugin process that answers viewers while orders are written.
type viewing struct {
	config
	shop     *shop
	plugin   *pluginhost.Plugin
	board    *board
	profiler string // address of the plugin's profiler; empty where none is wanted
}

const (
	// heldViewers is how many a plugin must be able to serve.
	heldViewers = 600
	// mostMemory is how much it may hold.
	mostMemory = 512 << 20
	// mostStatements bounds what it asks of the store in a second: ten looks, with
	// the statements of each.
	mostStatements = 300
)

func measureViewers(ctx context.Context, c config) (results []result, err error) {
	s, err := openShop(ctx, c, nil)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if err := s.generate(ctx, c, history{orders: c.perDay, span: 26 * time.Hour, until: time.Now().Truncate(time.Microsecond)}); err != nil {
		return nil, err
	}
	cat, err := parse(loggedCatalog)
	if err != nil {
		return nil, err
	}
	if err := s.logChanges(ctx, cat); err != nil {
		return nil, err
	}
	v := &viewing{config: c, shop: s}
	end, err := v.startPlugin(ctx, cat)
	if err != nil {
		return nil, err
	}
	defer end()
	err = s.during(ctx, func() error {
		for _, viewers := range c.viewers {
			more, err := v.serve(ctx, viewers)
			results = append(results, more...)
			if err != nil {
				return err
			}
		}
		return nil
	})
	return results, err
}

// startPlugin runs the plugin as Grafana does, with a data source for the shop.
func (v *viewing) startPlugin(ctx context.Context, cat *catalog.Catalog) (end func(), err error) {
	dir, err := os.MkdirTemp("", "live-orders-bench-")
	if err != nil {
		return nil, err
	}
	options := pluginhost.Options{Dir: dir}
	if v.profiles != "" {
		port, err := freePort()
		if err != nil {
			return nil, err
		}
		v.profiler = net.JoinHostPort("127.0.0.1", port)
		options.Env = []string{"GF_PLUGIN_PROFILING_ENABLED=true", "GF_PLUGIN_PROFILING_PORT=" + port}
	}
	if err = v.providePlugin(ctx, &options); err == nil {
		v.plugin, err = pluginhost.Start(ctx, options)
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	end = func() {
		v.plugin.Close()
		_ = os.RemoveAll(dir)
	}
	stored, err := json.Marshal(map[string]any{"database": database, "sslmode": "disable", "catalog": json.RawMessage(loggedCatalog)})
	if err == nil {
		v.board, err = newBoard(v.plugin, pluginhost.DataSource{
			ID: 1, UID: "orders", Name: "Orders", URL: net.JoinHostPort(v.shop.server.Host(), strconv.Itoa(v.shop.server.Port())), User: planRole,
			JSONData: stored, Secure: map[string]string{"password": v.shop.password},
		}, cat.Location())
	}
	if err != nil {
		end()
		return nil, err
	}
	return end, nil
}

// serve measures a number of viewers.
func (v *viewing) serve(ctx context.Context, viewers int) ([]result, error) {
	ctx, cancel := context.WithTimeout(ctx, v.config.watch+10*v.refresh+time.Minute)
	defer cancel()
	// The first viewer of all finds nothing kept; nobody else waits for that.
	first := &audience{board: v.board, viewers: 1, refresh: v.refresh}
	if _, err := first.watch(ctx, 0); err != nil {
		return nil, err
	}
	profile := v.startProfile(ctx, viewers)
	before, err := v.account(ctx)
	if err != nil {
		return nil, err
	}
	a := &audience{board: v.board, viewers: viewers, refresh: v.refresh, samples: 20}
	seen, err := a.watch(ctx, v.watch)
	if err != nil {
		return nil, err
	}
	after, err := v.account(ctx)
	if err != nil {
		return nil, err
	}
	if err := profile(); err != nil {
		return nil, err
	}
	if err := v.check(ctx, seen.sampled); err != nil {
		return nil, fmt.Errorf("%d viewers: %w", viewers, err)
	}
	return seen.results(viewers, after.since(before)), nil
}

// account is what everybody has used so far.
type account struct {
	at                        time.Time
	store                     cost
	looks                     int64
	plugin, generator, server time.Duration // CPU
	peak                      int64         // memory of the plugin
}

func (v *viewing) account(ctx context.Context) (a account, err error) {
	a.at = time.Now()
	if a.store, err = v.shop.cost(ctx, planRole); err != nil {
		return a, err
	}
	if err := v.shop.owner.QueryRow(ctx, `SELECT coalesce(sum(calls), 0)::bigint FROM pg_stat_statements
		WHERE userid = $1::text::regrole AND query LIKE 'LOCK TABLE%'`, planRole).Scan(&a.looks); err != nil {
		return a, err
	}
	// Where the system has no /proc, CPU and memory stay 0 and are not reported.
	a.plugin, _ = processTime(v.plugin.PID())
	a.generator, _ = processTime(os.Getpid())
	a.peak, _ = peakMemory(v.plugin.PID())
	pids, err := v.shop.backends(ctx)
	for _, pid := range pids {
		used, _ := processTime(pid)
		a.server += used
	}
	return a, err
}

func (a account) since(before account) account {
	return account{
		at: time.Time{}.Add(a.at.Sub(before.at)), store: a.store.since(before.store), looks: a.looks - before.looks,
		plugin: a.plugin - before.plugin, generator: a.generator - before.generator, server: a.server - before.server, peak: a.peak,
	}
}

func (o *observed) results(viewers int, used account) []result {
	seconds := used.at.Sub(time.Time{}).Seconds()
	what := fmt.Sprintf("(l) %d viewers × %d panels", viewers, len(boardPanels))
	share := result{what: what + ": refreshes answered before the next", value: 100 * float64(o.inTime) / float64(max(o.refreshes, 1)), format: "%.1f %%"}
	share.note = fmt.Sprintf("%d refreshes, %.1f MB/s", o.refreshes, float64(o.bytes)/1e6/seconds)
	if len(o.panels) > 0 {
		slices.Sort(o.panels)
		share.note += fmt.Sprintf("; a panel within %s (p50), %s (p99)", rounded(o.panels[len(o.panels)/2]), rounded(o.panels[len(o.panels)*99/100]))
	}
	for _, why := range slices.Sorted(maps.Keys(o.failures)) {
		share.note += fmt.Sprintf("; %d panels: %s", o.failures[why], firstLine(why))
	}
	if viewers <= heldViewers {
		share.target, share.met = "100 %", o.inTime == o.refreshes
	}
	asked := result{what: what + ": statements sent to the store", value: float64(used.store.statements) / seconds, format: "%.0f per second", target: fmt.Sprintf("≤ %d", mostStatements)}
	asked.met = asked.value <= mostStatements
	asked.note = fmt.Sprintf("%.1f looks per second; CPU: plugin %.0f %%, generator %.0f %%, server with the writers %.0f %% of a core",
		float64(used.looks)/seconds, 100*used.plugin.Seconds()/seconds, 100*used.generator.Seconds()/seconds, 100*used.server.Seconds()/seconds)
	results := []result{share, asked}
	if used.peak > 0 {
		results = append(results, result{what: what + ": memory of the plugin, at its peak so far", value: float64(used.peak) / (1 << 20), format: "%.0f MiB",
			target: fmt.Sprintf("< %d MiB", mostMemory>>20), met: used.peak < mostMemory})
	}
	return results
}

func rounded(d time.Duration) time.Duration { return d.Round(time.Millisecond) }

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// backends lists the server's processes that have a part in statements.
func (s *shop) backends(ctx context.Context) (pids []int, err error) {
	err = s.owner.QueryRow(ctx, "SELECT array_agg(pid) FROM pg_stat_activity").Scan(&pids)
	return pids, err
}
