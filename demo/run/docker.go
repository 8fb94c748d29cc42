package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// dockerPatience is how long Docker may take to say that it is there.
const dockerPatience = 10 * time.Second

// dockerAnswers reports why no Docker engine with Compose can be used, or nil.
func dockerAnswers(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, dockerPatience)
	defer cancel()
	for _, args := range [][]string{{"info", "--format", "{{.ServerVersion}}"}, {"compose", "version"}} {
		if out, err := exec.CommandContext(ctx, "docker", args...).CombinedOutput(); err != nil {
			return fmt.Errorf("docker %s: %w %s", strings.Join(args, " "), err, strings.TrimSpace(string(out)))
		}
	}
	return nil
}

// inDocker runs Grafana in a container until ctx ends. On Linux the container shares this machine's network,
// since the store listens on the loopback interface alone; Docker Desktop has a name for that instead.
func (s scene) inDocker(ctx context.Context) (err error) {
	plugin, err := s.pluginForLinux(ctx)
	if err != nil {
		return err
	}
	provisioning := filepath.Join(s.dir, "provisioning")
	if err := os.Mkdir(provisioning, 0o755); err != nil {
		return err
	}
	if err := s.prepareProvisioning(provisioning); err != nil {
		return err
	}
	reserved, err := reservePort(grafanaPort)
	if err != nil {
		return fmt.Errorf("a port for Grafana: %w", err)
	}
	defer func() { err = errors.Join(err, reserved.release()) }()
	port, taken := reserved.port, instead(reserved.port, grafanaPort)
	password := rand.Text()
	variables := map[string]string{
		"LIVE_ORDERS_PLUGIN":         plugin,
		"LIVE_ORDERS_PROVISIONING":   provisioning,
		"LIVE_ORDERS_GRAFANA_PORT":   fmt.Sprint(port),
		"LIVE_ORDERS_ADMIN_PASSWORD": password,
		"LIVE_ORDERS_NETWORK":        "host",
		"LIVE_ORDERS_LISTEN":         "127.0.0.1",
		"LIVE_ORDERS_UNDER":          s.options.under,
	}
	for name, value := range s.environment {
		variables[name] = value
	}
	if runtime.GOOS != "linux" {
		variables["LIVE_ORDERS_NETWORK"] = "bridge"
		variables["LIVE_ORDERS_LISTEN"] = "0.0.0.0" // inside the container; published on the loopback interface only
		for _, name := range []string{"LIVE_ORDERS_URL", "LIVE_ORDERS_SHOP"} {
			_, port, err := net.SplitHostPort(variables[name])
			if err != nil {
				return err
			}
			variables[name] = net.JoinHostPort("host.docker.internal", port)
		}
	}
	compose := func(ctx context.Context, args ...string) *exec.Cmd {
		project := fmt.Sprintf("live-orders-demo-%d", os.Getpid())
		cmd := exec.CommandContext(ctx, "docker", append([]string{"compose", "--project-name", project, "--file", s.options.compose}, args...)...)
		cmd.Env = os.Environ()
		for name, value := range variables {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
		cmd.Stdout, cmd.Stderr = s.out, os.Stderr
		apart(cmd)
		return cmd
	}
	defer func() {
		goodbye, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		defer cancel()
		if downErr := compose(goodbye, "down", "--volumes", "--timeout", "5").Run(); downErr != nil {
			err = errors.Join(err, fmt.Errorf("remove the container: %w", downErr))
		}
	}()
	s.steps.say("Docker fetches and starts Grafana; the first time this takes a while")
	if err := compose(ctx, "up", "--detach").Run(); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return fmt.Errorf("start Grafana in Docker: %w", err)
	}
	return s.present(ctx, presented{address: fmt.Sprintf("http://127.0.0.1:%d%s", port, s.options.under), taken: taken, password: password})
}

// pluginForLinux is a folder with the plugin for a container: the built one, or where that is for another
// system a copy with a program that is built now.
func (s scene) pluginForLinux(ctx context.Context) (string, error) {
	program := programName("linux", runtime.GOARCH)
	if _, err := os.Stat(filepath.Join(s.options.plugin, program)); err == nil {
		return s.options.plugin, nil
	}
	folder := filepath.Join(s.dir, pluginID)
	if err := os.CopyFS(folder, os.DirFS(s.options.plugin)); err != nil {
		return "", fmt.Errorf("copy the plugin: %w", err)
	}
	s.steps.progress("Building the plugin for Linux …")
	cmd := exec.CommandContext(ctx, "go", "build", "-o", filepath.Join(folder, program), "./pkg")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+runtime.GOARCH)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the plugin for Linux: %w %s", err, out)
	}
	return folder, nil
}
