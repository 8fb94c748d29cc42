package plugin_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/pullview/orders-datasource/demo"
	"github.com/pullview/orders-datasource/internal/embedpg"
)

// Eleven days of orders and carts in the demo's tables, none of them at the very bounds of an hour.
const migratedShop = `
INSERT INTO customers (region) SELECT 'SP' FROM generate_series(1, 40);
INSERT INTO orders (customer_id, status, channel, region, items, total, created_at, invoiced_at)
SELECT 1 + i * 7 % 40, CASE WHEN i % 5 = 0 THEN 'received' ELSE 'invoiced' END,
  (ARRAY['web', 'web', 'app', 'store'])[1 + i * 13 % 4], (ARRAY['SP', 'SP', 'RJ', 'SC', 'MG', 'SE'])[1 + i * 11 % 6],
  1 + i % 4, (i * 37 % 900 + 10) + (i % 100) / 100.0, at, CASE WHEN i % 5 > 0 THEN at + (i * 53 % 7200) * interval '1 second' END
FROM (SELECT i, timestamptz '2026-03-01 00:00:07+00' + i * interval '317.003 seconds' AS at FROM generate_series(1, 3000) AS i) AS made;
INSERT INTO carts (channel, region, status, opened_at, closed_at)
SELECT (ARRAY['web', 'app'])[1 + i % 2], 'SP', CASE WHEN i % 4 = 0 THEN 'open' ELSE 'abandoned' END,
  at, CASE WHEN i % 4 > 0 THEN at + (1 + i * 97 % 9000) * interval '1 second' END
FROM (SELECT i, timestamptz '2026-03-01 00:00:03+00' + i * interval '601.007 seconds' AS at FROM generate_series(1, 1500) AS i) AS made;
`

// Three days of São Paulo, which are over.
var (
	migratedFrom = time.Date(2026, 3, 9, 3, 0, 0, 0, time.UTC)
	migratedTo   = migratedFrom.AddDate(0, 0, 3)
)

// An example of the page: the old way in SQL and the new way as a query, which follow each other below a heading.
type example struct{ heading, sql, query string }

var (
	pageParts  = regexp.MustCompile("(?ms)^#+ ([^\n]+)$|^```(yaml|sql|json)\n(.*?)^```$")
	macroGroup = regexp.MustCompile(`\$__timeGroupAlias\((\w+), '1h'\)`)
	macroRange = regexp.MustCompile(`\$__timeFilter\((\w+)\)`)
)

func readExamples(t *testing.T) (catalog string, examples []example) {
	t.Helper()
	page, err := os.ReadFile("../../docs/migrating.md")
	require.NoError(t, err)
	heading, sql := "", ""
	for _, part := range pageParts.FindAllStringSubmatch(string(page), -1) {
		switch language, text := part[2], part[3]; language {
		case "yaml":
			require.Empty(t, catalog, "the page has one catalog")
			var raw any
			require.NoError(t, yaml.Unmarshal([]byte(text), &raw))
			encoded, err := json.Marshal(raw)
			require.NoError(t, err)
			catalog = string(encoded)
		case "sql":
			require.Empty(t, sql, "%s: two statements without a query between them", heading)
			sql = text
		case "json":
			require.NotEmpty(t, sql, "%s: a query without a statement before it", heading)
			examples = append(examples, example{heading, sql, text})
			sql = ""
		default:
			heading = part[1]
		}
	}
	require.Empty(t, sql, "%s: a statement without a query after it", heading)
	return catalog, examples
}

// asTheBuiltInSource expands the macros as Grafana's PostgreSQL data source does.
func asTheBuiltInSource(sql string) string {
	from, to := "'"+migratedFrom.Format(time.RFC3339Nano)+"'", "'"+migratedTo.Format(time.RFC3339Nano)+"'"
	sql = macroGroup.ReplaceAllString(sql, `floor(extract(epoch from $1)/3600)*3600 AS "time"`)
	sql = macroRange.ReplaceAllString(sql, "$1 BETWEEN "+from+" AND "+to)
	return strings.NewReplacer("$__timeFrom()", from, "$__timeTo()", to, "$region", "'SP', 'RJ'").Replace(sql)
}

