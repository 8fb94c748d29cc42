package exactness_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/internal/embedpg"
	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/engine"
	"github.com/pullview/orders-datasource/pkg/message"
	"github.com/pullview/orders-datasource/pkg/postgres"
	"github.com/pullview/orders-datasource/pkg/query"
)

// world is a database, a catalog over it and the times that questions about it
// are about. All of it follows from the seed; of a live world from the clock as
// well.
type world struct {
	seed    uint64
	loc     *time.Location
	live    bool // asked by the database's own clock, about now
	windows []window
	offsets []string
	tables  []*table
	metrics []*metric
	catalog *catalog.Catalog
	store   *postgres.Store
	kept    *engine.Engine // keeps numbers by change logs; nil where all answers are live
	clock   *time.Time     // by which it answers
}

// table is a table of the catalog and what is in it.
type table struct {
	name       string // in the catalog
	relation   string // as the catalog and SQL write it
	storage    string
	base       string // of a view, as the catalog and SQL write it
	logged     bool
	zone       string // of its local times
	time       string // the column with the default event time
	where      *condition
	dimensions map[string]*dimension
	naming     func(string) string // the database's name of a column
	rows       []*row              // all rows of the relation
}

// dimension is a dimension of the catalog.
type dimension struct {
	facet
	values   []string
	lookback time.Duration
}

// sql writes the name of one of the table's columns.
func (t *table) sql(column string) string {
	name := t.naming(column)
	if name == column {
		return name
	}
	return pgx.Identifier{name}.Sanitize()
}

func plainName(column string) string { return column }

// oddName makes names that only quotes can hold.
func oddName(column string) string {
	switch column {
	case colAt:
		return "At"
	case colDay:
		return "date"
	case colOpened:
		return "Opened At"
	case colChannel:
		return "user"
	case colKind:
		return "Kind of Order"
	case colAmount:
		return "from"
	case colSize:
		return "größe"
	}
	return strings.ToUpper(column)
}

// template holds the types that the tables of all worlds need.
var template = embedpg.Template{Fill: func(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, prelude())
	return err
}}

// newWorld makes a world from a seed on a server.
func newWorld(t testing.TB, server *embedpg.Server, seed uint64) *world {
	t.Helper()
	c := newChance(seed, 0)
	w := &world{seed: seed, live: seed%7 == 0}
	logged := seed%9 == 3
	var err error
	w.loc, err = time.LoadLocation(zones[seed/2%uint64(len(zones))])
	require.NoError(t, err)
	epoch := c.epoch(w.loc)
	if w.live {
		epoch = now()
	}
	for range 2 {
		w.windows = append(w.windows, c.around(epoch, w.loc))
	}
	w.offsets = append(w.offsets, offsets...)
	c.Shuffle(len(w.offsets), func(i, j int) { w.offsets[i], w.offsets[j] = w.offsets[j], w.offsets[i] })
	w.offsets = w.offsets[:3]

	dsn := template.Database(t, server)
	conn, err := pgx.Connect(t.Context(), dsn)
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close(context.Background())) }()
	for i := range 2 {
		w.tables = append(w.tables, w.newTable(t, c, conn, i, server.Major(), logged))
	}
	w.declare(c)
	w.catalog, err = catalog.Parse(w.document(c))
	require.NoError(t, err, "the catalog of world %d", seed)

	pool, err := pgxpool.ParseConfig(dsn)
	require.NoError(t, err)
	pool.MaxConns = 1
	w.store = postgres.New(postgres.Config{Pool: pool, Catalog: w.catalog, QueryTimeout: time.Minute, PreparedStatements: true})
	t.Cleanup(w.store.Close)
	if logged {
		w.keep(t, conn)
	}
	return w
}

