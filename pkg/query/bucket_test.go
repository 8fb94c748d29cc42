package query

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRecordsAreThoseOfABucketWhateverTheTimeRangeIs(t *testing.T) {
	t.Parallel()
	for about, test := range map[string]struct{ bucket, from, to string }{
		"the bucket of a fixed step that begins at an instant": {`{"at": "1541300400000", "step": "1h"}`, "2018-11-04T03:00:00Z", "2018-11-04T04:00:00Z"},
		"the bucket that holds an instant":                     {`{"at": "1541303999999", "step": "1h"}`, "2018-11-04T03:00:00Z", "2018-11-04T04:00:00Z"},
		"a day of 23 hours":                                    {`{"at": "1541300400000", "step": "1d"}`, "2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z"},
		"a month with a clock change":                          {`{"at": "1541300400000", "step": "1M"}`, "2018-11-01T03:00:00Z", "2018-12-01T02:00:00Z"},
		"a running total":                                      {`{"at": "1541300400000", "step": "1d", "since": 1540000000000, "from": 7, "to": 8}`, "2018-10-20T01:46:40Z", "2018-11-05T02:00:00Z"},
		"one value of a range":                                 {`{"from": 1541300400000, "to": 1541300400001}`, "2018-11-04T03:00:00Z", "2018-11-04T03:00:00.001Z"},
		"a value without an instant":                           {`{"at": "", "step": "1d", "since": 7, "from": 1541300400000, "to": 1541300400001}`, "2018-11-04T03:00:00Z", "2018-11-04T03:00:00.001Z"},
		"as long as the grid of a panel of 90 days":            {`{"step": "1M", "from": 1514772000000, "to": 1525143600000}`, "2018-01-01T02:00:00Z", "2018-05-01T03:00:00Z"},
		"before 1970":                                          {`{"at": "-1", "step": "1s"}`, "1969-12-31T23:59:59Z", "1970-01-01T00:00:00Z"},
	} {
		r, err := validate(t, `{"queryType": "records", "metrics": ["pedidos"], "bucket": `+test.bucket+`}`, func(env *Environment) { env.Limits.MaxRange = 90 * 24 * time.Hour })
		require.NoError(t, err, about)
		assertInstant(t, test.from, r.From)
		assertInstant(t, test.to, r.To)
		assert.Equal(t, []time.Time{r.From, r.To}, r.Grid.Bounds, about)
		assert.True(t, r.Narrowed, about)
		assert.True(t, r.Step.IsRange(), about)
	}
}

func TestRecordsAreThoseOfAComparison(t *testing.T) {
	t.Parallel()
	r, err := validate(t, `{"queryType": "records", "metrics": ["pedidos"], "bucket": {"at": "1541300400000", "step": "1d", "compare": "1w"}}`)
	require.NoError(t, err)
	assert.Equal(t, []Offset{{Count: 1, Unit: 'w'}}, r.Compare)
	assertInstant(t, "2018-11-04T03:00:00Z", r.From)
}

func TestAFilterForTheOthersMeansNoneOfTheKept(t *testing.T) {
	t.Parallel()
	const kept = `"kept": [{"channel": "web", "region": "(null)"}, {"region": "SP", "channel": "\\(others)"}]`
	r, err := validate(t, `{"queryType": "records", "metrics": ["pedidos"], `+kept+`, "filters": [
		{"key": "region", "operator": "=", "values": ["(others)"]}, {"key": "channel", "operator": "!=", "values": ["x"]}, {"key": "channel", "operator": "=", "values": ["(others)"]}]}`)
	require.NoError(t, err)
	assert.Equal(t, []string{"channel", "region"}, r.ExceptBy)
	assert.Equal(t, []Group{{{Text: "web"}, {Null: true}}, {{Text: "(others)"}, {Text: "SP"}}}, r.Except)
	assert.Equal(t, []Filter{{Key: "channel", Operator: Ne, Values: []string{"x"}}}, r.Filters)

	r, err = validate(t, `{"queryType": "records", "metrics": ["pedidos"], `+kept+`, "filters": [
		{"key": "region", "operator": "=", "values": ["SP"]}, {"key": "channel", "operator": "=", "values": ["web"]}]}`)
	require.NoError(t, err)
	assert.Empty(t, r.Except, "a group of its own is none of the others")
	assert.Len(t, r.Filters, 2)
}

