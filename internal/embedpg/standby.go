package embedpg

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/pullview/orders-datasource/internal/logtail"
)

// StartStandby starts a streaming standby of a running server, with a port of its own and the primary's password. Its
// installation is the primary's; options.Installation is not used. The caller must Stop it, before or after the primary.
func (s *Server) StartStandby(ctx context.Context, options Options) (*Server, error) {
	standby := &Server{installation: s.installation, password: s.password, log: logtail.New(options.Log)}
	err := standby.prepare(func(account *account, dir string) (*cluster, error) {
		return s.baseBackup(ctx, account, dir)
	})
	if err == nil {
		settings := maps.Clone(options.Settings)
		if settings == nil {
			settings = map[string]string{}
		}
		primary := url.URL{Scheme: "postgres", User: url.UserPassword(superuser, s.password), Host: loopback + ":" + strconv.Itoa(s.port), RawQuery: "sslmode=disable"}
		settings["primary_conninfo"] = primary.String()
		files := maps.Clone(options.Files)
		if files == nil {
			files = map[string]string{}
		}
		files["standby.signal"] = ""
		err = standby.cluster.configure(settings, files)
	}
	if err == nil {
		err = standby.listen(ctx)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start a standby of %s: %w", s, err), standby.Stop())
	}
	return standby, nil
}

// StartStandbyForTest is StartStandby for the time of a test.
func (s *Server) StartStandbyForTest(t testing.TB, options Options) *Server {
	t.Helper()
	standby, err := s.StartStandby(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := standby.Stop(); err != nil {
			t.Error(err)
		}
	})
	return standby
}

// Promote makes a standby a primary of its own and waits until it is one.
func (s *Server) Promote(ctx context.Context) error { return s.exec(ctx, "SELECT pg_promote()") }

// baseBackup copies the data of the running server to a new cluster in dir, with what a standby needs to begin.
func (s *Server) baseBackup(ctx context.Context, account *account, dir string) (*cluster, error) {
	usable, err := usableInstallation(s.cluster.installation, account, dir)
	if err != nil {
		return nil, err
	}
	c := &cluster{installation: usable, account: account, dir: dir}
	conn, err := pgx.Connect(ctx, s.DSN("postgres"))
	if err != nil {
		return nil, err
	}
	// A session that ends without a stop ends the backup.
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	start, stop := "SELECT pg_backup_start('standby', true)", "SELECT labelfile FROM pg_backup_stop(false)"
	if s.Major() < 15 {
		start, stop = "SELECT pg_start_backup('standby', true, false)", "SELECT labelfile FROM pg_stop_backup(false, false)"
	}
	if _, err := conn.Exec(ctx, start); err != nil {
		return nil, err
	}
	if err := copyData(s.cluster.data(), c.data(), account); err != nil {
		return nil, err
	}
	var label string
	if err := conn.QueryRow(ctx, stop).Scan(&label); err != nil {
		return nil, err
	}
	return c, c.writeFile(filepath.Join(c.data(), "backup_label"), label)
}

// A Copy is the data of a server as it was once.
type Copy struct{ dir string }

// Save copies the data of a halted server.
func (s *Server) Save() (*Copy, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process != nil {
		return nil, fmt.Errorf("save the data of %s: it runs", s)
	}
	dir, err := os.MkdirTemp(s.cluster.dir, "copy-")
	if err != nil {
		return nil, err
	}
	saved := &Copy{dir: filepath.Join(dir, "data")}
	return saved, copyData(s.cluster.data(), saved.dir, s.cluster.account)
}

// Restore puts a copy in the place of the data of the server that it was made of, which is halted. The copy is used up.
func (s *Server) Restore(saved *Copy) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process != nil {
		return fmt.Errorf("restore the data of %s: it runs", s)
	}
	if err := os.RemoveAll(s.cluster.data()); err != nil {
		return err
	}
	return os.Rename(saved.dir, s.cluster.data())
}
