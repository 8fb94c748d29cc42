package plugin_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/internal/embedpg"
)

func TestTheCatalogResourceOffersNamesAndNoSQL(t *testing.T) {
	t.Parallel()
	s := shopSource(t)
	status, answer := s.resource(t, http.MethodGet, "catalog", "")
	require.Equal(t, http.StatusOK, status, answer)
	var body struct {
		Version          int
		Timezone, Prefix string
		Steps, Operators []string
		Tables           []struct {
			Name       string
			Records    []string
			Dimensions []struct {
				Name, Label, Type string
				Operators         []string
			}
		}
		Metrics []struct {
			Name, Type, Table, Unit, DefaultView string
			Tables, Views, Dimensions, Aliases   []string
		}
	}
	require.NoError(t, json.Unmarshal([]byte(answer), &body))
	assert.Equal(t, 1, body.Version)
	assert.Equal(t, "America/Sao_Paulo", body.Timezone)
	assert.Equal(t, "shop_", body.Prefix)
	assert.Contains(t, body.Steps, "1M")
	assert.Contains(t, body.Operators, "not in")

	require.Len(t, body.Tables, 2)
	assert.Equal(t, "carts", body.Tables[0].Name)
	assert.NotNil(t, body.Tables[0].Records)
	orders := body.Tables[1]
	assert.Equal(t, []string{"id", "created_at", "channel", "total"}, orders.Records)
	require.Len(t, orders.Dimensions, 3)
	assert.Equal(t, "Channel", orders.Dimensions[0].Label)
	assert.Equal(t, "text", orders.Dimensions[0].Type)
	assert.Equal(t, "bigint", orders.Dimensions[1].Type)
	assert.Contains(t, orders.Dimensions[1].Operators, ">=")

	require.Len(t, body.Metrics, 6)
	ticket := body.Metrics[5]
	assert.Equal(t, "ticket", ticket.Name)
	assert.Equal(t, []string{"orders"}, ticket.Tables)
	assert.Equal(t, []string{"channel", "customer", "region"}, ticket.Dimensions)
	assert.Equal(t, "value", ticket.DefaultView)
	for _, fragment := range []string{"extract", "epoch", "public.orders", "invoiced_at"} {
		assert.NotContains(t, answer, fragment)
	}
}

func TestTheCatalogResourceSaysWhichGroupsAreThereWithoutRows(t *testing.T) {
	t.Parallel()
	s := newSource(t, shop.Database(t, embedpg.Shared(t)), strings.Replace(shopCatalog, `"region": {"column": "region"}`, `"region": {"column": "region", "values": ["SP"], "lookback": "7d"}`, 1))
	_, answer := s.resource(t, http.MethodGet, "catalog", "")
	assert.Contains(t, answer, `"values":["SP"],"lookback":"7d"`)
	assert.Equal(t, 1, strings.Count(answer, "lookback"))
}

func TestTheCatalogResourceNeedsNoDatabase(t *testing.T) {
	t.Parallel()
	s := shopSource(t)
	s.settings.URL = refusing(t)
	status, answer := s.resource(t, http.MethodGet, "catalog", "")
	require.Equal(t, http.StatusOK, status, answer)
	assert.Contains(t, answer, `"invoiced"`)
	assert.NotContains(t, answer, `"bigint"`)
}

func TestValuesOfADimensionAreCompleted(t *testing.T) {
	t.Parallel()
	s := shopSource(t)
	for path, want := range map[string]string{
		"channel/values":            `{"values":[{"value":"(null)","label":"(null)"},{"value":"a'b\"c;--\\d","label":"a'b\"c;--\\d"},{"value":"app","label":"app"},{"value":"web","label":"web"}],"complete":true}`,
		"channel/values?prefix=W":   `{"values":[{"value":"web","label":"web"}],"complete":true}`,
		"channel/values?prefix=%25": `{"values":[],"complete":true}`,
		"region/values?limit=1":     `{"values":[{"value":"(null)","label":"(null)"}],"complete":false}`,
		fmt.Sprintf("channel/values?from=%d&to=%d", from.UnixMilli(), from.UnixMilli()+15_000): `{"values":[{"value":"web","label":"web"}],"complete":true}`,
	} {
		status, answer := s.resource(t, http.MethodGet, "tables/orders/dimensions/"+path, "")
		assert.Equal(t, http.StatusOK, status, path)
		assert.JSONEq(t, want, answer, path)
	}
}

