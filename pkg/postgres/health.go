package postgres

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/message"
	"github.com/pullview/orders-datasource/pkg/query"
)

// MetricScans are the scans by which a metric is answered, for Check to try.
type MetricScans struct {
	Metric string
	Scans  []*query.Scan
}

// Report is what Check found. A Problem keeps something from working; a Warning
// does not.
type Report struct {
	Server      ServerReport       `json:"server"`
	Tables      []TableReport      `json:"tables"`
	Metrics     []MetricReport     `json:"metrics"`
	Annotations []AnnotationReport `json:"annotations,omitempty"`
	Warnings    []message.Message  `json:"warnings,omitempty"`
}

// ServerReport is what is known about the server and the session's role.
type ServerReport struct {
	Version     string  `json:"version"`
	Database    string  `json:"database"`
	User        string  `json:"user"`
	Standby     bool    `json:"standby"`
	Encrypted   bool    `json:"encrypted"`
	Distributed string  `json:"distributed,omitempty"` // the extension that spreads tables over servers
	ClockSkew   float64 `json:"clockSkewSeconds"`      // the database's clock ahead of this machine's
	RoundTrip   float64 `json:"roundTripSeconds"`
}

// TableReport is what was found about a table of the catalog.
type TableReport struct {
	Table    string            `json:"table"`
	Relation string            `json:"relation"`
	Kind     string            `json:"kind,omitempty"`
	Problems []message.Message `json:"problems,omitempty"`
	Warnings []message.Message `json:"warnings,omitempty"`
	// Changelog is there where the table declares a change log, and nothing
	// about that log is worth a warning.
	Changelog *ChangelogReport `json:"changelog,omitempty"`
}

// ChangelogReport is what was found about a change log that works.
type ChangelogReport struct {
	Size string `json:"size"` // on disk, with its unit
	// SincePruned is how long ago it was pruned, in seconds; nil where that has
	// yet to happen for the first time.
	SincePruned *float64 `json:"sincePrunedSeconds,omitempty"`
}

// MetricReport says whether a metric's statements would run.
type MetricReport struct {
	Metric  string          `json:"metric"`
	Problem message.Message `json:"problem,omitzero"`
}

// AnnotationReport says whether an annotation's statement would run.
type AnnotationReport struct {
	Annotation string          `json:"annotation"`
	Problem    message.Message `json:"problem,omitzero"`
}

func (r *Report) warn(format string, args ...any) {
	r.Warnings = append(r.Warnings, message.New(format, args...))
}

func (r *TableReport) warn(format string, args ...any) {
	r.Warnings = append(r.Warnings, message.New(format, args...))
}

func (r *TableReport) problem(format string, args ...any) {
	r.Problems = append(r.Problems, message.New(format, args...))
}

// OK reports whether everything works, warnings aside.
func (r *Report) OK() bool {
	for _, t := range r.Tables {
		if len(t.Problems) > 0 {
			return false
		}
	}
	for _, m := range r.Metrics {
		if !m.Problem.IsZero() {
			return false
		}
	}
	for _, a := range r.Annotations {
		if !a.Problem.IsZero() {
			return false
		}
	}
	return true
}

// maxClockSkew is how far clocks may differ unnoticed: on a panel of the last
// minutes a difference begins to show.
const maxClockSkew = 5 * time.Second

// Check tries everything that answers of the data source rely on: the server,
// the role, every table and column of the catalog, and the statements of
// metrics and annotations, which are planned but not run. Without a catalog it
// is the server alone. Its error says that there is no server to look at; what
// is wrong with the rest is in the report.
func (s *Store) Check(ctx context.Context, caller query.Caller, metrics []MetricScans) (*Report, error) {
	// What earlier looks remember is not to be trusted now.
	if s.catalog != nil {
		for _, t := range s.catalog.Tables {
			s.schema.forget(t)
		}
	}
	l, err := s.Look(ctx, caller)
	if err != nil {
		return nil, err
	}
	defer l.Close()
	r := &Report{}
	if err := l.checkServer(ctx, r); err != nil {
		return nil, classify(err)
	}
	if s.catalog == nil {
		return r, nil
	}
	if err := l.checkZones(ctx, r); err != nil {
		return nil, classify(err)
	}
	for _, name := range sortedKeys(s.catalog.Tables) {
		report, err := l.checkTable(ctx, s.catalog.Tables[name])
		if err != nil {
			return nil, classify(err)
		}
		r.Tables = append(r.Tables, report)
	}
	for _, m := range metrics {
		report, err := l.checkMetric(ctx, m)
		if err != nil {
			return nil, classify(err)
		}
		r.Metrics = append(r.Metrics, report)
	}
	for _, name := range s.catalog.AnnotationNames() {
		report, err := l.checkAnnotation(ctx, name)
		if err != nil {
			return nil, classify(err)
		}
		r.Annotations = append(r.Annotations, report)
	}
	return r, nil
}

