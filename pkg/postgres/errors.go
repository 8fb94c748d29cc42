package postgres

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/pullview/orders-datasource/pkg/message"
	"github.com/pullview/orders-datasource/pkg/query"
)

// Kind says whose affair an Error is.
type Kind string

// The kinds of errors.
const (
	KindUnreachable Kind = "unreachable" // host, port, network
	KindTLS         Kind = "tls"         // encryption and certificates
	KindLogin       Kind = "login"       // user, password, database
	KindPermission  Kind = "permission"  // the role lacks a right
	KindTimeout     Kind = "timeout"     // a statement took too long
	KindCancelled   Kind = "cancelled"   // the caller went away
	KindBusy        Kind = "busy"        // no connection or lock to be had
	KindUnavailable Kind = "unavailable" // the server stops, starts or was lost
	KindCatalog     Kind = "catalog"     // the catalog does not fit the database
	KindData        Kind = "data"        // an expression of the catalog fails on a row
	KindUnsupported Kind = "unsupported" // a server that is too old
	KindResources   Kind = "resources"   // memory, disk or limits of the server
	KindInternal    Kind = "internal"    // a bug of this plugin
)

// Error is a failure of the orders store, told to the reader. Neither its
// message nor what it wraps in Message holds a secret or a bound value.
type Error struct {
	Kind    Kind
	Message message.Message // what failed and what to do
	Err     error           // the cause, for logs; may be nil
}

func (e *Error) Error() string { return e.Message.String() }

// Text returns what failed and what to do.
func (e *Error) Text() message.Message { return e.Message }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Downstream reports whether the cause lies with the database, the network,
// the settings or the catalog, and not with this plugin.
func (e *Error) Downstream() bool { return e.Kind != KindInternal }

// Status returns the HTTP status that fits the error.
func (e *Error) Status() int {
	switch e.Kind {
	case KindTimeout:
		return http.StatusGatewayTimeout
	case KindCancelled:
		return 499 // the client closed the request
	case KindBusy, KindUnavailable, KindResources:
		return http.StatusServiceUnavailable
	case KindUnreachable, KindTLS, KindLogin:
		return http.StatusBadGateway
	case KindPermission:
		return http.StatusForbidden
	case KindUnsupported:
		return http.StatusNotImplemented
	case KindCatalog, KindData:
		return http.StatusUnprocessableEntity
	}
	return http.StatusInternalServerError
}

// acquireError is the failure to get a connection in time.
type acquireError struct {
	err        error
	waited     time.Duration
	most       int32
	connecting bool // a connection was being made; else all were in use
	callerGone bool
}

func (e *acquireError) Error() string { return "acquire a connection: " + e.err.Error() }
func (e *acquireError) Unwrap() error { return e.err }

// statementError is the failure of a statement on a table.
type statementError struct {
	table    string
	relation string
	timeout  time.Duration
	err      error
}

func (e *statementError) Error() string { return "table " + e.table + ": " + e.err.Error() }
func (e *statementError) Unwrap() error { return e.err }

// classify makes an *Error of err, unless it is a mistake in a query or the
// sign that a result is too large, which pass as they are.
func classify(err error) error {
	var mistake *query.Error
	if err == nil || errors.As(err, &mistake) || errors.Is(err, query.ErrTooManyCells) {
		return err
	}
	return Classify(err)
}

// Classify tells what kind of failure err is, by its type. It returns nil for
// nil, and KindInternal for what it does not know.
func Classify(err error) *Error {
	if err == nil {
		return nil
	}
	var (
		known      *Error
		acquire    *acquireError
		pgErr      *pgconn.PgError
		connectErr *pgconn.ConnectError
		done       *cancelled
		statement  statementError
	)
	if s := (*statementError)(nil); errors.As(err, &s) {
		statement = *s
	}
	fail := func(kind Kind, format string, args ...any) *Error {
		return &Error{Kind: kind, Message: message.New(format, args...), Err: err}
	}
	switch {
	case errors.As(err, &known):
		return known
	case errors.Is(err, ErrClosed):
		return fail(KindUnavailable, "%s, because the settings of the data source changed or the plugin stops; ask again", ErrClosed)
	case errors.As(err, &acquire):
		return acquire.classify(fail)
	case errors.As(err, &done):
		return classifyDone(done.cause, statement, fail)
	case errors.As(err, &connectErr):
		return classifyConnect(connectErr, fail)
	case errors.As(err, &pgErr):
		return classifyServer(pgErr, statement, fail)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return classifyDone(err, statement, fail)
	case lostConnection(err):
		return fail(KindUnavailable, "the connection to the orders store broke off; the database may have stopped or the network failed. Ask again; if it stays so, check the server")
	}
	return fail(KindInternal, "the orders store's answer could not be read: %s", err)
}

type failure func(kind Kind, format string, args ...any) *Error

