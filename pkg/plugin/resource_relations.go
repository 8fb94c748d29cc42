package plugin

import (
	"context"
	"net/http"
	"time"

	"github.com/pullview/orders-datasource/pkg/discover"
	"github.com/pullview/orders-datasource/pkg/postgres"
)

// relationsBody is the answer of GET /relations: what a catalog may name.
type relationsBody struct {
	Relations []relationBody `json:"relations"`
	Truncated bool           `json:"truncated"` // whether there are more
}

// relationBody is a table, view or the like that the role may SELECT. Names are
// as a catalog writes them: a relation and an expression as SQL does, a column's
// own name without quotes.
type relationBody struct {
	Relation string       `json:"relation"`
	Kind     string       `json:"kind"` // in words
	Comment  string       `json:"comment,omitempty"`
	Columns  []columnBody `json:"columns"`
}

type columnBody struct {
	Name       string         `json:"name"`
	Expression string         `json:"expression"` // the name as SQL writes it
	Type       string         `json:"type"`
	Class      discover.Class `json:"class"`
	Comment    string         `json:"comment,omitempty"`
}

const relationsTime = 20 * time.Second

// getRelations lists the relations and columns that a catalog may name. It
// reads the system's catalogs only.
func (i *Instance) getRelations(ctx context.Context, req *http.Request) (any, error) {
	schema, err := i.readSchema(ctx, resourceCaller(req), postgres.DiscoverScan{Limit: maxRelations})
	if err != nil {
		return nil, err
	}
	body := relationsBody{Relations: make([]relationBody, len(schema.Relations)), Truncated: schema.Truncated}
	for n, r := range schema.Relations {
		shown := relationBody{Relation: r.SQLSchema + "." + r.SQLName, Kind: r.Kind, Comment: r.Comment, Columns: make([]columnBody, len(r.Columns))}
		for m, c := range r.Columns {
			shown.Columns[m] = columnBody{Name: c.Name, Expression: c.SQL, Type: c.Type, Class: c.Class, Comment: c.Comment}
		}
		body.Relations[n] = shown
	}
	return body, nil
}
