// Package engine answers queries: it plans what to read, reads it in one look
// at the orders store, merges cells across groups and time, and derives the
// values of each view. It knows no SQL and no Grafana.
package engine

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/message"
	"github.com/pullview/orders-datasource/pkg/query"
)

var tracer = otel.Tracer("github.com/pullview/orders-datasource/pkg/engine")

// GuaranteeLive says that every number was computed in the answer's snapshot.
const GuaranteeLive = "live"

// Engine answers queries from a store. It is safe for concurrent use.
type Engine struct {
	answering atomic.Int64

	live   flights
	keeper *keeper // nil where the store cannot tell what changed
}

// New returns an engine that computes every answer from the store.
func New(store Store) *Engine {
	return &Engine{live: flights{store: store, byKey: map[string]*flight{}}}
}

// Keep says how much an engine keeps and how often it looks.
type Keep struct {
	// Location is the business time zone.
	Location *time.Location
	// Bytes bounds what is kept from look to look; 0 keeps nothing.
	Bytes int64
	// MinLookInterval is the least time between the starts of two looks that
	// serve many requests, or of two for equal requests.
	MinLookInterval time.Duration
	// Audit reads a kept bucket of each table again at every look.
	Audit bool
}

// patience is how long a request waits for what it needs to be read part by
// part. What was read when it ends serves the next request.
const patience = 5 * time.Second

// NewKeeping returns an engine that keeps the numbers of tables with a change
// log, and reads again only what changed.
func NewKeeping(store DeltaStore, keep Keep) *Engine {
	e := New(store)
	e.live.interval = keep.MinLookInterval
	if keep.Bytes > 0 {
		e.keeper = &keeper{
			store:    store,
			location: keep.Location,
			interval: keep.MinLookInterval,
			budget:   keep.Bytes,
			audits:   keep.Audit,
			patience: patience,
			linger:   linger,
			between:  auditInterval,
			share:    auditShare,
			tables:   map[string]*keptTable{},
		}
	}
	return e
}

// Answer computes a request in one snapshot taken after the call. The answer may
// be shared with other callers and must not be changed. Errors of the
// user's making are *query.Error; all others come from the store.
func (e *Engine) Answer(ctx context.Context, req *query.Request, caller query.Caller) (*query.Answer, error) {
	ctx, span := tracer.Start(ctx, "engine.Answer")
	defer span.End()
	span.SetAttributes(attribute.String("refId", req.RefID))
	e.answering.Add(1)
	defer e.answering.Add(-1)
	if e.keeper != nil && keepable(req) {
		answer, err := e.keeper.answer(ctx, req, caller)
		if !errors.Is(err, errLive) {
			return answer, err
		}
	}
	return e.live.answer(ctx, req, caller)
}

// Answering returns how many requests are being answered now.
func (e *Engine) Answering() int64 { return e.answering.Load() }

// AnswerOn computes a request on a look: from the store alone, unless the look
// belongs to an engine that keeps numbers.
func AnswerOn(ctx context.Context, look Look, req *query.Request) (*query.Answer, error) {
	answer := &query.Answer{Request: req, AsOf: look.Snapshot().AsOf}
	answer.Stats.Guarantee = GuaranteeLive
	if _, kept := look.(*keptLook); kept {
		answer.Stats.Guarantee, answer.Provisos = guaranteed(req)
	}
	answer.Stats.Feed = feed(req)
	switch req.Type {
	case query.TypeRecords:
		return answer, answerRecords(ctx, look, answer)
	case query.TypeAnnotation:
		return answer, answerEvents(ctx, look, answer)
	}
	a := &answering{
		planner: planner{req: req},
		look:    look,
		answer:  answer,
		groups:  newGroups(req.GroupBy),
	}
	return answer, a.run(ctx)
}

// answering is the work on one answer.
type answering struct {
	planner
	look    Look
	answer  *query.Answer
	groups  *groups
	lanes   []lane
	sources [][]*source // per metric, per lane
}

func (a *answering) run(ctx context.Context) error {
	req, answer := a.req, a.answer
	answer.Grid = a.visibleGrid()
	if answer.Grid.Len() == 0 {
		return nil
	}
	for i := range answer.Grid.Len() {
		if grid := answer.Grid; !answer.AsOf.Before(grid.Start(i)) && answer.AsOf.Before(grid.End(i)) {
			answer.Partial = append(answer.Partial, i)
		}
	}
	if err := a.read(ctx, answer.Grid); err != nil {
		return err
	}
	if req.Format == query.FormatHeatmap {
		answer.Heatmap = &query.Heatmap{Metric: req.Metrics[0]}
		b := a.sources[0][0].block(layout{slot: []int32{0}, slots: 1})
		fillHeatmap(answer.Heatmap, b.sketches)
		return nil
	}
	arranged, err := a.arrange(ctx)
	if err != nil {
		return err
	}
	for i := range req.Metrics {
		for j := range a.lanes {
			if err := a.series(ctx, i, j, arranged); err != nil {
				return err
			}
		}
	}
	if req.Partial == query.PartialMark && !req.Step.IsRange() {
		answer.Series = markPartial(answer.Series, answer.Partial)
	}
	return nil
}

