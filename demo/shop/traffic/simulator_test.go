package traffic

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/demo/shop/orders"
)

// clock is a clock that a test sets.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) set(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = now
}

// lines is a log that may be read while it is written.
type lines struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buffer.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buffer.String()
}

func play(t *testing.T, pool *pgxpool.Pool, from time.Time) (*Simulator, *clock, *lines) {
	t.Helper()
	c, log := &clock{now: from}, &lines{}
	s, err := NewSimulator(t.Context(), pool, Play{
		Seed: yesterday.Seed, OrdersPerDay: yesterday.OrdersPerDay, From: from,
		Now: c.Now, Log: slog.New(slog.NewTextHandler(log, nil)),
	})
	require.NoError(t, err)
	return s, c, log
}

const everything = `
select md5(string_agg(x::text, E'\n' order by x::text)) from (
  select 'order', o::text from public.orders o union all select 'cart', c::text from public.carts c
) x`

func TestSimulatorCarriesTheHistoryOnWithoutASeam(t *testing.T) {
	t.Parallel()
	pool := open(t, &loaded)
	s, _, log := play(t, pool, evening)
	openBefore := ask[int64](t, pool, `select count(*) from public.carts where closed_at is null`)
	waiting := ask[int64](t, pool, `select count(*) from public.orders where status = 'received'`)

	require.NoError(t, s.Advance(t.Context(), evening.Add(time.Hour)))
	assert.Empty(t, log.String())
	end := evening.Add(time.Hour)

	assert.Zero(t, ask[int64](t, pool, `select count(*) from public.orders where created_at >= $1 or invoiced_at >= $1 or cancelled_at >= $1`, end))
	for name, sql := range map[string]string{
		"orders":   `select count(*) from public.orders where created_at >= $1 and created_at < $2`,
		"invoices": `select count(*) from public.orders where invoiced_at >= $1 and invoiced_at < $2`,
		"carts":    `select count(*) from public.carts where opened_at >= $1 and opened_at < $2`,
		"closed":   `select count(*) from public.carts where closed_at >= $1 and closed_at < $2`,
	} {
		before := ask[int64](t, pool, sql, evening.Add(-30*time.Minute), evening)
		after := ask[int64](t, pool, sql, evening, evening.Add(30*time.Minute))
		require.Positive(t, before, name)
		assert.InEpsilon(t, before, after, 0.35, "%s in the half hours before and after the seam", name)
	}
	// All of the old ones but a few that take very long have come to an end.
	assert.Less(t, ask[int64](t, pool, `select count(*) from public.carts where closed_at is null and opened_at < $1`, evening), openBefore/4)
	assert.Less(t, ask[int64](t, pool, `select count(*) from public.orders where status = 'received' and created_at < $1`, evening), waiting/10)
	// The office does not finish them all at once.
	burst := ask[int64](t, pool, `select max(n) from (select count(*) n from public.orders where invoiced_at >= $1 group by date_trunc('minute', invoiced_at)) x`, evening)
	assert.Less(t, burst, waiting/2)
}

func TestSimulationIsTheSameForTheSameSeed(t *testing.T) {
	t.Parallel()
	one, other := open(t, &loaded), open(t, &loaded)
	first, _, _ := play(t, one, evening)
	second, _, _ := play(t, other, evening)
	require.NoError(t, first.Advance(t.Context(), evening.Add(20*time.Minute)))
	for minute := 1; minute <= 20; minute++ {
		require.NoError(t, second.Advance(t.Context(), evening.Add(time.Duration(minute)*time.Minute)))
	}
	assert.Equal(t, ask[string](t, one, everything), ask[string](t, other, everything), "in one step and in twenty")
}

func TestRestartedSimulatorGoesOn(t *testing.T) {
	t.Parallel()
	pool := open(t, &loaded)
	first, _, _ := play(t, pool, evening)
	require.NoError(t, first.Advance(t.Context(), evening.Add(10*time.Minute)))
	before := ask[int64](t, pool, `select count(*) from public.carts where closed_at is null`)

	second, _, log := play(t, pool, evening.Add(10*time.Minute))
	require.NoError(t, second.Advance(t.Context(), evening.Add(time.Hour)))
	assert.Empty(t, log.String())
	left := ask[int64](t, pool, `select count(*) from public.carts where closed_at is null and opened_at < $1`, evening.Add(10*time.Minute))
	assert.Less(t, left, before/4)
}

