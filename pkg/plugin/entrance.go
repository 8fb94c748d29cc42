package plugin

import (
	"container/list"
	"context"
	"sync"
	"time"

	"github.com/pullview/orders-datasource/pkg/message"
)

// entrance bounds how many requests for data are in progress, so that the
// memory of answers in the making does not grow with the number of viewers.
// Alert rules do not pass through it.
//
// A free place goes to whoever came last: where more ask than can be answered,
// those who have waited longest are about to give up, and serving them first
// would have everybody wait in vain.
type entrance struct {
	longest  int           // of the queue
	patience time.Duration // in the queue

	mu      sync.Mutex
	places  int        // that are free
	waiting *list.List // of chan error, who came last in front
}

// doors is the entrance of this process, whatever data source is asked. 1,400
// viewers of eight panels every 5 s hardly ever wait at it on two cores, see
// docs/benchmarks.md.
var doors = newEntrance(512, 4096, 4*time.Second)

func newEntrance(places, longest int, patience time.Duration) *entrance {
	return &entrance{places: places, longest: longest, patience: patience, waiting: list.New()}
}

// errCrowded is the error of a request that found no place.
var errCrowded = message.Errorf("too many viewers ask at once, more than this Grafana server can answer. The next refresh may find a place; let dashboards refresh less often, or give the server more processors")

// enter waits for a place and takes it until ctx ends, which is when gRPC has
// taken the response over, to send it when it can, or nobody waits for it any
// more. Who has waited longest
// in a queue that is too long, or waits too long, gets errCrowded.
func (e *entrance) enter(ctx context.Context) error {
	if ctx.Done() == nil {
		return nil
	}
	if err := e.place(ctx); err != nil {
		return err
	}
	context.AfterFunc(ctx, e.leave)
	return nil
}

func (e *entrance) place(ctx context.Context) error {
	turn, ticket := e.queue()
	if turn == nil {
		return nil
	}
	timer := time.NewTimer(e.patience)
	defer timer.Stop()
	var gone error
	select {
	case err := <-turn:
		return err
	case <-ctx.Done():
		gone = context.Cause(ctx)
	case <-timer.C:
		gone = errCrowded
	}
	e.mu.Lock()
	e.waiting.Remove(ticket)
	e.mu.Unlock()
	select {
	case err := <-turn: // it came at the same time
		return err
	default:
		return gone
	}
}

// queue takes a free place, or else a place in the queue: its turn then comes
// with nil, or with the error that it will not come.
func (e *entrance) queue() (turn chan error, ticket *list.Element) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.places > 0 {
		e.places--
		return nil, nil
	}
	turn = make(chan error, 1)
	ticket = e.waiting.PushFront(turn)
	if e.waiting.Len() > e.longest {
		e.call(e.waiting.Back(), errCrowded)
	}
	return turn, ticket
}

func (e *entrance) leave() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if last := e.waiting.Front(); last != nil {
		e.call(last, nil)
		return
	}
	e.places++
}

func (e *entrance) call(ticket *list.Element, err error) {
	e.waiting.Remove(ticket).(chan error) <- err
}

// length is how many wait.
func (e *entrance) length() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.waiting.Len()
}
