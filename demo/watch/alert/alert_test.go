package alert

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/demo/provisioned"
	"github.com/pullview/orders-datasource/demo/watch/series"
)

func f(v float64) *float64 { return &v }

func TestReductionsAreGrafanas(t *testing.T) {
	t.Parallel()
	nan := f(math.NaN())
	for _, c := range []struct {
		reducer, settings string
		values            []*float64
		want              *float64
	}{
		{"last", ``, []*float64{f(1), f(2)}, f(2)},
		{"last", ``, []*float64{f(1), nil}, nil},
		{"last", ``, nil, nan},
		{"last", `{"mode": "dropNN"}`, []*float64{f(1), nil}, f(1)},
		{"last", `{"mode": "dropNN"}`, []*float64{nil, nil}, nil},
		{"last", `{"mode": "replaceNN", "replaceWithValue": 7}`, []*float64{f(1), nan}, f(7)},
		{"sum", ``, []*float64{f(1), f(2), f(4)}, f(7)},
		{"sum", ``, []*float64{f(1), nil}, nan},
		{"sum", `{"mode": "dropNN"}`, []*float64{f(1), nil, f(math.Inf(1))}, f(1)},
		{"sum", ``, nil, f(0)},
		{"mean", ``, []*float64{f(1), f(3)}, f(2)},
		{"mean", ``, nil, nan},
		{"min", ``, []*float64{f(3), f(1)}, f(1)},
		{"min", ``, nil, nan},
		{"max", ``, []*float64{f(3), f(1)}, f(3)},
		{"max", `{"mode": "strict"}`, []*float64{f(3), nan}, nan},
		{"count", ``, []*float64{f(3), nil}, f(2)},
	} {
		settings := c.settings
		if settings == "" {
			settings = "{}"
		}
		model := json.RawMessage(fmt.Sprintf(`{"type": "reduce", "expression": "A", "reducer": %q, "settings": %s}`, c.reducer, settings))
		got, err := evaluate(model, map[string]result{"A": {series: []series.Series{{Values: c.values}}}})
		require.NoError(t, err, string(model))
		value := got.numbers[0].Value
		switch {
		case c.want == nil:
			assert.Nil(t, value, string(model))
		case math.IsNaN(*c.want):
			assert.True(t, value != nil && math.IsNaN(*value), string(model))
		default:
			assert.Equal(t, c.want, value, string(model))
		}
	}
}

func TestThresholdsAreGrafanas(t *testing.T) {
	t.Parallel()
	for comparison, want := range map[string][]float64{ // of 1, 2, 3, 4, 5 against 2 and 4
		"gt": {0, 0, 1, 1, 1}, "gte": {0, 1, 1, 1, 1}, "lt": {1, 0, 0, 0, 0}, "lte": {1, 1, 0, 0, 0},
		"eq": {0, 1, 0, 0, 0}, "ne": {1, 0, 1, 1, 1},
		"within_range": {0, 0, 1, 0, 0}, "within_range_included": {0, 1, 1, 1, 0},
		"outside_range": {1, 0, 0, 0, 1}, "outside_range_included": {1, 1, 0, 1, 1},
	} {
		model := json.RawMessage(fmt.Sprintf(`{"type": "threshold", "expression": "B", "conditions": [{"evaluator": {"type": %q, "params": [2, 4]}}]}`, comparison))
		for i, holds := range want {
			got, err := evaluate(model, map[string]result{"B": {numbers: []series.Number{{Value: f(float64(i + 1))}}}})
			require.NoError(t, err)
			assert.Equal(t, holds, *got.numbers[0].Value, "%d %s", i+1, comparison)
		}
	}
	model := json.RawMessage(`{"type": "threshold", "expression": "B", "conditions": [{"evaluator": {"type": "lt", "params": [2]}}]}`)
	got, err := evaluate(model, map[string]result{"B": {numbers: []series.Number{{}, {Value: f(math.NaN())}}}})
	require.NoError(t, err)
	assert.Nil(t, got.numbers[0].Value, "null stays null")
	assert.Zero(t, *got.numbers[1].Value, "not a number is below nothing")
}

