package provisioned

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Dashboard is a dashboard with its panels in reading order.
type Dashboard struct {
	UID      string
	Title    string
	Location *time.Location
	From, To string        // as in the time picker, such as now-12h and now
	Refresh  time.Duration // 0 for never
	Panels   []Panel
}

// Panel is what is asked for a panel, and how its numbers are shown.
type Panel struct {
	ID            int64
	Type          string
	Title         string
	DataSource    string // uid
	Grid          Grid
	Targets       []Target
	TimeFrom      string        // instead of the dashboard's range; empty for none
	MaxDataPoints int64         // 0 for the panel's width
	MinInterval   time.Duration // 0 for none
	Defaults      FieldConfig
	Overrides     []Override
}

// Grid is a panel's place; a dashboard is 24 units wide.
type Grid struct{ X, Y, W, H int }

// Target is one query of a panel.
type Target struct {
	RefID     string
	QueryType string
	Hide      bool
	JSON      json.RawMessage // the whole query
}

// FieldConfig is how values are shown. Empty and nil leave it to the data.
type FieldConfig struct {
	Unit        string
	Decimals    *int
	DisplayName string
	Min         *float64 // where axes begin
}

// Override changes the display of the fields that match.
type Override struct {
	matches func(name string) bool
	config  FieldConfig
}

// Config is how the panel shows a field with the given display name, of which the data says config: what the data
// leaves open is as the panel has it by default, and overrides go before both.
func (p Panel) Config(name string, config FieldConfig) FieldConfig {
	config = p.Defaults.with(config)
	for _, override := range p.Overrides {
		if override.matches(name) {
			config = config.with(override.config)
		}
	}
	return config
}

// with is c where other says nothing.
func (c FieldConfig) with(other FieldConfig) FieldConfig {
	return FieldConfig{
		Unit:        cmp.Or(other.Unit, c.Unit),
		Decimals:    cmp.Or(other.Decimals, c.Decimals),
		DisplayName: cmp.Or(other.DisplayName, c.DisplayName),
		Min:         cmp.Or(other.Min, c.Min),
	}
}

// uidRef is a reference to a data source: {"type": …, "uid": …}.
type uidRef struct {
	UID string `json:"uid"`
}

type fieldConfigJSON struct {
	Unit     string   `json:"unit"`
	Decimals *int     `json:"decimals"`
	Display  string   `json:"displayName"`
	Min      *float64 `json:"min"`
}

type panelJSON struct {
	ID          int64             `json:"id"`
	Type        string            `json:"type"`
	Title       string            `json:"title"`
	DataSource  *uidRef           `json:"datasource"`
	GridPos     Grid              `json:"gridPos"`
	Targets     []json.RawMessage `json:"targets"`
	TimeFrom    string            `json:"timeFrom"`
	TimeShift   string            `json:"timeShift"`
	MaxPoints   int64             `json:"maxDataPoints"`
	Interval    string            `json:"interval"`
	Panels      []panelJSON       `json:"panels"`
	FieldConfig struct {
		Defaults  fieldConfigJSON `json:"defaults"`
		Overrides []struct {
			Matcher struct {
				ID      string          `json:"id"`
				Options json.RawMessage `json:"options"`
			} `json:"matcher"`
			Properties []struct {
				ID    string          `json:"id"`
				Value json.RawMessage `json:"value"`
			} `json:"properties"`
		} `json:"overrides"`
	} `json:"fieldConfig"`
}

func parseDashboard(content []byte) (Dashboard, error) {
	var raw struct {
		UID      string `json:"uid"`
		Title    string `json:"title"`
		Timezone string `json:"timezone"`
		Refresh  string `json:"refresh"`
		Time     struct {
			From string `json:"from"`
			To   string `json:"to"`
		} `json:"time"`
		Panels []panelJSON `json:"panels"`
	}
	if err := json.Unmarshal(content, &raw); err != nil {
		return Dashboard{}, err
	}
	if raw.UID == "" || raw.Title == "" {
		return Dashboard{}, errors.New("a dashboard needs a uid and a title")
	}
	d := Dashboard{UID: raw.UID, Title: raw.Title, From: raw.Time.From, To: raw.Time.To}
	var err error
	if d.Location, err = location(raw.Timezone); err != nil {
		return Dashboard{}, err
	}
	if raw.Refresh != "" {
		if d.Refresh, err = ParseInterval(raw.Refresh); err != nil {
			return Dashboard{}, fmt.Errorf("refresh: %w", err)
		}
	}
	if _, _, err := d.Range("", time.Now()); err != nil {
		return Dashboard{}, err
	}
	if d.Panels, err = panels(raw.Panels); err != nil {
		return Dashboard{}, err
	}
	slices.SortStableFunc(d.Panels, func(a, b Panel) int {
		return cmp.Or(cmp.Compare(a.Grid.Y, b.Grid.Y), cmp.Compare(a.Grid.X, b.Grid.X))
	})
	return d, nil
}

