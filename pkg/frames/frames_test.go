package frames_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"math"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/grafana/dataplane/sdata/numeric"
	"github.com/grafana/dataplane/sdata/reader"
	"github.com/grafana/dataplane/sdata/timeseries"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/frames"
	"github.com/pullview/orders-datasource/pkg/message"
	"github.com/pullview/orders-datasource/pkg/query"
)

var update = flag.Bool("update", false, "write the golden frames instead of comparing with them")

var (
	two    = 2
	orders = &catalog.Table{Name: "orders", Dimensions: map[string]*catalog.Dimension{
		"channel": {Name: "channel", Label: "Channel"},
		"region":  {Name: "region"},
	}}
	invoiced = &catalog.Metric{Name: "invoiced", Type: catalog.Counter, Table: "orders", Help: "Orders invoiced"}
	revenue  = &catalog.Metric{Name: "revenue", Type: catalog.Counter, Table: "orders", Label: "Revenue",
		Help: "Value of the orders invoiced", Unit: "currencyBRL", Decimals: &two}
	delay = &catalog.Metric{Name: "delay", Type: catalog.Histogram, Table: "orders", Label: "Time to invoice",
		Help: "From order to invoice", Unit: "s"}
	shop = &catalog.Catalog{
		Tables:  map[string]*catalog.Table{"orders": orders},
		Metrics: map[string]*catalog.Metric{"invoiced": invoiced, "revenue": revenue, "delay": delay},
	}
)

// answerTo returns an answer on a grid of n buckets, without series.
func answerTo(step query.Step, n int, change func(*query.Request)) *query.Answer {
	start := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	width := step.Fixed
	if width == 0 {
		width = 24 * time.Hour
	}
	grid := query.Grid{Step: step}
	for i := range n + 1 {
		grid.Bounds = append(grid.Bounds, start.Add(time.Duration(i)*width))
	}
	request := &query.Request{
		Type: query.TypeMetric, Catalog: shop, Location: time.UTC, Step: step, Grid: grid,
		Format: query.FormatTimeSeries, GroupBy: []string{"channel"},
	}
	if change != nil {
		change(request)
	}
	return &query.Answer{
		Request: request, Grid: grid, AsOf: grid.Bounds[n].Add(-time.Second), Partial: []int{n - 1},
		Stats: query.Stats{
			Statements: []string{"SELECT 1", "SELECT $1"}, Rows: 7, Database: 1500 * time.Microsecond,
			Feed: "none", Guarantee: "live",
		},
	}
}

func series(metric *catalog.Metric, view catalog.View, values query.Values, labels ...string) query.Series {
	s := query.Series{Metric: metric, View: view, Values: values}
	for i := 0; i < len(labels); i += 2 {
		s.Labels = append(s.Labels, query.Label{Name: labels[i], Value: labels[i+1]})
	}
	return s
}

func ints(numbers ...int64) query.Values {
	return query.Values{Num: query.Column{Kind: query.KindInt, Ints: numbers}}
}

func cents(numbers ...int64) query.Values {
	column := query.Column{Kind: query.KindDecimal}
	for _, n := range numbers {
		column.Decimals = append(column.Decimals, query.NewDecimal(n, 2))
	}
	return query.Values{Num: column}
}

func reals(numbers ...float64) query.Values {
	return query.Values{Num: query.Column{Kind: query.KindFloat, Floats: numbers}}
}

func without(values query.Values, nulls ...int) query.Values {
	for _, i := range nulls {
		values.Num.SetNull(i)
	}
	return values
}

var (
	minute   = query.Step{Fixed: time.Minute}
	day      = query.Step{Unit: query.Day}
	whole    = query.Step{}
	asTable  = func(r *query.Request) { r.Format = query.FormatTable }
	asCells  = func(r *query.Request) { r.Format, r.GroupBy = query.FormatHeatmap, nil }
	asRecord = func(r *query.Request) { r.Type, r.GroupBy = query.TypeRecords, nil }
)

