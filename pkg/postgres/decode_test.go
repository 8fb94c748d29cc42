package postgres

import (
	"encoding/binary"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/internal/embedpg"
	"github.com/pullview/orders-datasource/pkg/query"
)

// wideFixture has a row for each of 6 groups in each of 20,000 minutes.
func wideFixture(t testing.TB) (*fixture, *query.Scan) {
	f := setUp(t, embedpg.Shared(t), `
		CREATE TABLE orders (created_at timestamptz, channel text, region text, total numeric(12, 2));
		INSERT INTO orders SELECT '2026-03-01'::timestamptz + m * interval '1 minute', (ARRAY['web', 'app', 'store'])[1 + g % 3], (ARRAY['SP', 'RJ'])[1 + g % 2], m + g / 100.0
		FROM generate_series(0, 19999) AS m, generate_series(0, 5) AS g;`, `{
		"version": 1, "timezone": "UTC",
		"tables": {"orders": {"relation": "orders", "time": "created_at", "dimensions": {"channel": {"column": "channel"}, "region": {"column": "region"}}}},
		"metrics": {"n": {"type": "counter", "table": "orders", "help": "Orders"}}}`)
	from := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	return f, &query.Scan{
		Table: f.catalog.Tables["orders"], Time: "created_at", GroupBy: []string{"channel", "region"}, MaxRows: 1_000_000,
		Buckets: query.Buckets{From: from, To: from.Add(20_000 * time.Minute), Step: time.Minute, Origin: from},
		Measures: []query.Measure{{Kind: query.CountRows}, {Kind: query.Sum, Expr: "total"}, {Kind: query.Sum, Expr: "total::float8"},
			{Kind: query.CountDistinct, Expr: "channel"}},
	}
}

// Not parallel: allocations are counted for the whole process.
func TestScansAllocateNothingPerRow(t *testing.T) {
	f, scan := wideFixture(t)
	look := f.look(t)
	rows := 0
	allocations := testing.AllocsPerRun(3, func() {
		cells, err := look.Scan(t.Context(), scan)
		require.NoError(t, err)
		rows = cells.Stat.Rows
	})
	require.Equal(t, 120_000, rows)
	require.LessOrEqual(t, allocations/float64(rows), 0.05)
}

func BenchmarkScan(b *testing.B) {
	f, scan := wideFixture(b)
	look := f.look(b)
	b.ReportAllocs()
	for b.Loop() {
		_, err := look.Scan(b.Context(), scan)
		require.NoError(b, err)
	}
	b.ReportMetric(120_000, "rows/op")
}

// rawRows are the binary rows of a plan with a bucket, two labels, a count and
// a sum.
func rawRows(n int) (*plan, []pgconn.FieldDescription, [][][]byte) {
	origin := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	p := &plan{
		buckets:  query.Buckets{From: origin, To: origin.Add(time.Duration(n) * time.Minute), Step: time.Minute, Origin: origin},
		bucketed: true, groups: 2, kinds: []query.Kind{query.KindInt, query.KindDecimal}, maxRows: n, maxGroups: n,
	}
	fields := []pgconn.FieldDescription{{DataTypeOID: pgtype.TimestamptzOID}, {DataTypeOID: pgtype.TextOID}, {DataTypeOID: pgtype.TextOID},
		{DataTypeOID: pgtype.Int8OID}, {DataTypeOID: pgtype.NumericOID}}
	rows := make([][][]byte, n)
	for i := range rows {
		at := binary.BigEndian.AppendUint64(nil, uint64(toMicros(origin.Add(time.Duration(i)*time.Minute))))
		rows[i] = [][]byte{at, []byte([]string{"web", "app", "store"}[i%3]), []byte("SP"),
			binary.BigEndian.AppendUint64(nil, uint64(i)), {0, 2, 0, 0, 0, 0, 0, 2, 0, 10, 0x13, 0x88}}
	}
	return p, fields, rows
}

