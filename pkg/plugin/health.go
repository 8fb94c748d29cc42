package plugin

import (
	"context"
	"encoding/json"
	"errors"
	"runtime/debug"
	"slices"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/tracing"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/engine"
	"github.com/pullview/orders-datasource/pkg/message"
	"github.com/pullview/orders-datasource/pkg/postgres"
	"github.com/pullview/orders-datasource/pkg/query"
)

// healthDetails is what the health check says beside its summary in English.
type healthDetails struct {
	// Message is the summary.
	Message message.Message `json:"message"`
	// Verbose says one thing a line, which Grafana's settings page shows below the
	// summary; VerboseMessage is the same in English.
	Verbose        message.Message `json:"verbose,omitzero"`
	VerboseMessage string          `json:"verboseMessage,omitempty"`
	// Problems are those of the settings and of the catalog by itself.
	Problems []message.Message `json:"problems,omitempty"`
	Report   *postgres.Report  `json:"report,omitempty"`
	Warnings []message.Message `json:"warnings,omitempty"`
}

// CheckHealth tries everything that answers rely on, for "Save & test". It
// returns no error: what is wrong is in the result. Grafana lets everybody ask who
// may view a dashboard, so whoever is no administrator learns only whether it works.
func (i *Instance) CheckHealth(ctx context.Context, req *backend.CheckHealthRequest) (result *backend.CheckHealthResult, _ error) {
	ctx, span := tracing.DefaultTracer().Start(ctx, "plugin.health")
	defer span.End()
	defer func() {
		if cause := recover(); cause != nil {
			panicsTotal.Inc()
			backend.Logger.FromContext(ctx).Error("A health check panicked", "panic", cause, "stack", string(debug.Stack()))
			result = checked(backend.HealthStatusError, defect, nil, healthDetails{})
		}
	}()
	user := req.PluginContext.User
	result = i.examine(ctx, callerOf(req.GetHTTPHeaders(), user))
	if user != nil && !isAdmin(user) {
		return discreet(result.Status), nil
	}
	return result, nil
}

func (i *Instance) examine(ctx context.Context, caller query.Caller) *backend.CheckHealthResult {
	if i.settings == nil {
		return unhealthyFor(i.broken, healthDetails{}, nil)
	}
	ctx, cancel := context.WithTimeout(ctx, i.settings.QueryTimeout)
	defer cancel()
	if i.broken != nil {
		return i.checkWithoutCatalog(ctx, caller)
	}
	scans, err := metricScans(i.settings.Catalog)
	if err != nil {
		return i.failedCheck(ctx, err)
	}
	report, err := i.store.Check(ctx, caller, scans)
	if err != nil {
		return i.failedCheck(ctx, err)
	}
	return healthOf(report, i.settings.Warnings)
}

// discreet tells a status without a name of the server, of what is in it, or of
// what is wrong.
func discreet(status backend.HealthStatus) *backend.CheckHealthResult {
	said := message.New("The data source works.")
	if status != backend.HealthStatusOk {
		said = message.New("The data source does not work as it should. An administrator of the organisation learns why from Save & test on its settings page.")
	}
	return checked(status, said, nil, healthDetails{})
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
	return checked(backend.HealthStatusError, f.message.Sentence(), nil, healthDetails{Warnings: i.settings.Warnings})
}

