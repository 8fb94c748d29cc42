package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/internal/embedpg"
	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/query"
)

func TestMain(m *testing.M) { os.Exit(embedpg.Main(m)) }

// fixture is a database with a store on it.
type fixture struct {
	dsn     string
	catalog *catalog.Catalog
	store   *Store
}

// setUp makes a database, runs SQL in it and opens a store with a catalog,
// which is given in JSON.
func setUp(t testing.TB, server *embedpg.Server, sql, catalogJSON string) *fixture {
	t.Helper()
	f := &fixture{dsn: server.Database(t)}
	f.exec(t, sql)
	var err error
	f.catalog, err = catalog.Parse(json.RawMessage(catalogJSON))
	require.NoError(t, err)
	f.store = f.open(t, nil)
	return f
}

// open returns another store on the same database.
func (f *fixture) open(t testing.TB, change func(*Config)) *Store {
	t.Helper()
	cfg := Config{Pool: poolConfig(t, f.dsn), Catalog: f.catalog, QueryTimeout: 20 * time.Second}
	if change != nil {
		change(&cfg)
	}
	s := New(cfg)
	t.Cleanup(s.Close)
	return s
}

func poolConfig(t testing.TB, dsn string) *pgxpool.Config {
	t.Helper()
	pool, err := pgxpool.ParseConfig(dsn)
	require.NoError(t, err)
	pool.MaxConns = 4
	return pool
}

// exec runs SQL as the superuser.
func (f *fixture) exec(t testing.TB, sql string) {
	t.Helper()
	conn := f.connect(t)
	_, err := conn.PgConn().Exec(t.Context(), sql).ReadAll()
	require.NoError(t, err)
}

func (f *fixture) connect(t testing.TB) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), f.dsn)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// look begins a look that ends with the test.
func (f *fixture) look(t testing.TB) *Look {
	t.Helper()
	l, err := f.store.Look(t.Context(), query.Caller{})
	require.NoError(t, err)
	t.Cleanup(l.Close)
	return l
}

func (f *fixture) scan(t testing.TB, scan query.Scan) *query.Cells {
	t.Helper()
	if scan.MaxRows == 0 {
		scan.MaxRows = 10_000
	}
	look := f.look(t)
	defer look.Close()
	cells, err := look.Scan(t.Context(), &scan)
	require.NoError(t, err)
	return cells
}

func instant(t testing.TB, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339Nano, text)
	require.NoError(t, err)
	return at
}

// byCell writes cells as text: the bucket and labels of each, and its values.
func byCell(c *query.Cells) map[string]string {
	rows := map[string]string{}
	for i := range c.Columns[0].Len() {
		var key, values []string
		if c.Bucket != nil {
			key = append(key, fmt.Sprint(c.Bucket[i]))
		}
		if c.Group != nil {
			for _, v := range c.Groups[c.Group[i]] {
				key = append(key, v.Label())
			}
		}
		if c.Code != nil {
			key = append(key, fmt.Sprint(c.Code[i]))
		}
		for j := range c.Columns {
			values = append(values, valueText(&c.Columns[j], i))
		}
		rows[strings.Join(key, " ")] = strings.Join(values, " ")
	}
	return rows
}

func valueText(c *query.Column, i int) string {
	switch {
	case c.IsNull(i):
		return "null"
	case c.Kind == query.KindDecimal:
		return c.Decimals[i].String()
	case c.Kind == query.KindFloat:
		return fmt.Sprint(c.Floats[i])
	}
	return fmt.Sprint(c.Ints[i])
}

// emptyCatalog is as small as a catalog can be.
const emptyCatalog = `{"version": 1, "timezone": "UTC",
  "tables": {"t": {"relation": "t", "time": "at"}},
  "metrics": {"n": {"type": "counter", "table": "t", "help": "Rows"}}}`
