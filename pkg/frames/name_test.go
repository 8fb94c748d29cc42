package frames_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/frames"
	"github.com/pullview/orders-datasource/pkg/query"
)

func TestDisplayNamesSayWhatTellsSeriesApart(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		about, legend string
		labels        []string
		others        bool // another metric is in the answer
		want          string
	}{
		{about: "no labels", want: ""},
		{about: "a dimension", labels: []string{"channel", "web"}, want: "web"},
		{about: "two dimensions", labels: []string{"channel", "web", "region", "SP"}, want: "web, SP"},
		{about: "a dimension among several metrics", labels: []string{"channel", "web"}, others: true, want: "Revenue, web"},
		{about: "a comparison alone", labels: []string{"compare", "1w"}, want: "Revenue, -1w"},
		{about: "a dimension compared", labels: []string{"channel", "web", "compare", "1w"}, want: "web, -1w"},
		{about: "the others of two dimensions", labels: []string{"channel", "(others)", "region", "(others)", "compare", "1w"}, want: "(others), -1w"},
		{about: "the running bucket", labels: []string{"channel", "web", "partial", "running"}, want: "web, running"},
		{about: "a quantile", labels: []string{"quantile", "0.95"}, want: "p95"},
		{about: "a finer quantile", labels: []string{"quantile", "0.999"}, want: "p99.9"},
		{about: "a coarser quantile", labels: []string{"quantile", "0.5"}, want: "p50"},
		{about: "a pattern", legend: "{{metric}} / {{ channel }} / {{help}}", labels: []string{"channel", "web"},
			want: "Revenue / web / Value of the orders invoiced"},
		{about: "a pattern without that label", legend: "{{metric}} {{compare}}", labels: []string{"channel", "web"}, want: "Revenue"},
		{about: "a pattern of which nothing is left", legend: "{{compare}}", labels: []string{"channel", "web"}, want: "web"},
		{about: "a pattern with open braces", legend: "{{channel}} {{metric", labels: []string{"channel", "web"}, want: "web {{metric"},
		{about: "a label value that looks like a pattern", legend: "{{channel}}", labels: []string{"channel", "{{help}}"}, want: "{{help}}"},
	} {
		t.Run(test.about, func(t *testing.T) {
			t.Parallel()
			answer := answerTo(minute, 1, func(r *query.Request) { r.Legend = test.legend })
			answer.Series = []query.Series{series(revenue, catalog.ViewPerBucket, cents(1), test.labels...)}
			if test.others {
				answer.Series = append(answer.Series, series(invoiced, catalog.ViewPerBucket, ints(1)))
			}
			made, err := frames.Frames(answer)
			require.NoError(t, err)
			assert.Equal(t, test.want, made[0].Fields[1].Config.DisplayNameFromDS)
		})
	}
}

// Grafana would number the first of them: Revenue 1.
func TestTheSeriesThatIsComparedHasItsOwnName(t *testing.T) {
	t.Parallel()
	answer := answerTo(minute, 1, nil)
	answer.Series = []query.Series{
		series(revenue, catalog.ViewPerBucket, cents(1)),
		series(revenue, catalog.ViewPerBucket, cents(2), "compare", "1w"),
	}
	made, err := frames.Frames(answer)
	require.NoError(t, err)
	assert.Equal(t, "Revenue", made[0].Fields[1].Config.DisplayNameFromDS)
	assert.Equal(t, "Revenue, -1w", made[0].Fields[2].Config.DisplayNameFromDS)
}

func TestMetricsThatShareALabelAreNamedByTheirCatalogName(t *testing.T) {
	t.Parallel()
	other := &catalog.Metric{Name: "refunds", Type: catalog.Counter, Table: "orders", Label: "Revenue", Help: "Refunds"}
	answer := answerTo(whole, 1, asTable)
	answer.Series = []query.Series{
		series(revenue, catalog.ViewPerBucket, cents(1), "channel", "web"),
		series(other, catalog.ViewPerBucket, cents(2), "channel", "web"),
	}
	made, err := frames.Frames(answer)
	require.NoError(t, err)
	assert.Equal(t, "revenue", made[0].Fields[1].Name)
	assert.Equal(t, "refunds", made[0].Fields[2].Name)
}
