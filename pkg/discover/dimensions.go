package discover

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/pullview/orders-datasource/pkg/catalog"
)

// group is a column by which a table's rows can be grouped.
type group struct {
	column     *Column
	expression string // where it is not the column itself
	name       string // where it is not the column's
	reason     Sentence
	confidence float64
	selected   bool
}

const (
	// fewValues is how many values a dimension may have to be selected: as many
	// lines as a panel can show with its top list.
	fewValues = 60
	// manyValues is where a column is no dimension any more.
	manyValues = 1000
	// declaredValues is how many values a dimension lists as groups that exist
	// without rows.
	declaredValues = 30
)

// genericDimensions are words of columns by which businesses look at orders.
var genericDimensions = set("channel", "canal", "region", "regiao", "country", "pais", "state", "estado", "uf", "city", "cidade", "ciudad", "category", "categoria",
	"type", "tipo", "source", "origem", "origen", "origin", "platform", "plataforma", "device", "dispositivo", "segment", "segmento", "brand", "marca", "store", "loja", "tienda",
	"branch", "filial", "sucursal", "warehouse", "currency", "moeda", "moneda", "method", "metodo", "forma", "carrier", "transportadora", "plan", "plano", "tier", "priority",
	"prioridade", "prioridad", "department", "market", "mercado", "site", "provider", "gateway", "medium", "campaign", "campanha", "affiliate", "language", "locale", "kind", "class", "gender", "location")

// personal are words of columns that may tell who somebody is, or are free
// text. They are never proposed.
var personal = set("email", "mail", "name", "nome", "nombre", "phone", "telefone", "telefono", "address", "endereco", "direccion", "street", "rua", "calle", "note", "comment", "description",
	"descricao", "descripcion", "token", "password", "senha", "secret", "url", "ip", "document", "cpf", "cnpj", "dni", "nif", "ssn", "passport", "hash", "card", "iban", "signature",
	"observacao", "observacion", "remark", "message", "mensagem", "agent", "zip", "cep", "postcode", "postal", "tracking", "operator", "operador", "employee", "empleado", "funcionario", "reference", "code", "codigo", "serial", "payload", "first", "last", "middle", "birth")

// groups lists the columns by which the entity's rows can be grouped.
func (e *entity) groups() []group {
	var list []group
	for _, c := range e.relation.Columns {
		if g, ok := e.groupByName(c); ok {
			list = append(list, g)
		} else if g, ok := e.groupBy(c); ok {
			list = append(list, g)
		}
	}
	return list
}

// names are words of the columns that say what a row of a small table is.
var names = set("name", "nome", "nombre", "title", "titulo", "label", "descricao", "descripcion", "description", "slug", "code", "codigo")

// groupByName makes a group of a reference to one of few rows of another table,
// by the name that the row has there.
func (e *entity) groupByName(c *Column) (group, bool) {
	distinct, known := c.distinct()
	if !known || distinct < 1 || distinct > fewValues || c == e.customer || isStaff(c.Name) || slices.Contains(e.relation.PrimaryKey, c.Name) {
		return group{}, false
	}
	for _, fk := range e.relation.ForeignKeys {
		if len(fk.Columns) != 1 || fk.Columns[0] != c.Name {
			continue
		}
		other := e.others[fk.Schema+"."+fk.Table]
		r, _ := roleOf(fk.Table)
		some := (r == roleOrders || r == roleCarts || r == roleCustomers) && c.Called == nil // order_states are no orders
		if other == nil || some || other.Name == e.relation.Name {
			return group{}, false
		}
		label := other.labelColumn()
		if c.Called != nil {
			label = other.nameColumn()
		}
		key := other.Column(fk.References[0])
		if label == nil || key == nil {
			return group{}, false
		}
		return group{
			column: c, name: referenceName(c.Name), selected: true, confidence: 0.7,
			expression: fmt.Sprintf("(SELECT r.%s FROM %s.%s AS r WHERE r.%s = %s.%s)", label.SQL, other.SQLSchema, other.SQLName, key.SQL, e.relation.SQLName, c.SQL),
			reason:     estimate(RefersByName, c, distinct, Values{"table": other.Name, "column": label.Name}),
		}, true
	}
	return group{}, false
}

// referenceName is the name of a reference without id.
func referenceName(column string) string {
	var kept []string
	for _, w := range strings.Split(lowerName(column), "_") {
		if w != "id" && w != "fk" && w != "uuid" {
			kept = append(kept, w)
		}
	}
	return strings.Join(kept, "_")
}

