package tasks

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"

	"github.com/grafana/grafana-plugin-sdk-go/build"
)

// A platform is a machine for which the backend is built.
type platform struct{ os, arch string }

// The platforms for which the plugin is released.
var platforms = []platform{
	{"linux", "amd64"},
	{"linux", "arm64"},
	{"darwin", "amd64"},
	{"darwin", "arm64"},
	{"windows", "amd64"},
}

var thisMachine = platform{runtime.GOOS, runtime.GOARCH}

// Build builds both halves of the plugin into dist, the backend for this machine.
func Build(ctx context.Context) error {
	ctx, cancel := session(ctx)
	defer cancel()
	return runSteps(ctx, os.Stdout, buildSteps(thisMachine))
}

// BuildAll builds both halves of the plugin into dist, the backend for every platform of a release.
func BuildAll(ctx context.Context) error {
	ctx, cancel := session(ctx)
	defer cancel()
	return runSteps(ctx, os.Stdout, buildSteps(platforms...))
}

func buildSteps(targets ...platform) []step {
	return []step{
		{name: "npm packages", run: installModules},
		{name: "frontend build", after: []string{"npm packages"}, run: runs("npm", "run", "--silent", "build")},
		// Second, since the frontend's bundler empties dist first.
		{name: "backend build", after: []string{"frontend build"}, run: func(ctx context.Context, _ io.Writer) (string, error) {
			return "", buildBackend(ctx, targets...)
		}},
	}
}

// buildBackend builds the plugin's program as the SDK does for every plugin: dist/gpx_pullview_orders_<os>_<arch>, static,
// with version and build time, and the list of sources that Grafana's review asks for. The SDK's build prints by itself.
func buildBackend(ctx context.Context, targets ...platform) error {
	if err := build.SetBeforeBuildCallback(configure); err != nil {
		return err
	}
	for _, target := range targets {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := (build.Build{}).Custom(target.os, target.arch); err != nil {
			return fmt.Errorf("build for %s/%s: %w", target.os, target.arch, err)
		}
	}
	return nil
}

// configure is called by the SDK before each of its steps.
func configure(config build.Config) (build.Config, error) {
	config.PluginJSONPath = "." // the SDK looks in src otherwise
	if config.Env != nil {      // which has no environment where nothing is compiled
		_, config.Env["GOFLAGS"], _ = strings.Cut(goflags("-trimpath"), "=") // no path of this machine in the program
	}
	return config, nil
}

// Clean removes what the other targets make, except for node_modules.
func Clean() error {
	for _, dir := range []string{"dist", "coverage", ".cache"} {
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
	}
	return nil
}
