package query

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/message"
)

const everyField = `{
	"refId": "A", "queryType": "metric", "version": 1,
	"metrics": ["faturamento", "ticket_medio"], "view": "rate", "groupBy": ["channel"],
	"filters": [{"key": "region", "operator": "not in", "values": ["SP", "(null)"]}, {"key": "channel", "operator": "is not null"}],
	"top": {"limit": 5, "others": true}, "step": "1d", "reduce": "avg", "quantiles": [0.5, 0.99], "exact": true,
	"compare": ["1w", "1y"], "partial": "mark", "format": "table", "legend": "{{channel}}", "limit": 10, "records": "orders",
	"annotation": "campaigns", "kept": [{"channel": "web"}, {"channel": "(null)"}],
	"bucket": {"at": "1700000000000", "step": "1d", "since": 7, "from": 1600000000000, "to": 1800000000000, "compare": "1w"}
}`

func ms(n int) *int { return &n }

func TestDecodeReadsEveryField(t *testing.T) {
	t.Parallel()
	q, err := Decode([]byte(everyField))
	require.NoError(t, err)
	assert.Equal(t, &Query{
		RefID: "A", Type: TypeMetric, Version: 1,
		Metrics: []string{"faturamento", "ticket_medio"}, View: catalog.ViewRate, GroupBy: []string{"channel"},
		Filters: []Filter{{Key: "region", Operator: NotIn, Values: []string{"SP", "(null)"}}, {Key: "channel", Operator: IsNotNull}},
		Top:     &Top{Limit: 5, Others: true}, Step: "1d", Reduce: ReduceAvg, Quantiles: []float64{0.5, 0.99}, Exact: true,
		Compare: []string{"1w", "1y"}, Partial: PartialMark, Format: FormatTable, Legend: "{{channel}}", Limit: 10, Records: "orders",
		Annotation: "campaigns", Kept: []map[string]string{{"channel": "web"}, {"channel": "(null)"}},
		Bucket: &Bucket{At: "1700000000000", Step: "1d", Since: ms(7), From: ms(1_600_000_000_000), To: ms(1_800_000_000_000), Compare: "1w"},
	}, q)

	written, err := json.Marshal(q)
	require.NoError(t, err)
	assert.JSONEq(t, everyField, string(written), "what is decoded is also what is written")
}

func TestDecodeTakesFieldsOfGrafanaAndLeavesOutNull(t *testing.T) {
	t.Parallel()
	q, err := Decode([]byte(`{
		"refId": "A", "hide": false, "key": "Q-1", "datasource": {"uid": "u", "type": "t"}, "datasourceId": 7, "intervalMs": 1000,
		"maxDataPoints": 43200, "queryCachingTTL": null, "timeRange": {"from": "now-1h", "to": "now"}, "resultAssertions": {"maxFrames": 1},
		"timeRangeCompare": true, "version": null, "view": null, "filters": null, "top": null, "metrics": ["m"]
	}`))
	require.NoError(t, err)
	assert.Equal(t, &Query{RefID: "A", Version: 1, Metrics: []string{"m"}}, q)
}

func TestDecodeKeepsValuesAsTheyAre(t *testing.T) {
	t.Parallel()
	for _, value := range []string{
		`'; drop table orders; --`, `"quoted"`, `/* comment */ $1 $$ %s`, `\\ \' \x00 E'\047'`, "tab\tline\n", "São Paulo – 東京 👍", "", " ", `\(null)`,
	} {
		raw, err := json.Marshal(map[string]any{"filters": []any{map[string]any{"key": "k", "operator": "=", "values": []string{value}}}})
		require.NoError(t, err)
		q, err := Decode(raw)
		require.NoError(t, err)
		assert.Equal(t, []string{value}, q.Filters[0].Values)
	}
}