// checkMetric plans the scans of a metric up to the first that fails.
func (l *Look) checkMetric(ctx context.Context, m MetricScans) (MetricReport, error) {
	report := MetricReport{Metric: m.Metric}
	for _, scan := range m.Scans {
		err := l.plan(ctx, scan)
		if err == nil {
			continue
		}
		if fatal(err) {
			return report, err
		}
		report.Problem = message.Of(err)
		break
	}
	return report, nil
}

// checkAnnotation plans what reads an annotation.
func (l *Look) checkAnnotation(ctx context.Context, name string) (AnnotationReport, error) {
	report := AnnotationReport{Annotation: name}
	a := l.store.catalog.Annotations[name]
	err := l.planEvents(ctx, &query.EventScan{
		Annotation: a, Table: l.store.catalog.Tables[a.Table],
		From: l.snapshot.AsOf.Add(-time.Hour), To: l.snapshot.AsOf, Limit: 1,
	})
	if err != nil {
		if fatal(err) {
			return report, err
		}
		report.Problem = message.Of(err)
	}
	return report, nil
}

// fatal reports whether an error leaves nothing to check.
func fatal(err error) bool {
	switch Classify(err).Kind {
	case KindCatalog, KindData, KindPermission, KindBusy, KindResources:
		return false
	case KindInternal:
		var pgErr *pgconn.PgError
		return !errors.As(err, &pgErr)
	}
	return true
}

// plan has the server plan a scan, which checks names, types and rights.
func (l *Look) plan(ctx context.Context, scan *query.Scan) error {
	p, err := l.compile(ctx, scan)
	if err == nil {
		err = l.planned(ctx, &p.statement)
	}
	if err != nil {
		return l.about(scan.Table, err)
	}
	return nil
}

// planEvents does the same for an annotation.
func (l *Look) planEvents(ctx context.Context, scan *query.EventScan) error {
	s, err := l.compileEvents(ctx, scan)
	if err == nil {
		err = l.planned(ctx, s)
	}
	if err != nil {
		return l.about(scan.Table, err)
	}
	return nil
}

func (l *Look) planned(ctx context.Context, s *statement) error {
	text := s.text.String()
	s.text.Reset()
	s.write("EXPLAIN ", text)
	none := func([]pgconn.FieldDescription) error { return nil }
	return l.rowsOf(ctx, s, none, func([][]byte) error { return nil })
}

const serverSQL = `SELECT pg_catalog.current_setting('server_version'), pg_catalog.current_database()::text, current_user::text,
  pg_catalog.pg_is_in_recovery(), pg_catalog.clock_timestamp(),
  COALESCE((SELECT ssl FROM pg_catalog.pg_stat_ssl WHERE pid = pg_catalog.pg_backend_pid()), false),
  COALESCE((SELECT extname::text FROM pg_catalog.pg_extension WHERE extname IN ('citus') LIMIT 1), ''),
  r.rolsuper, r.rolbypassrls, r.rolcreatedb, r.rolcreaterole
FROM pg_catalog.pg_roles AS r
WHERE r.rolname = current_user`

