package discover

import (
	"errors"
	"fmt"
	"slices"

	"github.com/pullview/orders-datasource/pkg/catalog"
)

// Options are what whoever asks for a proposal knows better than the store.
type Options struct {
	// Timezone is the IANA zone of the business; empty where it is not known.
	Timezone string
	// LocalTimezone is the zone of where whoever asks is, a guess where that of
	// the business is not known. One that is not known here is no guess.
	LocalTimezone string
}

// proposer is a proposal in the making.
type proposer struct {
	schema   *Schema
	entities []*entity
	proposal *Proposal
	names    map[string]bool // of metrics
}

// Propose concludes a catalog from a schema. The error says that the rules
// contradict the catalog's own, which is a defect.
func Propose(schema *Schema, options Options) (*Proposal, error) {
	p := &proposer{schema: schema, names: map[string]bool{}, proposal: &Proposal{
		Tables: []TableItem{}, Dimensions: []Item{}, Metrics: []Item{}, Notes: append([]Note{}, schema.Unread...),
	}}
	p.entities = entitiesOf(schema)
	p.zone(options)
	p.nameTables()
	orders := p.orders()
	for _, e := range orders {
		switch {
		case e == orders[0]:
			p.proposeOrders(e)
		case e.shows(orders[0]):
			p.note(e.fullName(), SameRows, Values{"kind": e.relation.Kind, "table": orders[0].relation.Name})
		default:
			p.proposeMoreOrders(e)
		}
	}
	if len(orders) == 0 {
		p.withoutOrders()
	}
	p.proposeCarts(orders)
	p.proposeOthers()
	p.remarks()
	if err := p.proposal.Assemble(); err != nil && !errors.Is(err, ErrNothing) {
		return nil, err
	}
	return p.proposal, nil
}

// Candidates lists the relations about whose values a proposal wants to know,
// the most important first.
func Candidates(schema *Schema) []*Relation {
	list := entitiesOf(schema)
	for _, e := range list {
		switch {
		case e.role == roleLines && hasLink(e.relation, schema):
			e.score += 3
		case e.role == roleNotes || e.role == roleProducts || e.main == nil:
			e.score = 0
		case e.role == roleCarts:
			e.score += 2
		}
	}
	slices.SortStableFunc(list, byScore)
	var relations []*Relation
	for _, e := range list {
		if e.score > 0 {
			relations = append(relations, e.relation)
		}
	}
	return relations
}

// hasLink reports whether a table of lines belongs to a table of orders.
func hasLink(lines *Relation, schema *Schema) bool {
	for _, r := range schema.Relations {
		if one, _ := roleOf(r.Name); one == roleOrders && r != lines {
			if link, _, _ := linkedBy(lines, r); link != nil {
				return true
			}
		}
	}
	return false
}

func byScore(a, b *entity) int {
	switch {
	case a.score > b.score:
		return -1
	case a.score < b.score:
		return 1
	}
	return 0
}

// entitiesOf examines every relation, finds the lines of orders and weighs what
// may be orders.
func entitiesOf(schema *Schema) []*entity {
	entities := make([]*entity, len(schema.Relations))
	others := make(map[string]*Relation, len(schema.Relations))
	for i, r := range schema.Relations {
		entities[i] = examine(r)
		entities[i].others, others[r.Schema+"."+r.Name] = others, r
	}
	for _, e := range entities {
		if e.role != roleOrders && e.role != roleOther {
			continue
		}
		for _, child := range entities {
			if child == e || child.role != roleLines {
				continue
			}
			if found := sumLines(child.relation, e.relation); found != nil && (e.lines == nil || found.confidence > e.lines.confidence) {
				e.lines = found
			}
		}
	}
	for _, e := range entities {
		e.weigh()
	}
	return entities
}

// orders finds the tables of orders, the best first: by their names, or by
// their shape where no name tells.
func (p *proposer) orders() []*entity {
	var named, shaped []*entity
	for _, e := range p.entities {
		switch {
		case e.main == nil || e.relation.Rows == 0 && e.role != roleOrders:
		case e.role == roleOrders:
			named = append(named, e)
		case e.role == roleOther && (len(e.amounts) > 0 || e.lines != nil) && e.score >= enough:
			shaped = append(shaped, e)
		}
	}
	if len(named) == 0 {
		named = shaped
		for _, e := range named {
			e.role = roleOrders
			e.settle()
		}
	}
	slices.SortStableFunc(named, func(a, b *entity) int {
		if by := byScore(a, b); by != 0 {
			return by
		}
		// Of a table and a view of it, the table serves better; of two tables,
		// the larger one.
		if a.shows(b) != b.shows(a) {
			if a.shows(b) {
				return 1
			}
			return -1
		}
		switch {
		case a.relation.Rows > b.relation.Rows:
			return -1
		case a.relation.Rows < b.relation.Rows:
			return 1
		}
		return 0
	})
	return named
}

