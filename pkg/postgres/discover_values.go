package postgres

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/pullview/orders-datasource/pkg/discover"
)

// values learns about the values of the candidates' columns.
func (d *discovery) values(ctx context.Context) error {
	if d.scan.Patience <= 0 {
		return nil
	}
	candidates := d.candidates()
	if len(candidates) == 0 {
		return nil
	}
	if err := d.statistics(ctx, candidates); err != nil {
		return fmt.Errorf("read the server's statistics: %w", err)
	}
	until := time.Now().Add(d.scan.Patience)
	for _, f := range candidates {
		if time.Now().After(until) {
			d.unread(f, discover.Sentence{Code: discover.NoTimeForValues})
			continue
		}
		if err := d.sample(ctx, f); err != nil {
			if fatal(err) && !isTimeout(err) {
				return err
			}
			problem := discover.Values{"problem": Classify(err).Message}
			d.unread(f, discover.Sentence{Code: discover.ValuesUnreadable, Values: problem})
			continue
		}
		if err := d.newest(ctx, f); err != nil && fatal(err) && !isTimeout(err) {
			return err
		}
		if err := d.lookups(ctx, f); err != nil && fatal(err) && !isTimeout(err) {
			return err
		}
	}
	return nil
}

// isTimeout reports whether a statement ran into its own time limit, which
// says nothing about the server.
func isTimeout(err error) bool { return Classify(err).Kind == KindTimeout }

func (d *discovery) unread(f *found, why discover.Sentence) {
	d.schema.Unread = append(d.schema.Unread, discover.Note{About: f.sql(), Sentence: why})
}

// sql is the relation, as SQL writes it.
func (f *found) sql() string { return f.SQLSchema + "." + f.SQLName }

// hasValues reports whether the values of a class are of interest.
func hasValues(c discover.Class) bool {
	switch c {
	case discover.Text, discover.Enum, discover.Bool, discover.Integer, discover.UUID, discover.Numeric, discover.Float:
		return true
	}
	return c.IsTime()
}

// listsValues reports whether single values of a class are of interest, beyond
// how many there are.
func listsValues(c discover.Class) bool {
	return c == discover.Text || c == discover.Enum || c == discover.Bool || c == discover.Integer
}

// maxCommonValues is how many values of a column are listed.
const maxCommonValues = 50

// statisticsSQL reads what ANALYZE found. Statistics over all partitions come
// first; a partitioned table has no others.
var statisticsSQL = `SELECT DISTINCT ON (c.oid, s.attname) c.oid, s.attname::text, s.null_frac::float8, s.n_distinct::float8,
  pg_catalog.to_json((s.most_common_vals::text::text[])[1:` + strconv.Itoa(maxCommonValues) + `])::text,
  pg_catalog.cardinality(s.most_common_vals::text::text[]),
  (s.histogram_bounds::text::text[])[1], (s.histogram_bounds::text::text[])[pg_catalog.cardinality(s.histogram_bounds::text::text[])]
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_stats AS s ON s.schemaname = n.nspname AND s.tablename = c.relname
WHERE c.oid = ANY($1)
ORDER BY c.oid, s.attname, s.inherited DESC`

func (d *discovery) statistics(ctx context.Context, of []*found) error {
	oids := make([]string, len(of))
	for i, f := range of {
		oids[i] = fmt.Sprint(f.oid)
	}
	list := bind{oid: pgtype.OIDArrayOID, value: []byte("{" + strings.Join(oids, ",") + "}")}
	return d.look.fixed(ctx, statisticsSQL, []bind{list}, func(v [][]byte) error {
		f := d.byOID[decodeOID(v[0])]
		c := f.Column(string(v[1]))
		if c == nil || !hasValues(c.Class) || f.Rows <= 0 {
			return nil
		}
		stats := &discover.Stats{NullFraction: decodeFloat8(v[2]), Distinct: decodeFloat8(v[3])}
		if stats.Distinct < 0 { // a part of the rows
			stats.Distinct = math.Round(-stats.Distinct * f.Rows)
		}
		var common []string
		all := 0
		if v[4] != nil {
			if err := json.Unmarshal(v[4], &common); err != nil {
				return fmt.Errorf("postgres: read the common values of %s: %w", c.Name, err)
			}
			all = int(int32(binary.BigEndian.Uint32(v[5])))
		}
		if c.Class.IsNumber() {
			bounds(stats, append(slices.Clone(common), string(v[6]), string(v[7])))
		}
		if listsValues(c.Class) {
			stats.Common = common
			stats.Complete = all == len(common) && all > 0 && float64(all) >= stats.Distinct
		}
		if c.Class == discover.Bool {
			stats.Common = boolNames(stats.Common)
		}
		c.Stats = stats
		return nil
	})
}

