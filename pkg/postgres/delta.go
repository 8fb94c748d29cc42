package postgres

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/message"
	"github.com/pullview/orders-datasource/pkg/query"
)

// DeltaLook is a look that can tell what an earlier one may have kept. Its
// tables were locked before its snapshot was taken, so the snapshot sees what a
// TRUNCATE did, and none comes while it lasts.
type DeltaLook struct {
	*Look
	tables  []query.Known
	prints  map[string]print // by the table's name
	assumed bool             // prints are those of an earlier look, though something was committed since
	logs    map[string]*unseen

	lanes      []*Look // that see the same snapshot on other connections
	lanesTaken bool    // there will be no more of them
	serial     bool    // the look's statements are planned without parallel workers
}

// LookAt begins a look at some tables, see DeltaLook. It fails where one of them
// cannot be locked, as one that does not exist. What changed in the tables that
// are known is read at once, as far as anything did.
func (s *Store) LookAt(ctx context.Context, caller query.Caller, tables []query.Known) (*DeltaLook, error) {
	if err := s.begin(); err != nil {
		return nil, classify(err)
	}
	ctx, span := s.tracer.Start(ctx, "postgres.look")
	defer span.End()
	// Such looks serve everybody who waits, alert rules among them, and follow one another.
	l := &DeltaLook{Look: &Look{store: s, comment: commentOf(caller), urgent: true}, prints: map[string]print{}, logs: map[string]*unseen{}}
	for _, known := range tables {
		if !slices.Contains(l.locks, known.Table) {
			l.locks = append(l.locks, known.Table)
		}
	}
	if err := l.openAtAny(ctx); err != nil {
		s.looks.Done()
		err = classify(err)
		span.RecordError(err)
		return nil, err
	}
	for _, t := range l.locks {
		l.tables = append(l.tables, l.knownHere(t, tables))
	}
	if err := l.ask(ctx); err != nil {
		l.Close()
		return nil, classify(err)
	}
	l.raiseFence()
	l.definitions = map[*catalog.Table]string{}
	for _, known := range l.tables {
		if print := l.prints[known.Table.Name].relation; print != "" {
			l.definitions[known.Table] = print
		}
	}
	return l, nil
}

// knownHere returns what is known of a table on the look's server, or else of
// another.
func (l *DeltaLook) knownHere(t *catalog.Table, tables []query.Known) (known query.Known) {
	for i, k := range tables {
		if k.Table != t {
			continue
		}
		if _, ok := l.remembered(&tables[i]); ok {
			return k
		}
		if known.Table == nil {
			known = k
		}
	}
	return known
}

// unlockable are the SQLSTATEs of what keeps one table from being locked: it is
// not there, of a kind that cannot be locked, the role's rights do not suffice,
// or a migration holds it.
var unlockable = []string{"42P01", "3F000", "42809", "42501", "55P03"}

// asideFor is how long a table that could not be locked is left out of looks at
// others as well.
const asideFor = 10 * time.Second

// openAtAny is open, without the tables that cannot be locked where others can.
func (l *DeltaLook) openAtAny(ctx context.Context) error {
	all := l.locks
	aside := func(t *catalog.Table) bool {
		since, ok := l.store.aside.Load(t)
		return ok && time.Since(since.(time.Time)) < asideFor
	}
	if l.locks = slices.DeleteFunc(slices.Clone(all), aside); len(l.locks) == 0 {
		l.locks = all
	}
	err := l.open(ctx)
	var pgErr *pgconn.PgError
	if len(l.locks) == 1 || !errors.As(err, &pgErr) || !slices.Contains(unlockable, pgErr.Code) {
		return err
	}
	all, l.locks = l.locks, nil
	for _, t := range all {
		alone := &Look{store: l.store, comment: l.comment, urgent: true, hasty: true, locks: []*catalog.Table{t}}
		if err := alone.open(ctx); err != nil {
			l.store.aside.Store(t, time.Now())
			continue
		}
		alone.discard(alone.conn)
		alone.leave()
		l.locks = append(l.locks, t)
	}
	if len(l.locks) == 0 || len(l.locks) == len(all) {
		return err
	}
	return l.open(ctx)
}

