package engine

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/pullview/orders-datasource/pkg/query"
)

// visit is a request that waits for a look.
type visit struct {
	ctx    context.Context
	req    *query.Request
	key    string
	caller query.Caller
	done   chan struct{}
	came   time.Time
	again  bool // a look that served it turned out to be wrong
	answer *query.Answer
	err    error
}

func newVisit(ctx context.Context, req *query.Request, caller query.Caller) *visit {
	return &visit{ctx: ctx, req: req, key: req.Key(), caller: caller, came: time.Now(), done: make(chan struct{})}
}

// lateGrace is how much longer than its deadline a request waits. What serves
// it ends by the same deadline, and says better why.
const lateGrace = time.Second

// wait returns what the visit is finished with, unless its context ends first.
func (v *visit) wait() (*query.Answer, error) {
	select {
	case <-v.done:
		return v.answer, v.err
	case <-v.ctx.Done():
	}
	if errors.Is(v.ctx.Err(), context.DeadlineExceeded) {
		grace := time.NewTimer(lateGrace)
		defer grace.Stop()
		select {
		case <-v.done:
			return v.answer, v.err
		case <-grace.C:
		}
	}
	return nil, context.Cause(v.ctx)
}

func (v *visit) finish(answer *query.Answer, err error) {
	v.answer, v.err = answer, err
	close(v.done)
}

// together returns a context for what serves visits: with the values of the
// first, which say whose trace it belongs to, and the last deadline of all.
func together(visits []*visit) (context.Context, context.CancelFunc) {
	ctx := context.WithoutCancel(visits[0].ctx)
	var last time.Time
	for _, v := range visits {
		deadline, ok := v.ctx.Deadline()
		if !ok {
			return context.WithCancel(ctx)
		}
		if deadline.After(last) {
			last = deadline
		}
	}
	return context.WithDeadline(ctx, last)
}

// cancelWhenAlone calls cancel when nobody waits for any of the visits.
func cancelWhenAlone(visits []*visit, cancel func()) (stop func()) {
	var mu sync.Mutex
	left := len(visits)
	stops := make([]func() bool, len(visits))
	for i, v := range visits {
		stops[i] = context.AfterFunc(v.ctx, func() {
			mu.Lock()
			defer mu.Unlock()
			if left--; left > 0 {
				return
			}
			if errors.Is(v.ctx.Err(), context.DeadlineExceeded) {
				time.AfterFunc(lateGrace, cancel) // those before may have had more time
			} else {
				cancel()
			}
		})
	}
	return func() {
		for _, stop := range stops {
			stop()
		}
	}
}

// callerOfAll names the caller where all visits have the same, field by field.
// It is an alert rule if any of them is.
func callerOfAll(visits []*visit) query.Caller {
	caller := visits[0].caller
	for _, v := range visits[1:] {
		if v.caller.Dashboard != caller.Dashboard {
			caller.Dashboard = ""
		}
		if v.caller.Panel != caller.Panel {
			caller.Panel = ""
		}
		if v.caller.Rule != caller.Rule {
			caller.Rule = ""
		}
		if v.caller.User != caller.User {
			caller.User = ""
		}
		caller.Alert = caller.Alert || v.caller.Alert
	}
	return caller
}