func (e *entity) groupBy(c *Column) (group, bool) {
	g := group{column: c}
	list := words(c.Name)
	if slices.Contains(e.relation.PrimaryKey, c.Name) || e.customer == c || isDeletionFlag(c) {
		return g, false
	}
	if anyOf(personal, list) && (c.Class == Text) && !anyOf(genericDimensions, list) && len(c.Allowed) == 0 {
		return g, false
	}
	distinct, known := c.distinct()
	known = known && (c.Stats == nil || distinct >= 1)
	if known && distinct > manyValues {
		return g, false
	}
	isStatus := e.status != nil && e.status.column == c
	named := isStatus || anyOf(genericDimensions, list) || anyOf(statusWords, list)
	switch c.Class {
	case Enum:
		g.reason, g.confidence, g.selected = say(EnumValues, Values{"number": len(c.Allowed)}), 0.95, len(c.Allowed) <= fewValues
	case Bool:
		g.reason, g.confidence, g.selected = say(TrueOrFalse, nil), 0.7, true
	case Text:
		switch {
		case !known && named:
			g.reason, g.confidence, g.selected = say(NamedDimension, nil), 0.5, true
		case !known:
			return g, false
		default:
			g.reason, g.confidence, g.selected = estimate(DifferentValues, c, distinct, Values{}), 0.75, distinct <= fewValues
			if named {
				g.confidence = 0.9
			}
		}
	case Integer, UUID:
		reference := isReference(e.relation, c)
		if !known || !reference && !named || distinct > manyValues || c.Class == UUID && distinct > fewValues {
			return g, false
		}
		if other, _ := roleOf(c.Name); other == roleOrders || other == roleCarts || amountOf(c) != nil {
			return g, false
		}
		g.reason = estimate(RefersByNumber, c, distinct, Values{})
		g.confidence, g.selected = 0.45, distinct <= fewValues && named
	default:
		return g, false
	}
	if known && distinct > 0 && distinct < 2 && c.Class == Text && len(c.Allowed) == 0 {
		g.reason, g.confidence, g.selected = say(OneValue, nil), 0.3, false
	}
	if known && c.Class == Text && e.relation.Rows > 0 && distinct > 20 && distinct > e.relation.Rows/3 && !named {
		return g, false // nearly unique
	}
	return g, true
}

// estimate is a text with the number of a column's values.
func estimate(code Code, c *Column, distinct float64, values Values) Sentence {
	values["number"], values["estimated"] = int64(math.Round(distinct)), c.Stats != nil && !c.Stats.Complete
	return say(code, values)
}

// maxGroups is how many dimensions of one table are proposed.
const maxGroups = 40

// dimensions proposes the dimensions of a table.
func (p *proposer) dimensions(e *entity, selected bool) {
	taken := map[string]bool{"compare": true, "le": true, "metric": true, "partial": true, "quantile": true, "time": true}
	groups := e.groups()
	if len(groups) > maxGroups {
		slices.SortStableFunc(groups, func(a, b group) int {
			switch {
			case a.confidence > b.confidence:
				return -1
			case a.confidence < b.confidence:
				return 1
			}
			return 0
		})
		groups = groups[:maxGroups]
	}
	for _, g := range groups {
		c := g.column
		d := &catalog.Dimension{Name: cmp.Or(g.name, lowerName(c.Name)), Column: cmp.Or(g.expression, c.SQL)}
		d.Name, d.Label = unique(taken, d.Name), title(d.Name)
		reasons := []Sentence{g.reason}
		if n := len(c.Allowed); n > 0 && n <= declaredValues && showable(c.Allowed) {
			d.Values = c.Allowed
			reasons = append(reasons, say(GroupsAtZero, nil))
		}
		if c.Comment != "" {
			reasons = append(reasons, commentOf(c))
		}
		p.proposal.Dimensions = append(p.proposal.Dimensions, Item{
			Path: "tables." + e.name + ".dimensions." + d.Name, Value: d, Reasons: reasons,
			Confidence: round(g.confidence), Selected: selected && g.selected, Requires: []string{"tables." + e.name},
		})
	}
}

// showable reports whether texts can be listed as values of a dimension.
func showable(values []string) bool {
	for i, v := range values {
		if v == "" || v == "(null)" || v == "(others)" || len(v) > 200 || slices.Contains(values[:i], v) {
			return false
		}
	}
	return true
}
