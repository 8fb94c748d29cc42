package postgres

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/query"
)

// DeltaLook is a look that can tell what an earlier one may have kept. Its
// tables were locked before its snapshot was taken, so the snapshot sees what a
// TRUNCATE or an ATTACH PARTITION did, neither of which comes while it lasts.
type DeltaLook struct {
	*Look
	tables []*catalog.Table
	prints map[string]print // by the table's name
}

// print is the identity of what a table's numbers were read from.
type print struct {
	text    string
	base    string // the text without what the change log covers
	keep    bool
	columns []string // that the change log covers, by number from 1
}

// LookAt begins a look at some tables, see DeltaLook. It fails where one of them
// cannot be locked, as one that does not exist.
func (s *Store) LookAt(ctx context.Context, caller query.Caller, tables []*catalog.Table) (*DeltaLook, error) {
	if err := s.begin(); err != nil {
		return nil, classify(err)
	}
	ctx, span := s.tracer.Start(ctx, "postgres.look")
	defer span.End()
	l := &DeltaLook{Look: &Look{store: s, comment: commentOf(caller), locks: tables}, tables: tables}
	if err := l.open(ctx); err != nil {
		s.looks.Done()
		err = classify(err)
		span.RecordError(err)
		return nil, err
	}
	var err error
	if l.prints, err = l.fingerprints(ctx); err == nil {
		err = l.readLogs(ctx)
	}
	if err != nil {
		l.Close()
		return nil, classify(err)
	}
	return l, nil
}

// lockTables locks the tables of a look in the pipeline that begins it.
func (l *Look) lockTables(p *pgconn.Pipeline, wait time.Duration) {
	if len(l.locks) == 0 {
		return
	}
	names := make([]string, len(l.locks))
	for i, t := range l.locks {
		names[i] = relationName(t.Relation)
	}
	p.SendQueryParams("SET LOCAL search_path = "+defaultSchema, nil, nil, nil, nil)
	p.SendQueryParams(fmt.Sprintf("SET LOCAL lock_timeout = %d", wait.Milliseconds()), nil, nil, nil, nil)
	p.SendQueryParams("LOCK TABLE "+strings.Join(names, ", ")+" IN ACCESS SHARE MODE", nil, nil, nil, nil)
}

// fingerprintSQL describes, in the first row, the server and its history, and
// in the others each relation with all its partitions and children. A crash
// restarts the statistics, after which numbers of transactions may be used
// again; so does no other restart, but that one has another start time.
//
// TRUNCATE gives a table another file, which shows here. So partitions that
// were made after the log, and have its trigger for rows by inheritance, do
// without the one for TRUNCATE.
const fingerprintSQL = `WITH RECURSIVE root AS (
  SELECT n, pg_catalog.to_regclass(name) AS oid, note
  FROM ROWS FROM (pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::text[])) WITH ORDINALITY AS named (name, note, n)
), tree AS (
  SELECT n, oid::oid AS oid FROM root WHERE oid IS NOT NULL
  UNION
  SELECT tree.n, i.inhrelid FROM tree JOIN pg_catalog.pg_inherits i ON i.inhparent = tree.oid
)
SELECT 0::bigint, pg_catalog.concat_ws(' ',
         (SELECT system_identifier FROM pg_catalog.pg_control_system()),
         (SELECT timeline_id FROM pg_catalog.pg_control_checkpoint()),
         pg_catalog.pg_postmaster_start_time(),
         (SELECT stats_reset FROM pg_catalog.pg_stat_wal),
         pg_catalog.pg_is_in_recovery()),
       pg_catalog.pg_is_in_recovery(),
       pg_catalog.pg_current_snapshot()::text
UNION ALL
SELECT r.n, pg_catalog.string_agg(pg_catalog.concat_ws(' ', c.oid, c.xmin, c.relfilenode, c.relkind, c.relpersistence,
         (SELECT pg_catalog.string_agg(pg_catalog.concat_ws(' ', a.attnum, a.attname, a.atttypid), ',' ORDER BY a.attnum)
          FROM pg_catalog.pg_attribute a WHERE a.attrelid = r.oid AND a.attrelid = c.oid AND a.attnum > 0),
         (SELECT pg_catalog.string_agg(pg_catalog.concat_ws(' ', g.oid, g.xmin, g.tgenabled, f.xmin), ',' ORDER BY g.oid)
          FROM pg_catalog.pg_trigger g JOIN pg_catalog.pg_proc f ON f.oid = g.tgfoid
          WHERE g.tgrelid = c.oid AND NOT g.tgisinternal)), E'\n' ORDER BY c.oid),
       pg_catalog.bool_and(c.relkind IN ('r', 'p') AND c.relpersistence = 'p' AND NOT c.relrowsecurity
         AND EXISTS (SELECT FROM pg_catalog.pg_trigger g JOIN pg_catalog.pg_proc f ON f.oid = g.tgfoid
           WHERE g.tgrelid = c.oid AND g.tgname = 'live_orders_rows' AND g.tgenabled = 'A' AND g.tgtype & 29 = 29 AND f.proname = r.note)
         AND (c.oid <> r.oid OR EXISTS (SELECT FROM pg_catalog.pg_trigger g JOIN pg_catalog.pg_proc f ON f.oid = g.tgfoid
           WHERE g.tgrelid = c.oid AND g.tgname = 'live_orders_truncate' AND g.tgenabled = 'A' AND g.tgtype & 32 = 32 AND f.proname = r.note))),
       NULL
FROM root r JOIN tree ON tree.n = r.n JOIN pg_catalog.pg_class c ON c.oid = tree.oid
GROUP BY r.n, r.oid`

