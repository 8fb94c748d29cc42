package postgres

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/internal/embedpg"
	"github.com/pullview/orders-datasource/pkg/query"
)

func labels(values []query.Value) []string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = v.Label()
	}
	return texts
}

func groupLabels(groups []query.Group) []string {
	texts := make([]string, len(groups))
	for i, g := range groups {
		texts[i] = strings.Join(labels(g), " ")
	}
	slices.Sort(texts)
	return texts
}

func TestDeclaredValuesPassTheFiltersAsRowsWould(t *testing.T) {
	t.Parallel()
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		f := setUp(t, server, thingsSQL, thingsCatalog())
		look := f.look(t)
		table := f.catalog.Tables["things"]
		for _, c := range []struct {
			dimension string
			values    []string
			filter    []query.Filter
			want      []string
		}{
			{"d_text", []string{"web", "app", "(null)", `a"b\c{,}`}, nil, []string{"web", "app", `\(null)`, `a"b\c{,}`}},
			{"d_text", []string{"web", "app"}, []query.Filter{{Operator: query.Ne, Values: []string{"web"}}}, []string{"app"}},
			{"d_text", []string{"web", "app"}, []query.Filter{{Operator: query.Match, Values: []string{"w.*"}}}, []string{"web"}},
			{"d_text", []string{"web", "app"}, []query.Filter{{Operator: query.IsNull}}, []string{}},
			{"d_text", []string{"web", "app"}, []query.Filter{{Operator: query.IsNotNull}, {Operator: query.In, Values: []string{"app", "x"}}}, []string{"app"}},
			{"d_citext", []string{"Web", "APP"}, []query.Filter{{Operator: query.Eq, Values: []string{"wEB"}}}, []string{"web"}},
			{"d_enum", []string{"ok", "sad"}, []query.Filter{{Operator: query.Gt, Values: []string{"sad"}}}, []string{"ok"}},
			{"d_enum", []string{"ok", "sad"}, []query.Filter{{Operator: query.Ne, Values: []string{"unknown"}}}, []string{"ok", "sad"}},
			{"d_uuid", []string{"6F1E6C0A-52D3-4F0E-9D3B-0D6C3F1F7A11"}, nil, []string{"6f1e6c0a-52d3-4f0e-9d3b-0d6c3f1f7a11"}},
			{"d_boolean", []string{"t", "FALSE"}, nil, []string{"true", "false"}},
			{"d_integer", []string{"5", "40"}, []query.Filter{{Operator: query.Lt, Values: []string{"10"}}}, []string{"5"}},
			{"d_numeric", []string{"1.50", "2.000"}, nil, []string{"1.5", "2"}},
			{"d_date", []string{"2026-03-01"}, []query.Filter{{Operator: query.Ge, Values: []string{"2026-03-01"}}}, []string{"2026-03-01"}},
			{"d_expression", []string{"WEB", "APP"}, []query.Filter{{Operator: query.Eq, Values: []string{"WEB"}}}, []string{"WEB"}},
		} {
			for i := range c.filter {
				c.filter[i].Key = c.dimension
			}
			passing, err := look.Passing(t.Context(), table, c.dimension, c.values, c.filter)
			require.NoError(t, err, "%s %v", c.dimension, c.filter)
			assert.Equal(t, c.want, labels(passing), "%s %v", c.dimension, c.filter)
		}
		none, err := look.Passing(t.Context(), table, "d_text", nil, nil)
		require.NoError(t, err)
		require.Empty(t, none)
	})
}

func TestDeclaredValuesThatTheTypeRefusesAreTheCatalogs(t *testing.T) {
	t.Parallel()
	f := setUp(t, embedpg.Shared(t), thingsSQL, thingsCatalog())
	look := f.look(t)
	for dimension, value := range map[string]string{"d_integer": "many", "d_enum": "furious", "d_uuid": "1", "d_boolean": "maybe"} {
		_, err := look.Passing(t.Context(), f.catalog.Tables["things"], dimension, []string{value}, nil)
		e := requireKind(t, err, KindCatalog)
		assert.Contains(t, e.Message.String(), "tables.things.dimensions."+dimension+".values[0]")
		assert.Contains(t, e.Message.String(), value)
	}
}

func TestGroupsSeenInALookBackPassTheFilters(t *testing.T) {
	t.Parallel()
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		f := setUp(t, server, ordersSQL, ordersCatalog)
		look := f.look(t)
		from := instant(t, "2026-03-01T12:00:00Z")
		seen := func(dimensions []string, filters []query.Filter, to time.Time, limit int) []string {
			groups, err := look.Seen(t.Context(), f.catalog.Tables["orders"], "created_at", dimensions, filters, from, to, limit)
			require.NoError(t, err)
			return groupLabels(groups)
		}
		require.Equal(t, []string{"(null) SP", "app SP", "web SP"}, seen([]string{"channel", "region"}, nil, from.Add(time.Hour), 10))
		require.Equal(t, []string{"web"}, seen([]string{"channel"}, nil, from.Add(time.Minute), 10))
		require.Equal(t, []string{"(null)", "app"}, seen([]string{"channel"},
			[]query.Filter{{Key: "channel", Operator: query.Ne, Values: []string{"web"}}}, from.Add(time.Hour), 10))
		require.Len(t, seen([]string{"channel"}, nil, from.Add(time.Hour), 2), 2)
		require.Empty(t, seen(nil, nil, from.Add(time.Hour), 2))
	})
}

