package postgres

import (
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/pullview/orders-datasource/pkg/query"
)

// timeColumn is an event-time column or expression.
type timeColumn struct {
	sql  string // as the relation has it
	kind timeKind
	zone string // IANA zone in which local times are read
}

// instant writes the column as a timestamp with time zone.
func (c timeColumn) instant(s *statement) string {
	switch c.kind {
	case timeLocal:
		return "(" + c.sql + " AT TIME ZONE " + s.bindText(pgtype.TextOID, c.zone) + ")"
	case timeDate:
		return "(" + c.sql + "::timestamp AT TIME ZONE " + s.bindText(pgtype.TextOID, c.zone) + ")"
	}
	return c.sql
}

// from returns conditions for instants at or after t, before those for instants
// before it. Local times that the zone's clock shows twice, or never, make the
// order of local times differ from that of instants. So the plain column, whose
// index is to serve, is compared with a bound that is widened over any change
// of the clock within a day; what lies inside even of the narrowest bound is
// in, and only rows between the two are converted to tell.
func (c timeColumn) from(s *statement, t time.Time) []string {
	exact := c.instant(s) + " >= " + s.bindInstant(t)
	if c.kind == timeInstant {
		return []string{exact}
	}
	return []string{
		c.sql + " >= " + c.localBound(s, t, "least"),
		"(" + c.sql + " >= " + c.localBound(s, t, "greatest") + " OR " + exact + ")",
	}
}

func (c timeColumn) before(s *statement, t time.Time) []string {
	exact := c.instant(s) + " < " + s.bindInstant(t)
	if c.kind == timeInstant {
		return []string{exact}
	}
	return []string{
		c.sql + " < " + c.localBound(s, t, "greatest"),
		"(" + c.sql + " < " + c.localBound(s, t, "least") + " OR " + exact + ")",
	}
}

// localBound writes t as a local time under the offsets at t, a day before and
// a day after, and picks the least or greatest. All of it is immutable, so the
// planner sees the bound's value. A column of dates has operators for
// timestamps that its index knows.
func (c timeColumn) localBound(s *statement, t time.Time, pick string) string {
	const day = 24 * time.Hour
	zone := s.bindText(pgtype.TextOID, c.zone)
	return fmt.Sprintf("%s(%s AT TIME ZONE %s, (%s AT TIME ZONE %s) + interval '24 hours', (%s AT TIME ZONE %s) - interval '24 hours')",
		pick, s.bindInstant(t), zone, s.bindInstant(t.Add(-day)), zone, s.bindInstant(t.Add(day)), zone)
}

// bucket writes the expression that bins the column, or nothing for a single
// bucket. How its values become bucket numbers is told by bucketing.
func (c timeColumn) bucket(s *statement, b query.Buckets) string {
	switch {
	case b.Step > 0:
		return "date_bin(" + s.bindStep(b.Step) + ", " + c.instant(s) + ", " + s.bindInstant(b.Origin) + ")"
	case b.Bounds != nil:
		// Each row counts the bounds at or before it, so equal neighbours are
		// empty buckets.
		return "width_bucket(" + c.instant(s) + ", " + s.bindInstants(b.Bounds) + ")"
	}
	return ""
}

// checkBuckets refuses buckets whose numbers could not be told apart. They are
// laid by this code, so that is a mistake of ours.
func checkBuckets(b query.Buckets) error {
	if b.Step > 0 {
		switch {
		case b.Step%time.Microsecond != 0:
			return fmt.Errorf("postgres: a step of %s is finer than the store's clock", b.Step)
		case b.From.Before(b.Origin):
			return fmt.Errorf("postgres: a scan from %s begins before its first bucket at %s", b.From, b.Origin)
		}
		return nil
	}
	if b.Bounds == nil {
		return nil
	}
	if len(b.Bounds) < 2 || b.From.Before(b.Bounds[0]) || b.To.After(b.Bounds[len(b.Bounds)-1]) {
		return fmt.Errorf("postgres: a scan from %s to %s leaves its %d bounds", b.From, b.To, len(b.Bounds))
	}
	for i := 1; i < len(b.Bounds); i++ {
		if b.Bounds[i].Before(b.Bounds[i-1]) {
			return fmt.Errorf("postgres: bounds %d and %d are not ascending", i-1, i)
		}
	}
	return nil
}
