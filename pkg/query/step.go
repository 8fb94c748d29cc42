package query

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/message"
)

// Steps that are not the width of a bucket.
const (
	StepAuto  = "auto"  // the step that fits the panel's width
	StepRange = "range" // one value for exactly the range asked for
)

// CalendarUnit is a unit of the business calendar. Its length in hours varies.
type CalendarUnit uint8

// The calendar units, from the shortest to the longest. Weeks are ISO weeks:
// they begin on Monday. The zero value is no unit.
const (
	Day CalendarUnit = iota + 1
	Week
	Month
	Quarter
	Year
)

// Step is the width of the buckets of a time grid: a fixed duration, one unit
// of the business calendar, or, as the zero value, the whole range.
type Step struct {
	Fixed time.Duration
	Unit  CalendarUnit // zero for none
}

// FixedSteps lists the fixed steps, ascending. Each divides half a day.
var FixedSteps = []time.Duration{
	time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 3 * time.Hour, 4 * time.Hour, 6 * time.Hour, 12 * time.Hour,
}

// CalendarUnits lists the calendar units, ascending.
var CalendarUnits = []CalendarUnit{Day, Week, Month, Quarter, Year}

// StepNames lists what a query may say for its step, in the order to offer it.
func StepNames() []string {
	names := []string{StepAuto, StepRange}
	for _, fixed := range FixedSteps {
		names = append(names, Step{Fixed: fixed}.String())
	}
	for _, unit := range CalendarUnits {
		names = append(names, Step{Unit: unit}.String())
	}
	return names
}

// ParseStep reads the name of a step as String writes it. It does not accept
// StepAuto, which becomes a step only once a range is known.
func ParseStep(name string) (Step, error) {
	if name == StepRange {
		return Step{}, nil
	}
	for _, fixed := range FixedSteps {
		if step := (Step{Fixed: fixed}); step.String() == name {
			return step, nil
		}
	}
	for _, unit := range CalendarUnits {
		if step := (Step{Unit: unit}); step.String() == name {
			return step, nil
		}
	}
	return Step{}, message.Errorf("%s is not a step%s; the steps are %s",
		quote(name), nearestStep(name), strings.Join(StepNames(), ", "))
}

// nearestStep returns a hint at the step that the writer of name meant. "60s"
// is near 1m although they share no letter, hence the comparison by length.
func nearestStep(name string) message.Message {
	if d, err := time.ParseDuration(name); err == nil && d > 0 {
		return message.New(", the nearest is %q", nearestByRatio(d, append(stepsOf(FixedSteps), Step{Unit: Day})))
	}
	return didYouMean(name, StepNames())
}

// IsRange reports whether the step is the whole range.
func (s Step) IsRange() bool { return s == Step{} }

// String returns the name of the step, such as 15s, 1m, 12h, 1d, 1M or range.
func (s Step) String() string {
	switch {
	case s.Unit != 0:
		return "1" + s.Unit.String()
	case s.Fixed == 0:
		return StepRange
	case s.Fixed%time.Hour == 0:
		return fmt.Sprintf("%dh", s.Fixed/time.Hour)
	case s.Fixed%time.Minute == 0:
		return fmt.Sprintf("%dm", s.Fixed/time.Minute)
	}
	return fmt.Sprintf("%ds", s.Fixed/time.Second)
}

// String returns the letter of the unit: d, w, M, Q or y.
func (u CalendarUnit) String() string {
	if u < Day || u > Year {
		return fmt.Sprintf("CalendarUnit(%d)", uint8(u))
	}
	return "dwMQy"[u-1 : u]
}

// length is a fixed step's length, and a calendar step's mean length in the
// Gregorian calendar.
func (s Step) length() time.Duration {
	const year = 31_556_952 * time.Second
	switch s.Unit {
	case Day:
		return 24 * time.Hour
	case Week:
		return 7 * 24 * time.Hour
	case Month:
		return year / 12
	case Quarter:
		return year / 4
	case Year:
		return year
	}
	return s.Fixed
}

// Points that a panel is taken to be wide where it does not say.
const defaultMaxDataPoints = 1000

// shortestAutoStep keeps auto from going below what a glance at a dashboard
// can use; shorter steps have to be asked for.
const shortestAutoStep = 10 * time.Second

// AutoStep chooses the step of a range for StepAuto: of the fixed steps from
// 10 s up and 1d, 1w and 1M, the one whose length is nearest, by ratio, to the
// panel's interval or to span / maxDataPoints, whichever is longer. An interval
// of 0 is unknown, and so is a maxDataPoints of 0 or less, which counts as 1000
// where the interval is unknown too.
func AutoStep(interval, span time.Duration, maxDataPoints int64) Step {
	return nearestByRatio(autoTarget(interval, span, maxDataPoints), autoSteps())
}

// autoSteps lists the steps that AutoStep chooses from, ascending.
func autoSteps() []Step {
	return append(autoFixedSteps(), Step{Unit: Day}, Step{Unit: Week}, Step{Unit: Month})
}

func autoFixedSteps() []Step {
	return stepsOf(FixedSteps[slices.Index(FixedSteps, shortestAutoStep):])
}

func stepsOf(fixed []time.Duration) []Step {
	steps := make([]Step, 0, len(fixed)+3)
	for _, d := range fixed {
		steps = append(steps, Step{Fixed: d})
	}
	return steps
}

func autoTarget(interval, span time.Duration, maxDataPoints int64) time.Duration {
	switch {
	case maxDataPoints > 0:
		return max(interval, span/time.Duration(maxDataPoints))
	case interval > 0:
		return interval
	}
	return span / defaultMaxDataPoints
}

// nearestByRatio returns the step with the smallest quotient between its
// length and target, the shorter one of two. Steps are ascending, not empty.
func nearestByRatio(target time.Duration, steps []Step) Step {
	for i, step := range steps[:len(steps)-1] {
		// target/a <= b/target without dividing, so that there is no rounding
		// up to lengths of years.
		a, b := float64(step.length()), float64(steps[i+1].length())
		if float64(target)*float64(target) <= a*b {
			return step
		}
	}
	return steps[len(steps)-1]
}

// didYouMean returns a hint at the known name that the writer of name most
// likely meant, or nothing where none is near.
func didYouMean(name string, known []string) message.Message {
	if nearest := catalog.Nearest(name, known); nearest != "" {
		return message.New(", did you mean %q?", nearest)
	}
	return message.Message{}
}
