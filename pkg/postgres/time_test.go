package postgres

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/internal/embedpg"
	"github.com/pullview/orders-datasource/pkg/query"
)

// Clocks that were set back and forth, and a date line that was crossed: the
// 30th of December 2011 does not exist in Apia.
var turns = []struct{ zone, around string }{
	{"America/Sao_Paulo", "2018-02-18 00:00:00"},
	{"America/Sao_Paulo", "2018-11-04 00:00:00"},
	{"Europe/Berlin", "2024-10-27 02:30:00"},
	{"Europe/Berlin", "2024-03-31 02:30:00"},
	{"Australia/Lord_Howe", "2024-04-07 02:00:00"}, // by half an hour
	{"Pacific/Apia", "2011-12-30 12:00:00"},
	{"UTC", "2024-01-01 00:00:00"},
}

// Rows are binned by the instant of their local time, wherever the range ends
// fall. What counts is what the server itself makes of each row alone.
func TestLocalTimesAreBinnedByTheirInstant(t *testing.T) {
	t.Parallel()
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		for _, turn := range turns {
			sql := fmt.Sprintf(`
				CREATE TABLE t (local timestamp, day date, instant timestamptz);
				INSERT INTO t SELECT l, l::date, l AT TIME ZONE '%[1]s'
				FROM generate_series('%[2]s'::timestamp - '3 days'::interval, '%[2]s'::timestamp + '3 days'::interval, '7 minutes') AS l;
				INSERT INTO t VALUES ('infinity', 'infinity', 'infinity'), ('-infinity', '-infinity', '-infinity'), (NULL, NULL, NULL);
				CREATE INDEX ON t (local);`, turn.zone, turn.around)
			f := setUp(t, server, sql, `{"version": 1, "timezone": "`+turn.zone+`",
				"tables": {"t": {"relation": "t", "time": "local"}},
				"metrics": {"n": {"type": "counter", "table": "t", "help": "Rows"}}}`)
			instants := map[string][]time.Time{
				"local":   finiteInstants(t, f, `local AT TIME ZONE '`+turn.zone+`'`),
				"day":     finiteInstants(t, f, `day::timestamp AT TIME ZONE '`+turn.zone+`'`),
				"instant": finiteInstants(t, f, `instant`),
			}
			location, err := time.LoadLocation(turn.zone)
			require.NoError(t, err)
			middle, err := time.ParseInLocation(time.DateTime, turn.around, location)
			require.NoError(t, err)

			look := f.look(t)
			random := rand.New(rand.NewPCG(1, 2))
			for i := range 120 {
				from := middle.Add(time.Duration(random.IntN(4*24*60)-2*24*60) * time.Minute)
				to := from.Add(time.Duration(1+random.IntN(2*24*60)) * time.Minute)
				column := []string{"local", "day", "instant"}[i%3]
				buckets := query.Buckets{From: from, To: to}
				switch i % 4 {
				case 1:
					buckets.Step, buckets.Origin = time.Hour, from.Add(-time.Duration(random.IntN(60))*time.Minute)
				case 2:
					buckets.Step, buckets.Origin = 17*time.Minute, from
				case 3:
					buckets.Bounds = []time.Time{from, from.Add(to.Sub(from) / 3), from.Add(to.Sub(from) / 3), to}
				}
				cells, err := look.Scan(t.Context(), &query.Scan{Table: f.catalog.Tables["t"], Time: column, Buckets: buckets,
					Measures: []query.Measure{{Kind: query.CountRows}}, MaxRows: 10_000})
				require.NoError(t, err)
				require.Equal(t, binned(instants[column], buckets), byCell(cells), "%s in %s: %s to %s", column, turn.zone, from, to)
			}
			look.Close()
			f.store.Close()
		}
	})
}

// binned counts instants by the rules of query.Buckets.
func binned(instants []time.Time, b query.Buckets) map[string]string {
	counts := map[string]int{}
	for _, at := range instants {
		if at.Before(b.From) || !at.Before(b.To) {
			continue
		}
		key := ""
		switch {
		case b.Step > 0:
			key = strconv.Itoa(int(at.Sub(b.Origin) / b.Step))
		case b.Bounds != nil:
			for i := 1; i < len(b.Bounds); i++ {
				if !at.Before(b.Bounds[i-1]) && at.Before(b.Bounds[i]) {
					key = strconv.Itoa(i - 1)
				}
			}
		}
		counts[key]++
	}
	cells := map[string]string{}
	for key, n := range counts {
		cells[key] = strconv.Itoa(n)
	}
	return cells
}

func finiteInstants(t *testing.T, f *fixture, expr string) []time.Time {
	t.Helper()
	conn := f.connect(t)
	rows, err := conn.Query(t.Context(), "SELECT "+expr+" FROM t")
	require.NoError(t, err)
	values, err := pgx.CollectRows(rows, pgx.RowTo[pgtype.Timestamptz])
	require.NoError(t, err)
	var instants []time.Time
	for _, v := range values {
		if v.Valid && v.InfinityModifier == pgtype.Finite {
			instants = append(instants, v.Time)
		}
	}
	require.NoError(t, conn.Close(t.Context()))
	return instants
}

