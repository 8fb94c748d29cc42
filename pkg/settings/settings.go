// Package settings turns what Grafana stores for a data source into validated
// settings: where the orders store is, how to sign in, the limits, and the
// catalog.
//
// The names are those of Grafana's built-in PostgreSQL data source, so that a
// provisioning file for that one needs only another type and a catalog.
// Secrets come from Grafana's encrypted store alone and stay in memory: no
// file and no environment variable is read, and neither errors nor any way of
// printing the settings shows them.
package settings

import (
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/message"
)

// Source is what Grafana stores for a data source.
type Source struct {
	// URL is host or host:port.
	URL string
	// User signs in to the server.
	User string
	// Database is used where jsonData names none, as older files do.
	Database string
	// JSONData holds the other settings and the catalog.
	JSONData json.RawMessage
	// Secure is secureJsonData, decrypted.
	Secure map[string]string
}

// The values of sslmode, with PostgreSQL's meanings.
const (
	// SSLDisable connects without TLS.
	SSLDisable = "disable"
	// SSLRequire connects with TLS and verifies the server's certificate only
	// where a CA certificate is given. It is the default.
	SSLRequire = "require"
	// SSLVerifyCA verifies the certificate's chain, but not its name.
	SSLVerifyCA = "verify-ca"
	// SSLVerifyFull verifies the chain and that the certificate is the host's.
	SSLVerifyFull = "verify-full"
)

// Settings are complete and in their limits; [Load] is the only way to obtain
// them.
type Settings struct {
	// Host is one name or IP address; IPv6 without brackets.
	Host     string
	Port     uint16
	Database string
	User     string
	Password Secret
	SSLMode  string

	// MaxOpenConns is the most connections that are open at a time.
	MaxOpenConns int32
	// ConnMaxLifetime is the age at which a connection is replaced; 0 for never.
	ConnMaxLifetime time.Duration
	// PreparedStatements is off where a pooler in transaction mode, such as
	// PgBouncer, stands between.
	PreparedStatements bool
	// EnableSecureSocksProxy connects through Grafana's proxy.
	EnableSecureSocksProxy bool

	// QueryTimeout bounds each statement.
	QueryTimeout time.Duration
	// MaxRows bounds the cells of one query's result.
	MaxRows int
	// MaxSeries bounds the series of one query's result.
	MaxSeries int
	// MaxRangeDays bounds a query's time range; 0 for no bound.
	MaxRangeDays int

	// CacheBytes bounds the numbers that are kept in memory from look to look; 0
	// keeps none.
	CacheBytes int64
	// MinLookInterval is the least time between two looks that keep numbers, or
	// two that answer equal live queries. Others do not wait.
	MinLookInterval time.Duration

	// Catalog is nil where CatalogError is not.
	Catalog *catalog.Catalog
	// CatalogError says why there is no catalog: [catalog.ErrEmpty] where none
	// was given, [catalog.Errors] where it has problems. The data source loads
	// all the same, so that its health check can explain.
	CatalogError error

	// Warnings name settings that have no effect and look as if they were meant
	// to have one.
	Warnings []message.Message

	tls func() *tls.Config // a function, so that printers do not find the private key
}

// TLSConfig returns how to speak TLS to the server, a new copy each time; nil
// where sslmode is disable.
func (s *Settings) TLSConfig() *tls.Config {
	if s.tls == nil {
		return nil
	}
	return s.tls()
}

// String tells where the settings lead, without secrets.
func (s Settings) String() string {
	state := "with a catalog"
	if s.CatalogError != nil {
		state = "without a valid catalog"
	}
	return fmt.Sprintf("PostgreSQL at %s, database %q, user %q, sslmode %s, %s",
		net.JoinHostPort(s.Host, strconv.Itoa(int(s.Port))), s.Database, s.User, s.SSLMode, state)
}

// Format writes what String says for every verb.
func (s Settings) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// Problem is one thing that is wrong with the settings.
type Problem struct {
	// Field is the setting's name in a provisioning file, such as url or
	// jsonData.sslmode.
	Field string
	// Message says what is wrong and what to do.
	Message message.Message
}

// Text says where and what.
func (p Problem) Text() message.Message { return p.Message.At(p.Field) }

func (p Problem) String() string { return p.Text().String() }

// Errors are all problems of the settings, never empty. It is the error of
// [Load].
type Errors []Problem

func (e Errors) Error() string { return e.Text().String() }

// Text lists all problems.
func (e Errors) Text() message.Message {
	if len(e) == 1 {
		return message.New("the data source's settings have a problem: %s", e[0])
	}
	return message.New("%s:\n- %s", e.Count(), message.Join(e, "\n- "))
}

// Count says how many problems there are.
func (e Errors) Count() message.Message {
	return message.Counted(len(e), "the data source's settings have %d problem", "the data source's settings have %d problems")
}

// Texts returns what each problem is.
func (e Errors) Texts() []message.Message { return message.Texts(e) }