func TestValuesOfADimensionDependOnFilters(t *testing.T) {
	t.Parallel()
	s := shopSource(t)
	ask := func(body string) (int, string) {
		return s.resource(t, http.MethodPost, "tables/orders/dimensions/region/values", body)
	}
	for body, want := range map[string]string{
		"":             `{"values":[{"value":"(null)","label":"(null)"},{"value":"RJ","label":"RJ"},{"value":"SP","label":"SP"}],"complete":true}`,
		`{"limit": 2}`: `{"values":[{"value":"(null)","label":"(null)"},{"value":"RJ","label":"RJ"}],"complete":false}`,
		`{"filters": [{"key": "channel", "operator": "in", "values": ["app", "(null)"]}]}`:                      `{"values":[{"value":"RJ","label":"RJ"},{"value":"SP","label":"SP"}],"complete":true}`,
		fmt.Sprintf(`{"from": %d, "to": %d, "prefix": "s", "filters": null}`, from.UnixMilli(), to.UnixMilli()): `{"values":[{"value":"SP","label":"SP"}],"complete":true}`,
	} {
		status, answer := ask(body)
		assert.Equal(t, http.StatusOK, status, body)
		assert.JSONEq(t, want, answer, body)
	}
	for body, says := range map[string]string{
		`{"filters": [{"key": "chanel", "operator": "=", "values": ["app"]}]}`:  `\"chanel\" is not a dimension of table orders, did you mean \"channel\"?`,
		`{"filters": [{"key": "channel", "operator": "in", "values": []}]}`:     "filters[0].values: in needs at least one value",
		`{"filters": {"channel": "app"}}`:                                       "filters: must be a list",
		`{"filters": [{"key": "channel", "operator": "=~", "values": ["(a"]}]}`: "is not a regular expression",
		`{"limit": 1002}`: "from 1 to 1001",
		`{"to": 5}`:       "only one is given",
		`{"from": 9000000000000000, "to": 9000000000000001}`: "milliseconds",
		`{"sql": "true"}`: "body",
	} {
		status, answer := ask(body)
		assert.Equal(t, http.StatusBadRequest, status, body)
		assert.Contains(t, answer, says, body)
	}
}

func TestExplainTellsDefinitionsAndStatementsAndRunsNothing(t *testing.T) {
	t.Parallel()
	s := shopSource(t)
	ask := func(query string) (status int, answer string) {
		return s.resource(t, http.MethodPost, "explain", fmt.Sprintf(
			`{"query": %s, "from": %d, "to": %d, "intervalMs": 60000, "maxDataPoints": 100}`, query, from.UnixMilli(), to.UnixMilli()))
	}
	status, answer := ask(`{"metrics": ["ticket"], "groupBy": ["channel"], "filters": [{"key": "region", "operator": "=", "values": ["Ubatuba"]}]}`)
	require.Equal(t, http.StatusOK, status, answer)
	var body struct {
		Definitions []struct {
			Metric, Type, Help string
			Definition         told
		}
		Statements []struct {
			SQL   string
			Binds []struct {
				Position int
				Type     string
			}
		}
		Timezone, Step string
	}
	require.NoError(t, json.Unmarshal([]byte(answer), &body))
	require.Len(t, body.Definitions, 3)
	assert.Equal(t, "revenue divided by invoiced, each summed first", body.Definitions[0].Definition.String())
	assert.Equal(t, "the sum of total over the rows of orders (public.orders) at invoiced_at", body.Definitions[1].Definition.String())
	assert.Equal(t, "Orders invoiced", body.Definitions[2].Help)
	require.Len(t, body.Statements, 1, "both parts of a ratio come from one statement")
	assert.Contains(t, body.Statements[0].SQL, `"invoiced_at"`)
	assert.Contains(t, body.Statements[0].SQL, "LIMIT 100001", "as it would be asked: one more than may be answered")
	require.NotEmpty(t, body.Statements[0].Binds)
	assert.Equal(t, 1, body.Statements[0].Binds[0].Position)
	assert.NotContains(t, answer, "Ubatuba", "values are not shown")
	assert.Equal(t, "America/Sao_Paulo", body.Timezone)
	assert.Equal(t, "1m", body.Step)

	status, answer = ask(`{"queryType": "records", "metrics": ["open_carts"], "records": "orders"}`)
	require.Equal(t, http.StatusOK, status, answer)
	assert.Contains(t, answer, "LIMIT")

	status, answer = ask(`{"metrics": ["tickets"]}`)
	assert.Equal(t, http.StatusBadRequest, status)
	assert.Contains(t, answer, `did you mean \"ticket\"?`)
}

