package tasks

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"
	"time"
)

var (
	errTerminated = errors.New("stopped by a signal")
	errOrphaned   = errors.New("stopped, since the program that started this has ended")
)

// session returns a context that also ends where mage's own does not: mage watches for Ctrl-C only, and when mage itself
// is ended, nobody tells the program that it compiled from the Magefile and runs.
func session(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM)
	parent := os.Getppid()
	go func() {
		defer signal.Stop(signals)
		ticker := time.NewTicker(500 * time.Millisecond)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-signals:
				cancel(errTerminated)
			case <-ticker.C:
				if os.Getppid() != parent {
					cancel(errOrphaned)
				}
			}
		}
	}()
	return ctx, func() { cancel(nil) }
}
