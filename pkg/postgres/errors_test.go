package postgres

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/internal/embedpg"
	"github.com/pullview/orders-datasource/pkg/message"
	"github.com/pullview/orders-datasource/pkg/query"
)

func TestServerErrorsAreToldByTheirCode(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]struct {
		kind Kind
		says string
	}{
		"42501": {KindPermission, "GRANT USAGE on the schema and SELECT on the relation of table orders"},
		"42P01": {KindCatalog, "a relation that the database does not have"},
		"42703": {KindCatalog, "a column that the database does not have"},
		"42883": {KindCatalog, "a function or operator"},
		"42601": {KindCatalog, "is not accepted: said so (SQLSTATE 42601)"},
		"42803": {KindCatalog, "is not accepted"},
		"0A000": {KindCatalog, "does not support"},
		"25006": {KindCatalog, "tries to write"},
		"25001": {KindCatalog, "tries to change its transaction"},
		"3F000": {KindCatalog, "a schema that the database does not have"},
		"22012": {KindData, "nullif(divisor, 0)"},
		"22003": {KindData, "out of the range"},
		"22P02": {KindData, "casts a text"},
		"22P05": {KindData, "encoding of the database"},
		"22021": {KindData, "not valid in the encoding"},
		"23514": {KindData, "breaks a constraint"},
		"P0001": {KindData, "gave up on a row (SQLSTATE P0001)"},
		"HV00N": {KindUnavailable, "a foreign table of table orders: said so"},
		"26000": {KindUnavailable, "Switch preparedStatements off"},
		"42P05": {KindUnavailable, "Switch preparedStatements off"},
		"22008": {KindData, "fails on the value of a row"},
		"21000": {KindData, "more than one row"},
		"2201B": {KindData, "regular expression"},
		"53300": {KindBusy, "raise max_connections"},
		"53200": {KindResources, "lacks memory, disk"},
		"53100": {KindResources, "lacks memory, disk"},
		"54001": {KindResources, "beyond a limit of the server"},
		"55P03": {KindBusy, "is locked"},
		"40001": {KindUnavailable, "Ask again"},
		"57P01": {KindUnavailable, "shut down"},
		"57P02": {KindUnavailable, "after a crash"},
		"57P03": {KindUnavailable, "Ask again in a moment"},
		"57014": {KindTimeout, "public.orders did not finish within its time of at most 20s"},
		"58030": {KindUnavailable, "failure of its system"},
		"08P01": {KindUnavailable, "a pooler before it"},
		"3D000": {KindLogin, "no such database"},
		"28P01": {KindLogin, "does not let the user in"},
		"XX000": {KindUnavailable, "SQLSTATE XX000"},
		"":      {KindUnavailable, "failed with error"},
	} {
		pgErr := &pgconn.PgError{Code: code, Severity: "ERROR", Message: "said so", Detail: "secret value", Hint: "secret hint"}
		e := Classify(fmt.Errorf("wrapped: %w", &statementError{table: "orders", relation: "public.orders", timeout: 20 * time.Second, err: pgErr}))
		assert.Equal(t, want.kind, e.Kind, code)
		assert.Contains(t, e.Message.String(), want.says, code)
		assert.NotContains(t, e.Message.String(), "secret", code)
		assert.True(t, e.Downstream(), code)
		assert.ErrorIs(t, e, pgErr)
	}
}

