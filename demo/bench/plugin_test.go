package main

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/grafana/grafana-plugin-sdk-go/backend/datasource"

	"github.com/pullview/orders-datasource/internal/pluginhost"
	"github.com/pullview/orders-datasource/pkg/plugin"
)

// The plugin's process is the test binary itself, which this variable turns into
// the plugin.
const serveEnv = "BENCH_TEST_SERVE"

func TestMain(m *testing.M) {
	if os.Getenv(serveEnv) == "" {
		os.Exit(m.Run())
	}
	if err := datasource.Manage("pullview-orders-datasource", plugin.New, datasource.ManageOpts{}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// linkPlugin provides this binary as the plugin's program.
func linkPlugin(_ context.Context, options *pluginhost.Options) error {
	program, err := describePlugin(options.Dir, "../../plugin.json")
	if err != nil {
		return err
	}
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	options.Env = append(options.Env, serveEnv+"=1")
	return os.Symlink(exe, program)
}