// keep installs the change logs of a world's tables, and makes the engine that
// keeps numbers by them.
func (w *world) keep(t testing.TB, conn *pgx.Conn) {
	t.Helper()
	for _, tbl := range w.tables {
		look, err := w.store.Look(t.Context(), query.Caller{})
		require.NoError(t, err)
		log, err := look.ChangelogSQL(t.Context(), w.catalog.Tables[tbl.name], message.English)
		look.Close()
		require.NoError(t, err)
		_, err = conn.PgConn().Exec(t.Context(), log.Install).ReadAll()
		require.NoError(t, err)
	}
	w.clock = new(time.Time)
	w.kept = engine.NewKeeping(clockedStore{w.store, w.clock}, engine.Keep{Location: w.loc, Bytes: 64 << 20, MinLookInterval: time.Microsecond})
}

// The ways to store rows.
var storages = []string{"table", "partitioned by hash", "partitioned by range", "view", "view of some rows", "view of partitions", "materialized view"}

// newTable draws a table, makes it and reads its rows back.
func (w *world) newTable(t testing.TB, c chance, conn *pgx.Conn, number, major int, logged bool) *table {
	t.Helper()
	tbl := &table{
		name:    []string{"orders", "visits"}[number],
		storage: pick(c, storages),
		zone:    w.loc.String(),
		time:    pick(c, timeColumns),
		naming:  plainName,
		logged:  logged,
	}
	if logged && (number == 0 || tbl.storage == "materialized view") { // which has no triggers
		tbl.storage = "view of partitions"
	}
	schema, name := "public", tbl.name
	if c.hits(3) {
		tbl.naming, schema, name = oddName, "Shop Data", "All "+tbl.name
	}
	if c.hits(4) {
		tbl.zone = pick(c, zones)
	}
	if c.hits(5) {
		where := pick(c, conditions[:len(conditions)-1])
		tbl.where = &where
	}
	loc, err := time.LoadLocation(tbl.zone)
	require.NoError(t, err)
	s := &shape{
		edges: c.edges(w.windows, w.offsets, w.loc), loc: loc,
		channels: append([]string(nil), channels...),
		wild:     c.hits(3), coarse: c.hits(3), infinite: major >= 17,
	}
	c.Shuffle(len(s.channels), func(i, j int) { s.channels[i], s.channels[j] = s.channels[j], s.channels[i] })
	s.channels = append(s.channels[:2+c.IntN(6)], "web")
	for i := range 3 + c.IntN(6) {
		s.refs = append(s.refs, fmt.Sprintf("6f1e6c0a-52d3-4f0e-9d3b-0d6c3f1f7a%02d", i))
	}
	tbl.relation = tbl.create(t, c, conn, schema, name, s)
	tbl.rows, err = readRows(t.Context(), conn, rawSQL(tbl.relation, tbl.sql, tbl.zone))
	require.NoError(t, err)
	tbl.dimensions = c.dimensions(s)
	return tbl
}