func TestNothingHappensWhileTrafficIsStopped(t *testing.T) {
	t.Parallel()
	pool := open(t, &loaded)
	s, now, _ := play(t, pool, evening)
	at := func(minutes int) time.Time { return evening.Add(time.Duration(minutes) * time.Minute) }
	advance := func(minutes int) {
		now.set(at(minutes))
		require.NoError(t, s.Advance(t.Context(), at(minutes)))
	}

	advance(5)
	s.Stop()
	s.Stop()
	assert.False(t, s.Running())
	stopped := ask[string](t, pool, everything)
	advance(20)
	advance(35)
	assert.Equal(t, stopped, ask[string](t, pool, everything))

	s.Start()
	s.Start()
	assert.True(t, s.Running())
	advance(50)
	const events = `select count(*) from (
		select created_at at from public.orders union all select invoiced_at from public.orders union all
		select cancelled_at from public.orders union all select opened_at from public.carts union all select closed_at from public.carts
	) x where at >= $1 and at < $2`
	assert.Zero(t, ask[int64](t, pool, events, at(5), at(35)))
	assert.Positive(t, ask[int64](t, pool, events, at(35), at(36)))
	ratio := float64(ask[int64](t, pool, events, at(35), at(40))) / float64(ask[int64](t, pool, events, at(0), at(5)))
	assert.InDelta(t, 1, ratio, 0.4, "the backlog does not come all at once")
}

func TestOrderFromOutsideIsDealtWith(t *testing.T) {
	t.Parallel()
	pool := open(t, &loaded)
	s, _, _ := play(t, pool, evening)
	order, err := orders.NewStore(pool).Save(t.Context(), orders.Draft{CustomerID: 1, Channel: "web", Region: "SP", Items: 1, Total: 5000}, evening.Add(time.Second))
	require.NoError(t, err)
	s.Follow(order)
	require.NoError(t, s.Advance(t.Context(), evening.Add(3*time.Hour)))
	assert.NotEqual(t, "received", ask[string](t, pool, `select status from public.orders where id = $1`, order.ID))
}

func TestSimulatorWaitsForAStoreThatFails(t *testing.T) {
	t.Parallel()
	pool := open(t, &loaded)
	s, now, log := play(t, pool, evening)
	before := ask[int64](t, pool, `select count(*) from public.carts`)
	rename := func(statements ...string) {
		for _, statement := range statements {
			_, err := pool.Exec(t.Context(), statement)
			require.NoError(t, err)
		}
	}
	rename(`alter table public.carts rename to carts_away`, `alter table public.orders rename to orders_away`)

	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); s.Run(ctx) }()
	now.set(evening.Add(10 * time.Minute))
	require.Eventually(t, func() bool { return strings.Contains(log.String(), "waits for the store") }, 30*time.Second, 10*time.Millisecond)

	rename(`alter table public.carts_away rename to carts`, `alter table public.orders_away rename to orders`)
	require.Eventually(t, func() bool { return strings.Contains(log.String(), "goes on") }, 30*time.Second, 10*time.Millisecond)
	cancel()
	<-done
	assert.Positive(t, ask[int64](t, pool, `select count(*) from public.carts where opened_at >= $1 and opened_at < $2`, evening, evening.Add(2*time.Minute)),
		"what was due while the store failed happened at its own time")
	assert.Greater(t, ask[int64](t, pool, `select count(*) from public.carts`), before)
}

func TestStoreWithoutCustomersIsRefused(t *testing.T) {
	t.Parallel()
	_, err := NewSimulator(t.Context(), open(t, &empty), Play{Seed: 1, OrdersPerDay: 10, From: evening, Now: time.Now})
	assert.ErrorContains(t, err, "no customers; load a history first")
}
