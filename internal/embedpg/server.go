package embedpg

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/pullview/orders-datasource/internal/leash"
	"github.com/pullview/orders-datasource/internal/logtail"
)

const (
	superuser = "postgres"

	// A start takes about a second. The rest is for machines that are busy, and for crash recovery.
	startPatience = 2 * time.Minute
	stopPatience  = 30 * time.Second
)

// Options describe a server. The zero value is good.
type Options struct {
	// Installation is one that Find returned. The zero value means the first.
	Installation Installation
	// Settings go into postgresql.conf, over defaults that give up durability for speed (fsync, synchronous_commit and
	// full_page_writes are off). The address and the port cannot be set.
	Settings map[string]string
	// Files are written into the data directory, by name, readable for the server only: certificates, keys, a pg_hba.conf.
	Files map[string]string
	// Log receives what the server logs, from one goroutine at a time. Nil means nowhere.
	Log io.Writer
}

// A Server is a PostgreSQL server of this process. Its methods may be called from several goroutines.
type Server struct {
	installation Installation // as found, for its name
	password     string
	port         int
	log          *logtail.Tail
	scratch      *scratch
	cluster      *cluster
	leash        *leash.Leash

	mu      sync.Mutex // held while the server starts or ends
	process *process   // nil while the server is halted
	crashed bool       // whether the last process left shared memory behind
	stopped bool
}

// Start makes a cluster and starts a server on it. The caller must Stop it. The error is ErrNotFound where no
// installation is named and this machine has none.
func Start(ctx context.Context, options Options) (*Server, error) {
	installation := options.Installation
	if installation.Dir == "" {
		found, err := Find()
		if err != nil {
			return nil, err
		}
		installation = found[0]
	}
	s := &Server{installation: installation, password: rand.Text(), log: logtail.New(options.Log)}
	if err := s.start(ctx, options); err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: %w", installation, err), s.Stop())
	}
	return s, nil
}

func (s *Server) start(ctx context.Context, options Options) error {
	err := s.prepare(func(account *account, dir string) (*cluster, error) {
		return newCluster(ctx, s.installation, account, dir, s.password)
	})
	if err != nil {
		return err
	}
	if err := s.cluster.configure(options.Settings, options.Files); err != nil {
		return fmt.Errorf("configure the cluster: %w", err)
	}
	return s.listen(ctx)
}

// prepare finds a place for the server and makes its cluster there.
func (s *Server) prepare(newCluster func(account *account, dir string) (*cluster, error)) error {
	account, err := unprivileged()
	if err != nil {
		return err
	}
	if s.scratch, err = newScratch(account); err != nil {
		return err
	}
	if s.leash, err = leash.New(leash.Options{Signal: leashSignal, Remove: s.scratch.dir}); err != nil {
		return err
	}
	s.cluster, err = newCluster(account, s.scratch.dir)
	return err
}

// listen starts the server on a free port.
func (s *Server) listen(ctx context.Context) (err error) {
	// Another process may take the port between the look for a free one and the server's start.
	for attempt := 1; ; attempt++ {
		if s.port, err = freePort(); err != nil {
			return err
		}
		err := s.Resume(ctx)
		if err == nil || !errors.Is(err, errPortTaken) || attempt == 5 {
			return err
		}
	}
}

// Version is the installation's, for example "18.4".
func (s *Server) Version() string { return s.installation.Version }

// Major is the first number of the version, for example 18.
func (s *Server) Major() int { return s.installation.Major() }

// String gives the name for people, for example "PostgreSQL 18.4".
func (s *Server) String() string { return s.installation.String() }

// Host is the address to connect to.
func (s *Server) Host() string { return loopback }

// Port is the TCP port to connect to. It stays the same over a restart.
func (s *Server) Port() int { return s.port }

// User is the name of the superuser.
func (s *Server) User() string { return superuser }

// Password is the superuser's.
func (s *Server) Password() string { return s.password }

// DSN is a connection URL of the superuser to a database. The database postgres always exists.
func (s *Server) DSN(database string) string {
	dsn := url.URL{
		Scheme:   "postgres",
		User:     url.UserPassword(superuser, s.password),
		Host:     net.JoinHostPort(loopback, strconv.Itoa(s.port)),
		Path:     "/" + database,
		RawQuery: "sslmode=disable",
	}
	return dsn.String()
}

