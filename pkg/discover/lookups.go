package discover

// Lookup is a column that says where a row stands by a reference to a row of a
// table of statuses, with the key of that table and the column that says what
// its rows are called.
type Lookup struct {
	Column    *Column
	Table     *Relation
	Key, Name *Column
}

// MaxLookup is how many rows a table of statuses has at most.
const MaxLookup = 60

// Lookups lists the columns of a relation whose values a proposal wants to know
// by what they are called.
func Lookups(r *Relation, schema *Schema) []Lookup {
	var list []Lookup
	for _, fk := range r.ForeignKeys {
		if len(fk.Columns) != 1 {
			continue
		}
		c, other := r.Column(fk.Columns[0]), schema.relation(fk.Schema, fk.Table)
		if c == nil || c.Class != Integer && c.Class != Text || other == nil || other == r || other.Rows > MaxLookup {
			continue
		}
		if !anyOf(statusWords, words(c.Name)) && !anyOf(statusWords, words(other.Name)) {
			continue
		}
		if key, name := other.Column(fk.References[0]), other.nameColumn(); key != nil && name != nil && name != key {
			list = append(list, Lookup{Column: c, Table: other, Key: key, Name: name})
		}
	}
	return list
}

func (s *Schema) relation(schema, name string) *Relation {
	for _, r := range s.Relations {
		if r.Schema == schema && r.Name == name {
			return r
		}
	}
	return nil
}

// nameColumn is the column that says what a row of a small table is called, or
// nil: by its name, or as the only text that there is.
func (r *Relation) nameColumn() *Column {
	if label := r.labelColumn(); label != nil {
		return label
	}
	var only *Column
	for _, c := range r.Columns {
		if c.Class != Text {
			continue
		}
		if only != nil {
			return nil
		}
		only = c
	}
	return only
}

// labelColumn is the column whose name says that it names the rows, or nil.
func (r *Relation) labelColumn() *Column {
	var label *Column
	for _, c := range r.Columns {
		if list := words(c.Name); c.Class == Text && anyOf(names, list) && (label == nil || len(list) < len(words(label.Name))) {
			label = c
		}
	}
	return label
}