func BenchmarkDecode(b *testing.B) {
	p, fields, rows := rawRows(100_000)
	b.ReportAllocs()
	for b.Loop() {
		d := newCellDecoder(p)
		require.NoError(b, d.fields(fields))
		for _, row := range rows {
			if err := d.row(row); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(len(rows)), "rows/op")
}

func TestDecodedCellsAreOfTheirGroupsAndBuckets(t *testing.T) {
	t.Parallel()
	p, fields, rows := rawRows(6)
	rows[4][1] = nil
	rows[5][4] = nil
	d := newCellDecoder(p)
	require.NoError(t, d.fields(fields))
	for _, row := range rows {
		require.NoError(t, d.row(row))
	}
	require.Equal(t, map[string]string{
		"0 web SP": "0 10.50", "1 app SP": "1 10.50", "2 store SP": "2 10.50", "3 web SP": "3 10.50", "4 (null) SP": "4 10.50", "5 store SP": "5 null",
	}, byCell(d.cells()))
	require.ErrorIs(t, d.row(rows[0]), query.ErrTooManyCells)
}

// Labels whose bytes run together must not become one group.
func TestGroupKeysDoNotRunTogether(t *testing.T) {
	t.Parallel()
	p := &plan{groups: 2, maxRows: 100, maxGroups: 100, buckets: query.Buckets{}}
	d := newCellDecoder(p)
	for _, labels := range [][][]byte{
		{[]byte("a"), []byte("bc")}, {[]byte("ab"), []byte("c")}, {[]byte(""), []byte("abc")}, {nil, []byte("abc")}, {[]byte("abc"), nil},
		{nil, nil}, {{}, {}}, {nil, {}}, {[]byte("\xff\xff\xff\xff"), {}}, {[]byte("a"), []byte("bc")},
	} {
		require.NoError(t, d.row(labels))
	}
	require.Len(t, d.groups, 9)
	require.Equal(t, d.group[0], d.group[9])
}

func TestResultsThatAreNotAsPlannedAreRefused(t *testing.T) {
	t.Parallel()
	p, fields, rows := rawRows(1)
	for i := range fields {
		other := append([]pgconn.FieldDescription{}, fields...)
		other[i].DataTypeOID = pgtype.ByteaOID
		require.ErrorIs(t, newCellDecoder(p).fields(other), errUnexpectedType, "column %d", i)
	}
	require.ErrorIs(t, newCellDecoder(p).fields(fields[1:]), errUnexpectedType)
	for i, broken := range map[int][]byte{0: {1}, 3: {1, 2}, 4: {1, 2, 3}} {
		d := newCellDecoder(p)
		require.NoError(t, d.fields(fields))
		row := append([][]byte{}, rows[0]...)
		row[i] = broken
		require.Error(t, d.row(row), "column %d", i)
	}
	d := newCellDecoder(p)
	require.NoError(t, d.fields(fields))
	early := append([][]byte{}, rows[0]...)
	early[0] = binary.BigEndian.AppendUint64(nil, uint64(toMicros(p.buckets.Origin.Add(time.Minute))))
	require.ErrorContains(t, d.row(early), "is not among the 1 of the scan")
}

func TestNumbersOfEveryWidthAreDecoded(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind query.Kind
		oid  uint32
		raw  []byte
		want string
	}{
		{query.KindInt, pgtype.Int8OID, binary.BigEndian.AppendUint64(nil, math.MaxUint64), "-1"},
		{query.KindDecimal, pgtype.Int8OID, binary.BigEndian.AppendUint64(nil, 1<<63), "-9223372036854775808"},
		{query.KindDecimal, pgtype.Int4OID, []byte{0xff, 0xff, 0xff, 0xfe}, "-2"},
		{query.KindDecimal, pgtype.Int2OID, []byte{0x80, 0}, "-32768"},
		{query.KindFloat, pgtype.Float8OID, binary.BigEndian.AppendUint64(nil, math.Float64bits(-0.1)), "-0.1"},
	} {
		p := &plan{kinds: []query.Kind{c.kind}, maxRows: 1}
		d := newCellDecoder(p)
		require.NoError(t, d.fields([]pgconn.FieldDescription{{DataTypeOID: c.oid}}))
		require.NoError(t, d.row([][]byte{c.raw}))
		require.Equal(t, c.want, byCell(d.cells())[""], fmt.Sprint(c.oid))
	}
}
