package frames_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/frames"
)

func TestAFrameTellsHowManyBucketsWereKeptReadAndChecked(t *testing.T) {
	t.Parallel()
	answer := answerTo(minute, 3, nil)
	answer.Series = append(answer.Series, series(invoiced, catalog.ViewPerBucket, ints(1, 2, 3), "channel", "web"))
	answer.Stats.Guarantee, answer.Stats.Cached, answer.Stats.Fetched, answer.Stats.Audited = "exact", 1440, 3, 1
	made, err := frames.Frames(answer)
	require.NoError(t, err)
	custom := made[0].Meta.Custom.(frames.Custom)
	assert.Equal(t, []int{1440, 3, 1}, []int{custom.Cached, custom.Fetched, custom.Audited})
	stats := map[string]float64{}
	for _, stat := range made[0].Meta.Stats {
		stats[stat.DisplayName] = stat.Value
	}
	assert.Equal(t, map[string]float64{"Database time": 1.5, "Statements": 2, "Rows read": 7, "Buckets": 1440, "Buckets read": 3}, stats)
}

func TestReadersOfOneAnswerHaveFramesOfTheirOwn(t *testing.T) {
	t.Parallel()
	answer := answerTo(minute, 3, nil)
	answer.Series = append(answer.Series, series(invoiced, catalog.ViewPerBucket, ints(1, 2, 3)))
	shared, err := frames.Frames(answer)
	require.NoError(t, err)
	a, b := frames.Own(shared, "A"), frames.Own(shared, "B")
	assert.Equal(t, "A", a[0].RefID)
	assert.Equal(t, "B", b[0].RefID)
	assert.Empty(t, shared[0].RefID)
	assert.Same(t, a[0].Fields[1], b[0].Fields[1], "what is large is shared")
}
