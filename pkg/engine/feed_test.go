package engine

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/message"
	"github.com/pullview/orders-datasource/pkg/query"
)

const feedsCatalog = `{"version": 1, "timezone": "UTC", "tables": {
  "logged": {"relation": "logged", "time": "at", "changes": {"mode": "log"}},
  "updated": {"relation": "updated", "time": "at", "changes": {"mode": "updated_at", "column": "written"}},
  "events": {"relation": "events", "time": "at", "changes": {"mode": "append_only", "lateness": "1h"}},
  "plain": {"relation": "plain", "time": "at"}},
 "metrics": {
  "l": {"type": "counter", "table": "logged", "help": "Rows"},
  "u": {"type": "counter", "table": "updated", "help": "Rows"},
  "writes": {"type": "counter", "table": "updated", "time": "written", "help": "Rows"},
  "unwritten": {"type": "gauge", "table": "updated", "opened": "at", "closed": "written", "help": "Rows"},
  "e": {"type": "counter", "table": "events", "help": "Rows"},
  "p": {"type": "counter", "table": "plain", "help": "Rows"},
  "share": {"type": "ratio", "numerator": "u", "denominator": "e", "help": "Share"}}}`

func TestAnAnswerFromMemoryIsWorthWhatTheWeakestFeedIs(t *testing.T) {
	t.Parallel()
	declared, err := catalog.Parse([]byte(feedsCatalog))
	require.NoError(t, err)
	const updated = "Changes of table updated are found by its column written: numbers are right unless rows are deleted or their event time moves"
	const appended = "Table events is declared to be appended to only: numbers are right unless rows are changed, deleted or committed more than 1h after their event time"
	for _, c := range []struct {
		metrics   []string
		keepable  bool
		guarantee string
		provisos  []string
	}{
		{[]string{"l"}, true, GuaranteeExact, nil},
		{[]string{"u"}, true, GuaranteeUpdatedAt, []string{updated}},
		{[]string{"e", "l", "e"}, true, GuaranteeAppendOnly, []string{appended}},
		{[]string{"share"}, true, GuaranteeAppendOnly + "; " + GuaranteeUpdatedAt, []string{updated, appended}},
		{[]string{"p"}, false, "", nil},
		{[]string{"l", "p"}, false, "", nil},
		{[]string{"writes"}, false, "", nil},
		{[]string{"unwritten"}, false, "", nil},
	} {
		req := &query.Request{Type: query.TypeMetric, Catalog: declared}
		for _, name := range c.metrics {
			req.Metrics = append(req.Metrics, declared.Metrics[name])
		}
		assert.Equal(t, c.keepable, keepable(req), c.metrics)
		if c.keepable {
			guarantee, provisos := guaranteed(req)
			assert.Equal(t, c.guarantee, guarantee, c.metrics)
			assert.Equal(t, strings.Join(c.provisos, "; "), message.Join(provisos, "; ").String(), c.metrics)
		}
	}
}
