package postgres

import (
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/pullview/orders-datasource/pkg/message"
	"github.com/pullview/orders-datasource/pkg/query"
)

// bind is one bound value: its type and its text or binary form.
type bind struct {
	oid    uint32
	format int16 // pgtype.TextFormatCode or pgtype.BinaryFormatCode
	value  []byte
}

// statement is SQL text in the making, with the values bound to it. The zero
// value is empty.
type statement struct {
	text  strings.Builder
	binds []bind
	seen  map[string]string // placeholders by type and value: equal values are bound once
}

// maxBinds is how many values the protocol can bind to one statement.
const maxBinds = 65_535

// checkBinds refuses a statement whose filters have too many values.
func (s *statement) checkBinds() error {
	if len(s.binds) <= maxBinds {
		return nil
	}
	return &query.Error{Field: "filters", Message: message.New(
		"the filters bind %d values, more than the %d that one statement can; filter by fewer values", len(s.binds), maxBinds)}
}

func (s *statement) write(parts ...string) {
	for _, p := range parts {
		s.text.WriteString(p)
	}
}

// bindValue adds a value and returns its placeholder.
func (s *statement) bindValue(b bind) string {
	key := fmt.Sprint(b.oid, ":", b.format, ":", string(b.value))
	if placeholder, ok := s.seen[key]; ok {
		return placeholder
	}
	s.binds = append(s.binds, b)
	placeholder := fmt.Sprintf("$%d", len(s.binds))
	if s.seen == nil {
		s.seen = map[string]string{}
	}
	s.seen[key] = placeholder
	return placeholder
}

func (s *statement) bindText(oid uint32, text string) string {
	return s.bindValue(bind{oid: oid, format: pgtype.TextFormatCode, value: []byte(text)})
}

// bindTexts binds a list in the text form of an array.
func (s *statement) bindTexts(arrayOID uint32, texts []string) string {
	return s.bindText(arrayOID, arrayText(texts))
}

// arrayText is the text form of an array.
func arrayText(texts []string) string {
	var b strings.Builder
	b.WriteByte('{')
	for i, t := range texts {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('"')
		for j := range len(t) {
			if t[j] == '"' || t[j] == '\\' {
				b.WriteByte('\\')
			}
			b.WriteByte(t[j])
		}
		b.WriteByte('"')
	}
	b.WriteByte('}')
	return b.String()
}

func (s *statement) bindInstant(t time.Time) string {
	return s.bindValue(bind{oid: pgtype.TimestamptzOID, format: pgtype.BinaryFormatCode,
		value: binary.BigEndian.AppendUint64(nil, uint64(toMicros(t)))})
}

// bindInstants binds an array of instants in binary form
// (src/backend/utils/adt/arrayfuncs.c, array_recv).
func (s *statement) bindInstants(ts []time.Time) string {
	b := binary.BigEndian.AppendUint32(nil, 1)                  // dimensions
	b = binary.BigEndian.AppendUint32(b, 0)                     // no nulls
	b = binary.BigEndian.AppendUint32(b, pgtype.TimestamptzOID) // element type
	b = binary.BigEndian.AppendUint32(b, uint32(len(ts)))
	b = binary.BigEndian.AppendUint32(b, 1) // lower bound
	for _, t := range ts {
		b = binary.BigEndian.AppendUint32(b, 8)
		b = binary.BigEndian.AppendUint64(b, uint64(toMicros(t)))
	}
	return s.bindValue(bind{oid: pgtype.TimestamptzArrayOID, format: pgtype.BinaryFormatCode, value: b})
}

// bindStep binds a width as an interval of microseconds, without days and
// months, whose length would depend on the calendar.
func (s *statement) bindStep(d time.Duration) string {
	b := binary.BigEndian.AppendUint64(nil, uint64(d.Microseconds()))
	return s.bindValue(bind{oid: pgtype.IntervalOID, format: pgtype.BinaryFormatCode, value: append(b, 0, 0, 0, 0, 0, 0, 0, 0)})
}

// unixToPostgres is the Unix time of 2000-01-01 00:00:00 UTC in microseconds,
// the origin of PostgreSQL's clock.
const unixToPostgres = 946_684_800_000_000

// toMicros returns the first microsecond of PostgreSQL's clock that is not
// before t. Event times have whole microseconds, so "at or after t" and "before
// t" keep their meaning.
func toMicros(t time.Time) int64 {
	micros := t.UnixMicro()
	if t.Nanosecond()%1000 != 0 {
		micros++
	}
	return micros - unixToPostgres
}

func fromMicros(micros int64) time.Time { return time.UnixMicro(micros + unixToPostgres).UTC() }

// values, oids and formats are the binds as pgconn takes them.
func (s *statement) values() (values [][]byte, oids []uint32, formats []int16) {
	for _, b := range s.binds {
		values = append(values, b.value)
		oids = append(oids, b.oid)
		formats = append(formats, b.format)
	}
	return values, oids, formats
}

func textBind(text string) bind { return bind{oid: pgtype.TextOID, value: []byte(text)} }

func textsBind(texts []string) bind {
	return bind{oid: pgtype.TextArrayOID, value: []byte(arrayText(texts))}
}

func oidBind(oid uint32) bind {
	return bind{oid: pgtype.OIDOID, format: pgtype.BinaryFormatCode, value: binary.BigEndian.AppendUint32(nil, oid)}
}