// location is a dashboard's time zone; that of the browser is this machine's.
func location(name string) (*time.Location, error) {
	switch name {
	case "", "browser":
		return time.Local, nil
	case "utc":
		return time.UTC, nil
	}
	l, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("timezone: %w", err)
	}
	return l, nil
}

// panels returns the panels that ask something; those of a row stand for the row.
func panels(raw []panelJSON) ([]Panel, error) {
	var parsed []Panel
	for _, r := range raw {
		if r.Type == "row" {
			inner, err := panels(r.Panels)
			if err != nil {
				return nil, err
			}
			parsed = append(parsed, inner...)
			continue
		}
		p, err := r.parse()
		if err != nil {
			return nil, fmt.Errorf("panel %q: %w", r.Title, err)
		}
		if len(p.Targets) > 0 {
			parsed = append(parsed, p)
		}
	}
	return parsed, nil
}

func (r panelJSON) parse() (Panel, error) {
	p := Panel{
		ID: r.ID, Type: r.Type, Title: r.Title, Grid: r.GridPos, TimeFrom: r.TimeFrom, MaxDataPoints: r.MaxPoints,
	}
	defaults := r.FieldConfig.Defaults
	p.Defaults = FieldConfig{Unit: defaults.Unit, Decimals: defaults.Decimals, DisplayName: defaults.Display, Min: defaults.Min}
	if r.TimeShift != "" {
		return Panel{}, errors.New("timeShift is not understood here")
	}
	if r.DataSource != nil {
		p.DataSource = r.DataSource.UID
	}
	if r.Interval != "" {
		var err error
		if p.MinInterval, err = ParseInterval(strings.TrimPrefix(r.Interval, ">")); err != nil {
			return Panel{}, fmt.Errorf("interval: %w", err)
		}
	}
	for _, raw := range r.Targets {
		var t struct {
			RefID      string  `json:"refId"`
			QueryType  string  `json:"queryType"`
			Hide       bool    `json:"hide"`
			DataSource *uidRef `json:"datasource"`
		}
		if err := json.Unmarshal(raw, &t); err != nil {
			return Panel{}, err
		}
		if t.RefID == "" {
			return Panel{}, errors.New("a query without a refId")
		}
		if t.DataSource != nil && p.DataSource != "" && t.DataSource.UID != p.DataSource {
			return Panel{}, fmt.Errorf("query %s has another data source than its panel", t.RefID)
		}
		p.Targets = append(p.Targets, Target{RefID: t.RefID, QueryType: t.QueryType, Hide: t.Hide, JSON: raw})
	}
	return p, p.addOverrides(r)
}

// addOverrides takes over what changes a name, a unit or the decimals; colours and the like have no place in
// a terminal.
func (p *Panel) addOverrides(r panelJSON) error {
	for _, o := range r.FieldConfig.Overrides {
		var options string
		override := Override{}
		switch o.Matcher.ID {
		case "byName", "byRegexp":
			if err := json.Unmarshal(o.Matcher.Options, &options); err != nil {
				return fmt.Errorf("an override by name: %w", err)
			}
		default:
			continue
		}
		override.matches = func(name string) bool { return name == options }
		if o.Matcher.ID == "byRegexp" {
			pattern, err := regexp.Compile(strings.Trim(options, "/"))
			if err != nil {
				return fmt.Errorf("an override by regular expression: %w", err)
			}
			override.matches = pattern.MatchString
		}
		for _, property := range o.Properties {
			var err error
			switch property.ID {
			case "unit":
				err = json.Unmarshal(property.Value, &override.config.Unit)
			case "decimals":
				err = json.Unmarshal(property.Value, &override.config.Decimals)
			case "displayName":
				err = json.Unmarshal(property.Value, &override.config.DisplayName)
			}
			if err != nil {
				return fmt.Errorf("the override of %s: %w", property.ID, err)
			}
		}
		p.Overrides = append(p.Overrides, override)
	}
	return nil
}
