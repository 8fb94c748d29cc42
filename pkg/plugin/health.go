package plugin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/tracing"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/engine"
	"github.com/pullview/orders-datasource/pkg/postgres"
	"github.com/pullview/orders-datasource/pkg/query"
)

// healthDetails is what Grafana's settings page shows below the summary:
// verboseMessage as text, and the rest to whoever reads the API's answer.
type healthDetails struct {
	VerboseMessage string `json:"verboseMessage,omitempty"`
	// Problems are those of the settings and of the catalog by itself.
	Problems []string         `json:"problems,omitempty"`
	Report   *postgres.Report `json:"report,omitempty"`
	Warnings []string         `json:"warnings,omitempty"`
}

// CheckHealth tries everything that answers rely on, for "Save & test". It
// returns no error: what is wrong is in the result.
func (i *Instance) CheckHealth(ctx context.Context, req *backend.CheckHealthRequest) (result *backend.CheckHealthResult, _ error) {
	ctx, span := tracing.DefaultTracer().Start(ctx, "plugin.health")
	defer span.End()
	defer func() {
		if cause := recover(); cause != nil {
			panicsTotal.Inc()
			backend.Logger.FromContext(ctx).Error("A health check panicked", "panic", cause, "stack", string(debug.Stack()))
			result = unhealthy(defect, healthDetails{})
		}
	}()
	if i.settings == nil {
		return unhealthyFor(i.broken, healthDetails{}, nil), nil
	}
	ctx, cancel := context.WithTimeout(ctx, i.settings.QueryTimeout)
	defer cancel()
	caller := callerOf(req.GetHTTPHeaders(), req.PluginContext.User)
	if i.broken != nil {
		return i.checkWithoutCatalog(ctx, caller), nil
	}
	scans, err := metricScans(i.settings.Catalog)
	if err != nil {
		return i.failedCheck(ctx, err), nil
	}
	report, err := i.store.Check(ctx, caller, scans)
	if err != nil {
		return i.failedCheck(ctx, err), nil
	}
	return healthOf(report, i.settings.Warnings), nil
}

// checkWithoutCatalog tells whether at least the connection works.
func (i *Instance) checkWithoutCatalog(ctx context.Context, caller query.Caller) *backend.CheckHealthResult {
	report, err := i.store.Check(ctx, caller, nil)
	return unhealthyFor(i.broken, healthDetails{Report: report, Warnings: i.settings.Warnings}, err)
}

func (i *Instance) failedCheck(ctx context.Context, err error) *backend.CheckHealthResult {
	f := failureOf(err)
	if f.source == backend.ErrorSourcePlugin {
		backend.Logger.FromContext(ctx).Error("A health check failed", "error", err)
	}
	return unhealthy(sentence(f.message), healthDetails{Warnings: i.settings.Warnings})
}

// metricScans lists the scans by which each metric of a catalog is answered.
func metricScans(declared *catalog.Catalog) ([]postgres.MetricScans, error) {
	all := make([]postgres.MetricScans, 0, len(declared.Metrics))
	for _, name := range declared.MetricNames() {
		scans, err := engine.MetricScans(declared, declared.Metrics[name], time.Now())
		if err != nil {
			return nil, fmt.Errorf("plan metric %s: %w", name, err)
		}
		one := postgres.MetricScans{Metric: name}
		for n := range scans {
			one.Scans = append(one.Scans, &scans[n])
		}
		all = append(all, one)
	}
	return all, nil
}

// maxSummarised is how many warnings the one line of a summary repeats.
const maxSummarised = 3

// healthOf writes a report for the settings page: a summary in one line, and
// every table and metric below it.
func healthOf(report *postgres.Report, settingWarnings []string) *backend.CheckHealthResult {
	problems, warnings := findings(report)
	warnings = append(append([]string(nil), settingWarnings...), warnings...)
	details := healthDetails{Report: report, Warnings: settingWarnings}

	server := serverOf(report)
	if len(problems) > 0 {
		details.VerboseMessage = strings.Join(append(problems, verdicts(report, warnings)...), "\n")
		return unhealthy(fmt.Sprintf("Connected to %s, but the catalog does not fit the database: %s. The first is: %s",
			server, plural(len(problems), "problem"), problems[0]), details)
	}
	message := fmt.Sprintf("Connected to %s. %s work.", server, working(report))
	if n := len(warnings); n > 0 {
		shown := warnings[:min(n, maxSummarised)]
		message += fmt.Sprintf(" %s: %s.", plural(n, "warning"), strings.Join(shown, "; "))
		if n > len(shown) {
			message += fmt.Sprintf(" And %d more.", n-len(shown))
		}
	}
	details.VerboseMessage = strings.Join(verdicts(report, warnings), "\n")
	return &backend.CheckHealthResult{Status: backend.HealthStatusOk, Message: message, JSONDetails: encode(details)}
}

