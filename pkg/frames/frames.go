// Package frames shapes answers into data frames that keep Grafana's data
// plane contract (https://grafana.com/developers/dataplane/contract-spec), so
// that panels, alert rules and expressions read them without guessing.
//
//	format       step       frame type
//	time_series  a width    timeseries-wide: one time field, a labelled value field per series
//	time_series  range      numeric-wide: a labelled value field of length one per series
//	table        a width    timeseries-long: time, a column per label, a column per metric
//	table        range      numeric-long: a column per label, a column per metric
//	heatmap      a width    heatmap-cells, sparse: xMax, yMin, yMax, count
//	records                 table: the columns that the catalog permits
//	annotation              table: time, timeEnd, title, text, tags, id, running
//
// All seven come in one frame. The first four are contract types and alertable.
// Numbers are rounded to float64 here and nowhere before.
package frames

import (
	"fmt"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/pullview/orders-datasource/pkg/message"
	"github.com/pullview/orders-datasource/pkg/query"
)

// Frames returns the one frame that shows an answer. It always returns a
// frame: an answer without series becomes a typed frame without fields, which
// alert rules read as "no data". The frame has no RefID.
//
// The error is a *query.Error where the format cannot show so much. Any other
// means that the answer contradicts its own request, which is a defect of the
// code that made it.
func Frames(answer *query.Answer) (data.Frames, error) { return Source{}.Frames(answer) }

// Own returns frames for one of many readers of the same answer. They share
// the fields and the meta of shared, none of which may be changed; the frames
// themselves are the reader's, with the RefID under which they are sent.
func Own(shared data.Frames, refID string) data.Frames {
	own := make(data.Frames, len(shared))
	for i, frame := range shared {
		copied := *frame
		copied.RefID = refID
		own[i] = &copied
	}
	return own
}

// Frames is the function Frames, with links from values to the rows behind
// them, where the catalog permits to show those.
func (s Source) Frames(answer *query.Answer) (data.Frames, error) {
	frame, err := frameOf(answer, links{source: s, answer: answer})
	if err != nil {
		return nil, err
	}
	describe(frame, answer)
	return data.Frames{frame}, nil
}

// Failed returns the frame of a query that failed, so that pages have its error
// in their language, and Grafana's query inspector shows what was executed.
func Failed(refID string, said message.Message, statements []string) data.Frames {
	frame := data.NewFrame("")
	frame.RefID = refID
	frame.Meta = &data.FrameMeta{Custom: Failure{Error: said}, ExecutedQueryString: executed(statements)}
	return data.Frames{frame}
}

func frameOf(answer *query.Answer, l links) (*data.Frame, error) {
	request := answer.Request
	if request.Type == query.TypeRecords {
		if answer.Records == nil {
			return nil, fmt.Errorf("an answer to a query for records has no records")
		}
		return records(answer)
	}
	if request.Type == query.TypeAnnotation {
		if answer.Events == nil {
			return nil, fmt.Errorf("an answer to a query for an annotation has no events")
		}
		return events(answer)
	}
	if request.Format == query.FormatHeatmap {
		switch {
		case answer.Heatmap != nil:
			return heatmap(answer)
		case answer.Grid.Len() == 0: // no bucket is left to show
			return emptyHeatmap(), nil
		}
		return nil, fmt.Errorf("an answer in the format %s has no heatmap", request.Format)
	}
	if err := checkLengths(answer); err != nil {
		return nil, err
	}
	overTime := !request.Step.IsRange()
	switch {
	case request.Format == query.FormatTable && overTime:
		return timeSeriesLong(answer, l)
	case request.Format == query.FormatTable:
		return numericLong(answer, l), nil
	case overTime:
		return timeSeriesWide(answer, l), nil
	}
	return numericWide(answer, l), nil
}

// checkLengths makes sure that every series has a value per bucket: a shorter
// one would panic here, a longer one would lose values in silence.
func checkLengths(answer *query.Answer) error {
	for i := range answer.Series {
		s := &answer.Series[i]
		if n := s.Values.Len(); n != answer.Grid.Len() || s.Values.Den != nil && s.Values.Den.Len() != n {
			return fmt.Errorf("a series of %s has %d values on a grid of %d buckets", s.Metric.Name, n, answer.Grid.Len())
		}
	}
	return nil
}
