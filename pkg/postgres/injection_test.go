package postgres

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/internal/embedpg"
	"github.com/pullview/orders-datasource/pkg/query"
)

// hostile are texts that would do harm where one of them became part of a
// statement, an array, a pattern or a comment.
var hostile = []string{
	`'; DROP TABLE orders; --`, `" OR 1=1 --`, `' OR ''='`, `\'; SELECT pg_sleep(10); --`, `$1`, `$$x$$`, `*/ DROP TABLE orders /*`,
	`{"a","b"}`, `{}`, `NULL`, `\`, `\\`, `\"`, `a,b`, `%`, `_`, "\n", "\t", "\u2028", "\ufeff", "😀", `E'\x41'`, `U&'\0041'`,
	`)`, `(`, `(?i)web`, `[[:alpha:]`, `a{1,2}`, `^web$`, ` web `, ``, `(null)`, `\(null)`, `(others)`, `\\(others)`,
}

// Every hostile text must be found as itself, and as nothing else.
func TestHostileValuesMeanThemselves(t *testing.T) {
	t.Parallel()
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		f := setUp(t, server, `CREATE TABLE orders (id int, created_at timestamptz, channel text, region varchar, total numeric)`, ordersCatalog)
		conn := f.connect(t)
		batch := &pgx.Batch{}
		for i, text := range hostile {
			batch.Queue(`INSERT INTO orders VALUES ($1, '2026-03-01 12:00:00Z', $2::text, $2::text, 1)`, i, text)
		}
		require.NoError(t, conn.SendBatch(t.Context(), batch).Close())

		look := f.look(t)
		scan := func(filters ...query.Filter) []string {
			s := ordersScan(f)
			s.GroupBy, s.Filters = []string{"channel"}, filters
			cells, err := look.Scan(t.Context(), s)
			require.NoError(t, err, "%v", filters)
			return groupLabels(cells.Groups)
		}
		everything := scan()
		require.Len(t, everything, len(hostile))
		for _, text := range hostile {
			label := query.Value{Text: text}.Label()
			for _, key := range []string{"channel", "region"} {
				assert.Equal(t, []string{label}, scan(query.Filter{Key: key, Operator: query.Eq, Values: []string{label}}))
				assert.Equal(t, []string{label}, scan(query.Filter{Key: key, Operator: query.In, Values: []string{label, "none", label}}))
				assert.Len(t, scan(query.Filter{Key: key, Operator: query.Ne, Values: []string{label}}), len(hostile)-1)
				assert.Len(t, scan(query.Filter{Key: key, Operator: query.NotIn, Values: []string{label}}), len(hostile)-1)
			}
			list, err := look.Values(t.Context(), &ValueScan{Table: f.catalog.Tables["orders"], Dimension: "channel", Prefix: text, Limit: 100})
			require.NoError(t, err)
			assert.Contains(t, labels(list.Values), label)
			passing, err := look.Passing(t.Context(), f.catalog.Tables["orders"], "channel", []string{text, "none"},
				[]query.Filter{{Key: "channel", Operator: query.Eq, Values: []string{label}}})
			require.NoError(t, err)
			assert.Equal(t, []string{label}, labels(passing))

			s := ordersScan(f)
			s.ExceptBy, s.Except = []string{"channel"}, []query.Group{{{Text: text}}}
			cells, err := look.Scan(t.Context(), s)
			require.NoError(t, err)
			assert.EqualValues(t, len(hostile)-1, cells.Columns[0].Ints[0])

			// As a pattern a text is valid or refused; it never matches in part.
			for _, op := range []query.Operator{query.Match, query.NotMatch} {
				s := ordersScan(f)
				s.Filters = []query.Filter{{Key: "channel", Operator: op, Values: []string{text}}}
				if _, err := look.Scan(t.Context(), s); err != nil {
					var mistake *query.Error
					require.ErrorAs(t, err, &mistake, "%q", text)
				}
			}
		}
		assert.Equal(t, []string{"^web$"}, scan(query.Filter{Key: "channel", Operator: query.Match, Values: []string{`\^web\$`}}))
		assert.Empty(t, scan(query.Filter{Key: "channel", Operator: query.Match, Values: []string{`we`}}))
		assert.Equal(t, everything, scan())
	})
}

