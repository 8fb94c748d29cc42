package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"time"

	"github.com/pullview/orders-datasource/internal/pluginhost"
)

// buildPlugin builds the plugin's program into the directory of the options, as
// Grafana wants it.
func buildPlugin(ctx context.Context, options *pluginhost.Options) error {
	program, err := describePlugin(options.Dir, "plugin.json")
	if err != nil {
		return fmt.Errorf("%w: run the benchmark in the repository's root", err)
	}
	output, err := exec.CommandContext(ctx, "go", "build", "-o", program, "./pkg").CombinedOutput()
	if err != nil {
		return fmt.Errorf("build the plugin: %w\n%s", err, output)
	}
	return nil
}

// describePlugin copies the plugin's manifest into a directory, and returns where
// its program belongs.
func describePlugin(dir, manifest string) (program string, err error) {
	text, err := os.ReadFile(manifest)
	if err != nil {
		return "", err
	}
	var named struct{ Executable string }
	if err := json.Unmarshal(text, &named); err != nil {
		return "", fmt.Errorf("%s: %w", manifest, err)
	}
	program = filepath.Join(dir, fmt.Sprintf("%s_%s_%s", named.Executable, runtime.GOOS, runtime.GOARCH))
	if runtime.GOOS == "windows" {
		program += ".exe"
	}
	return program, os.WriteFile(filepath.Join(dir, "plugin.json"), text, 0o600)
}

func freePort() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	port := strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
	return port, listener.Close()
}

// startProfile begins to record what the plugin's CPU time goes into, where a
// directory for that is named. The function that it returns waits for the file.
func (v *viewing) startProfile(ctx context.Context, viewers int) (finish func() error) {
	if v.profiler == "" {
		return func() error { return nil }
	}
	done := make(chan error, 1)
	go func() {
		done <- v.profile(ctx, filepath.Join(v.profiles, fmt.Sprintf("viewers-%d.pprof", viewers)))
	}()
	return func() error { return <-done }
}

func (v *viewing) profile(ctx context.Context, file string) error {
	seconds := int(max(v.config.watch/time.Second, 1))
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("http://%s/debug/pprof/profile?seconds=%d", v.profiler, seconds), nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	profile, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the plugin's profiler: %s: %s", response.Status, profile)
	}
	return os.WriteFile(file, profile, 0o600)
}