// visibleGrid returns the request's grid without the buckets that
// PartialDrop leaves out: those that end after the answer's instant.
func (a *answering) visibleGrid() query.Grid {
	grid := a.req.Grid
	if a.req.Partial != query.PartialDrop || grid.Step.IsRange() {
		return grid
	}
	n := grid.Len()
	for n > 0 && grid.End(n-1).After(a.answer.AsOf) {
		n--
	}
	grid.Bounds = grid.Bounds[:n+1]
	return grid
}

// read plans and runs every metric on every lane, and finds the groups.
func (a *answering) read(ctx context.Context, grid query.Grid) error {
	a.lanes = layLanes(a.req, grid, a.answer.AsOf)
	for _, m := range a.req.Metrics {
		perLane := make([]*source, len(a.lanes))
		for j := range a.lanes {
			perLane[j] = a.plan(m, &a.lanes[j], a.req.GroupBy, nil)
		}
		a.sources = append(a.sources, perLane)
	}
	if err := a.runBatch(ctx); err != nil {
		return err
	}
	if len(a.req.GroupBy) == 0 {
		return nil
	}
	for _, m := range a.req.Metrics {
		notice, err := a.groups.known(ctx, a.look, a.req, m, &a.lanes[0])
		if err != nil {
			return err
		}
		if !notice.IsZero() {
			a.answer.Notices = append(a.answer.Notices, notice)
		}
	}
	return nil
}

func (a *answering) runBatch(ctx context.Context) error {
	if err := a.batch.run(ctx, a.look, a.req.Limits.MaxCells, &a.answer.Stats); err != nil {
		return err
	}
	a.groups.number(&a.batch)
	if limit := a.req.Limits.MaxCells; len(a.groups.list) > limit {
		return tooManyCells(&a.batch.pending[0].scan, limit)
	}
	return nil
}

// arrange decides which groups get series of their own, and refuses more
// series than the limit.
func (a *answering) arrange(ctx context.Context) (*arrangement, error) {
	req := a.req
	if err := a.checkSamples(); err != nil {
		return nil, err
	}
	order := a.groups.sorted()
	if req.Top != nil && len(req.GroupBy) > 0 {
		var err error
		if order, err = a.ranked(ctx); err != nil {
			return nil, err
		}
	}
	top := req.Top
	if len(req.GroupBy) == 0 {
		top = nil
	}
	arranged := arrange(order, top)
	series := 0
	for i, m := range req.Metrics {
		each := 1
		if req.Views[i] == catalog.ViewQuantiles {
			each = len(quantilesOf(m, req))
		}
		series += arranged.slots * len(a.lanes) * each
	}
	if series > req.Limits.MaxSeries {
		return nil, &query.Error{Field: "groupBy", Message: message.New(
			"the query makes %d series, more than the %d allowed (maxSeries): group by fewer dimensions, filter, use top, or ask an administrator to raise maxSeries in the data source settings",
			series, req.Limits.MaxSeries)}
	}
	if cells := series * a.lanes[0].buckets(); cells > req.Limits.MaxCells {
		return nil, &query.Error{Field: "maxRows", Message: message.New(
			"the query makes %d values (%d series × %d buckets), more than the %d allowed (maxRows): choose a coarser step, group by fewer dimensions, use top, or ask an administrator to raise maxRows in the data source settings",
			cells, series, a.lanes[0].buckets(), req.Limits.MaxCells)}
	}
	return &arranged, nil
}

// checkSamples refuses a gauge that is to be reduced for more groups and
// instants than can be computed at once: each group has a value at each instant,
// however few rows there are.
func (a *answering) checkSamples() error {
	instants := len(a.lanes[0].samples) - 1
	groups, most := len(a.groups.list), a.req.Limits.MaxCells*foldLimit
	isGauge := func(m *catalog.Metric) bool { return m.Type == catalog.Gauge }
	if instants < 1 || groups*instants <= most || !slices.ContainsFunc(a.req.Metrics, isGauge) {
		return nil
	}
	return &query.Error{Field: "reduce", Message: message.New(
		"%q reads a gauge of %d groups at %d instants each, and at most %d values are computed (maxRows times %d): choose a shorter range, group by fewer dimensions, filter them, or the reduction \"last\"",
		a.req.Reduce, groups, instants, most, foldLimit)}
}