// boolNames writes t and f as labels do.
func boolNames(list []string) []string {
	for i, v := range list {
		switch v {
		case "t":
			list[i] = "true"
		case "f":
			list[i] = "false"
		}
	}
	return list
}

// bounds finds the least and greatest of some numbers.
func bounds(stats *discover.Stats, texts []string) {
	first := true
	for _, text := range texts {
		x, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
			continue
		}
		if first {
			stats.Min, stats.Max, first = x, x, false
		}
		stats.Min, stats.Max = min(stats.Min, x), max(stats.Max, x)
	}
}

// hurry bounds the next statement. A statement that fails takes the setting
// with it, so it is made before each.
func (d *discovery) hurry(ctx context.Context) error {
	timeout := min(sampleTimeout, d.look.store.timeout)
	return d.look.fixed(ctx, `SELECT pg_catalog.set_config('statement_timeout', $1, true)`,
		[]bind{{oid: pgtype.TextOID, value: milliseconds(timeout)}}, func([][]byte) error { return nil })
}

// sample reads a few rows of a relation that has columns without statistics.
// Of a large one it reads pages from all over the table.
func (d *discovery) sample(ctx context.Context, f *found) error {
	var columns []*discover.Column
	for _, c := range f.Columns {
		if c.Stats == nil && hasValues(c.Class) {
			columns = append(columns, c)
		}
	}
	if len(columns) == 0 {
		return nil
	}
	if err := d.hurry(ctx); err != nil {
		return err
	}
	method, whole, err := d.sampling(ctx, f)
	if err != nil {
		return err
	}
	s := &statement{}
	s.write("SELECT ")
	for i, c := range columns {
		if i > 0 {
			s.write(", ")
		}
		// A time is sampled for being there or not.
		if c.Class.IsTime() {
			s.write("CASE WHEN ", quoteIdentifier(c.Name), " IS NOT NULL THEN '' END")
			continue
		}
		s.write("pg_catalog.left((", quoteIdentifier(c.Name), ")::text, ", strconv.Itoa(sampledBytes), ")")
	}
	s.write("\nFROM ", f.sql(), method, "\nLIMIT ", strconv.Itoa(sampledRows))
	if err := d.hurry(ctx); err != nil {
		return err
	}
	samples := make([]sample, len(columns))
	rows := 0
	err = d.look.fixed(ctx, s.text.String(), nil, func(v [][]byte) error {
		rows++
		for i := range samples {
			samples[i].add(v[i])
		}
		return nil
	})
	if err != nil || rows == 0 {
		return err
	}
	all := f.Rows
	if whole && rows < sampledRows {
		all = float64(rows)
		if f.Rows < 0 {
			f.Rows = all
		}
	}
	for i, c := range columns {
		c.Stats = samples[i].stats(c.Class, rows, all)
	}
	return nil
}

// sampling chooses the pages to read of a relation; whole tells that every row
// may come, up to the limit.
func (d *discovery) sampling(ctx context.Context, f *found) (method string, whole bool, err error) {
	if !f.stored {
		return "", true, nil
	}
	const sql = `SELECT COALESCE(sum(pg_catalog.pg_relation_size(relid)), 0)::float8 / pg_catalog.current_setting('block_size')::float8
FROM (SELECT relid FROM pg_catalog.pg_partition_tree($1) WHERE isleaf UNION SELECT $1) AS stored(relid)`
	pages := 0.0
	err = d.look.fixed(ctx, sql, []bind{oidBind(f.oid)}, func(v [][]byte) error {
		pages = decodeFloat8(v[0])
		return nil
	})
	if err != nil || pages <= sampledPages {
		return "", true, err
	}
	// The seed makes the same proposal of the same rows.
	return fmt.Sprintf(" TABLESAMPLE SYSTEM (%g) REPEATABLE (1)", 100*sampledPages/pages), false, nil
}