func TestResourcesAnswerMistakesInJSON(t *testing.T) {
	t.Parallel()
	s := shopSource(t)
	values := "tables/orders/dimensions/channel/values"
	for _, test := range []struct {
		method, path, body string
		status             int
		says               string
	}{
		{http.MethodGet, "metrics", "", http.StatusNotFound, "there is no resource /metrics"},
		{http.MethodGet, "", "", http.StatusNotFound, "there is no resource /"},
		{http.MethodGet, "tables//orders/../orders", "", http.StatusNotFound, "there is no resource /tables/orders"},
		{http.MethodPost, "catalog", "", http.StatusMethodNotAllowed, "use GET"},
		{http.MethodGet, "explain", "", http.StatusMethodNotAllowed, "use POST"},
		{http.MethodGet, "tables/order/dimensions/channel/values", "", http.StatusNotFound, `did you mean \"orders\"?`},
		{http.MethodGet, "tables/orders/dimensions/chanel/values", "", http.StatusNotFound, `did you mean \"channel\"?`},
		{http.MethodGet, values + "?limit=0", "", http.StatusBadRequest, "limit"},
		{http.MethodGet, values + "?limit=many", "", http.StatusBadRequest, "limit"},
		{http.MethodGet, values + "?from=1", "", http.StatusBadRequest, "only one is given"},
		{http.MethodGet, values + "?from=2&to=1", "", http.StatusBadRequest, "not before"},
		{http.MethodGet, values + "?from=now-1h&to=now", "", http.StatusBadRequest, "milliseconds"},
		{http.MethodGet, values + "?prefix=" + strings.Repeat("x", 1001), "", http.StatusBadRequest, "prefix"},
		{http.MethodPost, "explain", "", http.StatusBadRequest, "body"},
		{http.MethodPost, "explain", `[]`, http.StatusBadRequest, "body"},
		{http.MethodPost, "explain", `{}`, http.StatusBadRequest, "no query"},
		{http.MethodPost, "explain", `{"query": {"metrics": ["invoiced"]}, "from": 9e18, "to": 1}`, http.StatusBadRequest, "body"},
		{http.MethodPost, "explain", `{"query": {"metrics": ["invoiced"]}, "from": 9000000000000000, "to": 1}`, http.StatusBadRequest, "out of range"},
		{http.MethodPost, "explain", `{"query": "` + strings.Repeat("x", 1<<20) + `"}`, http.StatusRequestEntityTooLarge, "bytes"},
	} {
		about := fmt.Sprintf("%s %.60s", test.method, test.path)
		status, answer := s.resource(t, test.method, test.path, test.body)
		assert.Equal(t, test.status, status, about)
		assert.Contains(t, answer, test.says, about)
		var body struct{ Error string }
		require.NoError(t, json.Unmarshal([]byte(answer), &body), about)
		assert.NotEmpty(t, body.Error, about)
	}
}

func TestResourcesTellOfADatabaseThatCannotBeReached(t *testing.T) {
	t.Parallel()
	s := shopSource(t)
	s.settings.URL = refusing(t)
	status, answer := s.resource(t, http.MethodGet, "tables/orders/dimensions/channel/values", "")
	assert.Equal(t, http.StatusBadGateway, status)
	assert.Contains(t, answer, "cannot be reached")
}