// fingerprints reads what identifies the server and the look's tables.
func (l *DeltaLook) fingerprints(ctx context.Context) (map[string]print, error) {
	names, notes := make([]string, len(l.tables)), make([]string, len(l.tables))
	for i, t := range l.tables {
		names[i], notes[i] = relationName(t.Relation), changelogName("note", t.Relation)
	}
	s := &statement{}
	s.binds = []bind{textsBind(names), textsBind(notes)}
	server := ""
	prints := map[string]print{}
	err := l.fixed(ctx, fingerprintSQL, s.binds, func(row [][]byte) error {
		n := int(binary.BigEndian.Uint64(row[0]))
		if n == 0 {
			server = string(row[1])
			l.snapshot.Standby = row[2][0] != 0
			l.snapshot.ID = string(row[3])
			return nil
		}
		prints[l.tables[n-1].Name] = print{text: string(row[1]), keep: row[2] != nil && row[2][0] != 0}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for name, p := range prints {
		p.base = server + "\n" + p.text
		p.text = p.base
		prints[name] = p
	}
	return prints, nil
}

// readLogs adds to the fingerprints what the change logs cover.
func (l *DeltaLook) readLogs(ctx context.Context) (err error) {
	for _, t := range l.tables {
		p, ok := l.prints[t.Name]
		if !ok || !p.keep {
			continue
		}
		if p.columns, p.keep, err = l.logged(ctx, t); err != nil {
			return err
		}
		p.text += "\n" + strings.Join(p.columns, " ")
		l.prints[t.Name] = p
	}
	return nil
}

var loggedSQL = fmt.Sprintf(`SELECT pg_catalog.unnest(columns), zone FROM live_orders.logs WHERE relation = $1 AND format = %d`, changelogFormat)

// logged returns the columns that a table's change log covers. ok is false
// where these are not all that the catalog uses, or are read in another zone.
func (l *DeltaLook) logged(ctx context.Context, t *catalog.Table) (columns []string, ok bool, err error) {
	zone := ""
	err = l.fixed(ctx, loggedSQL, []bind{textBind(qualified(t.Relation))}, func(row [][]byte) error {
		columns, zone = append(columns, string(row[0])), string(row[1])
		return nil
	})
	var pgErr *pgconn.PgError
	if errors.As(err, &pgErr) { // the role may not read it, or it is of another kind
		return nil, false, nil
	}
	ok = zone == t.Location().String()
	for _, name := range EventColumns(l.store.catalog, t) {
		ok = ok && slices.Contains(columns, name)
	}
	return columns, ok, err
}

// Fingerprint identifies the server's history and the definition of a table of
// the look. ok is false where numbers of the table must not be kept.
func (l *DeltaLook) Fingerprint(t *catalog.Table) (fingerprint string, ok bool) {
	p := l.prints[t.Name]
	return p.text, p.keep
}

// Unchanged reads the fingerprints again and reports whether they are the same.
func (l *DeltaLook) Unchanged(ctx context.Context) (bool, error) {
	again, err := l.fingerprints(ctx)
	if err != nil {
		return false, classify(err)
	}
	for name, p := range l.prints {
		if again[name].base != p.base {
			return false, nil
		}
	}
	return true, nil
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
