package soak

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/internal/embedpg"
	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/engine"
	"github.com/pullview/orders-datasource/pkg/query"
)

// quiet is a database in which nothing happens but what a test does. So every
// snapshot is the same, and plain numbers may be another store's, which
// remembers nothing.
type quiet struct {
	*soaking
	server *embedpg.Server
}

// quietRows has an order every seven minutes on the quiet day. Every other one
// is done two minutes per number later.
const quietRows = `CREATE TABLE orders (id int PRIMARY KEY, at timestamptz, done timestamptz, channel text, n numeric);
INSERT INTO orders SELECT i, '2026-03-02 10:00Z'::timestamptz + i * interval '7 minutes',
  CASE WHEN i % 2 = 0 THEN '2026-03-02 10:00Z'::timestamptz + i * interval '9 minutes' END,
  CASE WHEN i % 3 = 0 THEN 'app' ELSE 'web' END, i FROM generate_series(1, 30) AS i;`

var quietDay = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

const (
	counted = `"type": "counter"`
	levels  = `"type": "gauge", "opened": "at", "closed": "done"`
)

// newQuiet makes a database with the quiet rows, whatever setup makes of them,
// and their change log, and an engine that keeps one metric. Both are given in
// the catalog's JSON: the dimension d, or nothing, and what the metric is.
func newQuiet(t *testing.T, server *embedpg.Server, setup, dimension, metric string) *quiet {
	t.Helper()
	dsn := server.Database(t)
	q := &quiet{&soaking{database: dsn[strings.LastIndex(dsn, "/")+1 : strings.Index(dsn, "?")]}, server}
	var err error
	q.catalog, err = catalog.Parse(fmt.Appendf(nil, `{"version": 1, "timezone": "UTC",
		"tables": {"orders": {"relation": "public.orders", "time": "at", "changes": {"mode": "log"}, "dimensions": {%s}}},
		"metrics": {"m": {"table": "orders", "help": "Orders", %s}}}`, dimension, metric))
	require.NoError(t, err)
	q.run(t, quietRows, setup)
	q.installLog(t, server)
	q.readFrom(t, server, doubtless)
	q.unaudited = true
	q.engine = q.newEngine()
	return q
}

// run runs statements. $database is the name of the database.
func (q *quiet) run(t *testing.T, statements ...string) {
	t.Helper()
	for _, sql := range statements {
		q.exec(t, q.server, strings.ReplaceAll(sql, "$database", q.database))
	}
}

// requests ask for the metric of the quiet day.
func (q *quiet) requests(t *testing.T) (requests []*query.Request) {
	for _, step := range []string{"1m", "1h", "range"} {
		ask := query.Query{Metrics: []string{"m"}, Step: step}
		if len(q.catalog.Tables["orders"].Dimensions) > 0 {
			ask.GroupBy = []string{"d"}
		}
		requests = append(requests, q.request(t, ask, quietDay, quietDay.Add(6*time.Hour)))
	}
	return requests
}

// compared asks the engine, which may keep numbers, and a store that knows
// nothing yet, and fails the test where they differ. It returns what the answers
// are worth, how many numbers in them may be kept, and how many of these were
// read.
func (q *quiet) compared(t *testing.T, when string) (guarantee string, cached, fetched int) {
	t.Helper()
	for _, req := range q.requests(t) {
		q.store.request.Store(req)
		kept, err := q.engine.Answer(t.Context(), req, query.Caller{})
		require.NoError(t, err, when)
		assert.Equal(t, q.plain(t, req), seriesOf(kept), "%s, step %s", when, req.Step)
		guarantee = kept.Stats.Guarantee
		cached += kept.Stats.Cached
		fetched += kept.Stats.Fetched
	}
	return guarantee, cached, fetched
}

// plain answers from a store, and by connections, that were not there before.
func (q *quiet) plain(t *testing.T, req *query.Request) []string {
	t.Helper()
	store := q.open(t, q.server.DSN(q.database), false)
	defer store.Close()
	look, err := store.Look(t.Context(), query.Caller{})
	require.NoError(t, err)
	defer look.Close()
	answer, err := engine.AnswerOn(t.Context(), look, req)
	require.NoError(t, err)
	return seriesOf(answer)
}

