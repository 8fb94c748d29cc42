package engine

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/query"
)

// GuaranteeExact says that numbers come from memory where nothing changed, by
// the word of a change log, and from the answer's snapshot elsewhere.
const GuaranteeExact = "exact"

// keeper keeps numbers from one look to the next, and learns at each look which
// of them may have changed. Its looks follow one another and serve every
// request that waits when they begin, so what the store is asked does not grow
// with the number of viewers.
//
// A request is served by a look whose snapshot is taken after the request came.
type keeper struct {
	store    DeltaStore
	location *time.Location
	interval time.Duration // between the starts of two looks
	budget   int64         // bytes
	audits   bool
	patience time.Duration // how long a request waits for strips to be filled before it is answered live
	linger   time.Duration // how long what was asked for stays at least
	between  time.Duration // two audits of a table, at least
	share    int           // looks at a table for one audit, at least

	mu      sync.Mutex
	waiting []*visit
	running bool

	// What follows belongs to the look that runs.
	began  time.Time // of the last look
	looks  int64
	tables map[string]*keptTable // on the server of the last look
	others []*keptTable          // on those before, the last of them at the end

	guarded int64 // the first look of those since which nothing is dropped that was asked for
	turn    int64 // the next such
	turned  time.Time

	stats keeperStats
}

// keptTable is what is kept of one table. All of it is true for one snapshot.
type keptTable struct {
	name        string
	fingerprint string
	since       query.Snapshot
	strips      map[string]*strip
	details     map[string]*detail
	refused     map[string]refusal
	begin       map[string]time.Time // per column: no event is earlier; never where there is none at all
	audited     time.Time            // when a number was last read again to check it
	unaudited   int                  // looks since
	pace        float64              // seconds of event time that a statement reads in a second, 0 when unknown
}

// errLive says that a request has to be answered by a look of its own.
var errLive = errors.New("the request is to be answered live")

// keepable reports whether a request can be answered from what is kept: every
// table has a change feed, and every number merges.
func keepable(req *query.Request) bool {
	if req.Type != query.TypeMetric {
		return false
	}
	for _, m := range req.Metrics {
		for _, part := range req.Catalog.PartsOf(m) {
			table := req.Catalog.Tables[part.Table]
			if !fed(table, part) || !merges(part, req.Exact) {
				return false
			}
			for _, name := range req.GroupBy {
				if table.Dimensions[name].Lookback > 0 {
					return false
				}
			}
		}
	}
	return true
}

// answer answers a request at the next look. The error is errLive when the
// look could not keep what the request needs.
func (k *keeper) answer(ctx context.Context, req *query.Request, caller query.Caller) (*query.Answer, error) {
	v := newVisit(ctx, req, caller)
	k.mu.Lock()
	k.waiting = append(k.waiting, v)
	if !k.running {
		k.running = true
		go k.run()
	}
	k.mu.Unlock()
	return v.wait()
}

// run takes looks until nobody waits.
func (k *keeper) run() {
	for {
		if pause := time.Until(k.began.Add(k.interval)); pause > 0 {
			time.Sleep(pause)
		}
		k.mu.Lock()
		visits := k.waiting
		k.waiting = nil
		if len(visits) == 0 {
			k.running = false
			k.mu.Unlock()
			return
		}
		k.mu.Unlock()
		k.began = time.Now()
		unfinished := k.look(visits)
		k.mu.Lock()
		k.waiting = append(k.waiting, unfinished...)
		k.mu.Unlock()
	}
}

