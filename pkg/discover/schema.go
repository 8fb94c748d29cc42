package discover

import (
	"strings"

	"github.com/pullview/orders-datasource/pkg/catalog"
)

// Schema is what was read of a store: the relations that the role may SELECT.
type Schema struct {
	Relations []*Relation
	// Truncated tells that there are more relations than were read.
	Truncated bool
	// Zone is the time zone of the server's sessions, as the server names it.
	Zone string
	// ZoneSet tells that somebody set it for the database or the role, and not
	// for the server as a whole.
	ZoneSet bool
	// Unread names relations whose values could not be looked at, and why.
	Unread []Note
}

// Relation is a table, partitioned table, view, materialized view or foreign
// table.
type Relation struct {
	Schema, Name string
	// SQLSchema and SQLName are the names as SQL writes them, quoted where needed.
	SQLSchema, SQLName string
	Kind               string // in words
	Comment            string
	// Rows is the server's estimate, of all partitions together; negative where
	// it has none.
	Rows        float64
	Columns     []*Column // those that the role may SELECT, in their order
	PrimaryKey  []string
	ForeignKeys []ForeignKey
}

// Column is a column and what is known about its values.
type Column struct {
	Name    string
	SQL     string // the name as SQL writes it
	Class   Class
	Type    string // as SQL names it, with length or precision
	NotNull bool
	Comment string
	// Indexed tells that an index over all rows begins with the column.
	Indexed bool
	// Allowed are the values that the type or a constraint permits, where it
	// lists them.
	Allowed []string
	// Called are the values with what they are called, where the column is one of
	// [Lookups]; nil where that is not known.
	Called []Called
	Stats  *Stats // nil where nothing is known
	// NewestAhead is how many seconds the column's newest value, read as UTC, is
	// ahead of the database's clock; nil where it was not looked at. It tells
	// whether a column without time zone holds UTC or local time.
	NewestAhead *float64
}

// Called is a value, as the database prints it, and what it is called.
type Called struct{ Value, Name string }

// ForeignKey refers from columns of a relation to those of another one.
type ForeignKey struct {
	Columns       []string
	Schema, Table string
	References    []string
}

// Stats are estimates about a column's values, from the server's statistics or
// from a sample.
type Stats struct {
	// Distinct is how many different values there are.
	Distinct float64
	// NullFraction is the part of the rows without a value, 0 to 1.
	NullFraction float64
	// Common are values that occur often, the most frequent first.
	Common []string
	// Complete tells that Common lists every value that was seen.
	Complete bool
	// Min and Max bound a number's values; both 0 where they are not known.
	Min, Max float64
	// Sampled tells that the estimate comes from a sample of rows.
	Sampled bool
}

// Class is a group of types that rules treat alike.
type Class string

// The classes. Domains belong to the class of the type beneath.
const (
	Text        Class = "text"
	Enum        Class = "enum"
	UUID        Class = "uuid"
	Bool        Class = "boolean"
	Integer     Class = "integer"
	Numeric     Class = "numeric"
	Money       Class = "money"
	Float       Class = "float"
	Timestamp   Class = "timestamp"   // without time zone
	Timestamptz Class = "timestamptz" // with time zone
	Date        Class = "date"
	Interval    Class = "interval"
	Other       Class = "other"
)

// IsTime reports whether values are points in time.
func (c Class) IsTime() bool { return c == Timestamp || c == Timestamptz || c == Date }

// IsNumber reports whether values can be summed and are no lengths of time.
func (c Class) IsNumber() bool { return c == Integer || c == Numeric || c == Money || c == Float }

// Column returns the column of that name, or nil.
func (r *Relation) Column(name string) *Column {
	for _, c := range r.Columns {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// relation returns the relation as the catalog names it.
func (r *Relation) relation() catalog.Relation {
	return catalog.Relation{Schema: r.Schema, Name: r.Name}
}

// key returns the only column of the primary key, or nil.
func (r *Relation) key() *Column {
	if len(r.PrimaryKey) != 1 {
		return nil
	}
	return r.Column(r.PrimaryKey[0])
}

// distinct returns how many different values a column has; ok is false where that
// is not known.
func (c *Column) distinct() (n float64, ok bool) {
	if c.Class == Bool {
		return 2, true
	}
	if c.Stats == nil {
		if len(c.Allowed) > 0 {
			return float64(len(c.Allowed)), true
		}
		return 0, false
	}
	return c.Stats.Distinct, true
}

// values lists the values of a column that are known, declared ones first.
func (c *Column) values() []string {
	if len(c.Allowed) > 0 {
		return c.Allowed
	}
	if c.Stats != nil {
		return c.Stats.Common
	}
	return nil
}

// mayBeNull reports whether rows without a value are to be expected.
func (c *Column) mayBeNull() bool { return !c.NotNull }

// plain reports whether the catalog can name the column where it takes a
// column's name and no expression.
func (c *Column) plain() bool {
	return !strings.ContainsAny(c.Name, `"();'`) && !strings.Contains(c.Name, "::") &&
		strings.TrimSpace(c.Name) == c.Name && !strings.ContainsFunc(c.Name, func(r rune) bool { return r < ' ' || r == 0x7f })
}
