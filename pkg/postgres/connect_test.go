package postgres

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// ofPGX are the variables that pgx reads, with values that would each change
// the connection or break it.
var ofPGX = map[string]string{
	"PGHOST":               "elsewhere.example",
	"PGHOSTADDR":           "192.0.2.1",
	"PGPORT":               "abc",
	"PGDATABASE":           "other",
	"PGUSER":               "mallory",
	"PGPASSWORD":           "stolen",
	"PGPASSFILE":           "/nonexistent/pgpass",
	"PGSERVICEFILE":        "/nonexistent/service",
	"PGSSLMODE":            "bogus",
	"PGSSLCERT":            "/nonexistent/crt",
	"PGSSLKEY":             "/nonexistent/key",
	"PGSSLROOTCERT":        "/nonexistent/ca",
	"PGSSLPASSWORD":        "secret",
	"PGSSLCERTMODE":        "bogus",
	"PGSSLSNI":             "bogus",
	"PGSSLNEGOTIATION":     "direct",
	"PGOPTIONS":            "-c search_path=evil",
	"PGAPPNAME":            "impostor",
	"PGCONNECT_TIMEOUT":    "soon",
	"PGTARGETSESSIONATTRS": "bogus",
	"PGTZ":                 "Mars/Olympus",
	"PGMINPROTOCOLVERSION": "9.9",
	"PGMAXPROTOCOLVERSION": "0.1",
	"PGCHANNELBINDING":     "bogus",
	"PGREQUIREAUTH":        "bogus",
	"PGKRBSRVNAME":         "bogus",
	"PGCLIENTENCODING":     "LATIN1",
	"PGDATESTYLE":          "German",
}

func fullConnectConfig() ConnectConfig {
	return ConnectConfig{
		Host: "db.example", Port: 6543, Database: "shop", User: "reader", Password: "pass word'",
		TLS: &tls.Config{ServerName: "db.example", MinVersion: tls.VersionTLS12}, ConnectTimeout: 3 * time.Second,
		MaxConns: 8, MaxConnLifetime: time.Hour, ApplicationName: "Live Orders", PreparedStatements: true,
	}
}

// The home directory is a source of defaults too.
func withFullHome(t *testing.T) {
	t.Helper()
	home := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(home, ".postgresql"), 0o700))
	for name, text := range map[string]string{
		".pgpass":                    "*:*:*:*:stolen",
		".pg_service.conf":           "[shop]\nhost=elsewhere.example\n",
		".postgresql/root.crt":       "no certificate",
		".postgresql/postgresql.crt": "no certificate",
		".postgresql/postgresql.key": "no key",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(home, name), []byte(text), 0o600))
	}
	t.Setenv("HOME", home)
}

func assertOnlyOwnSettings(t *testing.T, config *pgxpool.Config) {
	t.Helper()
	want := fullConnectConfig()
	conn := config.ConnConfig
	assert.Equal(t, want.Host, conn.Host)
	assert.Equal(t, want.Port, conn.Port)
	assert.Equal(t, want.Database, conn.Database)
	assert.Equal(t, want.User, conn.User)
	assert.Equal(t, want.Password, conn.Password)
	assert.Equal(t, "db.example", conn.TLSConfig.ServerName)
	assert.Empty(t, conn.Fallbacks, "no second try without TLS or elsewhere")
	assert.Equal(t, 3*time.Second, conn.ConnectTimeout)
	assert.Equal(t, map[string]string{
		"application_name": "Live Orders", "client_encoding": "UTF8", "standard_conforming_strings": "on",
	}, conn.RuntimeParams)
	assert.Nil(t, conn.ValidateConnect)
	assert.Equal(t, "3.0", conn.MinProtocolVersion)
	assert.Equal(t, "3.0", conn.MaxProtocolVersion)
	assert.Equal(t, "prefer", conn.ChannelBinding)
	assert.Equal(t, "allow", conn.SSLCertMode)
	assert.Equal(t, "postgres", conn.SSLNegotiation)
	assert.Empty(t, conn.RequireAuth)
	assert.Empty(t, conn.KerberosSrvName+conn.KerberosSpn)
	assert.Equal(t, pgx.QueryExecModeCacheStatement, conn.DefaultQueryExecMode)
	assert.Equal(t, int32(8), config.MaxConns)
	assert.Equal(t, time.Hour, config.MaxConnLifetime)
}

func TestEachEnvironmentVariableHasNoEffect(t *testing.T) {
	for name, value := range ofPGX {
		t.Run(name, func(t *testing.T) {
			t.Setenv(name, value)
			config, err := fullConnectConfig().PoolConfig()
			require.NoError(t, err)
			assertOnlyOwnSettings(t, config)
		})
	}
}

