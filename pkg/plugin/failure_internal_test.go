package plugin

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/stretchr/testify/assert"
)

func TestARequestThatEndsTooEarlyIsToldInTheWordsOfThePlugin(t *testing.T) {
	t.Parallel()
	for cause, want := range map[error]struct {
		status     backend.Status
		portuguese string
	}{
		context.Canceled:         {statusClientClosedRequest, "o pedido foi cancelado"},
		context.DeadlineExceeded: {http.StatusGatewayTimeout, "a resposta não ficou pronta a tempo. Peça menos, ou aumente queryTimeoutSeconds nas configurações da fonte de dados"},
	} {
		f := failureOf(fmt.Errorf("read the server's statistics: %w", cause))
		assert.Equal(t, want.status, f.status)
		assert.Equal(t, backend.ErrorSourceDownstream, f.source)
		assert.Equal(t, want.portuguese, f.message.In("pt-BR"))
	}
}
