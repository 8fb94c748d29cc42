package frames

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/pullview/orders-datasource/pkg/message"
	"github.com/pullview/orders-datasource/pkg/query"
)

// Data frames count nanoseconds from 1970 in 64 bits. A period may reach
// further: a campaign without end is often given the year 9999.
var (
	earliest = time.Date(1678, time.January, 1, 0, 0, 0, 0, time.UTC)
	latest   = time.Date(2262, time.January, 1, 0, 0, 0, 0, time.UTC)
)

// events returns the fields by whose names Grafana makes annotations of a
// frame: time, timeEnd, title, text and tags. An event without timeEnd is a
// line, one with it a region. Grafana takes the first text for a text that is
// missing, so there always is the field, and splits tags that are a text at
// its commas, so they are a list. The id 0 tells it that an event is not kept
// by Grafana, so that it offers nobody to edit or delete a row.
func events(answer *query.Answer) (*data.Frame, error) {
	list := answer.Events.List
	times, ends := make([]time.Time, len(list)), make([]*time.Time, len(list))
	titles, texts := make([]*string, len(list)), make([]*string, len(list))
	tags := make([]json.RawMessage, len(list))
	running := make([]bool, len(list))
	for i := range list {
		event := &list[i]
		times[i] = within(event.Time)
		if !event.End.IsZero() {
			end := within(event.End)
			ends[i] = &end
		}
		titles[i], texts[i], running[i] = event.Title, event.Text, event.Running
		encoded, err := json.Marshal(append([]string{}, event.Tags...))
		if err != nil {
			return nil, fmt.Errorf("encode the tags of an event: %w", err)
		}
		tags[i] = encoded
	}
	frame := newFrame(data.FrameTypeTable)
	frame.Meta.PreferredVisualization = data.VisTypeTable
	frame.Fields = data.Fields{
		data.NewField("time", nil, times),
		data.NewField("timeEnd", nil, ends),
		data.NewField("title", nil, titles),
		data.NewField("text", nil, texts),
		data.NewField("tags", nil, tags),
		data.NewField("id", nil, make([]int64, len(list))),
		data.NewField("running", nil, running),
	}
	if answer.Events.More {
		notify(frame, data.NoticeSeverityInfo, message.New("only the latest %d events are shown; a higher limit, a filter or a shorter time range shows the others", len(list)))
	}
	return frame, nil
}

// within returns the instant nearest to t that a frame can hold.
func within(t time.Time) time.Time {
	switch {
	case t.Before(earliest):
		return earliest
	case t.After(latest):
		return latest
	}
	return t
}
