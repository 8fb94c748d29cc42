package postgres

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/message"
)

// A view that names its base is kept by the base's change log. The log names
// times of the base's rows, so it tells of the view as well where every row of
// the view is one of the base, with the same event times, whatever other rows
// there are. A view of which that is not sure is answered live.

// based reports whether a table of the catalog is a view that names its base.
func based(t *catalog.Table) bool { return t.Logged() != t.Relation }

// onBase returns a view's base as if the catalog declared that in its place.
func onBase(t *catalog.Table) *catalog.Table {
	base := *t
	base.Relation = t.Logged()
	return &base
}

// resolvedSQL finds a relation as statements do, namedSQL by its name alone:
// the first takes USAGE on its schema, which a role that reads a view need not
// have on that of the base.
func resolvedSQL(r catalog.Relation) string {
	return "pg_catalog.to_regclass(" + quoteLiteral(qualified(r)) + ")"
}

func namedSQL(r catalog.Relation) string {
	return "(SELECT named.oid FROM pg_catalog.pg_class named JOIN pg_catalog.pg_namespace home ON home.oid = named.relnamespace WHERE home.nspname = " +
		quoteLiteral(schemaOf(r)) + " AND named.relname = " + quoteLiteral(r.Name) + ")"
}

// viewPrintSQL describes a view: its columns, and the rule that is its query.
func viewPrintSQL(r catalog.Relation) string {
	return `(SELECT pg_catalog.concat_ws(' ', v.oid, v.xmin, v.relkind,
    (SELECT ` + columnPrintsSQL + ` FROM pg_catalog.pg_attribute a WHERE a.attrelid = v.oid AND a.attnum > 0), ` + typePrintsSQL("v.oid") + `,
    (SELECT pg_catalog.string_agg(pg_catalog.concat_ws(' ', w.oid, w.xmin), ',' ORDER BY w.oid) FROM pg_catalog.pg_rewrite w WHERE w.ev_class = v.oid))
  FROM pg_catalog.pg_class v WHERE v.oid = ` + resolvedSQL(r) + `)`
}

// unfitViewSQL returns a row for every reason why a relation is no view that
// shows rows of its base and of nothing else: what it is, and what it is about.
//
// PostgreSQL lets rows be deleted through a view, without triggers or rules of
// its own, where each is one row of a single relation. A subquery in such a view
// shows here where it reads another relation, and in the plan where it reads
// the same one. A function that somebody wrote may be another tomorrow, see
// keepableSQL; as the planner puts the body of some in their place, no plan need
// show that, but the view depends on it.
func unfitViewSQL(t *catalog.Table) string {
	const deletable = 1 << 4 // as pg_relation_is_updatable has it
	view, base := resolvedSQL(t.Relation)+"::oid", namedSQL(t.Logged())
	needs := `pg_catalog.pg_rewrite w JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = w.oid
WHERE w.ev_class = ` + view
	const extension = `EXISTS (SELECT FROM pg_catalog.pg_depend x WHERE x.classid = d.refclassid AND x.objid = %s AND x.deptype = 'e')`
	return `SELECT 'missing' AS what, NULL AS about WHERE ` + base + ` IS NULL
UNION ALL
SELECT 'table', NULL FROM pg_catalog.pg_class b WHERE b.oid = ` + base + ` AND b.relkind NOT IN ('r', 'p')
UNION ALL
SELECT 'kind', NULL FROM pg_catalog.pg_class v WHERE v.oid = ` + view + ` AND v.relkind <> 'v'
UNION ALL
SELECT 'rule', w.rulename::text FROM pg_catalog.pg_rewrite w WHERE w.ev_class = ` + view + ` AND w.rulename <> '_RETURN'
UNION ALL
SELECT 'rows', NULL WHERE pg_catalog.pg_relation_is_updatable(` + view + `, false) & ` + fmt.Sprint(deletable) + ` = 0
UNION ALL
SELECT CASE d.refclassid WHEN 'pg_catalog.pg_class'::regclass THEN 'reads' ELSE 'uses' END, pg_catalog.pg_describe_object(d.refclassid, d.refobjid, 0)
FROM ` + needs + ` AND CASE d.refclassid
  WHEN 'pg_catalog.pg_class'::regclass THEN d.refobjid <> w.ev_class AND d.refobjid IS DISTINCT FROM ` + base + `
  WHEN 'pg_catalog.pg_collation'::regclass THEN false
  WHEN 'pg_catalog.pg_type'::regclass THEN NOT EXISTS (
    SELECT FROM pg_catalog.pg_type a JOIN pg_catalog.pg_type e ON e.oid = COALESCE(NULLIF(a.typelem, 0), a.oid)
    WHERE a.oid = d.refobjid AND (e.typtype IN ('d', 'e') OR ` + fmt.Sprintf(extension, "e.oid") + `))
  ELSE NOT ` + fmt.Sprintf(extension, "d.refobjid") + ` END
UNION ALL
SELECT 'base', NULL WHERE NOT EXISTS (SELECT FROM ` + needs + ` AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = ` + base + `)`
}