func TestOtherErrorsAreToldByTheirType(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err    error
		kind   Kind
		status int
	}{
		"cancelled":           {context.Canceled, KindCancelled, 499},
		"deadline":            {context.DeadlineExceeded, KindTimeout, http.StatusGatewayTimeout},
		"closed":              {ErrClosed, KindUnavailable, http.StatusServiceUnavailable},
		"end of file":         {io.ErrUnexpectedEOF, KindUnavailable, http.StatusServiceUnavailable},
		"connection reset":    {&net.OpError{Op: "read", Err: errors.New("connection reset by peer")}, KindUnavailable, http.StatusServiceUnavailable},
		"admin cancel":        {&pgconn.PgError{Code: "57014", Message: "canceling statement due to user request"}, KindCancelled, 499},
		"pool exhausted":      {&acquireError{err: context.DeadlineExceeded, most: 8}, KindBusy, http.StatusServiceUnavailable},
		"connecting":          {&acquireError{err: context.DeadlineExceeded, connecting: true}, KindUnreachable, http.StatusBadGateway},
		"waiting cancelled":   {&acquireError{err: context.Canceled, callerGone: true}, KindCancelled, 499},
		"cause before effect": {&cancelled{cause: context.Canceled, err: &pgconn.PgError{Code: "57014"}}, KindCancelled, 499},
		"ours":                {errors.New("bucket 7"), KindInternal, http.StatusInternalServerError},
		"already told":        {&Error{Kind: KindCatalog, Message: message.Verbatim("as it is")}, KindCatalog, http.StatusUnprocessableEntity},
	} {
		e := Classify(fmt.Errorf("wrapped: %w", c.err))
		assert.Equal(t, c.kind, e.Kind, name)
		assert.Equal(t, c.status, e.Status(), name)
		assert.Equal(t, c.kind != KindInternal, e.Downstream(), name)
		assert.NotEmpty(t, e.Error(), name)
	}
	assert.Nil(t, Classify(nil))
	mistake := &query.Error{Field: "filters", Message: message.Verbatim("no")}
	assert.Equal(t, error(mistake), classify(mistake), "a mistake in a query passes as it is")
}

// connecting returns the error of a first look.
func connecting(t *testing.T, dsn string, change func(*pgxpool.Config)) *Error {
	t.Helper()
	pool := poolConfig(t, dsn)
	pool.ConnConfig.ConnectTimeout = 2 * time.Second
	if change != nil {
		change(pool)
	}
	s := New(Config{Pool: pool, QueryTimeout: 5 * time.Second})
	t.Cleanup(s.Close)
	_, err := s.Look(t.Context(), query.Caller{})
	var e *Error
	require.ErrorAs(t, err, &e)
	require.True(t, e.Downstream())
	require.NotContains(t, e.Message.String(), "s3cret")
	return e
}

