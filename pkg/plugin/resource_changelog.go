package plugin

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/pullview/orders-datasource/pkg/message"
)

// changelogBody is the answer of POST /changelog-sql: scripts for a DBA. The
// plugin runs neither.
type changelogBody struct {
	Table     string `json:"table"`
	Install   string `json:"install"`
	Uninstall string `json:"uninstall"`
}

const (
	changelogTime     = 20 * time.Second
	maxChangelogBytes = 10_000
)

var changelogBodyUsage = message.New(`send {"table": "…"} with the name of a table of the catalog and, for comments in another language than English, {"language": "…"}`)

func (i *Instance) postChangelogSQL(ctx context.Context, req *http.Request) (any, error) {
	if i.broken != nil {
		return nil, i.broken
	}
	var asked struct {
		Table    string           `json:"table"`
		Language message.Language `json:"language"` // English where it is empty or not known
	}
	if err := readBody(req, maxChangelogBytes, &asked, changelogBodyUsage); err != nil {
		return nil, err
	}
	table, ok := i.settings.Catalog.Tables[asked.Table]
	if !ok {
		return nil, &resourceMistake{
			status:  http.StatusNotFound,
			message: message.New("the catalog has no table %q", asked.Table),
			hint:    didYouMean(asked.Table, slices.Sorted(maps.Keys(i.settings.Catalog.Tables))).Or(changelogBodyUsage),
		}
	}
	look, err := i.store.Look(ctx, resourceCaller(req))
	if err != nil {
		return nil, err
	}
	defer look.Close()
	log, err := look.ChangelogSQL(ctx, table, asked.Language)
	if err != nil {
		return nil, err
	}
	return changelogBody{Table: table.Name, Install: log.Install, Uninstall: log.Uninstall}, nil
}
