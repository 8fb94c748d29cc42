package postgres

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/message"
)

// changelogBucket is the width of the stretches of time that a change log
// names. It divides every step but the few below it, and its grid is that of
// the steps in every time zone, whose standard time is whole minutes off.
const changelogBucket = 10 * time.Second

// changelogSchema holds all that the change logs need.
const changelogSchema = "live_orders"

// changelogFormat counts the changes to the scripts that make a log that an
// earlier script installed useless.
const changelogFormat = 1

// Changelog is the SQL with which a DBA installs or removes the change log of
// one table. The plugin never runs it: its role need not be able to.
type Changelog struct {
	Install   string
	Uninstall string
}

// ChangelogSQL writes the change log of a table, or of the base that a view
// names, for every event-time column that the catalog uses of it, readable by
// the role of this connection, with comments and errors in a language. The table
// must be an ordinary or a partitioned one, and logged.
func (l *Look) ChangelogSQL(ctx context.Context, t *catalog.Table, language message.Language) (Changelog, error) {
	// What earlier looks remember is not to be trusted here.
	l.store.schema.forget(t)
	var log Changelog
	err := l.withSchema(ctx, t, func() error {
		rel, err := l.relation(ctx, t)
		if err != nil {
			return err
		}
		rel, reason, err := l.logged(ctx, rel)
		if err != nil {
			return err
		}
		if !reason.IsZero() {
			return &Error{Kind: KindCatalog, Message: message.New("%s; declare another mode of changes for table %s", reason, t.Name)}
		}
		columns, err := l.logColumns(ctx, rel)
		if err != nil {
			return err
		}
		c := changelog{table: rel.table, language: language}
		for _, name := range columns {
			at, err := l.timeColumn(ctx, rel, name)
			if err != nil {
				return err
			}
			column, _ := rel.column(name)
			c.columns = append(c.columns, changelogColumn{name: name, kind: at.kind, sqlType: column.sql})
		}
		if err := l.fixed(ctx, "SELECT current_user::text", nil, func(row [][]byte) error {
			c.reader = string(row[0])
			return nil
		}); err != nil {
			return err
		}
		log = c.scripts()
		return nil
	})
	if err != nil {
		return Changelog{}, classify(l.about(t, err))
	}
	return log, nil
}

// EventColumns lists the columns by which the catalog's metrics see a table's
// rows in time, sorted.
func EventColumns(cat *catalog.Catalog, t *catalog.Table) []string {
	columns := []string{t.Time}
	for _, m := range cat.Metrics {
		if m.Table == t.Name {
			columns = append(columns, m.Time, m.Opened, m.Closed)
		}
	}
	columns = slices.DeleteFunc(columns, func(name string) bool { return name == "" })
	slices.Sort(columns)
	return slices.Compact(columns)
}

// logged returns the relation whose change log tells of a table, and why that
// cannot be or does not serve, or no reason.
func (l *Look) logged(ctx context.Context, rel *relation) (_ *relation, reason message.Message, err error) {
	columns := EventColumns(l.store.catalog, rel.table)
	if based(rel.table) {
		if reason, err = l.unfitView(ctx, rel.table, columns); err != nil || !reason.IsZero() {
			return nil, reason, err
		}
		base := onBase(rel.table)
		if rel, err = l.introspect(ctx, base, namedSQL(base.Relation)); err != nil {
			return nil, message.Message{}, err
		}
	}
	reason, err = l.unloggable(ctx, rel, columns)
	return rel, reason, err
}

