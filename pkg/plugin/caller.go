package plugin

import (
	"cmp"
	"net/http"
	"net/url"
	"strings"

	"github.com/grafana/grafana-plugin-sdk-go/backend"

	"github.com/pullview/orders-datasource/pkg/query"
)

// Headers by which Grafana tells what a request belongs to. Those of alert
// rules are escaped as in a query string.
const (
	headerDashboard = "X-Dashboard-Uid"
	headerPanel     = "X-Panel-Id"
	headerRule      = "X-Rule-Uid"
	headerRuleName  = "X-Rule-Name"
)

// callerOf tells on whose behalf Grafana asks. Anybody can send these headers:
// they are for a reader of the database's activity, never for a decision.
func callerOf(headers http.Header, user *backend.User) query.Caller {
	caller := query.Caller{
		Dashboard: headers.Get(headerDashboard),
		Panel:     headers.Get(headerPanel),
	}
	rule := cmp.Or(headers.Get(headerRule), headers.Get(headerRuleName))
	if plain, err := url.QueryUnescape(rule); err == nil {
		rule = plain
	}
	caller.Rule = rule
	if user != nil {
		caller.User = user.Login
	}
	return caller
}

// fromAlert tells whether an alert rule asks. Grafana sends this header with
// its own spelling and without the prefix of forwarded HTTP headers, except
// where it has passed through another service.
func fromAlert(headers map[string]string) bool {
	for name, value := range headers {
		name = strings.TrimPrefix(name, "http_")
		if strings.EqualFold(name, backend.FromAlertHeaderName) && value == "true" {
			return true
		}
	}
	return false
}
