package plugin

import (
	"container/list"
	"context"
	"runtime"
	"sync"
	"time"

	"github.com/pullview/orders-datasource/pkg/message"
)

// entrance bounds how many requests for data are in progress, so that the
// memory of answers in the making does not grow with the number of viewers.
// Nobody enters either while many bytes of responses are not yet sent: they
// would pile up where Grafana, or the machine, is too slow to read them. Alert
// rules do not pass through it.
//
// Who has entered does not wait for others to be sent, and how long a response
// will be is not asked: one that is longer than the bound is sent like any other,
// and what is unsent exceeds the bound by what those inside were making, and by
// what does not pass here.
//
// A free place goes to whoever came last: where more ask than can be answered,
// those who have waited longest are about to give up, and serving them first
// would have everybody wait in vain.
type entrance struct {
	longest  int           // of the queue
	patience time.Duration // in the queue
	most     int64         // unsent bytes with which nobody enters

	mu      sync.Mutex
	places  int        // that are free
	unsent  int64      // bytes of responses
	sent    time.Time  // when they last became fewer
	waiting *list.List // of chan error, who came last in front
}

// doors is the entrance of this process, whatever data source is asked. 1,400
// viewers of eight panels every 5 s hardly ever wait at it on two cores, see
// docs/benchmarks.md. 32 MiB is what a Grafana that is slow to read takes in less
// than a second, so that nobody is served who would not have it in time.
var doors = newEntrance(512, 4096, 4*time.Second, 32<<20)

func newEntrance(places, longest int, patience time.Duration, most int64) *entrance {
	return &entrance{places: places, longest: longest, patience: patience, most: most, waiting: list.New()}
}

// errCrowded is the error of a request that found no place.
var errCrowded = message.Errorf("too many viewers ask at once, more than this Grafana server can answer. The next refresh may find a place; let dashboards refresh less often, or give the server more processors")

// enter waits for a place and takes it until ctx ends, which is when gRPC has
// taken the response over, to send it when it can, or nobody waits for it any
// more. Who has waited longest in a queue that is too long, or waits too long,
// gets errCrowded.
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
	timer, doubts := time.NewTimer(e.patience), time.NewTicker(e.patience/4)
	defer timer.Stop()
	defer doubts.Stop()
	var gone error
	for gone == nil {
		select {
		case err := <-turn:
			return err
		case <-ctx.Done():
			gone = context.Cause(ctx)
		case <-doubts.C:
			e.doubt()
		case <-timer.C:
			gone = errCrowded
		}
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
	if e.open() {
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

func (e *entrance) open() bool { return e.places > 0 && e.unsent < e.most }

func (e *entrance) leave() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.places++
	e.admit()
}

// count adds to the bytes that are unsent, or takes away from them.
func (e *entrance) count(bytes int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.unsent += bytes
	if bytes < 0 {
		e.sent = time.Now()
		e.admit()
	}
}

func (e *entrance) admit() {
	for e.open() && e.waiting.Len() > 0 {
		e.places--
		e.call(e.waiting.Front(), nil)
	}
}

// doubt has the garbage collected where nobody enters and nothing was sent for so
// long that gRPC may have lost what counts. By itself the runtime may take two
// minutes to notice in a process that has nothing else to do.
func (e *entrance) doubt() {
	e.mu.Lock()
	stuck := e.unsent >= e.most && time.Since(e.sent) >= e.patience/2
	if stuck {
		e.sent = time.Now() // nobody else has to
	}
	e.mu.Unlock()
	if stuck {
		runtime.GC()
	}
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

// owed is how many bytes are unsent.
func (e *entrance) owed() int64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.unsent
}
