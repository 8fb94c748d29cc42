package provisioned

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Expressions is the uid of the data source that stands for Grafana's own expressions.
const Expressions = "__expr__"

// RuleGroup is a set of rules that are evaluated together.
type RuleGroup struct {
	Name     string
	Interval time.Duration
	Rules    []Rule
}

// Rule is an alert rule.
type Rule struct {
	UID         string
	Title       string
	Condition   string // the refId that decides
	Data        []Node
	For         time.Duration
	NoData      string // the state without data: NoData, Alerting, OK or KeepLast
	ExecErr     string // the state after an error: Error, Alerting, OK or KeepLast
	Summary     string
	Labels      map[string]string
	MuteTimings []string
}

// Node is one query or expression of a rule.
type Node struct {
	RefID      string
	DataSource string // uid, or Expressions
	QueryType  string
	From, To   time.Duration // before the evaluation
	Interval   time.Duration
	Points     int64
	Model      json.RawMessage
}

type alertingFile struct {
	Groups []struct {
		Name     string
		Interval string
		Rules    []ruleYAML
	}
	MuteTimes []muteYAML `yaml:"muteTimes"`
}

type ruleYAML struct {
	UID, Title, Condition, For string
	NoDataState                string            `yaml:"noDataState"`
	ExecErrState               string            `yaml:"execErrState"`
	Annotations                map[string]string `yaml:"annotations"`
	Labels                     map[string]string `yaml:"labels"`
	Notification               struct {
		MuteTimings []string `yaml:"mute_time_intervals"`
	} `yaml:"notification_settings"`
	Data []struct {
		RefID         string                 `yaml:"refId"`
		QueryType     string                 `yaml:"queryType"`
		DataSourceUID string                 `yaml:"datasourceUid"`
		RelativeRange struct{ From, To int } `yaml:"relativeTimeRange"`
		Model         map[string]any
	}
}

func (f *Files) addAlerting(content []byte) error {
	var file alertingFile
	if err := yaml.Unmarshal(content, &file); err != nil {
		return err
	}
	for _, m := range file.MuteTimes {
		timing, err := m.parse()
		if err != nil {
			return fmt.Errorf("mute timing %q: %w", m.Name, err)
		}
		f.MuteTimings = append(f.MuteTimings, timing)
	}
	for _, g := range file.Groups {
		interval, err := ParseInterval(g.Interval)
		if err != nil {
			return fmt.Errorf("rule group %q: interval: %w", g.Name, err)
		}
		group := RuleGroup{Name: g.Name, Interval: interval}
		for _, r := range g.Rules {
			rule, err := r.parse()
			if err != nil {
				return fmt.Errorf("rule %q: %w", r.Title, err)
			}
			group.Rules = append(group.Rules, rule)
		}
		f.Groups = append(f.Groups, group)
	}
	return nil
}

// Defaults of Grafana for what a query of a rule leaves out.
const (
	defaultInterval = time.Second
	defaultPoints   = 43200
)

func (r ruleYAML) parse() (Rule, error) {
	rule := Rule{
		UID: r.UID, Title: r.Title, Condition: r.Condition, Labels: r.Labels, Summary: r.Annotations["summary"],
		NoData: r.NoDataState, ExecErr: r.ExecErrState, MuteTimings: r.Notification.MuteTimings,
	}
	if rule.UID == "" || rule.Title == "" {
		return Rule{}, errors.New("a rule needs a uid and a title")
	}
	if rule.NoData == "" {
		rule.NoData = "NoData"
	}
	if rule.ExecErr == "" {
		rule.ExecErr = "Alerting"
	}
	if !slices.Contains([]string{"NoData", "Alerting", "OK", "KeepLast"}, rule.NoData) {
		return Rule{}, fmt.Errorf("noDataState: %q is no state", rule.NoData)
	}
	if !slices.Contains([]string{"Error", "Alerting", "OK", "KeepLast"}, rule.ExecErr) {
		return Rule{}, fmt.Errorf("execErrState: %q is no state", rule.ExecErr)
	}
	if r.For != "" {
		var err error
		if rule.For, err = ParseInterval(r.For); err != nil {
			return Rule{}, fmt.Errorf("for: %w", err)
		}
	}
	for _, d := range r.Data {
		node := Node{
			RefID: d.RefID, DataSource: d.DataSourceUID, QueryType: d.QueryType, Interval: defaultInterval, Points: defaultPoints,
			From: time.Duration(d.RelativeRange.From) * time.Second, To: time.Duration(d.RelativeRange.To) * time.Second,
		}
		if node.DataSource != Expressions && node.From <= node.To {
			return Rule{}, fmt.Errorf("query %s: relativeTimeRange must go from further back to less far", node.RefID)
		}
		if ms, ok := d.Model["intervalMs"].(int); ok {
			node.Interval = time.Duration(ms) * time.Millisecond
		}
		if n, ok := d.Model["maxDataPoints"].(int); ok {
			node.Points = int64(n)
		}
		if queryType, ok := d.Model["queryType"].(string); ok {
			node.QueryType = queryType
		}
		var err error
		if node.Model, err = json.Marshal(d.Model); err != nil {
			return Rule{}, fmt.Errorf("query %s: %w", node.RefID, err)
		}
		rule.Data = append(rule.Data, node)
	}
	return rule, nil
}