func (e *acquireError) classify(fail failure) *Error {
	switch {
	case e.callerGone && errors.Is(e.err, context.Canceled):
		return fail(KindCancelled, "the request was cancelled while it waited for a connection to the orders store")
	case e.connecting:
		return fail(KindUnreachable, "the orders store does not answer: no connection was made within %s. Check host and port in the data source settings, and that no firewall drops the packets", e.waited)
	}
	return fail(KindBusy, "all %d connections to the orders store are in use and none became free in time. Ask again, raise maxOpenConns in the data source settings, or ask for less at once", e.most)
}

func classifyDone(cause error, statement statementError, fail failure) *Error {
	if errors.Is(cause, context.Canceled) {
		return fail(KindCancelled, "the request was cancelled, and its statement with it")
	}
	return timedOut(statement, fail)
}

func timedOut(statement statementError, fail failure) *Error {
	var on, limit message.Message
	if statement.relation != "" {
		on = message.New(" on %s", statement.relation)
	}
	if statement.timeout > 0 {
		limit = message.New(" of at most %s", statement.timeout)
	}
	return fail(KindTimeout, "a statement%s did not finish within its time%s. Choose a shorter range, filter more, have an index on the time column made, or raise queryTimeoutSeconds in the data source settings", on, limit)
}

func classifyConnect(e *pgconn.ConnectError, fail failure) *Error {
	server := net.JoinHostPort(e.Config.Host, fmt.Sprint(e.Config.Port))
	var (
		pgErr   *pgconn.PgError
		dns     *net.DNSError
		netErr  net.Error
		op      *net.OpError
		unknown x509.UnknownAuthorityError
		host    x509.HostnameError
		invalid x509.CertificateInvalidError
		verify  *tls.CertificateVerificationError
		alert   tls.AlertError
		record  tls.RecordHeaderError
	)
	switch {
	case errors.As(e, &pgErr):
		return classifyLogin(pgErr, e.Config, fail)
	case errors.As(e, &dns):
		if dns.IsTimeout {
			return fail(KindUnreachable, "the name server did not answer for the host %s of the orders store; check the network's name resolution", dns.Name)
		}
		return fail(KindUnreachable, "the host %s of the orders store cannot be found; check the url in the data source settings", dns.Name)
	case errors.As(e, &unknown):
		return fail(KindTLS, "the certificate of the orders store at %s is signed by an authority that is not trusted; put its CA certificate into tlsCACert in the data source settings", server)
	case errors.As(e, &host):
		return fail(KindTLS, "the certificate of the orders store at %s is for another host name; connect by a name in the certificate, or choose sslmode verify-ca", server)
	case errors.As(e, &invalid), errors.As(e, &verify):
		return fail(KindTLS, "the certificate of the orders store at %s is not valid: %s", server, cause(e, &invalid, &verify))
	case errors.As(e, &alert), errors.As(e, &record):
		return fail(KindTLS, "the orders store at %s and the plugin did not agree on encryption: %s; check the client certificate and sslmode in the data source settings", server, cause(e, &alert, &record))
	case errors.Is(e, context.Canceled):
		return fail(KindCancelled, "the request was cancelled while it connected to the orders store")
	case errors.Is(e, context.DeadlineExceeded), pgconn.Timeout(e), errors.As(e, &netErr) && netErr.Timeout():
		return fail(KindUnreachable, "the orders store at %s does not answer; check host and port in the data source settings, that a PostgreSQL server listens there, and that no firewall drops the packets", server)
	case errors.As(e, &op) && op.Op == "dial":
		return fail(KindUnreachable, "the orders store at %s cannot be reached: %s. Check host and port in the data source settings, and that the server runs and accepts connections over the network", server, op.Err)
	case strings.Contains(e.Error(), "server refused TLS connection"):
		// pgconn has no type for it.
		return fail(KindTLS, "the server of the orders store at %s does not offer encryption, but sslmode asks for it; enable ssl on the server, or choose sslmode disable where the network is trusted", server)
	case lostConnection(e):
		return fail(KindUnavailable, "the server at %s closed the connection while it was made; check that it is a PostgreSQL server and that it is not overloaded", server)
	}
	// What pgconn could not do: its words for it name no secret.
	return fail(KindUnreachable, "the orders store at %s cannot be connected to: %s. Check that a PostgreSQL server listens there, and that pg_hba.conf lets the role sign in by a password or a certificate", server, innermost(e))
}

// innermost returns the error that all others are about.
func innermost(err error) error {
	for next := err; next != nil; next = errors.Unwrap(next) {
		err = next
	}
	return err
}

// cause returns the text of the innermost of the given errors.
func cause(err error, targets ...any) string {
	text := err.Error()
	for _, t := range targets {
		if errors.As(err, t) {
			switch e := t.(type) {
			case *x509.CertificateInvalidError:
				text = e.Error()
			case **tls.CertificateVerificationError:
				text = (*e).Err.Error()
			case *tls.AlertError:
				text = e.Error()
			case *tls.RecordHeaderError:
				text = e.Msg
			}
		}
	}
	return text
}