// lockTables locks the tables of a look in the pipeline that begins it.
func (l *Look) lockTables(p *pgconn.Pipeline, wait time.Duration) {
	if len(l.locks) == 0 {
		return
	}
	names := make([]string, len(l.locks))
	for i, t := range l.locks {
		names[i] = qualified(t.Relation)
	}
	p.SendQueryParams("SET LOCAL lock_timeout = "+string(milliseconds(wait)), nil, nil, nil, nil)
	p.SendQueryParams("LOCK TABLE "+strings.Join(names, ", ")+" IN ACCESS SHARE MODE", nil, nil, nil, nil)
}

// ask reads, in one round trip, the logs of the tables that are known, and the
// fingerprints of the others. A table that is known is taken for what it was, as
// far as Unchanged will find out whether it is. One of which nothing can have
// changed is not asked about at all: redefining it takes a transaction, too.
func (l *DeltaLook) ask(ctx context.Context) error {
	var asked []*query.Known
	for i := range l.tables {
		known := &l.tables[i]
		p, ok := l.remembered(known)
		if ok {
			l.prints[known.Table.Name] = p
		}
		if !ok || l.snapshot.Standby || known.Since.ID != l.snapshot.ID {
			l.assumed = l.assumed || ok
			asked = append(asked, known)
		}
	}
	if len(asked) == 0 {
		return nil
	}
	err := l.run(ctx, func(ctx context.Context, pg *pgconn.PgConn) error { return l.askAbout(ctx, pg, asked) })
	var pgErr *pgconn.PgError
	if (errors.As(err, &pgErr) || errors.Is(err, errOutdated)) && slices.ContainsFunc(asked, func(k *query.Known) bool { return k.Since.ID != "" }) {
		// A table is another one; or a log that was there is gone, or may no longer be read.
		for _, known := range asked {
			known.Since = query.Snapshot{}
		}
		err = l.run(ctx, func(ctx context.Context, pg *pgconn.PgConn) error { return l.askAbout(ctx, pg, asked) })
	}
	if err != nil {
		return err
	}
	for _, known := range asked {
		if p := l.prints[known.Table.Name]; p.keep && p.columns == nil && !fenced(known.Table) {
			if err := l.findLog(ctx, known.Table); err != nil {
				return err
			}
		}
		if err := l.checkView(ctx, known.Table); err != nil {
			return err
		}
	}
	return nil
}

// checkView finds out, once for each definition, whether a view that names its
// base is fit for that.
func (l *DeltaLook) checkView(ctx context.Context, t *catalog.Table) error {
	p := l.prints[t.Name]
	if !p.keep || !based(t) {
		return nil
	}
	reason, err := l.store.schema.keepables.find(l.server+"\n"+p.relation, func() (message.Message, error) {
		return l.unfitView(ctx, t, EventColumns(l.store.catalog, t))
	})
	var hidden *Error
	var pgErr *pgconn.PgError
	if err != nil && !errors.As(err, &hidden) && !errors.As(err, &pgErr) {
		return err
	}
	p.keep = err == nil && reason.IsZero()
	l.prints[t.Name] = p
	return nil
}

// remembered returns the print of a table that an earlier look has found on the
// same server.
func (l *DeltaLook) remembered(known *query.Known) (print, bool) {
	if known.Since.ID == "" || known.Since.Standby != l.snapshot.Standby {
		return print{}, false
	}
	server, p := readFingerprint(known.Fingerprint)
	return p, server == l.server
}