func TestGaugesCountRowsOfAllTimes(t *testing.T) {
	t.Parallel()
	q := newQuiet(t, embedpg.Shared(t), `INSERT INTO orders VALUES
		(101, '0001-01-01Z', NULL, 'web', 1), (102, '0001-01-01Z', '0002-01-01Z', 'web', 2), (103, '0001-01-01Z', '2026-03-02 11:00Z', 'app', 4),
		(104, '4000-01-01Z BC', '30000-01-01Z', 'web', 8), (105, '1969-12-31 23:59:59.999999Z', NULL, 'web', 16), (106, '1970-01-01Z', NULL, 'web', 32),
		(107, '-infinity', NULL, 'web', 64), (108, 'infinity', NULL, 'web', 128), (109, '2025-01-01Z', 'infinity', 'web', 256), (110, '2025-01-01Z', '-infinity', 'web', 512)`,
		`"d": {"column": "channel"}`, levels+`, "sum": "n"`)
	q.compared(t, "at first")
	guarantee, _, fetched := q.compared(t, "again")
	for more := 0; fetched > 0 && more < 20; more++ { // a slow machine answers live until all is read
		guarantee, _, fetched = q.compared(t, "once more")
	}
	assert.Equal(t, engine.GuaranteeExact, guarantee)
	assert.Zero(t, fetched, "numbers come from memory")
	for _, change := range []string{
		"UPDATE orders SET n = 3 WHERE id = 101",
		"UPDATE orders SET channel = 'app' WHERE id = 102",
		"UPDATE orders SET done = NULL WHERE id = 102",
		"DELETE FROM orders WHERE id = 101",
		"INSERT INTO orders VALUES (201, '4001-01-01Z BC', NULL, 'app', 1024)",
		"UPDATE orders SET at = '-infinity' WHERE id IN (104, 201)",
		"UPDATE orders SET done = at WHERE id < 110",
		"DELETE FROM orders WHERE id > 100",
		"INSERT INTO orders VALUES (202, '0001-01-01Z', NULL, 'app', 1)",
	} {
		q.run(t, change)
		guarantee, _, _ = q.compared(t, change)
		assert.Equal(t, engine.GuaranteeExact, guarantee, change)
	}
}

// What a gauge of floats once counted leaves no rounding behind, however large
// it was.
func TestGaugesOfFloatsForgetWhatIsClosed(t *testing.T) {
	t.Parallel()
	q := newQuiet(t, embedpg.Shared(t), `ALTER TABLE orders ADD f float8 DEFAULT 0.1;
		INSERT INTO orders VALUES (101, '2026-01-01Z', '2026-03-02 08:00Z', 'web', 1, 1e300), (102, '2026-01-01Z', '2026-03-02 12:30Z', 'web', 1, 1e300),
			(103, '2026-01-01Z', NULL, 'web', 1, 'NaN'), (104, '2026-01-01Z', NULL, 'web', 1, '-Infinity'), (105, '2026-01-01Z', NULL, 'web', 1, 5e-324);`,
		``, levels+`, "sum": "f"`)
	for range 2 {
		q.compared(t, "from memory and not")
	}
	open := value[float64](t, q.soaking, q.server, "SELECT sum(f) FROM orders WHERE at < '2026-03-02 15:00Z' AND (done IS NULL OR done >= '2026-03-02 15:00Z') AND abs(f) < 'Infinity'")
	for _, req := range q.requests(t) {
		answer, err := q.engine.Answer(t.Context(), req, query.Caller{})
		require.NoError(t, err)
		require.Equal(t, engine.GuaranteeExact, answer.Stats.Guarantee)
		values := answer.Series[0].Values
		last, ok := values.Float64(values.Len() - 1)
		assert.True(t, ok)
		assert.InEpsilon(t, open, last, 1e-12, "step %s", req.Step)
	}
}