func TestRecordsOfNoBucketAreRefused(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]string{
		`"bucket": {"step": "1d"}`:                                    "bucket: it names a point by at and step, or all between from and to",
		`"bucket": {"at": "1", "from": 1, "to": 2}`:                   "bucket: it names a point by at and step, or all between from and to",
		`"bucket": {"at": "1", "step": "1d", "to": 2}`:                "bucket: it names a point by at and step, or all between from and to",
		`"bucket": {"at": "1"}`:                                       "bucket: it names a point by at and step, or all between from and to",
		`"bucket": {"from": 1}`:                                       "bucket: it names a point by at and step, or all between from and to",
		`"bucket": {}`:                                                "bucket: it names a point by at and step, or all between from and to",
		`"bucket": {"at": "1", "step": "60s"}`:                        `bucket.step: "60s" is not a step, the nearest is "1m"`,
		`"bucket": {"at": "1", "step": "auto"}`:                       `bucket.step: "auto" is not a step`,
		`"bucket": {"at": "1", "step": "range"}`:                      `bucket.step: "range" is no width of a bucket: give from and to instead`,
		`"bucket": {"at": "${__value.time}", "step": "1d"}`:           `bucket.at: "${__value.time}" is no instant in milliseconds since 1970`,
		`"bucket": {"at": "99999999999999999", "step": "1d"}`:         `bucket.at: "99999999999999999" is no instant`,
		`"bucket": {"at": "1", "step": "1d", "since": 999999999999}`:  "time range: it begins at 2001-09-09T01:46:39.999Z, which is not before its end",
		`"bucket": {"at": "1", "step": "1d", "compare": "week"}`:      `bucket.compare: "week" is not an offset`,
		`"bucket": {"from": 2, "to": 2}`:                              "time range: it begins at",
		`"bucket": {"at": "1541300400000", "step": "1d", "since": 1}`: "time range: it is 48.84 years long, and at most",
		`"bucket": {"from": 1, "to": 1541300400000}`:                  "time range: it is 48.84 years long, and at most 90 days are allowed",
		`"kept": [{}]`:                                   "kept[0]: a group has from 1 to 5 dimensions, not 0",
		`"kept": [{"chanel": "web"}]`:                    `kept[0]: "chanel" is not a dimension of table orders, did you mean "channel"?`,
		`"kept": [{"channel": "web"}, {"region": "SP"}]`: "kept[1]: its dimensions are not those of the first group: channel",
		`"kept": [{"channel": "(others)"}]`:              "kept[0].channel: (others) stands for all groups but these",
		`"filters": [{"key": "channel", "operator": "=", "values": ["(others)"]}]`:                                               "filters[0].values[0]: (others) stands for all groups but the top ones",
		`"kept": [{"channel": "web", "region": "SP"}], "filters": [{"key": "channel", "operator": "=", "values": ["(others)"]}]`: "filters[0].values[0]: (others) stands for all groups",
	} {
		_, err := validate(t, `{"queryType": "records", "metrics": ["pedidos"], `+query+`}`, func(env *Environment) { env.Limits.MaxRange = 90 * 24 * time.Hour })
		require.Error(t, err, query)
		assert.Contains(t, problems(t, err)[0], want, query)
	}
}