func answers() map[string]*query.Answer {
	grouped := answerTo(minute, 3, nil)
	grouped.Series = []query.Series{
		series(revenue, catalog.ViewPerBucket, cents(110, 0, 50), "channel", "web"),
		series(revenue, catalog.ViewPerBucket, without(cents(1, 2, 3), 1), "channel", "(null)"),
		series(revenue, catalog.ViewPerBucket, cents(90, 10, 30), "channel", "web", "compare", "1w"),
	}
	grouped.Notices = []message.Message{message.Verbatim("Groups beyond the limit of series are left out")}

	ratio := answerTo(day, 2, func(r *query.Request) { r.GroupBy = nil })
	den := query.Column{Kind: query.KindInt, Ints: []int64{3, 0}}
	ratio.Series = []query.Series{series(
		&catalog.Metric{Name: "ticket", Type: catalog.Ratio, Numerator: "revenue", Denominator: "invoiced", Help: "Average ticket"},
		catalog.ViewValue, query.Values{Num: cents(1000, 5).Num, Den: &den})}

	marked := answerTo(minute, 2, func(r *query.Request) {
		r.Partial, r.Legend = query.PartialMark, "{{channel}}: {{ metric }}{{compare}}"
	})
	marked.Series = []query.Series{
		series(invoiced, catalog.ViewRate, without(reals(0.25, 0), 1), "channel", "web"),
		series(invoiced, catalog.ViewRate, without(reals(0, 1.5), 0), "channel", "web", "partial", "running"),
	}

	single := answerTo(whole, 1, nil)
	single.Series = []query.Series{
		series(invoiced, catalog.ViewPerBucket, ints(12), "channel", "web"),
		series(revenue, catalog.ViewShare, reals(0.75), "channel", "web"),
	}

	list := answerTo(whole, 1, func(r *query.Request) { r.Format, r.GroupBy = query.FormatTable, []string{"region", "channel"} })
	list.Series = []query.Series{
		series(invoiced, catalog.ViewPerBucket, ints(12), "region", "SP", "channel", "web"),
		series(invoiced, catalog.ViewPerBucket, ints(3), "region", "RJ", "channel", "web"),
		series(revenue, catalog.ViewPerBucket, cents(1999), "region", "RJ", "channel", "web"),
		series(delay, catalog.ViewQuantiles, reals(61.5), "region", "SP", "channel", "web", "quantile", "0.95"),
	}

	listOverTime := answerTo(minute, 2, asTable)
	listOverTime.Series = []query.Series{
		series(invoiced, catalog.ViewPerBucket, ints(1, 2), "channel", "web"),
		series(invoiced, catalog.ViewPerBucket, without(ints(3, 0), 1), "channel", "app"),
	}

	cells := answerTo(minute, 5, asCells)
	cells.Heatmap = &query.Heatmap{Metric: delay,
		Bucket: []int32{1, 1, 3}, YMin: []float64{1, 2, 1}, YMax: []float64{2, 4, 2}, Count: []int64{5, 1, 7}, Excluded: 2}

	short, long := "A-1", "B-2"
	at := time.Date(2026, 3, 2, 12, 0, 1, 0, time.UTC)
	price, id := query.NewDecimal(1999, 2), query.NewDecimal(7205759403792793601, 0)
	paid, ratioOf := true, 0.5
	rows := answerTo(whole, 1, asRecord)
	rows.Records = &query.Records{Matching: 5, From: at.Add(-time.Minute), To: at, Columns: []query.RecordColumn{
		{Name: "code", Texts: []*string{&short, &long}},
		{Name: "created_at", Times: []*time.Time{&at, nil}},
		{Name: "total", Decimals: []*query.Decimal{&price, nil}},
		{Name: "id", Decimals: []*query.Decimal{&id, nil}},
		{Name: "paid", Bools: []*bool{&paid, nil}},
		{Name: "discount", Floats: []*float64{&ratioOf, nil}},
	}}

	asEvents := func(r *query.Request) { r.Type, r.GroupBy = query.TypeAnnotation, nil }
	title, note := "Black Friday", "<b>50 %</b>"
	happened, nothingHappened := answerTo(whole, 1, asEvents), answerTo(whole, 1, asEvents)
	happened.Events = &query.Events{More: true, List: []query.Event{
		{Time: at, Title: &title, Text: &note, Tags: []string{"web", "a, b"}},
		{Time: at.Add(time.Second), End: at.Add(time.Hour), Title: &title},
		{Time: at.Add(time.Minute), End: at.Add(2 * time.Minute), Running: true, Tags: []string{"web"}},
		{Time: time.Date(1500, 4, 22, 0, 0, 0, 0, time.UTC), End: time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC), Title: &title},
	}}
	nothingHappened.Events = &query.Events{}

	return map[string]*query.Answer{
		"wide_grouped_and_compared":  grouped,
		"wide_ratio_by_day":          ratio,
		"wide_running_bucket_marked": marked,
		"numeric_wide":               single,
		"numeric_long":               list,
		"timeseries_long":            listOverTime,
		"heatmap_with_gap":           cells,
		"records":                    rows,
		"annotation":                 happened,
		"empty_annotation":           nothingHappened,
		"empty_timeseries_wide":      answerTo(minute, 2, nil),
		"empty_timeseries_long":      answerTo(minute, 2, asTable),
		"empty_numeric_wide":         answerTo(whole, 1, nil),
		"empty_numeric_long":         answerTo(whole, 1, asTable),
	}
}