func TestConnectionsThatFailSayWhatToDo(t *testing.T) {
	t.Parallel()
	server := embedpg.Shared(t)
	at := func(user, password, host string, port int, rest string) string {
		return fmt.Sprintf("postgres://%s:%s@%s/%s", user, password, net.JoinHostPort(host, fmt.Sprint(port)), rest)
	}
	t.Run("wrong password", func(t *testing.T) {
		t.Parallel()
		e := connecting(t, at("postgres", "s3cret", server.Host(), server.Port(), "postgres?sslmode=disable"), nil)
		assert.Equal(t, KindLogin, e.Kind)
		assert.Contains(t, e.Message.String(), "does not accept the password of user postgres")
	})
	t.Run("unknown user", func(t *testing.T) {
		t.Parallel()
		e := connecting(t, at("nobody", "s3cret", server.Host(), server.Port(), "postgres?sslmode=disable"), nil)
		assert.Equal(t, KindLogin, e.Kind)
	})
	t.Run("no such database", func(t *testing.T) {
		t.Parallel()
		e := connecting(t, server.DSN("nothing"), nil)
		assert.Equal(t, KindLogin, e.Kind)
		assert.Contains(t, e.Message.String(), "no database nothing")
	})
	t.Run("host that does not resolve", func(t *testing.T) {
		t.Parallel()
		e := connecting(t, at("u", "s3cret", "no-such-host.invalid", 5432, "d?sslmode=disable"), func(c *pgxpool.Config) {
			c.ConnConfig.LookupFunc = func(_ context.Context, host string) ([]string, error) {
				return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
			}
		})
		assert.Equal(t, KindUnreachable, e.Kind)
		assert.Contains(t, e.Message.String(), "no-such-host.invalid of the orders store cannot be found")
	})
	t.Run("refused", func(t *testing.T) {
		t.Parallel()
		listener := listen(t, func(net.Conn) {})
		port := listener.Addr().(*net.TCPAddr).Port
		require.NoError(t, listener.Close())
		e := connecting(t, at("u", "s3cret", "127.0.0.1", port, "d?sslmode=disable"), nil)
		assert.Equal(t, KindUnreachable, e.Kind)
		assert.Contains(t, e.Message.String(), fmt.Sprintf("127.0.0.1:%d cannot be reached", port))
	})
	t.Run("silent", func(t *testing.T) {
		t.Parallel()
		listener := listen(t, func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) })
		e := connecting(t, at("u", "s3cret", "127.0.0.1", listener.Addr().(*net.TCPAddr).Port, "d?sslmode=disable"), func(c *pgxpool.Config) {
			c.ConnConfig.ConnectTimeout = 300 * time.Millisecond
		})
		assert.Equal(t, KindUnreachable, e.Kind)
		assert.Contains(t, e.Message.String(), "does not answer")
	})
	t.Run("silent for longer than a query may wait", func(t *testing.T) {
		t.Parallel()
		listener := listen(t, func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) })
		s := New(Config{Pool: poolConfig(t, at("u", "s3cret", "127.0.0.1", listener.Addr().(*net.TCPAddr).Port, "d?sslmode=disable")),
			QueryTimeout: 300 * time.Millisecond})
		_, err := s.Look(t.Context(), query.Caller{})
		requireKind(t, err, KindUnreachable)
		_ = listener.Close()
		s.Close()
	})
	t.Run("no PostgreSQL", func(t *testing.T) {
		t.Parallel()
		listener := listen(t, func(conn net.Conn) { _, _ = io.WriteString(conn, "HTTP/1.1 400 Bad Request\r\n\r\n") })
		e := connecting(t, at("u", "s3cret", "127.0.0.1", listener.Addr().(*net.TCPAddr).Port, "d?sslmode=disable"), nil)
		assert.Contains(t, []Kind{KindUnreachable, KindUnavailable}, e.Kind)
		assert.Contains(t, e.Message.String(), "PostgreSQL")
	})
	t.Run("closes at once", func(t *testing.T) {
		t.Parallel()
		listener := listen(t, func(net.Conn) {})
		e := connecting(t, at("u", "s3cret", "127.0.0.1", listener.Addr().(*net.TCPAddr).Port, "d?sslmode=disable"), nil)
		assert.Equal(t, KindUnavailable, e.Kind)
		assert.Contains(t, e.Message.String(), "closed the connection")
	})
	t.Run("a way to sign in that the plugin does not know", func(t *testing.T) {
		t.Parallel()
		const wantsKerberos = "R\x00\x00\x00\x08\x00\x00\x00\x07" // AuthenticationGSS
		listener := listen(t, func(conn net.Conn) {
			_, _ = io.WriteString(conn, wantsKerberos)
			_, _ = io.Copy(io.Discard, conn)
		})
		e := connecting(t, at("u", "s3cret", "127.0.0.1", listener.Addr().(*net.TCPAddr).Port, "d?sslmode=disable"), nil)
		assert.Equal(t, KindUnreachable, e.Kind)
		assert.Contains(t, e.Message.String(), "kerberos error")
		assert.Contains(t, e.Message.String(), "pg_hba.conf")
	})
	t.Run("TLS where the server has none", func(t *testing.T) {
		t.Parallel()
		e := connecting(t, strings.Replace(server.DSN("postgres"), "sslmode=disable", "sslmode=require", 1), nil)
		assert.Equal(t, KindTLS, e.Kind)
		assert.Contains(t, e.Message.String(), "does not offer encryption")
	})
}

func TestCertificatesThatDoNotFitAreExplained(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for name, c := range map[string]struct {
		host    string
		expired bool
		trusted bool
		says    string
	}{
		"unknown authority": {"localhost", false, false, "not trusted"},
		"other host":        {"db.example.org", false, true, "another host name"},
		"expired":           {"localhost", true, true, "has expired"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			until := now.Add(time.Hour)
			if c.expired {
				until = now.Add(-time.Hour)
			}
			certificate, pool := certify(t, c.host, now.Add(-2*time.Hour), until)
			listener := listen(t, func(conn net.Conn) {
				if _, err := io.ReadFull(conn, make([]byte, 8)); err == nil {
					_, _ = conn.Write([]byte("S"))
					_ = tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{certificate}}).Handshake()
				}
			})
			if !c.trusted {
				pool = x509.NewCertPool()
			}
			e := connecting(t, fmt.Sprintf("postgres://u:s3cret@127.0.0.1:%d/d?sslmode=require", listener.Addr().(*net.TCPAddr).Port), func(p *pgxpool.Config) {
				p.ConnConfig.TLSConfig = &tls.Config{ServerName: "localhost", RootCAs: pool}
			})
			assert.Equal(t, KindTLS, e.Kind)
			assert.Contains(t, e.Message.String(), c.says)
		})
	}
}

