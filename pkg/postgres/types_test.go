package postgres

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/internal/embedpg"
	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/query"
)

// thingsSQL makes a table with a column of every type that may be a dimension,
// each with two values, one of them in two spellings where the type knows that,
// and NULL. The citext extension is not in the search path.
const thingsSQL = `
CREATE SCHEMA ext;
CREATE EXTENSION citext SCHEMA ext;
CREATE TYPE mood AS ENUM ('sad', 'ok', 'very happy');
CREATE DOMAIN word AS text;
CREATE DOMAIN short_word AS word CHECK (length(VALUE) < 10);
CREATE DOMAIN rank AS integer;
CREATE TABLE things (
  at timestamptz NOT NULL DEFAULT '2026-03-01 12:00:00Z',
  d_text text, d_varchar varchar(20), d_char char(6), d_name name, d_citext ext.citext, d_enum mood, d_uuid uuid,
  d_boolean boolean, d_smallint smallint, d_integer integer, d_bigint bigint, d_numeric numeric, d_money numeric(12, 2),
  d_date date, d_timestamp timestamp, d_timestamptz timestamptz, d_domain short_word, d_rank rank
);
INSERT INTO things SELECT '2026-03-01 12:00:00Z', v.* FROM (VALUES
  ('web'::text, 'web'::varchar, 'web'::char(6), 'web'::name, 'Web'::text, 'very happy'::mood, '6F1E6C0A-52D3-4F0E-9D3B-0D6C3F1F7A11'::uuid,
   true, 1::int2, -5::int4, 9223372036854775807::int8, 1.0::numeric, 1.50::numeric,
   '2026-03-01'::date, '2026-03-01 10:00:00'::timestamp, '2026-03-01 10:00:00Z'::timestamptz, 'word'::text, 7),
  ('web', 'web', 'web   ', 'web', 'WEB', 'very happy', '6f1e6c0a-52d3-4f0e-9d3b-0d6c3f1f7a11',
   true, 1, -5, 9223372036854775807, 1.00, 1.5,
   '2026-03-01', '2026-03-01 10:00:00', '2026-03-01 07:00:00-03', 'word', 7),
  ('(null)', '(others)', 'a b', '\(null)', 'straße', 'sad', '00000000-0000-0000-0000-000000000000',
   false, -32768, 2147483647, -1, -12.3450, 0,
   '0044-03-15 BC', '1999-12-31 23:59:59.999999', 'infinity', '', 0),
  (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)
) AS v;`

var thingsDimensions = []string{
	"d_text", "d_varchar", "d_char", "d_name", "d_citext", "d_enum", "d_uuid", "d_boolean", "d_smallint", "d_integer", "d_bigint",
	"d_numeric", "d_money", "d_date", "d_timestamp", "d_timestamptz", "d_domain", "d_rank", "d_expression",
}

func thingsCatalog(extra ...string) string {
	var dimensions []string
	for _, name := range append(slices.Clone(thingsDimensions), extra...) {
		column := name
		if name == "d_expression" {
			column = `upper(d_text) -- in capitals`
		}
		dimensions = append(dimensions, fmt.Sprintf(`%q: {"column": %q}`, name, column))
	}
	return `{"version": 1, "timezone": "America/Sao_Paulo",
	  "tables": {"things": {"relation": "things", "time": "at", "dimensions": {` + strings.Join(dimensions, ",") + `}}},
	  "metrics": {"things": {"type": "counter", "table": "things", "help": "Things"}}}`
}

// thingsScan counts things by a dimension.
func thingsScan(t *catalog.Table, dimension string, filters ...query.Filter) query.Scan {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	return query.Scan{
		Table: t, Time: "at", GroupBy: []string{dimension}, Filters: filters, MaxRows: 100,
		Buckets:  query.Buckets{From: at, To: at.Add(time.Second)},
		Measures: []query.Measure{{Kind: query.CountRows}},
	}
}

