package tasks

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"
)

// How long a cancelled command may take to end by itself.
const endPatience = 5 * time.Second

// How long the demo may take, which has a browser, a Grafana and a database to end.
const demoPatience = 30 * time.Second

// command prepares a program that is ended together with everything it started when ctx ends.
func command(ctx context.Context, out io.Writer, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.WaitDelay = endPatience
	endAsGroup(cmd)
	return cmd
}

// run runs a program to its end. Its output goes to out, the error names it.
func run(ctx context.Context, out io.Writer, name string, args ...string) error {
	return named(ctx, command(ctx, out, name, args...).Run(), name, args)
}

// named says which program failed, and that it was cancelled where ctx has ended: its own error only tells of a signal.
func named(ctx context.Context, err error, name string, args []string) error {
	if err == nil {
		return nil
	}
	line := strings.Join(append([]string{name}, args...), " ")
	if errors.Is(err, exec.ErrNotFound) {
		return fmt.Errorf("%q needs %s, which is not on PATH: the README lists what to install", line, name)
	}
	if cause := context.Cause(ctx); cause != nil {
		return fmt.Errorf("%q: %w: %w", line, cause, err)
	}
	return fmt.Errorf("%q: %w", line, err)
}

// runs makes a step's run function of a program.
func runs(name string, args ...string) func(context.Context, io.Writer) (string, error) {
	return func(ctx context.Context, out io.Writer) (string, error) {
		return "", run(ctx, out, name, args...)
	}
}
