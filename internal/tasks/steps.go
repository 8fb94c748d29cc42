package tasks

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"
)

// A step is a part of a target that has a name and may overlap with others.
type step struct {
	name  string
	after []string // names of steps that must have passed before
	// alone steps overlap with none, and their output appears at once. The output of others appears when they fail.
	alone bool
	// run does the work. The summary, which may be empty, is for the reader of a passed step: "85 tests".
	run func(ctx context.Context, out io.Writer) (summary string, err error)
}

type result struct {
	step    *step
	output  *bytes.Buffer
	took    time.Duration
	summary string
	err     error
}

// How often a target tells which steps are still running.
const progressInterval = 30 * time.Second

// A runner runs the steps of one target.
type runner struct {
	out      io.Writer
	width    int // how many steps may overlap
	progress time.Duration
	now      func() time.Time

	passed    map[string]bool
	waiting   []*step
	running   map[*step]time.Time // since when
	results   chan result
	summaries []string
}

// runSteps runs every step once, in order where they do not overlap. It stops at the first failure: running steps are
// cancelled, the others are not started. The error names the step.
func runSteps(ctx context.Context, out io.Writer, steps []step) error {
	r := &runner{out: &lockedWriter{next: out}, width: 2, progress: progressInterval, now: time.Now}
	return r.run(ctx, steps)
}

func (r *runner) run(ctx context.Context, steps []step) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r.passed, r.running, r.results = map[string]bool{}, map[*step]time.Time{}, make(chan result)
	for i := range steps {
		r.waiting = append(r.waiting, &steps[i])
	}
	started := r.now()
	ticker := time.NewTicker(r.progress)
	defer ticker.Stop()

	var failure error
	for {
		if failure == nil && ctx.Err() == nil {
			r.startReady(ctx)
		}
		if len(r.running) == 0 {
			break
		}
		select {
		case done := <-r.results:
			delete(r.running, done.step)
			switch {
			case done.err == nil:
				r.pass(done)
			case failure == nil && ctx.Err() == nil:
				failure = r.fail(done)
				cancel()
			default:
				r.printf("   %s stopped after %s", done.step.name, seconds(done.took))
			}
		case <-ticker.C:
			for s, since := range r.running {
				r.printf("   %s has been running for %s", s.name, seconds(r.now().Sub(since)))
			}
		}
	}
	switch {
	case failure != nil || ctx.Err() != nil:
		if len(r.waiting) > 0 {
			r.printf("   not run: %s", strings.Join(names(r.waiting), ", "))
		}
		if failure == nil {
			failure = context.Cause(ctx)
		}
		return failure
	case len(r.waiting) > 0: // nothing runs, nothing can start
		return fmt.Errorf("these steps wait for steps that do not exist or for each other: %s", strings.Join(names(r.waiting), ", "))
	}
	closing := fmt.Sprintf("PASS %d steps in %s", len(steps), seconds(r.now().Sub(started)))
	if len(r.summaries) > 0 {
		closing += ": " + strings.Join(r.summaries, "; ")
	}
	r.printf("%s", closing)
	return nil
}

func (r *runner) startReady(ctx context.Context) {
	for i := 0; i < len(r.waiting); {
		s := r.waiting[i]
		if !r.mayStart(s) {
			i++
			continue
		}
		r.waiting = slices.Delete(r.waiting, i, i+1)
		r.start(ctx, s)
	}
}

func (r *runner) mayStart(s *step) bool {
	for running := range r.running {
		if running.alone || s.alone {
			return false
		}
	}
	return len(r.running) < r.width && !slices.ContainsFunc(s.after, func(name string) bool { return !r.passed[name] })
}

func (r *runner) start(ctx context.Context, s *step) {
	began := r.now()
	r.running[s] = began
	r.printf("-> %s", s.name)
	done := result{step: s, output: &bytes.Buffer{}}
	var out io.Writer = &lockedWriter{next: done.output}
	if s.alone {
		out = r.out
	}
	go func() {
		done.summary, done.err = s.run(ctx, out)
		done.took = r.now().Sub(began)
		r.results <- done
	}()
}

func (r *runner) pass(done result) {
	r.passed[done.step.name] = true
	line := fmt.Sprintf("ok %s (%s)", done.step.name, seconds(done.took))
	if done.summary != "" {
		line += ": " + done.summary
		r.summaries = append(r.summaries, done.summary)
	}
	r.printf("%s", line)
}

func (r *runner) fail(done result) error {
	if output := strings.TrimSpace(done.output.String()); output != "" {
		r.printf("%s", output)
	}
	r.printf("FAIL %s (%s): %v", done.step.name, seconds(done.took), done.err)
	return fmt.Errorf("%s: %w", done.step.name, done.err)
}

func (r *runner) printf(format string, args ...any) {
	_, _ = fmt.Fprintf(r.out, format+"\n", args...)
}

func names(steps []*step) []string {
	var all []string
	for _, s := range steps {
		all = append(all, s.name)
	}
	return all
}

func seconds(d time.Duration) string {
	if d < time.Minute {
		return fmt.Sprintf("%.1fs", d.Seconds())
	}
	return d.Round(time.Second).String()
}

// A lockedWriter may be written to from several goroutines: a command's standard output and error.
type lockedWriter struct {
	mu   sync.Mutex
	next io.Writer
}

func (w *lockedWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.next.Write(p)
}
