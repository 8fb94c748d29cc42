package postgres

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/internal/embedpg"
	"github.com/pullview/orders-datasource/pkg/query"
)

// eventsSQL has a row for every way to lie in, over, or beside a range. It is
// completed by the type of its times and how an instant becomes one.
const eventsSQL = `
CREATE TABLE periods (name text, note text, kind text, at %[1]s, until %[1]s);
INSERT INTO periods
SELECT name, note, kind, begins%[2]s, ends%[2]s FROM (VALUES
  ('ended before',          NULL,     'a',   timestamptz '2026-03-01 08:00Z', timestamptz '2026-03-01 10:00Z'),
  ('ends within',           'a note', 'a',   '2026-03-01 09:00Z', '2026-03-01 10:00:00.000001Z'),
  ('goes on from before',   NULL,     'a,b', '2026-03-01 09:30Z', NULL),
  ('for ever from before',  NULL,     'a',   '2026-03-01 09:31Z', 'infinity'),
  ('instant before',        NULL,     'a',   '2026-03-01 09:45Z', '2026-03-01 09:45Z'),
  ('begins with the range', NULL,     'a',   '2026-03-01 10:00Z', '2026-03-01 10:00Z'),
  (NULL,                    NULL,     NULL,  '2026-03-01 10:30Z', '2026-03-01 10:00Z'),
  ('reaches beyond',        NULL,     'b',   '2026-03-01 11:00Z', '9999-12-31 00:00Z'),
  ('begins after',          NULL,     'a',   '2026-03-01 12:00Z', NULL),
  ('no time',               NULL,     'a',   NULL, NULL),
  ('always',                NULL,     'a',   '-infinity', NULL),
  ('never',                 NULL,     'a',   'infinity', NULL)) AS v (name, note, kind, begins, ends);`

var instantsSQL = fmt.Sprintf(eventsSQL, "timestamptz", "")

func eventsFixture(t *testing.T, server *embedpg.Server, sql string) *fixture {
	return setUp(t, server, sql, `{"version": 1, "timezone": "America/Sao_Paulo",
		"tables": {"periods": {"relation": "periods", "time": "at", "where": "coalesce(name, '') <> 'hidden'", "dimensions": {"kind": {"column": "kind"}, "name": {"column": "name"}}}},
		"metrics": {"n": {"type": "counter", "table": "periods", "help": "Rows"}},
		"annotations": {
			"periods": {"table": "periods", "end": "until", "title": "name", "text": "note", "tags": ["kind", "name"], "help": "Periods"},
			"instants": {"table": "periods", "title": "upper(name) -- in capitals", "where": "kind = 'a'", "help": "Instants"}}}`)
}

func eventScan(t *testing.T, f *fixture, name string) *query.EventScan {
	return &query.EventScan{
		Annotation: f.catalog.Annotations[name], Table: f.catalog.Tables["periods"], Limit: 100,
		From: instant(t, "2026-03-01T10:00:00Z"), To: instant(t, "2026-03-01T12:00:00Z"),
	}
}

func titles(events *query.Events) []string {
	var all []string
	for _, e := range events.List {
		title := "(null)"
		if e.Title != nil {
			title = *e.Title
		}
		all = append(all, title)
	}
	return all
}

