package postgres

import (
	"context"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/query"
)

// Changes reads from a table's change log where its rows may differ from those
// at an earlier snapshot.
//
// A change is new to a snapshot when its transaction was not visible in it,
// which is not the same as being numbered after the last one seen: transactions
// commit in any order. A standby's snapshot does not list what runs on the
// primary, so there every transaction from xmin on counts as new.
func (l *DeltaLook) Changes(ctx context.Context, t *catalog.Table, since query.Snapshot) (query.Changes, error) {
	xmin, _, _ := strings.Cut(since.ID, ":")
	if _, err := strconv.ParseUint(xmin, 10, 64); err != nil {
		return query.Changes{}, fmt.Errorf("postgres: %q is not a snapshot", since.ID)
	}
	columns := l.prints[t.Name].columns
	s := &statement{}
	from := s.bindText(pgtype.TextOID, xmin) + "::xid8"
	s.write("SELECT col, bucket FROM ", changelogSchema, ".", quoteIdentifier(changelogName("log", t.Relation)), "\nWHERE x >= ", from)
	if !since.Standby && !l.snapshot.Standby {
		s.write("\n  AND NOT pg_catalog.pg_visible_in_snapshot(x, ", s.bindText(pgtype.TextOID, since.ID), "::pg_snapshot)")
	}
	s.write("\nGROUP BY 1, 2\nUNION ALL\nSELECT 0::smallint, NULL FROM ", changelogSchema, ".logs WHERE relation = ", s.bindText(pgtype.TextOID, qualified(t.Relation)), " AND low > ", from)
	var changes query.Changes
	err := l.fixed(ctx, s.text.String(), s.binds, func(row [][]byte) error {
		col := int(int16(binary.BigEndian.Uint16(row[0])))
		if row[1] == nil || col < 1 || col > len(columns) {
			changes.Everything = true
			return nil
		}
		from := decodeInstant(row[1])
		changes.Dirty = append(changes.Dirty, query.Change{Column: columns[col-1], From: from, To: from.Add(changelogBucket)})
		return nil
	})
	if err != nil {
		return query.Changes{}, classify(l.about(t, err))
	}
	return changes, nil
}
