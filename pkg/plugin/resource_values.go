package plugin

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/postgres"
)

// valuesBody is the answer of GET /tables/{table}/dimensions/{dimension}/values.
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
	defaultValues  = 100
	maxValues      = 1000
	maxPrefixBytes = 1000
)

func (i *Instance) getValues(ctx context.Context, req *http.Request) (any, error) {
	scan, err := i.valueScan(req)
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

// valueScan reads the request's path and parameters: prefix, limit, and the
// bounds from and to in milliseconds since the epoch.
func (i *Instance) valueScan(req *http.Request) (*postgres.ValueScan, error) {
	declared := i.settings.Catalog
	table := declared.Tables[req.PathValue("table")]
	if table == nil {
		return nil, notDeclared("table", req.PathValue("table"), slices.Sorted(maps.Keys(declared.Tables)))
	}
	dimension := req.PathValue("dimension")
	if table.Dimensions[dimension] == nil {
		return nil, notDeclared("dimension of table "+table.Name, dimension, slices.Sorted(maps.Keys(table.Dimensions)))
	}
	parameters := req.URL.Query()
	scan := &postgres.ValueScan{Table: table, Dimension: dimension, Prefix: parameters.Get("prefix"), Limit: defaultValues}
	if len(scan.Prefix) > maxPrefixBytes {
		return nil, badParameter("prefix", "is longer than %d bytes", maxPrefixBytes)
	}
	if parameters.Has("limit") {
		limit, err := strconv.Atoi(parameters.Get("limit"))
		if err != nil || limit < 1 || limit > maxValues {
			return nil, badParameter("limit", "is no whole number from 1 to %d", maxValues)
		}
		scan.Limit = limit
	}
	if parameters.Has("from") != parameters.Has("to") {
		return nil, badParameter("from", "and to bound a time range together, and only one is given")
	}
	if parameters.Has("from") {
		var err error
		if scan.From, err = instant(parameters, "from"); err != nil {
			return nil, err
		}
		if scan.To, err = instant(parameters, "to"); err != nil {
			return nil, err
		}
		if !scan.From.Before(scan.To) {
			return nil, badParameter("from", "is not before to")
		}
	}
	return scan, nil
}

// maxEpochMS is the year 9999 and back: beyond, times do not fit the database.
const maxEpochMS = 253_402_300_800_000

func instant(parameters url.Values, name string) (time.Time, error) {
	ms, err := strconv.ParseInt(parameters.Get(name), 10, 64)
	if err != nil || ms > maxEpochMS || ms < -maxEpochMS {
		return time.Time{}, badParameter(name, "is no instant in milliseconds since 1970")
	}
	return time.UnixMilli(ms).UTC(), nil
}

func badParameter(name, format string, args ...any) error {
	return &resourceMistake{status: http.StatusBadRequest, message: "the parameter " + name + " " + fmt.Sprintf(format, args...)}
}

func notDeclared(what, name string, known []string) error {
	mistake := &resourceMistake{status: http.StatusNotFound, message: fmt.Sprintf("the catalog declares no %s %q", what, name)}
	if nearest := catalog.Nearest(name, known); nearest != "" {
		mistake.hint = fmt.Sprintf("did you mean %q?", nearest)
	}
	return mistake
}
