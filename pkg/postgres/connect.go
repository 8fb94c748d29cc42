package postgres

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/pullview/orders-datasource/pkg/message"
)

// ConnectConfig is everything that decides how connections to the server are
// made. Nothing else does: no environment variable, password file, service
// file or certificate in a home directory.
type ConnectConfig struct {
	// Host is one name or IP address (IPv6 without brackets).
	Host     string
	Port     uint16
	Database string
	User     string
	Password string
	// TLS is nil for connections without TLS. There is no fallback from one to
	// the other.
	TLS *tls.Config
	// ConnectTimeout bounds looking up the name, dialling, TLS and signing in
	// together. The default is 10 seconds.
	ConnectTimeout time.Duration
	// Dial replaces the network, as a proxy does. It gets the host's name as it
	// is, for the proxy to look up.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// MaxConns is at least 1.
	MaxConns int32
	// MaxConnLifetime is the age at which a connection is replaced; 0 for never.
	MaxConnLifetime time.Duration
	// ApplicationName is what the server's views of activity show.
	ApplicationName string
	// PreparedStatements lets connections keep statements. It must be off where
	// a pooler in transaction mode stands between.
	PreparedStatements bool
}

const (
	defaultConnectTimeout = 10 * time.Second
	// keepAlive finds peers that went away without a word, before a firewall
	// forgets the connection.
	keepAlive = time.Minute
)

// neutral is a connection string that overrides every default and environment
// variable that pgx would read. pgx accepts no configuration that it did not
// parse, so this is parsed, and then everything in it is replaced.
const neutral = "host=localhost port=5432 dbname=none user=none password=none passfile='' " +
	"sslmode=disable sslrootcert='' sslcert='' sslkey='' sslpassword='' sslcertmode=allow sslsni=1 sslnegotiation=postgres " +
	"connect_timeout=10 target_session_attrs=any min_protocol_version=3.0 max_protocol_version=3.0 " +
	"channel_binding=prefer require_auth=''"

// PoolConfig returns the configuration of a pool of such connections. It reads
// nothing but c and fails only where pgx cannot be kept from reading something
// else; the error names it.
func (c ConnectConfig) PoolConfig() (*pgxpool.Config, error) {
	config, err := pgxpool.ParseConfig(neutral)
	if err != nil {
		if cause := errors.Unwrap(err); cause != nil {
			err = cause
		}
		return nil, message.Errorf("the environment variable PGSERVICE of the Grafana server stands in the way of connecting: %v. Remove it; the data source's settings hold all that is needed", err)
	}

	timeout := c.ConnectTimeout
	if timeout <= 0 {
		timeout = defaultConnectTimeout
	}
	dial := c.Dial
	if dial == nil {
		dial = (&net.Dialer{Timeout: timeout, KeepAlive: keepAlive}).DialContext
	}

	conn := config.ConnConfig
	conn.Host = c.Host
	conn.Port = c.Port
	conn.Database = c.Database
	conn.User = c.User
	conn.Password = c.Password
	conn.TLSConfig = c.TLS
	conn.Fallbacks = nil
	conn.ConnectTimeout = timeout
	conn.DialFunc = pgconn.DialFunc(dial)
	// The name is looked up where it is dialled: by the proxy, or by the
	// dialler, which tries all addresses within the timeout.
	conn.LookupFunc = func(_ context.Context, host string) ([]string, error) { return []string{host}, nil }
	// Poolers let these parameters pass. The server would otherwise speak the
	// database's encoding, and read a backslash in the catalog's fragments
	// otherwise than the catalog did.
	conn.RuntimeParams = map[string]string{
		"application_name":            c.ApplicationName,
		"client_encoding":             "UTF8",
		"standard_conforming_strings": "on",
	}
	if !c.PreparedStatements {
		conn.DefaultQueryExecMode = pgx.QueryExecModeDescribeExec
		conn.StatementCacheCapacity = 0
		conn.DescriptionCacheCapacity = 0
	}

	config.MaxConns = max(c.MaxConns, 1)
	config.MaxConnLifetime = c.MaxConnLifetime
	// Connections that were opened together, by a dashboard, are not replaced
	// together.
	config.MaxConnLifetimeJitter = c.MaxConnLifetime / 10
	return config, nil
}
