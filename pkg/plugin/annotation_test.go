package plugin_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/internal/embedpg"
)

// campaigns is a database with campaigns: past, running and yet to begin.
var campaigns = embedpg.Template{Fill: func(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.PgConn().Exec(ctx, `
CREATE TABLE campaigns (name text, budget numeric, channel text, starts_at timestamptz, ends_at timestamptz, cancelled boolean NOT NULL DEFAULT false);
CREATE INDEX ON campaigns (starts_at);
INSERT INTO campaigns VALUES
  ('Verão', 100.50, 'web', '2026-03-02 11:58Z', '2026-03-02 12:02Z', false),
  ('Outono', NULL, NULL, '2026-03-02 12:04Z', NULL, false),
  ('Inverno', NULL, 'app', now() + interval '1 hour', NULL, false),
  ('Nunca', NULL, 'app', '2026-03-02 12:01Z', NULL, true);`).ReadAll()
	return err
}}

const campaignCatalog = `{
  "version": 1, "timezone": "America/Sao_Paulo",
  "tables": {"campaigns": {"relation": "campaigns", "time": "starts_at", "dimensions": {"channel": {"column": "channel"}, "name": {"column": "name"}}}},
  "metrics": {"campaigns_begun": {"type": "counter", "table": "campaigns", "help": "Campaigns begun"}},
  "annotations": {"campaigns": {"table": "campaigns", "end": "ends_at", "title": "name", "text": "'R$ ' || budget", "tags": ["channel"],
    "where": "not cancelled", "label": "Campaigns of marketing", "help": "What marketing does", "owner": "Marketing"}}
}`

func TestAnAnnotationIsAnsweredByTheFieldsThatGrafanaReads(t *testing.T) {
	t.Parallel()
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		s := newSource(t, campaigns.Database(t, server), campaignCatalog)
		began := time.Now()
		response := s.one(t, `{"queryType": "annotation", "annotation": "campaigns"}`)
		require.NoError(t, response.Error)
		frame := response.Frames[0]
		var names []string
		for _, field := range frame.Fields {
			names = append(names, field.Name)
		}
		require.Equal(t, []string{"time", "timeEnd", "title", "text", "tags", "id", "running"}, names)
		require.Equal(t, 2, frame.Rows())

		assert.Equal(t, time.Date(2026, 3, 2, 11, 58, 0, 0, time.UTC), frame.Fields[0].At(0).(time.Time).UTC())
		assert.Equal(t, time.Date(2026, 3, 2, 12, 2, 0, 0, time.UTC), frame.Fields[1].At(0).(*time.Time).UTC())
		assert.Equal(t, "Verão", *frame.Fields[2].At(0).(*string))
		assert.Equal(t, "R$ 100.50", *frame.Fields[3].At(0).(*string))
		assert.JSONEq(t, `["web"]`, string(frame.Fields[4].At(0).(json.RawMessage)))
		assert.EqualValues(t, 0, frame.Fields[5].At(0))
		assert.Equal(t, false, frame.Fields[6].At(0))

		assert.Nil(t, frame.Fields[3].At(1).(*string))
		assert.JSONEq(t, `[]`, string(frame.Fields[4].At(1).(json.RawMessage)))
		assert.Equal(t, true, frame.Fields[6].At(1))
		until := *frame.Fields[1].At(1).(*time.Time)
		assert.WithinRange(t, until, began.Add(-time.Minute), time.Now().Add(time.Minute), "what goes on is known until now")
		assert.Equal(t, data.FrameTypeTable, frame.Meta.Type)
	})
}

