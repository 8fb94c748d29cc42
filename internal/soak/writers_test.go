package soak

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// day is the time in which all orders are created.
var day = time.Date(2026, 3, 10, 0, 0, 0, 0, time.UTC)

// writer changes orders at random, one transaction after the other.
type writer struct {
	number  uint64
	random  *rand.Rand
	commits *atomic.Int64
}

// run goes on until the context ends.
func (w *writer) run(ctx context.Context, t *testing.T, dsn string) {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Error(err)
		return
	}
	defer func() { _ = conn.Close(context.Background()) }()
	for ctx.Err() == nil {
		end := w.end()
		statements := append(append([]string{"BEGIN"}, w.changes()...), end)
		if _, err := conn.Exec(ctx, strings.Join(statements, ";"), pgx.QueryExecModeSimpleProtocol); err != nil {
			// Two writers met on a row, or the test is over.
			_, _ = conn.Exec(ctx, "ROLLBACK", pgx.QueryExecModeSimpleProtocol)
			continue
		}
		if strings.HasPrefix(end, "PREPARE") {
			finish := []string{"COMMIT", "ROLLBACK"}[w.random.IntN(2)]
			_, _ = conn.Exec(ctx, fmt.Sprintf("%s PREPARED 'writer %d'", finish, w.number), pgx.QueryExecModeSimpleProtocol)
		}
		w.commits.Add(1)
	}
}

// end is how a transaction ends: mostly by committing.
func (w *writer) end() string {
	switch w.random.IntN(10) {
	case 0:
		return "ROLLBACK"
	case 1:
		return fmt.Sprintf("PREPARE TRANSACTION 'writer %d'", w.number)
	}
	return "COMMIT"
}

// changes are the statements of one transaction.
func (w *writer) changes() []string {
	var statements []string
	for range 1 + w.random.IntN(3) {
		switch w.random.IntN(14) {
		case 0, 1, 2, 3, 4:
			statements = append(statements, fmt.Sprintf("INSERT INTO orders (created_at, invoiced_at, channel, total) VALUES (%s, %s, %s, %d)",
				w.moment(), w.maybe(w.moment()), w.channel(), w.random.IntN(1000)))
		case 5, 6:
			statements = append(statements, "UPDATE orders SET invoiced_at = created_at + interval '7 min' WHERE "+w.one())
		case 7:
			statements = append(statements, fmt.Sprintf("UPDATE orders SET total = %d, channel = %s WHERE %s", w.random.IntN(1000), w.channel(), w.one()))
		case 8: // may move the row to another partition
			statements = append(statements, fmt.Sprintf("UPDATE orders SET created_at = %s WHERE %s", w.moment(), w.one()))
		case 9:
			statements = append(statements, "DELETE FROM orders WHERE "+w.one())
		case 10:
			statements = append(statements, "SAVEPOINT s", "DELETE FROM orders WHERE "+w.one(), "ROLLBACK TO s")
		case 11:
			statements = append(statements, fmt.Sprintf(`MERGE INTO orders o USING (SELECT date_trunc('minute', %s::timestamptz) AS at) AS v ON o.created_at = v.at
				WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT (created_at, total) VALUES (v.at, 5)`, w.moment()))
		case 12:
			statements = append(statements, w.rare())
		case 13: // a transaction that commits late, after others with higher numbers
			statements = append(statements, fmt.Sprintf("SELECT pg_sleep(%f)", w.random.Float64()*0.2))
		}
	}
	return statements
}

// rare are changes that empty or replace whole tables.
func (w *writer) rare() string {
	switch w.random.IntN(400) {
	case 0:
		return "TRUNCATE " + []string{"orders_old", "orders_mid", "orders_new"}[w.random.IntN(3)]
	case 1:
		return "TRUNCATE orders"
	case 2: // rows come and go without any trigger
		return "ALTER TABLE orders DETACH PARTITION orders_mid; DELETE FROM orders_mid WHERE total < 300; " +
			"ALTER TABLE orders ATTACH PARTITION orders_mid FOR VALUES FROM ('2026-03-10 06:00Z') TO ('2026-03-10 12:00Z')"
	case 3:
		return "ALTER TABLE orders_old DISABLE TRIGGER live_orders_rows; DELETE FROM orders_old WHERE total < 200"
	case 4:
		return "ALTER TABLE orders_old ENABLE ALWAYS TRIGGER live_orders_rows"
	case 5:
		return "SELECT live_orders.prune('1 second')"
	}
	return "INSERT INTO orders (created_at, total) SELECT " + w.moment() + "::timestamptz + n * interval '1 s', n FROM generate_series(1, 20) n " +
		"ON CONFLICT DO NOTHING"
}

func (w *writer) moment() string {
	return "'" + day.Add(time.Duration(w.random.Int64N(int64(18*time.Hour)))).Format(time.RFC3339Nano) + "'"
}

func (w *writer) one() string {
	return "id = (SELECT id FROM orders WHERE created_at >= " + w.moment() + " ORDER BY created_at LIMIT 1)"
}

func (w *writer) maybe(value string) string {
	if w.random.IntN(2) == 0 {
		return "NULL"
	}
	return value
}

func (w *writer) channel() string {
	return []string{"'web'", "'app'", "'store'", "NULL"}[w.random.IntN(4)]
}
