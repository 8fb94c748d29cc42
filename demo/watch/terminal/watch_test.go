package terminal

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/demo/provisioned"
	"github.com/pullview/orders-datasource/demo/watch/board"
	"github.com/pullview/orders-datasource/internal/pluginhost"
)

// seven answers everything with 7.
type seven struct{}

func (seven) Context(pluginhost.DataSource) backend.PluginContext { return backend.PluginContext{} }

func (seven) QueryData(_ context.Context, request *backend.QueryDataRequest) (*backend.QueryDataResponse, error) {
	response := backend.NewQueryDataResponse()
	for _, query := range request.Queries {
		frame := data.NewFrame("", data.NewField("v", nil, []float64{7}))
		frame.Meta = &data.FrameMeta{Type: data.FrameTypeNumericWide}
		response.Responses[query.RefID] = backend.DataResponse{Status: backend.StatusOK, Frames: data.Frames{frame}}
	}
	return response, nil
}

func sevens(t *testing.T) *board.Board {
	t.Helper()
	panel := provisioned.Panel{Title: "Orders", DataSource: "o", Targets: []provisioned.Target{{RefID: "A", JSON: json.RawMessage(`{}`)}}}
	dashboard := func(title string) provisioned.Dashboard {
		return provisioned.Dashboard{UID: title, Title: title, From: "now-1h", To: "now", Location: time.UTC, Refresh: 5 * time.Second, Panels: []provisioned.Panel{panel}}
	}
	b, err := board.New(seven{}, "orders", provisioned.Files{
		DataSources: []provisioned.DataSource{{UID: "o", Type: "orders"}},
		Dashboards:  []provisioned.Dashboard{dashboard("Sales"), dashboard("Carts")},
		Groups: []provisioned.RuleGroup{{Interval: time.Minute, Rules: []provisioned.Rule{{
			UID: "r", Title: "Too many", Condition: "B",
			Data: []provisioned.Node{
				{RefID: "A", DataSource: "o", Model: json.RawMessage(`{}`), From: time.Minute},
				{RefID: "B", DataSource: provisioned.Expressions, Model: json.RawMessage(`{"type": "threshold", "expression": "A", "conditions": [{"evaluator": {"type": "gt", "params": [5]}}]}`)},
			},
		}}}},
	})
	require.NoError(t, err)
	return b
}

// watchInto watches on a pipe and returns what came through it.
func watchInto(t *testing.T, ctx context.Context, options Options) string {
	t.Helper()
	in, out, err := os.Pipe()
	require.NoError(t, err)
	defer in.Close()
	screen, err := Open(out, os.Stdin)
	require.NoError(t, err)
	read := make(chan string)
	go func() {
		text, _ := io.ReadAll(in)
		read <- string(text)
	}()
	require.NoError(t, Watch(ctx, sevens(t), screen, options))
	require.NoError(t, screen.Close())
	require.NoError(t, out.Close())
	return <-read
}

func TestPlainFramesFollowEachOtherWhereTheOutputIsNoTerminal(t *testing.T) {
	t.Parallel()
	answered := 0
	text := watchInto(t, t.Context(), Options{Frames: 2, Refresh: time.Millisecond, Notes: []string{"a note"}, Answered: func() { answered++ }})
	assert.Equal(t, 1, answered)
	assert.NotContains(t, text, "\x1b")
	assert.Equal(t, 2, strings.Count(text, "SALES "))
	assert.Equal(t, 2, strings.Count(text, "CARTS "), "all dashboards are in a plain frame")
	assert.Len(t, regexp.MustCompile(`(?m)^Orders +7$`).FindAllString(text, -1), 4)
	assert.Equal(t, 2, strings.Count(text, "▲ Firing   Too many                     at 7"))
	assert.Equal(t, 2, strings.Count(text, "\na note\n"))
}

func TestWatchEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	text := watchInto(t, ctx, Options{Refresh: time.Hour, Answered: cancel})
	assert.Empty(t, text, "a frame that was asked for in vain is not shown")
}

func TestBlocksStandBesideEachOther(t *testing.T) {
	t.Parallel()
	assert.Equal(t, []string{
		"\x1b[1mone\x1b[0m     two",
		"1       2",
		"three   22",
		"3       222",
		"four",
	}, beside([][]string{{"\x1b[1mone\x1b[0m", "1"}, {"two", "2", "22", "222"}, {"three", "3"}, {"four"}}, 6)[:5])
}

func TestKeysAreNamed(t *testing.T) {
	t.Parallel()
	for pressed, want := range map[string]string{"\x1b[A": "up", "\x1b[B": "down", "\x1b[C": "right", "\t": "right", "\x1b[D": "left", "\x03": "interrupt", "q": "q"} {
		assert.Equal(t, want, keyOf(pressed))
	}
}