// ranked orders the groups by the first metric over the whole range. Metrics
// that do not merge are read once more without buckets.
func (a *answering) ranked(ctx context.Context) ([]int32, error) {
	m, l := a.req.Metrics[0], &a.lanes[0]
	whole := &lane{bounds: []time.Time{l.start(), l.end()}, cut: l.cut}
	source := a.rankSource(a.sources[0][0], whole)
	if err := a.runBatch(ctx); err != nil {
		return nil, err
	}
	lay := layout{slot: identity(len(a.groups.list)), slots: len(a.groups.list), whole: true}
	return a.groups.rank(source.block(lay), a.req, m, a.req.Views[0]), nil
}

// rankSource returns a source whose block over one whole bucket is the metric's
// value over the range: the one at hand where it merges, else one of its own.
func (a *answering) rankSource(s *source, whole *lane) *source {
	if s.parts != nil {
		ranked := *s
		ranked.parts = []*source{a.rankSource(s.parts[0], whole), a.rankSource(s.parts[1], whole)}
		return &ranked
	}
	if merges(s.metric, s.exact) || s.lane.buckets() == 1 {
		return s
	}
	return a.plan(s.metric, whole, a.req.GroupBy, nil)
}

func identity(n int) []int32 {
	slot := make([]int32, n)
	for i := range slot {
		slot[i] = int32(i)
	}
	return slot
}

// series appends the series of one metric on one lane.
func (a *answering) series(ctx context.Context, metric, laneIndex int, arranged *arrangement) error {
	m, view, l := a.req.Metrics[metric], a.req.Views[metric], &a.lanes[laneIndex]
	b, err := a.block(ctx, a.sources[metric][laneIndex], arranged)
	if err != nil {
		return err
	}
	var total *block
	if view == catalog.ViewShare {
		total = a.sources[metric][laneIndex].block(layout{slot: make([]int32, len(a.groups.list)), slots: 1})
	}
	values := derive(b, total, l, a.req, m, view)
	quantiles := []float64{}
	if view == catalog.ViewQuantiles {
		quantiles = quantilesOf(m, a.req)
	}
	for i, v := range values {
		s := query.Series{Metric: m, View: view, Values: v}
		if view == catalog.ViewQuantiles {
			s.Labels = append(arranged.labels(i/len(quantiles), a.groups, a.req.GroupBy, l), quantileLabel(quantiles[i%len(quantiles)]))
		} else {
			s.Labels = arranged.labels(i, a.groups, a.req.GroupBy, l)
		}
		a.answer.Series = append(a.answer.Series, s)
	}
	return nil
}

// block arranges a source, with the others of parts that do not merge read by
// a second statement in the same snapshot.
func (a *answering) block(ctx context.Context, s *source, arranged *arrangement) (*block, error) {
	if s.parts != nil {
		num, err := a.block(ctx, s.parts[0], arranged)
		if err != nil {
			return nil, err
		}
		den, err := a.block(ctx, s.parts[1], arranged)
		if err != nil {
			return nil, err
		}
		return &block{slots: num.slots, buckets: num.buckets, num: num.num, den: &den.num}, nil
	}
	if merges(s.metric, s.exact) || !arranged.others {
		return s.block(arranged.layout), nil
	}
	kept := make([]query.Group, len(arranged.members))
	for i, member := range arranged.members {
		kept[i] = a.groups.list[member]
	}
	rest := a.plan(s.metric, s.lane, nil, kept)
	if err := a.runBatch(ctx); err != nil {
		return nil, err
	}
	own := arranged.layout
	own.slot = make([]int32, len(arranged.slot))
	for i, slot := range arranged.slot {
		own.slot[i] = slot
		if int(slot) == len(arranged.members) {
			own.slot[i] = -1
		}
	}
	b, others := s.block(own), rest.block(layout{slot: []int32{0}, slots: 1})
	b.put(len(arranged.members), others)
	return b, nil
}

// put copies a block of one slot into one of b's.
func (b *block) put(slot int, o *block) {
	for i := range b.buckets {
		cell := slot*b.buckets + i
		for q := range b.quantiles {
			b.quantiles[q].Set(cell, &o.quantiles[q], i)
		}
		if b.quantiles == nil {
			b.num.Set(cell, &o.num, i)
		}
	}
}

// feed names the change feed of the tables that a request reads, the weakest
// first where they differ.
func feed(req *query.Request) string {
	weakness := map[catalog.ChangeMode]int{catalog.ChangesLog: 0, catalog.ChangesUpdatedAt: 1, catalog.ChangesAppendOnly: 2, catalog.ChangesNone: 3}
	weakest := catalog.ChangesLog
	weaken := func(t *catalog.Table) {
		if weakness[t.Changes.Mode] > weakness[weakest] {
			weakest = t.Changes.Mode
		}
	}
	for _, m := range req.Metrics {
		for _, t := range req.Catalog.TablesOf(m) {
			weaken(t)
		}
	}
	if req.Table != nil {
		weaken(req.Table)
	}
	return string(weakest)
}