// logColumns lists the columns that the log of a relation covers, sorted: those
// of all tables of the catalog whose log it is, as far as it can.
func (l *Look) logColumns(ctx context.Context, rel *relation) ([]string, error) {
	columns := EventColumns(l.store.catalog, rel.table)
	for _, other := range l.store.catalog.Tables {
		if other.Changes.Mode != catalog.ChangesLog || qualified(other.Logged()) != qualified(rel.table.Relation) || other.Location().String() != rel.table.Location().String() {
			continue
		}
		for _, name := range EventColumns(l.store.catalog, other) {
			if c, ok := rel.column(name); !ok || c.time == timeNone || slices.Contains(columns, name) {
				continue
			}
			reason, err := l.unloggable(ctx, rel, []string{name})
			if err != nil {
				return nil, err
			}
			if reason.IsZero() {
				columns = append(columns, name)
			}
		}
	}
	slices.Sort(columns)
	return columns, nil
}

// unloggableSQL returns a row for every reason why triggers cannot tell all
// changes of a relation: what it is, and which part or column of it.
const unloggableSQL = `WITH RECURSIVE tree (oid) AS (
  SELECT $1::oid
  UNION
  SELECT i.inhrelid FROM tree JOIN pg_catalog.pg_inherits i ON i.inhparent = tree.oid
)
SELECT CASE WHEN c.relkind NOT IN ('r', 'p') THEN 'kind' ELSE c.relpersistence::text END, n.nspname::text, c.relname::text
FROM tree JOIN pg_catalog.pg_class c ON c.oid = tree.oid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind NOT IN ('r', 'p') OR c.relpersistence <> 'p'
UNION ALL
SELECT 'virtual', NULL, a.attname::text
FROM pg_catalog.pg_attribute a
WHERE a.attrelid = $1 AND a.attname = ANY ($2::text[]) AND a.attgenerated = 'v'`

// unloggable says why triggers cannot log the changes of a relation, or nothing.
func (l *Look) unloggable(ctx context.Context, rel *relation, columns []string) (reason message.Message, err error) {
	if rel.distributed {
		return message.New("an extension spreads tables of this database over several servers, and a snapshot of one says nothing about the others"), nil
	}
	err = l.fixed(ctx, unloggableSQL, []bind{oidBind(rel.oid), textsBind(columns)}, func(row [][]byte) error {
		name := catalog.Relation{Schema: string(row[1]), Name: string(row[2])}
		switch string(row[0]) {
		case "kind":
			reason = notTable(name)
		case "u":
			reason = message.New("%s is an unlogged table, which a crash empties without a trace", name)
		case "t":
			reason = message.New("%s is a temporary table, whose rows one session sees", name)
		case "virtual":
			reason = message.New("the column %s is generated when it is read, and triggers do not see its value; make it a stored one", name)
		}
		return nil
	})
	return reason, err
}

func notTable(r catalog.Relation) message.Message {
	return message.New("%s is neither a table nor a partitioned table, so triggers cannot log its changes", r)
}

// changelogName makes an identifier for something that belongs to a table: what
// it is, the table's name as far as there is room, and a hash that tells tables
// of the same name in other schemas apart.
func changelogName(what string, r catalog.Relation) string {
	sum := sha256.Sum256([]byte(qualified(r)))
	name := r.Name
	for len(what)+len(name)+10 > 63 {
		name = string([]rune(name)[:len([]rune(name))-1])
	}
	return what + "_" + name + "_" + hex.EncodeToString(sum[:4])
}

func qualified(r catalog.Relation) string {
	return relationName(catalog.Relation{Schema: schemaOf(r), Name: r.Name})
}

func schemaOf(r catalog.Relation) string { return cmp.Or(r.Schema, defaultSchema) }

// quoteLiteral writes a text so that it means itself, whatever the session's
// standard_conforming_strings.
func quoteLiteral(text string) string {
	quoted := "'" + strings.ReplaceAll(text, "'", "''") + "'"
	if strings.Contains(quoted, `\`) {
		return " E" + strings.ReplaceAll(quoted, `\`, `\\`)
	}
	return quoted
}

func quoteLiterals(texts []string) string {
	quoted := make([]string, len(texts))
	for i, text := range texts {
		quoted[i] = quoteLiteral(text)
	}
	return strings.Join(quoted, ", ")
}

// inComment writes a text so that no comment ends in it.
func inComment(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, text)
}
