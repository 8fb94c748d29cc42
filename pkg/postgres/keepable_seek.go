package postgres

import (
	"context"
	"encoding/binary"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/message"
	"github.com/pullview/orders-datasource/pkg/query"
)

// maxSearched is the size in bytes up to which a table may be searched for the
// rows of a minute.
const maxSearched = 8 << 20

// searches says that no index finds the rows of a minute. To read a changed one
// again would cost what the answer does. It is an error so that it is not
// remembered: an index may come.
type searches struct{ column string }

func (e *searches) Error() string { return e.Text().String() }

func (e *searches) Text() message.Message {
	return message.New("no index begins with %s, so a changed minute costs as much as all of them", e.column)
}

// checkSeeks returns a *searches where the rows of a minute would have to be
// searched for in more than maxSearched bytes.
func (l *DeltaLook) checkSeeks(ctx context.Context, scan *query.Scan) error {
	searched := uint64(0)
	err := l.fixed(ctx, searchedSQL(scan.Table.Logged()), []bind{textBind(scan.Time)}, func(row [][]byte) error {
		searched = binary.BigEndian.Uint64(row[0])
		return nil
	})
	if err == nil && searched > maxSearched {
		return &searches{scan.Time}
	}
	return err
}

// searchedSQL returns the bytes of a table, with its partitions and children,
// that no index finds by a column.
func searchedSQL(r catalog.Relation) string {
	return membersSQL(r) + `
SELECT COALESCE(pg_catalog.sum(pg_catalog.pg_relation_size(c.oid)), 0)::bigint
FROM tree JOIN pg_catalog.pg_class c ON c.oid = tree.oid
WHERE c.relkind = 'r' AND NOT EXISTS (
  SELECT FROM pg_catalog.pg_index i JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
  WHERE i.indrelid = c.oid AND i.indisvalid AND a.attname = $1)`
}

// membersSQL begins a statement about a table with all its partitions and
// children, under the name of tree, as treeSQL does; it finds the table by its
// name alone, and does not tell which partitions are being detached.
func membersSQL(r catalog.Relation) string {
	return `WITH RECURSIVE tree AS (
  SELECT ` + namedSQL(r) + ` AS oid
  UNION
  SELECT i.inhrelid FROM tree JOIN pg_catalog.pg_inherits i ON i.inhparent = tree.oid
)`
}
