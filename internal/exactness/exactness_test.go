package exactness_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/internal/embedpg"
	"github.com/pullview/orders-datasource/pkg/engine"
	"github.com/pullview/orders-datasource/pkg/frames"
	"github.com/pullview/orders-datasource/pkg/postgres"
	"github.com/pullview/orders-datasource/pkg/query"
)

const (
	worlds          = 26
	casesPerWorld   = 80
	leastCases      = 2000
	leastPerMark    = 3
	mostDifferences = 5 // printed of each case
)

func TestEveryNumberEqualsWhatItsRowsSay(t *testing.T) {
	t.Parallel()
	found, err := embedpg.Find()
	require.NoError(t, err)
	if testing.Short() {
		found = found[:1]
	}
	seeds := seedsOf(t)
	covered := &coverage{}
	server := 0
	embedpg.Each(t, func(t *testing.T, s *embedpg.Server) {
		for i, seed := range seeds {
			// Every server has its share of the worlds; a chosen one is on all.
			if len(seeds) > 1 && i%len(found) != server {
				continue
			}
			t.Run(fmt.Sprintf("world %d", seed), func(t *testing.T) {
				t.Parallel()
				checkWorld(t, s, seed, covered)
			})
		}
		server++
	})
	if len(seeds) < worlds {
		return // only a part was asked for
	}
	covered.report(t, leastPerMark)
	assert.GreaterOrEqual(t, covered.cases, leastCases)
	assert.GreaterOrEqual(t, covered.counts[tells], leastCases/2)
	assert.Less(t, covered.undecided, covered.values/1000, "rounding decides too much")
}

func seedsOf(t testing.TB) []uint64 {
	t.Helper()
	if seed := setting(t, varWorld, 0); seed > 0 {
		return []uint64{uint64(seed)}
	}
	seeds := make([]uint64, setting(t, varWorlds, worlds))
	for i := range seeds {
		seeds[i] = uint64(setting(t, varFrom, 1) + i)
	}
	return seeds
}

func checkWorld(t *testing.T, s *embedpg.Server, seed uint64, covered *coverage) {
	w := newWorld(t, s, seed)
	only := setting(t, varCase, -1)
	for n := range casesPerWorld {
		if only < 0 || n == only {
			checkCase(t, w, n, covered)
		}
	}
}

// checkCase asks one question and compares its answer.
func checkCase(t *testing.T, w *world, n int, covered *coverage) {
	q := w.ask(t, n)
	answer, frame, err := q.answer(t.Context())
	if !assert.NoError(t, err, "%s", q.repeat()) {
		return
	}
	o := newOracle(q, answer.AsOf)
	v, decided, err := o.judge(frame)
	if !assert.NoError(t, err, "%s", q.repeat()) {
		return
	}
	if !decided {
		covered.addUndecided()
		return
	}
	covered.add(q, o, v)
	if len(v.differences) == 0 {
		return
	}
	var b strings.Builder
	for _, d := range v.differences[:min(len(v.differences), mostDifferences)] {
		b.WriteString("\n  " + d.String())
	}
	t.Errorf("%d of %d values differ%s\n  asOf %s\n  %s\n  statements: %s",
		len(v.differences), len(v.differences)+v.judged, b.String(), answer.AsOf.Format(time.RFC3339Nano), q.repeat(),
		strings.Join(answer.Stats.Statements, "\n"))
}

// judge compares a frame with what the rows say. decided is false when rounding
// decides which groups rank first, so that there is nothing to compare.
func (o *oracle) judge(frame *data.Frame) (v *verdict, decided bool, err error) {
	e := &expected{partial: o.running(), decided: true}
	if o.request.Format == query.FormatHeatmap {
		v, err = o.compareHeatmap(frame)
	} else {
		var got readings
		if got, err = readFrame(frame, o.question); err == nil {
			e = o.expect()
			v = e.compare(got)
		}
	}
	if err != nil {
		return nil, true, err
	}
	o.compareMeta(frame, e, v)
	return v, e.decided, nil
}

