package plugin_test

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/genproto/pluginv2"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/internal/embedpg"
)

// slowCatalog has a metric whose statement takes a minute, and one that does
// not.
const slowCatalog = `{
  "version": 1, "timezone": "UTC",
  "tables": {"orders": {"relation": "public.orders", "time": "created_at"}},
  "metrics": {
    "slow": {"type": "counter", "table": "orders", "where": "(SELECT pg_sleep(60) IS NOT NULL)", "help": "Takes a minute"},
    "fast": {"type": "counter", "table": "orders", "help": "Takes no time"}
  }
}`

// sleeping counts the statements that sleep in the connection's database.
func sleeping(t testing.TB, conn *pgx.Conn) (n int) {
	t.Helper()
	require.NoError(t, conn.QueryRow(t.Context(), `SELECT count(*) FROM pg_stat_activity
		WHERE datname = current_database() AND pid <> pg_backend_pid() AND wait_event = 'PgSleep'`).Scan(&n))
	return n
}

func contextOf(t testing.TB) (context.Context, context.CancelFunc) {
	return context.WithCancel(t.Context())
}

// safeBuffer is a bytes.Buffer for one writer and any readers.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func collect(t testing.TB) string {
	t.Helper()
	response, err := client(t).DiagnosticsClient.CollectMetrics(t.Context(), &pluginv2.CollectMetricsRequest{})
	require.NoError(t, err)
	return string(response.Metrics.Prometheus)
}

// silent accepts connections and never says a word.
func silent(t testing.TB) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	accepted := make(chan []net.Conn)
	go func() {
		var conns []net.Conn
		for {
			conn, err := listener.Accept()
			if err != nil {
				accepted <- conns
				return
			}
			conns = append(conns, conn)
		}
	}()
	t.Cleanup(func() {
		_ = listener.Close()
		for _, conn := range <-accepted {
			_ = conn.Close()
		}
	})
	return listener.Addr().String()
}

// refusing is an address on which nobody listens.
func refusing(t testing.TB) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	return listener.Addr().String()
}

func TestAStoreThatCannotBeReachedIsDownstreamAndSaysWhatToDo(t *testing.T) {
	t.Parallel()
	dsn := shop.Database(t, embedpg.Shared(t))
	for about, test := range map[string]struct {
		change func(t *testing.T, s *source)
		status int
		says   []string
	}{
		"a wrong password": {
			func(_ *testing.T, s *source) { s.settings.DecryptedSecureJSONData["password"] = "gu3ss" },
			http.StatusBadGateway, []string{"password", "postgres", "data source settings"},
		},
		"a user that does not exist": {
			func(_ *testing.T, s *source) { s.settings.User = "nobody" },
			http.StatusBadGateway, []string{"nobody", "data source settings"},
		},
		"a database that does not exist": {
			func(_ *testing.T, s *source) { s.json["database"] = "nowhere" },
			http.StatusBadGateway, []string{"nowhere", "data source settings"},
		},
		"a host that does not resolve": {
			func(_ *testing.T, s *source) { s.settings.URL = "orders.invalid:5432" },
			http.StatusBadGateway, []string{"orders.invalid", "cannot be found"},
		},
		"a host that refuses": {
			func(t *testing.T, s *source) { s.settings.URL = refusing(t) },
			http.StatusBadGateway, []string{"cannot be reached", "refused"},
		},
		"a host that accepts and stays silent": {
			func(t *testing.T, s *source) {
				s.settings.URL, s.json["queryTimeoutSeconds"] = silent(t), 1
			},
			http.StatusBadGateway, []string{"does not answer"},
		},
		"TLS asked of a server that has none": {
			func(_ *testing.T, s *source) { s.json["sslmode"] = "require" },
			http.StatusBadGateway, []string{"encryption", "sslmode"},
		},
	} {
		t.Run(about, func(t *testing.T) {
			t.Parallel()
			s := newSource(t, dsn, shopCatalog)
			test.change(t, s)
			began := time.Now()
			responses := s.query(t,
				asked{refID: "A", json: `{"metrics": ["invoiced"]}`},
				asked{refID: "B", json: `{"metrics": ["no such metric"]}`})
			assert.Less(t, time.Since(began), 15*time.Second, "nobody waits for ever")
			failed := responses["A"]
			require.Error(t, failed.Error)
			for _, part := range test.says {
				assert.Contains(t, failed.Error.Error(), part)
			}
			assert.EqualValues(t, test.status, failed.Status)
			assert.Equal(t, backend.ErrorSourceDownstream, failed.ErrorSource)
			assert.Equal(t, backend.StatusBadRequest, responses["B"].Status, "a mistake needs no database to be found")

			health := s.health(t)
			assert.Equal(t, backend.HealthStatusError, health.Status)
			for _, part := range test.says {
				assert.Contains(t, health.Message, part)
			}
			for _, shown := range []string{failed.Error.Error(), health.Message, string(health.JSONDetails)} {
				assert.NotContains(t, shown, "gu3ss")
			}

			// The plugin is alive, and another data source is unharmed.
			assert.Equal(t, []string{"invoiced: 5"}, text(t, newSource(t, dsn, shopCatalog).one(t, `{"metrics": ["invoiced"], "step": "range"}`)))
		})
	}
}