func (l *Look) checkServer(ctx context.Context, r *Report) error {
	began := time.Now()
	err := l.fixed(ctx, serverSQL, nil, func(v [][]byte) error {
		took := time.Since(began)
		skew := decodeInstant(v[4]).Sub(began.Add(took / 2))
		r.Server = ServerReport{
			Version: string(v[0]), Database: string(v[1]), User: string(v[2]),
			Standby: isTrue(v[3]), Encrypted: isTrue(v[5]), Distributed: string(v[6]),
			ClockSkew: skew.Seconds(), RoundTrip: took.Seconds(),
		}
		if skew.Abs() > maxClockSkew+took {
			r.warn("the clock of the database and that of the Grafana server differ by %s; panels of the last minutes look late or run ahead. Synchronise them", skew.Abs().Round(time.Second))
		}
		if isTrue(v[7]) {
			r.warn("user %s is a superuser. Use a role that may only SELECT from the tables of the catalog", r.Server.User)
			return nil
		}
		for i, right := range []string{"BYPASSRLS", "CREATEDB", "CREATEROLE"} {
			if isTrue(v[8+i]) {
				r.warn("user %s has the attribute %s, which the data source does not need", r.Server.User, right)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if r.Server.Distributed != "" {
		r.warn("the database has the extension %s, which spreads tables over several servers; a snapshot of one of them says nothing about the others, so change feeds are not used", r.Server.Distributed)
	}
	var version int
	if _, err := fmt.Sscan(r.Server.Version, &version); err == nil && version > newestTested {
		r.warn("PostgreSQL %s is newer than the versions with which the plugin is tested (%d to %d)", r.Server.Version, oldestVersion, newestTested)
	}
	return nil
}

// checkZones compares the rules of the time zones now: they differ when server
// and plugin have editions of the tz database that differ.
func (l *Look) checkZones(ctx context.Context, r *Report) error {
	zones := map[string]*time.Location{}
	if at := l.store.catalog.Location(); at != nil {
		zones[at.String()] = at
	}
	for _, t := range l.store.catalog.Tables {
		zones[t.Location().String()] = t.Location()
	}
	now := l.snapshot.AsOf
	for _, name := range sortedKeys(zones) {
		s := &statement{}
		at := s.bindInstant(now)
		var local int64
		err := l.fixed(ctx, "SELECT extract(epoch FROM "+at+" AT TIME ZONE $2)::bigint", append(s.binds, textBind(name)), func(v [][]byte) error {
			local = int64(binary.BigEndian.Uint64(v[0]))
			return nil
		})
		if err != nil {
			if fatal(err) {
				return err
			}
			r.warn("the server does not know the time zone %s; update its tz database", name)
			continue
		}
		_, offset := now.In(zones[name]).Zone()
		if difference := local - now.Unix() - int64(offset); difference < -1 || difference > 1 {
			r.warn("the server's clock in %s differs from the plugin's by %s; one of their tz databases is out of date", name, time.Duration(difference)*time.Second)
		}
	}
	return nil
}

func isTrue(b []byte) bool { return len(b) == 1 && b[0] != 0 }

// relationKinds are the kinds of relations by pg_class.relkind.
var relationKinds = map[string]string{
	"r": "table", "p": "partitioned table", "v": "view", "m": "materialized view", "f": "foreign table",
}

// timeColumnsOf lists the columns by whose time rows of a table are read.
func (s *Store) timeColumnsOf(t *catalog.Table) []string {
	names := map[string]bool{}
	if t.Time != "" {
		names[t.Time] = true
	}
	for _, m := range s.catalog.Metrics {
		if m.Table != t.Name {
			continue
		}
		for _, name := range []string{m.Time, m.Opened, m.Closed} {
			if name != "" {
				names[name] = true
			}
		}
	}
	for _, a := range s.catalog.Annotations {
		if a.Table == t.Name {
			names[a.Time] = true
		}
	}
	return sortedKeys(names)
}

// checkTable looks at a table, its columns, its indexes and the role's rights.
func (l *Look) checkTable(ctx context.Context, t *catalog.Table) (TableReport, error) {
	r := TableReport{Table: t.Name, Relation: t.Relation.String()}
	// problem notes an error and reports whether it ends the check.
	problem := func(err error) bool {
		if err == nil {
			return false
		}
		err = l.about(t, err)
		if fatal(err) {
			return true
		}
		r.Problems = append(r.Problems, message.Of(err))
		return false
	}
	rel, err := l.relation(ctx, t)
	if err != nil {
		if problem(err) {
			return r, err
		}
		return r, nil
	}
	times := l.store.timeColumnsOf(t)
	for _, name := range times {
		if _, err := l.timeColumn(ctx, rel, name); problem(err) {
			return r, err
		}
	}
	for _, name := range sortedKeys(t.Dimensions) {
		_, err := l.dimension(ctx, rel, name)
		if err == nil {
			_, err = l.passingText(ctx, t, name, t.Dimensions[name].Values, nil)
		}
		if problem(err) {
			return r, err
		}
	}
	if t.Where != "" {
		if _, err := l.condition(ctx, rel, t.Where); problem(err) {
			return r, err
		}
	}
	for i, name := range t.Records {
		if _, ok := rel.column(name); !ok {
			r.problem("tables.%s.records[%d]: %s has no column %s%s", t.Name, i,
				t.Relation, shorten(name), didYouMean(catalog.Nearest(name, rel.columnNames())))
		}
	}
	if err := l.checkRights(ctx, rel, &r); problem(err) {
		return r, err
	}
	for _, name := range times {
		if _, plain := rel.column(name); !plain {
			continue
		}
		if err := l.checkIndex(ctx, rel, name, &r); problem(err) {
			return r, err
		}
	}
	if err := l.checkFeed(ctx, rel, t, &r); problem(err) {
		return r, err
	}
	return r, nil
}

const rightsSQL = `SELECT c.relkind::text, pg_catalog.has_table_privilege(c.oid, 'SELECT'),
  pg_catalog.has_any_column_privilege(c.oid, 'SELECT'), pg_catalog.has_schema_privilege(c.relnamespace, 'USAGE'),
  pg_catalog.has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE') OR pg_catalog.has_any_column_privilege(c.oid, 'INSERT, UPDATE'),
  pg_catalog.row_security_active(c.oid)
FROM pg_catalog.pg_class AS c
WHERE c.oid = $1`

func (l *Look) checkRights(ctx context.Context, rel *relation, r *TableReport) error {
	return l.fixed(ctx, rightsSQL, []bind{oidBind(rel.oid)}, func(v [][]byte) error {
		r.Kind = relationKinds[string(v[0])]
		switch {
		case !isTrue(v[3]):
			r.problem("the role lacks USAGE on the schema of %s", r.Relation)
		case !isTrue(v[2]):
			r.problem("the role lacks SELECT on %s", r.Relation)
		case !isTrue(v[1]):
			r.warn("the role may SELECT only some columns of %s", r.Relation)
		}
		if isTrue(v[4]) {
			r.warn("the role may write to %s; SELECT is all that the data source needs", r.Relation)
		}
		if isTrue(v[5]) {
			r.warn("row-level security decides which rows of %s the role sees", r.Relation)
		}
		return nil
	})
}

// indexSQL counts the tables behind a relation, and those of them with a valid
// index that begins with a column.
const indexSQL = `WITH stored AS (
  SELECT c.oid FROM pg_catalog.pg_class AS c WHERE c.oid = $1 AND c.relkind IN ('r', 'm')
  UNION
  SELECT c.oid FROM pg_catalog.pg_partition_tree($1) AS p JOIN pg_catalog.pg_class AS c ON c.oid = p.relid
  WHERE p.isleaf AND c.relkind = 'r'
)
SELECT count(*), count(*) FILTER (WHERE EXISTS (
  SELECT FROM pg_catalog.pg_index AS i
  JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
  WHERE i.indrelid = stored.oid AND i.indisvalid AND a.attname = $2))
FROM stored`

func (l *Look) checkIndex(ctx context.Context, rel *relation, name string, r *TableReport) error {
	return l.fixed(ctx, indexSQL, []bind{oidBind(rel.oid), textBind(name)}, func(v [][]byte) error {
		stored, indexed := binary.BigEndian.Uint64(v[0]), binary.BigEndian.Uint64(v[1])
		switch {
		case stored == indexed:
		case indexed == 0:
			r.warn("no index of %s begins with %s, so every answer reads the whole table; CREATE INDEX ON %s (%s)",
				rel.table.Relation, name, rel.table.Relation, quoteIdentifier(name))
		default:
			r.warn("%d of the %d partitions of %s have no index that begins with %s",
				stored-indexed, stored, rel.table.Relation, name)
		}
		return nil
	})
}

// Findings lists all that keeps something from working, and the warnings, each
// with what it is about.
func (r *Report) Findings() (problems, warnings []message.Message) {
	warnings = slices.Clone(r.Warnings)
	for _, t := range r.Tables {
		for _, problem := range t.Problems {
			problems = append(problems, message.New("table %s: %s", t.Table, problem))
		}
		for _, warning := range t.Warnings {
			warnings = append(warnings, message.New("table %s: %s", t.Table, warning))
		}
	}
	for _, m := range r.Metrics {
		if !m.Problem.IsZero() {
			problems = append(problems, message.New("metric %s: %s", m.Metric, m.Problem))
		}
	}
	for _, a := range r.Annotations {
		if !a.Problem.IsZero() {
			problems = append(problems, message.New("annotation %s: %s", a.Annotation, a.Problem))
		}
	}
	return problems, warnings
}

// String writes the report's problems and warnings, one a line.
func (r *Report) String() string {
	problems, warnings := r.Findings()
	return message.Join(append(problems, warnings...), "\n").String()
}
