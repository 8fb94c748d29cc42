package postgres

import (
	"context"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
	"time"

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

// Changes reads from a table's change log where its rows may differ from those
// at an earlier snapshot.
//
// A change is new to a snapshot when its transaction was not visible in it,
// which is not the same as being numbered after the last one seen: transactions
// commit in any order. A standby's snapshot does not list what runs on the
// primary, so there every transaction from xmin on counts as new.
func (l *DeltaLook) Changes(ctx context.Context, t *catalog.Table, since query.Snapshot) (query.Changes, error) {
	return l.changes(ctx, t, since, maxChanges, maxLogRows)
}

func (l *DeltaLook) changes(ctx context.Context, t *catalog.Table, since query.Snapshot, most, mostRows int) (query.Changes, error) {
	xmin, _, _ := strings.Cut(since.ID, ":")
	if _, err := strconv.ParseUint(xmin, 10, 64); err != nil {
		return query.Changes{}, fmt.Errorf("postgres: %q is not a snapshot", since.ID)
	}
	columns := l.prints[t.Name].columns
	s := &statement{}
	from := s.bindText(pgtype.TextOID, xmin) + "::xid8"
	s.write("(SELECT col, bucket, count(*)\nFROM (\n  SELECT col, bucket FROM ", changelogSchema, ".", quoteIdentifier(changelogName("log", t.Relation)),
		"\n  WHERE x >= ", from)
	if !since.Standby && !l.snapshot.Standby {
		s.write("\n    AND NOT pg_catalog.pg_visible_in_snapshot(x, ", s.bindText(pgtype.TextOID, since.ID), "::pg_snapshot)")
	}
	s.write("\n  LIMIT ", strconv.Itoa(mostRows+1), "\n) AS unseen\nGROUP BY 1, 2\nLIMIT ", strconv.Itoa(most+1), ")",
		"\nUNION ALL\nSELECT 0::smallint, '-infinity', 0 FROM ", changelogSchema, ".logs WHERE relation = ", s.bindText(pgtype.TextOID, qualified(t.Relation)), " AND low > ", from)
	logRows := int64(0)
	var changes query.Changes
	err := l.fixed(ctx, s.text.String(), s.binds, func(row [][]byte) error {
		col := int(int16(binary.BigEndian.Uint16(row[0])))
		logRows += int64(binary.BigEndian.Uint64(row[2]))
		if col < 1 || col > len(columns) {
			changes.Everything = true
			return nil
		}
		from, to := noted(decodeInstant(row[1]))
		changes.Dirty = append(changes.Dirty, query.Change{Column: columns[col-1], From: from, To: to})
		return nil
	})
	if err != nil {
		return query.Changes{}, classify(l.about(t, err))
	}
	if logRows > int64(mostRows) || len(changes.Dirty) > most {
		changes.Everything = true
	}
	if changes.Everything {
		changes.Dirty = nil
	}
	return changes, nil
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
