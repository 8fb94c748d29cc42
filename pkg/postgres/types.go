package postgres

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/pullview/orders-datasource/pkg/message"
	"github.com/pullview/orders-datasource/pkg/query"
)

// typeClass says how values of some database types are grouped, filtered,
// measured and shown. Every type that the package handles belongs to exactly
// one class of the table below; the others are refused by name.
type typeClass struct {
	name string // for messages

	// label writes a value as the text that becomes a label, the same for
	// values that the database groups together. It is nil where a type is no
	// dimension.
	label func(expr string) string
	// parse checks the text of one filter value and returns it as the server
	// reads it; the error completes the sentence "the value …".
	parse func(text, zone string) (string, error)
	// bind is the type of a bound filter value, bindArray of a list of them. 0
	// means the column's own type.
	bind, bindArray uint32

	// exact and float tell what a sum of the values is; number writes a value
	// as the number that is summed or observed.
	exact, float bool
	number       func(expr string) string

	record recordKind
	time   timeKind
}

// recordKind says in which slice of a query.RecordColumn values are shown.
type recordKind uint8

const (
	recordText recordKind = iota
	recordTime
	recordDecimal
	recordFloat
	recordBool
)

// timeKind says how a value of an event-time column becomes an instant.
type timeKind uint8

const (
	timeNone    timeKind = iota
	timeInstant          // timestamp with time zone
	timeLocal            // timestamp without time zone, read in the table's zone
	timeDate             // the start of the day in the table's zone
)

func asText(expr string) string { return "(" + expr + ")::text" }
func itself(expr string) string { return expr }
func castTo(t string) func(string) string {
	return func(expr string) string { return "(" + expr + ")::" + t }
}

// The classes. Floats are no dimensions: equality of floats is seldom what is
// meant, and a cast to numeric says what is.
var (
	classText = &typeClass{name: "text", label: asText, parse: parseText,
		bind: pgtype.TextOID, bindArray: pgtype.TextArrayOID}
	classBpchar = &typeClass{name: "character", label: asText, parse: parseText,
		bind: pgtype.BPCharOID, bindArray: pgtype.BPCharArrayOID}
	// citext groups without regard to case, so its label is in lower case.
	classCitext = &typeClass{name: "citext", parse: parseText,
		label: func(expr string) string { return "lower((" + expr + ")::text)" }}
	classEnum = &typeClass{name: "enum", label: asText, parse: parseText}
	classUUID = &typeClass{name: "uuid", label: asText, parse: parseUUID,
		bind: pgtype.UUIDOID, bindArray: pgtype.UUIDArrayOID}
	classBool = &typeClass{name: "boolean", label: asText, parse: parseBool,
		bind: pgtype.BoolOID, bindArray: pgtype.BoolArrayOID, record: recordBool}
	// Any integer compares with a bigint through the same index.
	classInt = &typeClass{name: "integer", label: asText, parse: parseInt,
		bind: pgtype.Int8OID, bindArray: pgtype.Int8ArrayOID,
		exact: true, number: itself, record: recordDecimal}
	// 1.0 and 1.00 are one group, so the label has no trailing zeros.
	classNumeric = &typeClass{name: "numeric", parse: parseNumeric,
		label: func(expr string) string { return "trim_scale(" + expr + ")::text" },
		bind:  pgtype.NumericOID, bindArray: pgtype.NumericArrayOID,
		exact: true, number: itself, record: recordDecimal}
	classFloat = &typeClass{name: "floating point", float: true, number: castTo("float8"), record: recordFloat}
	classMoney = &typeClass{name: "money", exact: true, number: castTo("numeric"), record: recordDecimal}
	classDate  = &typeClass{name: "date", label: asText, parse: parseDate,
		bind: pgtype.DateOID, bindArray: pgtype.DateArrayOID, time: timeDate}
	classTimestamp = &typeClass{name: "timestamp without time zone", label: asText, parse: parseTimestamp,
		bind: pgtype.TimestampOID, bindArray: pgtype.TimestampArrayOID, record: recordTime, time: timeLocal}
	classTimestamptz = &typeClass{name: "timestamp with time zone", label: asText, parse: parseTimestamptz,
		bind: pgtype.TimestamptzOID, bindArray: pgtype.TimestamptzArrayOID, record: recordTime, time: timeInstant}
	classInterval = &typeClass{name: "interval", exact: true,
		number: func(expr string) string { return "extract(epoch from " + expr + ")" }}
	classOther = &typeClass{name: "other"}
)

