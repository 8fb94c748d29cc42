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

func TestRecordsShowEveryDecimalAndEveryInstant(t *testing.T) {
	t.Parallel()
	price, round, tiny := query.NewDecimal(6099, 2), query.NewDecimal(7, 0), query.NewDecimal(1, 200)
	never, now := time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC), time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	answer := answerTo(whole, 1, asRecord)
	answer.Records = &query.Records{Columns: []query.RecordColumn{
		{Name: "price", Decimals: []*query.Decimal{&round, &price}}, {Name: "id", Decimals: []*query.Decimal{&round, nil}},
		{Name: "until", Times: []*time.Time{&never, nil}}, {Name: "at", Times: []*time.Time{&now, nil}},
		{Name: "tiny", Decimals: []*query.Decimal{&tiny, nil}},
	}}
	made, err := frames.Frames(answer)
	require.NoError(t, err)
	fields := made[0].Fields
	assert.EqualValues(t, 2, *fields[0].Config.Decimals)
	assert.EqualValues(t, 0, *fields[1].Config.Decimals)
	assert.EqualValues(t, 20, *fields[4].Config.Decimals, "more than Grafana can write")
	assert.Equal(t, "9999-12-31T00:00:00Z", *fields[2].At(0).(*string))
	assert.Nil(t, fields[2].At(1).(*string))
	assert.Equal(t, now, *fields[3].At(0).(*time.Time))
}

func TestCellsBecomeFiltersWhereTheyAreLabels(t *testing.T) {
	t.Parallel()
	filterable := func(answer *query.Answer) (names []string) {
		made, err := frames.Frames(answer)
		require.NoError(t, err)
		for _, field := range made[0].Fields {
			if field.Config != nil && field.Config.Filterable != nil && *field.Config.Filterable {
				names = append(names, field.Name)
			}
		}
		return names
	}
	web, empty, odd := "web", "", "(null)"
	texts := func(name string, texts ...*string) query.RecordColumn {
		return query.RecordColumn{Name: name, Texts: texts}
	}
	one, now, half, yes := query.NewDecimal(1, 0), time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC), 0.5, true
	table := &catalog.Table{Name: "orders", Dimensions: map[string]*catalog.Dimension{
		"channel": {Column: "channel"}, "Region": {Column: `"Region"`}, "a\"b": {Column: `"a""b"`}, "state": {Column: "region"},
		"city": {Column: "upper(city)"}, "items": {Column: "items"}, "paid": {Column: "paid"}, "day": {Column: "day"}, "weight": {Column: "weight"},
	}}
	rows := answerTo(whole, 1, asRecord)
	rows.Request.Table = table
	ask := func(columns ...query.RecordColumn) []string {
		rows.Records = &query.Records{Columns: columns}
		return filterable(rows)
	}
	assert.Equal(t, []string{"channel", "Region", `a"b`, "items", "paid"}, ask(
		texts("channel", &web, nil), texts("Region", &web, nil), texts(`a"b`, &web, nil),
		texts("region", &web, nil), texts("state", &web, nil), texts("city", &web, nil),
		query.RecordColumn{Name: "items", Decimals: []*query.Decimal{&one, nil}},
		query.RecordColumn{Name: "paid", Bools: []*bool{&yes, nil}},
		query.RecordColumn{Name: "day", Times: []*time.Time{&now, nil}},
		query.RecordColumn{Name: "weight", Floats: []*float64{&half, nil}}))
	assert.Empty(t, ask(texts("channel", &web, &empty)), "null and the empty text look the same")
	assert.Empty(t, ask(texts("channel", &web, &odd)), "the text reads like null")

	groups := answerTo(whole, 1, asTable)
	groups.Request.Compare = []query.Offset{{}}
	groups.Series = []query.Series{series(invoiced, catalog.ViewPerBucket, ints(1), "channel", "web", "compare", "1w")}
	assert.Equal(t, []string{"channel"}, filterable(groups), "no filter is by a comparison")
	groups.Series = append(groups.Series, series(invoiced, catalog.ViewPerBucket, ints(1), "channel", ""))
	assert.Empty(t, filterable(groups))
}