// MuteTiming is a set of times at which nobody is notified. Rules are evaluated all the same.
type MuteTiming struct {
	Name  string
	spans []muteSpan
}

type muteSpan struct {
	location *time.Location
	times    [][2]int       // minutes of the day, half-open; none is the whole day
	weekdays []time.Weekday // none is every day
}

type muteYAML struct {
	Name      string
	Intervals []struct {
		Location string
		Times    []struct {
			Start string `yaml:"start_time"`
			End   string `yaml:"end_time"`
		}
		Weekdays    []string
		DaysOfMonth []string `yaml:"days_of_month"`
		Months      []string
		Years       []string
	} `yaml:"time_intervals"`
}

func (m muteYAML) parse() (MuteTiming, error) {
	timing := MuteTiming{Name: m.Name}
	for _, interval := range m.Intervals {
		if interval.DaysOfMonth != nil || interval.Months != nil || interval.Years != nil {
			return MuteTiming{}, errors.New("days_of_month, months and years are not understood here")
		}
		span := muteSpan{location: time.UTC}
		var err error
		if interval.Location != "" {
			if span.location, err = time.LoadLocation(interval.Location); err != nil {
				return MuteTiming{}, fmt.Errorf("location: %w", err)
			}
		}
		for _, t := range interval.Times {
			start, err := minuteOfDay(t.Start)
			if err != nil {
				return MuteTiming{}, err
			}
			end, err := minuteOfDay(t.End)
			if err != nil {
				return MuteTiming{}, err
			}
			if start >= end {
				return MuteTiming{}, fmt.Errorf("%s is not before %s; a span over midnight is two spans", t.Start, t.End)
			}
			span.times = append(span.times, [2]int{start, end})
		}
		for _, text := range interval.Weekdays {
			days, err := weekdays(text)
			if err != nil {
				return MuteTiming{}, err
			}
			span.weekdays = append(span.weekdays, days...)
		}
		timing.spans = append(timing.spans, span)
	}
	return timing, nil
}

// minuteOfDay reads HH:MM up to 24:00.
func minuteOfDay(text string) (int, error) {
	hourText, minuteText, ok := strings.Cut(text, ":")
	hour, hourErr := strconv.Atoi(hourText)
	minute, minuteErr := strconv.Atoi(minuteText)
	if !ok || len(text) != 5 || hourErr != nil || minuteErr != nil || hour < 0 || minute < 0 || minute > 59 || hour*60+minute > 24*60 {
		return 0, fmt.Errorf("%q is no time of day; write for example 08:00", text)
	}
	return hour*60 + minute, nil
}

// weekdays reads a day, or a range such as monday:friday.
func weekdays(text string) ([]time.Weekday, error) {
	first, last, isRange := strings.Cut(text, ":")
	if !isRange {
		last = first
	}
	var days []time.Weekday
	index := func(name string) int {
		for day := time.Sunday; day <= time.Saturday; day++ {
			if strings.EqualFold(day.String(), name) {
				return int(day)
			}
		}
		return -1
	}
	from, to := index(first), index(last)
	if from < 0 || to < from {
		return nil, fmt.Errorf("%q is no weekday and no range of weekdays from Sunday on", text)
	}
	for day := from; day <= to; day++ {
		days = append(days, time.Weekday(day))
	}
	return days, nil
}

// Mutes reports whether notifications are muted at t.
func (m MuteTiming) Mutes(t time.Time) bool {
	for _, span := range m.spans {
		local := t.In(span.location)
		minute := local.Hour()*60 + local.Minute()
		inTimes := len(span.times) == 0 || slices.ContainsFunc(span.times, func(s [2]int) bool { return s[0] <= minute && minute < s[1] })
		if inTimes && (len(span.weekdays) == 0 || slices.Contains(span.weekdays, local.Weekday())) {
			return true
		}
	}
	return false
}

// MutedBy names the mute timing that keeps the rule quiet at t, or returns "".
func (f Files) MutedBy(rule Rule, t time.Time) string {
	for _, m := range f.MuteTimings {
		if slices.Contains(rule.MuteTimings, m.Name) && m.Mutes(t) {
			return m.Name
		}
	}
	return ""
}
