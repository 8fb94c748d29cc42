package embedpg

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
)

const leashSignal = "KILL"

// shutDown asks for a fast shutdown: sessions are ended, the data is checkpointed. Windows has no signals; the server
// listens on a pipe that pg_ctl knows.
func (p *process) shutDown(c *cluster) error {
	out, err := c.command(context.Background(), "pg_ctl", "stop", "--pgdata", c.data(), "--mode", "fast", "--no-wait").CombinedOutput()
	if err != nil && !p.ended() {
		return fmt.Errorf("pg_ctl stop: %w: %s", err, strings.TrimSpace(string(out)))
	}
	return nil
}

// crash kills the server without a chance to clean up. Its children end when they notice.
func (p *process) crash() error {
	if err := p.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	return nil
}
