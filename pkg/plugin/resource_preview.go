package plugin

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/engine"
	"github.com/pullview/orders-datasource/pkg/message"
	"github.com/pullview/orders-datasource/pkg/query"
)

// previewRequest is the body of POST /preview.
type previewRequest struct {
	Catalog     json.RawMessage `json:"catalog"` // a draft; nothing of it is saved
	Metrics     []string        `json:"metrics"` // names of the draft; absent for all
	Annotations []string        `json:"annotations"`
}

// previewBody is the answer of POST /preview. A draft with problems has neither
// metrics nor annotations.
type previewBody struct {
	Problems    []problemBody       `json:"problems"`
	From        int64               `json:"from"`   // the start of the first point of sparklines, in milliseconds since the epoch
	StepMS      int64               `json:"stepMs"` // from point to point
	Metrics     []metricPreview     `json:"metrics"`
	Annotations []annotationPreview `json:"annotations"`
}

type problemBody struct {
	Path    string          `json:"path"`
	Message message.Message `json:"message"`
}

// metricPreview is what a metric was in the last 24 hours: its value over all
// of them, and in each of the last 24 hours of the clock, the running one at
// the end. Numbers are null where there is none.
type metricPreview struct {
	Name      string             `json:"name"`
	Type      catalog.MetricType `json:"type"`
	Shows     string             `json:"shows"` // sum, last, median, ratio or distinct
	Value     *float64           `json:"value"`
	Digits    string             `json:"digits,omitempty"` // all of the value's, where it is a whole or decimal number
	Unit      string             `json:"unit,omitempty"`
	Decimals  *int               `json:"decimals,omitempty"`
	Sparkline []*float64         `json:"sparkline"`
	Error     message.Message    `json:"error,omitzero"`
}

const (
	// maxPreviewBytes leaves room for the largest catalog and names beside it.
	maxPreviewBytes = 2 << 20
	maxPreviewNames = 50 // of metrics, and of annotations
	// previewTime bounds a preview as a whole, previewStatement each statement.
	previewTime      = 30 * time.Second
	previewStatement = 5 * time.Second
	// previewsAtOnce leaves the other connections to those who look at panels.
	previewsAtOnce = 2

	previewHours = 24
	previewRange = previewHours * time.Hour
)

// postPreview computes metrics of a draft catalog, and looks for events of its
// annotations, on the connections of this data source.
func (i *Instance) postPreview(ctx context.Context, req *http.Request) (any, error) {
	var asked previewRequest
	if err := readBody(req, maxPreviewBytes, &asked, message.New(`write {"catalog": {…}, "metrics": ["…"], "annotations": ["…"]}`)); err != nil {
		return nil, err
	}
	body := previewBody{
		Problems: []problemBody{}, StepMS: time.Hour.Milliseconds(), Metrics: []metricPreview{}, Annotations: []annotationPreview{},
	}
	draft, err := catalog.Parse(asked.Catalog)
	if err != nil {
		body.Problems = problemsOf(err)
		return body, nil
	}
	metrics, err := previewNames(asked.Metrics, draft.MetricNames(), "metrics", message.New("metrics"))
	if err != nil {
		return nil, err
	}
	annotations, err := previewNames(asked.Annotations, draft.AnnotationNames(), "annotations", message.New("annotations"))
	if err != nil {
		return nil, err
	}
	store, err := i.store.Draft(draft, previewStatement)
	if err != nil {
		return nil, err
	}
	defer store.Close()
	p := &preview{
		catalog: draft,
		engine:  engine.New(liveStore{store}),
		caller:  resourceCaller(req),
		limits:  i.limits(),
		now:     time.Now(),
	}
	grid, err := p.grid()
	if err != nil {
		return nil, err
	}
	body.From = grid.UnixMilli()
	body.Metrics = make([]metricPreview, len(metrics))
	body.Annotations = make([]annotationPreview, len(annotations))
	inParallel(len(metrics)+len(annotations), min(previewsAtOnce, i.workers()), func(n int) {
		if n < len(metrics) {
			body.Metrics[n] = p.metric(ctx, metrics[n])
		} else {
			body.Annotations[n-len(metrics)] = p.annotation(ctx, annotations[n-len(metrics)])
		}
	})
	return body, nil
}

// previewNames returns the names that are asked for under a key, or all that
// there are.
func previewNames(asked, all []string, key string, what message.Message) ([]string, error) {
	if asked == nil {
		asked = all
	}
	if len(asked) > maxPreviewNames {
		return nil, &resourceMistake{status: http.StatusBadRequest,
			message: message.New("%d %s are asked for, and at most %d are previewed at once", len(asked), what, maxPreviewNames),
			hint:    message.New("name some of them under %s, and the rest in another request", key)}
	}
	return asked, nil
}

// problemsOf lists what is wrong with a draft.
func problemsOf(err error) []problemBody {
	var all catalog.Errors
	if !errors.As(err, &all) {
		return []problemBody{{Message: message.Of(err)}}
	}
	list := make([]problemBody, len(all))
	for n, problem := range all {
		list[n] = problemBody{Path: problem.Path, Message: problem.Message}
	}
	return list
}

