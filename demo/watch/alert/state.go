package alert

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/pullview/orders-datasource/demo/provisioned"
	"github.com/pullview/orders-datasource/demo/watch/series"
)

// State is the state of an alert.
type State string

// The states, from the least to the most urgent.
const (
	Normal  State = "Normal"
	NoData  State = "NoData"
	Error   State = "Error"
	Pending State = "Pending"
	Firing  State = "Firing"
)

var urgency = map[State]int{Normal: 0, NoData: 1, Error: 2, Pending: 3, Firing: 4}

// Status is a rule after an evaluation.
type Status struct {
	Rule  provisioned.Rule
	State State     // of its most urgent instance
	Since time.Time // when it came into this state
	Value *float64  // what was compared, of the most urgent instance; nil if there was nothing
	Err   error     // why it could not be evaluated
	At    time.Time
}

// Ask answers a query of a rule at the moment now.
type Ask func(ctx context.Context, rule provisioned.Rule, query provisioned.Node, now time.Time) (data.Frames, error)

// Tracker evaluates rules and remembers since when they are in breach. It is for one goroutine.
type Tracker struct {
	ask    Ask
	last   map[string]Status               // by rule
	breach map[string]map[string]time.Time // by rule and labels: since when
}

// NewTracker evaluates rules with the answers of ask.
func NewTracker(ask Ask) *Tracker {
	return &Tracker{ask: ask, last: map[string]Status{}, breach: map[string]map[string]time.Time{}}
}

// errNoData is a query of a rule that yielded nothing at all.
var errNoData = errors.New("no data")

// Evaluate asks a rule's queries, computes its expressions and moves its state on.
func (t *Tracker) Evaluate(ctx context.Context, rule provisioned.Rule, now time.Time) Status {
	last, known := t.last[rule.UID]
	e := evaluation{
		status: Status{Rule: rule, State: Normal, At: now},
		last:   last.State,
		before: t.breach[rule.UID],
		breach: map[string]time.Time{},
	}
	condition, compared, err := t.compute(ctx, rule, now)
	switch {
	case errors.Is(err, errNoData):
		e.status.State = e.unanswered("", rule.NoData, NoData)
	case err != nil:
		e.status.Err = err
		e.status.State = e.unanswered("", rule.ExecErr, Error)
	default:
		e.instances(condition, compared)
	}
	e.status.Since = now
	if known && last.State == e.status.State {
		e.status.Since = last.Since
	}
	t.last[rule.UID], t.breach[rule.UID] = e.status, e.breach
	return e.status
}

// evaluation is one evaluation of a rule on its way to a status.
type evaluation struct {
	status Status
	last   State                // of the rule after the evaluation before
	before map[string]time.Time // instances that were in breach then, by labels, since when
	breach map[string]time.Time // those that are now
}

// instances sets the state from the numbers of the condition, of which compared are the inputs by labels.
func (e *evaluation) instances(condition []series.Number, compared map[string]*float64) {
	for i, n := range condition {
		state, key := Normal, n.Labels.String()
		switch {
		case n.Value == nil:
			state = e.unanswered(key, e.status.Rule.NoData, NoData)
		case *n.Value != 0:
			state = e.breached(key)
		}
		if i == 0 || urgency[state] > urgency[e.status.State] {
			e.status.State, e.status.Value = state, compared[key]
		}
	}
}

// unanswered is the state of an instance that has no number: what the rule wishes for that case, or own.
func (e *evaluation) unanswered(key, wish string, own State) State {
	switch wish {
	case "OK":
		return Normal
	case "Alerting":
		return e.breached(key)
	case "KeepLast":
		if since, ok := e.before[key]; ok {
			e.breach[key] = since
		}
		if e.last != "" {
			return e.last
		}
		return Normal
	default:
		return own
	}
}

// breached is the state of an instance that is in breach, and notes since when it is.
func (e *evaluation) breached(key string) State {
	since, ok := e.before[key]
	if !ok {
		since = e.status.At
	}
	e.breach[key] = since
	if e.status.At.Sub(since) < e.status.Rule.For {
		return Pending
	}
	return Firing
}

// compute returns the numbers of the rule's condition, and by their labels the numbers that it compares.
func (t *Tracker) compute(ctx context.Context, rule provisioned.Rule, now time.Time) ([]series.Number, map[string]*float64, error) {
	results := map[string]result{}
	compared := map[string]*float64{}
	for _, node := range rule.Data {
		var r result
		var err error
		if node.DataSource == provisioned.Expressions {
			r, err = evaluate(node.Model, results)
		} else {
			r, err = t.query(ctx, rule, node, now)
		}
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", node.RefID, err)
		}
		if node.RefID == rule.Condition {
			if len(r.series) > 0 {
				return nil, nil, fmt.Errorf("%s: looks like time series data, only reduced data can be alerted on", node.RefID)
			}
			seen := map[string]bool{}
			for _, n := range r.numbers {
				if key := n.Labels.String(); seen[key] {
					return nil, nil, fmt.Errorf("%s: two results have the labels {%s}", node.RefID, key)
				}
				seen[n.Labels.String()] = true
			}
			return r.numbers, compared, nil
		}
		for _, n := range r.numbers {
			compared[n.Labels.String()] = n.Value
		}
		results[node.RefID] = r
	}
	return nil, nil, fmt.Errorf("the condition %s is none of the queries", rule.Condition)
}

func (t *Tracker) query(ctx context.Context, rule provisioned.Rule, node provisioned.Node, now time.Time) (result, error) {
	frames, err := t.ask(ctx, rule, node, now)
	if err != nil {
		return result{}, err
	}
	var r result
	if r.series, r.numbers, err = series.Of(frames); err != nil {
		return result{}, err
	}
	if r.empty() {
		return result{}, errNoData
	}
	return r, nil
}