func (l *DeltaLook) askAbout(ctx context.Context, pg *pgconn.PgConn, asked []*query.Known) error {
	clear(l.logs) // of what may have been read in part
	var all, logs questions
	for _, known := range asked {
		t := known.Table
		by := l.store.identify(t)
		p, found := l.remembered(known)
		if found {
			all.add(by.tree, func(row [][]byte) error {
				if tree, _, _ := strings.Cut(p.relation, "\n"); tree != string(row[0]) {
					return errOutdated
				}
				return nil
			})
		} else {
			all.add(by.relation, func(row [][]byte) error {
				l.prints[t.Name] = print{relation: string(row[0]), keep: row[1] != nil && isTrue(row[1])}
				return nil
			})
		}
		if known.Since.ID == "" || fenced(t) {
			continue
		}
		log, err := l.unseen(t, known.Since, maxChanges, maxLogRows)
		if err != nil {
			return err
		}
		l.logs[t.Name] = log
		covered := by.log
		if !found {
			covered = by.soundLog
		}
		all.add(covered, func(row [][]byte) error {
			l.covers(t, row)
			return log.pruned(row)
		})
		logs.add(log.statement, log.row)
	}
	kept := l.store.prepared && len(logs.statements) > 0
	if kept {
		all.add(fixedStatement{sql: planOnceSQL}, noRow)
	}
	all.append(logs)
	if kept {
		all.add(fixedStatement{sql: planAnewSQL}, noRow)
	}
	if err := all.ask(ctx, l.Look, pg); err != nil {
		return err
	}
	for name, log := range l.logs {
		if !log.told { // the log is of another kind
			l.prints[name] = print{}
		}
	}
	return nil
}

// questions are statements that are sent together, each with what takes in a row
// of its result.
type questions struct {
	statements []*fixedStatement
	rows       []func(row [][]byte) error
}

func (q *questions) add(s fixedStatement, row func([][]byte) error) {
	q.statements, q.rows = append(q.statements, &s), append(q.rows, row)
}

func (q *questions) append(more questions) {
	q.statements, q.rows = append(q.statements, more.statements...), append(q.rows, more.rows...)
}

func (q *questions) ask(ctx context.Context, l *Look, pg *pgconn.PgConn) error {
	if err := l.prepare(ctx, pg, q.statements...); err != nil {
		return err
	}
	p := pg.StartPipeline(ctx)
	for _, s := range q.statements {
		s.send(p)
	}
	return readPipeline(p, func(statement int, row [][]byte) error { return q.rows[statement](row) })
}

func noRow([][]byte) error { return nil }

// A log is read by a statement that the connection keeps, and the plan of which
// would take longer to make than to run. So it is planned once: by its index, which
// the log may have been too short for when that was, and without a look at its
// numbers. All else is planned for the range that is asked for.
const (
	planOnceSQL = "SELECT pg_catalog.set_config('plan_cache_mode', 'force_generic_plan', true), pg_catalog.set_config('enable_seqscan', 'off', true)"
	// NULL stands for what the session has by itself.
	planAnewSQL = "SELECT pg_catalog.set_config('plan_cache_mode', 'force_custom_plan', true), pg_catalog.set_config('enable_seqscan', NULL, true)"
)

// covers notes what a table's change log covers. The log serves where that is
// all that the catalog uses, read in the same zone.
func (l *DeltaLook) covers(t *catalog.Table, row [][]byte) {
	p := l.prints[t.Name]
	p.columns = strings.Split(string(row[0]), columnSeparator)
	p.keep = p.keep && string(row[1]) == t.Location().String()
	for _, name := range EventColumns(l.store.catalog, t) {
		p.keep = p.keep && slices.Contains(p.columns, name)
	}
	l.prints[t.Name] = p
}

// findLog finds out what the log of a table that has triggers covers.
func (l *DeltaLook) findLog(ctx context.Context, t *catalog.Table) error {
	found := false
	err := l.fixed(ctx, soundLogSQL(t.Logged()), nil, func(row [][]byte) error {
		found = true
		l.covers(t, row)
		return nil
	})
	var pgErr *pgconn.PgError
	if err != nil && !errors.As(err, &pgErr) {
		return err
	}
	if !found { // or the role may not read it, or it is of another kind
		l.prints[t.Name] = print{}
	}
	return nil
}

