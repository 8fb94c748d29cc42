package soak

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/internal/embedpg"
)

// subscribed makes orders that are written in one database and read in another
// of the same server, to which logical replication carries them over.
func subscribed(t *testing.T, doubts doubts) (published, s *soaking, server *embedpg.Server) {
	server = embedpg.StartForTest(t, twoPhase(map[string]string{"wal_level": "logical"}))
	published, s = newSoaking(t, server, changeLog), startSoaking(t, server, doubts)
	published.exec(t, server,
		"INSERT INTO orders (created_at, total) SELECT '2026-03-10Z'::timestamptz + n * interval '10 s', 1 FROM generate_series(1, 5000) n",
		"CREATE PUBLICATION orders FOR TABLE orders",
		// Made in the same server, a subscription cannot make its own.
		"SELECT pg_create_logical_replication_slot('orders', 'pgoutput')")
	return published, s, server
}

func (s *soaking) subscribe(t *testing.T, published *soaking, server *embedpg.Server) {
	s.exec(t, server, "CREATE SUBSCRIPTION orders CONNECTION '"+server.DSN(published.database)+"' PUBLICATION orders WITH (create_slot = false, slot_name = 'orders')")
	t.Cleanup(func() { // before the databases go
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		_, _ = tryValue[string](ctx, s, server, "ALTER SUBSCRIPTION orders DISABLE")
		_, _ = tryValue[string](ctx, s, server, "ALTER SUBSCRIPTION orders SET (slot_name = NONE)")
		_, _ = tryValue[string](ctx, s, server, "DROP SUBSCRIPTION orders")
		for range 600 {
			if dropped, err := tryValue[bool](ctx, published, server, "SELECT bool_and(pg_drop_replication_slot(slot_name) IS NOT NULL) IS NOT NULL OR NOT EXISTS (SELECT FROM pg_replication_slots) FROM pg_replication_slots"); err == nil && dropped {
				return
			}
			pause(ctx)
		}
	})
}

func TestKeptNumbersEqualPlainOnesWhereReplicationAppliesTheChanges(t *testing.T) {
	t.Parallel()
	published, s, server := subscribed(t, doubtless)
	require.True(t, s.ask(t), "of no orders at all")
	s.subscribe(t, published, server)
	defer published.write(t.Context(), server, habits{noDDL: true})()
	ctx, stop := context.WithTimeout(t.Context(), *howLong)
	defer stop()
	s.read(ctx, t, 1, false)
	require.Positive(t, value[int](t, s, server, "SELECT count(*) FROM orders"))
	s.commits.Store(published.commits.Load())
	s.report(t)
	s.fromMemory(t, s.someRequest)
}

// Triggers that are not enabled ALWAYS do not see what replication applies. The
// engine notices: a log without them is not used.
func TestALogWhoseTriggersAreNotEnabledAlwaysGivesWrongNumbers(t *testing.T) {
	t.Parallel()
	published, s, server := subscribed(t, doubts{sameLog: true})
	for _, table := range strings.Fields("orders orders_old orders_mid orders_new") {
		s.exec(t, server, "ALTER TABLE "+table+" ENABLE TRIGGER live_orders_rows")
	}
	s.subscribe(t, published, server)
	s.wrong = 0
	defer published.write(t.Context(), server, habits{noDDL: true})()
	ctx, stop := context.WithTimeout(t.Context(), 2*time.Minute)
	defer stop()
	s.read(ctx, t, 2, false)
	require.Equal(t, 2, s.wrong)
}
