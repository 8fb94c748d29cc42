package tasks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/pullview/orders-datasource/internal/grafanahome"
)

// grafanaVariable holds the address of a running Grafana with the plugin and the files of provisioning/.
const grafanaVariable = "GRAFANA_URL"

// The demo that browsers visit has days enough for a comparison with last week, and traffic enough for an alert rule to
// notice within a minute that it has stopped, at any hour.
var demoForBrowsers = []string{"-days", "9", "-rate", "4"}

// E2E runs the browser tests: in the Grafana that GRAFANA_URL names, or else in one that the demo finds and starts with
// the plugin as it is built now, at the root and under a path.
func E2E(ctx context.Context) error {
	ctx, cancel := session(ctx)
	defer cancel()
	if os.Getenv(grafanaVariable) != "" {
		return runSteps(ctx, os.Stdout, []step{
			{name: "npm packages", run: installModules},
			{name: "browser tests", after: []string{"npm packages"}, alone: true, run: browse},
		})
	}
	steps := buildSteps(time.Now(), thisMachine)
	last := steps[len(steps)-1].name
	return runSteps(ctx, os.Stdout, append(steps, step{name: "browser tests", after: []string{last}, alone: true, run: browse}))
}

// Screenshots takes the pictures of the catalogue page of the demo, into src/img.
func Screenshots(ctx context.Context) error {
	ctx, cancel := session(ctx)
	defer cancel()
	steps := buildSteps(time.Now(), thisMachine)
	last := steps[len(steps)-1].name
	return runSteps(ctx, os.Stdout, append(steps, step{name: "screenshots", after: []string{last}, alone: true, run: takeScreenshots}))
}

// browseIfPossible runs the browser tests where there is a Grafana and a browser, and else says why it does not.
func browseIfPossible(ctx context.Context, out io.Writer) (string, error) {
	if os.Getenv(grafanaVariable) == "" {
		_, err := grafanahome.Find(os.Getenv(grafanahome.Variable))
		if errors.Is(err, grafanahome.ErrNone) {
			return fmt.Sprintf("browser tests not run: %v", err), nil
		}
		if err != nil {
			return "", err
		}
	}
	if _, err := findBrowser(ctx); errors.Is(err, errNoBrowser) {
		return fmt.Sprintf("browser tests not run: %v", err), nil
	}
	return browse(ctx, out)
}

// browse runs the browser tests and counts them.
func browse(ctx context.Context, out io.Writer) (string, error) {
	visit, err := newVisit(ctx, out)
	if err != nil {
		return "", err
	}
	defer visit.end()
	if os.Getenv(grafanaVariable) != "" {
		err = visit.run(ctx, "running", playwright)
		return visit.counts.summary(), err
	}
	demo, err := visit.buildDemo(ctx)
	if err != nil {
		return "", err
	}
	err = visit.run(ctx, "root", slices.Concat(demo, playwright))
	if err == nil {
		err = visit.run(ctx, "path", slices.Concat(demo, []string{"-under", "/live/grafana"}, playwright, []string{"--grep", "@path"}))
	}
	return visit.counts.summary(), err
}

func takeScreenshots(ctx context.Context, out io.Writer) (string, error) {
	visit, err := newVisit(ctx, out)
	if err != nil {
		return "", err
	}
	defer visit.end()
	demo, err := visit.buildDemo(ctx)
	if err != nil {
		return "", err
	}
	visit.environment = append(visit.environment, "LIVE_ORDERS_SCREENSHOTS=yes") // see playwright.config.ts
	return "", visit.run(ctx, "screenshots", slices.Concat(demo, playwright, []string{"screenshots"}))
}

// playwright is Playwright's own program rather than npm's link to it, which would not pass on that it shall end.
var playwright = []string{"node", filepath.Join("node_modules", "@playwright", "test", "cli.js"), "test"}

// A visit runs Playwright, each time in another Grafana.
type visit struct {
	dir         string // for reports, and for the program of the demo
	environment []string
	out         io.Writer
	counts      browserCounts
}

// newVisit looks for a browser. The caller must end the visit.
func newVisit(ctx context.Context, out io.Writer) (*visit, error) {
	browser, err := findBrowser(ctx)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "pullview-browser-")
	if err != nil {
		return nil, err
	}
	return &visit{dir: dir, out: out, environment: append(os.Environ(), browserVariable+"="+browser)}, nil
}

// end removes what the visit needed, and the session that plugin-e2e keeps where Playwright was started.
func (v *visit) end() {
	_ = os.RemoveAll(v.dir)
	_ = os.RemoveAll(filepath.Join("playwright", ".auth"))
	_ = os.Remove("playwright") // where nothing else is in it
}

// buildDemo returns the command that starts the demo for browsers.
func (v *visit) buildDemo(ctx context.Context) ([]string, error) {
	program := filepath.Join(v.dir, "demo")
	if runtime.GOOS == "windows" {
		program += ".exe"
	}
	return append([]string{program}, demoForBrowsers...), run(ctx, v.out, "go", "build", "-o", program, "./demo/run")
}

// run runs a command that runs Playwright, and adds its tests to the counts.
func (v *visit) run(ctx context.Context, name string, args []string) error {
	report := filepath.Join(v.dir, name+".json")
	cmd := command(ctx, v.out, args[0], args[1:]...)
	cmd.Env = append(v.environment, "PLAYWRIGHT_JSON_OUTPUT_FILE="+report)
	cmd.WaitDelay = demoPatience
	if err := named(ctx, cmd.Run(), args[0], args[1:]); err != nil {
		return err
	}
	text, err := os.ReadFile(report)
	if err != nil {
		return fmt.Errorf("playwright wrote no report: %w", err)
	}
	return v.counts.add(text)
}

// browserCounts are the tests of Playwright's reports.
type browserCounts struct{ passed, flaky, skipped int }

func (c *browserCounts) add(report []byte) error {
	var read struct {
		Stats struct{ Expected, Flaky, Skipped int }
	}
	if err := json.Unmarshal(report, &read); err != nil {
		return fmt.Errorf("read Playwright's report: %w", err)
	}
	if read.Stats.Expected+read.Stats.Flaky == 0 {
		return errors.New("no browser test was run")
	}
	c.passed += read.Stats.Expected
	c.flaky += read.Stats.Flaky
	c.skipped += read.Stats.Skipped
	return nil
}

func (c *browserCounts) summary() string {
	text := fmt.Sprintf("%d browser tests passed", c.passed+c.flaky)
	if c.flaky > 0 {
		text += fmt.Sprintf(", %d of them at the second try", c.flaky)
	}
	if c.skipped > 0 {
		text += fmt.Sprintf(", %d skipped", c.skipped)
	}
	return text
}
