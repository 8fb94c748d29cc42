package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/message"
	"github.com/pullview/orders-datasource/pkg/query"
)

// relation is what the database knows about a table of the catalog. It is
// shared between looks; only the types of expressions are added to it.
type relation struct {
	table   *catalog.Table
	sql     string // schema-qualified and quoted
	oid     uint32
	columns []column
	// distributed tells that an extension spreads tables over servers, which
	// push down only statements of a simple form.
	distributed bool
	// loose tells that there are collations that call texts equal that differ, so
	// that an expression may have one.
	loose bool
	// shape is shapeSQL, and definition what it said when all that was read; print
	// is the table's in a look at what changed, if that is how it was read.
	shape, definition, print string

	mu          sync.Mutex
	expressions map[string]columnType // by text, as the server typed them
}

type column struct {
	name string
	columnType
	notNull bool
}

func (r *relation) column(name string) (column, bool) {
	for _, c := range r.columns {
		if c.name == name {
			return c, true
		}
	}
	return column{}, false
}

func (r *relation) columnNames() []string {
	names := make([]string, len(r.columns))
	for i, c := range r.columns {
		names[i] = c.name
	}
	return names
}

// fragment is a column or expression of the catalog as SQL.
type fragment struct {
	sql string
	columnType
}

// relation returns what is known about a table, from the store's memory or
// from the database. What comes from memory is checked along with the next
// statement, see confirmed, unless the look knows already how the table is
// defined.
func (l *Look) relation(ctx context.Context, t *catalog.Table) (*relation, error) {
	r := l.store.schema.relation(t)
	print, printed := l.definitions[t]
	switch {
	case r == nil:
	case printed:
		if r.print == print {
			return r, nil
		}
	case l.checked != r:
		l.doubted = r
		return r, nil
	default:
		return r, nil
	}
	r, err := l.introspect(ctx, t, foundSQL(t))
	if err != nil {
		return nil, err
	}
	r.print = print
	l.store.schema.remember(r)
	l.checked, l.doubted = r, nil
	return r, nil
}

// foundSQL finds a table's relation.
func foundSQL(t *catalog.Table) string {
	return "pg_catalog.to_regclass(" + quoteLiteral(relationName(t.Relation)) + ")"
}

// shapeSQL describes the relation that a piece of SQL finds, and what gives the
// names in the catalog's expressions on it their meaning. Another text says that
// something else may have to be known about it.
func shapeSQL(found string, names []string) string {
	meanings := "NULL"
	if len(names) > 0 {
		meanings = meaningsSQL(names)
	}
	return `SELECT pg_catalog.concat_ws(' ', c.oid, c.xmin, (SELECT ` + columnPrintsSQL + ` FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0), ` +
		typePrintsSQL("c.oid") + `, (SELECT pg_catalog.max(oid) FROM pg_catalog.pg_collation), ` + meanings + `) FROM pg_catalog.pg_class c WHERE c.oid = ` + found
}

// relationSQL describes the relation that a piece of SQL finds, with its shape.
func relationSQL(found, shape string) string {
	return `WITH RECURSIVE found AS (
  SELECT c.oid, n.nspname, c.relname
  FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
  WHERE c.oid = ` + found + ` AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
), typed(attnum, attname, attnotnull, oid, typmod, loose) AS (
  SELECT a.attnum, a.attname, a.attnotnull, a.atttypid, a.atttypmod,
    EXISTS (SELECT FROM pg_catalog.pg_collation AS l WHERE l.oid = a.attcollation AND NOT l.collisdeterministic)
  FROM found JOIN pg_catalog.pg_attribute AS a ON a.attrelid = found.oid
  WHERE a.attnum > 0 AND NOT a.attisdropped
  UNION ALL
  SELECT typed.attnum, typed.attname, typed.attnotnull OR t.typnotnull, t.typbasetype, t.typtypmod, typed.loose
  FROM typed JOIN pg_catalog.pg_type AS t ON t.oid = typed.oid
  WHERE t.typtype = 'd'
)
SELECT found.nspname::text, found.relname::text, found.oid, typed.attname::text, typed.attnotnull, typed.oid, typed.typmod >= 0, typed.loose,
  EXISTS (SELECT FROM pg_catalog.pg_extension WHERE extname = 'citus'), EXISTS (SELECT FROM pg_catalog.pg_collation WHERE NOT collisdeterministic),
  (` + shape + `)
FROM found LEFT JOIN (typed JOIN pg_catalog.pg_type AS t ON t.oid = typed.oid AND t.typtype <> 'd') ON TRUE
ORDER BY typed.attnum`
}