func TestFramesMatchTheGoldenOnes(t *testing.T) {
	t.Parallel()
	for name, answer := range answers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := frames.Frames(answer)
			require.NoError(t, err)
			require.Len(t, got, 1)
			encoded, err := data.FrameToJSON(got[0], data.IncludeAll)
			require.NoError(t, err)
			var indented bytes.Buffer
			require.NoError(t, json.Indent(&indented, encoded, "", "  "))
			indented.WriteByte('\n')

			path := filepath.Join("testdata", name+".json")
			if *update {
				require.NoError(t, os.WriteFile(path, indented.Bytes(), 0o644))
			}
			golden, err := os.ReadFile(path)
			require.NoError(t, err, "run this test with -update to write new golden frames, then read them")
			assert.Equal(t, string(golden), indented.String())
		})
	}
}

// TestContractFramesAreReadAsAlertRulesReadThem uses the readers that Grafana's
// server-side expressions use.
func TestContractFramesAreReadAsAlertRulesReadThem(t *testing.T) {
	t.Parallel()
	type item struct {
		name, labels string
		values       []any
	}
	for name, want := range map[string][]item{
		"wide_grouped_and_compared": {
			{"Revenue", "channel=(null)", []any{0.01, nil, 0.03}},
			{"Revenue", "channel=web", []any{1.1, 0.0, 0.5}},
			{"Revenue", "channel=web, compare=1w", []any{0.9, 0.1, 0.3}},
		},
		"wide_ratio_by_day": {{"ticket", "", []any{10.0 / 3, nil}}},
		"numeric_wide": {
			{"invoiced", "channel=web", []any{12.0}},
			{"Revenue", "channel=web", []any{0.75}},
		},
		"numeric_long": {
			{"invoiced", "channel=web, quantile=, region=SP", []any{12.0}},
			{"Revenue", "channel=web, quantile=, region=SP", []any{nil}},
			{"Time to invoice", "channel=web, quantile=, region=SP", []any{nil}},
			{"invoiced", "channel=web, quantile=, region=RJ", []any{3.0}},
			{"Revenue", "channel=web, quantile=, region=RJ", []any{19.99}},
			{"Time to invoice", "channel=web, quantile=, region=RJ", []any{nil}},
			{"invoiced", "channel=web, quantile=0.95, region=SP", []any{nil}},
			{"Revenue", "channel=web, quantile=0.95, region=SP", []any{nil}},
			{"Time to invoice", "channel=web, quantile=0.95, region=SP", []any{61.5}},
		},
		"timeseries_long": {
			{"invoiced", "channel=app", []any{3.0, nil}},
			{"invoiced", "channel=web", []any{1.0, 2.0}},
		},
		"empty_timeseries_wide": nil,
		"empty_timeseries_long": nil,
		"empty_numeric_wide":    nil,
		"empty_numeric_long":    nil,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			made, err := frames.Frames(answers()[name])
			require.NoError(t, err)
			frameType, err := reader.CanReadBasedOnMeta(made)
			require.NoError(t, err)

			var got []item
			add := func(field *data.Field) {
				read := item{name: field.Name, labels: field.Labels.String()}
				for i := range field.Len() {
					value := any(nil)
					if number := field.At(i).(*float64); number != nil {
						value = *number
					}
					read.values = append(read.values, value)
				}
				got = append(got, read)
			}
			if frameType.IsNumeric() {
				from, err := numeric.CollectionReaderFromFrames(made)
				require.NoError(t, err)
				collection, err := from.GetCollection(false)
				require.NoError(t, err)
				assert.NoError(t, collection.Warning)
				assert.Equal(t, len(want) == 0, collection.NoData())
				for _, ref := range collection.Refs {
					add(ref.ValueField)
				}
			} else {
				from, err := timeseries.CollectionReaderFromFrames(made)
				require.NoError(t, err)
				collection, err := from.GetCollection(true)
				require.NoError(t, err)
				assert.NoError(t, collection.Warning)
				assert.Empty(t, collection.RemainderIndices)
				assert.Equal(t, len(want) == 0, collection.NoData())
				for _, ref := range collection.Refs {
					add(ref.ValueField)
				}
			}
			assert.Equal(t, want, got)
		})
	}
}

