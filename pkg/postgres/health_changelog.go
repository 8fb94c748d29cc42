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
	c := &changelogCheck{Look: l, table: t, of: t.Logged(), columns: EventColumns(l.store.catalog, t), report: r}
	rel, err := c.possible(ctx, rel)
	if err != nil || c.warned {
		return err
	}
	size, err := c.rights(ctx)
	if err != nil || c.warned {
		return err
	}
	// What is wrong with the log and with the triggers that write it is told together.
	log, err := c.state(ctx, size)
	if err != nil || log == nil {
		return err
	}
	if err := c.triggers(ctx, rel); err != nil || c.warned {
		return err
	}
	r.Changelog = log
	return nil
}

// changelogCheck is the check of a table's declared change log.
type changelogCheck struct {
	*Look
	table   *catalog.Table
	of      catalog.Relation // whose changes the log notes
	columns []string         // that it has to cover
	report  *TableReport
	warned  bool // of the log itself
}

func (c *changelogCheck) warn(format string, args ...any) {
	c.warned = true
	c.report.warn(format, args...)
}

// scriptSource ends a warning about a log that the script has to make, or make
// anew.
var scriptSource = message.New("A DBA gets its SQL from POST changelog-sql")

// possible finds out whether the relation can have a change log, and returns the
// one whose changes it would note: of a view, its base.
func (c *changelogCheck) possible(ctx context.Context, rel *relation) (*relation, error) {
	rel, reason, err := c.logged(ctx, rel)
	var hidden *Error
	if errors.As(err, &hidden) && hidden.Kind == KindPermission {
		c.warn("it declares a change log, but %s%s", hidden.Message, answeredLive)
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if !reason.IsZero() {
		c.warn("it declares a change log, but %s%s. Declare another mode of changes", reason, answeredLive)
		return nil, nil
	}
	if based(c.table) {
		for _, name := range c.columns {
			if err := c.checkIndex(ctx, rel, name, c.report); err != nil {
				return nil, err
			}
		}
	}
	return rel, nil
}

// rights finds out whether the log is there and shows the role all that was
// written to it. It returns the log's size, in words.
func (c *changelogCheck) rights(ctx context.Context) (size string, err error) {
	var installed, readable, secured, altered bool
	log := changelogName("log", c.of)
	err = c.fixed(ctx, logRightsSQL, []bind{textBind(log)}, func(v [][]byte) error {
		installed, readable, size, secured, altered = isTrue(v[0]), isTrue(v[1]), string(v[2]), isTrue(v[3]), isTrue(v[4])
		return nil
	})
	if err != nil {
		return "", err
	}
	switch {
	case !installed:
		c.warnMissing()
	case !readable:
		c.warn("the role may not read the change log of %s%s. %s for this role", c.of, answeredLive, scriptSource)
	case secured:
		c.warn("row-level security decides what the role sees of the change log of %s%s. Disable it on the tables of the schema %s", c.of, answeredLive, changelogSchema)
	case altered:
		c.warn("the change log of %s has a rule, a trigger or a unique index that the script did not make, by which changes may go unnoticed%s. Drop it from %s.%s", c.of, answeredLive, changelogSchema, log)
	}
	return size, nil
}

func (c *changelogCheck) warnMissing() {
	c.warn("it declares a change log, but %s has none%s. %s", c.of, answeredLive, scriptSource)
}

// state finds out whether the log is the one that the catalog asks for, and
// pruned. It returns nil where the table of logs does not know it.
func (c *changelogCheck) state(ctx context.Context, size string) (report *ChangelogReport, err error) {
	s := &statement{}
	s.bindText(pgtype.TextOID, qualified(c.of))
	s.bindText(pgtype.TextOID, columnSeparator)
	err = c.fixed(ctx, logStateSQL(changelogName("log", c.of)), s.binds, func(v [][]byte) error {
		report = &ChangelogReport{Size: size}
		c.checkMade(strings.Split(string(v[0]), columnSeparator), string(v[1]), binary.BigEndian.Uint32(v[2]), isTrue(v[3]))
		since := c.snapshot.AsOf.Sub(decodeInstant(v[5]))
		if v[4] != nil {
			seconds := max(0, since.Seconds())
			report.SincePruned = &seconds
		}
		if since > pruneEvery {
			how := message.New("last pruned %.0f hours ago", since.Hours())
			if report.SincePruned == nil {
				how = message.New("never pruned")
			}
			c.warn("the change log of %s was %s and holds %s. Have a scheduler call SELECT %s.prune('1 hour') every few minutes", c.of, how, size, changelogSchema)
		}
		return nil
	})
	if err == nil && report == nil {
		c.warnMissing()
	}
	return report, err
}

// checkMade compares what a log was made for with what the catalog asks for.
func (c *changelogCheck) checkMade(covered []string, zone string, format uint32, copied bool) {
	missing := slices.DeleteFunc(slices.Clone(c.columns), func(name string) bool { return slices.Contains(covered, name) })
	switch {
	case format != changelogFormat:
		c.warn("the change log of %s was made by another version of the plugin%s. Run the script again. %s", c.of, answeredLive, scriptSource)
	case len(missing) > 0:
		c.warn("the change log of %s does not cover %s%s. Run the script again. %s", c.of, strings.Join(missing, ", "), answeredLive, scriptSource)
	case zone != c.table.Location().String():
		c.warn("the change log of %s reads local times in %s, and the catalog in %s%s. Run the script again. %s", c.of, zone, c.table.Location(), answeredLive, scriptSource)
	case copied:
		c.warn("the change log of %s is another server's, of which this database is a copy: more than has changed is read anew at every look. Run the script again. %s", c.of, scriptSource)
	}
}

// triggers finds out whether every part of the table tells the log what changes.
func (c *changelogCheck) triggers(ctx context.Context, rel *relation) error {
	return c.fixed(ctx, logTriggersSQL, []bind{oidBind(rel.oid)}, func(v [][]byte) error {
		part := catalog.Relation{Schema: string(v[0]), Name: string(v[1])}.String()
		switch string(v[2]) {
		case "policy":
			c.warn("row-level security decides which rows of %s a role sees%s", part, answeredLive)
		case "other":
			c.warn("a trigger of the change log on %s has a condition%s. Run the script again. %s", part, answeredLive, scriptSource)
		case "missing":
			c.warn("%s lacks a trigger of the change log%s. Run the script again. %s", part, answeredLive, scriptSource)
		default:
			c.warn("a trigger of the change log is not ENABLE ALWAYS on %s%s. Run the script again, as ENABLE alone is not enough. %s", part, answeredLive, scriptSource)
		}
		return nil
	})
}
