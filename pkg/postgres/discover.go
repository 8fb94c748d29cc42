package postgres

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/pullview/orders-datasource/pkg/discover"
)

// DiscoverScan says what to read of a store's schema, and how gently.
type DiscoverScan struct {
	// Schemas limits the look to these; empty for all but the system's.
	Schemas []string
	// Limit bounds the relations that are read, at least 1.
	Limit int
	// Patience bounds the time for looking at values; 0 looks at none. The schema
	// itself comes from the system's catalogs and takes no time worth mentioning.
	Patience time.Duration
}

// Bounds on what a discovery reads of the rows themselves.
const (
	// maxSampled is how many relations are looked at, the most promising first.
	maxSampled = 40
	// sampledRows is how many rows of a relation are read at most.
	sampledRows = 2000
	// sampledPages is how many pages of a relation are read, about.
	sampledPages = 100
	// sampledBytes is how much of each value is read.
	sampledBytes = 100
	// sampleTimeout bounds each statement that reads rows.
	sampleTimeout = 1500 * time.Millisecond
)

// Discover reads what a proposal of a catalog needs to know: the relations that
// the role may SELECT, their columns, keys and comments, and estimates about
// the values of those that look like business. Statistics of the server are
// preferred; where the role may not read them or there are none, a sample of
// rows is read under tight bounds. What takes too long is left out and noted.
func (l *Look) Discover(ctx context.Context, scan DiscoverScan) (*discover.Schema, error) {
	ctx, span := l.store.tracer.Start(ctx, "postgres.discover")
	defer span.End()
	d := &discovery{look: l, scan: scan, byOID: map[uint32]*found{}, schema: &discover.Schema{}}
	err := d.read(ctx)
	if err != nil {
		span.RecordError(err)
		return nil, classify(err)
	}
	return d.schema, nil
}

// discovery is a schema in the making.
type discovery struct {
	look   *Look
	scan   DiscoverScan
	schema *discover.Schema
	byOID  map[uint32]*found
	oids   bind // of all relations, as an array
}

// found is a relation with what only the reading needs to know.
type found struct {
	*discover.Relation
	oid    uint32
	stored bool // has pages that can be sampled
	types  map[string]columnType
}

func (d *discovery) read(ctx context.Context) error {
	if err := d.zone(ctx); err != nil {
		return fmt.Errorf("read the server's time zone: %w", err)
	}
	if err := d.relations(ctx); err != nil {
		return fmt.Errorf("list the relations of the database: %w", err)
	}
	if len(d.byOID) == 0 {
		return nil
	}
	if err := d.columns(ctx); err != nil {
		return fmt.Errorf("list the columns of the database: %w", err)
	}
	if err := d.constraints(ctx); err != nil {
		return fmt.Errorf("list the constraints of the database: %w", err)
	}
	if err := d.indexes(ctx); err != nil {
		return fmt.Errorf("list the indexes of the database: %w", err)
	}
	return d.values(ctx)
}

// zone reads what the zone of the role's sessions would be had it not been
// pinned, and whether it is that of the server.
func (d *discovery) zone(ctx context.Context) error {
	const sql = `SELECT t.reset_val, EXISTS (
  SELECT FROM pg_catalog.pg_db_role_setting AS s, pg_catalog.unnest(s.setconfig) AS c (setting)
  WHERE s.setdatabase IN (0, (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()))
    AND s.setrole IN (0, (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = session_user))
    AND pg_catalog.lower(c.setting) LIKE 'timezone=%')
FROM pg_catalog.pg_settings AS t WHERE t.name = 'TimeZone'`
	return d.look.fixed(ctx, sql, nil, func(v [][]byte) error {
		d.schema.Zone, d.schema.ZoneSet = string(v[0]), isTrue(v[1])
		return nil
	})
}

// discoverRelationsSQL lists what the role may SELECT, without partitions and
// inheritance children, which belong to their parents, and without the tables
// of extensions and of change logs. Row estimates are those of all children
// together; negative where not one of them was ever analysed.
const discoverRelationsSQL = `WITH RECURSIVE visible AS (
  SELECT c.oid, n.nspname, c.relname, c.relkind
  FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
    AND n.nspname NOT LIKE 'pg\_%' AND n.nspname NOT IN ('information_schema', '` + changelogSchema + `')
    AND (cardinality($1::text[]) = 0 OR n.nspname = ANY($1::text[]))
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_inherits AS i WHERE i.inhrelid = c.oid)
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS e
      WHERE e.classid = 'pg_catalog.pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
    AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
    AND pg_catalog.has_any_column_privilege(c.oid, 'SELECT')
  ORDER BY n.nspname = 'public' DESC, n.nspname, c.relname
  LIMIT $2
), tree(root, oid) AS (
  SELECT oid, oid FROM visible
  UNION ALL
  SELECT tree.root, i.inhrelid FROM tree JOIN pg_catalog.pg_inherits AS i ON i.inhparent = tree.oid
), estimate AS (
  SELECT tree.root, COALESCE(sum(c.reltuples) FILTER (WHERE c.reltuples >= 0), -1)::float8 AS rows
  FROM tree JOIN pg_catalog.pg_class AS c ON c.oid = tree.oid
  WHERE c.relkind IN ('r', 'm', 'f')
  GROUP BY tree.root
)
SELECT v.oid, v.nspname::text, v.relname::text, pg_catalog.quote_ident(v.nspname), pg_catalog.quote_ident(v.relname),
  v.relkind::text, COALESCE(e.rows, -1), pg_catalog.obj_description(v.oid, 'pg_class')
FROM visible AS v LEFT JOIN estimate AS e ON e.root = v.oid
ORDER BY v.nspname = 'public' DESC, v.nspname, v.relname`