func TestAPeriodThatIsYetToBeginLastsUntilTheEndOfTheRange(t *testing.T) {
	t.Parallel()
	s := newSource(t, campaigns.Database(t, embedpg.Shared(t)), campaignCatalog)
	tomorrow := time.Now().Add(24 * time.Hour).Truncate(time.Second)
	response := s.query(t, asked{refID: "A", from: tomorrow.Add(-48 * time.Hour), to: tomorrow,
		json: `{"queryType": "annotation", "annotation": "campaigns", "filters": [{"key": "channel", "operator": "=", "values": ["app"]}]}`})["A"]
	require.NoError(t, response.Error)
	frame := response.Frames[0]
	require.Equal(t, 1, frame.Rows())
	assert.Equal(t, tomorrow.UTC(), frame.Fields[1].At(0).(*time.Time).UTC())
}

func TestAnAnnotationIsRefusedWithTheNearestName(t *testing.T) {
	t.Parallel()
	s := newSource(t, campaigns.Database(t, embedpg.Shared(t)), campaignCatalog)
	response := s.one(t, `{"queryType": "annotation", "annotation": "campaign"}`)
	require.ErrorContains(t, response.Error, `annotation: "campaign" is not an annotation of the catalog, did you mean "campaigns"?`)
	assert.Equal(t, backend.StatusBadRequest, response.Status)
	assert.Equal(t, backend.ErrorSourceDownstream, response.ErrorSource)
}

func TestTheCatalogResourceListsAnnotationsWithoutSQL(t *testing.T) {
	t.Parallel()
	s := newSource(t, campaigns.Database(t, embedpg.Shared(t)), campaignCatalog)
	status, answer := s.resource(t, http.MethodGet, "catalog", "")
	require.Equal(t, http.StatusOK, status, answer)
	var body struct{ Annotations json.RawMessage }
	require.NoError(t, json.Unmarshal([]byte(answer), &body))
	assert.JSONEq(t, `[{"name": "campaigns", "label": "Campaigns of marketing", "help": "What marketing does", "owner": "Marketing",
		"table": "campaigns", "periods": true, "tags": ["channel"], "dimensions": ["channel", "name"]}]`, string(body.Annotations))
	assert.NotContains(t, answer, "budget")

	_, answer = shopSource(t).resource(t, http.MethodGet, "catalog", "")
	assert.Contains(t, answer, `"annotations":[]`)
}

func TestExplainTellsWhatAnAnnotationShows(t *testing.T) {
	t.Parallel()
	s := newSource(t, campaigns.Database(t, embedpg.Shared(t)), campaignCatalog)
	status, answer := s.resource(t, http.MethodPost, "explain", fmt.Sprintf(
		`{"query": {"queryType": "annotation", "annotation": "campaigns"}, "from": %d, "to": %d}`, from.UnixMilli(), to.UnixMilli()))
	require.Equal(t, http.StatusOK, status, answer)
	var body struct {
		Definitions json.RawMessage
		Statements  []struct{ SQL string }
	}
	require.NoError(t, json.Unmarshal([]byte(answer), &body))
	assert.JSONEq(t, `[{"metric": "campaigns", "type": "annotation", "help": "What marketing does",
		"definition": {"en-US": "the rows of campaigns (campaigns) from starts_at until ends_at where (not cancelled)", "pt-BR": "as linhas de campaigns (campaigns) de starts_at até ends_at onde (not cancelled)"}}]`, string(body.Definitions))
	require.Len(t, body.Statements, 1)
	assert.Contains(t, body.Statements[0].SQL, `FROM "public"."campaigns"`)
}

func TestHealthTriesEveryAnnotation(t *testing.T) {
	t.Parallel()
	dsn := campaigns.Database(t, embedpg.Shared(t))
	result := newSource(t, dsn, campaignCatalog).health(t)
	require.Equal(t, backend.HealthStatusOk, result.Status, result.Message)
	assert.Contains(t, result.Message, "1 table, 1 metric and 1 annotation work.")
	assert.Contains(t, verbose(t, result), "annotation campaigns: works")

	result = newSource(t, dsn, strings.Replace(campaignCatalog, "not cancelled", "not canceled", 1)).health(t)
	require.Equal(t, backend.HealthStatusError, result.Status)
	assert.Contains(t, result.Message, "annotation campaigns: annotations.campaigns.where")
}
