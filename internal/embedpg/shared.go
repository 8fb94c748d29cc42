package embedpg

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
)

// shared holds the servers of this test binary, which Main stops.
var shared struct {
	mu      sync.Mutex
	active  bool // between the start and the end of Main
	servers map[Installation]*sharedServer
}

// A sharedServer starts at its first use.
type sharedServer struct {
	once   sync.Once
	server *Server
	err    error
}

// Main runs the tests of a binary that uses Database, Shared or Each, and stops the servers that they started. It
// returns the exit code for os.Exit.
func Main(m *testing.M) int {
	shared.mu.Lock()
	shared.active, shared.servers = true, map[Installation]*sharedServer{}
	shared.mu.Unlock()

	code := m.Run()

	shared.mu.Lock()
	defer shared.mu.Unlock()
	shared.active = false
	for _, s := range shared.servers {
		s.once.Do(func() {}) // a start that never happened must not happen now
		if s.server == nil {
			continue
		}
		if err := s.server.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, "embedpg:", err)
			code = max(code, 1)
		}
	}
	return code
}

// Shared returns the server that all tests of this binary share, on the first installation that Find returns. The test
// fails where there is none. Tests must not stop it, nor change its configuration or its roles without undoing that.
func Shared(t testing.TB) *Server {
	t.Helper()
	return sharedOn(t, installations(t)[0])
}

// Each runs test as a subtest named for example "PostgreSQL 18.4" on the shared server of every installation that Find
// returns, or of the first only with -short.
func Each(t *testing.T, test func(t *testing.T, server *Server)) {
	t.Helper()
	found := installations(t)
	if testing.Short() {
		found = found[:1]
	}
	for _, installation := range found {
		t.Run(installation.String(), func(t *testing.T) {
			test(t, sharedOn(t, installation))
		})
	}
}

// Database makes an empty database on the shared server, which is dropped when the test ends, and returns its DSN.
func Database(t testing.TB) string {
	t.Helper()
	return Shared(t).Database(t)
}

// StartForTest starts a server that this test may stop, kill and configure as it likes. It is stopped when the test ends.
func StartForTest(t testing.TB, options Options) *Server {
	t.Helper()
	server, err := Start(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	return server
}

// Database makes an empty database, which is dropped when the test ends, and returns its DSN.
func (s *Server) Database(t testing.TB) string {
	t.Helper()
	return s.databaseFrom(t, "")
}

// Found once: the tests of a binary ask for a database hundreds of times, and asking a program for its version takes
// longer than making one.
var findOnce = sync.OnceValues(Find)

func installations(t testing.TB) []Installation {
	t.Helper()
	found, err := findOnce()
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func sharedOn(t testing.TB, installation Installation) *Server {
	t.Helper()
	shared.mu.Lock()
	if !shared.active {
		shared.mu.Unlock()
		t.Fatal("no shared server outside of embedpg.Main: this package needs func TestMain(m *testing.M) { os.Exit(embedpg.Main(m)) }")
	}
	s, ok := shared.servers[installation]
	if !ok {
		s = &sharedServer{}
		shared.servers[installation] = s
	}
	shared.mu.Unlock()
	s.once.Do(func() {
		// Not the test's context: the server outlives the test.
		s.server, s.err = Start(context.Background(), Options{Installation: installation})
	})
	if s.err != nil {
		t.Fatal(s.err)
	}
	return s.server
}

// A Template is a database that is filled once per server and copied for every test: with a schema and rows that all
// tests of a package start from. Declare it as a package variable.
type Template struct {
	// Fill makes the content, as the superuser.
	Fill func(ctx context.Context, conn *pgx.Conn) error

	mu   sync.Mutex
	made map[*Server]*templateDatabase
}

type templateDatabase struct {
	once sync.Once
	name string
	err  error
}

// Database makes a copy of the template on server, which is dropped when the test ends, and returns its DSN.
func (tpl *Template) Database(t testing.TB, server *Server) string {
	t.Helper()
	tpl.mu.Lock()
	if tpl.made == nil {
		tpl.made = map[*Server]*templateDatabase{}
	}
	database, ok := tpl.made[server]
	if !ok {
		database = &templateDatabase{name: nextName("template")}
		tpl.made[server] = database
	}
	tpl.mu.Unlock()
	database.once.Do(func() { database.err = tpl.make(context.Background(), server, database.name) })
	if database.err != nil {
		t.Fatal(fmt.Errorf("fill a template database: %w", database.err))
	}
	return server.databaseFrom(t, database.name)
}

func (tpl *Template) make(ctx context.Context, server *Server, name string) error {
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	if err := server.CreateDatabase(ctx, name, ""); err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, server.DSN(name))
	if err != nil {
		return err
	}
	// Closed before the first copy: PostgreSQL copies no database that is in use.
	defer func() { _ = conn.Close(ctx) }()
	return tpl.Fill(ctx, conn)
}

func (s *Server) databaseFrom(t testing.TB, template string) string {
	t.Helper()
	name := nextName(t.Name())
	if err := s.CreateDatabase(t.Context(), name, template); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if !s.running() {
			return // the test halted or stopped its own server
		}
		// The test's context has ended by now.
		ctx, cancel := context.WithTimeout(context.Background(), stopPatience)
		defer cancel()
		if err := s.DropDatabase(ctx, name); err != nil {
			t.Error(err)
		}
	})
	return s.DSN(name)
}

func (s *Server) running() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.process != nil && !s.process.ended()
}

var databases atomic.Int64

// nextName makes a database name that is unique in this process and tells in the server's log who made it.
func nextName(origin string) string {
	readable := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r - 'A' + 'a'
		default:
			return '_'
		}
	}, origin)
	// PostgreSQL cuts names at 63 bytes.
	return fmt.Sprintf("t%d_%.48s", databases.Add(1), readable)
}