func TestEveryTypeGroupsByItsLabel(t *testing.T) {
	t.Parallel()
	want := map[string][2]string{ // the label of two rows, and that of one
		"d_text":        {"web", `\(null)`},
		"d_varchar":     {"web", `\(others)`},
		"d_char":        {"web", "a b"},
		"d_name":        {"web", `\\(null)`},
		"d_citext":      {"web", "straße"},
		"d_enum":        {"very happy", "sad"},
		"d_uuid":        {"6f1e6c0a-52d3-4f0e-9d3b-0d6c3f1f7a11", "00000000-0000-0000-0000-000000000000"},
		"d_boolean":     {"true", "false"},
		"d_smallint":    {"1", "-32768"},
		"d_integer":     {"-5", "2147483647"},
		"d_bigint":      {"9223372036854775807", "-1"},
		"d_numeric":     {"1", "-12.345"},
		"d_money":       {"1.5", "0"},
		"d_date":        {"2026-03-01", "0044-03-15 BC"},
		"d_timestamp":   {"2026-03-01 10:00:00", "1999-12-31 23:59:59.999999"},
		"d_timestamptz": {"2026-03-01 07:00:00-03", "infinity"},
		"d_domain":      {"word", ""},
		"d_rank":        {"7", "0"},
		"d_expression":  {"WEB", "(NULL)"},
	}
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		f := setUp(t, server, thingsSQL, thingsCatalog())
		for _, dimension := range thingsDimensions {
			cells := f.scan(t, thingsScan(f.catalog.Tables["things"], dimension))
			assert.Equal(t, map[string]string{want[dimension][0]: "2", want[dimension][1]: "1", "(null)": "1"}, byCell(cells), dimension)
		}
	})
}

// Each operator must keep exactly the groups that it would keep if labels were
// compared one by one.
func TestEveryTypeFiltersAsItsLabelsSay(t *testing.T) {
	t.Parallel()
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		f := setUp(t, server, thingsSQL, thingsCatalog())
		look := f.look(t)
		table := f.catalog.Tables["things"]
		counts := func(dimension string, filters ...query.Filter) map[string]string {
			scan := thingsScan(table, dimension, filters...)
			cells, err := look.Scan(t.Context(), &scan)
			require.NoError(t, err, "%s %v", dimension, filters)
			return byCell(cells)
		}
		for _, dimension := range thingsDimensions {
			all := counts(dimension)
			labels := sortedKeys(all)
			check := func(op query.Operator, values []string, keep func(label string) bool) {
				t.Helper()
				want := map[string]string{}
				for label, n := range all {
					if keep(label) {
						want[label] = n
					}
				}
				got := counts(dimension, query.Filter{Key: dimension, Operator: op, Values: values})
				assert.Equal(t, want, got, "%s %s %q", dimension, op, values)
			}
			for _, one := range labels {
				check(query.Eq, []string{one}, func(l string) bool { return l == one })
				check(query.Ne, []string{one}, func(l string) bool { return l != one })
				for _, other := range labels {
					pair := []string{one, other}
					check(query.In, pair, func(l string) bool { return slices.Contains(pair, l) })
					check(query.NotIn, pair, func(l string) bool { return !slices.Contains(pair, l) })
				}
				if v, _ := query.ParseLabel(one); !v.Null {
					pattern := regexp.QuoteMeta(v.Text)
					check(query.Match, []string{pattern}, func(l string) bool { return l == one })
					check(query.NotMatch, []string{pattern}, func(l string) bool { return l != one })
				}
			}
			check(query.In, nil, func(string) bool { return false })
			check(query.NotIn, nil, func(string) bool { return true })
			check(query.IsNull, nil, func(l string) bool { return l == query.LabelNull })
			check(query.IsNotNull, nil, func(l string) bool { return l != query.LabelNull })
			check(query.Match, []string{".*"}, func(l string) bool { return l != query.LabelNull })
			check(query.Match, []string{"no|such"}, func(string) bool { return false })
			check(query.NotMatch, []string{".*"}, func(l string) bool { return l == query.LabelNull })
		}
	})
}

func TestOrderingFollowsTheType(t *testing.T) {
	t.Parallel()
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		f := setUp(t, server, thingsSQL, thingsCatalog())
		for _, c := range []struct {
			dimension string
			op        query.Operator
			value     string
			want      []string
		}{
			{"d_smallint", query.Gt, "-32768", []string{"1"}},
			{"d_integer", query.Lt, "9", []string{"-5"}}, // as text it would not be
			{"d_integer", query.Ge, "99999999999", nil},  // beyond the column's own type
			{"d_bigint", query.Le, "-1", []string{"-1"}},
			{"d_numeric", query.Gt, "0.99999999999999999999", []string{"1"}},
			{"d_numeric", query.Lt, "NaN", []string{"-12.345", "1"}},
			{"d_enum", query.Gt, "sad", []string{"very happy"}},
			{"d_date", query.Lt, "2026-03-01", []string{"0044-03-15 BC"}},
			{"d_timestamp", query.Ge, "2026-03-01T10:00", []string{"2026-03-01 10:00:00"}},
			{"d_timestamptz", query.Le, "2026-03-01 07:00:00", []string{"2026-03-01 07:00:00-03"}}, // in the table's zone
			{"d_timestamptz", query.Lt, "2026-03-01T10:00:00Z", nil},
			{"d_timestamptz", query.Gt, "2026-03-01T10:00:00Z", []string{"infinity"}},
			{"d_rank", query.Gt, "0", []string{"7"}},
		} {
			cells := f.scan(t, thingsScan(f.catalog.Tables["things"], c.dimension,
				query.Filter{Key: c.dimension, Operator: c.op, Values: []string{c.value}}))
			assert.ElementsMatch(t, c.want, sortedKeys(byCell(cells)), "%s %s %s", c.dimension, c.op, c.value)
		}
	})
}

