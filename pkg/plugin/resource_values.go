package plugin

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/message"
	"github.com/pullview/orders-datasource/pkg/postgres"
	"github.com/pullview/orders-datasource/pkg/query"
)

// valuesBody is the answer of GET and POST /tables/{table}/dimensions/{dimension}/values.
type valuesBody struct {
	Values   []valueBody `json:"values"`
	Complete bool        `json:"complete"`
}

// valueBody is one value as a filter writes it, and as a reader sees it.
type valueBody struct {
	Value string `json:"value"`
	Label string `json:"label"`
}

const (
	defaultValues = 100
	// maxValues is one more than a filter may list: whoever takes all values of
	// a list that is not complete is refused instead of left with a part of them.
	maxValues      = query.MaxFilterValues + 1
	maxPrefixBytes = 1000
	// maxValuesBytes leaves room for what surrounds the longest filters.
	maxValuesBytes = query.MaxQueryBytes + 4<<10
)

// valuesRequest says which values of a dimension are asked for: the parameters
// of GET, or the body of POST, which alone has filters.
type valuesRequest struct {
	Prefix  string          `json:"prefix"`
	Limit   *int            `json:"limit"`
	From    *int64          `json:"from"` // milliseconds since the epoch
	To      *int64          `json:"to"`
	Filters json.RawMessage `json:"filters"` // as in a query
}

func (i *Instance) getValues(ctx context.Context, req *http.Request) (any, error) {
	asked, err := valuesParameters(req.URL.Query())
	if err != nil {
		return nil, err
	}
	return i.values(ctx, req, asked)
}

func (i *Instance) postValues(ctx context.Context, req *http.Request) (any, error) {
	var asked valuesRequest
	err := readBody(req, maxValuesBytes, &asked,
		message.New(`write {"prefix": "…", "limit": …, "from": …, "to": …, "filters": […]} with from and to in milliseconds since 1970; every key may be left out`))
	if err != nil {
		return nil, err
	}
	return i.values(ctx, req, &asked)
}

func (i *Instance) values(ctx context.Context, req *http.Request, asked *valuesRequest) (any, error) {
	scan, err := i.valueScan(req.PathValue("table"), req.PathValue("dimension"), asked)
	if err != nil {
		return nil, err
	}
	look, err := i.store.Look(ctx, resourceCaller(req))
	if err != nil {
		return nil, err
	}
	defer look.Close()
	list, err := look.Values(ctx, scan)
	if err != nil {
		return nil, err
	}
	body := valuesBody{Values: make([]valueBody, len(list.Values)), Complete: list.Complete}
	for n, value := range list.Values {
		label := value.Label()
		body.Values[n] = valueBody{Value: label, Label: label}
	}
	return body, nil
}

// valuesParameters reads the parameters prefix, limit, from and to.
func valuesParameters(parameters url.Values) (*valuesRequest, error) {
	asked := &valuesRequest{Prefix: parameters.Get("prefix")}
	if parameters.Has("limit") {
		limit, err := strconv.Atoi(parameters.Get("limit"))
		if err != nil {
			return nil, badLimit()
		}
		asked.Limit = &limit
	}
	var err error
	if asked.From, err = milliseconds(parameters, "from"); err != nil {
		return nil, err
	}
	asked.To, err = milliseconds(parameters, "to")
	return asked, err
}

func milliseconds(parameters url.Values, name string) (*int64, error) {
	if !parameters.Has(name) {
		return nil, nil
	}
	ms, err := strconv.ParseInt(parameters.Get(name), 10, 64)
	if err != nil {
		return nil, badInstant(name)
	}
	return &ms, nil
}

// valueScan resolves the names and checks the rest of a request for values.
func (i *Instance) valueScan(tableName, dimension string, asked *valuesRequest) (*postgres.ValueScan, error) {
	declared := i.settings.Catalog
	table := declared.Tables[tableName]
	if table == nil {
		return nil, notDeclared(message.New("table"), tableName, slices.Sorted(maps.Keys(declared.Tables)))
	}
	if table.Dimensions[dimension] == nil {
		return nil, notDeclared(message.New("dimension of table %s", table.Name), dimension, slices.Sorted(maps.Keys(table.Dimensions)))
	}
	scan := &postgres.ValueScan{Table: table, Dimension: dimension, Prefix: asked.Prefix, Limit: defaultValues}
	if len(scan.Prefix) > maxPrefixBytes {
		return nil, badParameter("prefix", "is longer than %d bytes", maxPrefixBytes)
	}
	if asked.Limit != nil {
		if scan.Limit = *asked.Limit; scan.Limit < 1 || scan.Limit > maxValues {
			return nil, badLimit()
		}
	}
	if (asked.From == nil) != (asked.To == nil) {
		return nil, badParameter("from", "and to bound a time range together, and only one is given")
	}
	if asked.From != nil {
		var err error
		if scan.From, err = instant("from", *asked.From); err != nil {
			return nil, err
		}
		if scan.To, err = instant("to", *asked.To); err != nil {
			return nil, err
		}
		if !scan.From.Before(scan.To) {
			return nil, badParameter("from", "is not before to")
		}
	}
	var err error
	scan.Filters, err = query.DecodeFilters(asked.Filters, declared, table)
	return scan, err
}

// maxEpochMS is the year 9999 and back: beyond, times do not fit the database.
const maxEpochMS = 253_402_300_800_000

func instant(name string, ms int64) (time.Time, error) {
	if ms > maxEpochMS || ms < -maxEpochMS {
		return time.Time{}, badInstant(name)
	}
	return time.UnixMilli(ms).UTC(), nil
}

func badLimit() error { return badParameter("limit", "is no whole number from 1 to %d", maxValues) }

func badInstant(name string) error {
	return badParameter(name, "is no instant in milliseconds since 1970")
}

func badParameter(name, format string, args ...any) error {
	return &resourceMistake{status: http.StatusBadRequest, message: message.New("the parameter %s %s", name, message.New(format, args...))}
}

func notDeclared(what message.Message, name string, known []string) error {
	return &resourceMistake{
		status:  http.StatusNotFound,
		message: message.New("the catalog declares no %s %q", what, name),
		hint:    didYouMean(name, known),
	}
}

// didYouMean asks whether the known name that is nearest to one is meant, or
// says nothing.
func didYouMean(name string, known []string) message.Message {
	if nearest := catalog.Nearest(name, known); nearest != "" {
		return message.New("did you mean %q?", nearest)
	}
	return message.Message{}
}
