package plugin_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/internal/embedpg"
	"github.com/pullview/orders-datasource/pkg/frames"
)

// sales is a database with sales around the clock change of São Paulo in 2018,
// when 4 November had 23 hours, and around the present. Some have no channel, no
// customer, no end, or no measurement that is a number. In the present nothing
// begins or ends within minutes of now, so that a test may take its time.
var sales = embedpg.Template{Fill: func(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.PgConn().Exec(ctx, `
CREATE TABLE sales (id int PRIMARY KEY, at timestamptz, local_at timestamp, done_at timestamptz, channel text, region text,
  amount numeric(12,2), customer int, took float8);
INSERT INTO sales (id, at, done_at, channel, region, amount, customer, took)
SELECT n, begun, CASE WHEN n % 5 > 0 THEN begun + (n % 50) * interval '1 hour' END,
  (ARRAY['web', 'app', 'store', 'phone', NULL, '(others)', 'a "quoted" \ one'])[1 + n * n % 7], (ARRAY['SP', 'RJ'])[1 + n % 2],
  CASE WHEN n % 11 > 0 THEN n % 97 + 0.01 END, CASE WHEN n % 4 > 0 THEN n % 13 END,
  (ARRAY[1, 2.5, NULL, 'NaN', 'Infinity', '-Infinity', 0, -3]::float8[])[1 + n % 8]
FROM (SELECT n, CASE WHEN n <= 600 THEN timestamptz '2018-10-20 03:00Z' + n * interval '47 minutes' + n % 13 * (n % 7) * interval '29 minutes 1 second'
    ELSE now() + (n - 800) * interval '10 minutes' + interval '5 minutes' END AS begun
  FROM generate_series(1, 840) AS n) AS series;
DELETE FROM sales WHERE id > 600 AND id % 7 IN (1, 2);
UPDATE sales SET local_at = at AT TIME ZONE 'America/Sao_Paulo';
-- The hour before the clock goes back in February is there twice.
INSERT INTO sales (id, at, local_at, channel, region) VALUES (1001, '2018-02-18 01:30Z', '2018-02-17 23:30', 'web', 'SP'), (1002, '2018-02-18 02:30Z', '2018-02-17 23:30', 'web', 'SP');
CREATE INDEX ON sales (at);`).ReadAll()
	return err
}}

const salesCatalog = `{
  "version": 1, "timezone": "America/Sao_Paulo",
  "tables": {
    "sales": {"relation": "sales", "time": "at", "where": "id <> 13", "records": ["id", "amount", "customer", "channel"], "link": "https://shop.example/sales/{id}?by={channel}",
      "dimensions": {"channel": {"column": "channel"}, "region": {"column": "region"}, "group": {"column": "customer"}}},
    "local": {"relation": "sales", "time": "local_at", "records": ["id"], "dimensions": {"channel": {"column": "channel"}}},
    "hidden": {"relation": "sales", "time": "at", "dimensions": {"channel": {"column": "channel"}}}
  },
  "metrics": {
    "sold": {"type": "counter", "table": "sales", "help": "Sales"},
    "big": {"type": "counter", "table": "sales", "where": "amount > 50", "help": "Big sales"},
    "revenue": {"type": "counter", "table": "sales", "sum": "amount", "help": "Revenue"},
    "open": {"type": "gauge", "table": "sales", "opened": "at", "closed": "done_at", "help": "Open sales"},
    "owed": {"type": "gauge", "table": "sales", "opened": "at", "closed": "done_at", "sum": "amount", "help": "Value of open sales"},
    "took": {"type": "histogram", "table": "sales", "observe": "took", "help": "How long"},
    "customers": {"type": "distinct", "table": "sales", "column": "customer", "help": "Customers"},
    "bigness": {"type": "ratio", "numerator": "big", "denominator": "sold", "help": "Big sales of all"},
    "sold_local": {"type": "counter", "table": "local", "help": "Sales by local time"},
    "sold_hidden": {"type": "counter", "table": "hidden", "help": "Sales whose rows are not shown"}
  }
}`

