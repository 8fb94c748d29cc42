package postgres

import (
	"context"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/message"
)

// pruneEvery is how long ago a log may have been pruned before that is worth a
// word. A scheduler that works does it every few minutes.
const pruneEvery = 6 * time.Hour

// logRightsSQL tells whether the table of logs and a table's log are there,
// whether the role may read them, how large the log is, whether row-level security
// decides what the role sees of it, and whether something swallows its rows. It
// reads nothing that a role without any right may not read.
const logRightsSQL = `SELECT logs.oid IS NOT NULL AND log.oid IS NOT NULL,
  COALESCE(pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_table_privilege(logs.oid, 'SELECT') AND pg_catalog.has_table_privilege(log.oid, 'SELECT'), false),
  COALESCE(pg_catalog.pg_size_pretty(pg_catalog.pg_total_relation_size(log.oid)), ''), COALESCE(log.relrowsecurity OR logs.relrowsecurity, false),
  ` + alteredSQL + `
FROM (SELECT) AS one
LEFT JOIN pg_catalog.pg_namespace n ON n.nspname = '` + changelogSchema + `'
LEFT JOIN pg_catalog.pg_class logs ON logs.relnamespace = n.oid AND logs.relname = 'logs'
LEFT JOIN pg_catalog.pg_class log ON log.relnamespace = n.oid AND log.relname = $1`

// logStateSQL reads what a table's log says of itself. In a restored copy of
// another server's database it speaks of transactions that are yet to come.
func logStateSQL(log string) string {
	const next = "pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())"
	return `SELECT pg_catalog.array_to_string(columns, $2), zone, format,
  low > ` + next + ` OR EXISTS (SELECT FROM ` + changelogSchema + "." + quoteIdentifier(log) + ` WHERE x > ` + next + `),
  pruned, COALESCE(pruned, began) FROM ` + changelogSchema + `.logs WHERE relation = $1`
}

// logTriggersSQL returns the parts of a table, with the reason, whose changes
// its log does not hear of.
const logTriggersSQL = `WITH RECURSIVE tree (oid) AS (
  SELECT $1::oid
  UNION
  SELECT i.inhrelid FROM tree JOIN pg_catalog.pg_inherits i ON i.inhparent = tree.oid
)
SELECT n.nspname::text, c.relname::text,
  CASE WHEN c.relrowsecurity THEN 'policy' WHEN g.oid IS NULL THEN 'missing' WHEN g.tgenabled <> 'A' THEN g.tgenabled::text ELSE 'other' END
FROM tree JOIN pg_catalog.pg_class c ON c.oid = tree.oid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN (VALUES ('` + rowsTrigger + `'), ('` + truncateTrigger + `')) AS needed (name)
LEFT JOIN pg_catalog.pg_trigger g ON g.tgrelid = c.oid AND g.tgname = needed.name
WHERE (needed.name = '` + rowsTrigger + `' OR c.oid = $1) AND (g.oid IS NULL OR g.tgenabled <> 'A' OR g.tgqual IS NOT NULL OR g.tgattr <> '' OR c.relrowsecurity)
ORDER BY 1, 2`

