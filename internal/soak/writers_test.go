package soak

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
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
	habits
	repair string // what the next transaction is to do
}

// habits are what writers leave out.
type habits struct {
	// noDDL leaves alone what logical replication does not carry over: the
	// definition of tables and their triggers.
	noDDL bool
	// keep leaves every row, and its times once it has them.
	keep bool
	// slow makes one writer commit seconds late. Nobody empties or redefines a
	// table then, for which all others would have to wait.
	slow bool
	// noMerge leaves out what PostgreSQL has from version 15.
	noMerge bool
}

// remove takes an order away, or else changes it.
func (w *writer) remove() string {
	if w.keep {
		return fmt.Sprintf("UPDATE orders SET total = %d WHERE %s", w.random.IntN(1000), w.one())
	}
	return "DELETE FROM orders WHERE " + w.one()
}

// writes is by what writers are known to the server.
const writes = "writes"

// run goes on until the context ends, over the loss of its connection.
func (w *writer) run(ctx context.Context, dsn string) {
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		panic(err) // every server's is well-formed
	}
	config.RuntimeParams["application_name"] = writes
	for ; ctx.Err() == nil; pause(ctx) {
		conn, err := pgx.ConnectConfig(ctx, config)
		if err != nil {
			continue
		}
		// Left behind where the server crashed.
		_, _ = conn.Exec(ctx, fmt.Sprintf("ROLLBACK PREPARED 'writer %d'", w.number), pgx.QueryExecModeSimpleProtocol)
		for ctx.Err() == nil && !conn.IsClosed() {
			w.transaction(ctx, conn)
		}
		_ = conn.Close(context.WithoutCancel(ctx))
	}
}

func (w *writer) transaction(ctx context.Context, conn *pgx.Conn) {
	exec := func(statements ...string) error {
		_, err := conn.Exec(ctx, strings.Join(statements, ";"), pgx.QueryExecModeSimpleProtocol)
		return err
	}
	if w.repair != "" {
		if exec(w.repair) == nil {
			w.repair = ""
		}
		return
	}
	end := w.end()
	var err error
	if w.random.IntN(10) == 0 { // COPY has a protocol of its own
		if err = exec(append([]string{"BEGIN"}, w.changes()...)...); err == nil {
			_, err = conn.PgConn().CopyFrom(ctx, strings.NewReader(w.rows()), "COPY orders (created_at, invoiced_at, channel, total) FROM STDIN")
		}
		if err == nil {
			err = exec(end)
		}
	} else {
		err = exec(append(append([]string{"BEGIN"}, w.changes()...), end)...)
	}
	if err != nil {
		// Two writers met on a row, the server is down, or the test is over.
		_ = exec("ROLLBACK")
		return
	}
	if strings.HasPrefix(end, "PREPARE") {
		_ = exec(fmt.Sprintf("%s PREPARED 'writer %d'", []string{"COMMIT", "ROLLBACK"}[w.random.IntN(2)], w.number))
	}
	w.commits.Add(1)
}

// rows are some to be copied, in PostgreSQL's text format.
func (w *writer) rows() string {
	var b strings.Builder
	for range 1 + w.random.IntN(20) {
		fmt.Fprintf(&b, "%s\t%s\t%s\t%d\n", w.instant(), []string{`\N`, w.instant()}[w.random.IntN(2)], []string{`\N`, "web", "app"}[w.random.IntN(3)], w.random.IntN(1000))
	}
	return b.String()
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
		switch w.random.IntN(16) {
		case 0, 1, 2, 3, 4:
			statements = append(statements, fmt.Sprintf("INSERT INTO orders (created_at, invoiced_at, channel, total) VALUES (%s, %s, %s, %d)",
				w.moment(), w.maybe(w.moment()), w.channel(), w.random.IntN(1000)))
		case 5, 6:
			invoice := "UPDATE orders SET invoiced_at = created_at + interval '7 min' WHERE " + w.one()
			if w.keep {
				invoice += " AND invoiced_at IS NULL"
			}
			statements = append(statements, invoice)
		case 7:
			statements = append(statements, fmt.Sprintf("UPDATE orders SET total = %d, channel = %s WHERE %s", w.random.IntN(1000), w.channel(), w.one()))
		case 8: // may move the row to another partition
			if !w.keep {
				statements = append(statements, fmt.Sprintf("UPDATE orders SET created_at = %s WHERE %s", w.moment(), w.one()))
			}
		case 9:
			statements = append(statements, w.remove())
		case 10:
			statements = append(statements, "SAVEPOINT s", w.remove(), "ROLLBACK TO s")
		case 11:
			if w.noMerge {
				statements = append(statements, w.remove())
				break
			}
			matched := "DELETE"
			if w.keep {
				matched = "UPDATE SET total = 6"
			}
			statements = append(statements, fmt.Sprintf(`MERGE INTO orders o USING (SELECT date_trunc('minute', %s::timestamptz) AS at) AS v ON o.created_at = v.at
				WHEN MATCHED THEN %s WHEN NOT MATCHED THEN INSERT (created_at, total) VALUES (v.at, 5)`, w.moment(), matched))
		case 12:
			statements = append(statements, w.rare())
		case 13:
			statements = append(statements, fmt.Sprintf(`INSERT INTO orders (id, created_at, total) OVERRIDING SYSTEM VALUE SELECT id, created_at, %d FROM orders WHERE %s
				ON CONFLICT (id, created_at) DO UPDATE SET total = excluded.total, invoiced_at = COALESCE(orders.invoiced_at, %s)`, w.random.IntN(1000), w.one(), w.moment()))
		case 14: // a transaction that commits late, after others with higher numbers
			late := w.random.Float64() * 0.2
			if w.slow && w.number == 0 {
				late = 6
			}
			statements = append(statements, fmt.Sprintf("SELECT pg_sleep(%f)", late))
		case 15: // through the view
			statements = append(statements, fmt.Sprintf("UPDATE large_orders SET total = %d WHERE %s", 400+w.random.IntN(600), w.one()))
		}
	}
	return statements
}