func (d *discovery) relations(ctx context.Context) error {
	s := &statement{}
	s.bindTexts(pgtype.TextArrayOID, d.scan.Schemas)
	s.bindText(pgtype.Int8OID, fmt.Sprint(d.scan.Limit+1))
	var oids []string
	err := d.look.fixed(ctx, discoverRelationsSQL, s.binds, func(v [][]byte) error {
		if len(oids) == d.scan.Limit {
			d.schema.Truncated = true
			return nil
		}
		r := &found{oid: decodeOID(v[0]), types: map[string]columnType{}, Relation: &discover.Relation{
			Schema: string(v[1]), Name: string(v[2]), SQLSchema: string(v[3]), SQLName: string(v[4]),
			Kind: relationKinds[string(v[5])], Rows: decodeFloat8(v[6]), Comment: string(v[7]),
		}}
		r.stored = string(v[5]) != "v" && string(v[5]) != "f"
		d.schema.Relations = append(d.schema.Relations, r.Relation)
		d.byOID[r.oid] = r
		oids = append(oids, fmt.Sprint(r.oid))
		return nil
	})
	d.oids = bind{oid: pgtype.OIDArrayOID, value: []byte("{" + strings.Join(oids, ",") + "}")}
	return err
}

// discoverColumnsSQL lists the columns that the role may SELECT, with the types
// beneath domains.
const discoverColumnsSQL = `WITH RECURSIVE typed(relation, attnum, attname, attnotnull, declared, oid) AS (
  SELECT a.attrelid, a.attnum, a.attname, a.attnotnull, pg_catalog.format_type(a.atttypid, a.atttypmod), a.atttypid
  FROM pg_catalog.pg_attribute AS a
  WHERE a.attrelid = ANY($1) AND a.attnum > 0 AND NOT a.attisdropped
    AND pg_catalog.has_column_privilege(a.attrelid, a.attnum, 'SELECT')
  UNION ALL
  SELECT typed.relation, typed.attnum, typed.attname, typed.attnotnull OR t.typnotnull, typed.declared, t.typbasetype
  FROM typed JOIN pg_catalog.pg_type AS t ON t.oid = typed.oid
  WHERE t.typtype = 'd'
)
SELECT typed.relation, typed.attname::text, pg_catalog.quote_ident(typed.attname), typed.attnotnull, typed.declared, typed.oid,
  pg_catalog.col_description(typed.relation, typed.attnum)
FROM typed JOIN pg_catalog.pg_type AS t ON t.oid = typed.oid AND t.typtype <> 'd'
ORDER BY typed.relation, typed.attnum`

func (d *discovery) columns(ctx context.Context) error {
	var (
		oids []uint32
		all  []*discover.Column
		of   []*found
	)
	err := d.look.fixed(ctx, discoverColumnsSQL, []bind{d.oids}, func(v [][]byte) error {
		r := d.byOID[decodeOID(v[0])]
		c := &discover.Column{Name: string(v[1]), SQL: string(v[2]), NotNull: isTrue(v[3]), Type: string(v[4]), Comment: string(v[6])}
		r.Columns = append(r.Columns, c)
		oids, all, of = append(oids, decodeOID(v[5])), append(all, c), append(of, r)
		return nil
	})
	if err != nil {
		return err
	}
	types, err := d.look.types(ctx, oids)
	if err != nil {
		return err
	}
	for i, t := range types {
		all[i].Class = discoveredClass(t)
		all[i].Allowed = t.labels
		of[i].types[all[i].Name] = t
	}
	return nil
}

// discoveredClass is the class of a type for the rules of a proposal.
func discoveredClass(t columnType) discover.Class {
	switch t.typeClass {
	case classText, classBpchar, classCitext:
		return discover.Text
	case classEnum:
		return discover.Enum
	case classUUID:
		return discover.UUID
	case classBool:
		return discover.Bool
	case classInt:
		return discover.Integer
	case classNumeric:
		return discover.Numeric
	case classMoney:
		return discover.Money
	case classFloat:
		return discover.Float
	case classTimestamp:
		return discover.Timestamp
	case classTimestamptz:
		return discover.Timestamptz
	case classDate:
		return discover.Date
	case classInterval:
		return discover.Interval
	}
	return discover.Other
}

