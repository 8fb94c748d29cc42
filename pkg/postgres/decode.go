package postgres

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/pullview/orders-datasource/pkg/message"
	"github.com/pullview/orders-datasource/pkg/query"
)

// maxLabelBytes bounds the labels of one result. Rows are bounded by count;
// this bounds what a dimension with very long values takes.
const maxLabelBytes = 32 << 20

// firstRows is how many rows a decoder makes room for at first.
const firstRows = 1024

// cellDecoder turns the binary rows of a plan into cells, column by column.
// Growth of the columns aside, it allocates only for groups that it has not
// seen before.
type cellDecoder struct {
	plan *plan
	rows int

	groups     []query.Group
	index      map[string]int32 // by key
	key        []byte
	labelBytes int

	group, bucket, code []int32
	columns             []query.Column
	read                []func(*query.Column, []byte) error

	origin, step int64 // of fixed buckets, in microseconds
	buckets      int32
}

func newCellDecoder(p *plan) *cellDecoder {
	d := &cellDecoder{plan: p, index: map[string]int32{}}
	d.buckets = int32(min(p.buckets.Len(), math.MaxInt32))
	d.step = p.buckets.Step.Microseconds()
	d.origin = toMicros(p.buckets.Origin)
	room := min(p.maxRows, firstRows)
	if p.groups > 0 {
		d.group = make([]int32, 0, room)
	}
	if p.bucketed {
		d.bucket = make([]int32, 0, room)
	}
	if p.sketch {
		d.code = make([]int32, 0, room)
	}
	d.columns = make([]query.Column, len(p.kinds))
	for i, kind := range p.kinds {
		d.columns[i] = query.NewColumn(kind, room)
		truncate(&d.columns[i])
	}
	return d
}

func truncate(c *query.Column) {
	c.Ints, c.Decimals, c.Floats = c.Ints[:0], c.Decimals[:0], c.Floats[:0]
}

// fields checks that the result has the columns that the plan expects, and
// chooses how to read each.
func (d *cellDecoder) fields(fields []pgconn.FieldDescription) error {
	var want [][]uint32
	if d.plan.bucketed {
		if d.step > 0 {
			want = append(want, []uint32{pgtype.TimestamptzOID})
		} else {
			want = append(want, []uint32{pgtype.Int4OID})
		}
	}
	for range d.plan.groups {
		want = append(want, []uint32{pgtype.TextOID})
	}
	if d.plan.sketch {
		want = append(want, []uint32{pgtype.Int4OID})
	}
	first := len(want)
	for _, kind := range d.plan.kinds {
		want = append(want, oidsOf[kind])
	}
	if len(fields) != len(want) {
		return fmt.Errorf("%w: %d columns instead of %d", errUnexpectedType, len(fields), len(want))
	}
	for i, f := range fields {
		if !contains(want[i], f.DataTypeOID) {
			return fmt.Errorf("%w: column %d is of %s", errUnexpectedType, i+1, typeName(f.DataTypeOID))
		}
		if i >= first {
			d.read = append(d.read, readers[f.DataTypeOID])
		}
	}
	return nil
}

func contains(oids []uint32, oid uint32) bool {
	for _, o := range oids {
		if o == oid {
			return true
		}
	}
	return false
}

// oidsOf lists the types from which a column of a kind is read.
var oidsOf = map[query.Kind][]uint32{
	query.KindInt:     {pgtype.Int8OID},
	query.KindDecimal: {pgtype.NumericOID, pgtype.Int8OID, pgtype.Int4OID, pgtype.Int2OID},
	query.KindFloat:   {pgtype.Float8OID},
}

// readers append one value in binary form to a column. Integers go to columns
// of ints or decimals.
var readers = map[uint32]func(*query.Column, []byte) error{
	pgtype.Int8OID: func(c *query.Column, b []byte) error {
		if len(b) != 8 {
			return errWidth
		}
		return appendInt(c, int64(binary.BigEndian.Uint64(b)))
	},
	pgtype.Int4OID: func(c *query.Column, b []byte) error {
		if len(b) != 4 {
			return errWidth
		}
		return appendInt(c, int64(int32(binary.BigEndian.Uint32(b))))
	},
	pgtype.Int2OID: func(c *query.Column, b []byte) error {
		if len(b) != 2 {
			return errWidth
		}
		return appendInt(c, int64(int16(binary.BigEndian.Uint16(b))))
	},
	pgtype.NumericOID: func(c *query.Column, b []byte) error {
		v, err := decodeNumeric(b)
		c.Decimals = append(c.Decimals, v)
		return err
	},
	pgtype.Float8OID: func(c *query.Column, b []byte) error {
		if len(b) != 8 {
			return errWidth
		}
		c.Floats = append(c.Floats, math.Float64frombits(binary.BigEndian.Uint64(b)))
		return nil
	},
}