// problems lists an error's problems as field: message.
func problems(t *testing.T, err error) []string {
	t.Helper()
	var all Errors
	require.True(t, errors.As(err, &all), "%v", err)
	var first *Error
	require.True(t, errors.As(err, &first))
	require.Same(t, all[0], first)
	lines := make([]string, len(all))
	for i, problem := range all {
		lines[i] = problem.Error()
	}
	return lines
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	big := strings.Repeat("x", 1<<20)
	tests := map[string]struct {
		raw  string
		want []string // each is the beginning of a problem, in order
	}{
		"nothing":              {``, []string{"the query is not valid JSON: "}},
		"broken JSON":          {`{"refId": `, []string{"the query is not valid JSON: unexpected end"}},
		"two documents":        {`{} {}`, []string{"the query is not valid JSON: "}},
		"broken UTF-8":         {"{\"view\": \"\xff\"}", []string{"the query is not valid UTF-8"}},
		"a list":               {`[]`, []string{"the query must be a JSON object, not a list"}},
		"null":                 {`null`, []string{"the query must be a JSON object, not null"}},
		"a filter of 1 MB":     {`{"filters":[{"key":"k","operator":"=","values":["` + big + `"]}]}`, []string{"the query is 1048630 bytes of JSON, and at most 262144 are accepted: shorten its filter values"}},
		"a version to come":    {`{"version": 2, "new": true}`, []string{"version: 2 is not a version that this plugin reads, which is 1: update the plugin"}},
		"a version of text":    {`{"version": "1"}`, []string{`version: must be a whole number, not the string "1"`}},
		"a field near another": {`{"metric": ["m"]}`, []string{`"metric" is not a field of a query, did you mean "metrics"?`}},
		"a field of no one":    {`{"rawSql": "select 1"}`, []string{`"rawSql" is not a field of a query; the fields are refId, queryType, version, metrics`}},
		"a field in other case": {`{"groupby": ["m"], "RefId": ""}`, []string{
			`"RefId" is not a field of a query, did you mean "refId"?`, `"groupby" is not a field of a query, did you mean "groupBy"?`}},
		"a field of a filter": {`{"filters": [{"key": "a", "op": "=", "value": "b"}]}`, []string{
			`filters[0]: "op" is not a field of a filter; the fields are key, operator, values`, `filters[0]: "value" is not a field of a filter, did you mean "values"?`}},
		"Grafana's field in a filter": {`{"filters": [{"hide": true}]}`, []string{`filters[0]: "hide" is not a field of a filter`}},
		"a field of top":              {`{"top": {"n": 5}}`, []string{`top: "n" is not a field of top; the fields are limit, others`}},
		"wrong types": {`{"metrics": "m", "view": 1, "groupBy": ["a", 2, null], "filters": [[], {"values": {}}], "top": 5, "quantiles": ["0.5"], "exact": "yes", "limit": 1.5, "legend": ["` + big[:100] + `"]}`, []string{
			`metrics: must be a list, not the string "m"`,
			`view: must be a string, not 1`,
			`groupBy[1]: must be a string, not 2`,
			`groupBy[2]: must be a string, not null`,
			`filters[0]: must be an object, not a list`,
			`filters[1].values: must be a list, not an object`,
			`top: must be an object, not 5`,
			`quantiles[0]: must be a number, not the string "0.5"`,
			`exact: must be true or false, not the string "yes"`,
			`legend: must be a string, not a list`,
			`limit: must be a whole number, not 1.5`,
		}},
		"NUL in a value": {`{"filters": [{"key": "k", "operator": "=", "values": ["a", "b\u0000c"]}]}`, []string{
			`filters[0].values[1]: "b\x00c" contains a NUL character, which no text in PostgreSQL can: remove it`}},
		"NUL in a name": {`{"groupBy": ["\u0000"], "legend": "\u0000"}`, []string{`groupBy[0]: "\x00" contains a NUL`, `legend: "\x00" contains a NUL`}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Decode([]byte(test.raw))
			got := problems(t, err)
			require.Len(t, got, len(test.want), "%q", got)
			for i, want := range test.want {
				assert.True(t, strings.HasPrefix(got[i], want), "%q does not begin with %q", got[i], want)
				assert.Less(t, len(got[i]), 1000)
			}
		})
	}
}

func TestADocumentThatIsNoQueryGivesAShortError(t *testing.T) {
	t.Parallel()
	foreign := map[string]any{}
	for i := range 2000 {
		foreign[fmt.Sprintf("field%d", i)] = i
	}
	raw, err := json.Marshal(foreign)
	require.NoError(t, err)
	_, err = Decode(raw)
	assert.Len(t, problems(t, err), maxReported)

	many := make(Errors, 25)
	for i := range many {
		many[i] = &Error{Field: "f", Message: message.Verbatim("m")}
	}
	assert.Equal(t, strings.Repeat("f: m\n", maxReported)+"and 15 more", many.Error())
}

func TestQuotedTextIsShortAndWhole(t *testing.T) {
	t.Parallel()
	assert.Equal(t, `"a\"b"`, quote(`a"b`))
	long := quote(strings.Repeat("é", 1000))
	assert.Less(t, len(long), 80)
	assert.True(t, utf8.ValidString(long))
	assert.NotContains(t, long, `\x`)
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(everyField))
	f.Add([]byte(`{"filters":[{"values":["\u0000"]}],"top":{},"version":1}`))
	f.Add([]byte(`{"version":2}`))
	f.Add([]byte(`[null]`))
	cat := shop(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		q, err := Decode(raw)
		if err != nil {
			require.NotEmpty(t, problems(t, err))
			require.True(t, utf8.ValidString(err.Error()))
			require.Less(t, len(err.Error()), 100_000)
			return
		}
		written, err := json.Marshal(q)
		require.NoError(t, err)
		again, err := Decode(written)
		require.NoError(t, err, "what was decoded can be saved and decoded again")
		rewritten, err := json.Marshal(again)
		require.NoError(t, err)
		require.JSONEq(t, string(written), string(rewritten))

		request, err := q.Validate(cat, anHour(t))
		if err != nil {
			require.NotEmpty(t, problems(t, err))
			return
		}
		require.LessOrEqual(t, request.Grid.Len(), request.Limits.MaxCells)
		if request.Type == TypeMetric {
			require.Len(t, request.Views, len(request.Metrics))
		} else {
			require.NotNil(t, request.Table)
		}
	})
}
