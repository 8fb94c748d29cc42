package plugin

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/tracing"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/pullview/orders-datasource/pkg/frames"
	"github.com/pullview/orders-datasource/pkg/message"
	"github.com/pullview/orders-datasource/pkg/postgres"
	"github.com/pullview/orders-datasource/pkg/query"
)

// maxQueries bounds the queries of one request that are answered, and so the
// memory of the answers, which wait for each other. Panels have a few.
const maxQueries = 100

// QueryData answers every query of a request under its refID, whatever becomes
// of the others. As many are computed at a time as there may be connections;
// the order in which they begin is that of the request. Those beyond maxQueries
// are answered with an error.
//
// Hidden queries are answered like all others: Grafana leaves out those that
// nobody needs, and the rest feed expressions.
func (i *Instance) QueryData(ctx context.Context, req *backend.QueryDataRequest) (*backend.QueryDataResponse, error) {
	asked := question{
		instance:  i,
		caller:    callerOf(req.GetHTTPHeaders(), req.PluginContext.User),
		fromAlert: fromAlert(req.Headers),
	}
	asked.caller.Alert = asked.fromAlert
	if !asked.fromAlert {
		asked.refused = i.doors.enter(ctx)
	}
	responses := make([]backend.DataResponse, len(req.Queries))
	answered := min(len(req.Queries), maxQueries)
	inParallel(answered, i.workers(), func(n int) {
		responses[n] = asked.answer(ctx, &req.Queries[n])
	})
	for n := answered; n < len(req.Queries); n++ {
		responses[n] = failed(req.Queries[n].RefID, nil, failure{
			message: message.New("the request has %d queries, and the first %d are answered: spread them over several panels", len(req.Queries), maxQueries),
			status:  backend.StatusBadRequest,
			source:  backend.ErrorSourceDownstream,
		})
	}
	all := backend.NewQueryDataResponse()
	for n := range req.Queries {
		all.Responses[req.Queries[n].RefID] = responses[n]
	}
	return all, nil
}

func (i *Instance) workers() int {
	if i.settings == nil {
		return 1
	}
	return int(i.settings.MaxOpenConns)
}

// inParallel calls work for 0 up to n in at most so many goroutines, and
// returns when all are done.
func inParallel(n, goroutines int, work func(int)) {
	var next atomic.Int64
	var running sync.WaitGroup
	for range min(n, goroutines) {
		running.Go(func() {
			for {
				turn := int(next.Add(1)) - 1
				if turn >= n {
					return
				}
				work(turn)
			}
		})
	}
	running.Wait()
}

// question is what all queries of one request share.
type question struct {
	instance  *Instance
	caller    query.Caller
	fromAlert bool
	refused   error // why none of its queries is answered
}

// answer answers one query. It does not panic.
func (q *question) answer(ctx context.Context, asked *backend.DataQuery) (response backend.DataResponse) {
	began := time.Now()
	ctx, span := tracing.DefaultTracer().Start(ctx, "plugin.query", trace.WithAttributes(
		attribute.String("refId", asked.RefID), attribute.Bool("fromAlert", q.fromAlert)))
	work := &work{question: q, kind: unknownType}
	defer func() {
		if cause := recover(); cause != nil {
			panicsTotal.Inc()
			backend.Logger.FromContext(ctx).Error("A query panicked",
				"refId", asked.RefID, "panic", cause, "stack", string(debug.Stack()))
			response = failed(asked.RefID, nil, defective)
		}
		if response.Error != nil {
			// Messages about a query repeat what somebody wrote into it.
			span.SetStatus(codes.Error, fmt.Sprintf("%s error, status %d", response.ErrorSource, response.Status))
		}
		span.End()
		record(work.kind, &response, work.stats, time.Since(began))
	}()
	made, err := work.run(ctx, asked)
	if err == nil {
		return backend.DataResponse{Frames: made, Status: backend.StatusOK}
	}
	f := failureOf(err)
	if f.source == backend.ErrorSourcePlugin {
		backend.Logger.FromContext(ctx).Error("A query failed", "refId", asked.RefID, "error", err)
	}
	return failed(asked.RefID, work.stats.Statements, f)
}

// failed answers a query that failed, after sending statements to the store or
// before.
func failed(refID string, statements []string, f failure) backend.DataResponse {
	return backend.DataResponse{
		Error:       errors.New(f.message.String()),
		Status:      f.status,
		ErrorSource: f.source,
		Frames:      frames.Failed(refID, f.message, statements),
	}
}

// work is one query on its way, and what is known of it so far.
type work struct {
	*question
	kind  query.Type
	stats query.Stats
}

func (w *work) run(ctx context.Context, asked *backend.DataQuery) (data.Frames, error) {
	if w.instance.broken != nil {
		return nil, w.instance.broken
	}
	if w.refused != nil {
		return nil, w.refused
	}
	ctx, cancel := context.WithTimeout(ctx, w.instance.settings.QueryTimeout)
	defer cancel()

	request, err := w.request(ctx, asked)
	if err != nil {
		return nil, err
	}
	w.kind = request.Type
	answer, err := w.instance.engine.Answer(ctx, request, w.caller)
	if err != nil {
		if answer != nil {
			w.stats = answer.Stats
		}
		return nil, w.late(err)
	}
	_, span := tracing.DefaultTracer().Start(ctx, "frames.Frames")
	defer span.End()
	shared, err := answer.Shape(func(answer *query.Answer) (any, error) {
		w.stats = answer.Stats // what was read for many counts once
		return frames.Source{UID: w.instance.id.uid, Name: w.instance.name}.Frames(answer)
	})
	if err != nil {
		return nil, err
	}
	return frames.Own(shared.(data.Frames), asked.RefID), nil
}

// late says what to do where the answer was not there in time. What the store
// says of it knows more.
func (w *work) late(err error) error {
	if store := (*postgres.Error)(nil); errors.As(err, &store) || !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return &postgres.Error{Kind: postgres.KindTimeout, Err: err, Message: message.New(
		"the answer was not there within %s. Choose a shorter range or a coarser step, filter more, or raise queryTimeoutSeconds in the data source settings",
		w.instance.settings.QueryTimeout)}
}

// request decodes and validates a query.
func (w *work) request(ctx context.Context, asked *backend.DataQuery) (*query.Request, error) {
	_, span := tracing.DefaultTracer().Start(ctx, "query.Validate")
	defer span.End()
	decoded, err := w.instance.decoded.decode(asked.JSON)
	if err != nil {
		return nil, err
	}
	decoded.RefID = asked.RefID
	return decoded.Validate(w.instance.settings.Catalog, query.Environment{
		From:          asked.TimeRange.From,
		To:            asked.TimeRange.To,
		Interval:      asked.Interval,
		MaxDataPoints: asked.MaxDataPoints,
		FromAlert:     w.fromAlert,
		Limits:        w.instance.limits(),
	})
}
