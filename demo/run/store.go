package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/pullview/orders-datasource/demo"
	"github.com/pullview/orders-datasource/demo/provisioned"
	"github.com/pullview/orders-datasource/demo/shop/traffic"
	"github.com/pullview/orders-datasource/internal/embedpg"
)

const database = "live_orders"

// store is the demo's orders store: a PostgreSQL server of its own with a history in it.
type store struct {
	server         *embedpg.Server
	shopURL        string
	readerPassword string
	until          time.Time // the end of the history
	logged         bool      // there are change logs
}

// openStore starts a server and fills it. The caller must stop it.
func openStore(ctx context.Context, steps *steps, o options) (_ *store, err error) {
	begun := time.Now()
	steps.progress("Starting PostgreSQL …")
	server, err := embedpg.Start(ctx, embedpg.Options{Settings: map[string]string{
		"max_wal_size": "2GB", "maintenance_work_mem": "128MB", "shared_buffers": "256MB",
	}})
	if err != nil {
		return nil, err
	}
	s := &store{server: server}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.stop())
		}
	}()
	steps.say("%s runs on port %d (%s)", server, server.Port(), since(begun))

	if err := server.CreateDatabase(ctx, database, ""); err != nil {
		return nil, err
	}
	conn, err := pgx.Connect(ctx, server.DSN(database))
	if err != nil {
		return nil, fmt.Errorf("connect to the new store: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if err := demo.LoadSchema(ctx, conn); err != nil {
		return nil, err
	}
	if s.readerPassword, err = givePassword(ctx, conn, demo.ReaderRole); err != nil {
		return nil, err
	}
	shopPassword, err := givePassword(ctx, conn, demo.ShopRole)
	if err != nil {
		return nil, err
	}
	s.shopURL = (&url.URL{
		Scheme: "postgres", User: url.UserPassword(demo.ShopRole, shopPassword),
		Host: s.address(), Path: "/" + database, RawQuery: "sslmode=disable",
	}).String()
	if err := s.fill(ctx, steps, conn, o); err != nil {
		return s, err
	}
	return s, s.logChanges(ctx, steps, conn, o)
}

// givePassword makes up a password for a role.
func givePassword(ctx context.Context, conn *pgx.Conn, role string) (string, error) {
	password := rand.Text() // letters and digits
	_, err := conn.Exec(ctx, fmt.Sprintf("alter role %s password '%s'", pgx.Identifier{role}.Sanitize(), password))
	if err != nil {
		return "", fmt.Errorf("give %s a password: %w", role, err)
	}
	return password, nil
}

// fill tells a history that ends now and loads it.
func (s *store) fill(ctx context.Context, steps *steps, conn *pgx.Conn, o options) error {
	begun := time.Now()
	steps.progress("Making up %d days of orders …", o.days)
	s.until = begun
	history, err := traffic.TellHistory(traffic.Past{
		Seed: o.seed, OrdersPerDay: o.rate * traffic.DefaultOrdersPerDay, Days: o.days, Until: s.until,
	})
	if err != nil {
		return err
	}
	err = traffic.Load(ctx, conn, history, func(done, total int) {
		steps.progress("Loading %d orders and %d carts … %d%%", len(history.Orders), len(history.Carts), 100*done/total)
	})
	if err != nil {
		return err
	}
	steps.say("The orders store holds %d orders and %d carts of %d days (%s)", len(history.Orders), len(history.Carts), o.days, since(begun))
	return nil
}

// logChanges does what a DBA does for the provisioned data sources: it installs the change logs that their catalogs
// declare.
func (s *store) logChanges(ctx context.Context, steps *steps, conn *pgx.Conn, o options) error {
	environment := s.environment()
	files, err := provisioned.Load(os.DirFS(o.provisioning), func(name string) string { return environment[name] })
	if err != nil {
		return fmt.Errorf("read %s: %w", o.provisioning, err)
	}
	reader, err := pgxpool.ParseConfig(s.server.DSN(database))
	if err != nil {
		return err
	}
	reader.ConnConfig.User, reader.ConnConfig.Password = demo.ReaderRole, s.readerPassword
	for _, ds := range files.DataSources {
		if ds.Type != pluginID {
			continue
		}
		cat, err := ds.Catalog()
		if err != nil {
			return err
		}
		logged, err := demo.LogChanges(ctx, conn, reader, cat)
		if err != nil {
			return err
		}
		if len(logged) > 0 {
			s.logged = true
			steps.say("A change log is installed for %s", strings.Join(logged, " and "))
		}
	}
	return nil
}

// prune prunes the change logs every few minutes, until ctx ends.
func (s *store) prune(ctx context.Context) error {
	if !s.logged {
		return nil
	}
	conn, err := pgx.Connect(ctx, s.server.DSN(database))
	if ctx.Err() != nil {
		return nil
	}
	if err != nil {
		return fmt.Errorf("connect to prune the change logs: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	every := time.NewTicker(5 * time.Minute)
	defer every.Stop()
	for {
		if err := demo.PruneChangelogs(ctx, conn); err != nil && ctx.Err() == nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-every.C:
		}
	}
}

func (s *store) address() string {
	return net.JoinHostPort(s.server.Host(), strconv.Itoa(s.server.Port()))
}

// environment is what provisioning/datasources asks for.
func (s *store) environment() map[string]string {
	return map[string]string{
		"LIVE_ORDERS_URL":      s.address(),
		"LIVE_ORDERS_DATABASE": database,
		"LIVE_ORDERS_USER":     demo.ReaderRole,
		"LIVE_ORDERS_PASSWORD": s.readerPassword,
		"LIVE_ORDERS_SSLMODE":  "disable",
	}
}

func (s *store) stop() error { return s.server.Stop() }

func since(begun time.Time) string {
	return time.Since(begun).Round(100 * time.Millisecond).String()
}