// unfitView says why the change log of its base does not tell where the numbers
// of a view differ, or nothing. columns are the event times of the view. The
// error is an *Error of KindPermission where the role may not know.
func (l *Look) unfitView(ctx context.Context, t *catalog.Table, columns []string) (reason message.Message, err error) {
	if reason, err = l.unlikeRows(ctx, t); err != nil || !reason.IsZero() {
		return reason, err
	}
	if reason, err = l.unlikeBase(ctx, t, columns); err != nil || !reason.IsZero() {
		return reason, err
	}
	s := &statement{}
	s.write("SELECT ")
	for i, name := range columns {
		if i > 0 {
			s.write(", ")
		}
		s.write(quoteIdentifier(name))
	}
	s.write(" FROM ", qualified(t.Relation))
	if reason, err = l.reasonNotToKeep(ctx, t, s); err != nil || reason.IsZero() {
		return message.Message{}, err
	}
	return message.New("of the view %s, %s", t.Relation, reason), nil
}

// unlikeRows says why the rows of a view are not each one of its base, or
// nothing: the first reason of unfitViewSQL.
func (l *Look) unlikeRows(ctx context.Context, t *catalog.Table) (reason message.Message, err error) {
	view, base := t.Relation, t.Logged()
	missing := false
	err = l.fixed(ctx, unfitViewSQL(t), nil, func(row [][]byte) error {
		if missing || !reason.IsZero() {
			return nil
		}
		switch about := string(row[1]); string(row[0]) {
		case "missing":
			missing = true
		case "table":
			reason = notTable(base)
		case "kind":
			reason = message.New("%s is no view, so it has no base", view)
		case "rule":
			reason = message.New("the view %s has the rule %s", view, about)
		case "rows":
			reason = message.New("the view %s does not show single rows of one table: it joins, aggregates, or has DISTINCT, LIMIT, WITH or UNION", view)
		case "reads":
			reason = message.New("the view %s reads %s, and not %s alone", view, about, base)
		case "uses":
			reason = message.New("the view %s uses %s, which may be redefined", view, about)
		case "base":
			reason = message.New("the view %s does not read %s", view, base)
		}
		return nil
	})
	if err != nil || !missing {
		return reason, err
	}
	nearest, err := l.nearestRelation(ctx, base)
	return message.New("the database has no table %s%s", base, nearest), err
}

// viewColumnsSQL returns, for each of some columns of a view: the view's query,
// the session's role, the base, and the column's name and number and that of the
// base's column of the same name and type, 0 where there is none.
func viewColumnsSQL(t *catalog.Table) string {
	return `SELECT pg_catalog.pg_get_viewdef(v.attrelid), current_user::text, b.attrelid, v.attname::text, v.attnum,
  CASE WHEN b.atttypid = v.atttypid AND b.atttypmod = v.atttypmod AND pg_catalog.pg_column_is_updatable(v.attrelid, v.attnum, false) THEN b.attnum ELSE 0 END
FROM pg_catalog.pg_attribute v
LEFT JOIN pg_catalog.pg_attribute b ON b.attrelid = ` + namedSQL(t.Logged()) + ` AND b.attname = v.attname AND b.attnum > 0 AND NOT b.attisdropped
WHERE v.attrelid = ` + resolvedSQL(t.Relation) + ` AND v.attname = ANY ($1::text[])`
}

// unlikeBase says which of some columns of a view is not its base's column of
// the same name, or nothing.
//
// The server's own parser tells of which column of which relation each column of
// a query is, when the view's query is described. The names in a plan do not:
// FROM orders AS o (id, b, a) gives columns others, also in the plan.
func (l *Look) unlikeBase(ctx context.Context, t *catalog.Table, columns []string) (reason message.Message, err error) {
	type pair struct{ view, base uint16 }
	var definition, role string
	var base uint32
	same := map[string]pair{}
	err = l.fixed(ctx, viewColumnsSQL(t), []bind{textsBind(columns)}, func(row [][]byte) error {
		definition, role = string(row[0]), string(row[1])
		if number := binary.BigEndian.Uint32(row[5]); number > 0 {
			base = decodeOID(row[2])
			same[string(row[3])] = pair{binary.BigEndian.Uint16(row[4]), uint16(number)}
		}
		return nil
	})
	if err != nil {
		return message.Message{}, err
	}
	description, err := l.describe(ctx, definition)
	var pgErr *pgconn.PgError
	if errors.As(err, &pgErr) && pgErr.Code == "42501" {
		return message.Message{}, &Error{Kind: KindPermission, Err: err, Message: message.New(
			"the role cannot see which columns of %s the view %s shows. GRANT USAGE ON SCHEMA %s TO %s, which gives no right to read a table",
			t.Logged(), t.Relation, quoteIdentifier(schemaOf(t.Logged())), quoteIdentifier(role))}
	}
	if err != nil {
		return message.Message{}, err
	}
	i := slices.IndexFunc(columns, func(name string) bool {
		p, ok := same[name]
		if !ok || int(p.view) > len(description.Fields) {
			return true
		}
		origin := description.Fields[p.view-1]
		return origin.TableOID != base || origin.TableAttributeNumber != p.base
	})
	if i < 0 {
		return message.Message{}, nil
	}
	return message.New("the column %s of the view %s is not the column of that name of %s", columns[i], t.Relation, t.Logged()), nil
}