func TestExpressionsThatAreNotUnderstoodAreErrors(t *testing.T) {
	t.Parallel()
	inputs := map[string]result{"A": {series: []series.Series{{Values: []*float64{f(1)}}}}, "B": {numbers: []series.Number{{Value: f(1)}}}}
	for model, reason := range map[string]string{
		`{"type": "math", "expression": "A"}`:                                                                              `type "math"`,
		`{"type": "reduce", "expression": "Z", "reducer": "last"}`:                                                         `reads "Z"`,
		`{"type": "reduce", "expression": "A", "reducer": "mode"}`:                                                         `reducer "mode"`,
		`{"type": "reduce", "expression": "A", "reducer": "last", "settings": {"mode": "x"}}`:                              `mode "x"`,
		`{"type": "reduce", "expression": "A", "reducer": "last", "settings": {"mode": "replaceNN"}}`:                      `replaceWithValue`,
		`{"type": "threshold", "expression": "B"}`:                                                                         `one condition`,
		`{"type": "threshold", "expression": "A", "conditions": [{"evaluator": {"type": "gt", "params": [1]}}]}`:           `reduce them first`,
		`{"type": "threshold", "expression": "B", "conditions": [{"evaluator": {"type": "near", "params": [1]}}]}`:         `"near"`,
		`{"type": "threshold", "expression": "B", "conditions": [{"evaluator": {"type": "within_range", "params": [1]}}]}`: `2 parameters`,
		`{"type": 7}`: `read the expression`,
	} {
		_, err := evaluate(json.RawMessage(model), inputs)
		assert.ErrorContains(t, err, reason, model)
	}
}

// rule is "value below 10", with the states for no data and errors.
func rule(wait time.Duration, noData, execErr string) provisioned.Rule {
	return provisioned.Rule{
		UID: "r", Title: "R", Condition: "C", For: wait, NoData: noData, ExecErr: execErr,
		Data: []provisioned.Node{
			{RefID: "A", DataSource: "orders"},
			{RefID: "B", DataSource: provisioned.Expressions, Model: json.RawMessage(`{"type": "reduce", "expression": "A", "reducer": "last"}`)},
			{RefID: "C", DataSource: provisioned.Expressions, Model: json.RawMessage(`{"type": "threshold", "expression": "B", "conditions": [{"evaluator": {"type": "lt", "params": [10]}}]}`)},
		},
	}
}

// frames is a wide frame with a series per label.
func frames(values map[string]*float64) data.Frames {
	frame := data.NewFrame("", data.NewField("time", nil, []time.Time{time.Unix(0, 0)}))
	for _, label := range []string{"app", "web", "store"} {
		if v, ok := values[label]; ok {
			frame.Fields = append(frame.Fields, data.NewField("value", data.Labels{"channel": label}, []*float64{v}))
		}
	}
	return data.Frames{frame}
}

// step is an answer and what follows from it, a minute after the step before.
type step struct {
	frames data.Frames
	err    error
	state  State
	value  *float64
}

func run(t *testing.T, r provisioned.Rule, steps []step) {
	t.Helper()
	var next step
	tracker := NewTracker(func(context.Context, provisioned.Rule, provisioned.Node, time.Time) (data.Frames, error) {
		return next.frames, next.err
	})
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	since, last := now, State("")
	for i, s := range steps {
		next = s
		status := tracker.Evaluate(t.Context(), r, now)
		assert.Equal(t, s.state, status.State, "step %d", i)
		assert.Equal(t, s.value, status.Value, "step %d", i)
		if status.State != last {
			since, last = now, status.State
		}
		assert.Equal(t, since, status.Since, "step %d", i)
		now = now.Add(time.Minute)
	}
}

