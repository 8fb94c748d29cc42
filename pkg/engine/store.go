package engine

import (
	"context"
	"time"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/message"
	"github.com/pullview/orders-datasource/pkg/query"
)

// Store is the orders store as the engine needs it.
type Store interface {
	// Look begins one read-only transaction whose statements all see the same
	// snapshot, taken after the call. The caller closes the look.
	Look(ctx context.Context, caller query.Caller) (Look, error)
}

// DeltaStore is a store that can tell what changed since an earlier look.
type DeltaStore interface {
	Store
	// LookAt is Look, with the tables locked against being truncated before the
	// snapshot is taken. A table that is known from an earlier look costs less. It
	// may be known several times, from looks at several servers behind one address.
	// A table that cannot be locked, while others can, has no fingerprint.
	LookAt(ctx context.Context, caller query.Caller, tables []query.Known) (DeltaLook, error)
}

// DeltaLook is a look that knows what an earlier one may have kept.
type DeltaLook interface {
	Look
	// Fingerprint identifies the server's history and the definition of a table.
	// What was read under another fingerprint says nothing. Of a table that is
	// known from an earlier look it may be that look's; whether it still holds
	// Unchanged tells. ok is false where numbers of the table must not be kept at
	// all.
	Fingerprint(table *catalog.Table) (fingerprint string, ok bool)
	// Changes tells what may have changed in a table since an earlier snapshot
	// under the same fingerprint.
	Changes(ctx context.Context, table *catalog.Table, since query.Snapshot) (query.Changes, error)
	// Keepable says why the result of a scan must not be kept, because it
	// depends on more than the rows of its table; the reason is empty where it
	// may be.
	Keepable(ctx context.Context, scan *query.Scan) (reason message.Message, err error)
	// Earliest returns the first finite time in a column, ok false where there
	// is none.
	Earliest(ctx context.Context, table *catalog.Table, column string) (first time.Time, ok bool, err error)
	// Lanes returns how many scans ScanAll can run at the same time, after it
	// took, at the first call, what connections are to spare. It is 1 where there
	// are none.
	Lanes(ctx context.Context) (int, error)
	// ScanAll is Scan for several scans. The cells are in their order.
	ScanAll(ctx context.Context, scans []*query.Scan) ([]*query.Cells, error)
	// Unchanged ends the look's transaction and reports whether the fingerprints
	// are still the same. It is the last use of the look but for Close.
	Unchanged(ctx context.Context) (bool, error)
}

// Look is one snapshot of the orders store. It is not safe for concurrent use,
// and after any of its methods failed it can only be closed.
type Look interface {
	Snapshot() query.Snapshot
	// Scan aggregates rows. It fails with query.ErrTooManyCells when the result
	// has more than scan.MaxRows rows.
	Scan(ctx context.Context, scan *query.Scan) (*query.Cells, error)
	// Passing returns those of a dimension's values that satisfy the filters on
	// that dimension.
	Passing(ctx context.Context, table *catalog.Table, dimension string, values []string, filters []query.Filter) ([]query.Value, error)
	// Seen returns the distinct groups of the rows with from <= time < to, at
	// most limit of them.
	Seen(ctx context.Context, table *catalog.Table, timeColumn string, dimensions []string, filters []query.Filter, from, to time.Time, limit int) ([]query.Group, error)
	// Records returns rows of a table.
	Records(ctx context.Context, scan *query.RecordScan) (*query.Records, query.ScanStat, error)
	// Events returns the rows of an annotation. Of those that go on End is not set.
	Events(ctx context.Context, scan *query.EventScan) (*query.Events, query.ScanStat, error)
	// Close ends the transaction. It is safe to call more than once.
	Close()
}