// CreateDatabase makes a database. It is a copy of template, or empty where template is "".
func (s *Server) CreateDatabase(ctx context.Context, name, template string) error {
	if template == "" {
		template = "template0"
	}
	return s.exec(ctx, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize()+" TEMPLATE "+pgx.Identifier{template}.Sanitize())
}

// DropDatabase removes a database and ends the sessions in it. It is no error if there is none of this name.
func (s *Server) DropDatabase(ctx context.Context, name string) error {
	return s.exec(ctx, "DROP DATABASE IF EXISTS "+pgx.Identifier{name}.Sanitize()+" WITH (FORCE)")
}

func (s *Server) exec(ctx context.Context, statement string) error {
	conn, err := pgx.Connect(ctx, s.DSN("postgres"))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, statement); err != nil {
		return fmt.Errorf("%s: %w", statement, err)
	}
	return nil
}

var (
	errPortTaken = errors.New("the port is taken")
	errStopped   = errors.New("the server is stopped for good")
)

// Resume starts the server again after Halt or Kill, with its data, on its port. It has no effect on a running server.
func (s *Server) Resume(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return errStopped
	}
	if s.process != nil && !s.process.ended() {
		return nil
	}
	process, err := launch(s.cluster, s.port, s.log, s.leash)
	if err != nil {
		return err
	}
	if err := process.awaitReady(ctx, s.cluster.data()); err != nil {
		if errors.Is(err, errEnded) && portTaken(s.port) {
			err = fmt.Errorf("%w: %d", errPortTaken, s.port)
		}
		err = fmt.Errorf("%w\n%s", err, s.log)
		if !process.ended() {
			s.crashed = true
			err = errors.Join(err, process.crash(), process.awaitEnd(stopPatience))
		}
		return err
	}
	s.process, s.crashed = process, false
	return nil
}

// Halt shuts the server down in good order, ending its sessions. Its data stays for Resume. It has no effect on a server
// that does not run.
func (s *Server) Halt() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.halt()
}

func (s *Server) halt() error {
	return s.end(func(p *process) error { return p.shutDown(s.cluster) })
}

// Kill ends the server and its sessions at once, as a crash does; no client hears a farewell. Its data stays for Resume.
// It has no effect on a server that does not run.
func (s *Server) Kill() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.kill()
}

func (s *Server) kill() error {
	s.crashed = s.crashed || s.process != nil
	return s.end((*process).crash)
}

func (s *Server) end(how func(*process) error) error {
	if s.process == nil {
		return nil
	}
	err := how(s.process)
	if err == nil {
		err = s.process.awaitEnd(stopPatience)
	}
	if err != nil {
		return fmt.Errorf("end %s: %w", s, err)
	}
	s.process = nil
	return nil
}

// Restart halts the server and starts it again on the same port.
func (s *Server) Restart(ctx context.Context) error {
	if err := s.Halt(); err != nil {
		return err
	}
	return s.Resume(ctx)
}

// Stop ends the server for good and removes everything of it. A second call has no effect.
func (s *Server) Stop() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return nil
	}
	s.stopped = true
	err := s.halt()
	if err != nil {
		err = errors.Join(err, s.kill())
	}
	if s.crashed {
		s.releaseSharedMemory()
	}
	if s.scratch != nil {
		err = errors.Join(err, s.scratch.remove())
	}
	if s.leash != nil {
		s.leash.Release()
	}
	return err
}

// releaseSharedMemory removes what a killed server left outside of its directory. Only PostgreSQL knows the names, and
// removes them when it starts on the same directory; in single-user mode it needs no port and ends with its input.
func (s *Server) releaseSharedMemory() {
	ctx, cancel := context.WithTimeout(context.Background(), stopPatience)
	defer cancel()
	cmd := s.cluster.command(ctx, "postgres", "--single", "-D", s.cluster.data(), "postgres")
	cmd.Stdin = bytes.NewReader(nil)
	_ = cmd.Run() // the data may be broken; there is no other way then
}
