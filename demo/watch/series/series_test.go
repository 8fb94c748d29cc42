package series

import (
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func f(v float64) *float64 { return &v }

func TestWideFrameIsASeriesForEachValueField(t *testing.T) {
	t.Parallel()
	times := []time.Time{time.Unix(60, 0).UTC(), time.Unix(120, 0).UTC()}
	named := data.NewField("v", data.Labels{"channel": "web"}, []*float64{f(1), nil})
	named.Config = &data.FieldConfig{DisplayNameFromDS: "Web", Unit: "s"}
	lines, numbers, err := Of(data.Frames{data.NewFrame("", data.NewField("time", nil, times),
		named, data.NewField("n", nil, []int64{3, 4}))})
	require.NoError(t, err)
	assert.Empty(t, numbers)
	require.Len(t, lines, 2)
	assert.Equal(t, "Web", lines[0].Name)
	assert.Equal(t, "s", lines[0].Config.Unit)
	assert.Equal(t, times, lines[0].Times)
	assert.Equal(t, []*float64{f(1), nil}, lines[0].Values)
	assert.Equal(t, "n", lines[1].Name)

	last, at := lines[0].Last()
	assert.Equal(t, f(1), last)
	assert.Zero(t, at)
	last, at = Series{Values: []*float64{nil}}.Last()
	assert.Nil(t, last)
	assert.Equal(t, -1, at)
}

func TestTableOfNumbersIsANumberForEachRowAndColumn(t *testing.T) {
	t.Parallel()
	frame := data.NewFrame("", data.NewField("region", nil, []string{"SP", "RJ"}),
		data.NewField("revenue", nil, []*float64{f(5), nil}), data.NewField("orders", nil, []int64{1, 2}))
	frame.Meta = &data.FrameMeta{Type: data.FrameTypeNumericLong}
	lines, numbers, err := Of(data.Frames{frame})
	require.NoError(t, err)
	assert.Empty(t, lines)
	sp, rj := data.Labels{"region": "SP"}, data.Labels{"region": "RJ"}
	assert.Equal(t, []Number{{sp, f(5)}, {rj, nil}, {sp, f(1)}, {rj, f(2)}}, numbers)
}

func TestFrameWithoutFieldsIsNothing(t *testing.T) {
	t.Parallel()
	lines, numbers, err := Of(data.Frames{data.NewFrame("")})
	require.NoError(t, err)
	assert.Empty(t, lines)
	assert.Empty(t, numbers)
}

func TestOtherShapesAreErrors(t *testing.T) {
	t.Parallel()
	_, _, err := Of(data.Frames{data.NewFrame("rows", data.NewField("id", nil, []int64{1}))})
	assert.ErrorContains(t, err, `the frame "rows"`)
}
