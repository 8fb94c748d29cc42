package query_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/query"
)

func TestRequestsHaveTheSameKeyExactlyWhereTheyAskTheSame(t *testing.T) {
	t.Parallel()
	cat, err := catalog.Parse([]byte(`{"version": 1, "timezone": "UTC",
		"tables": {"orders": {"relation": "orders", "time": "at", "dimensions": {"a": {"column": "a"}, "ab": {"column": "ab"}, "b": {"column": "b"}}}},
		"metrics": {
			"orders": {"type": "counter", "table": "orders", "help": "Orders"},
			"value": {"type": "histogram", "table": "orders", "observe": "total", "help": "Value"}}}`))
	require.NoError(t, err)
	from := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	key := func(t *testing.T, text string, from, to time.Time, alert bool) string {
		q, err := query.Decode([]byte(text))
		require.NoError(t, err)
		q.RefID = "A"
		req, err := q.Validate(cat, query.Environment{From: from, To: to, FromAlert: alert})
		require.NoError(t, err)
		return req.Key()
	}
	to := from.Add(time.Hour)
	const counter = `{"metrics": ["orders"], "step": "1m"}`
	assert.Equal(t, key(t, counter, from, to, false), key(t, counter, from.Add(30*time.Second), to.Add(-time.Millisecond), false), "the same buckets")
	assert.NotEqual(t, key(t, counter, from, to, false), key(t, counter, from, to.Add(time.Millisecond), false), "one bucket more")
	assert.NotEqual(t, key(t, counter, from, to, false), key(t, counter, from, to, true), "an alert rule gets no links")
	const one = `{"metrics": ["orders"], "step": "range"}`
	assert.NotEqual(t, key(t, one, from, to, false), key(t, one, from.Add(time.Millisecond), to, false), "exactly the range")

	seen := map[string]string{}
	for _, text := range []string{
		counter, one,
		`{"metrics": ["orders"], "step": "10m"}`,
		`{"metrics": ["orders"], "step": "1d"}`,
		`{"metrics": ["orders"], "step": "1h"}`,
		`{"metrics": ["orders", "value"], "step": "1m"}`,
		`{"metrics": ["orders"], "step": "1m", "view": "rate"}`,
		`{"metrics": ["orders"], "step": "1m", "groupBy": ["a"]}`,
		`{"metrics": ["orders"], "step": "1m", "groupBy": ["a", "b"]}`,
		`{"metrics": ["orders"], "step": "1m", "groupBy": ["ab"]}`,
		`{"metrics": ["orders"], "step": "1m", "filters": [{"key": "a", "operator": "=", "values": ["b"]}]}`,
		`{"metrics": ["orders"], "step": "1m", "filters": [{"key": "a", "operator": "!=", "values": ["b"]}]}`,
		`{"metrics": ["orders"], "step": "1m", "filters": [{"key": "a", "operator": "in", "values": ["b", "c"]}]}`,
		`{"metrics": ["orders"], "step": "1m", "filters": [{"key": "a", "operator": "in", "values": ["bc"]}]}`,
		`{"metrics": ["orders"], "step": "1m", "filters": [{"key": "a", "operator": "in", "values": ["b;1:c"]}]}`,
		`{"metrics": ["orders"], "step": "1m", "groupBy": ["a"], "top": {"limit": 5}}`,
		`{"metrics": ["orders"], "step": "1m", "groupBy": ["a"], "top": {"limit": 5, "others": true}}`,
		`{"metrics": ["orders"], "step": "1m", "compare": ["1d"]}`,
		`{"metrics": ["orders"], "step": "1m", "compare": ["1d", "1w"]}`,
		`{"metrics": ["orders"], "step": "1m", "partial": "drop"}`,
		`{"metrics": ["orders"], "step": "1m", "format": "table"}`,
		`{"metrics": ["orders"], "step": "1m", "legend": "{{a}}"}`,
		`{"metrics": ["value"], "step": "1m"}`,
		`{"metrics": ["value"], "step": "1m", "quantiles": [0.5]}`,
		`{"metrics": ["value"], "step": "1m", "quantiles": [0.5], "exact": true}`,
		`{"metrics": ["value"], "step": "1m", "view": "heatmap"}`,
	} {
		k := key(t, text, from, to, false)
		assert.Empty(t, seen[k], "%s has the key of another", text)
		seen[k] = text
	}
}
