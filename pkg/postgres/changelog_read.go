package postgres

import (
	"context"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/query"
)

const (
	// maxChanges is how many changed stretches are told apart. After more, as an
	// update of everything leaves, all is read anew.
	maxChanges = 100_000
	// maxLogRows is how many rows of the log are read for them: a stretch has one
	// for each transaction that changed it.
	maxLogRows = 1_000_000
)

// unseen is what a change log holds that an earlier snapshot did not see.
//
// A change is new to a snapshot when its transaction was not visible in it,
// which is not the same as being numbered after the last one seen: transactions
// commit in any order. A standby's snapshot does not list what runs on the
// primary, so there every transaction from xmin on counts as new.
type unseen struct {
	since      string // the snapshot
	xmin       uint64 // of the snapshot: what is older was seen
	statement  fixedStatement
	most, rows int // more stretches, or rows of the log, than these are taken for everything

	logRows    int64
	everything bool
	told       bool // what the log covers
	stretches  []stretch
}

// lastTransaction is the greatest number that a transaction can have.
const lastTransaction = "'18446744073709551615'::xid8"

// stretch is one that the log names: the number of the column, and the bucket.
type stretch struct {
	column int
	bucket time.Time
}

func (l *DeltaLook) unseen(t *catalog.Table, since query.Snapshot, most, rows int) (*unseen, error) {
	xmin, _, _ := strings.Cut(since.ID, ":")
	number, err := strconv.ParseUint(xmin, 10, 64)
	if err != nil {
		return nil, fmt.Errorf("postgres: %q is not a snapshot", since.ID)
	}
	u := &unseen{since: since.ID, xmin: number, most: most, rows: rows}
	s := &statement{}
	// The upper bound says nothing, as no transaction has a greater number. To the
	// planner that knows no numbers a range has few rows, and what is open many.
	s.write("SELECT col, bucket, pg_catalog.count(*)\nFROM (\n  SELECT col, bucket FROM ", changelogSchema, ".", quoteIdentifier(changelogName("log", t.Logged())),
		"\n  WHERE x >= ", s.bindText(pgtype.TextOID, xmin), "::xid8 AND x <= ", lastTransaction)
	if !since.Standby && !l.snapshot.Standby {
		s.write("\n    AND NOT pg_catalog.pg_visible_in_snapshot(x, ", s.bindText(pgtype.TextOID, since.ID), "::pg_snapshot)")
	}
	s.write("\n  LIMIT ", strconv.Itoa(rows+1), "\n) AS unseen\nGROUP BY 1, 2\nLIMIT ", strconv.Itoa(most+1))
	u.statement.sql = s.text.String()
	u.statement.values, u.statement.oids, _ = s.values()
	return u, nil
}

// row takes a row of the statement in.
func (u *unseen) row(row [][]byte) error {
	column := int(int16(binary.BigEndian.Uint16(row[0])))
	u.logRows += int64(binary.BigEndian.Uint64(row[2]))
	u.everything = u.everything || column < 1
	u.stretches = append(u.stretches, stretch{column, decodeInstant(row[1])})
	return nil
}

// pruned takes in the row of logSQL: the log may lack what is older than its
// first transaction.
func (u *unseen) pruned(row [][]byte) error {
	u.told = true
	low, err := strconv.ParseUint(string(row[2]), 10, 64)
	if err != nil {
		return fmt.Errorf("postgres: %q is not a transaction", row[2])
	}
	u.everything = u.everything || low > u.xmin
	return nil
}

// changes names what was found by the columns that the log covers.
func (u *unseen) changes(columns []string) query.Changes {
	if !u.told || u.everything || u.logRows > int64(u.rows) || len(u.stretches) > u.most {
		return query.Changes{Everything: true}
	}
	var changes query.Changes
	for _, s := range u.stretches {
		if s.column > len(columns) {
			return query.Changes{Everything: true}
		}
		from, to := noted(s.bucket)
		changes.Dirty = append(changes.Dirty, query.Change{Column: columns[s.column-1], From: from, To: to})
	}
	return changes
}

// nextOf is the number that the first transaction had which began after a
// snapshot. It goes back where a machine was set back with all its memory: what
// was seen never happened, and its numbers are used again.
func nextOf(snapshot string) uint64 {
	_, after, _ := strings.Cut(snapshot, ":")
	next, _, _ := strings.Cut(after, ":")
	number, _ := strconv.ParseUint(next, 10, 64) // 0 of what is no snapshot
	return number
}

// Changes tells by a table's change feed where its rows may differ from those at
// an earlier snapshot.
func (l *DeltaLook) Changes(ctx context.Context, t *catalog.Table, since query.Snapshot) (query.Changes, error) {
	if fenced(t) && l.setBack(since) || nextOf(l.snapshot.ID) < nextOf(since.ID) {
		return query.Changes{Everything: true}, nil
	}
	switch t.Changes.Mode {
	case catalog.ChangesUpdatedAt:
		return l.updatedSince(ctx, t, since, maxChanges)
	case catalog.ChangesAppendOnly:
		return l.laterThan(t, since), nil
	}
	if read := l.logs[t.Name]; read != nil && read.since == since.ID {
		return read.changes(l.prints[t.Name].columns), nil
	}
	return l.changes(ctx, t, since, maxChanges, maxLogRows)
}

func (l *DeltaLook) changes(ctx context.Context, t *catalog.Table, since query.Snapshot, most, rows int) (query.Changes, error) {
	u, err := l.unseen(t, since, most, rows)
	if err != nil {
		return query.Changes{}, err
	}
	err = l.run(ctx, func(ctx context.Context, pg *pgconn.PgConn) error {
		p := pg.StartPipeline(ctx)
		mark := fixedStatement{sql: soundLogSQL(t.Logged())}
		mark.send(p)
		u.statement.send(p)
		return readPipeline(p, func(statement int, row [][]byte) error {
			if statement == 0 {
				return u.pruned(row)
			}
			return u.row(row)
		})
	})
	if err != nil {
		return query.Changes{}, classify(l.about(t, err))
	}
	return u.changes(l.prints[t.Name].columns), nil
}

// The days between which the log is exact. Times beyond are noted at the first
// or the last of those that the triggers tell apart, see bucketSQL.
var (
	firstNoted = time.Date(1, 1, 5, 0, 0, 0, 0, time.UTC)
	lastNoted  = time.Date(9999, 12, 27, 0, 0, 0, 0, time.UTC)
	// The ends of what PostgreSQL stores.
	earliestTime = time.Date(-4713, 11, 24, 0, 0, 0, 0, time.UTC)
	latestTime   = time.Date(294_277, 1, 1, 0, 0, 0, 0, time.UTC)
)

// noted is the time for which a bucket of the log stands.
func noted(bucket time.Time) (from, to time.Time) {
	switch {
	case bucket.Before(firstNoted):
		return earliestTime, firstNoted
	case !bucket.Before(lastNoted):
		return lastNoted, latestTime
	}
	return bucket, bucket.Add(changelogBucket)
}