// linkOf returns the query to which a value of a field leads, with Grafana's
// variables replaced by the row's own values.
func linkOf(t testing.TB, frame *data.Frame, field *data.Field, row int) string {
	t.Helper()
	require.NotNil(t, field.Config, field.Name)
	require.Len(t, field.Config.Links, 1, field.Name)
	internal := field.Config.Links[0].Internal
	require.NotNil(t, internal)
	query := internal.Query.(map[string]any)
	query["limit"] = 10_000
	encoded, err := json.Marshal(query)
	require.NoError(t, err)
	text := string(encoded)
	for _, f := range frame.Fields {
		switch value, _ := f.ConcreteAt(row); v := value.(type) {
		case time.Time:
			text = strings.ReplaceAll(text, "${__value.time}", strconv.FormatInt(v.UnixMilli(), 10))
		case string:
			label, err := json.Marshal(v)
			require.NoError(t, err)
			inner := strings.Trim(string(label), `"`)
			if strings.HasSuffix(v, `"`) || strings.HasPrefix(v, `"`) {
				inner = string(label[1 : len(label)-1])
			}
			text = strings.ReplaceAll(text, fmt.Sprintf(`${__data.fields[\"%s\"].text}`, f.Name), inner)
		}
	}
	return text
}

// rowsBehind is what the frame of records says.
type rowsBehind struct {
	matching int64
	frame    *data.Frame
}

func (s *source) rowsBehind(t testing.TB, query string) rowsBehind {
	t.Helper()
	// Explore opens with a time range of its own, which must not matter.
	now := time.Now()
	response := s.query(t, asked{refID: "A", json: query, from: now.Add(-time.Hour), to: now})["A"]
	require.NoError(t, response.Error, query)
	frame := response.Frames[0]
	encoded, err := json.Marshal(frame.Meta.Custom)
	require.NoError(t, err)
	var custom frames.Custom
	require.NoError(t, json.Unmarshal(encoded, &custom))
	require.NotNil(t, custom.Matching)
	rows := frame.Rows()
	require.EqualValues(t, *custom.Matching, rows)
	return rowsBehind{*custom.Matching, frame}
}

func (r rowsBehind) count() float64 { return float64(r.matching) }

// column returns the numbers of a column that are not null.
func (r rowsBehind) column(name string) []float64 {
	var numbers []float64
	for _, field := range r.frame.Fields {
		if field.Name != name {
			continue
		}
		for i := range field.Len() {
			if v, ok := field.ConcreteAt(i); ok {
				numbers = append(numbers, v.(float64))
			}
		}
	}
	return numbers
}

func (r rowsBehind) sum() float64 {
	total := 0.0
	for _, n := range r.column("amount") {
		total += n
	}
	return total
}

func (r rowsBehind) customers() float64 {
	different := map[float64]bool{}
	for _, n := range r.column("customer") {
		different[n] = true
	}
	return float64(len(different))
}

// Ranges that queries ask about.
var (
	clockChange = [2]time.Time{time.Date(2018, 11, 2, 10, 0, 0, 0, time.UTC), time.Date(2018, 11, 7, 1, 0, 0, 0, time.UTC)}
	hoursOfOne  = [2]time.Time{time.Date(2018, 11, 4, 0, 0, 0, 0, time.UTC), time.Date(2018, 11, 4, 12, 0, 0, 0, time.UTC)}
)

