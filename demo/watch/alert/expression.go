// Package alert evaluates alert rules as Grafana's server-side expressions and state manager do, as far as
// the demo's rules go: reduce and threshold.
package alert

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"github.com/pullview/orders-datasource/demo/watch/series"
)

// result is what a query or an expression yielded.
type result struct {
	series  []series.Series
	numbers []series.Number
}

func (r result) empty() bool { return len(r.series) == 0 && len(r.numbers) == 0 }

// expression is the model of a node of Grafana's expressions.
type expression struct {
	Type       string
	Expression string // the refId of the input
	Reducer    string
	Settings   struct {
		Mode             string
		ReplaceWithValue *float64
	}
	Conditions []struct {
		Evaluator struct {
			Type   string
			Params []float64
		}
	}
}

// evaluate computes an expression from the results so far.
func evaluate(model json.RawMessage, results map[string]result) (result, error) {
	var e expression
	if err := json.Unmarshal(model, &e); err != nil {
		return result{}, fmt.Errorf("read the expression: %w", err)
	}
	input, ok := results[e.Expression]
	if !ok {
		return result{}, fmt.Errorf("the expression reads %q, which is no query before it", e.Expression)
	}
	switch e.Type {
	case "reduce":
		return e.reduce(input)
	case "threshold":
		return e.threshold(input)
	default:
		return result{}, fmt.Errorf("expressions of the type %q are not understood here, only reduce and threshold", e.Type)
	}
}

var reducers = map[string]func(values []*float64) *float64{
	"last": func(values []*float64) *float64 {
		if len(values) == 0 {
			return number(math.NaN())
		}
		return values[len(values)-1]
	},
	"count": func(values []*float64) *float64 { return number(float64(len(values))) },
	"sum":   strict(func(values []float64) float64 { return sum(values) }),
	"mean":  strict(func(values []float64) float64 { return sum(values) / float64(len(values)) }),
	"min": strict(func(values []float64) float64 {
		if len(values) == 0 {
			return math.NaN()
		}
		return slices.Min(values)
	}),
	"max": strict(func(values []float64) float64 {
		if len(values) == 0 {
			return math.NaN()
		}
		return slices.Max(values)
	}),
}

func number(f float64) *float64 { return &f }

func sum(values []float64) float64 {
	total := 0.0
	for _, v := range values {
		total += v
	}
	return total
}

// strict is a reducer that is not a number as soon as one of the values is none.
func strict(reduce func(values []float64) float64) func(values []*float64) *float64 {
	return func(values []*float64) *float64 {
		plain := make([]float64, len(values))
		for i, v := range values {
			if v == nil || math.IsNaN(*v) {
				return number(math.NaN())
			}
			plain[i] = *v
		}
		return number(reduce(plain))
	}
}

// reduce makes a number of every series. Numbers stay what they are.
func (e expression) reduce(input result) (result, error) {
	reducer, ok := reducers[e.Reducer]
	if !ok {
		return result{}, fmt.Errorf("the reducer %q is not understood here", e.Reducer)
	}
	reduced := result{numbers: input.numbers}
	for _, s := range input.series {
		values, whole := s.Values, func(v *float64) *float64 { return v }
		switch mode := e.Settings.Mode; mode {
		case "", "strict":
		case "dropNN":
			values = slices.DeleteFunc(slices.Clone(values), func(v *float64) bool { return !isNumber(v) })
			whole = func(v *float64) *float64 {
				if v != nil && math.IsNaN(*v) {
					return nil
				}
				return v
			}
		case "replaceNN":
			if e.Settings.ReplaceWithValue == nil {
				return result{}, fmt.Errorf("the mode %s needs replaceWithValue", mode)
			}
			values = slices.Clone(values)
			for i, v := range values {
				if !isNumber(v) {
					values[i] = e.Settings.ReplaceWithValue
				}
			}
			whole = func(v *float64) *float64 {
				if v != nil && math.IsNaN(*v) {
					return e.Settings.ReplaceWithValue
				}
				return v
			}
		default:
			return result{}, fmt.Errorf("the mode %q of a reduction is not understood here", mode)
		}
		reduced.numbers = append(reduced.numbers, series.Number{Labels: s.Labels, Value: whole(reducer(values))})
	}
	return reduced, nil
}

func isNumber(v *float64) bool { return v != nil && !math.IsNaN(*v) && !math.IsInf(*v, 0) }

// evaluators are the comparisons of a threshold, by name, with the number of their parameters.
var evaluators = map[string]struct {
	params int
	holds  func(v float64, p []float64) bool
}{
	"gt":                     {1, func(v float64, p []float64) bool { return v > p[0] }},
	"lt":                     {1, func(v float64, p []float64) bool { return v < p[0] }},
	"gte":                    {1, func(v float64, p []float64) bool { return v >= p[0] }},
	"lte":                    {1, func(v float64, p []float64) bool { return v <= p[0] }},
	"eq":                     {1, func(v float64, p []float64) bool { return v == p[0] }},
	"ne":                     {1, func(v float64, p []float64) bool { return v != p[0] }},
	"within_range":           {2, func(v float64, p []float64) bool { return v > p[0] && v < p[1] }},
	"within_range_included":  {2, func(v float64, p []float64) bool { return v >= p[0] && v <= p[1] }},
	"outside_range":          {2, func(v float64, p []float64) bool { return v < p[0] || v > p[1] }},
	"outside_range_included": {2, func(v float64, p []float64) bool { return v <= p[0] || v >= p[1] }},
}

// threshold makes 1 of a number that fulfils the condition and 0 of another. Null stays null.
func (e expression) threshold(input result) (result, error) {
	if len(e.Conditions) != 1 {
		return result{}, fmt.Errorf("a threshold has one condition here, not %d", len(e.Conditions))
	}
	if len(input.series) > 0 {
		return result{}, fmt.Errorf("the threshold reads time series; reduce them first")
	}
	condition := e.Conditions[0].Evaluator
	evaluator, ok := evaluators[condition.Type]
	if !ok {
		return result{}, fmt.Errorf("the comparison %q is not understood here", condition.Type)
	}
	if len(condition.Params) < evaluator.params {
		return result{}, fmt.Errorf("the comparison %s needs %d parameters", condition.Type, evaluator.params)
	}
	var compared result
	for _, n := range input.numbers {
		holds := series.Number{Labels: n.Labels}
		if n.Value != nil {
			holds.Value = number(0)
			if evaluator.holds(*n.Value, condition.Params) {
				holds.Value = number(1)
			}
		}
		compared.numbers = append(compared.numbers, holds)
	}
	return compared, nil
}
