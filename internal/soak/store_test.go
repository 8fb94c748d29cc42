package soak

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/engine"
	"github.com/pullview/orders-datasource/pkg/postgres"
	"github.com/pullview/orders-datasource/pkg/query"
)

// checkedStore computes a request from the store alone as well, in the snapshot
// of every look that keeps numbers.
type checkedStore struct {
	*postgres.Store
	request atomic.Pointer[query.Request]
	doubts

	mu   sync.Mutex
	live map[int64][]string // series by the snapshot's clock, in microseconds
}

// doubts leave out what makes kept numbers exact, one thing each. With any of
// them a test must find wrong numbers: else it would not find a fault either.
type doubts struct {
	// lastSeen makes the change log be read from the last transaction seen, as
	// if transactions committed in the order of their numbers. On a standby it
	// is what asking the snapshot comes to, since that lists nothing that runs.
	lastSeen bool
	// sameServer takes every server for the one before, and a standby for a
	// primary.
	sameServer bool
	// afterLook takes what was written since the last look began, and some
	// seconds before it, for all that is new to this one.
	afterLook bool
	// punctual takes rows that are appended for none that is ever late.
	punctual bool
	// sameLog takes every log for one that works.
	sameLog bool
}

func (s *checkedStore) LookAt(ctx context.Context, caller query.Caller, tables []query.Known) (engine.DeltaLook, error) {
	look, err := s.Store.LookAt(ctx, caller, tables)
	if err != nil {
		return nil, err
	}
	return &checkedLook{DeltaLook: look, store: s}, nil
}

func (s *checkedStore) Look(ctx context.Context, caller query.Caller) (engine.Look, error) {
	return s.Store.Look(ctx, caller)
}

// at returns what the store itself answered in a snapshot.
func (s *checkedStore) at(snapshot int64) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.live[snapshot]
}

type checkedLook struct {
	engine.DeltaLook
	store *checkedStore
}

func (l *checkedLook) Snapshot() query.Snapshot {
	snapshot := l.DeltaLook.Snapshot()
	if l.store.sameServer {
		snapshot.Standby = false
	}
	return snapshot
}

func (l *checkedLook) Fingerprint(t *catalog.Table) (string, bool) {
	fingerprint, ok := l.DeltaLook.Fingerprint(t)
	if l.store.sameServer {
		_, fingerprint, _ = strings.Cut(fingerprint, "\n")
	}
	if l.store.sameLog {
		return "", true
	}
	return fingerprint, ok
}

func (l *checkedLook) Changes(ctx context.Context, t *catalog.Table, since query.Snapshot) (query.Changes, error) {
	if l.store.lastSeen {
		xmax := strings.Split(since.ID, ":")[1]
		since.ID = xmax + ":" + xmax + ":"
	}
	if l.store.afterLook {
		since.Fence = since.AsOf.Add(-5 * time.Second)
	}
	if l.store.punctual {
		known := *t
		known.Changes.Lateness = 0
		t = &known
	}
	return l.DeltaLook.Changes(ctx, t, since)
}

// Unchanged is the last thing that the engine does with a look.
func (l *checkedLook) Unchanged(ctx context.Context) (bool, error) {
	answer, err := engine.AnswerOn(ctx, l.DeltaLook, l.store.request.Load())
	if err != nil {
		return false, err
	}
	l.store.mu.Lock()
	l.store.live[l.Snapshot().AsOf.UnixMicro()] = seriesOf(answer)
	l.store.mu.Unlock()
	return l.DeltaLook.Unchanged(ctx)
}

func seriesOf(answer *query.Answer) []string {
	var lines []string
	for i := range answer.Series {
		var b strings.Builder
		s := &answer.Series[i]
		fmt.Fprint(&b, s.Metric.Name, s.Labels)
		for j := range s.Values.Len() {
			f, ok := s.Values.Float64(j)
			fmt.Fprint(&b, " ", f, ok)
		}
		lines = append(lines, b.String())
	}
	return lines
}
