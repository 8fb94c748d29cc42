package plugin

import (
	"context"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAFreePlaceGoesToWhoCameLastAndWhoHasWaitedLongestIsRefused(t *testing.T) {
	t.Parallel()
	e := newEntrance(1, 2, time.Minute, 1)
	inside, sent := context.WithCancel(t.Context())
	defer sent()
	require.NoError(t, e.enter(inside))

	arrive := func(waiting int) (came chan error, left context.CancelFunc) {
		ctx, left := context.WithCancel(t.Context())
		came = make(chan error, 1)
		go func() { came <- e.enter(ctx) }()
		require.Eventually(t, func() bool { return e.length() == waiting || len(came) == 1 }, time.Minute, time.Millisecond)
		return came, left
	}
	first, _ := arrive(1)
	second, secondLeft := arrive(2)
	third, thirdLeft := arrive(2)
	require.ErrorIs(t, <-first, errCrowded, "the queue is too long")

	sent()
	require.NoError(t, <-third)
	assert.Equal(t, 1, e.length())
	thirdLeft()
	require.NoError(t, <-second)
	secondLeft()
	require.Eventually(t, func() bool { return e.enter(t.Context()) == nil }, time.Minute, time.Millisecond)
}

func TestARequestThatWaitsTooLongIsRefusedAndOneThatIsGivenUpLeaves(t *testing.T) {
	t.Parallel()
	e := newEntrance(1, 10, time.Millisecond, 1)
	require.NoError(t, e.enter(t.Context()))
	require.ErrorIs(t, e.enter(t.Context()), errCrowded)

	e.patience = time.Minute
	gone, leave := context.WithCancel(t.Context())
	leave()
	require.ErrorIs(t, e.enter(gone), context.Canceled)
	assert.Zero(t, e.length())
}

func TestWhoFindsNoPlaceIsToldWhatToDoAndAlertRulesAreAnswered(t *testing.T) {
	t.Parallel()
	i := defectiveInstance(t, func() error { return context.DeadlineExceeded })
	i.doors = newEntrance(1, 0, time.Minute, 1)
	require.NoError(t, i.doors.enter(t.Context()))
	now := time.Now()
	ask := func(headers map[string]string) backend.DataResponse {
		response, err := i.QueryData(t.Context(), &backend.QueryDataRequest{Headers: headers, Queries: []backend.DataQuery{
			{RefID: "A", JSON: []byte(`{"metrics": ["orders"]}`), TimeRange: backend.TimeRange{From: now.Add(-time.Hour), To: now}},
		}})
		require.NoError(t, err)
		return response.Responses["A"]
	}
	refused := ask(nil)
	require.ErrorContains(t, refused.Error, "refresh less often")
	assert.EqualValues(t, 503, refused.Status)
	assert.Equal(t, backend.ErrorSourceDownstream, refused.ErrorSource)

	answered := ask(map[string]string{"FromAlert": "true"})
	require.Error(t, answered.Error)
	assert.NotContains(t, answered.Error.Error(), "refresh less often", "it got as far as the store")
}