// compareMeta judges what a frame says about its answer.
func (o *oracle) compareMeta(frame *data.Frame, e *expected, v *verdict) {
	custom, ok := frame.Meta.Custom.(frames.Custom)
	if !ok {
		v.differ("meta", "", "frames.Custom", fmt.Sprintf("%T", frame.Meta.Custom))
		return
	}
	want := custom
	want.AsOf, want.Step, want.Timezone = time.UnixMicro(o.asOf).UnixMilli(), o.request.Step.String(), o.world.loc.String()
	want.Partial = []int64{}
	for _, at := range e.partial {
		want.Partial = append(want.Partial, time.UnixMicro(at).UnixMilli())
	}
	if !assert.ObjectsAreEqual(want, custom) {
		v.differ("meta", "", fmt.Sprintf("%+v", want), fmt.Sprintf("%+v", custom))
	}
}

// answer answers a question as the plugin does.
func (q *question) answer(ctx context.Context) (*query.Answer, *data.Frame, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	store := clockedStore{q.world.store, &q.asOf}
	asked := engine.New(store)
	if q.world.kept != nil { // the answer is one from memory, as far as it can be
		*q.world.clock = q.asOf
		asked = q.world.kept
		if _, err := asked.Answer(ctx, q.request, query.Caller{}); err != nil {
			return nil, nil, err
		}
	}
	answer, err := asked.Answer(ctx, q.request, query.Caller{})
	if err != nil {
		return nil, nil, err
	}
	q.kept = answer.Stats.Guarantee == engine.GuaranteeExact
	list, err := frames.Frames(answer)
	if err == nil && len(list) != 1 {
		err = fmt.Errorf("%d frames instead of one", len(list))
	}
	if err != nil {
		return nil, nil, err
	}
	return answer, list[0], nil
}

// clockedStore is the store of the plugin, with a clock that is set by hand
// unless asOf is zero.
type clockedStore struct {
	*postgres.Store
	asOf *time.Time
}

func (s clockedStore) Look(ctx context.Context, caller query.Caller) (engine.Look, error) {
	look, err := s.Store.Look(ctx, caller)
	if err != nil {
		return nil, err
	}
	return clockedLook{look, *s.asOf}, nil
}

func (s clockedStore) LookAt(ctx context.Context, caller query.Caller, tables []query.Known) (engine.DeltaLook, error) {
	look, err := s.Store.LookAt(ctx, caller, tables)
	if err != nil {
		return nil, err
	}
	return clockedDelta{look, clockedLook{look.Look, *s.asOf}}, nil
}

type clockedDelta struct {
	engine.DeltaLook
	clock clockedLook
}

func (l clockedDelta) Snapshot() query.Snapshot { return l.clock.Snapshot() }

type clockedLook struct {
	*postgres.Look
	asOf time.Time
}

func (l clockedLook) Snapshot() query.Snapshot {
	snapshot := l.Look.Snapshot()
	if !l.asOf.IsZero() {
		snapshot.AsOf = l.asOf
	}
	return snapshot
}

func (q *question) json() string {
	text, err := json.Marshal(q.query)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// repeat says how to ask the question again, and what it is.
func (q *question) repeat() string {
	again := fmt.Sprintf("%s=%d %s=%d", varWorld, q.world.seed, varCase, q.number)
	if q.world.live && os.Getenv(varNow) == "" {
		again += fmt.Sprintf(" %s=%s", varNow, now().Format(time.RFC3339Nano))
	}
	return fmt.Sprintf("%s go test ./internal/exactness\n  from %s to %s, at most %d points, alert %t, zone %s\n  query %s",
		again, q.env.From.Format(time.RFC3339Nano), q.env.To.Format(time.RFC3339Nano), q.env.MaxDataPoints, q.env.FromAlert, q.world.loc, q.json())
}