func TestFramesSurviveTheWireToGrafana(t *testing.T) {
	t.Parallel()
	for name, answer := range answers() {
		made, err := frames.Frames(answer)
		require.NoError(t, err, name)
		encoded, err := made.MarshalArrow()
		require.NoError(t, err, name)
		decoded, err := data.UnmarshalArrowFrames(encoded)
		require.NoError(t, err, name)
		want, err := data.FrameToJSON(made[0], data.IncludeAll)
		require.NoError(t, err, name)
		got, err := data.FrameToJSON(decoded[0], data.IncludeAll)
		require.NoError(t, err, name)
		assert.JSONEq(t, string(want), string(got), name)
	}
}

func TestUnitsHoldOnlyWhereTheViewKeepsThem(t *testing.T) {
	t.Parallel()
	for view, want := range map[catalog.View]string{
		catalog.ViewPerBucket:    "currencyBRL",
		catalog.ViewRunningTotal: "currencyBRL",
		catalog.ViewRate:         "currencyBRL",
		catalog.ViewShare:        "percentunit",
		catalog.ViewCount:        "",
	} {
		answer := answerTo(minute, 1, nil)
		answer.Series = []query.Series{series(revenue, view, cents(1))}
		made, err := frames.Frames(answer)
		require.NoError(t, err)
		assert.Equal(t, want, made[0].Fields[1].Config.Unit, view)
	}
	answer := answerTo(minute, 1, nil)
	answer.Series = []query.Series{series(invoiced, catalog.ViewRate, reals(1))}
	made, err := frames.Frames(answer)
	require.NoError(t, err)
	assert.Equal(t, "suffix:/s", made[0].Fields[1].Config.Unit)
}

func TestRecordsNeverShowARoundedIdentifier(t *testing.T) {
	t.Parallel()
	huge, ok := new(big.Int).SetString("123456789012345678901234567890", 10)
	require.True(t, ok)
	for text, d := range map[string]query.Decimal{
		"7205759403792793601":            query.NewDecimal(7205759403792793601, 0),
		"123456789012345678901234567890": query.NewBigDecimal(huge, 0),
		"-0.1234567890123456":            query.NewDecimal(-1234567890123456, 16),
	} {
		answer := answerTo(whole, 1, asRecord)
		answer.Records = &query.Records{Matching: 1, Columns: []query.RecordColumn{{Name: "id", Decimals: []*query.Decimal{&d}}}}
		made, err := frames.Frames(answer)
		require.NoError(t, err)
		assert.Equal(t, &text, made[0].Fields[0].At(0))
		assert.Empty(t, made[0].Meta.Notices)
	}
	for number, d := range map[float64]query.Decimal{
		123456789012.345: query.NewDecimal(123456789012345, 3),
		-0.05:            query.NewDecimal(-5000000000000000, 17),
		math.Inf(1):      query.DecimalPosInf,
	} {
		answer := answerTo(whole, 1, asRecord)
		answer.Records = &query.Records{Matching: 1, Columns: []query.RecordColumn{{Name: "total", Decimals: []*query.Decimal{&d}}}}
		made, err := frames.Frames(answer)
		require.NoError(t, err)
		assert.Equal(t, &number, made[0].Fields[0].At(0))
	}
}

