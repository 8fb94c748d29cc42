package frames

import (
	"fmt"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/pullview/orders-datasource/pkg/message"
	"github.com/pullview/orders-datasource/pkg/query"
)

// heatmapCells is the type of heatmap frames, which the SDK does not name.
const heatmapCells data.FrameType = "heatmap-cells"

// heatmap returns the sparse form of heatmap-cells: a row per cell, fields by
// the names and in the order in which Grafana's heatmap panel looks for them.
// Without a cell it is emptyHeatmap.
//
// The panel draws every cell as wide as the first two different xMax values
// lie apart, so cells of no observations are added where that would not be one
// bucket. The panel hides cells of zero unless told otherwise.
func heatmap(answer *query.Answer) (*data.Frame, error) {
	h, grid := answer.Heatmap, answer.Grid
	n := len(h.Bucket)
	if len(h.YMin) != n || len(h.YMax) != n || len(h.Count) != n {
		return nil, fmt.Errorf("a heatmap of %s has columns of different lengths", h.Metric.Name)
	}
	frame := emptyHeatmap()
	if h.Excluded > 0 {
		notify(frame, data.NoticeSeverityWarning, message.New("%d observations are not a number or infinite and belong into no row", h.Excluded))
	}
	if below := negative(h); below > 0 {
		notify(frame, data.NoticeSeverityWarning, message.New("%d observations are negative, and Grafana's heatmap panel has a logarithmic axis that does not show them; the quantiles do", below))
	}
	if n == 0 {
		return frame, nil
	}

	spacer, at := spacerOf(h.Bucket, grid)
	xMax := make([]time.Time, 0, n+1)
	yMin, yMax := make([]float64, 0, n+1), make([]float64, 0, n+1)
	count := make([]int64, 0, n+1)
	add := func(end time.Time, row int, observations int64) {
		xMax = append(xMax, end)
		yMin, yMax = append(yMin, h.YMin[row]), append(yMax, h.YMax[row])
		count = append(count, observations)
	}
	for i, bucket := range h.Bucket {
		if i == at {
			add(spacer, 0, 0)
		}
		add(grid.End(int(bucket)), i, h.Count[i])
	}
	if at == n {
		add(spacer, 0, 0)
	}

	x := data.NewField("xMax", nil, xMax)
	first := int(h.Bucket[0])
	x.Config = &data.FieldConfig{Interval: float64(grid.End(first).Sub(grid.Start(first)).Milliseconds())}
	lower, upper := data.NewField("yMin", nil, yMin), data.NewField("yMax", nil, yMax)
	config := configOf(h.Metric, "")
	lower.Config, upper.Config = &config, &config
	frame.Fields = data.Fields{x, lower, upper, data.NewField("count", nil, count)}
	return frame, nil
}

// emptyHeatmap returns heatmap-cells without a cell. Grafana's panel takes one y alone for the dense form, which it draws
// as an empty grid; where there is no field, or the fields of the sparse form without a row, it fails.
func emptyHeatmap() *data.Frame {
	frame := newFrame(heatmapCells)
	frame.Meta.PreferredVisualizationPluginID = "heatmap"
	frame.Fields = data.Fields{
		data.NewField("xMax", nil, []time.Time{}), data.NewField("yMax", nil, []float64{}), data.NewField("count", nil, []int64{}),
	}
	return frame
}

// negative counts the observations in rows that end at zero or below.
func negative(h *query.Heatmap) int64 {
	below := int64(0)
	for i, upper := range h.YMax {
		if upper <= 0 {
			below += h.Count[i]
		}
	}
	return below
}

// spacerOf returns where a cell of no observations must be inserted, and the
// end of its bucket, so that the first two different ends are neighbours on
// the grid. The position is -1 where they are.
func spacerOf(buckets []int32, grid query.Grid) (end time.Time, position int) {
	first := buckets[0]
	second := 0
	for second < len(buckets) && buckets[second] == first {
		second++
	}
	switch {
	case second < len(buckets) && buckets[second] == first+1:
		return time.Time{}, -1
	case int(first)+1 < grid.Len():
		return grid.End(int(first) + 1), second
	}
	// The last bucket of the grid is the only one with cells.
	return grid.Start(int(first)), 0
}
