package plugin

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/pkg/engine"
	"github.com/pullview/orders-datasource/pkg/query"
)

// defectiveStore fails as only a defect of the plugin can.
type defectiveStore struct{ fail func() error }

func (s defectiveStore) Look(context.Context, query.Caller) (engine.Look, error) {
	return nil, s.fail()
}

// unreachable are the settings of a data source that can be made and never asked.
func unreachable(uid string) backend.DataSourceInstanceSettings {
	return backend.DataSourceInstanceSettings{
		UID: uid, URL: "db.invalid", User: "reader",
		JSONData: []byte(`{"database": "orders", "catalog": {"version": 1, "timezone": "UTC",
			"tables": {"orders": {"relation": "orders", "time": "at"}},
			"metrics": {"orders": {"type": "counter", "table": "orders", "help": "Orders"}}}}`),
	}
}

func defectiveInstance(t *testing.T, fail func() error) *Instance {
	t.Helper()
	made, err := New(t.Context(), unreachable(t.Name()))
	require.NoError(t, err)
	i := made.(*Instance)
	require.NoError(t, i.broken)
	t.Cleanup(i.Dispose)
	instances.remove(i) // it would read the engine
	i.engine = engine.New(defectiveStore{fail})
	return i
}

func TestDefectsAreContainedInTheirQueryAndToldWithoutDetails(t *testing.T) {
	t.Parallel()
	for about, fail := range map[string]func() error{
		"a panic":                      func() error { panic("index 7 is out of range, s3cret") },
		"an error that nobody expects": func() error { return errors.New("s3cret") },
	} {
		t.Run(about, func(t *testing.T) {
			t.Parallel()
			i := defectiveInstance(t, fail)
			now := time.Now()
			ask := func(refID, json string) backend.DataQuery {
				return backend.DataQuery{RefID: refID, JSON: []byte(json), TimeRange: backend.TimeRange{From: now.Add(-time.Hour), To: now}}
			}
			response, err := i.QueryData(t.Context(), &backend.QueryDataRequest{Queries: []backend.DataQuery{
				ask("A", `{"metrics": ["orders"]}`), ask("B", `{"metrics": []}`), ask("C", `{"metrics": ["orders"]}`),
			}})
			require.NoError(t, err)
			require.Len(t, response.Responses, 3)
			for _, refID := range []string{"A", "C"} {
				failed := response.Responses[refID]
				require.Error(t, failed.Error)
				assert.EqualError(t, failed.Error, defect.String())
				assert.Equal(t, backend.StatusInternal, failed.Status)
				assert.Equal(t, backend.ErrorSourcePlugin, failed.ErrorSource)
			}
			assert.Equal(t, backend.StatusBadRequest, response.Responses["B"].Status)
		})
	}
}

func TestAPanickingResourceAnswersWithAStatus(t *testing.T) {
	t.Parallel()
	handler := serve([]route{{http.MethodGet, "/broken", func(http.ResponseWriter, *http.Request) { panic("s3cret") }}})
	var status int
	var body string
	require.NoError(t, handler.CallResource(t.Context(), &backend.CallResourceRequest{Method: http.MethodGet, Path: "broken"},
		backend.CallResourceResponseSenderFunc(func(r *backend.CallResourceResponse) error {
			status, body = r.Status, string(r.Body)
			return nil
		})))
	assert.Equal(t, http.StatusInternalServerError, status)
	assert.NotContains(t, body, "s3cret")
	assert.True(t, strings.HasPrefix(body, `{"error":`), body)
}

func TestQueriesRunAsManyAtATimeAsThereAreWorkers(t *testing.T) {
	t.Parallel()
	const n, workers = 50, 4
	var running, most, done atomic.Int32
	var full sync.Once
	allBusy := make(chan struct{})
	inParallel(n, workers, func(int) {
		now := running.Add(1)
		for {
			seen := most.Load()
			if now <= seen || most.CompareAndSwap(seen, now) {
				break
			}
		}
		if now == workers {
			full.Do(func() { close(allBusy) })
		}
		<-allBusy // nobody goes on before all workers are at work
		running.Add(-1)
		done.Add(1)
	})
	assert.EqualValues(t, n, done.Load())
	assert.EqualValues(t, workers, most.Load())

	inParallel(0, workers, func(int) { t.Error("there is nothing to do") })
}

func TestOfVeryManyQueriesInOneRequestTheFirstAreAnswered(t *testing.T) {
	t.Parallel()
	i := defectiveInstance(t, func() error { return context.Canceled })
	request := &backend.QueryDataRequest{}
	for n := range maxQueries + 2 {
		request.Queries = append(request.Queries, backend.DataQuery{RefID: fmt.Sprint(n), JSON: []byte(`{"metrics": []}`)})
	}
	response, err := i.QueryData(t.Context(), request)
	require.NoError(t, err)
	require.Len(t, response.Responses, maxQueries+2, "every refID is answered")
	assert.ErrorContains(t, response.Responses[fmt.Sprint(maxQueries-1)].Error, "no metric is chosen")
	for n := maxQueries; n < maxQueries+2; n++ {
		refused := response.Responses[fmt.Sprint(n)]
		assert.ErrorContains(t, refused.Error, "the request has 102 queries, and the first 100 are answered")
		assert.Equal(t, backend.StatusBadRequest, refused.Status)
		assert.Equal(t, backend.ErrorSourceDownstream, refused.ErrorSource)
	}
}

func TestDisposeTwiceIsSafeAndEndsTheInstance(t *testing.T) {
	t.Parallel()
	made, err := New(t.Context(), backend.DataSourceInstanceSettings{
		URL: "db.invalid", User: "reader", JSONData: []byte(`{"database": "orders"}`)})
	require.NoError(t, err)
	i := made.(*Instance)
	i.Dispose()
	i.Dispose()
	_, err = i.store.Look(t.Context(), query.Caller{})
	assert.Error(t, err)

	refused, err := New(t.Context(), backend.DataSourceInstanceSettings{})
	require.NoError(t, err, "a factory's failure would be shown without its text")
	refused.(*Instance).Dispose()
}

func TestTheFactoryDialsNothing(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = listener.Close() }()
	made, err := New(t.Context(), backend.DataSourceInstanceSettings{
		URL: listener.Addr().String(), User: "reader", JSONData: []byte(`{"database": "orders", "sslmode": "disable"}`)})
	require.NoError(t, err)
	made.(*Instance).Dispose()

	// Connections are accepted in the order in which they were made.
	own, err := net.Dial("tcp", listener.Addr().String())
	require.NoError(t, err)
	defer func() { _ = own.Close() }()
	first, err := listener.Accept()
	require.NoError(t, err)
	defer func() { _ = first.Close() }()
	assert.Equal(t, own.LocalAddr().String(), first.RemoteAddr().String())
}