func TestAnswersThatContradictTheirRequestAreRefused(t *testing.T) {
	t.Parallel()
	short := answerTo(minute, 3, nil)
	short.Series = []query.Series{series(revenue, catalog.ViewPerBucket, cents(1, 2))}
	torn := answerTo(minute, 3, asCells)
	torn.Heatmap = &query.Heatmap{Metric: delay, Bucket: []int32{0}, YMin: []float64{1}, YMax: []float64{2}}
	uneven := answerTo(whole, 1, asRecord)
	text := "x"
	uneven.Records = &query.Records{Columns: []query.RecordColumn{
		{Name: "a", Texts: []*string{&text}}, {Name: "b", Texts: []*string{}}}}
	for about, answer := range map[string]*query.Answer{
		"a series shorter than its grid":        short,
		"heatmap columns of unequal length":     torn,
		"record columns of unequal length":      uneven,
		"a request for cells without a heatmap": answerTo(minute, 3, asCells),
		"a request for events without any":      answerTo(whole, 1, func(r *query.Request) { r.Type = query.TypeAnnotation }),
		"a request for records without any":     answerTo(whole, 1, asRecord),
	} {
		_, err := frames.Frames(answer)
		assert.Error(t, err, about)
	}
}

func TestATableDoesNotRepeatVeryLongLabels(t *testing.T) {
	t.Parallel()
	long := answerTo(minute, 1000, asTable)
	long.Series = []query.Series{series(revenue, catalog.ViewPerBucket, cents(make([]int64, 1000)...), "channel", strings.Repeat("x", 70_000))}
	_, err := frames.Frames(long)
	var mistake *query.Error
	require.ErrorAs(t, err, &mistake, "it is for the reader to ask otherwise")
	assert.Contains(t, err.Error(), "format: a table repeats its labels in each of 1000 buckets, which would be 66 MiB")

	long.Request.Format = query.FormatTimeSeries
	made, err := frames.Frames(long)
	require.NoError(t, err)
	assert.Equal(t, 1000, made[0].Rows())
}

func TestAnAnswerWithoutBucketsIsATypedFrameWithoutFields(t *testing.T) {
	t.Parallel()
	for format, want := range map[query.Format]data.FrameType{
		query.FormatTimeSeries: data.FrameTypeTimeSeriesWide,
		query.FormatTable:      data.FrameTypeTimeSeriesLong,
	} {
		answer := answerTo(minute, 1, func(r *query.Request) { r.Format = format })
		// PartialDrop leaves nothing of a range within the running bucket.
		answer.Grid.Bounds, answer.Partial = answer.Grid.Bounds[:1], nil
		made, err := frames.Frames(answer)
		require.NoError(t, err)
		assert.Equal(t, want, made[0].Meta.Type)
		assert.Empty(t, made[0].Fields)
	}
}

func TestAFailedQueryStillShowsWhatWasExecuted(t *testing.T) {
	t.Parallel()
	made := frames.Failed("A", message.Verbatim("no"), []string{"SELECT 1", "SELECT 2"})
	require.Len(t, made, 1)
	assert.Equal(t, "A", made[0].RefID)
	assert.Equal(t, "SELECT 1;\n\nSELECT 2", made[0].Meta.ExecutedQueryString)
	assert.Equal(t, frames.Failure{Error: message.Verbatim("no")}, made[0].Meta.Custom)
}

func TestWhatNumbersRelyOnIsInformationAndWhatCutsThemShortAWarning(t *testing.T) {
	t.Parallel()
	for about, answer := range answers() {
		answer.Notices, answer.Provisos = []message.Message{message.Verbatim("Groups are left out")}, []message.Message{message.Verbatim("Rows are never deleted")}
		made, err := frames.Frames(answer)
		require.NoError(t, err, about)
		severities := map[string]data.NoticeSeverity{}
		for _, notice := range made[0].Meta.Notices {
			severities[notice.Text] = notice.Severity
		}
		assert.Equal(t, data.NoticeSeverityInfo, severities["Rows are never deleted"], about)
		assert.Equal(t, data.NoticeSeverityWarning, severities["Groups are left out"], about)
	}
}
