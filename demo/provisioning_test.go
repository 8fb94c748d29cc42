package demo_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/demo"
	"github.com/pullview/orders-datasource/demo/provisioned"
	"github.com/pullview/orders-datasource/demo/shop/traffic"
	"github.com/pullview/orders-datasource/demo/watch/alert"
	"github.com/pullview/orders-datasource/demo/watch/board"
	"github.com/pullview/orders-datasource/demo/watch/series"
	"github.com/pullview/orders-datasource/internal/embedpg"
	"github.com/pullview/orders-datasource/internal/pluginhost"
)

func TestMain(m *testing.M) {
	code := embedpg.Main(m)
	if err := os.RemoveAll(built); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// built is the folder that build has made.
var built string

// evening is a busy moment in the past, at which the history ends: 19:30 of a Wednesday in São Paulo.
var evening = time.Date(2026, 3, 11, 22, 30, 0, 0, time.UTC)

const readerPassword = "reads-only"

// filled is an orders store with nine days of history, enough to compare with a week before.
var filled = embedpg.Template{Fill: func(ctx context.Context, conn *pgx.Conn) error {
	if err := demo.LoadSchema(ctx, conn); err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, "alter role "+demo.ReaderRole+" password '"+readerPassword+"'"); err != nil {
		return err
	}
	history, err := traffic.TellHistory(traffic.Past{Seed: 1, OrdersPerDay: 2000, Days: 9, Until: evening})
	if err != nil {
		return err
	}
	return traffic.Load(ctx, conn, history, nil)
}}

// build makes the plugin's folder once, from the sources at hand.
var build = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "live-orders-plugin-")
	if err != nil {
		return "", err
	}
	built = dir
	manifest, err := os.ReadFile("../plugin.json")
	if err != nil {
		return "", err
	}
	// What the frontend's build fills in.
	manifest = bytes.ReplaceAll(manifest, []byte("%VERSION%"), []byte("0.0.0"))
	manifest = bytes.ReplaceAll(manifest, []byte("%TODAY%"), []byte("2026-01-01"))
	if err := os.WriteFile(filepath.Join(dir, "plugin.json"), manifest, 0o644); err != nil {
		return "", err
	}
	program := "gpx_pullview_orders_" + runtime.GOOS + "_" + runtime.GOARCH
	if runtime.GOOS == "windows" {
		program += ".exe"
	}
	out, err := exec.Command("go", "build", "-o", filepath.Join(dir, program), "../pkg").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build the plugin: %w\n%s", err, out)
	}
	return dir, nil
})

// demonstration is the provisioned demo on a store, asked through the plugin's process.
type demonstration struct {
	files  provisioned.Files
	plugin *pluginhost.Plugin
	board  *board.Board
	store  *pgx.Conn
}

func start(t *testing.T, server *embedpg.Server) demonstration {
	t.Helper()
	dsn := filled.Database(t, server)
	config, err := pgx.ParseConfig(dsn)
	require.NoError(t, err)
	store, err := pgx.ConnectConfig(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(func() { _ = store.Close(context.Background()) })
	environment := map[string]string{
		"LIVE_ORDERS_URL":      config.Host + ":" + strconv.Itoa(int(config.Port)),
		"LIVE_ORDERS_DATABASE": config.Database,
		"LIVE_ORDERS_USER":     demo.ReaderRole,
		"LIVE_ORDERS_PASSWORD": readerPassword,
		"LIVE_ORDERS_SSLMODE":  "disable",
	}
	files, err := provisioned.Load(os.DirFS("../provisioning"), func(name string) string { return environment[name] })
	require.NoError(t, err)
	ds, ok := files.DataSource("live-orders")
	require.True(t, ok)
	cat, err := ds.Catalog()
	require.NoError(t, err)
	reader, err := pgxpool.ParseConfig(dsn)
	require.NoError(t, err)
	reader.ConnConfig.User, reader.ConnConfig.Password = demo.ReaderRole, readerPassword
	logged, err := demo.LogChanges(t.Context(), store, reader, cat)
	require.NoError(t, err)
	require.Equal(t, []string{"carts", "orders"}, logged)
	require.NoError(t, demo.PruneChangelogs(t.Context(), store))
	dir, err := build()
	require.NoError(t, err)
	plugin, err := pluginhost.Start(t.Context(), pluginhost.Options{Dir: dir})
	require.NoError(t, err)
	t.Cleanup(plugin.Close)
	shown, err := board.New(plugin, plugin.ID(), files)
	require.NoError(t, err)
	return demonstration{files: files, plugin: plugin, board: shown, store: store}
}

func TestEveryProvisionedPanelIsAnswered(t *testing.T) {
	t.Parallel()
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		t.Parallel()
		d := start(t, server)
		live := map[string]bool{} // panels of which a number was not kept
		for _, dashboard := range d.files.Dashboards {
			for _, answer := range d.board.Dashboard(t.Context(), dashboard, evening, 100) {
				name := dashboard.Title + ": " + answer.Panel.Title
				if !assert.NoError(t, answer.Err, name) {
					continue
				}
				for _, target := range answer.Panel.Targets {
					response, ok := answer.Responses[target.RefID]
					if !assert.True(t, ok, "%s: %s is not answered", name, target.RefID) || !assert.NoError(t, response.Error, name) {
						continue
					}
					assert.Equal(t, backend.StatusOK, response.Status, name)
					assert.Positive(t, numbers(response.Frames), "%s has no number", name)
					for _, frame := range response.Frames {
						require.NotNil(t, frame.Meta, name)
						told, err := json.Marshal(frame.Meta.Custom)
						require.NoError(t, err)
						assert.Contains(t, string(told), `"feed":"log"`, name)
						if strings.Contains(string(told), `"guarantee":"live"`) {
							assert.NotEmpty(t, frame.Meta.ExecutedQueryString, name)
							live[answer.Panel.Title] = true
						}
					}
				}
			}
		}
		// Rows are never kept, nor how many different customers there were up to now.
		assert.Equal(t, map[string]bool{"Customers today": true, "Latest orders": true, "Latest invoices": true}, live)
	})
}

