package plugin_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type previewed struct {
	Problems []struct {
		Path    string
		Message told
	}
	From, StepMS int64
	Metrics      []struct {
		Name, Type, Shows, Unit string
		Error                   told
		Value                   *float64
		Digits                  string
		Decimals                *int
		Sparkline               []*float64
	}
	Annotations []struct {
		Name         string
		Error        told
		Days, Events int
		More         bool
		Latest       []struct {
			Time        int64
			End         *int64
			Running     bool
			Title, Text *string
		}
	}
}

func (s *source) preview(t testing.TB, catalogJSON, metrics string) previewed {
	t.Helper()
	body := `{"catalog": ` + catalogJSON
	if metrics != "" {
		body += `, "metrics": ` + metrics
	}
	status, answer := s.resource(t, http.MethodPost, "preview", body+"}")
	require.Equal(t, http.StatusOK, status, answer)
	var shown previewed
	require.NoError(t, json.Unmarshal([]byte(answer), &shown))
	return shown
}

// draft declares every type of metric on the store that nobody has described.
const draft = `{
  "version": 1, "timezone": "America/Sao_Paulo",
  "tables": {"orders": {"relation": "orders", "time": "created_at"}},
  "metrics": {
    "created": {"type": "counter", "table": "orders", "help": "Orders"},
    "revenue": {"type": "counter", "table": "orders", "sum": "total_cents / 100.0", "unit": "currencyBRL", "decimals": 2, "help": "Revenue"},
    "ticket": {"type": "ratio", "numerator": "revenue", "denominator": "created", "help": "Ticket"},
    "open": {"type": "gauge", "table": "orders", "opened": "created_at", "closed": "closed_at", "help": "Open"},
    "states": {"type": "distinct", "table": "orders", "column": "status", "help": "States"},
    "sizes": {"type": "histogram", "table": "orders", "observe": "total_cents / 100.0", "help": "Sizes"},
    "tail": {"type": "summary", "table": "orders", "observe": "total_cents / 100.0", "quantiles": [0.5, 0.99], "help": "Sizes"},
    "broken": {"type": "counter", "table": "orders", "sum": "totl_cents", "help": "Misspelt"},
    "slow": {"type": "counter", "table": "orders", "where": "(SELECT pg_sleep(60) IS NOT NULL)", "help": "Takes a minute"}
  }
}`

func TestMetricsOfADraftArePreviewed(t *testing.T) {
	t.Parallel()
	s := undescribedSource(t)
	shown := s.preview(t, draft, `["created", "revenue", "ticket", "open", "states", "sizes", "tail", "broken", "reveneu"]`)
	assert.Empty(t, shown.Problems)
	assert.Equal(t, time.Hour.Milliseconds(), shown.StepMS)
	assert.Zero(t, time.UnixMilli(shown.From).UTC().Minute())
	require.Len(t, shown.Metrics, 9)

	// Of the orders, one an hour, 24 are of the last 24 hours; their cents are
	// 101 times 1 to 24.
	const cents = 101 * 24 * 25 / 2
	want := map[string]float64{"created": 24, "revenue": cents / 100.0, "ticket": cents / 100.0 / 24, "open": 3, "states": 2}
	shows := map[string]string{"created": "sum", "revenue": "sum", "ticket": "ratio", "open": "last", "states": "distinct", "sizes": "median", "tail": "median"}
	for _, m := range shown.Metrics[:7] {
		require.Empty(t, m.Error, m.Name)
		require.NotNil(t, m.Value, m.Name)
		require.Len(t, m.Sparkline, 24, m.Name)
		assert.Equal(t, shows[m.Name], m.Shows)
		if x, ok := want[m.Name]; ok {
			assert.InEpsilon(t, x, *m.Value, 1e-9, m.Name)
		} else {
			assert.InEpsilon(t, 12.12, *m.Value, 0.05, m.Name)
		}
	}
	sum := 0.0
	for _, x := range shown.Metrics[0].Sparkline {
		require.NotNil(t, x)
		sum += *x
	}
	assert.InDelta(t, 24, sum, 1, "an order of the hour in which the 24 began may be outside")
	assert.Equal(t, "currencyBRL", shown.Metrics[1].Unit)
	assert.Equal(t, 2, *shown.Metrics[1].Decimals)

	assert.Contains(t, shown.Metrics[7].Error.String(), "metrics.broken.sum")
	assert.Contains(t, shown.Metrics[7].Error.String(), "total_cents")
	assert.Nil(t, shown.Metrics[7].Value)
	assert.Contains(t, shown.Metrics[8].Error.String(), `did you mean "revenue"?`)
}

func TestAPreviewOfADraftIsBoundedInTimeAndNumber(t *testing.T) {
	t.Parallel()
	s := undescribedSource(t)
	began := time.Now()
	shown := s.preview(t, draft, `["slow"]`)
	assert.Less(t, time.Since(began), 15*time.Second)
	require.Len(t, shown.Metrics, 1)
	assert.Contains(t, shown.Metrics[0].Error.String(), "did not finish within its time")

	status, answer := s.resource(t, http.MethodPost, "preview", fmt.Sprintf(`{"catalog": %s, "metrics": ["created"%s]}`, draft, strings.Repeat(`, "created"`, 50)))
	assert.Equal(t, http.StatusBadRequest, status)
	assert.Contains(t, answer, "at most 50")
}