// look serves visits, and returns those that need another look.
func (k *keeper) look(visits []*visit) (unfinished []*visit) {
	ctx, cancel := together(visits)
	defer cancel()
	defer cancelWhenAlone(visits, cancel)()
	defer func() {
		if cause := recover(); cause != nil {
			k.tables, k.others = map[string]*keptTable{}, nil // what was half written must not be read
			for _, v := range visits {
				select {
				case <-v.done:
				default:
					v.finish(nil, fmt.Errorf("the engine panicked: %v\n%s", cause, debug.Stack()))
				}
			}
			unfinished = nil
		}
	}()

	k.looks++
	k.guard(time.Now())
	k.stats.looks.Add(1)
	k.stats.visits.Add(int64(len(visits)))
	look, err := k.store.LookAt(ctx, callerOfAll(visits), k.known(tablesOf(visits)))
	if err != nil {
		// Each request finds out by itself what is wrong with its own tables.
		for _, v := range visits {
			v.finish(nil, errLive)
		}
		return nil
	}
	defer look.Close()
	kept := &keptLook{DeltaLook: look, keeper: k, began: time.Now(), synced: map[string]bool{}, wrong: map[string]bool{}, visits: visits, planned: map[string]bool{}}
	for _, t := range tablesOf(visits) {
		kept.synced[t.Name] = k.sync(ctx, look, t)
	}
	served, unfinished := kept.serve(ctx, visits)
	if k.audits && ctx.Err() == nil {
		k.audit(ctx, kept)
	}
	// What was read before nobody waited any more is as good as ever.
	if same, err := look.Unchanged(context.WithoutCancel(ctx)); err != nil || !same {
		for name := range kept.synced {
			kept.wrong[name] = true
		}
	}
	for name := range kept.wrong {
		k.stats.flushes.Add(1)
		delete(k.tables, name)
	}
	for _, t := range k.tables {
		t.dropBarren(min(k.looks-fineLife, k.guarded-1))
	}
	k.shrink() // what was dropped is free again
	for _, v := range served {
		if v.answer != nil {
			v.answer.Stats.Audited = kept.audited
		}
	}
	for _, v := range served {
		switch {
		case !readsAny(v.req, kept.wrong):
		case !v.again: // the next look begins with nothing kept of the table
			v.again = true
			unfinished = append(unfinished, v)
			continue
		default:
			v.answer, v.err = nil, errLive
		}
		v.finish(v.answer, v.err)
	}
	return unfinished
}

// serve answers visits, equal ones with the same answer, but does not finish
// those that it serves. Of those that are unfinished more has to be read than
// one look does.
func (l *keptLook) serve(ctx context.Context, visits []*visit) (served, unfinished []*visit) {
	type result struct {
		answer *query.Answer
		err    error
	}
	results := map[string]result{}
	for _, v := range visits {
		if v.ctx.Err() != nil {
			v.finish(nil, context.Cause(v.ctx))
			continue
		}
		if !allSynced(v.req, l.synced) {
			v.finish(nil, errLive)
			continue
		}
		r, known := results[v.key]
		if !known {
			r.answer, r.err = AnswerOn(ctx, l, v.req)
			results[v.key] = r
		}
		v.answer, v.err = r.answer, r.err
		switch {
		case !errors.Is(v.err, errUnfinished):
			served = append(served, v)
		case time.Since(v.came) > l.keeper.patience:
			v.finish(nil, errLive)
		default:
			unfinished = append(unfinished, v)
		}
	}
	return served, unfinished
}

// known tells of tables what is kept of them, of each on the server of the last
// look first.
func (k *keeper) known(tables []*catalog.Table) (known []query.Known) {
	for _, t := range tables {
		first := len(known)
		for kept := range k.kept() {
			if kept.name == t.Name {
				known = append(known, query.Known{Table: t, Since: kept.since, Fingerprint: kept.fingerprint})
			}
		}
		if len(known) == first {
			known = append(known, query.Known{Table: t})
		}
	}
	return known
}

// kept goes through what is kept of all tables.
func (k *keeper) kept() iter.Seq[*keptTable] {
	return func(yield func(*keptTable) bool) {
		for _, t := range k.tables {
			if !yield(t) {
				return
			}
		}
		for _, t := range k.others {
			if !yield(t) {
				return
			}
		}
	}
}

// maxOthers is how many servers more than one are remembered, of those that
// stand behind the same address and answer in turn.
const maxOthers = 3