// Fingerprint identifies the server's history and the definition of a table of
// the look. ok is false where numbers of the table must not be kept, and the
// fingerprint is empty where that is because it could not be locked.
func (l *DeltaLook) Fingerprint(t *catalog.Table) (fingerprint string, ok bool) {
	if !slices.Contains(l.locks, t) {
		return "", false
	}
	return l.fingerprintOf(t), l.prints[t.Name].keep
}

func (l *DeltaLook) fingerprintOf(t *catalog.Table) string {
	p := l.prints[t.Name]
	return p.fingerprint(l.server)
}

// Unchanged ends the transaction, after which the look can only be closed, and
// reports whether the tables are still defined as they were when it began.
//
// The transaction's snapshot does not show that: a statement reads the
// partitions and the relation of a name as they are when it is planned, and
// neither ATTACH PARTITION nor the renaming of a schema waits for a lock in
// ACCESS SHARE mode. So the definitions are read after the last statement, in a
// snapshot of their own: one for all, at once when the locks are gone, for which
// somebody may wait to take a partition away again. They are those of the earlier
// look where nothing was redefined since: what makes a definition another than it
// was, and what brings it back, each leaves a number of its transaction in it.
//
// The settings that are not pinned are read again as well: when the server reloads
// its configuration, a session has the new ones from its next statement on.
//
// There is nothing to find out where no statement has read a table, and nothing
// was committed since the earlier look.
func (l *DeltaLook) Unchanged(ctx context.Context) (bool, error) {
	l.endLanes()
	if !l.read && !l.assumed {
		return true, nil
	}
	l.failed = false // the transaction ends, failed or not
	same := true
	err := l.run(ctx, func(ctx context.Context, pg *pgconn.PgConn) error {
		pin := fixedStatement{sql: pinPathSQL}
		statements := []*fixedStatement{&pin}
		for _, known := range l.tables {
			by := l.store.identify(known.Table)
			statements = append(statements, &by.relation)
		}
		if err := l.prepare(ctx, pg, statements...); err != nil {
			return err
		}
		p := pg.StartPipeline(ctx)
		p.SendQueryParams(endSQL, nil, nil, nil, nil)
		p.SendQueryParams(beginSQL, nil, nil, nil, nil)
		for _, s := range statements {
			s.send(p)
		}
		p.SendQueryParams(endSQL, nil, nil, nil, nil)
		return readPipeline(p, func(n int, row [][]byte) error {
			if n == 0 { // the path, and the settings
				same = same && string(row[1]) == l.settings
				return nil
			}
			same = same && string(row[0]) == l.prints[l.tables[n-1].Table.Name].relation
			return nil
		})
	})
	return same && err == nil, classify(err)
}

// Earliest returns the first finite time in a column of a table, ok false where
// there is none.
func (l *DeltaLook) Earliest(ctx context.Context, t *catalog.Table, column string) (first time.Time, ok bool, err error) {
	err = l.withSchema(ctx, t, func() error {
		rel, err := l.relation(ctx, t)
		if err != nil {
			return err
		}
		at, err := l.timeColumn(ctx, rel, column)
		if err != nil {
			return err
		}
		s := &statement{}
		// The order of local times is not quite that of instants.
		early := "min(" + at.sql + ")"
		if at.kind != timeInstant {
			early = "min(" + at.sql + ")::timestamp"
			at.sql = early
			at.kind = timeLocal
			early = at.instant(s) + " - interval '1 day'"
		}
		s.write("SELECT ", early, "\nFROM ", rel.sql, "\nWHERE ", quoteIdentifier(column), " > '-infinity'")
		return l.rowsOf(ctx, s, func([]pgconn.FieldDescription) error { return nil }, func(row [][]byte) error {
			if row[0] != nil {
				first = decodeInstant(row[0])
				ok = first.Year() < 10_000
			}
			return nil
		})
	})
	if err != nil {
		return time.Time{}, false, classify(l.about(t, err))
	}
	return first, ok, nil
}