// sample is what was seen of one column.
type sample struct {
	nulls int
	seen  map[string]int
}

func (s *sample) add(value []byte) {
	if value == nil {
		s.nulls++
		return
	}
	if s.seen == nil {
		s.seen = map[string]int{}
	}
	s.seen[string(value)]++
}

// stats estimates from a sample of n rows what ANALYZE would. The number of
// different values among all rows is estimated as there (src/backend/commands/
// analyze.c, after Haas and Stokes): n·d / (n - f1 + f1·n/N), where f1 values of
// d were seen once.
func (s *sample) stats(class discover.Class, rows int, all float64) *discover.Stats {
	stats := &discover.Stats{Sampled: true, NullFraction: float64(s.nulls) / float64(rows)}
	if class.IsTime() {
		return stats
	}
	values := sortedKeys(s.seen)
	slices.SortStableFunc(values, func(a, b string) int { return s.seen[b] - s.seen[a] })
	once := 0
	for _, v := range values {
		if s.seen[v] == 1 {
			once++
		}
	}
	n, d, f1 := float64(rows-s.nulls), float64(len(values)), float64(once)
	stats.Distinct = d
	if total := all * (1 - stats.NullFraction); total > n && d > 0 {
		stats.Distinct = math.Round(min(max(n*d/(n-f1+f1*n/total), d), total))
	}
	if class.IsNumber() {
		bounds(stats, values)
	}
	if listsValues(class) {
		stats.Common = values[:min(len(values), maxCommonValues)]
		stats.Complete = len(values) <= maxCommonValues && stats.Distinct <= d
	}
	return stats
}

// lookups reads what the statuses of a relation are called, from the small
// tables to which it refers.
func (d *discovery) lookups(ctx context.Context, f *found) error {
	for _, to := range discover.Lookups(f.Relation, d.schema) {
		if err := d.hurry(ctx); err != nil {
			return err
		}
		sql := fmt.Sprintf("SELECT k::text, pg_catalog.left(n::text, %d) FROM (SELECT %s AS k, %s AS n FROM %s.%s LIMIT %d) AS called\nWHERE k IS NOT NULL AND n IS NOT NULL ORDER BY k",
			sampledBytes, to.Key.SQL, to.Name.SQL, to.Table.SQLSchema, to.Table.SQLName, discover.MaxLookup+1)
		var called []discover.Called
		err := d.look.fixed(ctx, sql, nil, func(v [][]byte) error {
			called = append(called, discover.Called{Value: string(v[0]), Name: string(v[1])})
			return nil
		})
		if err != nil {
			return err
		}
		if len(called) <= discover.MaxLookup {
			to.Column.Called = called
		}
	}
	return nil
}

// newest reads how far the newest values of a relation's columns without time
// zone, taken for UTC, are ahead of the database's clock. It asks an index, and
// only where there is one.
func (d *discovery) newest(ctx context.Context, f *found) error {
	asked := 0
	for _, c := range f.Columns {
		if c.Class != discover.Timestamp || !c.Indexed || asked == 3 || f.types[c.Name].typeClass != classTimestamp {
			continue
		}
		asked++
		if err := d.hurry(ctx); err != nil {
			return err
		}
		column := quoteIdentifier(c.Name)
		sql := "SELECT extract(epoch FROM pg_catalog.max(" + column + ") - pg_catalog.transaction_timestamp() AT TIME ZONE 'UTC')::float8\nFROM " +
			f.sql() + "\nWHERE " + column + " < 'infinity'"
		err := d.look.fixed(ctx, sql, nil, func(v [][]byte) error {
			if v[0] != nil {
				ahead := decodeFloat8(v[0])
				c.NewestAhead = &ahead
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
