package postgres

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/pullview/orders-datasource/pkg/query"
)

const (
	// maxLanes is how many connections one look reads with, at most. Their
	// statements do without parallel plans: so it takes as many processes as one
	// parallel plan does by PostgreSQL's default, and these wait for each other
	// only at the end.
	maxLanes = 3
	// laneLockWait bounds the waits of a further lane for locks. Who waits for
	// the look to end, as a migration does, may stand before the lane in the
	// queue, and the look waits for its lanes: the server sees no deadlock in
	// that.
	laneLockWait = 100 * time.Millisecond
)

// Lanes takes further connections for the look, on which transactions see its
// snapshot, and returns on how many it can scan at the same time. It takes only
// those that are to spare, which nobody waits for, and none at a later call.
// After an error the look can only be closed.
func (l *DeltaLook) Lanes(ctx context.Context) (int, error) {
	if l.lanesTaken || l.store.lone.Load() {
		return 1 + len(l.lanes), nil
	}
	l.lanesTaken = true
	snapshot := ""
	for len(l.lanes) < maxLanes-1 {
		leave, ok := l.store.bulkhead.try()
		if !ok {
			break
		}
		if snapshot == "" {
			if !l.mayExport(ctx) {
				leave()
				break
			}
			var err error
			if snapshot, err = l.export(ctx); err != nil {
				leave()
				l.noteLone(err)
				return 0, classify(err)
			}
		}
		lane := &Look{store: l.store, comment: l.comment, locks: l.locks, imports: snapshot, leave: leave, definitions: l.definitions}
		err := l.store.begin()
		if err != nil {
			leave()
			break
		}
		if err = lane.open(ctx); err != nil {
			l.store.looks.Done()
			l.noteLone(err)
			break
		}
		if lane.settings != l.settings {
			lane.Close()
			break
		}
		l.lanes = append(l.lanes, lane)
	}
	return 1 + len(l.lanes), nil
}

// mayExport reports whether the role may name the look's snapshot, which it asks
// the server once. To be refused by export itself would end the transaction.
func (l *DeltaLook) mayExport(ctx context.Context) (may bool) {
	if l.store.exports.Load() {
		return true
	}
	err := l.fixed(ctx, "SELECT pg_catalog.has_function_privilege('pg_catalog.pg_export_snapshot()', 'EXECUTE')", nil, func(row [][]byte) error {
		may = isTrue(row[0])
		return nil
	})
	if err != nil {
		l.noteLone(err)
		return false
	}
	l.store.exports.Store(may)
	l.store.lone.Store(!may)
	return may
}

// export names the look's snapshot for other transactions. The server does not
// do that within a savepoint.
func (l *DeltaLook) export(ctx context.Context) (name string, err error) {
	err = l.run(ctx, func(ctx context.Context, pg *pgconn.PgConn) error {
		p := pg.StartPipeline(ctx)
		p.SendQueryParams("RELEASE SAVEPOINT look", nil, nil, nil, nil)
		p.SendQueryParams("SELECT pg_catalog.pg_export_snapshot()", nil, nil, nil, nil)
		p.SendQueryParams(savepointSQL, nil, nil, nil, nil)
		return readPipeline(p, func(_ int, row [][]byte) error {
			name = string(row[0])
			return nil
		})
	})
	return name, err
}

// noteLone notes that transactions cannot share a snapshot, where that is what
// an error says: a pooler or another engine may stand between. What a server
// lacks at the moment it may have later.
func (l *DeltaLook) noteLone(err error) {
	var pgErr *pgconn.PgError
	if !errors.As(err, &pgErr) || len(pgErr.Code) != 5 {
		return
	}
	passing := pgErr.Code == "55P03" || pgErr.Code[:2] == "53" || pgErr.Code[:2] == "57"
	if !passing {
		l.store.lone.Store(true)
	}
}

// Scan is Look.Scan.
func (l *DeltaLook) Scan(ctx context.Context, scan *query.Scan) (*query.Cells, error) {
	if err := l.plan(ctx, true); err != nil {
		return nil, classify(err)
	}
	return l.Look.Scan(ctx, scan)
}

// plan lets the server plan the statements of the look in parallel, as it does
// at the beginning, or not.
func (l *DeltaLook) plan(ctx context.Context, parallel bool) error {
	if parallel != l.serial {
		return nil
	}
	sql := serialSQL
	if parallel {
		sql = "SET LOCAL max_parallel_workers_per_gather TO DEFAULT"
	}
	err := l.run(ctx, func(ctx context.Context, pg *pgconn.PgConn) error {
		_, err := pg.ExecParams(ctx, sql, nil, nil, nil, nil).Close()
		return err
	})
	l.serial = !parallel
	return err
}

const serialSQL = "SET LOCAL max_parallel_workers_per_gather = 0"

// ScanAll runs scans, as many at the same time as there are lanes. The cells are
// in the order of the scans. The errors are those of Scan.
func (l *DeltaLook) ScanAll(ctx context.Context, scans []*query.Scan) ([]*query.Cells, error) {
	if err := l.plan(ctx, len(l.lanes) == 0); err != nil {
		return nil, classify(err)
	}
	cells, errs := make([]*query.Cells, len(scans)), make([]error, len(scans))
	next := make(chan int, len(scans))
	for i := range scans {
		next <- i
	}
	close(next)
	together, cancel := context.WithCancel(ctx)
	defer cancel()
	var own error // of the look's own connection
	var running sync.WaitGroup
	for lane, look := range append([]*Look{l.Look}, l.lanes...) {
		running.Go(func() {
			for i := range next {
				if cells[i], errs[i] = scanContained(together, look, scans[i]); errs[i] == nil {
					continue
				}
				if lane == 0 {
					own = errs[i]
				}
				if lane == 0 || errors.Is(errs[i], query.ErrTooManyCells) {
					cancel()
				}
				return
			}
		})
	}
	running.Wait()
	if i := slices.IndexFunc(errs, func(err error) bool { return errors.Is(err, query.ErrTooManyCells) }); i >= 0 {
		return nil, errs[i]
	}
	if own != nil {
		return nil, own
	}
	for i := range scans {
		if cells[i] != nil {
			continue
		}
		l.endLanes() // what one of them could not read the look reads itself
		var err error
		if cells[i], err = l.Scan(ctx, scans[i]); err != nil {
			return nil, err
		}
	}
	return cells, nil
}

// scanContained is Scan on a goroutine of its own, which no panic may end.
func scanContained(ctx context.Context, lane *Look, scan *query.Scan) (cells *query.Cells, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("postgres: panic: %v\n%s", cause, debug.Stack())
		}
	}()
	return lane.Scan(ctx, scan)
}

// endLanes gives back the connections of the further lanes.
func (l *DeltaLook) endLanes() {
	for _, lane := range l.lanes {
		lane.Close()
	}
	l.lanes, l.lanesTaken = nil, true
}

// Close ends the transaction and gives the connections back. It is safe to call
// more than once.
func (l *DeltaLook) Close() {
	l.endLanes()
	l.Look.Close()
}
