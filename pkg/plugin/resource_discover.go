package plugin

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/discover"
	"github.com/pullview/orders-datasource/pkg/message"
	"github.com/pullview/orders-datasource/pkg/postgres"
	"github.com/pullview/orders-datasource/pkg/query"
)

// discoverRequest is the body of POST /discover. Everything is optional.
type discoverRequest struct {
	Timezone      string   `json:"timezone"`      // of the business; IANA
	LocalTimezone string   `json:"localTimezone"` // of whoever asks: a guess where that of the business is not known, and no more
	Schemas       []string `json:"schemas"`       // to look into; empty for all
	Limit         int      `json:"limit"`         // of relations to read
}

// discoverBody is the answer of POST /discover.
type discoverBody struct {
	*discover.Proposal
	Relations int  `json:"relations"` // how many were read
	Truncated bool `json:"truncated"` // whether there are more
}

const (
	defaultRelations = 500
	maxRelations     = 2000
	maxSchemas       = 100
	maxDiscoverBytes = 64 << 10

	// discoverTime bounds a discovery as a whole, samplePatience what it spends
	// on looking at rows.
	discoverTime   = 30 * time.Second
	samplePatience = 8 * time.Second
)

// postDiscover reads the store's schema and proposes a catalog. It changes and
// saves nothing.
func (i *Instance) postDiscover(ctx context.Context, req *http.Request) (any, error) {
	asked, err := readDiscoverRequest(req)
	if err != nil {
		return nil, err
	}
	caller := resourceCaller(req)
	schema, err := i.readSchema(ctx, caller, postgres.DiscoverScan{Schemas: asked.Schemas, Limit: asked.Limit, Patience: samplePatience})
	if err != nil {
		return nil, err
	}
	proposal, err := discover.Propose(schema, discover.Options{Timezone: asked.Timezone, LocalTimezone: asked.LocalTimezone})
	if err != nil {
		return nil, err
	}
	if err := i.tryProposal(ctx, caller, proposal); err != nil {
		return nil, err
	}
	return discoverBody{Proposal: proposal, Relations: len(schema.Relations), Truncated: schema.Truncated}, nil
}

func readDiscoverRequest(req *http.Request) (*discoverRequest, error) {
	hint := message.New(`write {"timezone": "America/Sao_Paulo", "schemas": ["public"], "limit": 500}; every key may be left out`)
	asked := &discoverRequest{Limit: defaultRelations}
	if err := readBody(req, maxDiscoverBytes, asked, hint); err != nil {
		return nil, err
	}
	mistake := func(format string, args ...any) error {
		return &resourceMistake{status: http.StatusBadRequest, message: message.New(format, args...), hint: hint}
	}
	if _, err := time.LoadLocation(asked.Timezone); err != nil || asked.Timezone == "Local" {
		return nil, mistake("timezone: %q is no IANA time zone", asked.Timezone)
	}
	if asked.Limit < 1 || asked.Limit > maxRelations {
		return nil, mistake("limit: %d is no whole number from 1 to %d", asked.Limit, maxRelations)
	}
	if len(asked.Schemas) > maxSchemas {
		return nil, mistake("schemas: there are %d, and at most %d are accepted", len(asked.Schemas), maxSchemas)
	}
	for n, name := range asked.Schemas {
		if name == "" || strings.ContainsRune(name, 0) {
			return nil, mistake("schemas[%d]: is no name", n)
		}
	}
	return asked, nil
}

func (i *Instance) readSchema(ctx context.Context, caller query.Caller, scan postgres.DiscoverScan) (*discover.Schema, error) {
	look, err := i.store.Look(ctx, caller)
	if err != nil {
		return nil, err
	}
	defer look.Close()
	return look.Discover(ctx, scan)
}

// tryProposal has the server plan everything that is selected, as Save & test
// does, and deselects what it does not accept, until all of it works.
func (i *Instance) tryProposal(ctx context.Context, caller query.Caller, proposal *discover.Proposal) error {
	for len(proposal.Catalog) > 0 {
		report, err := i.check(ctx, caller, proposal)
		if err != nil {
			return err
		}
		if report.OK() || !rejectProblems(proposal, report) {
			return nil
		}
		if err := proposal.Assemble(); err != nil && !errors.Is(err, discover.ErrNothing) {
			return err
		}
	}
	return nil
}

func (i *Instance) check(ctx context.Context, caller query.Caller, proposal *discover.Proposal) (*postgres.Report, error) {
	declared, err := catalog.Parse(proposal.Catalog)
	if err != nil {
		return nil, err
	}
	draft, err := i.store.Draft(declared, i.settings.QueryTimeout)
	if err != nil {
		return nil, err
	}
	defer draft.Close()
	scans, err := metricScans(declared)
	if err != nil {
		return nil, err
	}
	return draft.Check(ctx, caller, scans)
}

// rejectProblems deselects the items of a proposal about which the server
// reports problems. It tells whether there were any.
func rejectProblems(proposal *discover.Proposal, report *postgres.Report) bool {
	rejected := false
	for _, m := range report.Metrics {
		if !m.Problem.IsZero() && proposal.Reject("metrics."+m.Metric, m.Problem) {
			rejected = true
		}
	}
	for _, t := range report.Tables {
		for _, problem := range t.Problems {
			path := "tables." + t.Table
			for _, d := range proposal.Dimensions {
				if strings.Contains(problem.String(), d.Path+".") {
					path = d.Path
				}
			}
			if proposal.Reject(path, problem) {
				rejected = true
			}
		}
	}
	return rejected
}