func TestADraftWithProblemsIsAnsweredWithTheirPaths(t *testing.T) {
	t.Parallel()
	s := undescribedSource(t)
	shown := s.preview(t, `{"version": 1, "timezone": "UTC", "tables": {"orders": {"relation": "orders", "tme": "created_at"}}, "metrics": {"n": {"type": "counter", "table": "order", "help": "N"}}}`, "")
	assert.Empty(t, shown.Metrics)
	require.Len(t, shown.Problems, 2)
	assert.Equal(t, "metrics.n.table", shown.Problems[0].Path)
	assert.Contains(t, shown.Problems[0].Message.String(), `did you mean "orders"?`)
	assert.Equal(t, "tables.orders.tme", shown.Problems[1].Path)

	shown = s.preview(t, `{}`, "")
	require.Len(t, shown.Problems, 1)
	assert.Empty(t, shown.Problems[0].Path)
}

func TestAPreviewLeavesTheDataSourcesOwnCatalogAlone(t *testing.T) {
	t.Parallel()
	s := undescribedSource(t)
	s.json["catalog"] = json.RawMessage(`{"version": 1, "timezone": "UTC", "tables": {"orders": {"relation": "orders", "time": "created_at"}},
		"metrics": {"created": {"type": "counter", "table": "orders", "where": "id = 1", "help": "One"}}}`)
	shown := s.preview(t, draft, `["created"]`)
	require.NotNil(t, shown.Metrics[0].Value)
	assert.InDelta(t, 24, *shown.Metrics[0].Value, 0)
	now := time.Now()
	response := s.query(t, asked{refID: "A", json: `{"metrics": ["created"], "step": "range"}`, from: now.Add(-24 * time.Hour), to: now})["A"]
	require.NoError(t, response.Error)
	assert.Equal(t, []string{"created: 1"}, text(t, response))
}

// Beyond 2^53 float64 does not tell whole numbers apart.
func TestAPreviewHasAllDigitsOfItsNumber(t *testing.T) {
	t.Parallel()
	s := undescribedSource(t)
	shown := s.preview(t, `{"version": 1, "timezone": "UTC", "tables": {"orders": {"relation": "orders", "time": "created_at"}}, "metrics": {
		"whole": {"type": "counter", "table": "orders", "sum": "9007199254740993", "where": "id = 1", "help": "Beyond 2^53"},
		"cents": {"type": "counter", "table": "orders", "sum": "12345678901234567890.12", "where": "id = 1", "help": "Beyond 2^63"},
		"float": {"type": "counter", "table": "orders", "sum": "0.5::float8", "where": "id = 1", "help": "As the column has it"},
		"third": {"type": "ratio", "numerator": "whole", "denominator": "cents", "help": "A quotient"}}}`, `["whole", "cents", "float", "third"]`)
	assert.Equal(t, "9007199254740993", shown.Metrics[0].Digits)
	assert.Equal(t, "12345678901234567890.12", shown.Metrics[1].Digits)
	for _, inexact := range shown.Metrics[2:] {
		assert.Empty(t, inexact.Digits, inexact.Name)
		assert.NotNil(t, inexact.Value, inexact.Name)
	}
}

func TestAnnotationsOfADraftArePreviewed(t *testing.T) {
	t.Parallel()
	s := undescribedSource(t)
	s.json["maxRangeDays"] = 2
	shown := s.preview(t, `{"version": 1, "timezone": "UTC", "tables": {"orders": {"relation": "orders", "time": "created_at"}},
		"metrics": {"created": {"type": "counter", "table": "orders", "help": "Orders"}},
		"annotations": {
			"orders": {"table": "orders", "title": "'Order ' || id", "text": "status", "help": "Each order"},
			"spans": {"table": "orders", "end": "closed_at", "title": "id::text", "where": "id IN (3, 4)", "help": "Until they closed"},
			"broken": {"table": "orders", "title": "'Order ' || idd", "help": "Misspelt"}}}`,
		`[], "annotations": ["orders", "spans", "broken", "ordres"]`)
	assert.Empty(t, shown.Metrics)
	require.Len(t, shown.Annotations, 4)

	orders := shown.Annotations[0]
	assert.Empty(t, orders.Error)
	assert.Equal(t, 2, orders.Days, "no more than a query may ask for")
	assert.Equal(t, 48, orders.Events, "one an hour")
	assert.False(t, orders.More)
	require.Len(t, orders.Latest, 3)
	assert.Equal(t, "Order 1", *orders.Latest[0].Title, "the latest first")
	assert.Equal(t, "done", *orders.Latest[0].Text)
	assert.Greater(t, orders.Latest[0].Time, orders.Latest[1].Time)
	assert.Nil(t, orders.Latest[0].End)

	spans := shown.Annotations[1]
	require.Len(t, spans.Latest, 2)
	assert.True(t, spans.Latest[0].Running)
	assert.Nil(t, spans.Latest[0].End)
	require.NotNil(t, spans.Latest[1].End)
	assert.Greater(t, *spans.Latest[1].End, spans.Latest[1].Time)
	assert.Nil(t, spans.Latest[1].Text)

	assert.Contains(t, shown.Annotations[2].Error.String(), "annotations.broken.title")
	assert.Empty(t, shown.Annotations[2].Latest)
	assert.Contains(t, shown.Annotations[3].Error.String(), `did you mean "orders"?`)
}