// create makes the relation and returns its name in SQL.
func (tbl *table) create(t testing.TB, c chance, conn *pgx.Conn, schema, name string, s *shape) string {
	t.Helper()
	quote := func(name string) string { return pgx.Identifier{schema, name}.Sanitize() }
	base, relation := quote(name), quote(name)
	before, after := "", ""
	view := strings.Contains(tbl.storage, "view")
	if view {
		base = quote(name + " base")
		tbl.base = base
		after = "CREATE VIEW " + relation + " AS SELECT * FROM " + base
	}
	partitions := ""
	switch tbl.storage {
	case "view of partitions": // with a column of its own
		partitions = " PARTITION BY HASH (" + tbl.sql(colID) + ")"
		parts := ""
		for i := range 2 {
			parts += fmt.Sprintf("CREATE TABLE %s PARTITION OF %s FOR VALUES WITH (MODULUS 2, REMAINDER %d);", quote(fmt.Sprint(name, i)), base, i)
		}
		var shown []string
		for _, column := range columnTypes {
			sql := tbl.sql(column[0])
			if column[0] == colChannel {
				sql = "lower(" + sql + ") AS " + sql
			}
			shown = append(shown, sql)
		}
		before = parts
		after = "CREATE VIEW " + relation + " AS SELECT " + strings.Join(shown, ", ") + " FROM " + base + " WHERE " + tbl.sql(colID) + " % 5 <> 0"
	case "view of some rows":
		after += " WHERE " + tbl.sql(colID) + " % 7 <> 0"
	case "materialized view":
		after = strings.Replace(after, "CREATE", "CREATE MATERIALIZED", 1)
	case "partitioned by hash":
		partitions = " PARTITION BY HASH (" + tbl.sql(colID) + ")"
		for i := range 3 {
			after += fmt.Sprintf("CREATE TABLE %s PARTITION OF %s FOR VALUES WITH (MODULUS 3, REMAINDER %d);", quote(fmt.Sprint(name, i)), base, i)
		}
	case "partitioned by range":
		partitions = " PARTITION BY RANGE (" + tbl.sql(colAt) + ")"
		middle := stampLiteral(c.instant(s.edges))
		after = fmt.Sprintf("CREATE TABLE %s PARTITION OF %s FOR VALUES FROM (MINVALUE) TO (%s);", quote(name+"0"), base, middle) +
			fmt.Sprintf("CREATE TABLE %s PARTITION OF %s DEFAULT;", quote(name+"1"), base)
	}
	columns := make([]string, len(columnTypes))
	for i, column := range columnTypes {
		columns[i] = tbl.sql(column[0]) + " " + column[1]
	}
	sql := "CREATE SCHEMA IF NOT EXISTS " + pgx.Identifier{schema}.Sanitize() + ";" +
		"CREATE TABLE " + base + " (" + strings.Join(columns, ", ") + ")" + partitions + ";"
	sql += before
	if !view {
		sql += after
	}
	var rows []string
	for id := range pick(c, []int{0, 3, 40, 150, 200, 200, 250, 300, 300, 300}) {
		rows = append(rows, c.rowSQL(id+1, s))
	}
	if len(rows) > 0 {
		sql += "INSERT INTO " + base + " VALUES " + strings.Join(rows, ",\n") + ";"
	}
	if view {
		sql += after
	}
	_, err := conn.PgConn().Exec(t.Context(), sql).ReadAll()
	require.NoError(t, err)
	return relation
}

// dimensions declares every column that can be one, and some expressions.
func (c chance) dimensions(s *shape) map[string]*dimension {
	list := map[string]*dimension{}
	for _, name := range sortedKeys(facets) {
		d := &dimension{facet: facets[name]}
		if name == "channel" && c.hits(5) {
			d.facet = facets[pick(c, []string{"named", "shade"})]
		}
		if c.hits(3) {
			d.values = c.listed(d.kind, s)
		}
		if c.hits(4) {
			d.lookback = pick(c, []time.Duration{time.Hour, 48 * time.Hour, 30 * 24 * time.Hour})
		}
		list[name] = d
	}
	return list
}

// listed draws the values that a catalog lists for a dimension.
func (c chance) listed(kind *dimensionType, s *shape) []string {
	candidates := map[*dimensionType][]string{
		typeText: append(slices.Clone(s.channels), "never seen"), typeCitext: {"ann", "bob", "nobody"},
		typeCharacter: {"a", "abc", "zzz"}, typeEnum: enumLabels[:3], typeWhole: {"0", "1", "-3", "99"},
		typeBool: {"true", "false"}, typeUUID: s.refs, typeNumeric: {"1", "1.5", "7.25"}, typeDate: {"2018-11-04", "2031-05-01"},
	}[kind]
	var values []string
	for _, i := range c.Perm(len(candidates)) {
		// The catalog refuses to list the empty text and what reads like a
		// reserved label.
		value := candidates[i]
		if value != "" && (text{text: value}).label() == value && !slices.Contains(values, value) {
			values = append(values, value)
		}
		if len(values) == 3 {
			break
		}
	}
	return values
}