var errWidth = fmt.Errorf("postgres: a number of an unexpected width")

func appendInt(c *query.Column, v int64) error {
	if c.Kind == query.KindDecimal {
		c.Decimals = append(c.Decimals, query.NewDecimal(v, 0))
	} else {
		c.Ints = append(c.Ints, v)
	}
	return nil
}

// row decodes one row.
func (d *cellDecoder) row(values [][]byte) error {
	if d.rows++; d.rows > d.plan.maxRows {
		return query.ErrTooManyCells
	}
	if d.plan.bucketed {
		n, err := d.bucketNumber(values[0])
		if err != nil {
			return err
		}
		d.bucket = append(d.bucket, n)
		values = values[1:]
	}
	if n := d.plan.groups; n > 0 {
		g, err := d.groupNumber(values[:n])
		if err != nil {
			return err
		}
		d.group = append(d.group, g)
		values = values[n:]
	}
	excluded := false
	if d.plan.sketch {
		if len(values[0]) != 4 {
			return errWidth
		}
		code := int32(binary.BigEndian.Uint32(values[0]))
		excluded = code == query.SketchExcluded
		d.code = append(d.code, code)
		values = values[1:]
	}
	for i := range d.columns {
		c := &d.columns[i]
		switch {
		case excluded && i == 1:
			// NaN and infinities are counted, but have no sum.
			appendZero(c)
		case values[i] == nil:
			appendZero(c)
			c.Null = append(c.Null, make([]bool, c.Len()-len(c.Null))...)
			c.Null[c.Len()-1] = true
			continue
		default:
			if err := d.read[i](c, values[i]); err != nil {
				return err
			}
		}
		if c.Null != nil {
			c.Null = append(c.Null, false)
		}
	}
	return nil
}

func appendZero(c *query.Column) {
	switch c.Kind {
	case query.KindDecimal:
		c.Decimals = append(c.Decimals, query.Decimal{})
	case query.KindFloat:
		c.Floats = append(c.Floats, 0)
	default:
		c.Ints = append(c.Ints, 0)
	}
}

// bucketNumber decodes the start of a fixed bucket, or the number of bounds at
// or before a row.
func (d *cellDecoder) bucketNumber(b []byte) (int32, error) {
	var n int64
	switch {
	case d.step > 0 && len(b) == 8:
		n = (int64(binary.BigEndian.Uint64(b)) - d.origin) / d.step
	case d.step == 0 && len(b) == 4:
		n = int64(int32(binary.BigEndian.Uint32(b))) - 1
	default:
		return 0, errWidth
	}
	if n < 0 || n >= int64(d.buckets) {
		return 0, fmt.Errorf("postgres: bucket %d is not among the %d of the scan", n, d.buckets)
	}
	return int32(n), nil
}

// groupNumber finds a group by its labels, or makes it.
func (d *cellDecoder) groupNumber(labels [][]byte) (int32, error) {
	// Length and bytes of each label make a key that no other group has.
	d.key = d.key[:0]
	for _, label := range labels {
		if label == nil {
			d.key = append(d.key, 0xFF, 0xFF, 0xFF, 0xFF)
			continue
		}
		d.key = binary.BigEndian.AppendUint32(d.key, uint32(len(label)))
		d.key = append(d.key, label...)
	}
	if n, ok := d.index[string(d.key)]; ok {
		return n, nil
	}
	if d.labelBytes += len(d.key); d.labelBytes > maxLabelBytes {
		return 0, message.Errorf("%v: the labels of its groups are longer than %d MiB together", query.ErrTooManyCells, maxLabelBytes>>20)
	}
	group := make(query.Group, len(labels))
	for i, label := range labels {
		group[i] = query.Value{Text: string(label), Null: label == nil}
	}
	n := int32(len(d.groups))
	if int(n) >= d.plan.maxGroups {
		return 0, message.Errorf("%v: there are more than %d groups", query.ErrTooManyCells, d.plan.maxGroups)
	}
	d.groups = append(d.groups, group)
	d.index[string(d.key)] = n
	return n, nil
}

func (d *cellDecoder) cells() *query.Cells {
	return &query.Cells{Groups: d.groups, Group: d.group, Bucket: d.bucket, Code: d.code, Columns: d.columns}
}

func instantOf(b []byte) (time.Time, bool) {
	micros := int64(binary.BigEndian.Uint64(b))
	if micros == math.MaxInt64 || micros == math.MinInt64 {
		return time.Time{}, false // infinity, -infinity
	}
	return fromMicros(micros), true
}
