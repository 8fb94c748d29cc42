package catalog

import (
	"maps"
	"slices"

	"github.com/pullview/orders-datasource/pkg/message"
)

func (v *validator) annotations(n *node) {
	c := v.catalog
	v.count("annotations", len(c.Annotations), maxAnnotations, message.New("annotations"))
	for _, name := range c.AnnotationNames() {
		path := join("annotations", name)
		v.name(path, message.New("an annotation"), name)
		if a := c.Annotations[name]; v.sound(path) {
			v.annotation(path, a, n.field(name))
		}
	}
}

func (v *validator) annotation(path string, a *Annotation, n *node) {
	if v.require(path, n, "help", "say in a sentence what the events are") {
		v.text(path, n, "help", &a.Help, maxTextRunes, isControlButNotBreak)
	}
	v.label(path, n, "label", &a.Label)
	v.label(path, n, "owner", &a.Owner)
	v.column(path, n, "time", a.Time)
	v.column(path, n, "end", a.End)
	if v.require(path, n, "title", "name a column or write a SQL expression that names an event") {
		v.fragment(path, n, "title", a.Title)
	}
	v.fragment(path, n, "text", a.Text)
	v.fragment(path, n, "where", a.Where)
	if v.require(path, n, "table", "name a table of this catalog") {
		if t := v.reference(path, a.Table); t != nil {
			v.annotated(path, a, t, n)
		}
	}
	if end := join(path, "end"); a.End != "" && a.End == a.Time && v.sound(end) {
		v.add(end, "%s is the column of time too; no event would last", quote(a.End))
	}
}

// annotated checks what an annotation says about its table, and fills in the
// time column that it does not name.
func (v *validator) annotated(path string, a *Annotation, t *Table, n *node) {
	if !n.has("time") {
		a.Time = v.timeOf(path, t)
	}
	tags := join(path, "tags")
	v.unique(tags, a.Tags)
	if !v.sound(join(join("tables", t.Name), "dimensions")) {
		return
	}
	for i, tag := range a.Tags {
		if path := at(tags, i); t.Dimensions[tag] == nil && v.sound(path) {
			v.add(path, "%s is no dimension of table %s%s", quote(tag), t.Name, v.didYouMean(tag, slices.Sorted(maps.Keys(t.Dimensions))))
		}
	}
}