func TestADatabaseThatStopsInMidQueryAndComesBack(t *testing.T) {
	t.Parallel()
	server := embedpg.StartForTest(t, embedpg.Options{})
	for about, stop := range map[string]func() error{"it shuts down": server.Halt, "it crashes": server.Kill} {
		t.Run(about, func(t *testing.T) {
			dsn := shop.Database(t, server)
			s := newSource(t, dsn, slowCatalog)
			fast := `{"metrics": ["fast"], "step": "range"}`
			text(t, s.one(t, fast))

			watch, err := pgx.Connect(t.Context(), dsn)
			require.NoError(t, err)
			var began time.Time
			require.NoError(t, watch.QueryRow(t.Context(), "SELECT clock_timestamp()").Scan(&began))

			var responses backend.Responses
			var failure error
			answered := make(chan struct{})
			go func() {
				defer close(answered)
				responses, failure = s.queryWith(t.Context(), t,
					asked{refID: "slow", json: `{"metrics": ["slow"], "step": "range"}`},
					asked{refID: "fast", json: fast})
			}()
			eventually(t, func() bool {
				var busy, done int
				require.NoError(t, watch.QueryRow(t.Context(), `SELECT count(*) FILTER (WHERE state <> 'idle'),
						count(*) FILTER (WHERE state = 'idle' AND state_change > $1 AND query LIKE 'ROLLBACK%')
					FROM pg_stat_activity
					WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'`, began).Scan(&busy, &done))
				return sleeping(t, watch) == 1 && busy == 1 && done >= 1
			}, "the slow statement runs and the fast one has ended")
			require.NoError(t, stop())
			_ = watch.Close(t.Context())

			<-answered
			require.NoError(t, failure)
			slow := responses["slow"]
			require.Error(t, slow.Error)
			assert.EqualValues(t, http.StatusServiceUnavailable, slow.Status, slow.Error.Error())
			assert.Equal(t, backend.ErrorSourceDownstream, slow.ErrorSource)
			assert.Contains(t, strings.ToLower(slow.Error.Error()), "ask again")
			assert.Equal(t, []string{"fast: 6"}, text(t, responses["fast"]))

			gone := s.one(t, fast)
			require.Error(t, gone.Error)
			assert.Equal(t, backend.ErrorSourceDownstream, gone.ErrorSource)
			assert.Contains(t, gone.Error.Error(), strconv.Itoa(server.Port()))

			require.NoError(t, server.Resume(t.Context()))
			assert.Equal(t, []string{"fast: 6"}, text(t, s.one(t, fast)), "the next query is fine")
		})
	}
}

func TestAStatementThatTakesTooLongIsStopped(t *testing.T) {
	t.Parallel()
	s := newSource(t, shop.Database(t, embedpg.Shared(t)), slowCatalog)
	s.json["queryTimeoutSeconds"] = 1
	responses := s.query(t,
		asked{refID: "slow", json: `{"metrics": ["slow"], "step": "range"}`},
		asked{refID: "fast", json: `{"metrics": ["fast"], "step": "range"}`})
	require.Error(t, responses["slow"].Error)
	assert.EqualValues(t, http.StatusGatewayTimeout, responses["slow"].Status)
	assert.Equal(t, backend.ErrorSourceDownstream, responses["slow"].ErrorSource)
	assert.Contains(t, responses["slow"].Error.Error(), "queryTimeoutSeconds")
	assert.Equal(t, []string{"fast: 6"}, text(t, responses["fast"]))
}