// rare are changes that empty or replace whole tables.
func (w *writer) rare() string {
	rarity := w.random.IntN(200)
	if w.slow || w.noDDL && rarity > 1 || w.keep && rarity > 2 && rarity < 6 {
		rarity = 100
	}
	switch rarity {
	case 0:
		return "TRUNCATE " + []string{"orders_old", "orders_mid", "orders_new"}[w.random.IntN(3)]
	case 1:
		return "TRUNCATE orders"
	case 2: // rows come and go without any trigger
		return "ALTER TABLE orders DETACH PARTITION orders_mid; DELETE FROM orders_mid WHERE total < 300; " +
			"ALTER TABLE orders ATTACH PARTITION orders_mid FOR VALUES FROM ('2026-03-10 06:00Z') TO ('2026-03-10 12:00Z')"
	case 3:
		w.repair = "ALTER TABLE orders_old ENABLE ALWAYS TRIGGER live_orders_rows"
		return "ALTER TABLE orders_old DISABLE TRIGGER live_orders_rows; DELETE FROM orders_old WHERE total < 200"
	case 4:
		return "ALTER TABLE orders_new DISABLE TRIGGER live_orders_rows; DELETE FROM orders_new WHERE total < 200; " +
			"ALTER TABLE orders_new ENABLE ALWAYS TRIGGER live_orders_rows"
	case 5:
		return "SELECT live_orders.prune('1 second')"
	case 6: // a partition that the log's script has not seen
		return "CREATE TABLE orders_late (LIKE orders INCLUDING DEFAULTS); INSERT INTO orders_late (id, created_at, total) VALUES (0, '2026-03-10 19:01Z', 7); " +
			"ALTER TABLE orders ATTACH PARTITION orders_late FOR VALUES FROM ('2026-03-10 19:00Z') TO ('2026-03-10 20:00Z')"
	case 7:
		return "TRUNCATE orders_late"
	case 8:
		return "DROP TABLE orders_late"
	case 9: // the view shows other rows
		return view("created_at, invoiced_at", fmt.Sprintf("total > %d", 300+w.random.IntN(400)))
	case 10:
		return "DROP VIEW large_orders; " + view("created_at, invoiced_at", "total > 500")
	case 11: // what the log says of one column is of the other
		w.repair = view("created_at, invoiced_at", "total > 500")
		return view("invoiced_at AS created_at, created_at AS invoiced_at", "total > 500")
	case 12: // rows come and go with other rows
		w.repair = view("created_at, invoiced_at", "total > 500")
		return view("created_at, invoiced_at", "total > (SELECT avg(o.total) FROM orders o)")
	case 13: // another table under the view
		w.repair = view("created_at, invoiced_at", "total > 500")
		return "CREATE TABLE IF NOT EXISTS other_orders AS SELECT * FROM orders WITH NO DATA; DELETE FROM other_orders; INSERT INTO other_orders SELECT * FROM orders; " +
			strings.Replace(view("created_at, invoiced_at", "total > 500"), "FROM orders", "FROM other_orders", 1)
	}
	return "INSERT INTO orders (created_at, total) SELECT " + w.moment() + "::timestamptz + n * interval '1 s', n FROM generate_series(1, 20) n " +
		"ON CONFLICT DO NOTHING"
}

// view makes the view on orders anew, with other times or another condition.
func view(times, condition string) string {
	return "CREATE OR REPLACE VIEW large_orders AS SELECT id, " + times + ", channel, total, total * 2 AS twice FROM orders WHERE " + condition
}

func (w *writer) moment() string { return "'" + w.instant() + "'" }

func (w *writer) instant() string {
	return day.Add(time.Duration(w.random.Int64N(int64(18 * time.Hour)))).Format(time.RFC3339Nano)
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
