package frames_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/frames"
	"github.com/pullview/orders-datasource/pkg/query"
)

var grafana = frames.Source{UID: "uid", Name: "Orders"}

// shown is an answer over a table whose rows may be shown.
func shown(step query.Step, labels ...string) *query.Answer {
	table := *orders
	table.Records = []string{"id"}
	answer := answerTo(step, 2, func(r *query.Request) {
		r.Catalog = &catalog.Catalog{Tables: map[string]*catalog.Table{"orders": &table}, Metrics: shop.Metrics}
	})
	if step.IsRange() {
		answer = answerTo(step, 1, func(r *query.Request) { *r = *answer.Request })
	}
	for _, label := range labels {
		values := ints(1, 2)
		if step.IsRange() {
			values = ints(1)
		}
		answer.Series = append(answer.Series, series(invoiced, catalog.ViewPerBucket, values, "channel", label))
	}
	return answer
}

func TestALabelInWhichGrafanaSeesAVariableHasNoLink(t *testing.T) {
	t.Parallel()
	for label, linked := range map[string]bool{
		"web": true, "US$": true, "$ 5": true, "[a]": true, "{a}": true, "(null)": true, "a]]": true,
		"US$5": false, "$region": false, "${region}": false, "${__from}": false, "[[region]]": false, "x[[region:csv]]": false,
	} {
		made, err := grafana.Frames(shown(minute, label))
		require.NoError(t, err)
		links := made[0].Fields[1].Config.Links
		assert.Equal(t, linked, len(links) == 1, label)
	}
}

func TestTheOthersOfGroupsInWhichGrafanaSeesAVariableHaveNoLink(t *testing.T) {
	t.Parallel()
	made, err := grafana.Frames(shown(minute, "US$5", "(others)"))
	require.NoError(t, err)
	assert.Empty(t, made[0].Fields[2].Config.Links)
	made, err = grafana.Frames(shown(minute, "web", "(others)"))
	require.NoError(t, err)
	assert.Len(t, made[0].Fields[2].Config.Links, 1)
}

func TestFramesWithoutASourceHaveNoLinks(t *testing.T) {
	t.Parallel()
	made, err := frames.Frames(shown(minute, "web"))
	require.NoError(t, err)
	assert.Nil(t, made[0].Fields[1].Config.Links)
}

func TestATableLinksToTheLabelsOfTheRowThatWasClicked(t *testing.T) {
	t.Parallel()
	answer := shown(minute, "web", "(others)")
	answer.Request.Format = query.FormatTable
	made, err := grafana.Frames(answer)
	require.NoError(t, err)
	internal := made[0].Fields[2].Config.Links[0].Internal
	assert.Equal(t, "uid", internal.DatasourceUID)
	drill := internal.Query.(*query.Query)
	assert.Equal(t, []query.Filter{{Key: "channel", Operator: query.Eq, Values: []string{`${__data.fields["channel"].text}`}}}, drill.Filters)
	assert.Equal(t, []map[string]string{{"channel": "web"}}, drill.Kept)
	from, to := int(answer.Grid.Start(0).UnixMilli()), int(answer.Grid.End(1).UnixMilli())
	assert.Equal(t, &query.Bucket{At: "${__value.time}", Step: "1m", From: &from, To: &to}, drill.Bucket)
}

func TestARowLinksToItsPageByValuesThatAreNotRounded(t *testing.T) {
	t.Parallel()
	id, total, at, paid, ratio := query.NewDecimal(7, 0), query.NewDecimal(7205759403792793601, 0), time.Unix(0, 0).UTC(), true, 0.5
	text := "a"
	answer := answerTo(whole, 1, func(r *query.Request) {
		asRecord(r)
		r.Table = &catalog.Table{Name: "orders", Link: "/o/{id}/{a b}/{big}/{at}/{paid}?{ratio}&{x:y}#{a}"}
	})
	answer.Records = &query.Records{Columns: []query.RecordColumn{
		{Name: "id", Decimals: []*query.Decimal{&id}}, {Name: "a b", Texts: []*string{&text}}, {Name: "big", Decimals: []*query.Decimal{&total}},
		{Name: "at", Times: []*time.Time{&at}}, {Name: "paid", Bools: []*bool{&paid}}, {Name: "ratio", Floats: []*float64{&ratio}},
		{Name: "x:y", Texts: []*string{&text}}, {Name: "a", Texts: []*string{&text}},
	}}
	made, err := frames.Frames(answer)
	require.NoError(t, err)
	assert.Equal(t, `/o/${__data.fields["id"].numeric:percentencode}/${__data.fields["a b"].text:percentencode}/${__data.fields["big"].text:percentencode}`+
		`/${__data.fields["at"].numeric:percentencode}/${__data.fields["paid"].text:percentencode}?${__data.fields["ratio"].numeric:percentencode}`+
		`&${__data.fields[6].text:percentencode}#${__data.fields["a"].text:percentencode}`, made[0].Fields[0].Config.Links[0].URL)
	for _, field := range made[0].Fields[1:] {
		assert.True(t, field.Config == nil || field.Config.Links == nil)
	}
}
