package pluginhost_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/genproto/pluginv2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/pullview/orders-datasource/internal/pluginhost"
)

var orders = pluginhost.DataSource{
	ID: 7, UID: "orders", Name: "Orders", URL: "127.0.0.1:5432", User: "reader", Database: "shop",
	JSONData: json.RawMessage(`{"sslmode":"disable"}`),
	Secure:   map[string]string{"password": "swordfish"},
}

func TestEveryQueryIsAnsweredInFramesOrAnErrorOfItsOwn(t *testing.T) {
	t.Parallel()
	plugin := start(t, pluginhost.Options{})

	response, err := plugin.QueryData(t.Context(), &backend.QueryDataRequest{
		PluginContext: plugin.Context(orders),
		Headers:       map[string]string{"FromAlert": "true"},
		Queries: []backend.DataQuery{
			{RefID: "A", JSON: json.RawMessage(`{"metrics":["revenue"]}`)},
			{RefID: "B", QueryType: "fail"},
		},
	})

	require.NoError(t, err)
	require.Len(t, response.Responses, 2)
	answered, failed := response.Responses["A"], response.Responses["B"]
	require.NoError(t, answered.Error)
	assert.Equal(t, backend.StatusOK, answered.Status)
	require.Len(t, answered.Frames, 1)
	frame := answered.Frames[0]
	assert.Equal(t, `{"metrics":["revenue"]}`, frame.At(0, 0))
	assert.Equal(t, "swordfish", frame.At(1, 0))
	assert.Equal(t, "settings", frame.Fields[1].Labels["from"])
	assert.Equal(t, "true", frame.At(2, 0))
	assert.EqualError(t, failed.Error, "no such table")
	assert.Equal(t, backend.StatusBadRequest, failed.Status)
	assert.Equal(t, backend.ErrorSourceDownstream, failed.ErrorSource)
}

func TestThePluginSeesWhatGrafanaWouldShowIt(t *testing.T) {
	t.Setenv("PGHOST", "must.not.arrive")
	t.Setenv("HTTPS_PROXY", "http://proxy.example:3128")
	plugin := start(t, pluginhost.Options{Env: []string{"GF_PLUGIN_SPECIAL=1"}})
	updated := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	dated := orders
	dated.Updated = updated

	seen := examine(t, plugin, dated)

	var names []string
	for _, variable := range seen.Env {
		if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "GF_") || strings.HasPrefix(name, "PG") || strings.HasSuffix(name, "_PROXY") || name == "PATH" {
			names = append(names, variable)
		}
	}
	assert.ElementsMatch(t, []string{
		"GF_VERSION=12.4.0", "GF_EDITION=Open Source", "GF_ENTERPRISE_LICENSE_PATH=", "GF_ENTERPRISE_APP_URL=http://localhost:3000/",
		"HTTPS_PROXY=http://proxy.example:3128", "GF_PLUGIN_SPECIAL=1",
	}, names)
	assert.Empty(t, seen.Args)
	assert.Equal(t, pluginID, seen.PluginID)
	assert.Equal(t, pluginID, seen.Settings.Type)
	assert.EqualValues(t, 1, seen.OrgID)
	assert.Equal(t, "Admin", seen.Role)
	assert.True(t, strings.HasPrefix(seen.Agent, "Grafana/12.4.0 ("), seen.Agent)
	assert.EqualValues(t, 1000000, seen.RowLimit)
	assert.Equal(t, "http://localhost:3000/", seen.AppURL)
	assert.EqualValues(t, 7, seen.Settings.ID)
	assert.Equal(t, "orders", seen.Settings.UID)
	assert.Equal(t, "Orders", seen.Settings.Name)
	assert.Equal(t, "127.0.0.1:5432", seen.Settings.URL)
	assert.Equal(t, "reader", seen.Settings.User)
	assert.Equal(t, "shop", seen.Settings.Database)
	assert.JSONEq(t, `{"sslmode":"disable"}`, string(seen.Settings.JSONData))
	assert.True(t, updated.Equal(seen.Settings.Updated))
}

func TestChangedSettingsMakeANewInstance(t *testing.T) {
	t.Parallel()
	plugin := start(t, pluginhost.Options{})
	changed := orders
	changed.Secure = map[string]string{"password": "trout"}

	assert.Equal(t, "swordfish", examine(t, plugin, orders).Settings.DecryptedSecureJSONData["password"])
	assert.Equal(t, "trout", examine(t, plugin, changed).Settings.DecryptedSecureJSONData["password"])
	assert.NotEqual(t, plugin.Context(orders).DataSourceInstanceSettings.Updated, plugin.Context(changed).DataSourceInstanceSettings.Updated)
}

