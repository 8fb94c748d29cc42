package plugin

import (
	"context"
	"errors"
	"sync/atomic"
	"time"
)

// entrance bounds how many requests for data are in progress, so that the
// memory of answers in the making, and of those that wait to be sent, does not
// grow with the number of viewers. Alert rules do not pass through it.
type entrance struct {
	places   chan struct{}
	longest  int64         // of the queue
	patience time.Duration // in the queue
	waiting  atomic.Int64
}

// doors is the entrance of this process, whatever data source is asked. 1,400
// viewers of eight panels every 5 s hardly ever wait at it on two cores, see
// docs/benchmarks.md.
var doors = newEntrance(512, 4096, 4*time.Second)

func newEntrance(places int, longest int64, patience time.Duration) *entrance {
	return &entrance{places: make(chan struct{}, places), longest: longest, patience: patience}
}

// errCrowded is the error of a request that found no place.
var errCrowded = errors.New("too many viewers ask at once, more than this Grafana server can answer. The next refresh may find a place; let dashboards refresh less often, or give the server more processors")

// enter waits for a place and takes it until ctx ends, which is when the
// response has been sent or nobody waits for it any more. Where the queue is
// too long, or takes too long, the error is errCrowded.
func (e *entrance) enter(ctx context.Context) error {
	if ctx.Done() == nil {
		return nil
	}
	select {
	case e.places <- struct{}{}:
	default:
		if err := e.queue(ctx); err != nil {
			return err
		}
	}
	context.AfterFunc(ctx, func() { <-e.places })
	return nil
}

func (e *entrance) queue(ctx context.Context) error {
	defer e.waiting.Add(-1)
	if e.waiting.Add(1) > e.longest {
		return errCrowded
	}
	timer := time.NewTimer(e.patience)
	defer timer.Stop()
	select {
	case e.places <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return errCrowded
	}
}
