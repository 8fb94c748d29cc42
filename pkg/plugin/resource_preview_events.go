package plugin

import (
	"context"
	"time"

	"github.com/pullview/orders-datasource/pkg/message"
	"github.com/pullview/orders-datasource/pkg/query"
)

// annotationPreview is what an annotation was in the last days.
type annotationPreview struct {
	Name   string          `json:"name"`
	Days   int             `json:"days"`   // how many
	Events int             `json:"events"` // in that time, of which at most maxPreviewEvents are counted
	More   bool            `json:"more"`   // there are more of them
	Latest []eventPreview  `json:"latest"` // the latest first
	Error  message.Message `json:"error,omitzero"`
}

// eventPreview is an event as a dashboard shows it. Instants are milliseconds
// since the epoch.
type eventPreview struct {
	Time    int64   `json:"time"`
	End     *int64  `json:"end,omitempty"` // of a period that has ended
	Running bool    `json:"running,omitempty"`
	Title   *string `json:"title"`
	Text    *string `json:"text"`
}

const (
	// previewDays is a week where the settings allow it: events are rarer than orders.
	previewDays      = 7
	maxPreviewEvents = 1000
	shownEvents      = 3
)

// annotation previews one annotation. It does not panic.
func (p *preview) annotation(ctx context.Context, name string) (shown annotationPreview) {
	nothing := annotationPreview{Name: name, Days: p.days(), Latest: []eventPreview{}}
	shown = nothing
	defer func() {
		if previewPanicked(ctx, name, recover()) {
			shown = nothing
			shown.Error = defect
		}
	}()
	if _, ok := p.catalog.Annotations[name]; !ok {
		shown.Error = notInDraft(message.New("annotation"), name, p.catalog.AnnotationNames())
		return shown
	}
	events, err := p.events(ctx, name)
	if err != nil {
		shown.Error = previewFailure(ctx, name, err)
		return shown
	}
	shown.Events, shown.More = len(events.List), events.More
	for n := len(events.List) - 1; n >= 0 && len(shown.Latest) < shownEvents; n-- {
		shown.Latest = append(shown.Latest, eventPreviewOf(&events.List[n]))
	}
	return shown
}

// days returns how many days are looked at for events.
func (p *preview) days() int {
	if most := p.limits.MaxRange; most > 0 && most < previewDays*day {
		return int(most / day)
	}
	return previewDays
}

const day = 24 * time.Hour

// events answers with the latest events, the earliest of them first.
func (p *preview) events(ctx context.Context, name string) (*query.Events, error) {
	ask := query.Query{RefID: "preview", Type: query.TypeAnnotation, Version: query.Version, Annotation: name, Limit: maxPreviewEvents}
	request, err := ask.Validate(p.catalog, query.Environment{From: p.now.Add(-time.Duration(p.days()) * day), To: p.now, Limits: p.limits})
	if err != nil {
		return nil, err
	}
	answer, err := p.engine.Answer(ctx, request, p.caller)
	if err != nil {
		return nil, err
	}
	return answer.Events, nil
}

func eventPreviewOf(event *query.Event) eventPreview {
	shown := eventPreview{Time: event.Time.UnixMilli(), Running: event.Running, Title: event.Title, Text: event.Text}
	if !event.Running && !event.End.IsZero() {
		end := event.End.UnixMilli()
		shown.End = &end
	}
	return shown
}