func TestTheRowsBehindAPointAreAsManyAsItsValue(t *testing.T) {
	t.Parallel()
	now := time.Now().Truncate(time.Second)
	present := [2]time.Time{now.Add(-5 * time.Hour), now.Add(2 * time.Hour)}
	backToNormal := [2]time.Time{time.Date(2018, 2, 17, 20, 0, 0, 0, time.UTC), time.Date(2018, 2, 18, 6, 0, 0, 0, time.UTC)}
	for about, test := range map[string]struct {
		query   string
		between [2]time.Time
		of      func(rowsBehind) float64
		atLeast int  // different values that are not null
		nulls   bool // whether there are points without a value
	}{
		"a counter by days of a clock change": {query: `"metrics": ["sold"], "step": "1d"`, between: clockChange, of: rowsBehind.count, atLeast: 3},
		"a counter by hours of a clock change, read from local times": {query: `"metrics": ["sold_local"], "step": "1h", "groupBy": ["channel"]`,
			between: hoursOfOne, of: rowsBehind.count, atLeast: 2},
		"a counter by an hour that local clocks show twice": {query: `"metrics": ["sold_local"], "step": "1h"`, between: backToNormal, of: rowsBehind.count, atLeast: 2},
		"a counter by weeks, grouped, with NULL":            {query: `"metrics": ["sold"], "step": "1w", "groupBy": ["channel"]`, between: clockChange, of: rowsBehind.count, atLeast: 3},
		"a counter with a filter and a condition":           {query: `"metrics": ["big"], "step": "6h", "filters": [{"key": "region", "operator": "!=", "values": ["SP"]}]`, between: clockChange, of: rowsBehind.count, atLeast: 3},
		"a counter by two dimensions, one a number":         {query: `"metrics": ["sold"], "step": "1d", "groupBy": ["region", "group"]`, between: clockChange, of: rowsBehind.count, atLeast: 3},
		"a sum":                                    {query: `"metrics": ["revenue"], "step": "1d", "groupBy": ["channel"]`, between: clockChange, of: rowsBehind.sum, atLeast: 10},
		"a running total":                          {query: `"metrics": ["sold"], "view": "running_total", "step": "1d", "groupBy": ["region"]`, between: clockChange, of: rowsBehind.count, atLeast: 8},
		"a running total, compared":                {query: `"metrics": ["sold"], "view": "running_total", "step": "6h", "compare": ["1w"]`, between: clockChange, of: rowsBehind.count, atLeast: 10},
		"the top and the others":                   {query: `"metrics": ["sold"], "step": "1d", "groupBy": ["channel"], "top": {"limit": 2, "others": true}`, between: clockChange, of: rowsBehind.count, atLeast: 5},
		"the top, with NULL among it":              {query: `"metrics": ["sold"], "step": "1d", "groupBy": ["channel"], "top": {"limit": 6, "others": true}`, between: clockChange, of: rowsBehind.count, atLeast: 3},
		"the others of two dimensions":             {query: `"metrics": ["sold"], "step": "1d", "groupBy": ["channel", "region"], "top": {"limit": 4, "others": true}`, between: clockChange, of: rowsBehind.count, atLeast: 5},
		"the others of different values":           {query: `"metrics": ["customers"], "step": "1d", "groupBy": ["channel"], "top": {"limit": 2, "others": true}`, between: clockChange, of: rowsBehind.customers, atLeast: 3},
		"the others, filtered and compared":        {query: `"metrics": ["sold"], "step": "1d", "groupBy": ["channel"], "top": {"limit": 2, "others": true}, "compare": ["1w", "1M"], "filters": [{"key": "region", "operator": "=", "values": ["SP"]}]`, between: clockChange, of: rowsBehind.count, atLeast: 5},
		"a comparison across the clock change":     {query: `"metrics": ["sold"], "step": "1h", "compare": ["1d", "1w"]`, between: hoursOfOne, of: rowsBehind.count, atLeast: 2},
		"a gauge at the end of each day":           {query: `"metrics": ["open"], "step": "1d", "groupBy": ["channel"]`, between: clockChange, of: rowsBehind.count, atLeast: 10},
		"a gauge that sums, compared":              {query: `"metrics": ["owed"], "step": "1d", "compare": ["1w"]`, between: clockChange, of: rowsBehind.sum, atLeast: 8},
		"a gauge, the top and the others":          {query: `"metrics": ["open"], "step": "1d", "groupBy": ["channel", "region"], "top": {"limit": 3, "others": true}`, between: clockChange, of: rowsBehind.count, atLeast: 10},
		"observations":                             {query: `"metrics": ["took"], "view": "count", "step": "1d", "groupBy": ["region"]`, between: clockChange, of: rowsBehind.count, atLeast: 3},
		"different values":                         {query: `"metrics": ["customers"], "step": "1d", "groupBy": ["region"]`, between: clockChange, of: rowsBehind.customers, atLeast: 2},
		"one value of a range":                     {query: `"metrics": ["sold"], "step": "range", "groupBy": ["channel"]`, between: clockChange, of: rowsBehind.count, atLeast: 3},
		"one value of a range, compared":           {query: `"metrics": ["open"], "step": "range", "compare": ["1w"]`, between: clockChange, of: rowsBehind.count, atLeast: 2},
		"a table over time":                        {query: `"metrics": ["sold"], "step": "1d", "groupBy": ["channel"], "format": "table", "compare": ["1w"], "top": {"limit": 3, "others": true}`, between: clockChange, of: rowsBehind.count, atLeast: 5},
		"a table of a range":                       {query: `"metrics": ["sold"], "step": "range", "groupBy": ["channel", "region"], "format": "table", "compare": ["1M"], "top": {"limit": 3, "others": true}`, between: clockChange, of: rowsBehind.count, atLeast: 4},
		"a counter up to now and beyond":           {query: `"metrics": ["sold"], "step": "1h"`, between: present, of: rowsBehind.count, atLeast: 2},
		"a gauge up to now":                        {query: `"metrics": ["open"], "step": "1h"`, between: present, of: rowsBehind.count, atLeast: 2, nulls: true},
		"a running bucket that is marked":          {query: `"metrics": ["sold"], "step": "1h", "partial": "mark"`, between: present, of: rowsBehind.count, atLeast: 2},
		"a running bucket, compared with the past": {query: `"metrics": ["sold"], "step": "1h", "compare": ["1h", "3h"]`, between: present, of: rowsBehind.count, atLeast: 2},
	} {
		t.Run(about, func(t *testing.T) {
			t.Parallel()
			s := newSource(t, sales.Database(t, embedpg.Shared(t)), salesCatalog)
			response := s.query(t, asked{refID: "A", json: "{" + test.query + "}", from: test.between[0], to: test.between[1]})["A"]
			require.NoError(t, response.Error)
			frame := response.Frames[0]
			values, nulls := map[float64]bool{}, 0
			for _, field := range frame.Fields {
				if field.Type() != data.FieldTypeNullableFloat64 {
					continue
				}
				for row := range field.Len() {
					value, ok := field.ConcreteAt(row)
					if !ok && strings.Contains(test.query, "mark") {
						continue // the value is in the series beside it
					}
					link := linkOf(t, frame, field, row)
					rows := s.rowsBehind(t, link)
					if !ok {
						nulls++
						assert.Zero(t, rows.matching, "%s %s", field.Labels, link)
						continue
					}
					values[value.(float64)] = true
					assert.InDelta(t, value, test.of(rows), 1e-6, "%s %s", field.Labels, link)
				}
			}
			assert.GreaterOrEqual(t, len(values), test.atLeast, "the test needs something to tell apart: %v", slices.Sorted(maps.Keys(values)))
			assert.True(t, !test.nulls || nulls > 0)
		})
	}
}