func TestPlainIndexesServeEveryKindOfTime(t *testing.T) {
	t.Parallel()
	const sql = `
		CREATE TABLE t (local timestamp, day date, instant timestamptz, filler text);
		INSERT INTO t SELECT l, l::date, l AT TIME ZONE 'America/Sao_Paulo', repeat('x', 200)
		FROM generate_series('2015-01-01'::timestamp, '2019-12-31', '2 hours') AS l;
		CREATE INDEX by_local ON t (local); CREATE INDEX by_day ON t (day); CREATE INDEX by_instant ON t (instant);
		ANALYZE t;`
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		f := setUp(t, server, sql, `{"version": 1, "timezone": "America/Sao_Paulo",
			"tables": {"t": {"relation": "t", "time": "local"}},
			"metrics": {"n": {"type": "counter", "table": "t", "help": "Rows"}}}`)
		look := f.look(t)
		from := instant(t, "2018-11-04T00:00:00Z")
		for _, column := range []string{"local", "day", "instant"} {
			p, err := look.compile(t.Context(), &query.Scan{Table: f.catalog.Tables["t"], Time: column, MaxRows: 100,
				Measures: []query.Measure{{Kind: query.CountRows}},
				Buckets:  query.Buckets{From: from, To: from.Add(24 * time.Hour), Step: time.Hour, Origin: from}})
			require.NoError(t, err)
			text := p.text.String()
			p.text.Reset()
			p.write("EXPLAIN ", text)
			var plan []string
			require.NoError(t, look.rowsOf(t.Context(), &p.statement, textFields(1), func(v [][]byte) error {
				plan = append(plan, string(v[0]))
				return nil
			}))
			explained := strings.Join(plan, "\n")
			assert.Contains(t, explained, "by_"+column, column)
			assert.Regexp(t, `Index Cond: \(\(`+column+` >= .*\) AND \(`+column+` < `, explained)
		}
	})
}

// Without the fence the planner takes date_bin of a column for as diverse as
// the column itself, and sorts every row.
func TestBucketsAreHashedAndNoRowIsSorted(t *testing.T) {
	t.Parallel()
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		f := setUp(t, server, `
			CREATE TABLE orders (created_at timestamptz, channel text, region text, total numeric);
			INSERT INTO orders SELECT '2026-03-01'::timestamptz + g * interval '430 ms', 'web', repeat('x', 40), g FROM generate_series(0, 199999) AS g;
			CREATE INDEX ON orders (created_at); ANALYZE orders;`, strings.ReplaceAll(ordersCatalog, `"id", `, ""))
		look := f.look(t)
		scan := ordersScan(f)
		scan.GroupBy, scan.Buckets.Step, scan.Buckets.Origin = []string{"channel"}, time.Minute, scan.Buckets.From
		p, err := look.compile(t.Context(), scan)
		require.NoError(t, err)
		text := p.text.String()
		explain := func(text string) string {
			p.text.Reset()
			p.write("EXPLAIN ", text)
			var plan strings.Builder
			require.NoError(t, look.rowsOf(t.Context(), &p.statement, textFields(1), func(v [][]byte) error {
				plan.Write(append(v[0], '\n'))
				return nil
			}))
			return plan.String()
		}
		require.Contains(t, explain(text), "HashAggregate")
		require.NotContains(t, explain(strings.Replace(text, fence, "", 1)), "HashAggregate", "the fence is what makes the difference")
	})
}

func TestEqualBoundsAreEmptyBuckets(t *testing.T) {
	t.Parallel()
	f := setUp(t, embedpg.Shared(t), ordersSQL, ordersCatalog)
	from := instant(t, "2026-03-01T12:00:00Z")
	minute := from.Add(time.Minute)
	cells := f.scan(t, query.Scan{Table: f.catalog.Tables["orders"], Time: "created_at",
		Measures: []query.Measure{{Kind: query.CountRows}},
		Buckets: query.Buckets{From: from, To: from.Add(time.Hour),
			Bounds: []time.Time{from, from, minute, minute, minute, from.Add(time.Hour)}}})
	require.Equal(t, map[string]string{"1": "2", "4": "3"}, byCell(cells))
}