// numbers counts the numbers that are there in frames.
func numbers(frames data.Frames) int {
	n := 0
	for _, frame := range frames {
		for _, field := range frame.Fields {
			if !field.Type().Numeric() {
				continue
			}
			for row := range field.Len() {
				if v, err := field.NullableFloatAt(row); err == nil && v != nil {
					n++
				}
			}
		}
	}
	return n
}

func TestPanelsShowWhatPlainSQLCounts(t *testing.T) {
	t.Parallel()
	d := start(t, embedpg.Shared(t))
	midnight := time.Date(2026, 3, 11, 3, 0, 0, 0, time.UTC)
	const week = 7 * 24 * time.Hour
	for _, c := range []struct {
		dashboard string
		panel     string
		sql       string
		args      []any
		labels    data.Labels // of the series to look at
	}{
		{"live-orders-sales", "Invoiced today",
			`select count(*)::float8 from public.orders where invoiced_at >= $1 and invoiced_at < $2`, []any{midnight, evening}, nil},
		{"live-orders-sales", "Invoiced today",
			`select count(*)::float8 from public.orders where invoiced_at >= $1 and invoiced_at < $2`,
			[]any{midnight.Add(-week), evening.Add(-week)}, data.Labels{"compare": "1w"}},
		{"live-orders-sales", "Revenue today",
			`select sum(total)::float8 from public.orders where invoiced_at >= $1 and invoiced_at < $2`, []any{midnight, evening}, nil},
		{"live-orders-sales", "Ticket today",
			`select (sum(total) / count(*))::float8 from public.orders where invoiced_at >= $1 and invoiced_at < $2`, []any{midnight, evening}, nil},
		{"live-orders-sales", "Customers today",
			`select count(distinct customer_id)::float8 from public.orders where created_at >= $1 and created_at < $2`, []any{midnight, evening}, nil},
		{"live-orders-carts", "Open carts",
			`select count(*)::float8 from public.carts where opened_at < $1 and (closed_at is null or closed_at >= $1)`, []any{evening}, nil},
		{"live-orders-carts", "Open carts",
			`select count(*)::float8 from public.carts where opened_at < $1 and (closed_at is null or closed_at >= $1)`,
			[]any{evening.Add(-week)}, data.Labels{"compare": "1w"}},
		{"live-orders-carts", "Conversion (1 h)",
			`select avg((status = 'checked_out')::int)::float8 from public.carts where closed_at >= $1 and closed_at < $2`,
			[]any{evening.Add(-time.Hour), evening}, nil},
	} {
		var want float64
		require.NoError(t, d.store.QueryRow(t.Context(), c.sql, c.args...).Scan(&want))
		require.Positive(t, want, c.panel)
		response := d.ask(t, c.dashboard, c.panel)
		require.NoError(t, response.Error, c.panel)
		got := value(t, response.Frames, c.labels)
		assert.InEpsilon(t, want, got, 1e-12, "%s %s", c.panel, c.labels)
	}
}