func TestAllEnvironmentVariablesAndHomeFilesTogetherHaveNoEffect(t *testing.T) {
	withFullHome(t)
	for name, value := range ofPGX {
		t.Setenv(name, value)
	}
	config, err := fullConnectConfig().PoolConfig()
	require.NoError(t, err)
	assertOnlyOwnSettings(t, config)

	without := fullConnectConfig()
	without.Password, without.TLS = "", nil
	config, err = without.PoolConfig()
	require.NoError(t, err)
	assert.Empty(t, config.ConnConfig.Password, "an empty password is not filled in from elsewhere")
	assert.Nil(t, config.ConnConfig.TLSConfig)
}

func TestServiceVariableIsNamedWhereItMakesParsingFail(t *testing.T) {
	t.Setenv("PGSERVICE", "shop")
	_, err := fullConnectConfig().PoolConfig()
	if err == nil {
		t.Fatal("PGSERVICE does no harm any more: say so in PoolConfig")
	}
	assert.ErrorContains(t, err, "PGSERVICE")
	assert.NotContains(t, err.Error(), "pass word")
	assert.NotContains(t, err.Error(), neutral)
}

func TestServiceVariableNeverRedirectsTheConnection(t *testing.T) {
	withFullHome(t)
	t.Setenv("PGSERVICE", "shop")
	t.Setenv("PGSERVICEFILE", filepath.Join(os.Getenv("HOME"), ".pg_service.conf"))
	config, err := fullConnectConfig().PoolConfig()
	if err != nil {
		assert.ErrorContains(t, err, "PGSERVICE")
		return
	}
	assertOnlyOwnSettings(t, config)
}

func TestConnectionStringOfThePoolHoldsNoSecret(t *testing.T) {
	t.Parallel()
	config, err := fullConnectConfig().PoolConfig()
	require.NoError(t, err)
	assert.NotContains(t, config.ConnString(), "pass word")
	assert.NotContains(t, config.ConnString(), "reader")
}

func TestPoolKeepsNoStatementsBehindAPooler(t *testing.T) {
	t.Parallel()
	c := fullConnectConfig()
	c.PreparedStatements = false
	config, err := c.PoolConfig()
	require.NoError(t, err)
	assert.Equal(t, pgx.QueryExecModeDescribeExec, config.ConnConfig.DefaultQueryExecMode)
	assert.Zero(t, config.ConnConfig.StatementCacheCapacity)
	assert.Zero(t, config.ConnConfig.DescriptionCacheCapacity)
}

func TestPoolOfAnEmptyConfigHasBounds(t *testing.T) {
	t.Parallel()
	config, err := ConnectConfig{}.PoolConfig()
	require.NoError(t, err)
	assert.Equal(t, int32(1), config.MaxConns)
	assert.Equal(t, 10*time.Second, config.ConnConfig.ConnectTimeout)
	assert.Zero(t, config.MaxConnLifetime, "which pgx reads as no limit")
}

func TestDialGetsTheNameOfTheHost(t *testing.T) {
	t.Parallel()
	c := fullConnectConfig()
	refused := errors.New("the proxy says no")
	var network, address string
	c.Dial = func(_ context.Context, n, a string) (net.Conn, error) {
		network, address = n, a
		return nil, refused
	}
	config, err := c.PoolConfig()
	require.NoError(t, err)
	_, err = pgx.ConnectConfig(context.Background(), config.ConnConfig)
	require.ErrorIs(t, err, refused)
	assert.Equal(t, "tcp", network)
	assert.Equal(t, "db.example:6543", address)
	assert.NotContains(t, err.Error(), "pass word")
}

func TestConnectingEndsInTimeWhereTheServerStaysSilent(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		var held []net.Conn
		for {
			conn, err := listener.Accept()
			if err != nil {
				for _, conn := range held {
					_ = conn.Close()
				}
				return
			}
			held = append(held, conn)
		}
	}()

	for _, config := range []*tls.Config{nil, {ServerName: "localhost", MinVersion: tls.VersionTLS12}} {
		t.Run(fmt.Sprintf("with TLS %v", config != nil), func(t *testing.T) {
			t.Parallel()
			c := fullConnectConfig()
			c.Host, c.Port = "localhost", uint16(listener.Addr().(*net.TCPAddr).Port)
			c.TLS, c.ConnectTimeout = config, 200*time.Millisecond
			pool, err := c.PoolConfig()
			require.NoError(t, err)
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			_, err = pgx.ConnectConfig(ctx, pool.ConnConfig)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			assert.NoError(t, ctx.Err(), "it is the connection's own timeout that ends it")
		})
	}
}