func TestBucketsThatCannotBeTellApartAreOurBug(t *testing.T) {
	t.Parallel()
	f := setUp(t, embedpg.Shared(t), ordersSQL, ordersCatalog)
	look := f.look(t)
	from := instant(t, "2026-03-01T12:00:00Z")
	to := from.Add(time.Hour)
	for name, b := range map[string]query.Buckets{
		"finer than a microsecond": {From: from, To: to, Step: 1500 * time.Nanosecond, Origin: from},
		"origin after the start":   {From: from, To: to, Step: time.Minute, Origin: from.Add(time.Minute)},
		"one bound":                {From: from, To: to, Bounds: []time.Time{from}},
		"descending bounds":        {From: from, To: to, Bounds: []time.Time{from, to, from, to}},
		"range beyond the bounds":  {From: from, To: to, Bounds: []time.Time{from, from.Add(time.Minute)}},
	} {
		_, err := look.Scan(t.Context(), &query.Scan{Table: f.catalog.Tables["orders"], Time: "created_at",
			Measures: []query.Measure{{Kind: query.CountRows}}, Buckets: b, MaxRows: 1})
		var bug *Error
		require.ErrorAs(t, err, &bug, name)
		require.Equal(t, KindInternal, bug.Kind)
		require.False(t, bug.Downstream())
	}
}

func TestTimesBetweenMicrosecondsAreRoundedUp(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 12, 0, 0, 1000, time.UTC)
	require.Equal(t, toMicros(at), toMicros(at.Add(-999)))
	require.Equal(t, toMicros(at)+1, toMicros(at.Add(1)))
	old := time.Date(1, 1, 1, 0, 0, 0, 1, time.UTC)
	require.Equal(t, time.Date(1, 1, 1, 0, 0, 0, 1000, time.UTC), fromMicros(toMicros(old)))
}

// spans are rows with every relation of opened and closed; the comment says on
// which days a row is open.
const spansSQL = `
CREATE TABLE carts (id int, opened timestamptz, closed timestamptz, opened_local timestamp, total numeric, ratio float8);
INSERT INTO carts (id, opened, closed, total, ratio) VALUES
  (1, '2026-03-01', '2026-03-03', 1, 1),              -- 1 and 2
  (2, '2026-03-02', NULL, 2, 2),                      -- from 2 on
  (3, '2026-03-02', 'infinity', 4, 'NaN'),            -- from 2 on
  (4, NULL, '2026-03-03', 8, 8),                      -- never
  (5, '2026-03-03', '2026-03-03', 16, 16),            -- never
  (6, '2026-03-04', '2026-03-02', 32, 32),            -- never
  (7, '-infinity', '2026-03-03', 64, 64),             -- never
  (8, 'infinity', NULL, 128, 128),                    -- never
  (9, '2026-02-01', '2026-03-02 00:00:00.000001', 'NaN', 'Infinity'), -- until 2, just
  (10, '2026-03-01', '-infinity', 256, 256);          -- never
UPDATE carts SET opened_local = opened AT TIME ZONE 'UTC';`

const spansCatalog = `{"version": 1, "timezone": "UTC",
  "tables": {"carts": {"relation": "carts", "dimensions": {"id": {"column": "id"}}}},
  "metrics": {"open": {"type": "gauge", "table": "carts", "opened": "opened", "closed": "closed", "help": "Open carts"}}}`

func TestGaugesCountValidSpansOnly(t *testing.T) {
	t.Parallel()
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		f := setUp(t, server, spansSQL, spansCatalog)
		day := func(d int) time.Time { return time.Date(2026, 3, d, 0, 0, 0, 0, time.UTC) }
		measures := []query.Measure{{Kind: query.CountRows}, {Kind: query.Sum, Expr: "total"}, {Kind: query.Sum, Expr: "ratio"}}
		for _, opened := range []string{"opened", "opened_local"} {
			span := &query.Span{Opened: opened, Closed: "closed"}
			// What is open at an instant: opened before it, closed at it or after.
			for at, want := range map[time.Time]map[string]string{
				day(1): {"": "1 null null"}, // 9, whose sums are not finite
				day(2): {"": "2 1 1"},       // 1, 9
				day(3): {"": "3 7 3"},       // 1, 2, 3
				day(4): {"": "2 6 2"},       // 2, 3
				day(9): {"": "2 6 2"},
				time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC): {},
			} {
				cells := f.scan(t, query.Scan{Table: f.catalog.Tables["carts"], Time: opened, Span: span, Level: true,
					Buckets: query.Buckets{From: at, To: at}, Measures: measures})
				assert.Equal(t, want, byCell(cells), "%s at %s", opened, at)
			}
			buckets := query.Buckets{From: day(1), To: day(9), Step: 24 * time.Hour, Origin: day(1)}
			flows := f.scan(t, query.Scan{Table: f.catalog.Tables["carts"], Time: opened, Span: span, Buckets: buckets, Measures: measures})
			assert.Equal(t, map[string]string{"0": "1 1 1", "1": "2 6 2"}, byCell(flows))
			flows = f.scan(t, query.Scan{Table: f.catalog.Tables["carts"], Time: "closed", Span: span, Buckets: buckets, Measures: measures})
			assert.Equal(t, map[string]string{"1": "1 null null", "2": "1 1 1"}, byCell(flows))
		}
	})
}