// introspect reads what the database knows about a table, whose relation a piece
// of SQL finds.
func (l *Look) introspect(ctx context.Context, t *catalog.Table, found string) (*relation, error) {
	r := &relation{table: t, expressions: map[string]columnType{}, shape: shapeSQL(found, sortedKeys(expressionNames(l.store.catalog, t)))}
	var oids []uint32
	err := l.fixed(ctx, relationSQL(found, r.shape), nil, func(v [][]byte) error {
		r.sql = quoteIdentifier(string(v[0])) + "." + quoteIdentifier(string(v[1]))
		r.oid = decodeOID(v[2])
		r.distributed, r.loose, r.definition = isTrue(v[8]), isTrue(v[9]), string(v[10])
		if v[3] == nil {
			return nil
		}
		oids = append(oids, decodeOID(v[5]))
		r.columns = append(r.columns, column{name: string(v[3]), notNull: isTrue(v[4]), columnType: columnType{bounded: isTrue(v[6]), loose: isTrue(v[7])}})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the columns of %s: %w", t.Relation, err)
	}
	if r.sql == "" {
		return nil, l.missingRelation(ctx, t, found)
	}
	types, err := l.types(ctx, oids)
	if err != nil {
		return nil, err
	}
	for i := range r.columns {
		types[i].bounded, types[i].loose = r.columns[i].bounded, r.columns[i].loose
		r.columns[i].columnType = types[i]
	}
	return r, nil
}

const relationNamesSQL = `SELECT n.nspname::text, c.relname::text
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema'
  AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
ORDER BY 1, 2
LIMIT 10000`

// relationName writes a relation's name as SQL does, every part quoted.
func relationName(r catalog.Relation) string {
	if r.Schema == "" {
		return quoteIdentifier(r.Name)
	}
	return quoteIdentifier(r.Schema) + "." + quoteIdentifier(r.Name)
}

// missingRelation says that a table is not there and which one may be meant. The
// error is query.ErrRedefined where it is there, but not in the look's snapshot.
func (l *Look) missingRelation(ctx context.Context, t *catalog.Table, found string) error {
	newer := false
	sql := "SELECT " + found + " IS NOT NULL AND NOT EXISTS (SELECT FROM pg_catalog.pg_class WHERE oid = " + found + ")"
	err := l.fixed(ctx, sql, nil, func(v [][]byte) error {
		newer = isTrue(v[0])
		return nil
	})
	if err != nil {
		return fmt.Errorf("look for %s: %w", t.Relation, err)
	}
	name := catalog.Relation{Schema: schemaOf(t.Relation), Name: t.Relation.Name}
	if newer {
		return &Error{Kind: KindUnavailable, Err: query.ErrRedefined, Message: message.New("%s was made anew while the query ran; ask again", name)}
	}
	nearest, err := l.nearestRelation(ctx, t.Relation)
	if err != nil {
		return err
	}
	return &Error{Kind: KindCatalog, Message: message.New(
		"the database has no table or view %s that the role can see%s; correct tables.%s.relation in the catalog", name, nearest, t.Name)}
}

// nearestRelation asks whether a relation of a similar name is meant, in
// parentheses, or says nothing.
func (l *Look) nearestRelation(ctx context.Context, r catalog.Relation) (message.Message, error) {
	var names []string
	err := l.fixed(ctx, relationNamesSQL, nil, func(v [][]byte) error {
		names = append(names, catalog.Relation{Schema: string(v[0]), Name: string(v[1])}.String())
		return nil
	})
	if err != nil {
		return message.Message{}, fmt.Errorf("list the relations of the database: %w", err)
	}
	r.Schema = schemaOf(r)
	return didYouMean(catalog.Nearest(r.String(), names)), nil
}

func didYouMean(nearest string) message.Message {
	if nearest == "" {
		return message.Message{}
	}
	return message.New(" (did you mean %s?)", nearest)
}

const typesSQL = `SELECT t.oid, t.typname::text, n.nspname::text, t.typtype::text, t.typarray,
  pg_catalog.format_type(t.oid, NULL), e.enumlabel::text
FROM pg_catalog.pg_type AS t
JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
LEFT JOIN pg_catalog.pg_enum AS e ON e.enumtypid = t.oid
WHERE t.oid = ANY($1)
ORDER BY t.oid, e.enumsortorder`

// types returns the column types of OIDs, in their order.
func (l *Look) types(ctx context.Context, oids []uint32) ([]columnType, error) {
	extra := map[uint32]columnType{}
	var unknown []string
	for _, oid := range oids {
		if _, ok := builtin[oid]; !ok {
			unknown = append(unknown, fmt.Sprint(oid))
		}
	}
	if len(unknown) > 0 {
		list := bind{oid: pgtype.OIDArrayOID, value: []byte("{" + strings.Join(unknown, ",") + "}")}
		err := l.fixed(ctx, typesSQL, []bind{list}, func(v [][]byte) error {
			t := columnType{typeClass: classOther, oid: decodeOID(v[0]), array: decodeOID(v[4]), sql: string(v[5])}
			t.schema = quoteIdentifier(string(v[2]))
			switch {
			case string(v[3]) == "e":
				t.typeClass = classEnum
				t.labels = extra[t.oid].labels
				if v[6] != nil {
					t.labels = append(t.labels, string(v[6]))
				}
			case string(v[1]) == "citext" && string(v[3]) == "b":
				t.typeClass = classCitext
				t.sql = t.schema + "." + quoteIdentifier("citext")
			}
			extra[t.oid] = t
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("look up types: %w", err)
		}
	}
	types := make([]columnType, len(oids))
	for i, oid := range oids {
		t, ok := builtin[oid]
		if !ok {
			t, ok = extra[oid]
		}
		if !ok {
			return nil, fmt.Errorf("postgres: type %d is gone", oid)
		}
		types[i] = t
	}
	return types, nil
}

// fragment returns a column, where the text is exactly the name of one, or an
// expression as the server types it.
func (l *Look) fragment(ctx context.Context, rel *relation, text string) (fragment, error) {
	if c, ok := rel.column(text); ok {
		return fragment{sql: quoteIdentifier(c.name), columnType: c.columnType}, nil
	}
	// The line breaks end a comment with which the fragment may close.
	f := fragment{sql: "(\n" + text + "\n)"}
	rel.mu.Lock()
	known, ok := rel.expressions[text]
	rel.mu.Unlock()
	if ok {
		f.columnType = known
		return f, nil
	}
	// A condition allows what has one value for each row, and nothing else: no
	// aggregates, no window functions, no sets.
	description, err := l.describe(ctx, "SELECT "+f.sql+"\nFROM "+rel.sql+"\nWHERE "+f.sql+" IS NULL")
	if err != nil {
		return fragment{}, l.fragmentError(rel, text, err)
	}
	if len(description.Fields) != 1 || len(description.ParamOIDs) != 0 {
		return fragment{}, l.fragmentError(rel, text, message.Errorf("it must be a single expression without parameters"))
	}
	types, err := l.types(ctx, []uint32{description.Fields[0].DataTypeOID})
	if err != nil {
		return fragment{}, err
	}
	f.columnType = types[0]
	f.bounded = description.Fields[0].TypeModifier >= 0
	rel.mu.Lock()
	rel.expressions[text] = f.columnType
	rel.mu.Unlock()
	return f, nil
}

func (l *Look) dimension(ctx context.Context, rel *relation, name string) (operand, error) {
	d, ok := rel.table.Dimensions[name]
	if !ok {
		return operand{}, fmt.Errorf("postgres: table %s has no dimension %s", rel.table.Name, name)
	}
	f, err := l.fragment(ctx, rel, d.Column)
	if err != nil {
		return operand{}, err
	}
	o := operand{table: rel.table, name: name, sql: f.sql, columnType: f.columnType}
	if o.label == nil {
		return operand{}, o.refused()
	}
	_, isColumn := rel.column(d.Column)
	isText := o.typeClass == classText || o.typeClass == classBpchar
	if o.loose || rel.loose && isText && !isColumn {
		// Labels are told apart byte by byte, so rows must be too.
		o.sql = "(" + o.sql + ` COLLATE "C")`
	}
	return o, nil
}

func (l *Look) dimensions(ctx context.Context, rel *relation, names []string) ([]operand, error) {
	operands := make([]operand, len(names))
	for i, name := range names {
		var err error
		if operands[i], err = l.dimension(ctx, rel, name); err != nil {
			return nil, err
		}
	}
	return operands, nil
}

func (l *Look) timeColumn(ctx context.Context, rel *relation, text string) (timeColumn, error) {
	f, err := l.fragment(ctx, rel, text)
	if err != nil {
		return timeColumn{}, err
	}
	if f.time == timeNone {
		return timeColumn{}, &Error{Kind: KindCatalog, Message: message.New(
			"%s of table %s has type %s, which is no time; %s must name a column of type timestamptz, timestamp or date",
			shorten(text), rel.table.Name, f.columnType.sql, l.store.pathOf(rel.table, text))}
	}
	return timeColumn{sql: f.sql, kind: f.time, zone: rel.table.Location().String()}, nil
}

func (l *Look) number(ctx context.Context, rel *relation, text string) (number, error) {
	f, err := l.fragment(ctx, rel, text)
	if err != nil {
		return number{}, err
	}
	if f.number == nil {
		return number{}, &Error{Kind: KindCatalog, Message: message.New(
			"%s of table %s has type %s, which cannot be summed or observed; %s must be an expression of one of the types %s",
			shorten(text), rel.table.Name, f.columnType.sql, l.store.pathOf(rel.table, text), numberTypes)}
	}
	return number{sql: f.number(f.sql), columnType: f.columnType}, nil
}

func (l *Look) condition(ctx context.Context, rel *relation, text string) (string, error) {
	f, err := l.fragment(ctx, rel, text)
	if err != nil {
		return "", err
	}
	if f.oid != pgtype.BoolOID {
		return "", &Error{Kind: KindCatalog, Message: message.New(
			"the condition %s of table %s has type %s; %s must be true or false for every row",
			shorten(text), rel.table.Name, f.columnType.sql, l.store.pathOf(rel.table, text))}
	}
	return f.sql, nil
}

// fragmentError says which text of the catalog the server does not accept.
func (l *Look) fragmentError(rel *relation, text string, err error) error {
	var pgErr *pgconn.PgError
	if errors.As(err, &pgErr) && !strings.HasPrefix(pgErr.Code, "42") && !strings.HasPrefix(pgErr.Code, "22") {
		return err
	}
	return &Error{Kind: KindCatalog, Err: err, Message: message.New("%s: %s is not accepted for table %s: %s%s",
		l.store.pathOf(rel.table, text), shorten(text), rel.table.Name, serverMessage(err), didYouMean(catalog.Nearest(text, rel.columnNames())))}
}

// pathOf leads to a text of the catalog, for messages. Texts that occur more
// than once lead to the first place.
func (s *Store) pathOf(t *catalog.Table, text string) string {
	path := "tables." + t.Name
	switch text {
	case t.Time:
		return path + ".time"
	case t.Where:
		return path + ".where"
	case t.Changes.Column:
		return path + ".changes.column"
	}
	for _, name := range sortedKeys(t.Dimensions) {
		if t.Dimensions[name].Column == text {
			return path + ".dimensions." + name + ".column"
		}
	}
	if s.catalog == nil {
		return path
	}
	for _, name := range s.catalog.MetricNames() {
		m := s.catalog.Metrics[name]
		if m.Table != t.Name {
			continue
		}
		for _, key := range []struct{ name, value string }{
			{"time", m.Time}, {"where", m.Where}, {"sum", m.Sum}, {"observe", m.Observe},
			{"column", m.Column}, {"opened", m.Opened}, {"closed", m.Closed},
		} {
			if key.value == text {
				return "metrics." + name + "." + key.name
			}
		}
	}
	for _, name := range s.catalog.AnnotationNames() {
		a := s.catalog.Annotations[name]
		if a.Table != t.Name {
			continue
		}
		for _, key := range []struct{ name, value string }{
			{"time", a.Time}, {"end", a.End}, {"title", a.Title}, {"text", a.Text}, {"where", a.Where},
		} {
			if key.value == text {
				return "annotations." + name + "." + key.name
			}
		}
	}
	return path
}

// schema remembers what looks learn about relations. Looks that find the
// database not as it is remembered replace that.
type schema struct {
	mu        sync.Mutex
	keepables keepables
	relations map[*catalog.Table]*relation
}

func (s *schema) relation(t *catalog.Table) *relation {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.relations[t]
}

// remember keeps what a look has just read.
func (s *schema) remember(r *relation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.relations == nil {
		s.relations = map[*catalog.Table]*relation{}
	}
	s.relations[r.table] = r
}

// forget drops what is known about a table; known tells whether there was
// anything.
func (s *schema) forget(t *catalog.Table) (known bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, known = s.relations[t]
	delete(s.relations, t)
	return known
}
