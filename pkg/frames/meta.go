package frames

import (
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/pullview/orders-datasource/pkg/message"
	"github.com/pullview/orders-datasource/pkg/query"
)

// Custom is what a frame tells of its answer in Meta.Custom. Instants are
// milliseconds since the epoch, as in the frame's time field.
type Custom struct {
	AsOf       int64   `json:"asOf"`       // the database clock in the snapshot that answered
	Step       string  `json:"step"`       // the step that was used; never auto
	Timezone   string  `json:"timezone"`   // the business time zone
	Partial    []int64 `json:"partial"`    // starts of the buckets that were still running
	Feed       string  `json:"feed"`       // the change feed of the tables
	Guarantee  string  `json:"guarantee"`  // how much to trust the numbers
	DatabaseMS float64 `json:"databaseMs"` // time that statements took
	Rows       int     `json:"rows"`       // rows that statements returned
	// Of numbers that are kept: the buckets that made the answer, those of them
	// that were read in its look, and those that were read again to check them.
	Cached  int `json:"cached,omitempty"`
	Fetched int `json:"fetched,omitempty"`
	Audited int `json:"audited,omitempty"`
	// Of records: the first instant of their event times, the first one after,
	// and how many there are, shown or not.
	From     *int64 `json:"from,omitempty"`
	To       *int64 `json:"to,omitempty"`
	Matching *int64 `json:"matching,omitempty"`
	// Notices are those of the frame's meta, in every language.
	Notices []message.Message `json:"notices,omitempty"`
}

// Failure is what the frame of a query that failed tells in Meta.Custom.
type Failure struct {
	Error message.Message `json:"error"` // what the answer says, in every language
}

var typeVersion = data.FrameTypeVersion{0, 1}

// newFrame returns a frame of a type. Types of the contract carry its version.
func newFrame(frameType data.FrameType) *data.Frame {
	frame := data.NewFrame("")
	frame.Meta = &data.FrameMeta{Type: frameType}
	if frameType.IsTimeSeries() || frameType.IsNumeric() {
		frame.Meta.TypeVersion = typeVersion
	}
	return frame
}

// describe fills in the part of a frame's meta that does not depend on its type.
func describe(frame *data.Frame, answer *query.Answer) {
	databaseMS := float64(answer.Stats.Database) / float64(time.Millisecond)
	partial := make([]int64, 0, len(answer.Partial))
	for _, bucket := range answer.Partial {
		partial = append(partial, answer.Grid.Start(bucket).UnixMilli())
	}
	meta := frame.Meta
	told, _ := meta.Custom.(Custom) // by notify
	custom := Custom{
		AsOf:       answer.AsOf.UnixMilli(),
		Step:       answer.Request.Step.String(),
		Timezone:   answer.Request.Location.String(),
		Partial:    partial,
		Feed:       answer.Stats.Feed,
		Guarantee:  answer.Stats.Guarantee,
		DatabaseMS: databaseMS,
		Rows:       answer.Stats.Rows,
		Cached:     answer.Stats.Cached,
		Fetched:    answer.Stats.Fetched,
		Audited:    answer.Stats.Audited,
		Notices:    told.Notices,
	}
	if r := answer.Records; r != nil {
		from, to := r.From.UnixMilli(), r.To.UnixMilli()
		custom.From, custom.To, custom.Matching = &from, &to, &r.Matching
	}
	meta.Custom = custom
	meta.ExecutedQueryString = executed(answer.Stats.Statements)
	meta.Stats = []data.QueryStat{
		{FieldConfig: data.FieldConfig{DisplayName: "Database time", Unit: "ms"}, Value: databaseMS},
		{FieldConfig: data.FieldConfig{DisplayName: "Statements"}, Value: float64(len(answer.Stats.Statements))},
		{FieldConfig: data.FieldConfig{DisplayName: "Rows read"}, Value: float64(answer.Stats.Rows)},
	}
	if kept := answer.Stats.Cached; kept > 0 {
		meta.Stats = append(meta.Stats,
			data.QueryStat{FieldConfig: data.FieldConfig{DisplayName: "Buckets"}, Value: float64(kept)},
			data.QueryStat{FieldConfig: data.FieldConfig{DisplayName: "Buckets read"}, Value: float64(answer.Stats.Fetched)})
	}
	for _, proviso := range answer.Provisos {
		notify(frame, data.NoticeSeverityInfo, proviso)
	}
	for _, notice := range answer.Notices {
		notify(frame, data.NoticeSeverityWarning, notice)
	}
}

// notify adds a notice to a frame.
func notify(frame *data.Frame, severity data.NoticeSeverity, text message.Message) {
	frame.AppendNotices(data.Notice{Severity: severity, Text: text.String()})
	custom, _ := frame.Meta.Custom.(Custom)
	custom.Notices = append(custom.Notices, text)
	frame.Meta.Custom = custom
}

func executed(statements []string) string { return strings.Join(statements, ";\n\n") }