func TestAServerThatWantsEncryptionSaysSo(t *testing.T) {
	t.Parallel()
	certificate, _ := certify(t, "localhost", time.Now().Add(-time.Hour), time.Now().Add(time.Hour))
	key, err := x509.MarshalPKCS8PrivateKey(certificate.PrivateKey)
	require.NoError(t, err)
	server := embedpg.StartForTest(t, embedpg.Options{
		Settings: map[string]string{"ssl": "on"},
		Files: map[string]string{
			"server.crt":  string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Certificate[0]})),
			"server.key":  string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})),
			"pg_hba.conf": "hostssl all all all scram-sha-256\nhost template1 all all scram-sha-256\nhost postgres postgres all scram-sha-256\n",
		},
	})
	e := connecting(t, server.Database(t), nil)
	assert.Equal(t, KindLogin, e.Kind)
	assert.Contains(t, e.Message.String(), "no encryption")
	assert.Contains(t, e.Message.String(), "sslmode")
}

func TestARoleWithoutRightsIsToldWhatToGrant(t *testing.T) {
	t.Parallel()
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		f := setUp(t, server, ordersSQL, ordersCatalog)
		role := "reader_" + strings.ToLower(rand.Text())
		f.exec(t, `CREATE ROLE `+role+` LOGIN PASSWORD 's3cret'`)
		t.Cleanup(func() { dropRole(t, f, role) })
		f.store = f.open(t, func(c *Config) {
			c.Pool.ConnConfig.User, c.Pool.ConnConfig.Password = role, "s3cret"
		})
		_, err := f.look(t).Scan(t.Context(), ordersScan(f))
		e := requireKind(t, err, KindPermission)
		require.Contains(t, e.Message.String(), "permission denied for table orders")
		require.Contains(t, e.Message.String(), "GRANT")
		require.Equal(t, http.StatusForbidden, e.Status())
	})
}

func TestExpressionsThatFailOnARowAreTheCatalogs(t *testing.T) {
	t.Parallel()
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		f := setUp(t, server, ordersSQL, ordersCatalog)
		look := f.look(t)
		for expr, says := range map[string]string{
			"1 / (total * 0)":                     "divides by zero",
			"(channel || 'x')::int":               "casts a text that its type does not accept",
			"(total * 1e10)::int":                 "out of the range",
			"(SELECT id FROM orders)":             "more than one row",
			"sum(total)":                          "aggregate functions are not allowed",
			"sum(total) OVER ()":                  "window functions are not allowed",
			"unnest(ARRAY[total, 1])":             "set-returning functions are not allowed",
			"no_such_function(total)":             "no_such_function",
			"total + channel":                     "operator does not exist",
			"(('{\"a\": 1}'::jsonb) ->> 'a')::no": `type "no" does not exist`,
		} {
			scan := ordersScan(f)
			scan.Measures = []query.Measure{{Kind: query.Sum, Expr: expr}}
			_, err := look.Scan(t.Context(), scan)
			var e *Error
			require.ErrorAs(t, err, &e, expr)
			assert.Contains(t, []Kind{KindData, KindCatalog}, e.Kind, expr)
			assert.Contains(t, e.Message.String(), says, expr)
			assert.NotContains(t, e.Message.String(), "webx", "no value of a row")
		}
	})
}

func dropRole(t *testing.T, f *fixture, role string) {
	conn, err := pgconn.Connect(context.Background(), f.dsn)
	require.NoError(t, err)
	defer conn.Close(context.Background())
	_, err = conn.Exec(context.Background(), "DROP OWNED BY "+role+"; DROP ROLE "+role).ReadAll()
	assert.NoError(t, err)
}

// listen serves each connection with f and closes it then.
func listen(t *testing.T, f func(net.Conn)) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				f(conn)
			}()
		}
	}()
	return listener
}

// certify makes a certificate that signs itself, and a pool that trusts it.
func certify(t *testing.T, host string, from, until time.Time) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: host}, DNSNames: []string{host},
		NotBefore: from, NotAfter: until, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	parsed, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}
