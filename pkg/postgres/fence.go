package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/message"
	"github.com/pullview/orders-datasource/pkg/query"
)

// fenceMargin is how much earlier than it looks the oldest running transaction
// may have begun. A session takes its transaction's time from the arrival of the
// statement and shows it a moment later; on a busy machine it may have to wait
// in between. On a standby, transactions are replayed in the order in which
// they were written, which differs by as little from that of their times.
const fenceMargin = 5 * time.Second

// runningSQL tells what is known of the transactions that run: whether this is
// a standby, when the last transaction that it has replayed was committed,
// whether every session shows when its transaction began, and when the oldest
// of them did.
//
// The time of the statement comes before all that it reads. So a transaction
// that it does not see has ended, or begins later. Those that vacuum, or send
// the log to standbys, change no rows.
const runningSQL = `SELECT pg_catalog.pg_is_in_recovery(), pg_catalog.pg_last_xact_replay_timestamp(),
  pg_catalog.pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') AND pg_catalog.count(*) FILTER (WHERE state = 'disabled') = 0,
  least(pg_catalog.statement_timestamp(), pg_catalog.min(xact_start))
FROM pg_catalog.pg_stat_activity
WHERE datname = pg_catalog.current_database() AND backend_type NOT IN ('autovacuum worker', 'walsender')
  AND pid <> pg_catalog.pg_backend_pid()`

// preparedSQL tells whether there are prepared transactions, of which nobody
// knows when they began. It is read after runningSQL: a transaction that is
// prepared meanwhile was running.
const preparedSQL = `SELECT EXISTS (SELECT FROM pg_catalog.pg_prepared_xacts WHERE database = pg_catalog.current_database())`

// horizon is what is known, before a snapshot is taken, of the transactions
// that the snapshot will not see.
type horizon struct {
	standby  bool
	complete bool      // every session shows when its transaction began
	prepared bool      // there are prepared transactions
	at       time.Time // none began earlier, prepared ones aside; on a standby: none was committed earlier. Zero where nothing is known
}

// fenced reports whether a table's changes are found by a time.
func fenced(t *catalog.Table) bool {
	return t.Changes.Mode == catalog.ChangesUpdatedAt || t.Changes.Mode == catalog.ChangesAppendOnly
}

// readHorizon reads the horizon outside of any transaction.
func (l *Look) readHorizon(ctx context.Context, pg *pgconn.PgConn) error {
	statements := []*fixedStatement{{sql: runningSQL}, {sql: preparedSQL}}
	if err := l.prepare(ctx, pg, statements...); err != nil {
		return err
	}
	p := pg.StartPipeline(ctx)
	for _, s := range statements {
		s.send(p)
	}
	l.horizon = horizon{}
	return readPipeline(p, func(statement int, row [][]byte) error {
		if statement == 1 {
			l.horizon.prepared = isTrue(row[0])
			return nil
		}
		l.horizon.standby, l.horizon.complete = isTrue(row[0]), isTrue(row[2])
		at := row[3]
		if l.horizon.standby {
			at = row[1]
		}
		if at != nil {
			l.horizon.at = decodeInstant(at).Add(-fenceMargin)
		}
		return nil
	})
}

// raiseFence decides of each fenced table whether its changes can be found
// later, and notes the look's fence in its snapshot.
//
// Who began a transaction that is prepared now began it after the fence of the
// look before, or was running then, or prepared then. By that look's fence all
// of these are covered, so while there are prepared transactions the fence
// stays where it was; a table without an earlier fence has to wait.
func (l *DeltaLook) raiseFence() {
	f := l.horizon
	at := f.at
	if f.prepared {
		for _, known := range l.tables {
			if earlier := known.Since.Fence; fenced(known.Table) && !earlier.IsZero() && earlier.Before(at) {
				at = earlier
			}
		}
	}
	for _, known := range l.tables {
		p := l.prints[known.Table.Name]
		switch known.Table.Changes.Mode {
		case catalog.ChangesUpdatedAt:
			p.keep = p.keep && !f.standby && f.complete && !(f.prepared && known.Since.Fence.IsZero())
		case catalog.ChangesAppendOnly:
			p.keep = p.keep && !(f.standby && f.at.IsZero())
		}
		l.prints[known.Table.Name] = p
	}
	l.snapshot.Fence = at
}

