package engine

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/message"
	"github.com/pullview/orders-datasource/pkg/query"
)

// rowStore is an orders store in memory whose change log is exact, for checking
// the keeper's arithmetic apart from any database. Every change makes a new
// snapshot.
type rowStore struct {
	mu      sync.Mutex
	now     time.Time
	rows    []memoryRow
	log     []memoryChange
	version int
	scanned int // rows that scans with buckets have read
	lanes   int // scans that it could run at the same time

	redefined int // looks at whose end the table turns out to be another one

	server string // that answers
}

type memoryRow struct {
	at     time.Time
	done   time.Time // zero while the row is open
	group  string
	amount int64
	paid   bool
}

// in returns the row's time in a column.
func (r *memoryRow) in(column string) time.Time {
	if column == "done" {
		return r.done
	}
	return r.at
}

type memoryChange struct {
	version int
	row     memoryRow
}

// change logs what a row was, or has become.
func (s *rowStore) change(r memoryRow) {
	s.version++
	s.log = append(s.log, memoryChange{s.version, r})
}

func (s *rowStore) Look(context.Context, query.Caller) (Look, error) { return s.look(), nil }

func (s *rowStore) LookAt(context.Context, query.Caller, []query.Known) (DeltaLook, error) {
	return s.look(), nil
}

func (s *rowStore) look() *rowLook {
	s.mu.Lock()
	defer s.mu.Unlock()
	return &rowLook{store: s, rows: slices.Clone(s.rows), log: slices.Clone(s.log),
		snapshot: query.Snapshot{AsOf: s.now, ID: strconv.Itoa(s.version)}}
}

type rowLook struct {
	DeltaLook
	store    *rowStore
	rows     []memoryRow
	log      []memoryChange
	snapshot query.Snapshot
}

func (l *rowLook) Snapshot() query.Snapshot                  { return l.snapshot }
func (l *rowLook) Close()                                    {}
func (l *rowLook) Fingerprint(*catalog.Table) (string, bool) { return "same" + l.store.server, true }
func (l *rowLook) Unchanged(context.Context) (bool, error) {
	l.store.mu.Lock()
	defer l.store.mu.Unlock()
	l.store.redefined--
	return l.store.redefined < 0, nil
}
func (l *rowLook) Changes(_ context.Context, _ *catalog.Table, since query.Snapshot) (query.Changes, error) {
	var changes query.Changes
	from, err := strconv.Atoi(since.ID)
	for _, c := range l.log {
		if c.version > from {
			for _, column := range []string{"at", "done"} {
				if at := c.row.in(column); !at.IsZero() {
					bucket := at.Truncate(10 * time.Second)
					changes.Dirty = append(changes.Dirty, query.Change{Column: column, From: bucket, To: bucket.Add(10 * time.Second)})
				}
			}
		}
	}
	return changes, err
}

func (l *rowLook) Lanes(context.Context) (int, error) { return l.store.lanes, nil }
func (l *rowLook) ScanAll(ctx context.Context, scans []*query.Scan) (all []*query.Cells, err error) {
	for _, scan := range scans {
		cells, err := l.Scan(ctx, scan)
		if err != nil {
			return nil, err
		}
		all = append(all, cells)
	}
	return all, nil
}

// Keepable refuses a scan of no time at all, as the store does.
func (l *rowLook) Keepable(_ context.Context, scan *query.Scan) (reason message.Message, err error) {
	if !scan.Level && !scan.Buckets.To.After(scan.Buckets.From) {
		err = fmt.Errorf("a scan from %s to %[1]s", scan.Buckets.From)
	}
	return reason, err
}
func (l *rowLook) Earliest(_ context.Context, _ *catalog.Table, column string) (first time.Time, ok bool, err error) {
	for i := range l.rows {
		if at := l.rows[i].in(column); !at.IsZero() && (!ok || at.Before(first)) {
			first, ok = at, true
		}
	}
	return first, ok, nil
}

// takesPart applies the rules of a scan's times to a row.
func takesPart(r *memoryRow, scan *query.Scan) bool {
	if scan.Span != nil && !r.done.IsZero() && !r.done.After(r.at) {
		return false
	}
	if scan.Level {
		return r.at.Before(scan.Buckets.To) && (r.done.IsZero() || !r.done.Before(scan.Buckets.To))
	}
	at := r.in(scan.Time)
	return !at.IsZero() && !at.Before(scan.Buckets.From) && at.Before(scan.Buckets.To)
}

