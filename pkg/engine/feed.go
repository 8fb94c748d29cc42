package engine

import (
	"slices"
	"strings"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/message"
	"github.com/pullview/orders-datasource/pkg/query"
)

// What answers from memory are worth where a table's change feed is not a log.
const (
	GuaranteeUpdatedAt  = "updated_at: exact unless rows are deleted or their event time moves"
	GuaranteeAppendOnly = "append_only: exact unless rows are changed, deleted or late"
)

// fed reports whether a table has a change feed that tells of the rows that a
// metric counts. A metric by the column that every update sets would see rows
// move in time with each.
func fed(t *catalog.Table, m *catalog.Metric) bool {
	switch t.Changes.Mode {
	case catalog.ChangesLog, catalog.ChangesAppendOnly:
		return true
	case catalog.ChangesUpdatedAt:
		return !slices.Contains([]string{m.Time, m.Opened, m.Closed}, t.Changes.Column)
	}
	return false
}

// guaranteed tells what an answer from memory is worth, and in words what that
// relies on beyond the word of the store.
func guaranteed(req *query.Request) (guarantee string, provisos []message.Message) {
	var weaker []string
	var tables []*catalog.Table
	for _, m := range req.Metrics {
		for _, t := range req.Catalog.TablesOf(m) {
			if slices.Contains(tables, t) {
				continue
			}
			tables = append(tables, t)
			var worth string
			switch t.Changes.Mode {
			case catalog.ChangesUpdatedAt:
				worth = GuaranteeUpdatedAt
				provisos = append(provisos, message.New("Changes of table %s are found by its column %s: numbers are right unless rows are deleted or their event time moves", t.Name, t.Changes.Column))
			case catalog.ChangesAppendOnly:
				worth = GuaranteeAppendOnly
				provisos = append(provisos, message.New("Table %s is declared to be appended to only: numbers are right unless rows are changed, deleted or committed %s", t.Name, late(t.Changes.Lateness)))
			default:
				continue
			}
			if !slices.Contains(weaker, worth) {
				weaker = append(weaker, worth)
			}
		}
	}
	if len(weaker) == 0 {
		return GuaranteeExact, nil
	}
	slices.Sort(weaker)
	return strings.Join(weaker, "; "), provisos
}

func late(lateness catalog.Duration) message.Message {
	if lateness == 0 {
		return message.New("after their event time")
	}
	return message.New("more than %s after their event time", lateness)
}
