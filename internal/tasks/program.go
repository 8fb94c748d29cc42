package tasks

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"github.com/pullview/orders-datasource/internal/leash"
)

// runProgram builds a Go program of this module and runs it in the terminal's foreground, with its input and output. It
// is not "go run", which passes no signal on. On Ctrl-C the terminal tells the program, and this waits for its end.
func runProgram(ctx context.Context, pkg string) error {
	ctx, cancel := session(ctx)
	defer cancel()
	binary, err := filepath.Abs(filepath.Join(".cache", "bin", filepath.Base(pkg)))
	if err != nil {
		return err
	}
	if runtime.GOOS == "windows" {
		binary += ".exe"
	}
	if err := run(ctx, os.Stderr, "go", "build", "-o", binary, pkg); err != nil {
		return err
	}
	// Ended as by Ctrl-C should this process die first, for example because mage lost its patience.
	tie, err := leash.New(leash.Options{Signal: "INT"})
	if err != nil {
		return err
	}
	defer tie.Release()
	program := exec.Command(binary)
	program.Stdin, program.Stdout, program.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := program.Start(); err != nil {
		return fmt.Errorf("run %s: %w", pkg, err)
	}
	if err := tie.Tie(program.Process); err != nil {
		_ = program.Process.Kill()
		_ = program.Wait()
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- program.Wait() }()
	select {
	case err = <-ended:
	case <-ctx.Done():
		if cause := context.Cause(ctx); cause == errTerminated || cause == errOrphaned {
			_ = program.Process.Signal(os.Interrupt)
		}
		err = <-ended
	}
	if err != nil {
		return fmt.Errorf("%s: %w", pkg, err)
	}
	return nil
}

// Demo builds the plugin and runs the demo until it is interrupted, or for as long as DEMO_FOR says.
func Demo(ctx context.Context) error {
	if err := Build(ctx); err != nil {
		return err
	}
	return runProgram(ctx, "./demo/run")
}

// Bench runs the benchmarks that compare the plugin with other ways to ask the same.
func Bench(ctx context.Context) error { return runProgram(ctx, "./demo/bench") }
