package engine

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/pkg/query"
)

// Of what somebody changes behind the back of the change log, an audit finds one
// number sooner or later. From then on answers are right again.
func TestAnAuditFindsWhatTheChangeLogDidNotTell(t *testing.T) {
	t.Parallel()
	for name, behind := range map[string]time.Duration{
		"in a kept minute": time.Hour,
		"in the milliseconds of the minute in which the range ends": 40 * time.Second,
	} {
		for _, groupBy := range [][]string{nil, {"shop"}} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				k := keepOrders(t, 1<<24, 5)
				k.kept.keeper.audits, k.kept.keeper.between, k.kept.keeper.share = true, 0, 0
				q := query.Query{Metrics: []string{"revenue", "orders", "open"}, Step: "range", GroupBy: groupBy}
				for range 20 {
					k.ask(q, 62*time.Minute, 30*time.Second)
				}
				require.Positive(t, k.kept.Kept().Audits)
				require.Zero(t, k.kept.Kept().Mismatches)

				i := slices.IndexFunc(k.store.rows, func(r memoryRow) bool { return r.paid && !r.at.After(k.store.now.Add(-behind)) })
				k.store.rows[i].amount += 1000
				for asked := 0; k.kept.Kept().Mismatches == 0; asked++ {
					require.Less(t, asked, 10_000)
					req := k.request(q, 62*time.Minute, 30*time.Second)
					_, err := k.kept.Answer(t.Context(), req, query.Caller{})
					require.NoError(t, err)
				}
				assert.Equal(t, int64(1), k.kept.Kept().Flushes)
				k.ask(q, 62*time.Minute, 30*time.Second)
			})
		}
	}
}