func TestTheRowsBehindARatioAreItsNumerators(t *testing.T) {
	t.Parallel()
	s := newSource(t, sales.Database(t, embedpg.Shared(t)), salesCatalog)
	ask := func(query string) *data.Frame {
		response := s.query(t, asked{refID: "A", json: query, from: clockChange[0], to: clockChange[1]})["A"]
		require.NoError(t, response.Error)
		return response.Frames[0]
	}
	ratio := ask(`{"metrics": ["bigness"], "step": "1d", "groupBy": ["channel"]}`)
	numerator := ask(`{"metrics": ["big"], "step": "1d", "groupBy": ["channel"]}`)
	require.Len(t, numerator.Fields, len(ratio.Fields))
	for i := 1; i < len(ratio.Fields); i++ {
		require.Equal(t, ratio.Fields[i].Labels, numerator.Fields[i].Labels)
		for row := range ratio.Rows() {
			want, _ := numerator.Fields[i].ConcreteAt(row)
			assert.InDelta(t, want, s.rowsBehind(t, linkOf(t, ratio, ratio.Fields[i], row)).count(), 0)
		}
	}
}

func TestTheRowsBehindQuantilesAreThoseObserved(t *testing.T) {
	t.Parallel()
	s := newSource(t, sales.Database(t, embedpg.Shared(t)), salesCatalog)
	for _, query := range []string{`{"metrics": ["took"], "step": "1d"}`, `{"metrics": ["took"], "step": "1d", "exact": true}`, `{"metrics": ["took"], "view": "average", "step": "1d"}`} {
		responses := s.query(t,
			asked{refID: "A", json: query, from: clockChange[0], to: clockChange[1]},
			asked{refID: "B", json: `{"metrics": ["took"], "view": "count", "step": "1d"}`, from: clockChange[0], to: clockChange[1]})
		require.NoError(t, responses["A"].Error)
		require.NoError(t, responses["B"].Error)
		shown, counts := responses["A"].Frames[0], responses["B"].Frames[0]
		for _, field := range shown.Fields[1:] {
			for row := range shown.Rows() {
				want, _ := counts.Fields[1].ConcreteAt(row)
				assert.InDelta(t, want, s.rowsBehind(t, linkOf(t, shown, field, row)).count(), 0)
			}
		}
	}
}

