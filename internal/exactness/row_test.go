package exactness_test

import (
	"context"
	"math"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// instant is a number of microseconds since 1970, or one of the infinities.
type instant = int64

const (
	never   instant = math.MinInt64 // -infinity
	forever instant = math.MaxInt64 // infinity
)

func instantOf(t time.Time) instant { return t.UnixMicro() }

// moment is a value of a time column.
type moment struct {
	at   instant
	null bool
}

func (m moment) finite() bool { return !m.null && m.at != never && m.at != forever }

// text is a value of a dimension or of another column, written as its label
// reads before reserved labels are escaped.
type text struct {
	text string
	null bool
}

// The columns of every table, by the names that this package calls them. What
// they are called in the database differs from world to world.
const (
	colID      = "id"
	colAt      = "at"      // timestamp with time zone
	colLocal   = "local"   // timestamp without time zone
	colDay     = "day"     // date
	colOpened  = "opened"  // timestamp with time zone
	colClosed  = "closed"  // timestamp with time zone
	colPaid    = "paid"    // timestamp without time zone
	colChannel = "channel" // text
	colKind    = "kind"    // an enum
	colCode    = "code"    // character(3)
	colNick    = "nick"    // citext
	colSize    = "size"    // smallint
	colFlag    = "flag"    // boolean
	colRef     = "ref"     // uuid
	colTier    = "tier"    // numeric
	colPieces  = "pieces"  // integer
	colBytes   = "bytes"   // bigint
	colScore   = "score"   // numeric of any size
	colAmount  = "amount"  // numeric(12,2), of a domain
	colWeight  = "weight"  // double precision
	colRate    = "rate"    // real
	colLasted  = "lasted"  // interval
	colPrice   = "price"   // money
)

// timeColumns are those that a metric may take its time from.
var timeColumns = []string{colAt, colLocal, colDay, colOpened, colClosed, colPaid}

var textColumns = []string{colChannel, colKind, colCode, colNick, colSize, colFlag, colRef, colTier, colDay}

var numberColumns = []string{colPieces, colBytes, colScore, colAmount, colLasted, colPrice, colWeight, colRate}

// row is one row of a table as a plain SELECT returns it.
type row struct {
	id      int64
	times   map[string]moment
	texts   map[string]text
	numbers map[string]number
}

// rawSQL reads a whole relation. Local times become instants by SQL's own AT
// TIME ZONE and intervals numbers by their epoch: that is what they mean.
func rawSQL(relation string, name func(string) string, zone string) string {
	columns := []string{name(colID)}
	for _, c := range timeColumns {
		switch c {
		case colLocal, colPaid:
			columns = append(columns, name(c)+" AT TIME ZONE '"+zone+"'")
		case colDay:
			columns = append(columns, name(c)+"::timestamp AT TIME ZONE '"+zone+"'")
		default:
			columns = append(columns, name(c))
		}
	}
	for _, c := range textColumns {
		columns = append(columns, name(c)+"::text")
	}
	for _, c := range numberColumns {
		switch c {
		case colWeight, colRate:
			columns = append(columns, name(c)+"::float8")
		case colLasted:
			columns = append(columns, "extract(epoch from "+name(c)+")::text")
		case colPrice:
			columns = append(columns, name(c)+"::numeric::text")
		default:
			columns = append(columns, name(c)+"::text")
		}
	}
	return "SELECT " + strings.Join(columns, ", ") + " FROM " + relation
}

// readRows reads the raw rows of a relation.
func readRows(ctx context.Context, conn *pgx.Conn, sql string) ([]*row, error) {
	rows, err := conn.Query(ctx, sql)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(from pgx.CollectableRow) (*row, error) {
		r := &row{times: map[string]moment{}, texts: map[string]text{}, numbers: map[string]number{}}
		into := []any{&r.id}
		times := make([]pgtype.Timestamptz, len(timeColumns))
		for i := range times {
			into = append(into, &times[i])
		}
		texts := make([]*string, len(textColumns))
		for i := range texts {
			into = append(into, &texts[i])
		}
		exact, floats := make([]*string, len(numberColumns)), make([]*float64, len(numberColumns))
		for i, c := range numberColumns {
			if c == colWeight || c == colRate {
				into = append(into, &floats[i])
			} else {
				into = append(into, &exact[i])
			}
		}
		if err := from.Scan(into...); err != nil {
			return nil, err
		}
		for i, c := range timeColumns {
			r.times[c] = momentOf(times[i])
		}
		for i, c := range textColumns {
			r.texts[c] = text{null: true}
			if texts[i] != nil {
				r.texts[c] = text{text: dimensionTypes[c].label(*texts[i])}
			}
		}
		for i, c := range numberColumns {
			switch {
			case exact[i] != nil:
				r.numbers[c] = parseNumber(*exact[i])
			case floats[i] != nil:
				r.numbers[c] = floatNumber(*floats[i])
			default:
				r.numbers[c] = nullNumber
			}
		}
		return r, nil
	})
}

func momentOf(t pgtype.Timestamptz) moment {
	switch {
	case !t.Valid:
		return moment{null: true}
	case t.InfinityModifier == pgtype.Infinity:
		return moment{at: forever}
	case t.InfinityModifier == pgtype.NegativeInfinity:
		return moment{at: never}
	}
	return moment{at: instantOf(t.Time)}
}