func TestExceptLeavesOutWholeGroups(t *testing.T) {
	t.Parallel()
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		f := setUp(t, server, thingsSQL, thingsCatalog())
		for _, dimension := range thingsDimensions {
			scan := thingsScan(f.catalog.Tables["things"], dimension)
			cells := f.scan(t, scan)
			require.Len(t, cells.Groups, 3)
			for i, left := range cells.Groups {
				scan.ExceptBy, scan.Except = []string{dimension}, slices.Delete(slices.Clone(cells.Groups), i, i+1)
				rest := f.scan(t, scan)
				require.Equal(t, groupLabels([]query.Group{left}), groupLabels(rest.Groups), dimension)
			}
		}
		scan := thingsScan(f.catalog.Tables["things"], "d_text")
		scan.GroupBy = nil
		scan.ExceptBy = []string{"d_text", "d_integer"}
		scan.Except = []query.Group{{{Text: "web"}, {Text: "-5"}}, {{Null: true}, {Null: true}}, {{Text: "web"}, {Null: true}}}
		require.Equal(t, map[string]string{"": "1"}, byCell(f.scan(t, scan)))
	})
}

func TestValuesCompleteAPrefix(t *testing.T) {
	t.Parallel()
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		f := setUp(t, server, `
			CREATE TABLE orders (created_at timestamptz, channel text, region text, total numeric);
			INSERT INTO orders SELECT '2026-03-01 12:00:00Z', c, c, 1 FROM unnest('{Web,web,wEb shop,app,100%,100x,a_b,axb,"back\\slash","(null)",NULL}'::text[]) AS c;
			INSERT INTO orders VALUES ('2025-01-01', 'old', 'old', 1);`, strings.ReplaceAll(ordersCatalog, `"id", `, ""))
		look := f.look(t)
		values := func(prefix string, limit int, from, to time.Time) (*ValueList, []string) {
			list, err := look.Values(t.Context(), &ValueScan{Table: f.catalog.Tables["orders"], Dimension: "channel", Prefix: prefix, Limit: limit, From: from, To: to})
			require.NoError(t, err)
			return list, labels(list.Values)
		}
		day := instant(t, "2026-03-01T00:00:00Z")
		list, texts := values("", 100, time.Time{}, time.Time{})
		require.True(t, list.Complete)
		require.ElementsMatch(t, []string{"(null)", `\(null)`, "100%", "100x", "Web", "a_b", "app", "axb", `back\slash`, "old", "wEb shop", "web"}, texts)
		require.Equal(t, "(null)", texts[0])
		_, texts = values("", 100, day, day.AddDate(0, 0, 1))
		require.NotContains(t, texts, "old")
		_, texts = values("WEB", 100, day, day.AddDate(0, 0, 1))
		require.ElementsMatch(t, []string{"Web", "web", "wEb shop"}, texts)
		_, texts = values("100%", 100, day, day.AddDate(0, 0, 1))
		require.Equal(t, []string{"100%"}, texts)
		_, texts = values("a_", 100, day, day.AddDate(0, 0, 1))
		require.Equal(t, []string{"a_b"}, texts)
		_, texts = values(`back\`, 100, day, day.AddDate(0, 0, 1))
		require.Equal(t, []string{`back\slash`}, texts)
		list, texts = values("", 3, day, day.AddDate(0, 0, 1))
		require.False(t, list.Complete)
		require.Len(t, texts, 3)
		_, texts = values("'; DROP TABLE orders; --", 3, day, day.AddDate(0, 0, 1))
		require.Empty(t, texts)
	})
}

func TestDimensionsAreDescribedByTypeAndOperators(t *testing.T) {
	t.Parallel()
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		f := setUp(t, server, thingsSQL, thingsCatalog())
		infos, err := f.look(t).Dimensions(t.Context(), f.catalog.Tables["things"])
		require.NoError(t, err)
		require.Len(t, infos, len(thingsDimensions))
		require.Equal(t, DimensionInfo{Type: "integer", Operators: query.Operators}, infos["d_rank"])
		require.Equal(t, "mood", infos["d_enum"].Type)
		require.Equal(t, "text", infos["d_expression"].Type)
		require.NotContains(t, infos["d_boolean"].Operators, query.Gt)
		require.Contains(t, infos["d_boolean"].Operators, query.Eq)
	})
}