func TestAValueWithoutRowsToShowHasNoLink(t *testing.T) {
	t.Parallel()
	s := newSource(t, sales.Database(t, embedpg.Shared(t)), salesCatalog)
	for about, query := range map[string]string{
		"a table without records":                   `{"metrics": ["sold_hidden"], "step": "1d"}`,
		"the average of a gauge over a range":       `{"metrics": ["open"], "step": "range", "reduce": "avg"}`,
		"a filter in which Grafana sees a variable": `{"metrics": ["sold"], "step": "1d", "filters": [{"key": "region", "operator": "!=", "values": ["US$region"]}]}`,
		"a heatmap": `{"metrics": ["took"], "view": "heatmap", "step": "1d"}`,
	} {
		response := s.query(t, asked{refID: "A", json: query, from: clockChange[0], to: clockChange[1]})["A"]
		require.NoError(t, response.Error, about)
		require.NotEmpty(t, response.Frames[0].Fields, about)
		for _, field := range response.Frames[0].Fields {
			assert.True(t, field.Config == nil || field.Config.Links == nil, "%s: %s", about, field.Name)
		}
	}
	s.headers["FromAlert"] = "true"
	response := s.query(t, asked{refID: "A", json: `{"metrics": ["sold"], "step": "1d"}`, from: clockChange[0], to: clockChange[1]})["A"]
	require.NoError(t, response.Error)
	assert.Nil(t, response.Frames[0].Fields[1].Config.Links, "an alert rule clicks nothing")
}