func TestValuesThatDoNotFitTheTypeAreTheReadersMistake(t *testing.T) {
	t.Parallel()
	f := setUp(t, embedpg.Shared(t), thingsSQL, thingsCatalog())
	look := f.look(t)
	for _, c := range []struct {
		dimension string
		op        query.Operator
		value     string
		want      string
	}{
		{"d_integer", query.Eq, "web", `d_integer =: "web" is not a whole number (the dimension has type integer)`},
		{"d_bigint", query.Eq, "9223372036854775808", "is beyond the largest whole number"},
		{"d_rank", query.In, "1.5", "is not a whole number"},
		{"d_numeric", query.Ne, "1e5", "is not a decimal number"},
		{"d_uuid", query.Eq, "6f1e6c0a", "is not a UUID"},
		{"d_uuid", query.Gt, "6f1e6c0a-52d3-4f0e-9d3b-0d6c3f1f7a11", "no order that means anything"},
		{"d_boolean", query.Eq, "yes, please", "is neither true nor false"},
		{"d_boolean", query.Lt, "true", "no order that means anything"},
		{"d_date", query.Eq, "2026-02-30", "names a day that does not exist"},
		{"d_date", query.Eq, "5874897-01-01", "has a year outside what PostgreSQL stores"},
		{"d_date", query.Eq, "now", "is not a date"},
		{"d_timestamp", query.Eq, "2026-03-01 25:00", "has a time of day that does not exist"},
		{"d_timestamptz", query.Eq, "2026-03-01 10:00+99", "is not a time"},
		{"d_enum", query.Gt, "furious", `"furious" is no value of type mood, which has sad, ok, very happy`},
		{"d_text", query.Gt, "(null)", "cannot order by (null)"},
		{"d_text", query.Eq, "(others)", "cannot compare with (others)"},
		{"d_text", query.Eq, "a\x00b", "contains a NUL character"},
		{"d_text", query.Eq, "\xff", "is not valid UTF-8"},
		{"d_text", query.Match, "(", "regular expression"},
		{"d_text", query.Match, "***=web", "another syntax"},
		{"d_text", query.Match, "(?q)web", "another syntax"},
		{"d_text", query.NotMatch, "a\x00b", "contains a NUL character"},
		{"d_text", "~", "web", "the operator is not known"},
	} {
		scan := thingsScan(f.catalog.Tables["things"], "d_text", query.Filter{Key: c.dimension, Operator: c.op, Values: []string{c.value}})
		_, err := look.Scan(t.Context(), &scan)
		var mistake *query.Error
		if assert.ErrorAs(t, err, &mistake, "%s %s %q", c.dimension, c.op, c.value) {
			assert.Equal(t, "filters", mistake.Field)
			assert.Contains(t, mistake.Message.String(), c.want)
			assert.Contains(t, mistake.Message.String(), c.dimension)
		}
	}
}

// A collation may call different texts equal. Labels never are.
func TestCollationsThatFoldTextsDoNotFoldGroups(t *testing.T) {
	t.Parallel()
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		f := setUp(t, server, `
			CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
			CREATE TABLE things (at timestamptz DEFAULT '2026-03-01 12:00:00Z', d_text text COLLATE loose);
			CREATE DOMAIN folded AS text COLLATE loose;
			INSERT INTO things (d_text) VALUES ('web'), ('Web'), ('WEB'), (NULL);`, `{"version": 1, "timezone": "UTC",
			"tables": {"things": {"relation": "things", "time": "at", "dimensions": {"d_text": {"column": "d_text"},
				"trimmed": {"column": "trim(d_text)"}, "padded": {"column": "d_text::character(3)"}, "collated": {"column": "(d_text COLLATE \"C\") COLLATE loose"},
				"cast": {"column": "(d_text COLLATE \"C\")::folded::text"}}}},
			"metrics": {"n": {"type": "counter", "table": "things", "help": "Things"}}}`)
		table := f.catalog.Tables["things"]
		for name := range table.Dimensions {
			require.Equal(t, map[string]string{"web": "1", "Web": "1", "WEB": "1", "(null)": "1"}, byCell(f.scan(t, thingsScan(table, name))), name)
			for _, filter := range []query.Filter{
				{Operator: query.Eq, Values: []string{"web"}}, {Operator: query.In, Values: []string{"web"}}, {Operator: query.Match, Values: []string{"w.*"}},
			} {
				filter.Key = name
				require.Equal(t, map[string]string{"web": "1"}, byCell(f.scan(t, thingsScan(table, name, filter))), name)
			}
		}
	})
}