// checkChangelog warns where answers over a table with a declared change log
// are computed live, and says why, and where the log grows without end. It
// reports the log where there is nothing to warn about.
func (l *Look) checkChangelog(ctx context.Context, rel *relation, t *catalog.Table, r *TableReport) error {
	works := true
	warn := func(format string, args ...any) {
		works = false
		r.warn(format, args...)
	}
	live := answeredLive
	columns := EventColumns(l.store.catalog, t)
	rel, reason, err := l.logged(ctx, rel)
	var hidden *Error
	if errors.As(err, &hidden) && hidden.Kind == KindPermission {
		warn("it declares a change log, but %s%s", hidden.Message, live)
		return nil
	}
	if err != nil {
		return err
	}
	if !reason.IsZero() {
		warn("it declares a change log, but %s%s. Declare another mode of changes", reason, live)
		return nil
	}
	if based(t) {
		for _, name := range columns {
			if err := l.checkIndex(ctx, rel, name, r); err != nil {
				return err
			}
		}
	}
	of := t.Logged()

	var installed, readable, secured, altered bool
	var size string
	log := changelogName("log", of)
	err = l.fixed(ctx, logRightsSQL, []bind{textBind(log)}, func(v [][]byte) error {
		installed, readable, size, secured, altered = isTrue(v[0]), isTrue(v[1]), string(v[2]), isTrue(v[3]), isTrue(v[4])
		return nil
	})
	if err != nil {
		return err
	}
	again := message.New("A DBA gets its SQL from POST changelog-sql")
	switch {
	case !installed:
		warn("it declares a change log, but %s has none%s. %s", of, live, again)
		return nil
	case !readable:
		warn("the role may not read the change log of %s%s. %s for this role", of, live, again)
		return nil
	case secured:
		warn("row-level security decides what the role sees of the change log of %s%s. Disable it on the tables of the schema %s", of, live, changelogSchema)
		return nil
	case altered:
		warn("the change log of %s has a rule, a trigger or a unique index that the script did not make, by which changes may go unnoticed%s. Drop it from %s.%s", of, live, changelogSchema, log)
		return nil
	}

	s := &statement{}
	s.bindText(pgtype.TextOID, qualified(of))
	s.bindText(pgtype.TextOID, "\x1f")
	found, report := false, &ChangelogReport{Size: size}
	err = l.fixed(ctx, logStateSQL(log), s.binds, func(v [][]byte) error {
		found = true
		covered, zone, format := strings.Split(string(v[0]), "\x1f"), string(v[1]), binary.BigEndian.Uint32(v[2])
		missing := slices.DeleteFunc(slices.Clone(columns), func(name string) bool { return slices.Contains(covered, name) })
		switch {
		case format != changelogFormat:
			warn("the change log of %s was made by another version of the plugin%s. Run the script again. %s", of, live, again)
		case len(missing) > 0:
			warn("the change log of %s does not cover %s%s. Run the script again. %s", of, strings.Join(missing, ", "), live, again)
		case zone != t.Location().String():
			warn("the change log of %s reads local times in %s, and the catalog in %s%s. Run the script again. %s", of, zone, t.Location(), live, again)
		case isTrue(v[3]):
			warn("the change log of %s is another server's, of which this database is a copy: more than has changed is read anew at every look. Run the script again. %s", of, again)
		}
		since := l.snapshot.AsOf.Sub(decodeInstant(v[5]))
		if v[4] != nil {
			seconds := max(0, since.Seconds())
			report.SincePruned = &seconds
		}
		if since > pruneEvery {
			how := message.New("last pruned %.0f hours ago", since.Hours())
			if report.SincePruned == nil {
				how = message.New("never pruned")
			}
			warn("the change log of %s was %s and holds %s. Have a scheduler call SELECT %s.prune('1 hour') every few minutes", of, how, size, changelogSchema)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if !found {
		warn("it declares a change log, but %s has none%s. %s", of, live, again)
		return nil
	}
	err = l.fixed(ctx, logTriggersSQL, []bind{oidBind(rel.oid)}, func(v [][]byte) error {
		part := catalog.Relation{Schema: string(v[0]), Name: string(v[1])}.String()
		switch string(v[2]) {
		case "policy":
			warn("row-level security decides which rows of %s a role sees%s", part, live)
		case "other":
			warn("a trigger of the change log on %s has a condition%s. Run the script again. %s", part, live, again)
		case "missing":
			warn("%s lacks a trigger of the change log%s. Run the script again. %s", part, live, again)
		default:
			warn("a trigger of the change log is not ENABLE ALWAYS on %s%s. Run the script again, as ENABLE alone is not enough. %s", part, live, again)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if works {
		r.Changelog = report
	}
	return nil
}