func TestALinkLeadsToItsOwnDataSource(t *testing.T) {
	t.Parallel()
	s := newSource(t, sales.Database(t, embedpg.Shared(t)), salesCatalog)
	response := s.query(t, asked{refID: "C", json: `{"metrics": ["sold"], "groupBy": ["channel"], "top": {"limit": 1, "others": true}, "step": "1d", "compare": ["1w"]}`, from: clockChange[0], to: clockChange[1]})["C"]
	require.NoError(t, response.Error)
	require.Len(t, response.Frames[0].Fields, 5)
	last := response.Frames[0].Fields[4]
	require.Equal(t, "(others)", last.Labels["channel"])
	encoded, err := json.Marshal(last.Config.Links)
	require.NoError(t, err)
	top := response.Frames[0].Fields[1].Labels["channel"]
	assert.JSONEq(t, fmt.Sprintf(`[{"title": "Rows behind this value", "internal": {"datasourceUid": %q, "datasourceName": %q, "query": {
		"refId": "C", "queryType": "records", "version": 1, "metrics": ["sold"], "filters": [{"key": "channel", "operator": "=", "values": ["(others)"]}],
		"bucket": {"at": "${__value.time}", "step": "1d", "from": %d, "to": %d, "compare": "1w"}, "kept": [{"channel": %q}]}}}]`, s.settings.UID, s.settings.Name,
		time.Date(2018, 11, 2, 3, 0, 0, 0, time.UTC).UnixMilli(), time.Date(2018, 11, 7, 2, 0, 0, 0, time.UTC).UnixMilli(), top), string(encoded))
}

func TestRowsSayWhichBucketTheyAreOfAndLeadToTheirOwnPage(t *testing.T) {
	t.Parallel()
	s := newSource(t, sales.Database(t, embedpg.Shared(t)), salesCatalog)
	// 2018-11-04 began at 01:00, when it was 03:00 in UTC.
	begin := time.Date(2018, 11, 4, 3, 0, 0, 0, time.UTC)
	query := fmt.Sprintf(`{"queryType": "records", "metrics": ["sold"], "limit": 10000, "bucket": {"at": "%d", "step": "1d"}}`, begin.Add(90*time.Minute).UnixMilli())
	frame := s.rowsBehind(t, query).frame
	custom := frame.Meta.Custom.(map[string]any)
	assert.EqualValues(t, begin.UnixMilli(), custom["from"])
	assert.EqualValues(t, begin.Add(23*time.Hour).UnixMilli(), custom["to"])
	require.Len(t, frame.Meta.Notices, 1)
	assert.Equal(t, "these are the rows behind one value: from 2018-11-04 01:00:00 -02:00 to before 2018-11-05 00:00:00 -02:00, whatever the time range is", frame.Meta.Notices[0].Text)
	assert.Equal(t, []data.DataLink{{Title: "Open ${__value.text}", TargetBlank: true,
		URL: `https://shop.example/sales/${__data.fields["id"].numeric:percentencode}?by=${__data.fields["channel"].text:percentencode}`}}, frame.Fields[0].Config.Links)

	frame = s.rowsBehind(t, strings.Replace(query, "sold", "open", 1)).frame
	assert.Equal(t, "these are the rows behind one value: those open at 2018-11-05 00:00:00 -02:00, whatever the time range is", frame.Meta.Notices[0].Text)
}

// A stat panel shows one value of a whole series, for which Grafana has no time.
func TestAValueOfAWholeSeriesLeadsToTheRowsOfAllItsBuckets(t *testing.T) {
	t.Parallel()
	s := newSource(t, sales.Database(t, embedpg.Shared(t)), salesCatalog)
	for _, query := range []string{`{"metrics": ["sold"], "step": "1d", "groupBy": ["channel"], "compare": ["1w"]}`, `{"metrics": ["sold"], "view": "running_total", "step": "1d"}`, `{"metrics": ["open"], "step": "1d"}`} {
		response := s.query(t, asked{refID: "A", json: query, from: clockChange[0], to: clockChange[1]})["A"]
		require.NoError(t, response.Error)
		frame := response.Frames[0]
		for _, field := range frame.Fields[1:] {
			sum, last := 0.0, 0.0
			for row := range field.Len() {
				value, _ := field.ConcreteAt(row)
				last = value.(float64)
				sum += last
			}
			want := last
			if !strings.Contains(query, "running_total") && !strings.Contains(query, "open") {
				want = sum
			}
			link := linkOf(t, &data.Frame{}, field, 0)
			link = strings.Replace(link, "${__value.time}", "", 1)
			assert.InDelta(t, want, s.rowsBehind(t, link).count(), 0, "%s %s", field.Labels, link)
		}
	}
}