// A pattern must match the whole value, alternatives and options included.
func TestPatternsMatchInFull(t *testing.T) {
	t.Parallel()
	f := setUp(t, embedpg.Shared(t), `
		CREATE TABLE orders (id int, created_at timestamptz, channel text, region text, total numeric);
		INSERT INTO orders SELECT 1, '2026-03-01 12:00:00Z', c, '', 1 FROM unnest('{web,web2,Web,app,xapp}'::text[] || ARRAY[E'web\napp']) AS c`, ordersCatalog)
	look := f.look(t)
	for pattern, want := range map[string][]string{
		"web":           {"web"},
		"web|app":       {"app", "web"},
		"(?i)WEB|APP":   {"Web", "app", "web"},
		"(?n)web":       {"web"}, // ^ and $ would match at the line break
		"w..":           {"web"},
		".*app":         {"app", "web\napp", "xapp"},
		"web\\d?":       {"web", "web2"},
		"(w)eb(?:\\d)?": {"web", "web2"},
	} {
		s := ordersScan(f)
		s.GroupBy, s.Filters = []string{"channel"}, []query.Filter{{Key: "channel", Operator: query.Match, Values: []string{pattern}}}
		cells, err := look.Scan(t.Context(), s)
		require.NoError(t, err)
		assert.Equal(t, want, groupLabels(cells.Groups), pattern)
	}
}

func TestHostileNamesAreQuoted(t *testing.T) {
	t.Parallel()
	const catalog = `{"version": 1, "timezone": "UTC",
	  "tables": {"odd": {"relation": "\"sch\"\"ema; --\".\"ta.ble'\"", "time": "Select", "records": ["order", "Select"],
	    "dimensions": {"d": {"column": "Select it"}, "order": {"column": "order"}}}},
	  "metrics": {"n": {"type": "counter", "table": "odd", "help": "Sum"}}}`
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		f := setUp(t, server, `
			CREATE SCHEMA "sch""ema; --";
			CREATE TABLE "sch""ema; --"."ta.ble'" ("Select" timestamptz, "Select it" text, "order" text, "1); ""DROP" int);
			INSERT INTO "sch""ema; --"."ta.ble'" VALUES ('2026-03-01 12:00:00Z', 'x', 'y', 7)`, catalog)
		table := f.catalog.Tables["odd"]
		from := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
		cells := f.scan(t, query.Scan{Table: table, Time: table.Time, GroupBy: []string{"d", "order"},
			Buckets:  query.Buckets{From: from, To: from.AddDate(0, 0, 1), Step: time.Hour, Origin: from},
			Measures: []query.Measure{{Kind: query.Sum, Expr: `1); "DROP`}}})
		require.Equal(t, map[string]string{"12 x y": "7"}, byCell(cells))
		records, _, err := f.look(t).Records(t.Context(), &query.RecordScan{Table: table, Time: table.Time,
			Buckets: query.Buckets{From: from, To: from.AddDate(0, 0, 1)}, Columns: table.Records, Limit: 10})
		require.NoError(t, err)
		require.Equal(t, "y", *records.Columns[0].Texts[0])
	})
}

// A filter of a megabyte is long, not dangerous.
func TestVeryLongFiltersWork(t *testing.T) {
	t.Parallel()
	f := setUp(t, embedpg.Shared(t), ordersSQL, ordersCatalog)
	look := f.look(t)
	long := strings.Repeat("x'\"\\", 1<<18)
	s := ordersScan(f)
	s.Filters = []query.Filter{{Key: "channel", Operator: query.Ne, Values: []string{long}}}
	require.Equal(t, "5", count(t, look, s))
	many := make([]string, 100_000)
	for i := range many {
		many[i] = strings.Repeat("v", i%20)
	}
	s.Filters = []query.Filter{{Key: "channel", Operator: query.NotIn, Values: many}}
	require.Equal(t, "5", count(t, look, s))
	s.Filters = []query.Filter{{Key: "channel", Operator: query.Match, Values: []string{strings.Repeat("(", 1<<20)}}}
	_, err := look.Scan(t.Context(), s)
	require.Error(t, err)
	require.Less(t, len(err.Error()), 1000)
}

