package query

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestStepNamesReadBackAsTheyWereWritten(t *testing.T) {
	t.Parallel()
	names := StepNames()
	require.Equal(t, []string{
		"auto", "range", "1s", "5s", "10s", "15s", "30s", "1m", "2m", "5m", "10m", "15m", "30m",
		"1h", "2h", "3h", "4h", "6h", "12h", "1d", "1w", "1M", "1Q", "1y",
	}, names)
	for _, name := range names[1:] {
		step, err := ParseStep(name)
		require.NoError(t, err)
		assert.Equal(t, name, step.String())
		assert.Equal(t, name == StepRange, step.IsRange())
	}
}

func TestAnUnknownStepNamesTheNearest(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"7m":    `"7m" is not a step, the nearest is "5m"`,
		"8m":    `"8m" is not a step, the nearest is "10m"`,
		"60s":   `"60s" is not a step, the nearest is "1m"`,
		"1ms":   `the nearest is "1s"`,
		"500h":  `the nearest is "1d"`,
		"rnage": `did you mean "range"?`,
		"1D":    `did you mean "1d"?`,
		"":      `"" is not a step; the steps are auto, range, 1s`,
		"5x":    `"5x" is not a step; the steps are`,
		"auto":  `"auto" is not a step`,
	}
	for name, want := range tests {
		_, err := ParseStep(name)
		assert.ErrorContains(t, err, want)
	}
}

func TestFixedStepsDivideHalfADay(t *testing.T) {
	t.Parallel()
	for i, step := range FixedSteps {
		assert.Zero(t, 12*time.Hour%step, step)
		assert.True(t, i == 0 || FixedSteps[i-1] < step, step)
	}
}

func TestAutoChoosesTheStepThatFitsThePanel(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	tests := map[string]struct {
		interval, span time.Duration
		points         int64
		want           string
	}{
		"the range over the points":         {0, day, 1440, "1m"},
		"the interval where it is longer":   {5 * time.Minute, day, 1440, "5m"},
		"the points where they need longer": {time.Second, day, 1440, "1m"},
		"no step below 10 s":                {time.Second, time.Minute, 1000, "10s"},
		"nearest by ratio, below":           {0, 17 * time.Minute, 100, "10s"}, // 10.2 s
		"nearest by ratio, above":           {0, 22 * time.Minute, 100, "15s"}, // 13.2 s, beyond √150
		"hours":                             {0, 30 * day, 200, "4h"},          // 3.6 h, beyond √12
		"days":                              {0, 90 * day, 90, "1d"},
		"weeks":                             {0, 365 * day, 60, "1w"},
		"months":                            {0, 3650 * day, 100, "1M"},
		"never longer than months":          {0, 36500 * day, 10, "1M"},
		"an alert rule's defaults":          {time.Second, 10 * time.Minute, 43200, "10s"},
		"only the interval known":           {time.Minute, 365 * day, 0, "1m"},
		"nothing known":                     {0, 1000 * time.Hour, 0, "1h"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, test.want, AutoStep(test.interval, test.span, test.points).String())
		})
	}
}

func TestAutoIsNearestByRatioAmongAllItsSteps(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		target := time.Duration(rapid.Int64Range(1, int64(200*365*24*time.Hour)).Draw(t, "interval"))
		distance := func(step Step) float64 {
			return math.Abs(math.Log(float64(step.length())) - math.Log(float64(target)))
		}
		got := AutoStep(target, 0, 0)
		require.Contains(t, autoSteps(), got)
		for _, step := range autoSteps() {
			require.LessOrEqual(t, distance(got), distance(step)+1e-9, step)
		}
	})
}
