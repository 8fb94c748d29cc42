// Stranger keeps stores that nobody has described to Live Orders, for the
// browser tests: it makes one of the SQL in pkg/discover/testdata, asks it in
// plain SQL, changes it as its owner, and drops it.
//
//	stranger make NAME   a database, and a role that may read it; answers {"database": …, "user": …, "password": …}
//	stranger ask NAME    the rows of the SELECT on standard input, as a JSON array of objects
//	stranger run NAME    the script on standard input
//	stranger drop NAME   the database and its roles, if they are there
//
// The server is the one whose superuser's URL is in LIVE_ORDERS_SERVER. It runs
// at the root of the module.
package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"

	"github.com/jackc/pgx/v5"
)

// serverVariable holds the URL of a superuser. The demo tells it to its guests.
const serverVariable = "LIVE_ORDERS_SERVER"

const usage = "usage: stranger make|ask|run|drop NAME"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Getenv(serverVariable), os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "stranger:", err)
		os.Exit(1)
	}
}

// run does what the arguments say, on the server of a URL.
func run(ctx context.Context, args []string, server string, in io.Reader, out io.Writer) error {
	if len(args) != 2 {
		return errors.New(usage)
	}
	if server == "" {
		return fmt.Errorf("%s names no server", serverVariable)
	}
	s, err := named(server, args[1])
	if err != nil {
		return err
	}
	switch args[0] {
	case "make":
		return s.make(ctx, out)
	case "ask":
		return s.ask(ctx, in, out)
	case "run":
		return s.run(ctx, in)
	case "drop":
		return s.drop(ctx)
	}
	return errors.New(usage)
}

// store is a database with an owner, who is no superuser, and a role that may
// only read.
type store struct {
	file                    string
	server                  *pgx.ConnConfig
	database, owner, reader string
}

var plainName = regexp.MustCompile(`^[a-z]+$`)

func named(server, name string) (*store, error) {
	if !plainName.MatchString(name) {
		return nil, fmt.Errorf("%q is no name of a store: only lower case letters are", name)
	}
	config, err := pgx.ParseConfig(server)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", serverVariable, err)
	}
	database := "stranger_" + name
	return &store{
		file: filepath.Join("pkg", "discover", "testdata", name+".sql"), server: config,
		database: database, owner: database + "_owner", reader: database + "_reader",
	}, nil
}

// make replaces what an earlier run may have left.
func (s *store) make(ctx context.Context, out io.Writer) error {
	sql, err := os.ReadFile(s.file)
	if err != nil {
		return err
	}
	if err := s.drop(ctx); err != nil {
		return err
	}
	password := rand.Text() // letters and digits
	err = s.administer(ctx,
		fmt.Sprintf("CREATE ROLE %s", s.owner),
		fmt.Sprintf("CREATE ROLE %s LOGIN PASSWORD '%s'", s.reader, password),
		fmt.Sprintf("CREATE DATABASE %s OWNER %s TEMPLATE template0", s.database, s.owner))
	if err != nil {
		return err
	}
	if err := s.script(ctx, string(sql)); err != nil {
		return fmt.Errorf("%s: %w", s.file, err)
	}
	if err := s.script(ctx, fmt.Sprintf(grantSQL, s.reader)); err != nil {
		return fmt.Errorf("let %s read: %w", s.reader, err)
	}
	return json.NewEncoder(out).Encode(map[string]string{"database": s.database, "user": s.reader, "password": password})
}

// grantSQL lets a role read what is there.
const grantSQL = `DO $$
DECLARE
  name text;
BEGIN
  FOR name IN SELECT nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg\_%%' AND nspname <> 'information_schema' LOOP
    EXECUTE format('GRANT USAGE ON SCHEMA %%I TO %[1]s', name);
    EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA %%I TO %[1]s', name);
  END LOOP;
END
$$`

// ask writes the rows of a SELECT as a JSON array of objects. Numbers have all
// their digits.
func (s *store) ask(ctx context.Context, in io.Reader, out io.Writer) error {
	sql, err := io.ReadAll(in)
	if err != nil {
		return err
	}
	conn, err := s.open(ctx, s.database)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	var rows string
	err = conn.QueryRow(ctx, "SELECT coalesce(json_agg(asked), '[]')::text FROM (\n"+string(sql)+"\n) AS asked").Scan(&rows)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, rows)
	return err
}

func (s *store) run(ctx context.Context, in io.Reader) error {
	sql, err := io.ReadAll(in)
	if err != nil {
		return err
	}
	return s.script(ctx, string(sql))
}

// drop ends the sessions of the database.
func (s *store) drop(ctx context.Context) error {
	return s.administer(ctx,
		fmt.Sprintf("DROP DATABASE IF EXISTS %s WITH (FORCE)", s.database),
		fmt.Sprintf("DROP ROLE IF EXISTS %s, %s", s.owner, s.reader))
}

// script runs statements as the owner.
func (s *store) script(ctx context.Context, sql string) error {
	conn, err := s.open(ctx, s.database)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, "SET SESSION AUTHORIZATION "+s.owner); err != nil {
		return err
	}
	_, err = conn.PgConn().Exec(ctx, sql).ReadAll()
	return err
}

// administer runs statements one by one, outside of transactions.
func (s *store) administer(ctx context.Context, statements ...string) error {
	conn, err := s.open(ctx, s.server.Database)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	for _, statement := range statements {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

func (s *store) open(ctx context.Context, database string) (*pgx.Conn, error) {
	config := s.server.Copy()
	config.Database = database
	return pgx.ConnectConfig(ctx, config)
}