func TestEventsAreThoseInTheRangeAndThePeriodsThatOverlapIt(t *testing.T) {
	t.Parallel()
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		for kind, cast := range map[string]string{"timestamptz": "", "timestamp": " AT TIME ZONE 'America/Sao_Paulo'"} {
			f := eventsFixture(t, server, fmt.Sprintf(eventsSQL, kind, cast))
			events, stat, err := f.look(t).Events(t.Context(), eventScan(t, f, "periods"))
			require.NoError(t, err)
			require.Equal(t, []string{"ends within", "goes on from before", "for ever from before", "begins with the range", "(null)", "reaches beyond"}, titles(events), kind)
			require.False(t, events.More)
			require.Equal(t, 6, stat.Rows)

			list := events.List
			assert.Equal(t, instant(t, "2026-03-01T09:00:00Z"), list[0].Time)
			assert.Equal(t, instant(t, "2026-03-01T10:00:00.000001Z"), list[0].End)
			assert.Equal(t, "a note", *list[0].Text)
			assert.Nil(t, list[1].Text)
			assert.Equal(t, []string{"a,b", "goes on from before"}, list[1].Tags)
			for _, goesOn := range list[1:3] {
				assert.True(t, goesOn.Running)
				assert.Zero(t, goesOn.End)
			}
			for _, point := range list[3:5] {
				assert.False(t, point.Running)
				assert.Zero(t, point.End, "an end that is not after the time makes no period")
			}
			assert.Empty(t, list[4].Tags, "NULL is no tag")
			assert.Equal(t, instant(t, "9999-12-31T00:00:00Z"), list[5].End)
		}
	})
}

func TestEventsWithoutAnEndAreInstants(t *testing.T) {
	t.Parallel()
	f := eventsFixture(t, embedpg.Shared(t), instantsSQL)
	events, stat, err := f.look(t).Events(t.Context(), eventScan(t, f, "instants"))
	require.NoError(t, err)
	require.Equal(t, []string{"BEGINS WITH THE RANGE"}, titles(events))
	require.Zero(t, events.List[0].End)
	require.False(t, events.List[0].Running)
	require.NotContains(t, stat.SQL, "until")
	require.NotContains(t, stat.SQL, "2026", "values are bound")
}

func TestEventsOfDatesBeginWithTheLocalDay(t *testing.T) {
	t.Parallel()
	f := eventsFixture(t, embedpg.Shared(t), `
CREATE TABLE periods (name text, note text, kind text, at date, until date);
INSERT INTO periods VALUES ('yesterday', NULL, 'a', '2026-02-28', '2026-03-01'),
  ('today', NULL, 'a', '2026-03-01', '2026-03-02'), ('for ever', NULL, 'a', '2026-02-01', 'infinity');`)
	scan := eventScan(t, f, "periods")
	scan.From, scan.To = instant(t, "2026-03-01T03:00:00Z"), instant(t, "2026-03-02T03:00:00Z")
	events, _, err := f.look(t).Events(t.Context(), scan)
	require.NoError(t, err)
	require.Equal(t, []string{"for ever", "today"}, titles(events))
	require.True(t, events.List[0].Running)
	require.Equal(t, scan.From, events.List[1].Time)
	require.Equal(t, scan.To, events.List[1].End)
}

func TestEventsBeyondTheLimitAreTheEarlierOnes(t *testing.T) {
	t.Parallel()
	f := eventsFixture(t, embedpg.Shared(t), instantsSQL)
	look := f.look(t)
	scan := eventScan(t, f, "periods")
	for limit, more := range map[int]bool{2: true, 6: false} {
		scan.Limit = limit
		events, _, err := look.Events(t.Context(), scan)
		require.NoError(t, err)
		require.Len(t, events.List, limit)
		require.Equal(t, more, events.More)
		require.Equal(t, "reaches beyond", *events.List[limit-1].Title)
	}
}