func (l *rowLook) Scan(_ context.Context, scan *query.Scan) (*query.Cells, error) {
	cells := &query.Cells{Stat: query.ScanStat{SQL: "memory"}}
	for range scan.Measures {
		cells.Columns = append(cells.Columns, query.Column{})
	}
	at := map[string]int{}
	groups := map[string]int32{}
	for _, r := range l.rows {
		if !takesPart(&r, scan) {
			continue
		}
		any := false
		for _, m := range scan.Measures {
			any = any || m.Where == "" || r.paid
		}
		if !any {
			continue
		}
		l.store.mu.Lock()
		l.store.scanned++
		l.store.mu.Unlock()
		bucket, group := bucketOf(&scan.Buckets, r.in(scan.Time)), r.group
		if len(scan.GroupBy) == 0 {
			group = ""
		}
		key := fmt.Sprint(bucket, group)
		row, ok := at[key]
		if !ok {
			row = len(at)
			if row == scan.MaxRows {
				return nil, query.ErrTooManyCells
			}
			at[key] = row
			cells.Bucket = append(cells.Bucket, bucket)
			if len(scan.GroupBy) > 0 {
				if _, ok := groups[group]; !ok {
					groups[group] = int32(len(groups))
					cells.Groups = append(cells.Groups, query.Group{{Text: strings.Clone(group)}})
				}
				cells.Group = append(cells.Group, groups[group])
			}
			for i := range cells.Columns {
				cells.Columns[i].Ints = append(cells.Columns[i].Ints, 0)
			}
		}
		for i, m := range scan.Measures {
			switch {
			case m.Where != "" && !r.paid:
			case m.Kind == query.CountRows:
				cells.Columns[i].Ints[row]++
			default:
				cells.Columns[i].Ints[row] += r.amount
			}
		}
	}
	if len(at) > scan.MaxRows || scan.MaxGroups > 0 && len(groups) > scan.MaxGroups {
		return nil, query.ErrTooManyCells
	}
	cells.Stat.Rows = len(at)
	return cells, nil
}

const keptCatalog = `{
  "version": 1, "timezone": "Europe/Berlin",
  "tables": {"orders": {"relation": "orders", "time": "at", "changes": {"mode": "log"},
    "dimensions": {"shop": {"column": "shop"}}}},
  "metrics": {
    "orders": {"type": "counter", "table": "orders", "help": "Orders"},
    "paid": {"type": "counter", "table": "orders", "where": "paid", "help": "Orders paid"},
    "open": {"type": "gauge", "table": "orders", "opened": "at", "closed": "done", "help": "Open"},
    "owed": {"type": "gauge", "table": "orders", "opened": "at", "closed": "done", "sum": "amount", "where": "paid", "help": "Owed"},
    "load": {"type": "ratio", "numerator": "owed", "denominator": "open", "help": "Load"},
    "revenue": {"type": "counter", "table": "orders", "sum": "amount", "where": "paid", "help": "Revenue"},
    "ticket": {"type": "ratio", "numerator": "revenue", "denominator": "orders", "help": "Ticket"}}}`

