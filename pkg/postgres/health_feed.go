package postgres

import (
	"context"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/message"
)

// checkFeed warns where the change feed that a table declares is not used, so
// that answers are computed live, and where it costs or promises too much.
func (l *Look) checkFeed(ctx context.Context, rel *relation, t *catalog.Table, r *TableReport) error {
	if t.Changes.Mode == catalog.ChangesLog {
		return l.checkChangelog(ctx, rel, t, r)
	}
	if !fenced(t) {
		return nil
	}
	fit := true
	err := l.fixed(ctx, fencedSQL, []bind{oidBind(rel.oid)}, func(v [][]byte) error {
		fit = isTrue(v[0])
		return nil
	})
	if err != nil {
		return err
	}
	if !fit {
		r.warn("it declares mode %s, but only tables have a change feed, not views and foreign tables, and none with row-level security%s", t.Changes.Mode, answeredLive)
		return nil
	}
	if t.Changes.Mode == catalog.ChangesUpdatedAt {
		return l.checkUpdatedAt(ctx, rel, t, r)
	}
	return nil
}

// answeredLive ends a warning about a feed that is not used.
var answeredLive = message.New("; answers stay exact, but are computed live")

// fencedSQL tells whether a relation with all its parts is one whose changes can
// be found by a time.
const fencedSQL = `WITH RECURSIVE tree (oid) AS (
  SELECT $1::oid
  UNION
  SELECT i.inhrelid FROM tree JOIN pg_catalog.pg_inherits i ON i.inhparent = tree.oid
)
SELECT pg_catalog.bool_and(c.relkind IN ('r', 'p') AND c.relpersistence = 'p' AND NOT c.relrowsecurity)
FROM tree JOIN pg_catalog.pg_class c ON c.oid = tree.oid`

// seesSQL tells what keeps the role from seeing when transactions began: that
// this is a standby, a right that it lacks, or sessions that do not show it;
// and whether there are prepared transactions.
const seesSQL = `SELECT pg_catalog.pg_is_in_recovery(), pg_catalog.pg_has_role(current_user, 'pg_read_all_stats', 'USAGE'),
  EXISTS (SELECT FROM pg_catalog.pg_stat_activity WHERE datname = pg_catalog.current_database() AND state = 'disabled'),
  EXISTS (SELECT FROM pg_catalog.pg_prepared_xacts WHERE database = pg_catalog.current_database()),
  COALESCE((SELECT attnotnull FROM pg_catalog.pg_attribute WHERE attrelid = $1 AND attname = $2), true),
  current_user::text`

func (l *Look) checkUpdatedAt(ctx context.Context, rel *relation, t *catalog.Table, r *TableReport) error {
	if _, err := l.updatedColumn(ctx, rel); err != nil {
		return err
	}
	column := t.Changes.Column
	err := l.fixed(ctx, seesSQL, []bind{oidBind(rel.oid), textBind(column)}, func(v [][]byte) error {
		standby, sees, hidden, prepared, filled := isTrue(v[0]), isTrue(v[1]), isTrue(v[2]), isTrue(v[3]), isTrue(v[4])
		switch {
		case standby:
			r.warn("it declares mode updated_at, but this is a standby, which does not show the transactions of its primary%s. Mode log works on a standby", answeredLive)
		case !sees:
			r.warn("it declares mode updated_at, but the role may not see when the transactions of others began%s. GRANT pg_read_all_stats TO %s", answeredLive, quoteIdentifier(string(v[5])))
		case hidden:
			r.warn("it declares mode updated_at, but some sessions run with track_activities off and do not show when their transaction began%s", answeredLive)
		case prepared:
			r.warn("there are prepared transactions, of which nobody knows when they began. Until they end, more than has changed in %s is read at every look", r.Relation)
		}
		if !filled {
			r.warn("%s of %s may be NULL. Rows in which it is are not noticed when they change; declare it NOT NULL", column, r.Relation)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return l.checkIndex(ctx, rel, column, r)
}
