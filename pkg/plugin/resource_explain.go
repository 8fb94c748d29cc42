package plugin

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/engine"
	"github.com/pullview/orders-datasource/pkg/message"
	"github.com/pullview/orders-datasource/pkg/postgres"
	"github.com/pullview/orders-datasource/pkg/query"
)

// explainRequest is the body of POST /explain: a query and what surrounds it.
type explainRequest struct {
	Query         json.RawMessage `json:"query"`
	From          int64           `json:"from"` // milliseconds since the epoch
	To            int64           `json:"to"`
	IntervalMS    int64           `json:"intervalMs"`
	MaxDataPoints int64           `json:"maxDataPoints"`
}

// explanation is the answer of POST /explain.
type explanation struct {
	Definitions []definitionBody `json:"definitions"`
	Statements  []statementBody  `json:"statements"`
	Timezone    string           `json:"timezone"`
	Step        string           `json:"step"`
}

// definitionBody says what a metric means, or an annotation, whose type is
// typeAnnotation.
type definitionBody struct {
	Metric     string             `json:"metric"`
	Type       catalog.MetricType `json:"type"`
	Help       string             `json:"help"`
	Definition message.Message    `json:"definition"`
}

const typeAnnotation catalog.MetricType = "annotation"

type statementBody struct {
	SQL   string     `json:"sql"`
	Binds []bindBody `json:"binds"`
}

// bindBody is a bound value: where it stands and its type, never the value.
type bindBody struct {
	Position int    `json:"position"`
	Type     string `json:"type"`
}

// maxExplainBytes leaves room for what surrounds the longest query.
const maxExplainBytes = query.MaxQueryBytes + 4<<10

func (i *Instance) postExplain(ctx context.Context, req *http.Request) (any, error) {
	asked, err := readExplainRequest(req)
	if err != nil {
		return nil, err
	}
	decoded, err := query.Decode(asked.Query)
	if err != nil {
		return nil, err
	}
	request, err := decoded.Validate(i.settings.Catalog, query.Environment{
		From:          time.UnixMilli(asked.From),
		To:            time.UnixMilli(asked.To),
		Interval:      time.Duration(asked.IntervalMS) * time.Millisecond,
		MaxDataPoints: asked.MaxDataPoints,
		Limits:        i.limits(),
	})
	if err != nil {
		return nil, err
	}
	look, err := i.store.Look(ctx, resourceCaller(req))
	if err != nil {
		return nil, err
	}
	defer look.Close()
	statements, err := statementsOf(ctx, look, request)
	if err != nil {
		return nil, err
	}
	return explanation{
		Definitions: definitionsOf(request),
		Statements:  statements,
		Timezone:    request.Location.String(),
		Step:        request.Step.String(),
	}, nil
}

func readExplainRequest(req *http.Request) (*explainRequest, error) {
	mistake := func(status int, format string, args ...any) error {
		return &resourceMistake{status: status, message: message.New(format, args...),
			hint: message.New(`write {"query": {…}, "from": …, "to": …, "intervalMs": …, "maxDataPoints": …} with from and to in milliseconds since 1970`)}
	}
	body, err := io.ReadAll(http.MaxBytesReader(nil, req.Body, maxExplainBytes))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return nil, mistake(http.StatusRequestEntityTooLarge, "the body has more than %d bytes", maxExplainBytes)
	}
	if err != nil {
		return nil, mistake(http.StatusBadRequest, "the body cannot be read: %v", err)
	}
	var asked explainRequest
	if err := json.Unmarshal(body, &asked); err != nil {
		return nil, mistake(http.StatusBadRequest, "the body is not as expected: %v", err)
	}
	if len(asked.Query) == 0 {
		return nil, mistake(http.StatusBadRequest, "the body has no query")
	}
	const maxMS = int64(100 * 365 * 24 * time.Hour / time.Millisecond)
	if asked.IntervalMS < 0 || asked.IntervalMS > maxMS || max(asked.From, -asked.From, asked.To, -asked.To) > maxEpochMS {
		return nil, mistake(http.StatusBadRequest, "from, to or intervalMs is out of range")
	}
	return &asked, nil
}

// statementsOf lists what would be sent to the database now, without sending it.
func statementsOf(ctx context.Context, look *postgres.Look, request *query.Request) ([]statementBody, error) {
	switch request.Type {
	case query.TypeRecords:
		scan := engine.RecordsScan(request, look.Snapshot().AsOf)
		statement, err := look.ExplainRecords(ctx, &scan)
		return []statementBody{bodyOf(statement)}, err
	case query.TypeAnnotation:
		scan := engine.EventScan(request)
		statement, err := look.ExplainEvents(ctx, &scan)
		return []statementBody{bodyOf(statement)}, err
	}
	scans := engine.Scans(request, look.Snapshot().AsOf)
	statements := make([]statementBody, len(scans))
	for n := range scans {
		statement, err := look.Explain(ctx, &scans[n])
		if err != nil {
			return nil, err
		}
		statements[n] = bodyOf(statement)
	}
	return statements, nil
}

func bodyOf(statement postgres.Statement) statementBody {
	body := statementBody{SQL: statement.SQL, Binds: make([]bindBody, len(statement.Binds))}
	for n, bind := range statement.Binds {
		body.Binds[n] = bindBody{Position: bind.Position, Type: bind.Type}
	}
	return body
}

// definitionsOf says what the metrics of a request mean, those before their
// parts of which they are computed.
func definitionsOf(request *query.Request) []definitionBody {
	var metrics []*catalog.Metric
	for _, metric := range request.Metrics {
		for _, one := range append([]*catalog.Metric{metric}, request.Catalog.PartsOf(metric)...) {
			if !slices.Contains(metrics, one) {
				metrics = append(metrics, one)
			}
		}
	}
	if a := request.Annotation; a != nil {
		return []definitionBody{{
			Metric: a.Name, Type: typeAnnotation, Help: a.Help, Definition: definitionOfEvents(request.Catalog, a),
		}}
	}
	bodies := make([]definitionBody, len(metrics))
	for n, metric := range metrics {
		bodies[n] = definitionBody{
			Metric:     metric.Name,
			Type:       metric.Type,
			Help:       metric.Help,
			Definition: definition(request.Catalog, metric),
		}
	}
	return bodies
}
