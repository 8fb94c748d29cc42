package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/pullview/orders-datasource/demo"
	"github.com/pullview/orders-datasource/internal/embedpg"
	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/postgres"
)

// shop is a server with the database of a shop, and who works with it: an
// owner, and two sources of a dashboard that may read. Each has a role of its
// own, by which the server tells apart what they cost it.
type shop struct {
	server   *embedpg.Server
	owner    *pgx.Conn
	password string // of the roles that read
}

const (
	database  = "shop"
	planRole  = "live_orders"     // this data source
	idiomRole = "built_in_source" // the one that it is compared with
)

// longHistory are settings for many orders, which the server need not be able
// to recover or to replicate.
var longHistory = map[string]string{"wal_level": "minimal", "max_wal_senders": "0", "maintenance_work_mem": "512MB"}

// openShop starts a server. Settings go over those that all subjects share.
func openShop(ctx context.Context, c config, settings map[string]string) (s *shop, err error) {
	all := map[string]string{
		"shared_buffers":                    "1GB",
		"shared_preload_libraries":          "pg_stat_statements",
		"pg_stat_statements.track_planning": "on",
		"max_parallel_workers_per_gather":   fmt.Sprint(c.workers),
		"max_parallel_workers":              fmt.Sprint(c.workers),
		"max_wal_size":                      "8GB",
	}
	for name, value := range settings {
		all[name] = value
	}
	server, err := embedpg.Start(ctx, embedpg.Options{Settings: all})
	if err != nil {
		return nil, fmt.Errorf("start a server: %w", err)
	}
	s = &shop{server: server, password: rand.Text()}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	if err := server.CreateDatabase(ctx, database, ""); err != nil {
		return nil, err
	}
	if s.owner, err = pgx.Connect(ctx, server.DSN(database)); err != nil {
		return nil, err
	}
	statements := []string{"CREATE EXTENSION pg_stat_statements"}
	for _, role := range []string{planRole, idiomRole} {
		statements = append(statements, fmt.Sprintf("CREATE ROLE %s LOGIN PASSWORD '%s'", role, s.password))
	}
	statements = append(statements, fmt.Sprintf("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO %s, %s", planRole, idiomRole))
	if err := s.exec(ctx, statements...); err != nil {
		return nil, err
	}
	fmt.Fprintf(c.out, "%s, max_parallel_workers_per_gather = %d\n", server, c.workers)
	return s, nil
}

func (s *shop) close() error {
	if s.owner != nil {
		_ = s.owner.Close(context.Background())
	}
	return s.server.Stop()
}

// exec runs statements as the owner, one after the other.
func (s *shop) exec(ctx context.Context, statements ...string) error {
	for _, sql := range statements {
		if _, err := s.owner.Exec(ctx, sql, pgx.QueryExecModeSimpleProtocol); err != nil {
			return fmt.Errorf("%.60s …: %w", sql, err)
		}
	}
	return nil
}

// connect opens a connection of a role that reads.
func (s *shop) connect(ctx context.Context, role string) (*pgx.Conn, error) {
	config, err := pgx.ParseConfig(s.server.DSN(database))
	if err != nil {
		return nil, err
	}
	config.User, config.Password = role, s.password
	return pgx.ConnectConfig(ctx, config)
}

// reader is how the data source connects to the database.
func (s *shop) reader(connections int32) (*pgxpool.Config, error) {
	pool, err := pgxpool.ParseConfig(s.server.DSN(database))
	if err != nil {
		return nil, err
	}
	pool.ConnConfig.User, pool.ConnConfig.Password = planRole, s.password
	pool.MaxConns = connections
	return pool, nil
}

// store opens the data source's side of the database.
func (s *shop) store(cat *catalog.Catalog, connections int32) (*postgres.Store, error) {
	pool, err := s.reader(connections)
	if err != nil {
		return nil, err
	}
	return postgres.New(postgres.Config{Pool: pool, Catalog: cat, QueryTimeout: 5 * time.Minute, PreparedStatements: true}), nil
}

// logChanges installs the change logs that a catalog declares, as the owner of its tables.
func (s *shop) logChanges(ctx context.Context, cat *catalog.Catalog) error {
	pool, err := s.reader(1)
	if err != nil {
		return err
	}
	_, err = demo.LogChanges(ctx, s.owner, pool, cat)
	return err
}

// cost is what the statements of a role have cost the server.
type cost struct {
	statements int64
	time       time.Duration // of planning and executing
}

func (c cost) since(before cost) cost {
	return cost{statements: c.statements - before.statements, time: c.time - before.time}
}

// cost returns what a role has cost so far.
func (s *shop) cost(ctx context.Context, role string) (c cost, err error) {
	var milliseconds float64
	err = s.owner.QueryRow(ctx, `SELECT coalesce(sum(calls), 0)::bigint, coalesce(sum(total_exec_time + total_plan_time), 0)
		FROM pg_stat_statements WHERE userid = $1::text::regrole`, role).Scan(&c.statements, &milliseconds)
	c.time = time.Duration(milliseconds * float64(time.Millisecond))
	return c, err
}

// timed measures how long f takes, and what it costs of a role's account.
func (s *shop) timed(ctx context.Context, role string, f func() error) (took time.Duration, spent cost, err error) {
	before, err := s.cost(ctx, role)
	if err != nil {
		return 0, cost{}, err
	}
	start := time.Now()
	if err := f(); err != nil {
		return 0, cost{}, err
	}
	took = time.Since(start)
	after, err := s.cost(ctx, role)
	return took, after.since(before), err
}
