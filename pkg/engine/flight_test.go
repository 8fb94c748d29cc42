package engine

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/query"
)

// gatedStore is a rowStore whose looks, once taken, wait to be let through.
type gatedStore struct {
	rowStore
	looks atomic.Int64
	taken chan context.Context // of every look
	pass  chan struct{}
}

func (s *gatedStore) Look(ctx context.Context, _ query.Caller) (Look, error) {
	look := s.look()
	s.looks.Add(1)
	s.taken <- ctx
	<-s.pass
	return look, ctx.Err()
}

func newGatedStore() *gatedStore {
	return &gatedStore{rowStore: rowStore{now: time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)}, taken: make(chan context.Context), pass: make(chan struct{})}
}

// ask validates a query for the orders of the last hour.
func ask(t *testing.T, s *rowStore, step string) *query.Request {
	t.Helper()
	cat, err := catalog.Parse([]byte(keptCatalog))
	require.NoError(t, err)
	ask := query.Query{RefID: "A", Version: 1, Metrics: []string{"orders"}, Step: step}
	req, err := ask.Validate(cat, query.Environment{From: s.now.Add(-time.Hour), To: s.now})
	require.NoError(t, err)
	return req
}

// waiting waits until so many requests wait for the next look.
func waiting(t *testing.T, f *flights, req *query.Request, n int) {
	t.Helper()
	require.Eventually(t, func() bool {
		f.mu.Lock()
		defer f.mu.Unlock()
		running := f.byKey[req.Key()]
		return running != nil && len(running.waiting) == n
	}, time.Minute, time.Millisecond)
}

func TestEqualRequestsShareALookThatIsTakenAfterTheLastOfThemCame(t *testing.T) {
	t.Parallel()
	s := newGatedStore()
	e := New(s)
	req := ask(t, &s.rowStore, "10m")
	var done sync.WaitGroup
	count := func(want int64) {
		done.Go(func() {
			answer, err := e.Answer(t.Context(), req, query.Caller{})
			if assert.NoError(t, err) {
				assert.Equal(t, want, answer.Series[0].Values.Num.Ints[0])
			}
		})
	}
	count(0)
	<-s.taken
	// The look that runs has its snapshot, so it cannot serve who comes now.
	s.mu.Lock()
	s.rows = append(s.rows, memoryRow{at: s.now.Add(-time.Hour)})
	s.mu.Unlock()
	for range 20 {
		count(1)
	}
	waiting(t, &e.live, req, 20)
	s.pass <- struct{}{}
	<-s.taken
	s.pass <- struct{}{}
	done.Wait()
	assert.EqualValues(t, 2, s.looks.Load())
	waitingNone(t, &e.live)
}

func waitingNone(t *testing.T, f *flights) {
	t.Helper()
	require.Eventually(t, func() bool {
		f.mu.Lock()
		defer f.mu.Unlock()
		return len(f.byKey) == 0
	}, time.Minute, time.Millisecond, "nothing is left behind")
}

func TestRequestsThatDifferDoNotWaitForEachOther(t *testing.T) {
	t.Parallel()
	s := newGatedStore()
	e := NewKeeping(s, Keep{MinLookInterval: time.Hour})
	var done sync.WaitGroup
	for _, step := range []string{"1m", "10m", "range"} {
		req := ask(t, &s.rowStore, step)
		done.Go(func() {
			_, err := e.Answer(t.Context(), req, query.Caller{})
			assert.NoError(t, err)
		})
	}
	for range 3 {
		<-s.taken
	}
	for range 3 {
		s.pass <- struct{}{}
	}
	done.Wait()
}

func TestALookEndsWhenTheLastWhoWaitsGoesAway(t *testing.T) {
	t.Parallel()
	s := newGatedStore()
	e := New(s)
	req := ask(t, &s.rowStore, "10m")
	answer := func() (cancel context.CancelFunc, failed chan error) {
		ctx, cancel := context.WithCancel(t.Context())
		failed = make(chan error, 1)
		go func() {
			_, err := e.Answer(ctx, req, query.Caller{})
			failed <- err
		}()
		return cancel, failed
	}
	first, firstFailed := answer()
	<-s.taken
	second, secondFailed := answer()
	waiting(t, &e.live, req, 1)
	third, thirdFailed := answer()
	waiting(t, &e.live, req, 2)
	s.pass <- struct{}{}
	require.NoError(t, <-firstFailed)
	first()

	look := <-s.taken
	second()
	require.ErrorIs(t, <-secondFailed, context.Canceled)
	require.NoError(t, look.Err(), "somebody waits")
	third()
	require.ErrorIs(t, <-thirdFailed, context.Canceled)
	<-look.Done()
	s.pass <- struct{}{}
	waitingNone(t, &e.live)
}

func TestEqualRequestsOfOneLookAreAnsweredOnce(t *testing.T) {
	t.Parallel()
	s := &rowStore{now: time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)}
	e := NewKeeping(s, Keep{Location: time.UTC, Bytes: 1 << 20, MinLookInterval: 50 * time.Millisecond})
	req := ask(t, s, "10m")
	answers := make([]*query.Answer, 100)
	var done sync.WaitGroup
	for i := range answers {
		done.Go(func() {
			var err error
			answers[i], err = e.Answer(t.Context(), req, query.Caller{})
			assert.NoError(t, err)
		})
	}
	done.Wait()
	different := map[*query.Answer]bool{}
	for _, answer := range answers {
		different[answer] = true
	}
	assert.EqualValues(t, e.Kept().Looks, len(different))
	assert.EqualValues(t, 100, e.Kept().Served)
}

// renewedStore is a store in which a table is made anew during the first looks.
type renewedStore struct {
	rowStore
	times int
}

func (s *renewedStore) Look(ctx context.Context, caller query.Caller) (Look, error) {
	if s.times--; s.times < 0 {
		return s.rowStore.Look(ctx, caller)
	}
	return &renewedLook{s.look()}, nil
}

type renewedLook struct{ *rowLook }

func (*renewedLook) Scan(context.Context, *query.Scan) (*query.Cells, error) {
	return nil, query.ErrRedefined
}

func TestATableThatIsNewerThanALookIsAskedAboutOnceMore(t *testing.T) {
	t.Parallel()
	for times, want := range []error{nil, nil, query.ErrRedefined} {
		s := &renewedStore{rowStore: rowStore{now: time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)}, times: times}
		_, err := New(s).Answer(t.Context(), ask(t, &s.rowStore, "10m"), query.Caller{})
		assert.ErrorIs(t, err, want, "%d times", times)
	}
}