// ask returns the answer of a panel with one query.
func (d demonstration) ask(t *testing.T, uid, title string) backend.DataResponse {
	t.Helper()
	for _, dashboard := range d.files.Dashboards {
		for _, panel := range dashboard.Panels {
			if dashboard.UID == uid && panel.Title == title {
				answer := d.board.Panel(t.Context(), dashboard, panel, evening, 100)
				require.NoError(t, answer.Err)
				return answer.Responses[panel.Targets[0].RefID]
			}
		}
	}
	t.Fatalf("the dashboard %s has no panel %q", uid, title)
	return backend.DataResponse{}
}

// value is the single value of the series with exactly these labels.
func value(t *testing.T, frames data.Frames, labels data.Labels) float64 {
	t.Helper()
	for _, frame := range frames {
		for _, s := range series.Single(frame) {
			if s.Labels.String() == labels.String() {
				require.Len(t, s.Values, 1)
				require.NotNil(t, s.Values[0])
				return *s.Values[0]
			}
		}
	}
	t.Fatalf("there is no series with the labels {%s}", labels)
	return 0
}

func TestEveryProvisionedRuleIsEvaluated(t *testing.T) {
	t.Parallel()
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		t.Parallel()
		d := start(t, server)
		tracker := alert.NewTracker(d.board.AskRule)
		for _, group := range d.files.Groups {
			for _, rule := range group.Rules {
				status := tracker.Evaluate(t.Context(), rule, evening)
				require.NoError(t, status.Err, rule.Title)
				assert.Equal(t, alert.Normal, status.State, rule.Title)
				if assert.NotNil(t, status.Value, rule.Title) {
					assert.Positive(t, *status.Value, rule.Title)
				}
			}
		}
	})
}

func TestRulesFireOnceTheShopStandsStill(t *testing.T) {
	t.Parallel()
	d := start(t, embedpg.Shared(t))
	tracker := alert.NewTracker(d.board.AskRule)
	// The history ends in the evening: nothing is invoiced and no cart is closed from then on.
	states := func(now time.Time) map[string]alert.State {
		states := map[string]alert.State{}
		for _, rule := range d.files.Groups[0].Rules {
			states[rule.UID] = tracker.Evaluate(t.Context(), rule, now).State
		}
		return states
	}
	assert.Equal(t, alert.Normal, states(evening.Add(9 * time.Minute))["live-orders-none-invoiced"])
	assert.Equal(t, alert.Firing, states(evening.Add(11 * time.Minute))["live-orders-none-invoiced"])
	after := states(evening.Add(2 * time.Hour))
	assert.Equal(t, alert.Normal, after["live-orders-low-conversion"], "without closed carts there is nothing to judge")
	assert.Equal(t, alert.Normal, after["live-orders-slow-invoices"], "without invoices there is nothing to judge")

	_, err := d.store.Exec(t.Context(), `update public.carts set status = 'abandoned', order_id = null where closed_at >= $1`, evening.Add(-time.Hour))
	require.NoError(t, err)
	_, err = d.store.Exec(t.Context(), `update public.orders set created_at = created_at - interval '1 hour' where invoiced_at >= $1`, evening.Add(-time.Hour))
	require.NoError(t, err)
	for _, uid := range []string{"live-orders-low-conversion", "live-orders-slow-invoices"} {
		assert.Equal(t, alert.Pending, states(evening)[uid], uid)
		assert.Equal(t, alert.Firing, states(evening.Add(6 * time.Minute))[uid], uid)
	}
}

func TestProvisionedDataSourceIsHealthy(t *testing.T) {
	t.Parallel()
	d := start(t, embedpg.Shared(t))
	ds, ok := d.files.DataSource("live-orders")
	require.True(t, ok)
	result, err := d.plugin.CheckHealth(t.Context(), &backend.CheckHealthRequest{PluginContext: d.plugin.Context(pluginhost.DataSource{
		UID: ds.UID, Name: ds.Name, URL: ds.URL, User: ds.User, JSONData: ds.JSONData, Secure: ds.Secure,
	})})
	require.NoError(t, err)
	assert.Equal(t, backend.HealthStatusOk, result.Status, "%s\n%s", result.Message, result.JSONDetails)
	assert.NotContains(t, string(result.JSONDetails), "warning", "the demo's own store gives no cause for any")
}