// The clock is the store's, so that how much is kept does not depend on the machine.
func TestKeptAnswersEqualLiveOnesWhateverChanges(t *testing.T) {
	t.Parallel()
	cat, err := catalog.Parse([]byte(keptCatalog))
	require.NoError(t, err)
	for seed := range uint64(20) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				random := rand.New(rand.NewPCG(seed, 7))
				now := time.Date(2026, 3, 29, 9, 13, 7, 0, time.UTC) // the day of a clock change
				store := &rowStore{now: now, lanes: 1 + int(seed%3)}
				moment := func() time.Time {
					return now.Add(-time.Duration(random.Int64N(int64(60 * time.Hour)))).Truncate(time.Second)
				}
				live := New(store)
				// With a small budget chunks are dropped all the time.
				budget := []int64{1 << 20, 100_000, 60_000}[seed%3]
				kept := NewKeeping(store, Keep{Location: cat.Location(), Bytes: budget, Audit: true})
				kept.keeper.patience, kept.keeper.linger = time.Hour, time.Duration(seed%2)*20*time.Second
				exact := 0
				metrics := []string{"orders", "paid", "revenue", "ticket", "open", "owed", "load"}
				for step := range 120 {
					store.mu.Lock()
					for range random.IntN(6) {
						switch {
						case len(store.rows) == 0 || random.IntN(3) > 0:
							r := memoryRow{at: moment(), group: string(rune('a' + random.IntN(4))), amount: random.Int64N(100), paid: random.IntN(2) == 0}
							if random.IntN(2) == 0 {
								r.done = moment()
							}
							store.rows = append(store.rows, r)
							store.change(r)
						case random.IntN(2) == 0:
							i := random.IntN(len(store.rows))
							store.change(store.rows[i])
							store.rows = slices.Delete(store.rows, i, i+1)
						default:
							r := &store.rows[random.IntN(len(store.rows))]
							store.change(*r)
							r.at, r.amount, r.paid = moment(), random.Int64N(100), !r.paid
							if r.done.IsZero() {
								r.done = moment()
							}
							store.change(*r)
						}
					}
					pass := time.Duration(random.IntN(40)) * time.Second
					store.now = store.now.Add(pass)
					store.mu.Unlock()
					time.Sleep(pass)
					ask := query.Query{
						RefID: "A", Version: 1,
						Metrics: []string{metrics[random.IntN(len(metrics))], "orders"}[:1+random.IntN(2)],
						Step:    []string{"1m", "10m", "1h", "1d", "range", "10s"}[random.IntN(6)],
					}
					if len(ask.Metrics) == 2 && ask.Metrics[0] == "orders" {
						ask.Metrics = ask.Metrics[:1]
					}
					if random.IntN(2) == 0 {
						ask.GroupBy = []string{"shop"}
					}
					if random.IntN(4) == 0 {
						ask.Compare = []string{"1d"}
					}
					to := store.now.Add(time.Duration(random.IntN(3)-1) * time.Minute)
					from := to.Add(-time.Duration(1+random.IntN(30)) * time.Hour).Add(time.Duration(random.IntN(1000)) * time.Millisecond)
					if ask.Step == "10s" {
						from = to.Add(-time.Hour)
					}
					req, err := ask.Validate(cat, query.Environment{From: from, To: to, Limits: query.Limits{MaxCells: 1_000_000, MaxSeries: 1000}})
					require.NoError(t, err)
					want, err := live.Answer(t.Context(), req, query.Caller{})
					require.NoError(t, err)
					got, err := kept.Answer(t.Context(), req, query.Caller{})
					require.NoError(t, err)
					assert.LessOrEqual(t, kept.Kept().Bytes, budget+budget/10)
					if got.Stats.Guarantee == GuaranteeExact {
						exact++
					}
					require.Equal(t, len(want.Series), len(got.Series), "step %d", step)
					for i := range want.Series {
						assert.Equal(t, want.Series[i].Labels, got.Series[i].Labels)
						require.Equal(t, floatsOf(&want.Series[i].Values), floatsOf(&got.Series[i].Values), "step %d, %+v, series %d", step, ask, i)
					}
				}
				if budget == 1<<20 {
					assert.Equal(t, 120, exact)
				}
				assert.Greater(t, exact, 50)
				assert.Zero(t, kept.Kept().Mismatches)
			})
		})
	}
}

// Where a look at its end finds the table to be another one, the next begins with
// nothing and answers. Where that one finds the same, the answer is live.
func TestWhatALookTookForAnotherTableIsReadAnew(t *testing.T) {
	t.Parallel()
	k := keepOrders(t, 1<<24, 3)
	q := query.Query{Metrics: []string{"revenue"}, Step: "10m"}
	k.ask(q, time.Hour, 0)
	for redefined, want := range map[int]string{1: GuaranteeExact, 2: GuaranteeLive} {
		k.store.rows[9].amount++ // of which no log tells
		k.store.redefined = redefined
		flushes := k.kept.Kept().Flushes
		_, _, guarantee := k.ask(q, time.Hour, 0)
		assert.Equal(t, want, guarantee, "%d looks", redefined)
		assert.Equal(t, int64(redefined), k.kept.Kept().Flushes-flushes)
	}
}

// A range that ends within a minute and one that ends within ten seconds of it
// are kept apart, even if both begin at once.
func TestEndsInStretchesOfDifferentWidthsAreKeptApart(t *testing.T) {
	t.Parallel()
	cat, err := catalog.Parse([]byte(keptCatalog))
	require.NoError(t, err)
	noon := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	store := &rowStore{now: noon.Add(24*time.Hour + 5*time.Second)}
	for i := range 60 {
		store.rows = append(store.rows, memoryRow{at: noon.Add(time.Duration(i) * time.Second), group: "a"})
	}
	kept := NewKeeping(store, Keep{Location: cat.Location(), Bytes: 1 << 22})
	ask := func(q query.Query, from, to time.Time) *query.Answer {
		q.RefID, q.Version, q.Metrics = "A", 1, []string{"orders"}
		req, err := q.Validate(cat, query.Environment{From: from, To: to, Limits: query.Limits{MaxCells: 100_000, MaxSeries: 10}})
		require.NoError(t, err)
		answer, err := kept.Answer(t.Context(), req, query.Caller{})
		require.NoError(t, err)
		return answer
	}
	compared := ask(query.Query{Step: "10s", Compare: []string{"1d"}}, noon.Add(24*time.Hour), noon.Add(24*time.Hour+20*time.Second))
	assert.Equal(t, []string{"5", "null"}, floatsOf(&compared.Series[1].Values), "until the same time")
	assert.Equal(t, []string{"40"}, floatsOf(&ask(query.Query{Step: "range"}, noon, noon.Add(40*time.Second)).Series[0].Values))
}

