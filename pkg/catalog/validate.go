package catalog

import (
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/pullview/orders-datasource/pkg/message"
)

// validator checks what a decoded catalog means and fills in what follows from
// it. It stays silent about values that were not understood; the decoder
// reported those.
type validator struct {
	*problems
	catalog *Catalog
}

func (v *validator) catalogKeys(n *node) {
	c := v.catalog
	if v.require("", n, "version", "write version: 1") && v.sound("version") && c.Version != Version {
		v.add("version", "%d is unknown; this plugin reads version %d", c.Version, Version)
	}
	if n.has("prefix") && v.sound("prefix") && (!isName(c.Prefix) || len(c.Prefix) > maxNameBytes) {
		v.add("prefix", "%s cannot begin a metric's name; write up to %d letters of ASCII, digits and underscores, and no digit first", quote(c.Prefix), maxNameBytes)
	}
	c.location = time.UTC
	if v.require("", n, "timezone", "write the IANA name of the business's time zone, such as America/Sao_Paulo") && v.sound("timezone") {
		c.location = v.zone("timezone", c.Timezone)
	}
	if v.require("", n, "tables", "declare at least one table") && v.sound("tables") {
		v.tables(n.field("tables"))
	}
	if v.require("", n, "metrics", "declare at least one metric") && v.sound("metrics") {
		v.metrics(n.field("metrics"))
	}
	if n.has("annotations") && v.sound("annotations") {
		v.annotations(n.field("annotations"))
	}
}

// sound tells whether the value at a path was understood.
func (v *validator) sound(path string) bool { return !v.at[path] }

// require reports a key that is missing, with what to write.
func (v *validator) require(path string, n *node, key, format string, args ...any) bool {
	if n.has(key) {
		return true
	}
	v.add(join(path, key), "is missing; %s", message.New(format, args...))
	return false
}

func (v *validator) zone(path, name string) *time.Location {
	location, err := time.LoadLocation(name)
	// "Local" is whatever the machine of the Grafana server has; the catalog
	// would mean other days on another machine.
	if err != nil || name == "Local" {
		v.add(path, "%s is no IANA time zone; write one such as America/Sao_Paulo, Europe/Berlin or UTC", quote(name))
		return time.UTC
	}
	return location
}

func (v *validator) tables(n *node) {
	c := v.catalog
	v.count("tables", len(c.Tables), maxTables, message.New("tables"))
	if len(c.Tables) == 0 {
		v.add("tables", "declare at least one table")
	}
	for _, name := range slices.Sorted(maps.Keys(c.Tables)) {
		path := join("tables", name)
		v.name(path, message.New("a table"), name)
		if t := c.Tables[name]; v.sound(path) {
			v.table(path, t, n.field(name))
		}
	}
}

func (v *validator) table(path string, t *Table, n *node) {
	v.require(path, n, "relation", "name a table or view of the database, such as public.orders")
	v.column(path, n, "time", t.Time)
	t.location = v.catalog.location
	if zone := join(path, "timezone"); n.has("timezone") && v.sound(zone) {
		t.location = v.zone(zone, t.Timezone)
	}
	v.fragment(path, n, "where", t.Where)
	v.label(path, n, "owner", &t.Owner)
	v.changes(join(path, "changes"), t, n.field("changes"))
	v.records(join(path, "records"), t)
	if link := join(path, "link"); n.has("link") && v.sound(link) {
		v.link(link, t)
	}

	dimensions := join(path, "dimensions")
	v.count(dimensions, len(t.Dimensions), maxDimensions, message.New("dimensions"))
	for _, name := range slices.Sorted(maps.Keys(t.Dimensions)) {
		path := join(dimensions, name)
		v.name(path, message.New("a dimension"), name)
		if isReservedLabel(name) {
			v.add(path, "%s is a label that answers carry themselves; choose another name (reserved: %s, and all that begins with __)", quote(name), strings.Join(reservedLabels, ", "))
		}
		if d := t.Dimensions[name]; v.sound(path) {
			v.dimension(path, d, n.field("dimensions").field(name))
		}
	}
}

func (v *validator) changes(path string, t *Table, n *node) {
	mode := join(path, "mode")
	if n == nil || !v.sound(path) {
		t.Changes.Mode = ChangesNone
		return
	}
	if !v.require(path, n, "mode", "write one of %s", strings.Join(texts(changeModes()), ", ")) || !v.sound(mode) {
		return
	}
	keys, known := changesKeys[t.Changes.Mode]
	if !known {
		v.add(mode, "%s is unknown%s (known are %s)", quote(string(t.Changes.Mode)), v.didYouMean(string(t.Changes.Mode), texts(changeModes())), strings.Join(texts(changeModes()), ", "))
		return
	}
	for _, key := range keys.required {
		v.require(path, n, key, "mode %s needs it", t.Changes.Mode)
	}
	for _, key := range []string{"column", "lateness", "base"} {
		if n.has(key) && !slices.Contains(keys.ofType(), key) {
			v.add(join(path, key), "mode %s does not take this key; remove it", t.Changes.Mode)
		}
	}
	v.column(path, n, "column", t.Changes.Column)
	if base := join(path, "base"); n.has("base") && v.sound(base) && t.Changes.Base.same(t.Relation) {
		v.add(base, "is the relation itself; only a view has a base, remove this key")
	}
}

