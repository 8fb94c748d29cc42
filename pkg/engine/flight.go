package engine

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/pullview/orders-datasource/pkg/query"
)

// flights answers requests from the store alone, equal ones together. A request
// is answered by a look that is taken after it came, so it may wait for one
// that runs already and share the next with all that came meanwhile. However
// many viewers ask the same, the store is asked once at a time, and at most
// once every interval. Who comes alone does not wait.
type flights struct {
	store    Store
	interval time.Duration // between the starts of two looks for equal requests

	mu    sync.Mutex
	byKey map[string]*flight
}

// flight is what runs, or has run within the interval, for equal requests.
type flight struct{ waiting []*visit }

// answer answers a request in a look that begins after the call.
func (f *flights) answer(ctx context.Context, req *query.Request, caller query.Caller) (*query.Answer, error) {
	if req.Type != query.TypeMetric {
		return f.alone(ctx, req, caller)
	}
	v := newVisit(ctx, req, caller)
	f.mu.Lock()
	running := f.byKey[v.key]
	if running == nil {
		running = &flight{}
		f.byKey[v.key] = running
		go f.run(v.key, running)
	}
	running.waiting = append(running.waiting, v)
	f.mu.Unlock()
	return v.wait()
}

// run answers those who wait until nobody has come for an interval.
func (f *flights) run(key string, running *flight) {
	for {
		began := time.Now()
		f.mu.Lock()
		visits := running.waiting
		running.waiting = nil
		if len(visits) == 0 {
			delete(f.byKey, key)
			f.mu.Unlock()
			return
		}
		f.mu.Unlock()
		f.serve(visits)
		time.Sleep(time.Until(began.Add(f.interval)))
	}
}

// serve answers equal requests by one look.
func (f *flights) serve(visits []*visit) {
	ctx, cancel := together(visits)
	defer cancel()
	defer cancelWhenAlone(visits, cancel)()

	var answer *query.Answer
	var err error
	defer func() {
		if cause := recover(); cause != nil {
			answer, err = nil, fmt.Errorf("the engine panicked: %v\n%s", cause, debug.Stack())
		}
		for _, v := range visits {
			v.finish(answer, err)
		}
	}()
	answer, err = f.alone(ctx, visits[0].req, callerOfAll(visits))
}

// alone answers a request by a look of its own, and by another one where a table
// is newer than that.
func (f *flights) alone(ctx context.Context, req *query.Request, caller query.Caller) (*query.Answer, error) {
	answer, err := f.look(ctx, req, caller)
	if errors.Is(err, query.ErrRedefined) {
		return f.look(ctx, req, caller)
	}
	return answer, err
}

func (f *flights) look(ctx context.Context, req *query.Request, caller query.Caller) (*query.Answer, error) {
	look, err := f.store.Look(ctx, caller)
	if err != nil {
		return nil, err
	}
	defer look.Close()
	return AnswerOn(ctx, look, req)
}