func TestTypesThatAreNoDimensionAreRefusedByName(t *testing.T) {
	t.Parallel()
	columns := map[string]string{
		"c_real": "real", "c_double": "double precision", "c_json": "json", "c_jsonb": "jsonb", "c_array": "text[]",
		"c_bytea": "bytea", "c_inet": "inet", "c_time": "time without time zone", "c_interval": "interval", "c_cash": "money",
		"c_point": "point", "c_range": "int4range",
	}
	sql := thingsSQL
	for _, name := range sortedKeys(columns) {
		sql += fmt.Sprintf("ALTER TABLE things ADD COLUMN %s %s;", name, columns[name])
	}
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		f := setUp(t, server, sql, thingsCatalog(sortedKeys(columns)...))
		look := f.look(t)
		for name, sqlType := range columns {
			scan := thingsScan(f.catalog.Tables["things"], name)
			_, err := look.Scan(t.Context(), &scan)
			var refused *Error
			if assert.ErrorAs(t, err, &refused) {
				assert.Equal(t, KindCatalog, refused.Kind)
				assert.Contains(t, refused.Message.String(), "dimension "+name+" of table things has type "+sqlType)
				assert.Contains(t, refused.Message.String(), `"(`+name+`)::text"`)
			}
		}
	})
}

func TestEveryNumberTypeIsSummedAndObserved(t *testing.T) {
	t.Parallel()
	const sql = `
CREATE DOMAIN cents AS bigint;
CREATE TABLE t (at timestamptz, n2 smallint, n4 integer, n8 bigint, n numeric, n2p numeric(12, 2), r real, d double precision, m money, i interval, c cents, s text);
INSERT INTO t SELECT '2026-03-01 12:00:00Z', v.* FROM (VALUES
  (32767::int2, 2147483647, 9223372036854775807::int8, 1.10, 1.10, 0.1::real, 0.1::float8, 1.25::text::money, '1 day 00:00:01.5'::interval, 5, 'x'),
  (32767, 2147483647, 9223372036854775807, 2.205, 2.20, 0.2, 0.2, 2::text::money, '00:00:00.25', 6, 'y'),
  (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)
) AS v;`
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		f := setUp(t, server, sql, emptyCatalog)
		look := f.look(t)
		at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		scan := func(m ...query.Measure) (*query.Cells, error) {
			return look.Scan(t.Context(), &query.Scan{Table: f.catalog.Tables["t"], Time: "at", MaxRows: 100, Measures: m,
				Buckets: query.Buckets{From: at, To: at.Add(time.Second)}})
		}
		for _, c := range []struct{ expr, sum, median string }{
			{"n2", "65534", "32767"},
			{"n4", "4294967294", "2147483647"},
			{"n8", "18446744073709551614", "9223372036854775807"},
			{"n", "3.305", "1.10"},
			{"n2p", "3.30", "1.10"},
			{"r", fmt.Sprint(float64(float32(0.1)) + float64(float32(0.2))), fmt.Sprint(float64(float32(0.1)))},
			{"d", "0.30000000000000004", "0.1"},
			{"m", "3.25", "1.25"},
			{"i", "86401.750000", "0.250000"},
			{"c", "11", "5"},
			{"n2 * 2 -- doubled", "131068", "65534"},
			{"extract(epoch from i)", "86401.750000", "0.250000"},
		} {
			cells, err := scan(query.Measure{Kind: query.Sum, Expr: c.expr}, query.Measure{Kind: query.CountDistinct, Expr: c.expr})
			if assert.NoError(t, err, c.expr) {
				distinct := map[bool]string{true: "1", false: "2"}[strings.HasPrefix(c.expr, "n2 ") || c.expr == "n2" || c.expr == "n4" || c.expr == "n8"]
				assert.Equal(t, map[string]string{"": c.sum + " " + distinct}, byCell(cells), c.expr)
			}
			cells, err = scan(query.Measure{Kind: query.Percentiles, Expr: c.expr, Quantiles: []float64{0.5, 0.01}})
			if assert.NoError(t, err, c.expr) {
				assert.Equal(t, map[string]string{"": c.median + " " + c.median}, byCell(cells), c.expr)
			}
		}
		for _, expr := range []string{"s", "at", "at > now()", "ARRAY[n4]"} {
			_, err := scan(query.Measure{Kind: query.Sum, Expr: expr})
			var refused *Error
			require.ErrorAs(t, err, &refused, expr)
			require.Equal(t, KindCatalog, refused.Kind)
			require.Contains(t, refused.Message.String(), "cannot be summed or observed")
		}
	})
}