func (v *validator) records(path string, t *Table) {
	v.count(path, len(t.Records), maxRecords, message.New("columns"))
	v.unique(path, t.Records)
	for i, column := range t.Records {
		v.columnName(at(path, i), column)
	}
}

func (v *validator) dimension(path string, d *Dimension, n *node) {
	if v.require(path, n, "column", "name a column or write a SQL expression") {
		v.fragment(path, n, "column", d.Column)
	}
	v.label(path, n, "label", &d.Label)
	values := join(path, "values")
	v.count(values, len(d.Values), maxValues, message.New("values"))
	v.unique(values, d.Values)
	for i, value := range d.Values {
		switch path := at(values, i); {
		case !v.sound(path):
		case isReservedValue(value):
			v.add(path, "%s is a label that answers use for something else than a value; such a group exists only where it has rows", quote(value))
		case strings.ContainsRune(value, 0):
			v.add(path, "holds a NUL character, which no value of PostgreSQL does")
		case len(value) > maxValueBytes:
			v.add(path, "has %d bytes; the limit is %d", len(value), maxValueBytes)
		}
	}
}

// reference returns the table that the key table below a path names, or nil
// where there is none, which is reported.
func (v *validator) reference(path, name string) *Table {
	path = join(path, "table")
	if name == "" || !v.sound(path) {
		return nil
	}
	t := v.catalog.Tables[name]
	if t == nil && v.sound("tables") {
		known := slices.Sorted(maps.Keys(v.catalog.Tables))
		v.add(path, "%s is no table of this catalog%s", quote(name), v.didYouMean(name, known))
	}
	return t
}

// timeOf returns the time column of a table, for what names none itself.
func (v *validator) timeOf(path string, t *Table) string {
	if t.Time == "" && v.sound(join(join("tables", t.Name), "time")) {
		v.add(join(path, "time"), "is missing, and table %s declares no time either; name the column with the event time", t.Name)
	}
	return t.Time
}

func (v *validator) name(path string, what message.Message, name string) {
	switch {
	case !isName(name):
		v.add(path, "%s cannot name %s; use letters of ASCII, digits and underscores, and no digit first", quote(name), what)
	case len(name) > maxNameBytes:
		v.add(path, "the name has %d bytes; the limit is %d", len(name), maxNameBytes)
	}
}

// column checks a key that holds a plain column name.
func (v *validator) column(path string, n *node, key, value string) {
	if n.has(key) {
		v.columnName(join(path, key), value)
	}
}

func (v *validator) columnName(path, name string) {
	switch {
	case !v.sound(path):
	case strings.Contains(name, `"`):
		v.add(path, "%s: write the column's name as the database stores it, without double quotes", quote(name))
	case strings.ContainsAny(name, "();'") || strings.Contains(name, "::"):
		v.add(path, "%s is no plain column name; only dimensions, sums, observed and distinct values may be expressions (a view or a generated column can hold one)", quote(name))
	case strings.TrimSpace(name) != name || strings.ContainsFunc(name, isControl):
		v.add(path, "%s begins or ends with white space, or holds a control character", quote(name))
	case len(name) > maxIdentifierBytes:
		v.add(path, "%s is longer than the %d bytes that PostgreSQL keeps of a name", quote(name), maxIdentifierBytes)
	}
}

// fragment checks a key that holds a SQL expression.
func (v *validator) fragment(path string, n *node, key, value string) {
	path = join(path, key)
	if !n.has(key) || !v.sound(path) {
		return
	}
	if len(value) > maxFragmentBytes {
		v.add(path, "has %d bytes; the limit is %d. A view can hold a longer expression", len(value), maxFragmentBytes)
		return
	}
	if err := checkFragment(value); err != nil {
		v.add(path, "%s: %v", quote(value), err)
	}
}

// label checks and trims a short text for people.
func (v *validator) label(path string, n *node, key string, value *string) {
	v.text(path, n, key, value, maxLabelRunes, isControl)
}

func (v *validator) text(path string, n *node, key string, value *string, limit int, forbidden func(rune) bool) {
	path = join(path, key)
	if !n.has(key) || !v.sound(path) {
		return
	}
	if length := utf8.RuneCountInString(*value); length > limit {
		v.add(path, "has %d characters; the limit is %d", length, limit)
	}
	*value = strings.TrimSpace(*value)
	if i := strings.IndexFunc(*value, forbidden); i >= 0 {
		v.add(path, "%s holds a control character", quote(*value))
	}
}

func (v *validator) count(path string, count, limit int, what message.Message) {
	if count > limit {
		v.add(path, "has %d %s; the limit is %d", count, what, limit)
	}
}

func (v *validator) unique(path string, list []string) {
	first := map[string]int{}
	for i, item := range list {
		if !v.sound(at(path, i)) {
			continue
		}
		if before, seen := first[item]; seen {
			v.add(at(path, i), "%s is listed already, as %s", quote(item), at(path, before))
			continue
		}
		first[item] = i
	}
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

func isControlButNotBreak(r rune) bool { return isControl(r) && r != '\n' && r != '\t' }