// metricScans lists the scans by which each metric of a catalog is answered.
func metricScans(declared *catalog.Catalog) ([]postgres.MetricScans, error) {
	all := make([]postgres.MetricScans, 0, len(declared.Metrics))
	for _, name := range declared.MetricNames() {
		scans, err := engine.MetricScans(declared, declared.Metrics[name], time.Now())
		if err != nil {
			return nil, message.Errorf("plan metric %s: %v", name, err)
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
func healthOf(report *postgres.Report, settingWarnings []message.Message) *backend.CheckHealthResult {
	problems, warnings := report.Findings()
	warnings = slices.Concat(settingWarnings, warnings)
	details := healthDetails{Report: report, Warnings: settingWarnings}
	lines := verdicts(report, warnings)
	if n := len(problems); n > 0 {
		summary := message.New("Connected to %s, but the catalog does not fit the database: %s. The first is: %s",
			serverOf(report), message.Counted(n, "%d problem", "%d problems"), problems[0])
		return checked(backend.HealthStatusError, summary, append(problems, lines...), details)
	}
	summary := message.New("Connected to %s. %s work.", serverOf(report), working(report))
	if n := len(warnings); n > 0 {
		shown := warnings[:min(n, maxSummarised)]
		summary = message.New("%s %s: %s.", summary, message.Counted(n, "%d warning", "%d warnings"), message.Join(shown, "; "))
		if n > len(shown) {
			summary = message.New("%s And %d more.", summary, n-len(shown))
		}
	}
	return checked(backend.HealthStatusOk, summary, lines, details)
}

// working counts what works where nothing has a problem.
func working(report *postgres.Report) message.Message {
	logs := 0
	for _, table := range report.Tables {
		if table.Changelog != nil {
			logs++
		}
	}
	counts := []message.Message{
		message.Counted(len(report.Tables), "%d table", "%d tables"),
		message.Counted(len(report.Metrics), "%d metric", "%d metrics"),
	}
	if n := len(report.Annotations); n > 0 {
		counts = append(counts, message.Counted(n, "%d annotation", "%d annotations"))
	}
	if logs > 0 {
		counts = append(counts, message.Counted(logs, "%d change log", "%d change logs"))
	}
	last := len(counts) - 1
	return message.New("%s and %s", message.Join(counts[:last], ", "), counts[last])
}

func serverOf(report *postgres.Report) message.Message {
	return message.New("PostgreSQL %s, database %s, as %s", report.Server.Version, report.Server.Database, report.Server.User)
}

// verdicts lists what works and what is doubtful, one a line.
func verdicts(report *postgres.Report, warnings []message.Message) []message.Message {
	var lines []message.Message
	for _, table := range report.Tables {
		if len(table.Problems) == 0 {
			lines = append(lines, message.New("table %s: %s works", table.Table, table.Relation))
		}
		if table.Changelog != nil {
			lines = append(lines, message.New("table %s: its change log works", table.Table))
		}
	}
	for _, metric := range report.Metrics {
		if metric.Problem.IsZero() {
			lines = append(lines, message.New("metric %s: works", metric.Metric))
		}
	}
	for _, annotation := range report.Annotations {
		if annotation.Problem.IsZero() {
			lines = append(lines, message.New("annotation %s: works", annotation.Annotation))
		}
	}
	return append(lines, doubts(warnings)...)
}

func doubts(warnings []message.Message) []message.Message {
	lines := make([]message.Message, len(warnings))
	for n, warning := range warnings {
		lines[n] = message.New("warning: %s", warning)
	}
	return lines
}

// several are the errors of settings or of a catalog.
type several interface {
	Count() message.Message
	Texts() []message.Message
}

// unhealthyFor reports settings or a catalog that have problems: their number
// and the first one in the summary, and all below it, with how the connection
// fares where it was tried. Where nothing is wrong but that there is no catalog
// yet, a connection that fails is the summary: it comes first to whoever sets a
// data source up, and nothing can be discovered without it.
func unhealthyFor(broken error, details healthDetails, connection error) *backend.CheckHealthResult {
	summary, problems := message.Of(broken).Sentence(), []message.Message{message.Of(broken)}
	if all := several(nil); errors.As(broken, &all) && len(all.Texts()) > 1 {
		problems = all.Texts()
		summary = message.New("%s The first is: %s", all.Count().Sentence(), problems[0])
	}
	lines := problems
	if errors.Is(broken, catalog.ErrEmpty) {
		lines = nil // it is the summary
	}
	details.Problems = problems
	switch {
	case connection != nil && errors.Is(broken, catalog.ErrEmpty):
		said := failureOf(connection).message
		summary, lines = said.Sentence(), problems
		details.Problems = append([]message.Message{said}, problems...)
	case connection != nil:
		said := message.New("The connection does not work either: %s", failureOf(connection).message)
		details.Problems, lines = append(slices.Clone(problems), said), append(slices.Clone(lines), said)
	case details.Report != nil:
		summary = message.New("Connected to %s. %s", serverOf(details.Report), summary)
		lines = append(slices.Clone(lines), message.New("The connection to the database works."))
		lines = append(lines, doubts(details.Report.Warnings)...)
	}
	return checked(backend.HealthStatusError, summary, lines, details)
}

// checked is the result of a health check: a summary, and what is shown below it.
func checked(status backend.HealthStatus, summary message.Message, lines []message.Message, details healthDetails) *backend.CheckHealthResult {
	details.Message, details.Verbose = summary, message.Join(lines, "\n")
	details.VerboseMessage = details.Verbose.String()
	encoded, err := json.Marshal(details)
	if err != nil {
		// The details are plain structs without infinities, which always encode.
		panic("plugin: " + err.Error())
	}
	return &backend.CheckHealthResult{Status: status, Message: summary.String(), JSONDetails: encoded}
}