// drilled is an answer by two dimensions, with two groups of their own.
func drilled(t *testing.T, raw string, environments ...func(*Environment)) (*Answer, Point) {
	r, err := validate(t, raw, environments...)
	require.NoError(t, err)
	label := func(channel, region string) []Label {
		return []Label{{"channel", channel}, {"region", region}, {LabelCompare, "1w"}, {LabelQuantile, "0.5"}, {LabelPartial, "running"}}
	}
	a := &Answer{Request: r, Grid: r.Grid}
	for _, labels := range [][]Label{label("web", "SP"), label("(null)", "RJ"), label("web", "SP"), label("(others)", "(others)")} {
		a.Series = append(a.Series, Series{Metric: r.Metrics[0], View: r.Views[0], Labels: labels})
	}
	return a, Point{Metric: r.Metrics[0], View: r.Views[0], Labels: a.Series[1].Labels, At: "7"}
}

const byTwo = `{"refId": "B", "groupBy": ["channel", "region"], "filters": [{"key": "region", "operator": "!=", "values": ["MG"]}], "step": "1m", `

func TestDrillAsksForTheRowsOfOneSeriesAndBucket(t *testing.T) {
	t.Parallel()
	a, p := drilled(t, byTwo+`"metrics": ["total_pedidos"], "compare": ["1w"]}`)
	drill, ok := a.Drill(p)
	require.True(t, ok)
	assert.Equal(t, &Query{
		RefID: "B", Type: TypeRecords, Version: 1, Metrics: []string{"pedidos"}, Bucket: &Bucket{At: "7", Step: "1m", Compare: "1w", From: ms(1_795_446_000_000), To: ms(1_795_449_600_000)},
		Filters: []Filter{{"region", Ne, []string{"MG"}}, {"channel", Eq, []string{"(null)"}}, {"region", Eq, []string{"RJ"}}},
	}, drill)
	assert.Len(t, a.Request.Filters, 1, "the request is as it was")

	p.Labels, p.Others = a.Series[3].Labels, a.Series[3].IsOthers()
	drill, ok = a.Drill(p)
	require.True(t, ok)
	assert.Equal(t, []map[string]string{{"channel": "web", "region": "SP"}, {"channel": "(null)", "region": "RJ"}}, drill.Kept)

	a, p = drilled(t, byTwo+`"metrics": ["pedidos"], "view": "running_total"}`)
	drill, ok = a.Drill(p)
	require.True(t, ok)
	assert.Equal(t, int(instant(t, "2026-11-23T15:00:00Z").UnixMilli()), *drill.Bucket.Since)

	a, p = drilled(t, `{"metrics": ["ticket"], "step": "range"}`)
	drill, ok = a.Drill(p)
	require.True(t, ok)
	assert.Equal(t, &Bucket{Compare: "1w", From: ms(1_795_446_000_000), To: ms(1_795_449_600_000)}, drill.Bucket)
	assert.Empty(t, drill.Filters, "labels that are no groups are no filters")
}

func TestDrillIsRefusedWhereNoRowsMakeTheValue(t *testing.T) {
	t.Parallel()
	many := `{"metrics": ["pedidos"], "step": "1m", "groupBy": ["channel"], "filters": [`
	for i := range maxFilters {
		if i > 0 {
			many += ","
		}
		many += `{"key": "channel", "operator": "is not null"}`
	}
	for about, raw := range map[string]string{
		"rows that are not shown":             `{"metrics": ["visitas"], "step": "1m"}`,
		"a gauge reduced by its average":      `{"metrics": ["carrinhos"], "step": "range", "reduce": "avg"}`,
		"as many filters as a query may have": many + `]}`,
	} {
		a, p := drilled(t, raw)
		_, ok := a.Drill(p)
		assert.False(t, ok, about)
	}
	a, p := drilled(t, `{"metrics": ["pedidos"], "step": "1m"}`, fromAlert)
	_, ok := a.Drill(p)
	assert.False(t, ok, "an alert rule")

	a, p = drilled(t, `{"metrics": ["pedidos"], "step": "range"}`, func(env *Environment) { env.From = env.From.Add(time.Microsecond) })
	_, ok = a.Drill(p)
	assert.False(t, ok, "a range that milliseconds cannot name")

	a, p = drilled(t, `{"metrics": ["carrinhos"], "step": "range", "reduce": "last"}`)
	_, ok = a.Drill(p)
	assert.True(t, ok, "the last value of a gauge")
}
