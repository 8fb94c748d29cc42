package engine

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/query"
)

func TestGroupsThatDifferOnlyInWhereTheyAreCutAreDifferent(t *testing.T) {
	t.Parallel()
	g := newGroups([]string{"a", "b"})
	tuples := []query.Group{
		{{Text: "x"}, {Text: "y;z"}}, {{Text: "x;y"}, {Text: "z"}},
		{{Null: true}, {Text: ""}}, {{Text: ""}, {Null: true}}, {{Text: "-;"}, {Text: ""}},
	}
	for i, tuple := range tuples {
		assert.Equal(t, int32(i), g.add(tuple))
	}
	for i, tuple := range tuples {
		assert.Equal(t, int32(i), g.add(tuple), "a group keeps its number")
	}
}

func TestRankingPutsTiesInLabelOrderAndUnknownLast(t *testing.T) {
	t.Parallel()
	g := newGroups([]string{"region"})
	for _, name := range []string{"SP", "RJ", "BA", "PE"} {
		g.add(query.Group{{Text: name}})
	}
	g.add(query.Group{{Null: true}})
	b := &block{slots: 5, buckets: 1, num: query.NewColumn(query.KindInt, 5)}
	b.num.Ints = []int64{3, 7, 3, 0, 7}
	b.num.SetNull(3)
	order := g.rank(b, &query.Request{}, &catalog.Metric{Type: catalog.Counter}, catalog.ViewPerBucket)
	assert.Equal(t, []int32{1, 4, 2, 0, 3}, order, "RJ, (null), BA, SP, PE")
}

func TestArrangeSharesOneSlotAmongTheOthers(t *testing.T) {
	t.Parallel()
	order := []int32{2, 0, 1, 3}
	for name, c := range map[string]struct {
		top    *query.Top
		slot   []int32
		slots  int
		others bool
	}{
		"all":                        {nil, []int32{1, 2, 0, 3}, 4, false},
		"two":                        {&query.Top{Limit: 2}, []int32{1, -1, 0, -1}, 2, false},
		"two and the others":         {&query.Top{Limit: 2, Others: true}, []int32{1, 2, 0, 2}, 3, true},
		"more than there are groups": {&query.Top{Limit: 9, Others: true}, []int32{1, 2, 0, 3}, 4, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := arrange(order, c.top)
			assert.Equal(t, c.slot, a.slot)
			assert.Equal(t, c.slots, a.slots)
			assert.Equal(t, c.others, a.others)
		})
	}
}