func TestMoreGroupsThanCanBeBoundAreRefused(t *testing.T) {
	t.Parallel()
	f := setUp(t, embedpg.Shared(t), ordersSQL, ordersCatalog)
	s := ordersScan(f)
	s.ExceptBy = []string{"channel"}
	for i := range maxBinds + 1 {
		s.Except = append(s.Except, query.Group{{Text: strings.Repeat("x", i%7) + string(rune('a'+i%26)) + time.Duration(i).String()}})
	}
	_, err := f.look(t).Scan(t.Context(), s)
	var mistake *query.Error
	require.ErrorAs(t, err, &mistake)
	require.Contains(t, mistake.Message.String(), "more than the 65535 that one statement can")
}

func TestAPatternThatExplodesEndsInTime(t *testing.T) {
	t.Parallel()
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		f := setUp(t, server, `
			CREATE TABLE orders (created_at timestamptz, channel text, region text, total numeric, id int);
			INSERT INTO orders VALUES ('2026-03-01 12:00:00Z', (SELECT string_agg(md5(g::text), '') FROM generate_series(1, 40) AS g), 'SP', 1, 1);`, ordersCatalog)
		f.store = f.open(t, func(c *Config) { c.QueryTimeout = time.Second })
		scan := ordersScan(f)
		scan.Filters = []query.Filter{{Key: "channel", Operator: query.Match, Values: []string{`(.+)(.+)(.+)\3\2\1`}}}
		look := f.look(t)
		began := time.Now()
		_, err := look.Scan(t.Context(), scan)
		requireKind(t, err, KindTimeout)
		assert.Less(t, time.Since(began), 20*time.Second, "the server stops a pattern in mid-match")

		// The look and its connection go on.
		scan.Filters = nil
		require.Equal(t, "1", count(t, look, scan))
	})
}

// A pattern that closes the group of its anchors, and opens another, would match
// in part. It is refused, by name, whatever else is asked.
func TestPatternsDoNotEscapeTheirAnchors(t *testing.T) {
	t.Parallel()
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		f := setUp(t, server, `
			CREATE TABLE orders (id int, created_at timestamptz, channel text, region text, total numeric);
			INSERT INTO orders SELECT 1, '2026-03-01 12:00:00Z', c, '', 1 FROM unnest('{web,web)|(?:app,xapp,a),[)]}'::text[]) AS c`, ordersCatalog)
		look := f.look(t)
		scan := func(filters ...query.Filter) ([]string, error) {
			s := ordersScan(f)
			s.GroupBy, s.Filters = []string{"channel"}, filters
			cells, err := look.Scan(t.Context(), s)
			if err != nil {
				return nil, err
			}
			return groupLabels(cells.Groups), nil
		}
		for _, pattern := range []string{
			"web)|(?:app", "web)|(app", "(?i)web)|(?:app", "w)|.*(?:b", "a)|b(?#", "a)|(?:b|(c)", ")|(", ")(", "a)|(?:[)", `a)|(?:b\)`,
		} {
			for _, op := range []query.Operator{query.Match, query.NotMatch} {
				_, err := scan(query.Filter{Key: "channel", Operator: op, Values: []string{pattern}})
				var mistake *query.Error
				if assert.ErrorAs(t, err, &mistake, "%s %s", op, pattern) {
					assert.Equal(t, "filters", mistake.Field)
					assert.Contains(t, mistake.Message.String(), fmt.Sprintf("channel %s: %q is not a regular expression of PostgreSQL", op, pattern))
				}
			}
		}
		_, err := scan(
			query.Filter{Key: "region", Operator: query.Match, Values: []string{"(.*)"}},
			query.Filter{Key: "channel", Operator: query.Match, Values: []string{"web)|(?:app"}})
		require.ErrorContains(t, err, `channel =~: "web)|(?:app" is not a regular expression of PostgreSQL`)

		for pattern, want := range map[string][]string{
			`web\)\|\(\?:app`: {"web)|(?:app"},
			`[a-z]+[)]?`:      {"a)", "web", "xapp"},
			`\[[]()]+`:        {"[)]"},
			`(web|x(app))`:    {"web", "xapp"},
			`(?i)(WEB)`:       {"web"},
			`(?#(()web`:       {"web"}, // the comment ends at the first parenthesis
		} {
			got, err := scan(query.Filter{Key: "channel", Operator: query.Match, Values: []string{pattern}})
			require.NoError(t, err, pattern)
			assert.Equal(t, want, got, pattern)
		}
	})
}
