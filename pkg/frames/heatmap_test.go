package frames_test

import (
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/pkg/frames"
	"github.com/pullview/orders-datasource/pkg/query"
)

// TestHeatmapCellsAreOneBucketWide repeats how Grafana's panel finds the width:
// the distance between the first two different xMax values.
func TestHeatmapCellsAreOneBucketWide(t *testing.T) {
	t.Parallel()
	for about, buckets := range map[string][]int32{
		"neighbours":             {0, 1, 4},
		"a gap after the first":  {0, 0, 3},
		"only the first bucket":  {0},
		"only one in the middle": {2, 2},
		"only the last bucket":   {4},
		"the last after a gap":   {0, 4},
	} {
		t.Run(about, func(t *testing.T) {
			t.Parallel()
			answer := answerTo(minute, 5, asCells)
			h := &query.Heatmap{Metric: delay, Bucket: buckets}
			for range buckets {
				h.YMin, h.YMax, h.Count = append(h.YMin, 1), append(h.YMax, 2), append(h.Count, 3)
			}
			answer.Heatmap = h
			made, err := frames.Frames(answer)
			require.NoError(t, err)
			xMax, count := made[0].Fields[0], made[0].Fields[3]
			require.Equal(t, "xMax", xMax.Name)
			require.Equal(t, "count", count.Name)

			width, observations := time.Duration(0), int64(0)
			for i := range xMax.Len() {
				if distance := xMax.At(i).(time.Time).Sub(xMax.At(0).(time.Time)); width == 0 {
					width = distance
				}
				if i > 0 {
					assert.False(t, xMax.At(i).(time.Time).Before(xMax.At(i-1).(time.Time)), "cells are ordered by time")
				}
				observations += count.At(i).(int64)
			}
			assert.Equal(t, time.Minute, width)
			assert.EqualValues(t, 3*len(buckets), observations, "added cells hold no observations")
			assert.EqualValues(t, 60_000, xMax.Config.Interval)
		})
	}
}

func TestAHeatmapSaysWhatItsPanelCannotShow(t *testing.T) {
	t.Parallel()
	answer := answerTo(minute, 2, asCells)
	answer.Heatmap = &query.Heatmap{Metric: delay,
		Bucket: []int32{0, 0, 0, 1}, YMin: []float64{-4, -2, 0, 1}, YMax: []float64{-2, -1, 1, 2}, Count: []int64{3, 4, 5, 6}, Excluded: 2}
	made, err := frames.Frames(answer)
	require.NoError(t, err)
	require.Len(t, made[0].Meta.Notices, 2)
	assert.Contains(t, made[0].Meta.Notices[0].Text, "2 observations are not a number")
	assert.Contains(t, made[0].Meta.Notices[1].Text, "7 observations are negative")
}

func TestAHeatmapWithoutCellsIsOneThatItsPanelDraws(t *testing.T) {
	t.Parallel()
	for about, change := range map[string]func(*query.Answer){
		"no observations": func(a *query.Answer) { a.Heatmap = &query.Heatmap{Metric: delay} },
		"no buckets":      func(a *query.Answer) { a.Grid.Bounds, a.Partial = a.Grid.Bounds[:1], nil },
	} {
		answer := answerTo(minute, 3, asCells)
		change(answer)
		made, err := frames.Frames(answer)
		require.NoError(t, err, about)
		assert.Equal(t, data.FrameType("heatmap-cells"), made[0].Meta.Type, about)
		assert.Zero(t, made[0].Rows(), about)
		var names []string
		for _, field := range made[0].Fields {
			names = append(names, field.Name)
		}
		assert.Equal(t, []string{"xMax", "yMax", "count"}, names, about)
		assert.Equal(t, data.FieldTypeTime, made[0].Fields[0].Type(), about)
	}
}