// preview is what the metrics of one request share.
type preview struct {
	catalog *catalog.Catalog
	engine  *engine.Engine
	caller  query.Caller
	limits  query.Limits
	now     time.Time
}

// grid returns the start of the first hour of the sparklines.
func (p *preview) grid() (time.Time, error) {
	request, err := p.request(p.catalog.Metrics[p.catalog.MetricNames()[0]], "1h")
	if err != nil {
		return time.Time{}, err
	}
	return request.Grid.Start(request.Grid.Len() - previewHours), nil
}

// request asks for a metric over the last 24 hours.
func (p *preview) request(m *catalog.Metric, step string) (*query.Request, error) {
	ask := query.Query{RefID: "preview", Version: query.Version, Metrics: []string{m.Name}, Step: step}
	if m.Type == catalog.Histogram {
		ask.Quantiles = []float64{0.5}
	}
	return ask.Validate(p.catalog, query.Environment{From: p.now.Add(-previewRange), To: p.now, Limits: p.limits})
}

// metric previews one metric. It does not panic.
func (p *preview) metric(ctx context.Context, name string) (shown metricPreview) {
	nothing := metricPreview{Name: name, Sparkline: []*float64{}}
	shown = nothing
	defer func() {
		if previewPanicked(ctx, name, recover()) {
			shown = nothing
			shown.Error = defect
		}
	}()
	m, ok := p.catalog.Metric(name)
	if !ok {
		shown.Error = notInDraft(message.New("metric"), name, p.catalog.MetricNames())
		return shown
	}
	shown.Type, shown.Unit, shown.Decimals, shown.Shows = m.Type, m.Unit, m.Decimals, showsOf(m)
	whole, err := p.values(ctx, m, query.StepRange)
	if err == nil && whole != nil {
		shown.Value = finite(whole, 0)
		if exact, ok := whole.Decimal(0); ok && exact.IsFinite() {
			shown.Digits = exact.String()
		}
		var hours *query.Values
		if hours, err = p.values(ctx, m, "1h"); err == nil && hours != nil {
			for n := max(hours.Len()-previewHours, 0); n < hours.Len(); n++ {
				shown.Sparkline = append(shown.Sparkline, finite(hours, n))
			}
		}
	}
	if err != nil {
		shown.Value, shown.Digits, shown.Error = nil, "", previewFailure(ctx, name, err)
	}
	return shown
}

// previewPanicked logs a panic; it reports whether there was one.
func previewPanicked(ctx context.Context, name string, cause any) bool {
	if cause == nil {
		return false
	}
	panicsTotal.Inc()
	backend.Logger.FromContext(ctx).Error("A preview panicked", "name", name, "panic", cause, "stack", string(debug.Stack()))
	return true
}

// notInDraft says that the draft has no metric or annotation of a name.
func notInDraft(what message.Message, name string, declared []string) message.Message {
	missing := message.New("the draft declares no %s %q", what, name)
	if hint := didYouMean(name, declared); !hint.IsZero() {
		return message.New("%s; %s", missing, hint)
	}
	return missing
}

// previewFailure says why a metric or annotation has no preview, and logs what
// is a defect.
func previewFailure(ctx context.Context, name string, err error) message.Message {
	f := failureOf(err)
	if f.source == backend.ErrorSourcePlugin {
		backend.Logger.FromContext(ctx).Error("A preview failed", "name", name, "error", err)
	}
	return f.message
}

// showsOf says what the number of a preview is.
func showsOf(m *catalog.Metric) string {
	switch m.Type {
	case catalog.Gauge:
		return "last"
	case catalog.Histogram, catalog.Summary:
		return "median"
	case catalog.Ratio:
		return "ratio"
	case catalog.Distinct:
		return "distinct"
	}
	return "sum"
}

// values answers with one series, or nil where there is none: of a summary,
// that of the quantile next to the median.
func (p *preview) values(ctx context.Context, m *catalog.Metric, step string) (*query.Values, error) {
	request, err := p.request(m, step)
	if err != nil {
		return nil, err
	}
	answer, err := p.engine.Answer(ctx, request, p.caller)
	if err != nil || len(answer.Series) == 0 {
		return nil, err
	}
	chosen := 0
	if m.Type == catalog.Summary {
		distance := func(q float64) float64 { return math.Abs(q - 0.5) }
		for n, q := range m.Quantiles {
			if n < len(answer.Series) && distance(q) < distance(m.Quantiles[chosen]) {
				chosen = n
			}
		}
	}
	return &answer.Series[chosen].Values, nil
}

// finite returns value i rounded to what JSON can hold, and nil where it is
// null or no finite number.
func finite(values *query.Values, i int) *float64 {
	if x, ok := values.Float64(i); ok && !math.IsNaN(x) && !math.IsInf(x, 0) {
		return &x
	}
	return nil
}