func TestEventsAreFilteredByBoundValues(t *testing.T) {
	t.Parallel()
	f := eventsFixture(t, embedpg.Shared(t), instantsSQL+
		`INSERT INTO periods VALUES ('''; DROP TABLE periods; --', '<b>', 'a', '2026-03-01 11:30Z'), ('hidden', NULL, 'a', '2026-03-01 11:30Z');`)
	look := f.look(t)
	for value, want := range map[string][]string{
		"a":                         {"ends within", "for ever from before", "begins with the range", "'; DROP TABLE periods; --"},
		"(null)":                    {"(null)"},
		"'; DROP TABLE periods; --": nil,
		strings.Repeat("x", 1000):   nil,
	} {
		scan := eventScan(t, f, "periods")
		scan.Filters = []query.Filter{{Key: "kind", Operator: query.Eq, Values: []string{value}}}
		events, stat, err := look.Events(t.Context(), scan)
		require.NoError(t, err)
		require.Equal(t, want, titles(events), value)
		require.NotContains(t, stat.SQL, "DROP")
	}
	scan := eventScan(t, f, "periods")
	scan.Filters = []query.Filter{{Key: "kind", Operator: query.Match, Values: []string{"("}}}
	_, _, err := look.Events(t.Context(), scan)
	var mistake *query.Error
	require.ErrorAs(t, err, &mistake)
	require.Equal(t, "filters", mistake.Field)
}

func TestHealthTriesTheStatementOfEveryAnnotation(t *testing.T) {
	t.Parallel()
	f := setUp(t, embedpg.Shared(t), instantsSQL, `{"version": 1, "timezone": "UTC",
		"tables": {"periods": {"relation": "periods", "time": "at", "dimensions": {"kind": {"column": "kind"}}}},
		"metrics": {"n": {"type": "counter", "table": "periods", "help": "Rows"}},
		"annotations": {
			"fine": {"table": "periods", "end": "until", "title": "name", "tags": ["kind"], "help": "Fine"},
			"no_end": {"table": "periods", "end": "untill", "title": "name", "help": "An end that is not there"},
			"no_time": {"table": "periods", "end": "kind", "title": "name", "help": "An end that is no time"},
			"no_title": {"table": "periods", "title": "nam", "help": "A title that is not there"},
			"many": {"table": "periods", "title": "count(*)", "help": "A title of many rows"},
			"no_condition": {"table": "periods", "title": "name", "where": "note", "help": "A condition that is none"}}}`)
	r, err := f.store.Check(t.Context(), query.Caller{}, nil)
	require.NoError(t, err)
	require.False(t, r.OK())
	problems := map[string]string{}
	for _, a := range r.Annotations {
		problems[a.Annotation] = a.Problem.String()
	}
	require.Len(t, problems, 6)
	assert.Empty(t, problems["fine"])
	assert.Contains(t, problems["no_end"], `annotations.no_end.end: "untill" is not accepted for table periods`)
	assert.Contains(t, problems["no_end"], "did you mean until?")
	assert.Contains(t, problems["no_time"], "must name a column of type timestamptz, timestamp or date")
	assert.Contains(t, problems["no_title"], "annotations.no_title.title")
	assert.Contains(t, problems["many"], "annotations.many.title")
	assert.Contains(t, problems["no_condition"], "annotations.no_condition.where must be true or false for every row")
	assert.Contains(t, r.String(), "annotation many: ")
}

func TestExplainWritesTheStatementOfAnAnnotation(t *testing.T) {
	t.Parallel()
	f := eventsFixture(t, embedpg.Shared(t), instantsSQL)
	scan := eventScan(t, f, "periods")
	scan.Limit = 7
	statement, err := f.look(t).ExplainEvents(t.Context(), scan)
	require.NoError(t, err)
	require.Contains(t, statement.SQL, "LIMIT 8")
	require.Equal(t, []Bind{{1, "timestamp with time zone"}, {2, "timestamp with time zone"}}, statement.Binds)
}

func TestVeryLongEventsAreRefused(t *testing.T) {
	t.Parallel()
	f := eventsFixture(t, embedpg.Shared(t), `
CREATE TABLE periods (name text, note text, kind text, at timestamptz, until timestamptz);
INSERT INTO periods SELECT repeat('x', 1 << 20), NULL, NULL, timestamptz '2026-03-01 10:00Z' + n * interval '1 second' FROM generate_series(1, 40) AS n;`)
	_, _, err := f.look(t).Events(t.Context(), eventScan(t, f, "periods"))
	require.ErrorIs(t, err, query.ErrTooManyCells)
}
