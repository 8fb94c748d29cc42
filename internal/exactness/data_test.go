package exactness_test

import (
	"fmt"
	"strings"
	"time"
)

// shape says what the rows of a table are like.
type shape struct {
	edges    edges
	loc      *time.Location
	channels []string
	refs     []string
	wild     bool // NaN, infinities and numbers at the ends of their types
	coarse   bool // floats whose sums round
	infinite bool // the server knows infinite intervals
}

var channels = []string{
	"web", "app", "store", "Web", "", "(null)", "(others)", `\(others)`, `\\(null)`, `it's "q"`, "Ünïcode ☃", "a,b{c}=d",
	"new\nline", " spaced ", "null", "%_", "NaN",
}

// columnTypes are the columns of every table, in the order of its rows.
var columnTypes = [][2]string{
	{colID, "bigint"}, {colAt, "timestamptz"}, {colLocal, "timestamp"}, {colDay, "date"},
	{colOpened, "timestamptz"}, {colClosed, "timestamptz"}, {colPaid, "timestamp"},
	{colChannel, "text"}, {colKind, "order_kind"}, {colCode, "character(3)"}, {colNick, "citext"}, {colSize, "smallint"},
	{colFlag, "boolean"}, {colRef, "uuid"}, {colTier, "numeric"},
	{colPieces, "integer"}, {colBytes, "bigint"}, {colScore, "numeric"}, {colAmount, "amount_of_money"},
	{colWeight, "double precision"}, {colRate, "real"}, {colLasted, "interval"}, {colPrice, "money"},
}

// prelude makes the types of the columns.
func prelude() string {
	labels := make([]string, len(enumLabels))
	for i, label := range enumLabels {
		labels[i] = literal(label)
	}
	return `CREATE EXTENSION citext;
CREATE TYPE order_kind AS ENUM (` + strings.Join(labels, ", ") + `);
CREATE DOMAIN amount_of_money AS numeric(12,2);`
}