func TestBreachIsPendingBeforeItFires(t *testing.T) {
	t.Parallel()
	low, high := frames(map[string]*float64{"app": f(1)}), frames(map[string]*float64{"app": f(20)})
	run(t, rule(2*time.Minute, "NoData", "Error"), []step{
		{frames: high, state: Normal, value: f(20)},
		{frames: low, state: Pending, value: f(1)},
		{frames: low, state: Pending, value: f(1)},
		{frames: low, state: Firing, value: f(1)},
		{frames: high, state: Normal, value: f(20)},
		{frames: low, state: Pending, value: f(1)},
	})
	run(t, rule(0, "NoData", "Error"), []step{{frames: low, state: Firing, value: f(1)}})
}

func TestEachSeriesWaitsForItself(t *testing.T) {
	t.Parallel()
	run(t, rule(2*time.Minute, "NoData", "Error"), []step{
		{frames: frames(map[string]*float64{"app": f(1), "web": f(20)}), state: Pending, value: f(1)},
		{frames: frames(map[string]*float64{"app": f(1), "web": f(2)}), state: Pending, value: f(1)},
		{frames: frames(map[string]*float64{"app": f(20), "web": f(2)}), state: Pending, value: f(2)},
		{frames: frames(map[string]*float64{"app": f(1), "web": f(2)}), state: Firing, value: f(2)},
	})
}

func TestRuleWithoutAnAnswerIsInTheStateItWants(t *testing.T) {
	t.Parallel()
	low, high, null := frames(map[string]*float64{"app": f(1)}), frames(map[string]*float64{"app": f(20)}), frames(map[string]*float64{"app": nil})
	broken := errors.New("no connection")
	for wish, want := range map[string]State{"NoData": NoData, "OK": Normal, "Alerting": Firing, "KeepLast": Normal} {
		run(t, rule(0, wish, "Error"), []step{
			{frames: high, state: Normal, value: f(20)},
			{frames: data.Frames{data.NewFrame("")}, state: want},
			{frames: high, state: Normal, value: f(20)},
			{frames: null, state: want},
		})
	}
	for wish, want := range map[string]State{"Error": Error, "OK": Normal, "Alerting": Firing, "KeepLast": Firing} {
		run(t, rule(0, "NoData", wish), []step{
			{frames: low, state: Firing, value: f(1)},
			{err: broken, state: want},
			{frames: low, state: Firing, value: f(1)},
		})
	}
}

func TestKeptStateKeepsItsPatience(t *testing.T) {
	t.Parallel()
	low := frames(map[string]*float64{"app": f(1)})
	run(t, rule(2*time.Minute, "KeepLast", "Error"), []step{
		{frames: low, state: Pending, value: f(1)},
		{frames: frames(map[string]*float64{"app": nil}), state: Pending},
		{frames: low, state: Firing, value: f(1)},
	})
}

func TestErrorNamesTheQuery(t *testing.T) {
	t.Parallel()
	tracker := NewTracker(func(context.Context, provisioned.Rule, provisioned.Node, time.Time) (data.Frames, error) {
		return nil, errors.New("no connection")
	})
	assert.EqualError(t, tracker.Evaluate(t.Context(), rule(0, "NoData", "Error"), time.Now()).Err, "A: no connection")

	twice := frames(map[string]*float64{"app": f(1)})
	twice[0].Fields = append(twice[0].Fields, twice[0].Fields[1])
	tracker = NewTracker(func(context.Context, provisioned.Rule, provisioned.Node, time.Time) (data.Frames, error) {
		return twice, nil
	})
	assert.ErrorContains(t, tracker.Evaluate(t.Context(), rule(0, "NoData", "Error"), time.Now()).Err, "two results have the labels {channel=app}")

	unreduced := rule(0, "NoData", "Error")
	unreduced.Condition = "A"
	assert.ErrorContains(t, tracker.Evaluate(t.Context(), unreduced, time.Now()).Err, "only reduced data")
}
