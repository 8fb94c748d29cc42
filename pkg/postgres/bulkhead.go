package postgres

import (
	"container/list"
	"context"
	"sync"
	"time"

	"github.com/pullview/orders-datasource/pkg/message"
)

// bulkhead shares out a store's connections, so that dashboards, however many
// are open, leave some to alert rules.
//
// Who is urgent may have any connection that is free, and goes first. All
// others hold only so many at a time, and wait in a queue of limited length and
// for a limited time: an answer that comes late is of no use, and work that
// nobody will wait for only makes it later.
type bulkhead struct {
	shared   int           // most connections that are not held by the urgent
	longest  int           // of the queue
	patience time.Duration // in the queue

	mu       sync.Mutex
	free     int
	held     int // of those shared
	urgent   list.List
	ordinary list.List
	waits    int64
	rejected int64
}

const (
	// reservedShare of the connections is reserved: one in four.
	reservedShare = 4
	// queueFactor is how many may wait for each connection that is shared.
	queueFactor = 32
)

// newBulkhead returns a bulkhead of so many connections. Of a single one none
// can be reserved.
func newBulkhead(connections int, timeout time.Duration) *bulkhead {
	reserved := 0
	if connections > 1 {
		reserved = max(connections/reservedShare, 1)
	}
	shared := connections - reserved
	// Half of the time is left to the statements.
	return &bulkhead{free: connections, shared: shared, longest: shared * queueFactor, patience: timeout / 2}
}

// waiter waits for a connection. Its channel is closed when it may have it.
type waiter struct {
	urgent bool
	ready  chan struct{}
}

// BulkheadStats tells how a store's connections are shared out.
type BulkheadStats struct {
	Waiting  int   // queries in the queues now
	Waits    int64 // queries that had to wait, so far
	Rejected int64 // queries that waited too long, or found the queue full
}

func (b *bulkhead) stats() BulkheadStats {
	b.mu.Lock()
	defer b.mu.Unlock()
	return BulkheadStats{Waiting: b.urgent.Len() + b.ordinary.Len(), Waits: b.waits, Rejected: b.rejected}
}

// enter waits for the right to a connection, which ends with leave. The error
// is an *Error of KindBusy where there was none in time.
func (b *bulkhead) enter(ctx context.Context, urgent bool) (leave func(), err error) {
	b.mu.Lock()
	queue := &b.ordinary
	if urgent {
		queue = &b.urgent
	}
	if queue.Len() == 0 && b.available(urgent) {
		b.take(urgent)
		b.mu.Unlock()
		return b.leave(urgent), nil
	}
	if !urgent && queue.Len() >= b.longest {
		b.rejected++
		b.mu.Unlock()
		return nil, b.busy(message.New("%d queries wait for one already", b.longest))
	}
	w := &waiter{urgent: urgent, ready: make(chan struct{})}
	place := queue.PushBack(w)
	b.waits++
	b.mu.Unlock()

	late := time.NewTimer(b.patience)
	defer late.Stop()
	select {
	case <-w.ready:
		return b.leave(urgent), nil
	case <-ctx.Done():
		err = &acquireError{err: context.Cause(ctx), callerGone: true}
	case <-late.C:
		err = b.busy(message.New("none became free within %s", b.patience))
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	select {
	case <-w.ready: // in the meantime
		b.give(urgent)
	default:
		queue.Remove(place)
		if ctx.Err() == nil {
			b.rejected++
		}
	}
	return nil, err
}

// try is enter for who has a connection already and could use another: it does
// not wait, and takes none that is reserved or that others wait for.
func (b *bulkhead) try() (leave func(), ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ordinary.Len() > 0 || !b.available(false) {
		return nil, false
	}
	b.take(false)
	return b.leave(false), true
}

func (b *bulkhead) available(urgent bool) bool {
	return b.free > 0 && (urgent || b.held < b.shared && b.urgent.Len() == 0)
}

func (b *bulkhead) take(urgent bool) {
	b.free--
	if !urgent {
		b.held++
	}
}

// give returns a connection and lets in who may have it.
func (b *bulkhead) give(urgent bool) {
	b.free++
	if !urgent {
		b.held--
	}
	for _, queue := range []*list.List{&b.urgent, &b.ordinary} {
		for queue.Len() > 0 {
			w := queue.Front().Value.(*waiter)
			if w.urgent && b.free == 0 || !w.urgent && !b.available(false) {
				break
			}
			queue.Remove(queue.Front())
			b.take(w.urgent)
			close(w.ready)
		}
	}
}

func (b *bulkhead) leave(urgent bool) func() {
	return sync.OnceFunc(func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.give(urgent)
	})
}

func (b *bulkhead) busy(how message.Message) error {
	return &Error{Kind: KindBusy, Message: message.New(
		"all %d connections to the orders store that dashboards may use are busy, and %s: try again later, refresh less often, ask for shorter ranges or coarser steps, or ask an administrator to raise maxOpenConns in the data source settings",
		b.shared, how)}
}
