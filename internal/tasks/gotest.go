package tasks

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
)

// testGo runs all Go tests with the race detector. The output has a line per package, and all that a failed test printed.
func testGo(ctx context.Context, out io.Writer) (string, error) {
	// go vet has run. Nothing is taken from the cache: a result is of now.
	args := []string{"test", "-json", "-race", "-vet=off", "-count=1", "-timeout=9m", "./..."}
	cmd := command(ctx, out, "go", args...)
	env, remove, err := testEnvironment()
	if err != nil {
		return "", err
	}
	defer remove()
	cmd.Env = env
	reader, writer := io.Pipe()
	cmd.Stdout = writer
	report := newGoTestReport(out)
	read := make(chan error, 1)
	go func() {
		err := report.readFrom(reader)
		_ = reader.CloseWithError(err)
		read <- err
	}()
	err = cmd.Run()
	_ = writer.Close()
	err = errors.Join(named(ctx, err, "go", args), <-read)
	report.end()
	if err != nil {
		return "", err
	}
	return report.summary(), nil
}

// testEnvironment is this process's, but the tests' temporary files are in memory where there is room. It leaves the go
// command's own files, which are larger, where they are, and a TMPDIR that somebody has set. The caller removes them.
func testEnvironment() (env []string, remove func(), err error) {
	memory := memoryForFiles()
	if memory == "" || os.Getenv("TMPDIR") != "" {
		return os.Environ(), func() {}, nil
	}
	dir, err := os.MkdirTemp(memory, "pullview-test-")
	if err != nil {
		return nil, nil, err
	}
	remove = func() { _ = os.RemoveAll(dir) }
	// Where this process is root, the database servers run as somebody else.
	if err := os.Chmod(dir, 0o755); err != nil {
		remove()
		return nil, nil, err
	}
	env = append(os.Environ(), "TMPDIR="+dir)
	if os.Getenv("GOTMPDIR") == "" {
		env = append(env, "GOTMPDIR="+os.TempDir())
	}
	return env, remove, nil
}

// A goTestEvent is a line of "go test -json" (go doc test2json, and "go help buildjson" for the build's).
type goTestEvent struct {
	Action  string
	Package string
	Test    string
	Elapsed float64 // seconds
	Output  string
}

// A goTestReport turns events into lines for people.
type goTestReport struct {
	out      io.Writer
	packages map[string]*goTestPackage
	passed   int
	failed   []string // "package.Test", or the package where no test is to blame
	skipped  []string // "package.Test: reason"
	tested   int      // packages with tests
}

type goTestPackage struct {
	output  map[string]*bytes.Buffer // by test; "" is the package's own
	parents map[string]bool          // tests with subtests, which are not counted themselves
	tests   int
	failed  bool // whether one of the tests failed
}

func newGoTestReport(out io.Writer) *goTestReport {
	return &goTestReport{out: out, packages: map[string]*goTestPackage{}}
}

func (r *goTestReport) readFrom(events io.Reader) error {
	lines := bufio.NewReader(events)
	for {
		line, err := lines.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) > 0 {
			var event goTestEvent
			if json.Unmarshal(line, &event) != nil {
				// The go command speaks plainly where it cannot even begin.
				_, _ = r.out.Write(line)
			} else {
				r.add(event)
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read the test events: %w", err)
		}
	}
}

func (r *goTestReport) add(event goTestEvent) {
	if event.Action == "build-output" {
		_, _ = io.WriteString(r.out, event.Output)
		return
	}
	if event.Package == "" {
		return
	}
	pkg, ok := r.packages[event.Package]
	if !ok {
		pkg = &goTestPackage{output: map[string]*bytes.Buffer{}, parents: map[string]bool{}}
		r.packages[event.Package] = pkg
	}
	switch event.Action {
	case "run":
		if i := strings.LastIndex(event.Test, "/"); i >= 0 {
			pkg.parents[event.Test[:i]] = true
		}
	case "output":
		if pkg.output[event.Test] == nil {
			pkg.output[event.Test] = &bytes.Buffer{}
		}
		pkg.output[event.Test].WriteString(event.Output)
	case "pass", "fail", "skip":
		if event.Test == "" {
			r.endPackage(event, pkg)
		} else {
			r.endTest(event, pkg)
		}
	}
}

func (r *goTestReport) endTest(event goTestEvent, pkg *goTestPackage) {
	output := pkg.output[event.Test]
	delete(pkg.output, event.Test)
	leaf := !pkg.parents[event.Test]
	if leaf {
		pkg.tests++
	}
	switch event.Action {
	case "pass":
		if leaf {
			r.passed++
		}
	case "skip":
		if leaf {
			r.skipped = append(r.skipped, event.Package+"."+event.Test+": "+skipReason(output))
		}
	case "fail":
		pkg.failed = true
		if leaf {
			r.failed = append(r.failed, event.Package+"."+event.Test)
		}
		if output != nil {
			_, _ = r.out.Write(output.Bytes())
		}
	}
}

// skipReason is what a test told Skip: its last line of output before the verdict, without the place.
func skipReason(output *bytes.Buffer) string {
	if output == nil {
		return "no reason given"
	}
	reason := "no reason given"
	for line := range strings.Lines(output.String()) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "---") || strings.HasPrefix(line, "===") {
			continue
		}
		if _, text, ok := strings.Cut(line, ".go:"); ok {
			if _, text, ok = strings.Cut(text, ": "); ok {
				line = text
			}
		}
		reason = line
	}
	return reason
}

func (r *goTestReport) endPackage(event goTestEvent, pkg *goTestPackage) {
	delete(r.packages, event.Package)
	if event.Action == "skip" {
		return // no test files
	}
	r.tested++
	if event.Action == "pass" {
		r.printf("   ok %s (%.1fs): %d tests", event.Package, event.Elapsed, pkg.tests)
		return
	}
	// What is left belongs to tests that never ended, or to none: a panic, a deadline, TestMain.
	for _, test := range slices.Sorted(maps.Keys(pkg.output)) {
		_, _ = r.out.Write(pkg.output[test].Bytes())
	}
	if !pkg.failed {
		r.failed = append(r.failed, event.Package)
	}
	r.printf("   FAIL %s (%.1fs)", event.Package, event.Elapsed)
}

// end repeats what failed, which may be many lines above.
func (r *goTestReport) end() {
	for _, failed := range r.failed {
		r.printf("   failed: %s", failed)
	}
}

// summary counts tests and subtests, but no test that has subtests.
func (r *goTestReport) summary() string {
	for _, skipped := range r.skipped {
		r.printf("   skipped %s", skipped)
	}
	text := fmt.Sprintf("%d Go tests passed in %d packages", r.passed, r.tested)
	if len(r.skipped) > 0 {
		text += fmt.Sprintf(", %d skipped", len(r.skipped))
	}
	return text
}

func (r *goTestReport) printf(format string, args ...any) {
	_, _ = fmt.Fprintf(r.out, format+"\n", args...)
}
