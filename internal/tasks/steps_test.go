package tasks

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A recorder makes steps that write down when they begin and end.
type recorder struct {
	mu     sync.Mutex
	events []string
}

func (r *recorder) add(event string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, event)
}

func (r *recorder) step(name string, after ...string) step {
	return step{name: name, after: after, run: func(context.Context, io.Writer) (string, error) {
		r.add("begin " + name)
		r.add("end " + name)
		return "", nil
	}}
}

func TestStepsBeginAfterThoseTheyNeed(t *testing.T) {
	t.Parallel()
	var r recorder
	var out strings.Builder

	err := runSteps(t.Context(), &out, []step{r.step("last", "left", "right"), r.step("left", "first"), r.step("right", "first"), r.step("first")})

	require.NoError(t, err)
	require.Len(t, r.events, 8)
	assert.Equal(t, []string{"begin first", "end first"}, r.events[:2])
	assert.Equal(t, []string{"begin last", "end last"}, r.events[6:])
	assert.Contains(t, out.String(), "PASS 4 steps in ")
}

func TestStepsOverlap(t *testing.T) {
	t.Parallel()
	// Each waits for the other: without an overlap the test would never end.
	left, right := make(chan bool), make(chan bool)
	err := runSteps(t.Context(), io.Discard, []step{
		{name: "left", run: func(context.Context, io.Writer) (string, error) { close(left); <-right; return "", nil }},
		{name: "right", run: func(context.Context, io.Writer) (string, error) { close(right); <-left; return "", nil }},
	})
	assert.NoError(t, err)
}

func TestNoMoreStepsOverlapThanAllowed(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	running, most := 0, 0
	var steps []step
	for i := range 6 {
		steps = append(steps, step{name: fmt.Sprint(i), run: func(context.Context, io.Writer) (string, error) {
			mu.Lock()
			running++
			most = max(most, running)
			mu.Unlock()
			defer func() {
				mu.Lock()
				running--
				mu.Unlock()
			}()
			return "", nil
		}})
	}
	require.NoError(t, runSteps(t.Context(), io.Discard, steps))
	assert.LessOrEqual(t, most, 2)
}

func TestAStepThatIsAloneShowsItsOutputAtOnce(t *testing.T) {
	t.Parallel()
	var out lockedText
	busy := make(chan bool)
	err := runSteps(t.Context(), &out, []step{
		{name: "quiet", run: func(_ context.Context, out io.Writer) (string, error) {
			_, err := io.WriteString(out, "not worth reading\n")
			close(busy)
			return "", err
		}},
		{name: "loud", alone: true, run: func(_ context.Context, w io.Writer) (string, error) {
			select {
			case <-busy:
			default:
				return "", errors.New("not alone")
			}
			_, err := io.WriteString(w, "worth reading\n")
			if !strings.Contains(out.String(), "worth reading") {
				return "", errors.New("the output is held back")
			}
			return "3 things", err
		}},
	})
	require.NoError(t, err, out.String())
	assert.NotContains(t, out.String(), "not worth reading")
	assert.Contains(t, out.String(), ": 3 things\nPASS 2 steps in ")
	assert.True(t, strings.HasSuffix(out.String(), "s: 3 things\n"), out.String())
}

func TestTheFirstFailureStopsEverything(t *testing.T) {
	t.Parallel()
	var out lockedText
	var r recorder
	waits := make(chan bool)
	cause := errors.New("exit status 1")
	err := runSteps(t.Context(), &out, []step{
		{name: "long", run: func(ctx context.Context, _ io.Writer) (string, error) {
			close(waits)
			<-ctx.Done()
			return "", ctx.Err()
		}},
		{name: "vet", run: func(_ context.Context, out io.Writer) (string, error) {
			<-waits
			_, _ = io.WriteString(out, "main.go:1: unused\n")
			return "", cause
		}},
		r.step("later"),
		r.step("dependent", "vet"),
	})
	require.ErrorIs(t, err, cause)
	assert.EqualError(t, err, "vet: exit status 1")
	assert.Empty(t, r.events)
	assert.Contains(t, out.String(), "main.go:1: unused\nFAIL vet (")
	assert.Contains(t, out.String(), "long stopped after")
	assert.Contains(t, out.String(), "not run: later, dependent")
	assert.NotContains(t, out.String(), "PASS")
}

func TestAnInterruptIsNoFailureOfAStep(t *testing.T) {
	t.Parallel()
	var out lockedText
	ctx, cancel := context.WithCancelCause(t.Context())
	err := runSteps(ctx, &out, []step{
		{name: "long", run: func(ctx context.Context, _ io.Writer) (string, error) {
			cancel(errTerminated)
			<-ctx.Done()
			return "", ctx.Err()
		}},
	})
	assert.ErrorIs(t, err, errTerminated)
	assert.NotContains(t, out.String(), "FAIL")
}

func TestStepsThatCanNeverBeginAreAnError(t *testing.T) {
	t.Parallel()
	var r recorder
	err := runSteps(t.Context(), io.Discard, []step{r.step("first"), r.step("lonely", "misspelt"), r.step("left", "right"), r.step("right", "left")})
	assert.ErrorContains(t, err, "lonely, left, right")
	assert.Equal(t, []string{"begin first", "end first"}, r.events)
}

func TestALongStepIsReportedWhileItRuns(t *testing.T) {
	t.Parallel()
	var out lockedText
	r := &runner{out: &out, width: 1, progress: time.Millisecond, now: time.Now}
	err := r.run(t.Context(), []step{{name: "long", run: func(ctx context.Context, _ io.Writer) (string, error) {
		for !strings.Contains(out.String(), "long has been running for") {
			if ctx.Err() != nil {
				return "", ctx.Err()
			}
			time.Sleep(time.Millisecond)
		}
		return "", nil
	}}})
	assert.NoError(t, err)
}

func TestTheTestTargetsStepsFitTogether(t *testing.T) {
	t.Parallel()
	for _, steps := range [][]step{testSteps(), buildSteps(time.Now(), thisMachine), packSteps(time.Now())} {
		known := map[string]bool{}
		for _, s := range steps {
			assert.False(t, known[s.name], "two steps are named %s", s.name)
			known[s.name] = true
		}
		for _, s := range steps {
			for _, needed := range s.after {
				assert.True(t, known[needed], "%s waits for %s", s.name, needed)
			}
		}
	}
}

// A lockedText may be written and read at the same time.
type lockedText struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lockedText) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lockedText) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