// turnTo makes what is kept of a table under a fingerprint the current, and
// returns it, nil where there is none. What was current is put by.
func (k *keeper) turnTo(name, fingerprint string) *keptTable {
	current := k.tables[name]
	if current != nil && current.fingerprint == fingerprint {
		return current
	}
	var found *keptTable
	others := 0
	for i := len(k.others) - 1; i >= 0; i-- {
		switch t := k.others[i]; {
		case t.name != name:
		case t.fingerprint == fingerprint:
			found = t
			k.others = slices.Delete(k.others, i, i+1)
		default:
			if others++; others == maxOthers && current != nil {
				k.others = slices.Delete(k.others, i, i+1)
			}
		}
	}
	if current != nil {
		k.others = append(k.others, current)
	}
	if delete(k.tables, name); found != nil {
		k.tables[name] = found
	}
	return found
}

// sync brings what is kept of a table to the look's snapshot. It reports
// whether the table may be kept at all.
func (k *keeper) sync(ctx context.Context, look DeltaLook, t *catalog.Table) bool {
	fingerprint, ok := look.Fingerprint(t)
	if !ok {
		if fingerprint != "" {
			delete(k.tables, t.Name)
		}
		return false
	}
	snapshot := look.Snapshot()
	kept := k.turnTo(t.Name, fingerprint)
	if kept == nil || kept.since.Standby != snapshot.Standby {
		k.tables[t.Name] = &keptTable{name: t.Name, fingerprint: fingerprint, since: snapshot,
			strips: map[string]*strip{}, details: map[string]*detail{}, refused: map[string]refusal{}, begin: map[string]time.Time{}}
		return true
	}
	if kept.since.ID == snapshot.ID && !snapshot.Standby {
		return true // nothing was committed
	}
	changes, err := look.Changes(ctx, t, kept.since)
	if err != nil {
		delete(k.tables, t.Name)
		return false
	}
	if changes.Everything {
		k.stats.flushes.Add(1)
		kept.strips, kept.details, kept.begin = map[string]*strip{}, map[string]*detail{}, map[string]time.Time{}
	}
	kept.forgetDetails(changes.Dirty, k.looks)
	for _, c := range changes.Dirty {
		if begin, known := kept.begin[c.Column]; known && c.From.Before(begin) {
			kept.begin[c.Column] = c.From
		}
	}
	for _, s := range kept.strips {
		for _, c := range changes.Dirty {
			if c.Column == s.scan.Time {
				s.forget(bucketRange{s.floor(c.From), s.ceil(c.To)})
			}
		}
	}
	kept.since = snapshot
	return true
}

// strip finds or makes the strip of a measure.
func (t *keptTable) strip(scan *query.Scan, m query.Measure, width time.Duration, k *keeper) *strip {
	key := fmt.Sprintf("%s %s %q %v %q", rowsKey(scan), width, m.Expr, m.Kind, m.Where)
	s := t.strips[key]
	if s == nil {
		s = newStrip(key, scan, m, width, query.Origin(k.location))
		t.strips[key] = s
	}
	if s.used < k.looks {
		s.used, s.inUse = k.looks, 0
	}
	return s
}

// rowsKey identifies the rows of a scan and their groups, but for their times.
func rowsKey(scan *query.Scan) string {
	span := query.Span{}
	if scan.Span != nil {
		span = *scan.Span
	}
	return fmt.Sprintf("%q %q %q %q", scan.Time, span, scan.Filters, scan.GroupBy)
}

