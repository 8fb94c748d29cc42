package frames_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

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