// shows reports whether the entity is a view with the columns of another one.
func (e *entity) shows(other *entity) bool {
	if e.relation.Kind != "view" && e.relation.Kind != "materialized view" {
		return false
	}
	same := 0
	for _, c := range e.relation.Columns {
		if other.relation.Column(c.Name) != nil {
			same++
		}
	}
	return same*5 >= len(e.relation.Columns)*4
}

// withoutOrders says what was missed, and falls back on lines that have a time
// of their own.
func (p *proposer) withoutOrders() {
	lacking := false
	for _, e := range p.entities {
		if e.role == roleOrders && e.main == nil {
			lacking = true
			p.note(e.fullName(), OrdersWithoutTime, nil)
		}
	}
	for _, e := range p.entities {
		if e.role == roleLines && e.main != nil {
			p.proposeLines(e)
			return
		}
	}
	if !lacking {
		p.note("", NoOrders, nil)
	}
}

// nameTables gives every relation a name of its own in the catalog.
func (p *proposer) nameTables() {
	count := map[string]int{}
	for _, e := range p.entities {
		count[lowerName(e.relation.Name)]++
	}
	taken := map[string]bool{}
	for _, e := range p.entities {
		name := lowerName(e.relation.Name)
		if count[name] > 1 && e.relation.Schema != "public" {
			name = lowerName(e.relation.Schema) + "_" + name
		}
		e.name = unique(taken, name)
	}
}

// unique returns a name that is not taken yet, and takes it.
func unique(taken map[string]bool, name string) string {
	for n, candidate := 2, name; ; n++ {
		if !taken[candidate] {
			taken[candidate] = true
			return candidate
		}
		candidate = fmt.Sprintf("%s_%d", name, n)
	}
}

// fullName is the relation's name as SQL writes it.
func (e *entity) fullName() string { return e.relation.relation().String() }

func (p *proposer) note(about string, code Code, values Values) {
	p.proposal.Notes = append(p.proposal.Notes, Note{About: about, Sentence: say(code, values)})
}

// table proposes a table with its dimensions.
func (p *proposer) table(e *entity, selected bool, reasons ...Sentence) *catalog.Table {
	r := e.relation
	t := &catalog.Table{Name: e.name, Relation: r.relation()}
	if e.main != nil {
		t.Time = e.main.column.Name
	}
	zone, why := p.zoneOf(e)
	t.Timezone = zone
	reasons = append(reasons, why...)
	if e.deletion != "" {
		t.Where = e.deletion
		reasons = append(reasons, say(DeletedLeftOut, Values{"condition": e.deletion}))
	}
	t.Records = e.records()
	item := TableItem{
		Item: Item{Path: "tables." + e.name, Value: t, Reasons: reasons, Confidence: e.confidence(), Selected: selected},
		Role: string(e.role), Kind: r.Kind, Comment: r.Comment,
	}
	if e.role == roleOther || e.role == roleNotes || e.role == roleProducts {
		item.Role = "other"
	}
	if r.Rows >= 0 {
		rows := int64(r.Rows)
		item.Rows = &rows
	}
	p.proposal.Tables = append(p.proposal.Tables, item)
	p.dimensions(e, selected)
	return t
}

// metric proposes a metric of a table under a name of its own, and returns it.
func (p *proposer) metric(m catalog.Metric, item Item) *catalog.Metric {
	m.Name = unique(p.names, m.Name)
	if item.Label != nil {
		m.Label = item.Label.English()
	}
	m.Help = inEnglish(item.Help)
	item.Path = "metrics." + m.Name
	item.Value = &m
	if m.Table != "" {
		item.Requires = append([]string{"tables." + m.Table}, item.Requires...)
	}
	item.Confidence = round(item.Confidence)
	p.proposal.Metrics = append(p.proposal.Metrics, item)
	return &m
}

// records lists the columns that a drill-down shows: keys, times, status,
// groups and amounts, and nothing that may be about a person.
func (e *entity) records() []string {
	var list []string
	add := func(c *Column) {
		if c != nil && c.plain() && c.Class != Other && !slices.Contains(list, c.Name) && len(list) < 12 {
			list = append(list, c.Name)
		}
	}
	for _, name := range e.relation.PrimaryKey {
		add(e.relation.Column(name))
	}
	if e.main != nil {
		add(e.main.column)
	}
	if e.status != nil {
		add(e.status.column)
	}
	if a := e.amount(); a != nil {
		add(a.column)
	}
	for _, t := range e.times {
		add(t.column)
	}
	for _, d := range e.groups() {
		if d.selected {
			add(d.column)
		}
	}
	return list
}