// setBack reports whether a clock was set back since an earlier look: what was
// written since may carry any time.
func (l *DeltaLook) setBack(since query.Snapshot) bool {
	return l.snapshot.AsOf.Before(since.AsOf.Add(-fenceMargin)) || l.horizon.at.Before(since.Fence.Add(-fenceMargin))
}

// laterThan names what may have changed in a table that is only appended to,
// since an earlier snapshot: all that was not final in it.
func (l *DeltaLook) laterThan(t *catalog.Table, since query.Snapshot) query.Changes {
	final := since.AsOf
	if since.Standby && since.Fence.Before(final) {
		final = since.Fence
	}
	final = final.Add(-time.Duration(t.Changes.Lateness))
	var changes query.Changes
	for _, column := range EventColumns(l.store.catalog, t) {
		changes.Dirty = append(changes.Dirty, query.Change{Column: column, From: final, To: latestTime})
	}
	return changes
}

// updatedSince reads where rows lie that were written by transactions that an
// earlier snapshot did not see, by the column that every write sets. The
// column's value is not before the beginning of its transaction, which is not
// before the snapshot's fence. Others were written later as well; to read them
// again does no harm.
func (l *DeltaLook) updatedSince(ctx context.Context, t *catalog.Table, since query.Snapshot, most int) (changes query.Changes, err error) {
	columns := EventColumns(l.store.catalog, t)
	err = l.withSchema(ctx, t, func() error {
		changes = query.Changes{}
		rel, err := l.relation(ctx, t)
		if err != nil {
			return err
		}
		updated, err := l.updatedColumn(ctx, rel)
		if err != nil {
			return err
		}
		s := &statement{}
		s.write("SELECT DISTINCT v.n, v.bucket\nFROM ", rel.sql, "\nCROSS JOIN LATERAL (VALUES ")
		bins := changelog{table: t}
		for i, name := range columns {
			at, err := l.timeColumn(ctx, rel, name)
			if err != nil {
				return err
			}
			if i > 0 {
				s.write(", ")
			}
			s.write(fmt.Sprintf("(%d, CASE WHEN %s > '-infinity' AND %[2]s < 'infinity' THEN %s END)", i, at.sql, bins.bucketSQL(at.kind, at.sql)))
		}
		s.write(") AS v (n, bucket)\nWHERE v.bucket IS NOT NULL")
		for _, condition := range updated.from(s, since.Fence.Add(-time.Duration(t.Changes.Lateness))) {
			s.write("\n  AND ", condition)
		}
		s.write("\nLIMIT ", s.bindText(pgtype.Int8OID, fmt.Sprint(most+1)))
		return l.rowsOf(ctx, s, func([]pgconn.FieldDescription) error { return nil }, func(row [][]byte) error {
			from, to := noted(decodeInstant(row[1]))
			changes.Dirty = append(changes.Dirty, query.Change{Column: columns[decodeOID(row[0])], From: from, To: to})
			return nil
		})
	})
	if err != nil {
		return query.Changes{}, classify(l.about(t, err))
	}
	if len(changes.Dirty) > most {
		return query.Changes{Everything: true}, nil
	}
	return changes, nil
}

// updatedColumn is the column that every insert and update of a table sets.
func (l *Look) updatedColumn(ctx context.Context, rel *relation) (timeColumn, error) {
	name := rel.table.Changes.Column
	column, err := l.timeColumn(ctx, rel, name)
	if err == nil && column.kind == timeDate {
		err = &Error{Kind: KindCatalog, Message: message.New(
			"tables.%s.changes.column: %s has type date, which does not tell when in the day a row was written; it must be a timestamptz or timestamp", rel.table.Name, name)}
	}
	return column, err
}