// width chooses the width of the buckets in which the events of a scan are
// kept. ok is false where they are not kept.
func (k *keeper) width(scan *query.Scan) (width time.Duration, ok bool) {
	if scan.Level || scan.Except != nil || k.tables[scan.Table.Name] == nil {
		return 0, false
	}
	for _, m := range scan.Measures {
		if m.Kind == query.CountDistinct || m.Kind == query.Percentiles {
			return 0, false
		}
	}
	width = time.Minute
	switch span := scan.Buckets.To.Sub(scan.Buckets.From); {
	case span > 400*24*time.Hour:
		return 0, false
	case span > 40*24*time.Hour:
		width = time.Hour
	case scan.Buckets.Step > 0 && scan.Buckets.Step < time.Minute:
		width = scan.Buckets.Step
	}
	origin := query.Origin(k.location)
	if step := scan.Buckets.Step; step > 0 {
		return width, step%width == 0 && onGrid(scan.Buckets.Origin, origin, width)
	}
	for _, bound := range scan.Buckets.Bounds {
		if !onGrid(bound, origin, width) {
			return 0, false
		}
	}
	return width, true
}

// onGrid reports whether an instant is a whole number of widths from another.
func onGrid(t, origin time.Time, width time.Duration) bool {
	return (t.UnixMicro()-origin.UnixMicro())%width.Microseconds() == 0
}

// maxWindows is the most ranges that one statement reads.
const maxWindows = 500

// portion returns, of the gaps in strips, what the next statement reads.
func (k *keeper) portion(table string, gaps []bucketRange, width time.Duration) []bucketRange {
	span := k.tables[table].pace * sliceGoal.Seconds()
	if span == 0 {
		span = time.Hour.Seconds()
	}
	left := max(int64(span/width.Seconds()), 1)
	var ranges []bucketRange
	for _, gap := range gaps {
		if left <= 0 || len(ranges) == maxWindows {
			break
		}
		gap.to = min(gap.to, gap.from+left)
		left -= gap.to - gap.from
		ranges = append(ranges, gap)
	}
	return ranges
}

// takesLong reports whether to read ranges of buckets takes so long that further
// connections are worth what it takes to begin on them.
func (k *keeper) takesLong(table string, ranges []bucketRange, width time.Duration) bool {
	span, pace := time.Duration(length(ranges))*width, k.tables[table].pace
	return pace > 0 && span.Seconds() > pace*sliceGoal.Seconds()*2/3
}

// took learns how fast a table is read from how long it took to fill strips over
// a span, and how many rows of the most that there may be that returned.
func (k *keeper) took(table string, span, took time.Duration, rows, most int) {
	const roundTrip = time.Millisecond
	t := k.tables[table]
	pace := span.Seconds() / max(took, roundTrip).Seconds()
	if took < sliceGoal/10 {
		pace = max(pace, t.pace) // a short statement takes what any does
	}
	if t.pace > 0 {
		pace = min(pace, 4*t.pace) // a stretch without rows says little about the next
	}
	t.pace = min(pace, span.Seconds()/sliceGoal.Seconds()*float64(most/2)/float64(max(rows, 1)))
}

// slowDown makes the next statement that fills strips read so much.
func (k *keeper) slowDown(table string, span time.Duration) {
	k.tables[table].pace = span.Seconds() / sliceGoal.Seconds()
}

// sliceRows is how many rows with so many columns may be read into strips at once.
func (k *keeper) sliceRows(columns int) int {
	return int(min(maxSliceRows, max(k.budget/sliceShare/int64(rowBytes+columns*columnBytes), 100)))
}

func tablesOf(visits []*visit) []*catalog.Table {
	seen := map[string]bool{}
	var tables []*catalog.Table
	for _, v := range visits {
		for _, m := range v.req.Metrics {
			for _, t := range v.req.Catalog.TablesOf(m) {
				if !seen[t.Name] {
					seen[t.Name] = true
					tables = append(tables, t)
				}
			}
		}
	}
	return tables
}

// readsAny reports whether a request needs any of some tables, given by name.
func readsAny(req *query.Request, names map[string]bool) bool {
	for _, m := range req.Metrics {
		for _, t := range req.Catalog.TablesOf(m) {
			if names[t.Name] {
				return true
			}
		}
	}
	return false
}

func allSynced(req *query.Request, synced map[string]bool) bool {
	for _, m := range req.Metrics {
		for _, t := range req.Catalog.TablesOf(m) {
			if !synced[t.Name] {
				return false
			}
		}
	}
	return true
}