// working counts what works where nothing has a problem.
func working(report *postgres.Report) string {
	logs := 0
	for _, table := range report.Tables {
		if table.Changelog != nil {
			logs++
		}
	}
	counts := []string{plural(len(report.Tables), "table"), plural(len(report.Metrics), "metric")}
	if n := len(report.Annotations); n > 0 {
		counts = append(counts, plural(n, "annotation"))
	}
	if logs > 0 {
		counts = append(counts, plural(logs, "change log"))
	}
	last := len(counts) - 1
	return strings.Join(counts[:last], ", ") + " and " + counts[last]
}

func serverOf(report *postgres.Report) string {
	return fmt.Sprintf("PostgreSQL %s, database %s, as %s", report.Server.Version, report.Server.Database, report.Server.User)
}

func findings(report *postgres.Report) (problems, warnings []string) {
	warnings = append(warnings, report.Warnings...)
	for _, table := range report.Tables {
		for _, problem := range table.Problems {
			problems = append(problems, "table "+table.Table+": "+problem)
		}
		for _, warning := range table.Warnings {
			warnings = append(warnings, "table "+table.Table+": "+warning)
		}
	}
	for _, metric := range report.Metrics {
		if metric.Problem != "" {
			problems = append(problems, "metric "+metric.Metric+": "+metric.Problem)
		}
	}
	for _, annotation := range report.Annotations {
		if annotation.Problem != "" {
			problems = append(problems, "annotation "+annotation.Annotation+": "+annotation.Problem)
		}
	}
	return problems, warnings
}

// verdicts lists what works and what is doubtful, one a line.
func verdicts(report *postgres.Report, warnings []string) []string {
	var lines []string
	for _, table := range report.Tables {
		if len(table.Problems) == 0 {
			lines = append(lines, fmt.Sprintf("table %s: %s works", table.Table, table.Relation))
		}
		if table.Changelog != nil {
			lines = append(lines, fmt.Sprintf("table %s: its change log works", table.Table))
		}
	}
	for _, metric := range report.Metrics {
		if metric.Problem == "" {
			lines = append(lines, "metric "+metric.Metric+": works")
		}
	}
	for _, annotation := range report.Annotations {
		if annotation.Problem == "" {
			lines = append(lines, "annotation "+annotation.Annotation+": works")
		}
	}
	for _, warning := range warnings {
		lines = append(lines, "warning: "+warning)
	}
	return lines
}

// unhealthyFor reports settings or a catalog that have problems: their number
// and the first one in the summary, and all below it, with how the connection
// fares where it was tried.
func unhealthyFor(broken error, details healthDetails, connection error) *backend.CheckHealthResult {
	message, problems := sentence(broken.Error()), strings.Split(broken.Error(), "\n- ")
	if len(problems) > 1 {
		message = fmt.Sprintf("%s The first is: %s", sentence(strings.TrimSuffix(problems[0], ":")), problems[1])
		problems = problems[1:]
	}
	details.Problems = problems
	lines := problems
	if errors.Is(broken, catalog.ErrEmpty) {
		lines = nil // it is the summary
	}
	switch {
	case connection != nil:
		said := "The connection does not work either: " + failureOf(connection).message
		details.Problems, lines = append(slices.Clone(problems), said), append(slices.Clone(lines), said)
	case details.Report != nil:
		message = fmt.Sprintf("Connected to %s. %s", serverOf(details.Report), message)
		lines = append(slices.Clone(lines), "The connection to the database works.")
		for _, warning := range details.Report.Warnings {
			lines = append(lines, "warning: "+warning)
		}
	}
	details.VerboseMessage = strings.Join(lines, "\n")
	return unhealthy(message, details)
}

func unhealthy(message string, details healthDetails) *backend.CheckHealthResult {
	return &backend.CheckHealthResult{Status: backend.HealthStatusError, Message: message, JSONDetails: encode(details)}
}

func encode(details healthDetails) []byte {
	encoded, err := json.Marshal(details)
	if err != nil {
		// The details are plain structs without infinities, which always encode.
		panic("plugin: " + err.Error())
	}
	return encoded
}

// sentence begins with a capital letter and ends with a full stop.
func sentence(text string) string {
	if text != "" {
		text = strings.ToUpper(text[:1]) + text[1:]
	}
	if !strings.HasSuffix(text, ".") {
		text += "."
	}
	return text
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
