package engine

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/pullview/orders-datasource/pkg/query"
)

func TestAStripForgetsToTheEndOfTime(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	for about, test := range map[string]struct{ from, to time.Time }{
		"all":                         {time.Date(-4713, 11, 24, 0, 0, 0, 0, time.UTC), time.Date(294_277, 1, 1, 0, 0, 0, 0, time.UTC)},
		"what is new":                 {noon, time.Date(294_277, 1, 1, 0, 0, 0, 0, time.UTC)},
		"what is old":                 {time.Date(-4713, 11, 24, 0, 0, 0, 0, time.UTC), noon.Add(time.Hour)},
		"up to the year 292 or so":    {noon, noon.Add(1<<63 - 1)},
		"from where no hour is whole": {noon.Add(time.Second), noon.Add(time.Hour - time.Second)},
	} {
		t.Run(about, func(t *testing.T) {
			t.Parallel()
			s := newStrip("", &query.Scan{}, query.Measure{}, time.Minute, query.Origin(time.UTC))
			first := s.floor(noon)
			hour := bucketRange{first, first + 60}
			s.put(hour, &query.Cells{Columns: []query.Column{{}}}, 0, 0, 1, func(int) bool { return true })
			assert.Empty(t, s.missing(hour))
			s.forget(bucketRange{s.floor(test.from), s.ceil(test.to)})
			assert.Equal(t, []bucketRange{hour}, s.missing(hour))
			assert.Zero(t, s.bytes)
		})
	}
}
