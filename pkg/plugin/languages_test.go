package plugin_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/internal/embedpg"
	"github.com/pullview/orders-datasource/pkg/message"
)

const portuguese message.Language = "pt-BR"

// saidOfFailure is what the frame of a query that failed says of it.
func (s *source) saidOfFailure(t testing.TB, query string) told {
	t.Helper()
	response := s.one(t, query)
	require.Error(t, response.Error)
	require.Len(t, response.Frames, 1)
	encoded, err := json.Marshal(response.Frames[0].Meta.Custom)
	require.NoError(t, err)
	var custom struct{ Error told }
	require.NoError(t, json.Unmarshal(encoded, &custom))
	assert.Equal(t, response.Error.Error(), custom.Error.String(), "what others than the pages read is English")
	return custom.Error
}

func TestMistakesOfAQueryAreToldInEveryLanguage(t *testing.T) {
	t.Parallel()
	s := shopSource(t)
	said := s.saidOfFailure(t, `{"metrics": ["invocied"], "groupBy": ["channel", "colour"]}`)
	assert.Equal(t, `metrics[0]: "invocied" não é uma métrica do catálogo, você quis dizer "invoiced"?`, said[portuguese])
	said = s.saidOfFailure(t, `{"metrics": ["invoiced"], "filters": [{"key": "customer", "operator": "=", "values": ["x"]}]}`)
	assert.Equal(t, `filters: customer =: "x" não é um número inteiro (a dimensão tem o tipo bigint)`, said[portuguese])

	status, answer := s.resource(t, http.MethodGet, "tables/order/dimensions/channel/values", "")
	require.Equal(t, http.StatusNotFound, status)
	assert.JSONEq(t, `{"error": "the catalog declares no table \"order\"", "hint": "did you mean \"orders\"?", "translations": {
		"pt-BR": {"error": "o catálogo não declara nenhuma tabela \"order\"", "hint": "você quis dizer \"orders\"?"}}}`, answer)
}

func TestAFailureOfTheStoreIsToldInEveryLanguage(t *testing.T) {
	t.Parallel()
	s := shopSource(t)
	s.settings.DecryptedSecureJSONData["password"] = "gu3ss"
	const words = "o banco dos pedidos não aceita a senha do usuário postgres"
	assert.Contains(t, s.saidOfFailure(t, `{"metrics": ["invoiced"]}`)[portuguese], words)
	result := s.health(t)
	assert.Contains(t, result.Message, "does not accept the password")
	var details struct{ Message told }
	require.NoError(t, json.Unmarshal(result.JSONDetails, &details))
	assert.Equal(t, result.Message, details.Message.String())
	assert.Contains(t, details.Message[portuguese], "O"+words[1:])
}

func TestTheHealthReportIsToldInEveryLanguage(t *testing.T) {
	t.Parallel()
	dsn := shop.Database(t, embedpg.Shared(t))
	result := newSource(t, dsn, shopCatalog).health(t)
	var works struct {
		Message, Verbose told
		VerboseMessage   string
		Report           struct{ Warnings []told }
	}
	require.NoError(t, json.Unmarshal(result.JSONDetails, &works))
	assert.Equal(t, works.VerboseMessage, works.Verbose.String())
	assert.Regexp(t, `^Conectado ao PostgreSQL .* 2 tabelas e 6 métricas funcionam\. \d avisos?: `, works.Message[portuguese])
	assert.Contains(t, works.Verbose[portuguese], "métrica revenue: funciona\n")
	require.NotEmpty(t, works.Report.Warnings)
	assert.Contains(t, works.Report.Warnings[0][portuguese], "é um superusuário")

	result = newSource(t, dsn, strings.Replace(shopCatalog, `"sum": "total"`, `"sum": "totl"`, 1)).health(t)
	var broken struct {
		Report struct {
			Metrics []struct {
				Metric  string
				Problem told
			}
		}
	}
	require.NoError(t, json.Unmarshal(result.JSONDetails, &broken))
	for _, m := range broken.Report.Metrics {
		if m.Metric == "revenue" {
			assert.Regexp(t, `^metrics\.revenue\.sum: "totl" não é aceito para a tabela orders: .* \(você quis dizer total\?\)$`, m.Problem[portuguese])
		} else if m.Metric == "invoiced" {
			assert.Empty(t, m.Problem)
		}
	}

	result = newSource(t, dsn, strings.NewReplacer(`"gauge"`, `"gage"`, `"prefix"`, `"prefx"`).Replace(shopCatalog)).health(t)
	var refused struct {
		Message  told
		Problems []told
	}
	require.NoError(t, json.Unmarshal(result.JSONDetails, &refused))
	assert.Contains(t, refused.Message[portuguese], "O catálogo tem 2 problemas. O primeiro é: metrics.open_carts.type: ")
	require.Len(t, refused.Problems, 2)
	assert.Contains(t, refused.Problems[1][portuguese], `prefx: chave desconhecida; você quis dizer "prefix"?`)
}

func TestProblemsOfADraftAreToldInEveryLanguage(t *testing.T) {
	t.Parallel()
	s := undescribedSource(t)
	shown := s.preview(t, draft, `["broken", "reveneu"]`)
	require.Len(t, shown.Metrics, 2)
	assert.Contains(t, shown.Metrics[0].Error[portuguese], "não é aceito para a tabela orders")
	assert.Equal(t, `o rascunho não declara nenhuma métrica "reveneu"; você quis dizer "revenue"?`, shown.Metrics[1].Error[portuguese])

	shown = s.preview(t, strings.Replace(draft, `"table": "orders"`, `"table": "order"`, 1), "")
	require.Len(t, shown.Problems, 1)
	assert.Equal(t, `"order" não é uma tabela deste catálogo; você quis dizer "orders"?`, shown.Problems[0].Message[portuguese])
}