func floatsOf(v *query.Values) []string {
	texts := make([]string, v.Len())
	for i := range texts {
		if f, ok := v.Float64(i); ok {
			texts[i] = strconv.FormatFloat(f, 'g', -1, 64)
		} else {
			texts[i] = "null"
		}
	}
	return texts
}

func TestAWarmAnswerReadsOnlyWhatChanged(t *testing.T) {
	t.Parallel()
	cat, err := catalog.Parse([]byte(keptCatalog))
	require.NoError(t, err)
	now := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	store := &rowStore{now: now}
	for i := range 10_000 {
		store.rows = append(store.rows, memoryRow{at: now.Add(-time.Duration(i) * time.Second), group: "a"})
	}
	kept := NewKeeping(store, Keep{Location: cat.Location(), Bytes: 1 << 22})
	ask := query.Query{RefID: "A", Version: 1, Metrics: []string{"orders"}, Step: "1m"}
	req, err := ask.Validate(cat, query.Environment{From: now.Add(-3 * time.Hour), To: now, Limits: query.Limits{MaxCells: 100_000, MaxSeries: 10}})
	require.NoError(t, err)
	_, err = kept.Answer(t.Context(), req, query.Caller{})
	require.NoError(t, err)
	assert.Equal(t, 9_999, store.scanned, "all but the one at the end of the range")

	store.scanned = 0
	_, err = kept.Answer(t.Context(), req, query.Caller{})
	require.NoError(t, err)
	assert.Zero(t, store.scanned, "nothing changed")

	store.change(memoryRow{at: now.Add(-30 * time.Minute)})
	_, err = kept.Answer(t.Context(), req, query.Caller{})
	require.NoError(t, err)
	assert.Equal(t, 60, store.scanned, "one minute changed")

	store.scanned = 0
	ask.Step = "1h"
	coarser, err := ask.Validate(cat, query.Environment{From: now.Add(-3 * time.Hour), To: now, Limits: query.Limits{MaxCells: 100_000, MaxSeries: 10}})
	require.NoError(t, err)
	_, err = kept.Answer(t.Context(), coarser, query.Caller{})
	require.NoError(t, err)
	assert.Zero(t, store.scanned, "hours are folded from minutes")
}

// Servers behind one address answer in turn. What is kept of each stays, as far
// as they are few.
func TestNumbersAreKeptForEachOfAFewServers(t *testing.T) {
	t.Parallel()
	k := keepOrders(t, 1<<24, 3)
	q := query.Query{Metrics: []string{"orders"}, Step: "10m"}
	for server := range 1 + maxOthers {
		k.store.server = strconv.Itoa(server)
		rows, _, _ := k.ask(q, time.Hour, 0)
		assert.Equal(t, 3600, rows, server)
	}
	held := k.kept.Kept().Bytes
	for range 2 {
		for server := range 1 + maxOthers {
			k.store.server = strconv.Itoa(server)
			rows, _, _ := k.ask(q, time.Hour, 0)
			assert.Zero(t, rows, server)
		}
	}
	changed := memoryRow{at: k.store.now.Add(-90 * time.Second), group: "group 1", amount: 7}
	k.store.rows = append(k.store.rows, changed)
	k.store.change(changed)
	for server := range 1 + maxOthers {
		k.store.server = strconv.Itoa(server)
		rows, _, _ := k.ask(q, time.Hour, 0)
		assert.Positive(t, rows, server)
		assert.LessOrEqual(t, rows, 61, "of the minute that changed, on server %d", server)
	}
	assert.LessOrEqual(t, k.kept.Kept().Bytes, 2*held, "with the stretches of the minute that changed")
	held = k.kept.Kept().Bytes
	for server := range 3 * maxOthers {
		k.store.server = strconv.Itoa(server)
		k.ask(q, time.Hour, 0)
		assert.LessOrEqual(t, k.kept.Kept().Bytes, held+held/4)
	}
}

// A comparison goes until the same time, which is before a range in the future.
func TestAComparisonOfARangeThatIsYetToComeIsEmpty(t *testing.T) {
	t.Parallel()
	k := keepOrders(t, 1<<24, 3)
	for _, step := range []string{"range", "10m"} {
		_, _, guarantee := k.ask(query.Query{Metrics: []string{"revenue"}, Step: step, Compare: []string{"1h"}}, -time.Hour, -2*time.Hour)
		assert.Equal(t, GuaranteeExact, guarantee, step)
	}
}
