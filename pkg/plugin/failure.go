package plugin

import (
	"context"
	"errors"
	"net/http"

	"github.com/grafana/grafana-plugin-sdk-go/backend"

	"github.com/pullview/orders-datasource/pkg/message"
	"github.com/pullview/orders-datasource/pkg/postgres"
	"github.com/pullview/orders-datasource/pkg/query"
)

// defect is what a reader learns of a failure that is this plugin's fault. The
// cause is in the log.
var defect = message.New("the plugin failed through a defect of its own; the log of the Grafana server has the details. Please report it")

// defective is the failure that is a defect.
var defective = failure{message: defect, status: backend.StatusInternal, source: backend.ErrorSourcePlugin}

// statusClientClosedRequest is what servers answer, unheard, to a client that
// went away.
const statusClientClosedRequest = 499

// failure is an error as Grafana is told of it.
type failure struct {
	message message.Message
	hint    message.Message // what to do, where the message does not say
	status  backend.Status
	source  backend.ErrorSource
}

// configError is a data source that cannot work as it is configured. Every
// request to it fails with this error.
type configError struct{ err error }

func (e *configError) Error() string { return e.err.Error() }
func (e *configError) Unwrap() error { return e.err }

// resourceMistake is a request for a resource that cannot be fulfilled as it is.
type resourceMistake struct {
	status        int
	message, hint message.Message
}

func (e *resourceMistake) Error() string { return e.message.String() }

// Text returns the message.
func (e *resourceMistake) Text() message.Message { return e.message }

// failureOf decides, in one place, whose affair an error is. What comes from
// the database, the network, the settings, the catalog or the query is not the
// plugin's fault: it is downstream. Everything that is not known is a defect.
func failureOf(err error) failure {
	var (
		store   *postgres.Error
		config  *configError
		mistake *query.Error
		request *resourceMistake
	)
	downstream := func(status int) failure {
		return failure{message: message.Of(err), status: backend.Status(status), source: backend.ErrorSourceDownstream}
	}
	switch {
	case errors.As(err, &store):
		f := downstream(store.Status())
		if !store.Downstream() {
			f.source = backend.ErrorSourcePlugin
		}
		return f
	case errors.As(err, &config):
		f := downstream(http.StatusBadRequest)
		f.hint = message.New("an administrator can correct this in the data source settings")
		return f
	case errors.As(err, &request):
		f := downstream(request.status)
		f.hint = request.hint
		return f
	case errors.As(err, &mistake), errors.Is(err, query.ErrTooManyCells):
		return downstream(http.StatusBadRequest)
	case errors.Is(err, errCrowded):
		return downstream(http.StatusServiceUnavailable)
	case errors.Is(err, context.Canceled):
		f := downstream(statusClientClosedRequest)
		f.message = message.New("the request was cancelled")
		return f
	case errors.Is(err, context.DeadlineExceeded):
		f := downstream(http.StatusGatewayTimeout)
		f.message = message.New("the answer was not there in time. Ask for less, or raise queryTimeoutSeconds in the data source settings")
		return f
	}
	return defective
}