func literal(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

// rowSQL draws the literals of one row.
func (c chance) rowSQL(id int, s *shape) string {
	opened, closed := c.life(s)
	values := []string{
		fmt.Sprint(id),
		c.moment(s), c.local(s), c.day(s),
		opened, closed, c.local(s),
		literal(pick(c, s.channels)), literal(pick(c, enumLabels)), literal(pick(c, []string{"a", "ab", "abc", "A", "é"})),
		literal(pick(c, []string{"Ann", "ANN", "bob", "Bob ", "(NULL)", "Zoë"})), c.size(),
		literal(pick(c, []string{"true", "false"})), literal(pick(c, s.refs)), literal(c.tier()),
		c.pieces(s), c.bytes(s), literal(c.score(s)), literal(c.amount(s)),
		literal(c.weight(s)), literal(c.rate(s)), literal(c.lasted(s)), literal(fmt.Sprintf("%d.%02d", c.IntN(400)-150, c.IntN(100))),
	}
	for i := range values {
		// The life of a row has its own share of nulls.
		if name := columnTypes[i][0]; name != colID && name != colClosed && c.hits(12) {
			values[i] = "NULL"
		}
	}
	return "(" + strings.Join(values, ", ") + ")"
}

func stampLiteral(at instant) string {
	switch at {
	case never:
		return "'-infinity'"
	case forever:
		return "'infinity'"
	}
	return "'" + time.UnixMicro(at).UTC().Format("2006-01-02 15:04:05.000000") + "+00'"
}

// when draws an instant, now and then one that is far off.
func (c chance) when(s *shape) instant {
	switch c.IntN(40) {
	case 0:
		return never
	case 1:
		return forever
	case 2:
		return instantOf(mustTime("0001-01-01T00:00:00Z"))
	case 3:
		return instantOf(mustTime("9999-12-31T23:59:59.999999Z"))
	}
	return c.instant(s.edges)
}

func (c chance) moment(s *shape) string { return stampLiteral(c.when(s)) }

// local draws what a clock on the wall shows: at an instant or, near a change
// of clocks, by the offset on either side of it, so that some local times never
// were and some were twice.
func (c chance) local(s *shape) string {
	at := c.when(s)
	if at == never || at == forever {
		return stampLiteral(at)
	}
	near := time.UnixMicro(at).In(s.loc)
	wall := at + int64(offsetOf(near))*1e6
	if begin, end := near.ZoneBounds(); c.hits(3) && !begin.IsZero() && !end.IsZero() {
		change := pick(c, []time.Time{begin, end})
		offset := offsetOf(change.Add(-time.Duration(c.IntN(2)) * time.Microsecond))
		wall = instantOf(change) + int64(offset)*1e6 + pick(c, []int64{0, -1, 1, c.Int64N(4*3600e6) - 2*3600e6})
	}
	shown := time.UnixMicro(wall).UTC()
	if shown.Year() < 1 || shown.Year() > 9999 {
		return "NULL"
	}
	return "'" + shown.Format("2006-01-02 15:04:05.000000") + "'"
}

func offsetOf(t time.Time) int {
	_, offset := t.Zone()
	return offset
}

func (c chance) day(s *shape) string {
	at := c.when(s)
	if at == never || at == forever {
		return stampLiteral(at)
	}
	day := time.UnixMicro(at).In(s.loc)
	if day.Year() < 1 || day.Year() > 9999 {
		return "NULL"
	}
	return "'" + day.Format("2006-01-02") + "'"
}

// life draws when a row was opened and closed, in this order or not.
func (c chance) life(s *shape) (opened, closed string) {
	from := c.when(s)
	finite := from != never && from != forever
	if finite && c.hits(4) {
		list := pick(c, s.edges.own)
		from = list[0] - c.Int64N(3*(list[len(list)-1]-list[0])+1)
	}
	opened = stampLiteral(from)
	switch c.IntN(16) {
	case 0, 1, 2, 3:
		return opened, "NULL"
	case 4:
		return opened, "'infinity'"
	case 5:
		return opened, "'-infinity'"
	case 6:
		return opened, opened
	case 7:
		return opened, c.moment(s)
	}
	until := c.instant(s.edges)
	for tries := 0; until <= from && tries < 10; tries++ {
		until = c.instant(s.edges)
	}
	return opened, stampLiteral(until)
}

func (c chance) size() string {
	if c.hits(30) {
		return "32767"
	}
	return fmt.Sprint(c.IntN(8) - 3)
}

func (c chance) tier() string {
	return pick(c, []string{"1", "1.0", "1.50", "-2", "0", "0.00", "NaN", "10", "1.5", "100"})
}

func (c chance) pieces(s *shape) string {
	if s.wild && c.hits(10) {
		return pick(c, []string{"2147483647", "-2147483648"})
	}
	return fmt.Sprint(c.IntN(21) - 8)
}

func (c chance) bytes(s *shape) string {
	if s.wild && c.hits(4) {
		return pick(c, []string{"9223372036854775807", "-9223372036854775808", "9007199254740993"})
	}
	return fmt.Sprint(c.Int64N(1_000_000) - 300_000)
}

func (c chance) score(s *shape) string {
	if s.wild && c.hits(6) {
		return pick(c, []string{"NaN", "Infinity", "-Infinity", "1e30", "-1e30", "1e-30", "1e400", "-1e400", "1e-290", "1.79e308",
			"123456789012345678901234567890.123456789"})
	}
	return fmt.Sprintf("%d.%0*d", c.IntN(300)-100, 1+c.IntN(9), c.IntN(10))
}

func (c chance) amount(s *shape) string {
	if s.wild && c.hits(20) {
		return pick(c, []string{"NaN", "9999999999.99", "-9999999999.99", "0.01"})
	}
	return fmt.Sprintf("%d.%02d", c.IntN(500)-200, c.IntN(100))
}

func (c chance) weight(s *shape) string {
	switch {
	case s.wild && c.hits(12):
		return pick(c, []string{"NaN", "Infinity", "-Infinity", "1e300", "-1e300", "1e-300", "4e-20"})
	case s.coarse:
		return fmt.Sprint(c.NormFloat64() * 1000)
	}
	return fmt.Sprint(float64(c.IntN(20_000)-7000) / 256)
}

func (c chance) rate(s *shape) string {
	switch {
	case s.wild && c.hits(12):
		return pick(c, []string{"NaN", "Infinity", "-Infinity", "3e38", "-3e38"})
	case s.coarse:
		return fmt.Sprint(c.Float32())
	}
	return fmt.Sprint(float32(c.IntN(400)-100) / 8)
}

func (c chance) lasted(s *shape) string {
	if s.wild && s.infinite && c.hits(15) {
		return pick(c, []string{"infinity", "-infinity"})
	}
	switch c.IntN(5) {
	case 0:
		return fmt.Sprintf("%d months %d days %d.%06d seconds", c.IntN(30)-10, c.IntN(40), c.IntN(100_000), c.IntN(1_000_000))
	case 1:
		return fmt.Sprintf("-%d.5 seconds", c.IntN(1000))
	}
	return fmt.Sprintf("%d.%03d seconds", c.IntN(100_000), c.IntN(1000))
}
