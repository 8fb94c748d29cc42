package provisioned

import (
	"encoding/json"
	"io/fs"
	"os"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestFilesOfTheDemoAreRead(t *testing.T) {
	t.Parallel()
	files, err := Load(os.DirFS("../../provisioning"), func(name string) string {
		return map[string]string{"LIVE_ORDERS_URL": "127.0.0.1:5432", "LIVE_ORDERS_PASSWORD": "s3cr$t"}[name]
	})
	require.NoError(t, err)

	ds, ok := files.DataSource("live-orders")
	require.True(t, ok)
	assert.Equal(t, "pullview-orders-datasource", ds.Type)
	assert.Equal(t, "127.0.0.1:5432", ds.URL)
	assert.Equal(t, "s3cr$t", ds.Secure["password"])
	var jsonData struct {
		MaxOpenConns int
		Catalog      struct{ Metrics map[string]any }
	}
	require.NoError(t, json.Unmarshal(ds.JSONData, &jsonData))
	assert.Equal(t, 8, jsonData.MaxOpenConns)
	assert.Contains(t, jsonData.Catalog.Metrics, "total_pedidos_faturados_counter")

	require.Len(t, files.Dashboards, 3)
	assert.Equal(t, "Sales live", files.Dashboards[0].Title)
	for _, d := range files.Dashboards {
		assert.Equal(t, 5*time.Second, d.Refresh)
		assert.Equal(t, "America/Sao_Paulo", d.Location.String())
		ids := map[int64]bool{}
		for i, p := range d.Panels {
			assert.NotEmpty(t, p.Title)
			assert.False(t, ids[p.ID], "panel id %d of %s", p.ID, d.Title)
			ids[p.ID] = true
			assert.LessOrEqual(t, p.Grid.X+p.Grid.W, 24, p.Title)
			if p.Type == "stat" {
				assert.NotEmpty(t, p.TimeFrom, "%q is of now, or of today, whatever the time range", p.Title)
			}
			for _, other := range d.Panels[:i] {
				apart := p.Grid.X+p.Grid.W <= other.Grid.X || other.Grid.X+other.Grid.W <= p.Grid.X ||
					p.Grid.Y+p.Grid.H <= other.Grid.Y || other.Grid.Y+other.Grid.H <= p.Grid.Y
				assert.True(t, apart, "%q and %q overlap", p.Title, other.Title)
			}
		}
	}

	require.Len(t, files.Groups, 1)
	require.Len(t, files.Groups[0].Rules, 3)
	night, day := time.Date(2026, 3, 11, 4, 0, 0, 0, time.UTC), time.Date(2026, 3, 11, 15, 0, 0, 0, time.UTC)
	muted := 0
	for _, rule := range files.Groups[0].Rules {
		assert.Empty(t, files.MutedBy(rule, day))
		if files.MutedBy(rule, night) != "" {
			muted++
		}
	}
	assert.Equal(t, 1, muted, "one rule is quiet at night")
}

// folder is a minimal provisioning folder with some of its files replaced.
func folder(replaced map[string]string) fs.FS {
	content := map[string]string{
		"datasources/a.yaml": `{datasources: [{name: Orders, uid: o, type: x}]}`,
		"dashboards/a.json": `{"uid": "d", "title": "D", "time": {"from": "now-1h", "to": "now"},
			"panels": [{"id": 1, "title": "P", "type": "stat", "datasource": {"uid": "o"}, "targets": [{"refId": "A"}]}]}`,
		"alerting/a.yaml": `{groups: [{name: g, interval: 1m, rules: [{uid: r, title: R, condition: A,
			data: [{refId: A, datasourceUid: o, relativeTimeRange: {from: 60, to: 0}, model: {intervalMs: 5000, queryType: metric}}]}]}]}`,
		"alerting/notes.txt": `not read`,
	}
	files := fstest.MapFS{}
	for name, text := range content {
		files[name] = &fstest.MapFile{Data: []byte(text)}
	}
	for name, text := range replaced {
		files[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return files
}

func nothing(string) string { return "" }

func TestWhatAFileLeavesOutIsGrafanasDefault(t *testing.T) {
	t.Parallel()
	files, err := Load(folder(nil), nothing)
	require.NoError(t, err)
	rule := files.Groups[0].Rules[0]
	assert.Equal(t, "NoData", rule.NoData)
	assert.Equal(t, "Alerting", rule.ExecErr)
	assert.Zero(t, rule.For)
	node := rule.Data[0]
	assert.Equal(t, "metric", node.QueryType)
	assert.Equal(t, 5*time.Second, node.Interval)
	assert.EqualValues(t, 43200, node.Points)
	assert.Equal(t, time.Minute, node.From)
}

func TestFilesThatCannotWorkAreRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ file, content, reason string }{
		"a panel of an unknown data source": {"dashboards/a.json", `{"uid": "d", "title": "D", "time": {"from": "now-1h", "to": "now"},
			"panels": [{"title": "P", "datasource": {"uid": "z"}, "targets": [{"refId": "A"}]}]}`, `data source "z"`},
		"two dashboards of one uid": {"dashboards/b.json", `{"uid": "d", "title": "E", "time": {"from": "now-1h", "to": "now"}}`, "two dashboards"},
		"a dashboard without a uid": {"dashboards/b.json", `{"title": "E"}`, "dashboards/b.json: a dashboard needs a uid"},
		"a range that is no time":   {"dashboards/b.json", `{"uid": "e", "title": "E", "time": {"from": "then", "to": "now"}}`, `"then" is no time`},
		"an unknown time zone":      {"dashboards/b.json", `{"uid": "e", "title": "E", "timezone": "Mars/Base"}`, "Mars/Base"},
		"a time shift": {"dashboards/b.json", `{"uid": "e", "title": "E", "time": {"from": "now-1h", "to": "now"},
			"panels": [{"title": "P", "timeShift": "1d", "targets": [{"refId": "A"}]}]}`, "timeShift"},
		"a rule without its condition": {"alerting/b.yaml", `{groups: [{name: h, interval: 1m, rules: [{uid: q, title: Q, condition: B}]}]}`, `the condition "B"`},
		"a mute timing that is missing": {"alerting/b.yaml", `{groups: [{name: h, interval: 1m, rules: [{uid: q, title: Q, condition: A,
			notification_settings: {mute_time_intervals: [nights]}, data: [{refId: A, datasourceUid: __expr__}]}]}]}`, `mute timing "nights"`},
		"a range that runs backwards": {"alerting/b.yaml", `{groups: [{name: h, interval: 1m, rules: [{uid: q, title: Q, condition: A,
			data: [{refId: A, datasourceUid: o, relativeTimeRange: {from: 0, to: 60}}]}]}]}`, "relativeTimeRange"},
		"a state that is none":        {"alerting/b.yaml", `{groups: [{name: h, interval: 1m, rules: [{uid: q, title: Q, condition: A, noDataState: Fine}]}]}`, `"Fine" is no state`},
		"no YAML":                     {"datasources/b.yaml", "a: [", "datasources/b.yaml"},
		"a data source without a uid": {"datasources/b.yaml", `{datasources: [{name: X, type: y}]}`, "a uid"},
	} {
		_, err := Load(folder(map[string]string{c.file: c.content}), nothing)
		assert.ErrorContains(t, err, c.reason, name)
	}
	_, err := Load(fstest.MapFS{}, nothing)
	assert.ErrorContains(t, err, "read the folder datasources")
}

func TestPanelsOfARowAndOverridesAreRead(t *testing.T) {
	t.Parallel()
	files, err := Load(folder(map[string]string{"dashboards/a.json": `{"uid": "d", "title": "D", "timezone": "utc", "time": {"from": "now-1h", "to": "now"},
		"panels": [
			{"type": "row", "gridPos": {"y": 9}, "panels": [{"title": "inner", "gridPos": {"y": 10}, "datasource": {"uid": "o"}, "targets": [{"refId": "A"}]}]},
			{"type": "text", "title": "asks nothing"},
			{"title": "first", "gridPos": {"y": 1}, "datasource": {"uid": "o"}, "interval": ">10s", "maxDataPoints": 50, "targets": [{"refId": "A", "hide": true}],
			 "fieldConfig": {"defaults": {"unit": "s"}, "overrides": [
				{"matcher": {"id": "byName", "options": "x"}, "properties": [{"id": "unit", "value": "ms"}, {"id": "color", "value": {}}]},
				{"matcher": {"id": "byRegexp", "options": "/1w$/"}, "properties": [{"id": "displayName", "value": "Before"}, {"id": "decimals", "value": 2}]}]}}
		]}`}), nothing)
	require.NoError(t, err)
	panels := files.Dashboards[0].Panels
	require.Len(t, panels, 2)
	assert.Equal(t, []string{"first", "inner"}, []string{panels[0].Title, panels[1].Title})
	assert.Equal(t, 10*time.Second, panels[0].MinInterval)
	assert.True(t, panels[0].Targets[0].Hide)

	assert.Equal(t, "s", panels[0].Config("y", FieldConfig{}).Unit)
	assert.Equal(t, "short", panels[0].Config("y", FieldConfig{Unit: "short"}).Unit)
	assert.Equal(t, "ms", panels[0].Config("x", FieldConfig{}).Unit)
	config := panels[0].Config("y 1w", FieldConfig{})
	assert.Equal(t, "Before", config.DisplayName)
	assert.Equal(t, 2, *config.Decimals)
}

func TestMuteTimingsHoldTheirHoursInTheirZone(t *testing.T) {
	t.Parallel()
	files := Files{}
	require.NoError(t, files.addAlerting([]byte(`
muteTimes:
  - name: nights
    time_intervals:
      - {location: America/Sao_Paulo, times: [{start_time: "00:00", end_time: "08:00"}, {start_time: "22:00", end_time: "24:00"}]}
      - {weekdays: ["saturday", "sunday"], location: America/Sao_Paulo}
  - name: office hours
    time_intervals: [{weekdays: ["monday:friday"], times: [{start_time: "09:00", end_time: "17:30"}]}]
`)))
	nights, office := files.MuteTimings[0], files.MuteTimings[1]
	for text, want := range map[string][2]bool{
		"2026-03-11T07:59:59-03:00": {true, true}, // 10:59 UTC
		"2026-03-11T08:00:00-03:00": {false, true},
		"2026-03-11T21:59:59-03:00": {false, false},
		"2026-03-11T22:00:00-03:00": {true, false},
		"2026-03-11T23:59:59-03:00": {true, false},
		"2026-03-14T12:00:00-03:00": {true, false},
		"2026-03-11T17:29:00Z":      {false, true},
		"2026-03-11T17:30:00Z":      {false, false},
	} {
		at, err := time.Parse(time.RFC3339, text)
		require.NoError(t, err)
		assert.Equal(t, want, [2]bool{nights.Mutes(at), office.Mutes(at)}, text)
	}
	for _, wrong := range []string{
		`{times: [{start_time: "22:00", end_time: "08:00"}]}`,
		`{times: [{start_time: "8:00", end_time: "09:00"}]}`,
		`{times: [{start_time: "08:00", end_time: "24:01"}]}`,
		`{weekdays: ["friday:monday"]}`,
		`{weekdays: ["someday"]}`,
		`{months: ["1:3"]}`,
		`{location: Mars}`,
	} {
		assert.Error(t, (&Files{}).addAlerting([]byte("muteTimes: [{name: x, time_intervals: ["+wrong+"]}]")), wrong)
	}
}