// discoverConstraintsSQL lists primary keys, foreign keys and checks of a single
// column. A foreign key to a partitioned table is there once for each of its
// partitions too; those have a parent.
const discoverConstraintsSQL = `SELECT k.conrelid, k.contype::text,
  (SELECT pg_catalog.json_agg(a.attname ORDER BY o.at) FROM pg_catalog.unnest(k.conkey) WITH ORDINALITY AS o(attnum, at)
     JOIN pg_catalog.pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = o.attnum)::text,
  n.nspname::text, c.relname::text,
  (SELECT pg_catalog.json_agg(a.attname ORDER BY o.at) FROM pg_catalog.unnest(k.confkey) WITH ORDINALITY AS o(attnum, at)
     JOIN pg_catalog.pg_attribute AS a ON a.attrelid = k.confrelid AND a.attnum = o.attnum)::text,
  CASE WHEN k.contype = 'c' THEN pg_catalog.pg_get_constraintdef(k.oid) END
FROM pg_catalog.pg_constraint AS k
LEFT JOIN pg_catalog.pg_class AS c ON c.oid = k.confrelid
LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE k.conrelid = ANY($1) AND k.conparentid = 0
  AND (k.contype IN ('p', 'f') OR k.contype = 'c' AND pg_catalog.cardinality(k.conkey) = 1)
ORDER BY k.conrelid, k.conname`

func (d *discovery) constraints(ctx context.Context) error {
	return d.look.fixed(ctx, discoverConstraintsSQL, []bind{d.oids}, func(v [][]byte) error {
		r := d.byOID[decodeOID(v[0])]
		var columns, references []string
		if err := decodeNames(v[2], &columns); err != nil {
			return err
		}
		if err := decodeNames(v[5], &references); err != nil {
			return err
		}
		switch string(v[1]) {
		case "p":
			r.PrimaryKey = columns
		case "f":
			r.ForeignKeys = append(r.ForeignKeys, discover.ForeignKey{Columns: columns, Schema: string(v[3]), Table: string(v[4]), References: references})
		case "c":
			c := r.Column(columns[0])
			if c == nil || c.Class != discover.Text {
				return nil
			}
			if values := allowedValues(string(v[6])); len(values) > 0 {
				c.Allowed = values
			}
		}
		return nil
	})
}

func decodeNames(raw []byte, names *[]string) error {
	if raw == nil {
		return nil
	}
	if err := json.Unmarshal(raw, names); err != nil {
		return fmt.Errorf("postgres: read a constraint's columns: %w", err)
	}
	return nil
}

// allowedValues reads the values out of a check that a column is one of a list,
// as pg_get_constraintdef writes it: CHECK ((status = ANY (ARRAY['a'::text,
// 'b'::text]))), with more casts for varchar. It returns nil for other checks.
func allowedValues(definition string) []string {
	_, list, ok := strings.Cut(definition, "= ANY (")
	if !ok || strings.Contains(definition, " AND ") || strings.Contains(definition, " OR ") ||
		strings.Contains(definition, "NOT ") || strings.Contains(definition, `\`) {
		return nil
	}
	_, list, ok = strings.Cut(list, "ARRAY[")
	if !ok {
		return nil
	}
	var values []string
	for {
		at := strings.IndexAny(list, "']")
		if at < 0 || list[at] == ']' {
			return values
		}
		list = list[at+1:]
		var b strings.Builder
		for {
			end := strings.IndexByte(list, '\'')
			if end < 0 {
				return nil
			}
			b.WriteString(list[:end])
			list = list[end+1:]
			if !strings.HasPrefix(list, "'") {
				break
			}
			b.WriteByte('\'')
			list = list[1:]
		}
		if values = append(values, b.String()); len(values) > 200 {
			return nil
		}
	}
}

// discoverIndexesSQL lists the first columns of the indexes that serve all rows.
const discoverIndexesSQL = `SELECT DISTINCT i.indrelid, a.attname::text
FROM pg_catalog.pg_index AS i
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
JOIN pg_catalog.pg_am AS m ON m.oid = c.relam
WHERE i.indrelid = ANY($1) AND i.indisvalid AND i.indpred IS NULL AND m.amname IN ('btree', 'brin', 'hash')`

func (d *discovery) indexes(ctx context.Context) error {
	return d.look.fixed(ctx, discoverIndexesSQL, []bind{d.oids}, func(v [][]byte) error {
		if c := d.byOID[decodeOID(v[0])].Column(string(v[1])); c != nil {
			c.Indexed = true
		}
		return nil
	})
}

// of returns what was found of a relation.
func (d *discovery) of(r *discover.Relation) *found {
	for _, f := range d.byOID {
		if f.Relation == r {
			return f
		}
	}
	return nil
}

// decodeFloat8 reads a double precision number in binary form.
func decodeFloat8(b []byte) float64 { return math.Float64frombits(binary.BigEndian.Uint64(b)) }

// candidates lists the relations whose values are worth knowing.
func (d *discovery) candidates() []*found {
	var list []*found
	for _, r := range discover.Candidates(d.schema) {
		list = append(list, d.of(r))
	}
	return slices.DeleteFunc(list[:min(len(list), maxSampled)], func(f *found) bool { return f == nil || len(f.Columns) == 0 })
}