// builtin holds the types with fixed OIDs, by OID. Enums, domains and the types
// of extensions are looked up on the server.
var builtin = byOID(
	columnType{oid: pgtype.TextOID, typeClass: classText, sql: "text"},
	columnType{oid: pgtype.VarcharOID, typeClass: classText, sql: "character varying"},
	columnType{oid: pgtype.NameOID, typeClass: classText, sql: "name"},
	columnType{oid: pgtype.BPCharOID, typeClass: classBpchar, sql: "character"},
	columnType{oid: pgtype.UUIDOID, typeClass: classUUID, sql: "uuid"},
	columnType{oid: pgtype.BoolOID, typeClass: classBool, sql: "boolean"},
	columnType{oid: pgtype.Int2OID, typeClass: classInt, sql: "smallint"},
	columnType{oid: pgtype.Int4OID, typeClass: classInt, sql: "integer"},
	columnType{oid: pgtype.Int8OID, typeClass: classInt, sql: "bigint"},
	columnType{oid: pgtype.NumericOID, typeClass: classNumeric, sql: "numeric"},
	columnType{oid: pgtype.Float4OID, typeClass: classFloat, sql: "real"},
	columnType{oid: pgtype.Float8OID, typeClass: classFloat, sql: "double precision"},
	columnType{oid: moneyOID, typeClass: classMoney, sql: "money"},
	columnType{oid: pgtype.DateOID, typeClass: classDate, sql: "date"},
	columnType{oid: pgtype.TimestampOID, typeClass: classTimestamp, sql: "timestamp without time zone"},
	columnType{oid: pgtype.TimestamptzOID, typeClass: classTimestamptz, sql: "timestamp with time zone"},
	columnType{oid: pgtype.IntervalOID, typeClass: classInterval, sql: "interval"},
)

const moneyOID = 790

func byOID(types ...columnType) map[uint32]columnType {
	m := make(map[uint32]columnType, len(types))
	for _, t := range types {
		m[t.oid] = t
	}
	return m
}

// columnType is the type of a column or expression.
type columnType struct {
	*typeClass
	bounded bool     // a length or precision is declared
	loose   bool     // the collation calls texts equal that differ
	oid     uint32   // never a domain's: that of the type beneath
	array   uint32   // of enums: the OID of the array type
	sql     string   // the type's name as SQL writes it, schema-qualified where needed
	schema  string   // quoted schema of an extension's type, whose operators live there
	labels  []string // of enums, in their order
}

// operators lists what a filter on the type can use; nil when the type is no
// dimension.
func (t columnType) operators() []query.Operator {
	if t.label == nil {
		return nil
	}
	if t.typeClass == classBool || t.typeClass == classUUID {
		return slices.DeleteFunc(slices.Clone(query.Operators), isOrdering)
	}
	return query.Operators
}

func isOrdering(op query.Operator) bool {
	return op == query.Gt || op == query.Ge || op == query.Lt || op == query.Le
}

// dimensionTypes names the types that may be grouped and filtered by.
var dimensionTypes = message.New("text, varchar, char, citext, enum, uuid, boolean, smallint, integer, bigint, numeric, date, timestamp, timestamptz and domains over them")

// numberTypes names the types that may be summed or observed.
var numberTypes = message.New("smallint, integer, bigint, numeric, real, double precision, money, interval and domains over them")

// typeName names a type of a bound value for a reader.
func typeName(oid uint32) string {
	if t, ok := builtin[oid]; ok {
		return t.sql
	}
	for _, t := range builtin {
		if t.bindArray == oid && t.bind == t.oid {
			return t.sql + "[]"
		}
	}
	if oid == pgtype.Float8ArrayOID {
		return "double precision[]"
	}
	return fmt.Sprintf("type %d", oid)
}

// quoteIdentifier writes a name so that it means itself and nothing else.
func quoteIdentifier(name string) string {
	return `"` + strings.ReplaceAll(strings.ReplaceAll(name, "\x00", ""), `"`, `""`) + `"`
}
