package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"

	"github.com/pullview/orders-datasource/internal/leash"
)

// guestGoodbye is how long a guest may take to end once it is told to.
const guestGoodbye = 10 * time.Second

// receive runs the guest program to its end and returns how it ended. It is told where Grafana is, how to sign in,
// where the shop is, how Grafana reaches the store, and how to make stores of its own beside it.
func (s scene) receive(ctx context.Context, p presented) error {
	name := s.options.guest[0]
	s.steps.say("The first panel is answered. The demo ends with %s.", name)
	visiting, leave := context.WithCancelCause(ctx)
	defer leave(nil)
	cmd := exec.CommandContext(visiting, name, s.options.guest[1:]...)
	cmd.Stdout, cmd.Stderr = s.out, s.out
	cmd.Env = append(os.Environ(),
		"GRAFANA_URL="+p.address, "GRAFANA_ADMIN_PASSWORD="+p.password, "LIVE_ORDERS_SHOP="+s.shop, "LIVE_ORDERS_SERVER="+s.server)
	for name, value := range s.environment {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	cmd.WaitDelay = guestGoodbye
	cmd.Cancel = func() error { return askToEnd(cmd.Process) }
	apart(cmd)
	tie, err := leash.New(leash.Options{Signal: "TERM"})
	if err != nil {
		return err
	}
	defer tie.Release()
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", name, err)
	}
	if err := tie.Tie(cmd.Process); err != nil {
		return errors.Join(err, cmd.Process.Kill(), cmd.Wait())
	}
	s.answered()
	go func() {
		select {
		case <-p.ended:
			leave(errors.New("the Grafana process has ended" + p.lastWords()))
		case <-visiting.Done():
		}
	}()
	err = cmd.Wait()
	switch cause := context.Cause(visiting); {
	case ctx.Err() != nil:
		return nil
	case cause != nil:
		return cause
	case err != nil:
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}