// points are values by the labels and the time that they belong to.
type points map[string]float64

func point(labels []string, at time.Time) string {
	labels = slices.DeleteFunc(labels, func(label string) bool { return label == "" })
	slices.Sort(labels)
	return fmt.Sprintf("%s at %s", strings.Join(labels, ", "), at.UTC().Format(time.RFC3339))
}

// pointsOfSQL runs a statement whose columns are, by their types, times, labels and one value.
func pointsOfSQL(t *testing.T, conn *pgx.Conn, sql string) points {
	t.Helper()
	rows, err := conn.Query(t.Context(), "SELECT * FROM ("+sql+") AS answer")
	require.NoError(t, err)
	defer rows.Close()
	found := points{}
	for rows.Next() {
		values, err := rows.Values()
		require.NoError(t, err)
		var labels []string
		var at time.Time
		value := math.NaN()
		for i, field := range rows.FieldDescriptions() {
			switch v := values[i].(type) {
			case string:
				labels = append(labels, v)
			case time.Time:
				at = v
			default:
				var number float64
				require.NoError(t, rows.Conn().TypeMap().Scan(field.DataTypeOID, field.Format, rows.RawValues()[i], &number))
				if field.Name == "time" {
					at = time.Unix(int64(number), 0)
				} else {
					value = number
				}
			}
		}
		require.False(t, math.IsNaN(value), "the statement has no value")
		found[point(labels, at)] = value
	}
	require.NoError(t, rows.Err())
	return found
}

// pointsOfFrame reads a frame of series, or of one value for each group.
func pointsOfFrame(t *testing.T, frame *data.Frame) points {
	t.Helper()
	found := points{}
	for row := range frame.Rows() {
		var at time.Time
		var shared []string
		for _, field := range frame.Fields {
			switch value := field.At(row).(type) {
			case time.Time:
				at = value
			case string:
				shared = append(shared, value)
			case *float64:
				if value == nil {
					continue
				}
				labels := slices.Clone(shared)
				for _, label := range field.Labels {
					labels = append(labels, label)
				}
				found[point(labels, at)] = *value
			default:
				t.Fatalf("field %s holds %T", field.Name, value)
			}
		}
	}
	return found
}

func TestEveryExampleOfTheMigrationAnswersAsItsSQL(t *testing.T) {
	t.Parallel()
	dsn := embedpg.Database(t)
	conn, err := pgx.Connect(t.Context(), dsn)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(t.Context()) })
	require.NoError(t, demo.LoadSchema(t.Context(), conn))
	_, err = conn.PgConn().Exec(t.Context(), migratedShop).ReadAll()
	require.NoError(t, err)
	catalog, examples := readExamples(t)
	require.GreaterOrEqual(t, len(examples), 18)
	s := newSource(t, dsn, catalog)

	for _, example := range examples {
		t.Run(example.heading, func(t *testing.T) {
			want := pointsOfSQL(t, conn, asTheBuiltInSource(example.sql))
			require.NotEmpty(t, want)

			// The browser replaces variables before it sends a query.
			query := strings.ReplaceAll(example.query, `"$region"`, `"SP", "RJ"`)
			if strings.Contains(example.heading, "alert") {
				s.headers = map[string]string{"FromAlert": "true"}
			}
			response := s.query(t, asked{refID: "A", json: query, from: migratedFrom, to: migratedTo})["A"]
			require.NoError(t, response.Error)
			require.Len(t, response.Frames, 1)
			got := pointsOfFrame(t, response.Frames[0])

			for at, value := range want {
				if assert.Contains(t, got, at) {
					assert.InDelta(t, value, got[at], 1e-9*math.Abs(value), at)
				}
			}
			for at, value := range got {
				if _, known := want[at]; !known {
					assert.Zero(t, value, "%s: the statement has no row there", at)
				}
			}
		})
	}
}