func TestResourcesAnswerInOnePart(t *testing.T) {
	t.Parallel()
	plugin := start(t, pluginhost.Options{})
	for path, want := range map[string]backend.CallResourceResponse{
		"echo":  {Status: http.StatusOK, Body: []byte("POST echo?limit=3 body")},
		"parts": {Status: http.StatusAccepted, Body: []byte("one two three")},
	} {
		got, err := plugin.CallResource(t.Context(), &backend.CallResourceRequest{
			PluginContext: plugin.Context(orders), Method: http.MethodPost, Path: path, URL: path + "?limit=3", Body: []byte("body"),
		})
		require.NoError(t, err, path)
		assert.Equal(t, want.Status, got.Status)
		assert.Equal(t, string(want.Body), string(got.Body))
		if path == "parts" {
			assert.Equal(t, []string{"text/plain"}, got.Headers["Content-Type"])
		}
	}
	_, err := call(t.Context(), plugin, "nothing")
	assert.ErrorContains(t, err, "no answer")
	_, err = call(t.Context(), plugin, "elsewhere")
	assert.ErrorContains(t, err, "unknown path elsewhere")
	assert.NotErrorIs(t, err, pluginhost.ErrExited)
}

func TestMetricsAreCollectedInPrometheusFormat(t *testing.T) {
	t.Parallel()
	plugin := start(t, pluginhost.Options{})
	result, err := plugin.CollectMetrics(t.Context(), &backend.CollectMetricsRequest{PluginContext: plugin.Context(orders)})
	require.NoError(t, err)
	assert.Contains(t, string(result.PrometheusMetrics), "# TYPE go_goroutines gauge")
}

func TestTheLogHoldsWhatThePluginWrites(t *testing.T) {
	t.Parallel()
	var log lockedBuffer
	plugin := start(t, pluginhost.Options{Log: &log})
	_, err := call(t.Context(), plugin, "log")
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		return strings.Contains(log.String(), `"@message":"a word for the log"`) && strings.Contains(log.String(), "a word for the output")
	}, 10*time.Second, 10*time.Millisecond)
}

func TestACrashIsNamedInTheError(t *testing.T) {
	t.Parallel()
	plugin := start(t, pluginhost.Options{})

	_, err := call(t.Context(), plugin, "crash")

	require.ErrorIs(t, err, pluginhost.ErrExited)
	assert.ErrorContains(t, err, "call resource crash")
	assert.ErrorContains(t, err, pluginID)
	assert.ErrorContains(t, err, "exit status 2")
	assert.ErrorContains(t, err, "panic: out of cheese")
	assert.Equal(t, codes.Unavailable, status.Code(err))
	select {
	case <-plugin.Exited():
	default:
		assert.Fail(t, "the process was reported dead, but not by Exited")
	}
	_, err = plugin.QueryData(t.Context(), &backend.QueryDataRequest{PluginContext: plugin.Context(orders)})
	assert.ErrorIs(t, err, pluginhost.ErrExited)
}

func TestACallEndsWithItsContextAndLeavesThePluginAlive(t *testing.T) {
	t.Parallel()
	plugin := start(t, pluginhost.Options{})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()

	_, err := call(ctx, plugin, "wait")

	assert.ErrorIs(t, err, context.DeadlineExceeded)
	assert.Equal(t, codes.DeadlineExceeded, status.Code(err))
	_, err = call(t.Context(), plugin, "echo")
	assert.NoError(t, err)
}

func TestCloseEndsTheProcessAndRemovesItsSocket(t *testing.T) {
	t.Parallel()
	plugin := start(t, pluginhost.Options{})
	var sockets string
	for _, variable := range examine(t, plugin, orders).Env {
		if value, ok := strings.CutPrefix(variable, "PLUGIN_UNIX_SOCKET_DIR="); ok {
			sockets = value
		}
	}
	require.DirExists(t, sockets)
	process, err := os.FindProcess(plugin.PID())
	require.NoError(t, err)

	plugin.Close()
	plugin.Close()

	assert.NoDirExists(t, sockets)
	assert.Error(t, process.Signal(os.Interrupt), "the process is still there")
	_, err = call(t.Context(), plugin, "echo")
	assert.ErrorIs(t, err, pluginhost.ErrExited)
}

func TestAStartThatFailsSaysWhy(t *testing.T) {
	t.Parallel()
	empty := t.TempDir()
	manifestOnly := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(manifestOnly, "plugin.json"), []byte(`{"id": "x", "executable": "gpx_x"}`), 0o600))
	invalid := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(invalid, "plugin.json"), []byte(`{"id": 1}`), 0o600))
	nameless := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(nameless, "plugin.json"), []byte(`{"id": "x"}`), 0o600))
	for _, test := range []struct {
		name    string
		options pluginhost.Options
		want    string
	}{
		{"no manifest", pluginhost.Options{Dir: empty}, "plugin.json"},
		{"an invalid manifest", pluginhost.Options{Dir: invalid}, "plugin.json"},
		{"no executable named", pluginhost.Options{Dir: nameless}, "no executable"},
		{"not built", pluginhost.Options{Dir: manifestOnly}, "gpx_x_" + runtime.GOOS + "_" + runtime.GOARCH},
		{"ends at once", pluginhost.Options{Dir: built(t), Env: []string{serveEnv + "=broken"}}, "cannot serve today"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := pluginhost.Start(t.Context(), test.options)
			assert.ErrorContains(t, err, test.want)
		})
	}
}

func TestAStartEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err := pluginhost.Start(ctx, pluginhost.Options{Dir: built(t), Env: []string{serveEnv + "=silent"}})
	assert.ErrorIs(t, err, context.DeadlineExceeded)
}

// start runs this test binary as the plugin.
func start(t *testing.T, options pluginhost.Options) *pluginhost.Plugin {
	t.Helper()
	options.Dir = built(t)
	options.Env = append(options.Env, serveEnv+"=1")
	plugin, err := pluginhost.Start(t.Context(), options)
	require.NoError(t, err)
	t.Cleanup(plugin.Close)
	return plugin
}

// built is a plugin's directory, as a build makes it.
func built(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	manifest := `{"id": "` + pluginID + `", "executable": "gpx_test", "info": {"version": "1.2.3"}}`
	require.NoError(t, os.WriteFile(filepath.Join(dir, "plugin.json"), []byte(manifest), 0o600))
	exe, err := os.Executable()
	require.NoError(t, err)
	name := "gpx_test_" + runtime.GOOS + "_" + runtime.GOARCH
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	require.NoError(t, os.Symlink(exe, filepath.Join(dir, name)))
	return dir
}

func call(ctx context.Context, plugin *pluginhost.Plugin, path string) (*backend.CallResourceResponse, error) {
	return plugin.CallResource(ctx, &backend.CallResourceRequest{
		PluginContext: plugin.Context(orders), Method: http.MethodGet, Path: path, URL: path,
	})
}

func examine(t *testing.T, plugin *pluginhost.Plugin, ds pluginhost.DataSource) report {
	t.Helper()
	result, err := plugin.CheckHealth(t.Context(), &backend.CheckHealthRequest{PluginContext: plugin.Context(ds)})
	require.NoError(t, err)
	require.Equal(t, backend.HealthStatusOk, result.Status, result.Message)
	require.Equal(t, "well", result.Message)
	var seen report
	require.NoError(t, json.Unmarshal(result.JSONDetails, &seen))
	return seen
}

// A lockedBuffer may be written and read at the same time.
type lockedBuffer struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

func TestARequestThatIsEncodedInPartsIsAnsweredAsAWhole(t *testing.T) {
	t.Parallel()
	plugin := start(t, pluginhost.Options{})
	always, err := pluginhost.Encode(&backend.QueryDataRequest{PluginContext: plugin.Context(orders), Headers: map[string]string{"FromAlert": "true"}})
	require.NoError(t, err)
	this, err := pluginhost.Encode(&backend.QueryDataRequest{Queries: []backend.DataQuery{{RefID: "A", JSON: json.RawMessage(`{"metrics":["revenue"]}`)}}})
	require.NoError(t, err)

	var response pluginv2.QueryDataResponse
	require.NoError(t, plugin.QueryDataEncoded(t.Context(), [][]byte{always, this}, func(answer []byte) error {
		return proto.Unmarshal(answer, &response)
	}))
	decoded, err := backend.FromProto().QueryDataResponse(&response)
	require.NoError(t, err)
	require.Len(t, decoded.Responses["A"].Frames, 1)
	frame := decoded.Responses["A"].Frames[0]
	assert.Equal(t, `{"metrics":["revenue"]}`, frame.At(0, 0))
	assert.Equal(t, "swordfish", frame.At(1, 0))
	assert.Equal(t, "true", frame.At(2, 0))

	refused := errors.New("not what was expected")
	assert.ErrorIs(t, plugin.QueryDataEncoded(t.Context(), [][]byte{always, this}, func([]byte) error { return refused }), refused)
}

func TestManyCallsAtOnceDoNotBlockTheConnection(t *testing.T) {
	t.Parallel()
	plugin := start(t, pluginhost.Options{})
	request, err := pluginhost.Encode(&backend.QueryDataRequest{
		PluginContext: plugin.Context(orders), Queries: []backend.DataQuery{{RefID: "A", JSON: json.RawMessage(`{"metrics":["revenue"]}`)}},
	})
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	failed := make(chan error, 1_000)
	for range cap(failed) {
		go func() {
			var err error
			for n := 0; n < 10 && err == nil; n++ {
				err = plugin.QueryDataEncoded(ctx, [][]byte{request}, func([]byte) error { return nil })
			}
			failed <- err
		}()
	}
	for range cap(failed) {
		require.NoError(t, <-failed)
	}
}
