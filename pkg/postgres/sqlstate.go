package postgres

import (
	"errors"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/pullview/orders-datasource/pkg/message"
)

// classifyLogin tells why a server refused a connection.
func classifyLogin(e *pgconn.PgError, config *pgconn.Config, fail failure) *Error {
	switch e.Code {
	case "28P01":
		return fail(KindLogin, "the orders store does not accept the password of user %s; correct user and password in the data source settings", config.User)
	case "3D000":
		return fail(KindLogin, "the orders store has no database %s; correct the database in the data source settings", config.Database)
	case "28000":
		return fail(KindLogin, "the orders store does not let user %s in: %s. Check user, database and sslmode in the data source settings, and pg_hba.conf on the server", config.User, e.Message)
	case "42501":
		return fail(KindLogin, "user %s may not connect to database %s; GRANT CONNECT ON DATABASE is missing", config.User, config.Database)
	}
	return classifyServer(e, statementError{}, fail)
}

// classifyServer tells what an error of the server means. The server's message
// is repeated where it speaks of names and syntax, and left out where it may
// hold a value of a row or of a filter.
func classifyServer(e *pgconn.PgError, statement statementError, fail failure) *Error {
	if kind, format, parts, ok := serverError(e.Code); ok {
		args := make([]any, len(parts))
		for i, part := range parts {
			switch part {
			case itsWords:
				args[i] = e.Message
			case itsTable:
				args[i] = statement.ofTable()
			case itsCode:
				args[i] = e.Code
			}
		}
		return fail(kind, format, args...)
	}
	switch {
	case e.Code == "57014" && strings.Contains(e.Message, "user request"):
		// One code for two causes; where the server speaks another language, it
		// is taken for the likelier one.
		return fail(KindCancelled, "an administrator of the database cancelled the statement")
	case e.Code == "57014":
		return timedOut(statement, fail)
	}
	return fail(KindUnavailable, "the orders store failed with %s: %s (SQLSTATE %s)", strings.ToLower(e.Severity), e.Message, e.Code)
}

// serverPart is what a message tells of an error of the server.
type serverPart int

const (
	itsWords serverPart = iota
	itsTable            // of the catalog, where that is known
	itsCode
)

// meaning is what an error of the server is to the reader.
type meaning struct {
	kind   Kind
	format string
	parts  []serverPart // fill the format in
}

func means(kind Kind, format string, parts ...serverPart) meaning {
	return meaning{kind, format, parts}
}

// serverErrors are the errors of a server by SQLSTATE, or by its first two
// characters, which are its class (PostgreSQL documentation, appendix A).
var serverErrors = map[string]meaning{
	"42501": means(KindPermission, "the role of the data source lacks a right: %s. GRANT USAGE on the schema and SELECT on the relation%s to it", itsWords, itsTable),
	"42P01": means(KindCatalog, "the catalog names a relation that the database does not have%s: %s", itsTable, itsWords),
	"42703": means(KindCatalog, "the catalog names a column that the database does not have%s: %s", itsTable, itsWords),
	"42883": means(KindCatalog, "an expression of the catalog%s uses a function or operator that the database does not have for these types: %s", itsTable, itsWords),
	"42":    means(KindCatalog, "an expression of the catalog%s is not accepted: %s (SQLSTATE %s)", itsTable, itsWords, itsCode),
	"0A":    means(KindCatalog, "an expression of the catalog%s uses what the database does not support: %s", itsTable, itsWords),
	"25001": means(KindCatalog, "an expression of the catalog%s tries to change its transaction: %s", itsTable, itsWords),
	"25006": means(KindCatalog, "an expression of the catalog%s tries to write, but the data source only reads: %s", itsTable, itsWords),
	"22012": means(KindData, "an expression of the catalog%s divides by zero; write nullif(divisor, 0)", itsTable),
	"22003": means(KindData, "an expression of the catalog%s has a value that is out of the range of its type", itsTable),
	"22P02": means(KindData, "an expression of the catalog%s casts a text that its type does not accept", itsTable),
	"22023": means(KindCatalog, "the server does not accept a setting or an argument: %s", itsWords),
	"2201B": means(KindData, "a regular expression is not valid: %s", itsWords),
	"22P05": means(KindData, "a text of the query or of a row%s has a character that the encoding of the database, or the plugin's UTF-8, cannot write", itsTable),
	"22021": means(KindData, "a text of the query or of a row%s is not valid in the encoding of the database", itsTable),
	"22":    means(KindData, "an expression of the catalog%s fails on the value of a row (SQLSTATE %s)", itsTable, itsCode),
	"21":    means(KindData, "a subquery in the catalog%s returns more than one row", itsTable),
	"23":    means(KindData, "an expression of the catalog%s makes a value that breaks a constraint of its type (SQLSTATE %s)", itsTable, itsCode),
	"P0":    means(KindData, "a function that an expression of the catalog%s calls gave up on a row (SQLSTATE %s); the log of the database has its words", itsTable, itsCode),
	"HV":    means(KindUnavailable, "the orders store could not read a foreign table%s: %s (SQLSTATE %s)", itsTable, itsWords, itsCode),
	"26000": poolerLostStatement,
	"42P05": poolerLostStatement,
	"53300": means(KindBusy, "the orders store has no connection to spare: %s. Lower maxOpenConns in the data source settings or raise max_connections on the server", itsWords),
	"53":    means(KindResources, "the orders store lacks memory, disk or other resources: %s. Ask for less, or give the server more", itsWords),
	"54":    means(KindResources, "the statement is beyond a limit of the server: %s. Ask for less at once", itsWords),
	"55P03": means(KindBusy, "a table%s is locked, for example by a migration, and was not free in time; ask again", itsTable),
	"40":    means(KindUnavailable, "the orders store gave up the statement in favour of another one: %s. Ask again", itsWords),
	"57P01": means(KindUnavailable, "the orders store is being shut down or an administrator ended the connection; ask again when it is back"),
	"57P02": means(KindUnavailable, "the orders store restarts after a crash; ask again when it is back"),
	"57P03": means(KindUnavailable, "the orders store does not accept connections now: %s. Ask again in a moment", itsWords),
	"57P05": means(KindUnavailable, "the orders store ended an idle connection; ask again"),
	"25P03": means(KindUnavailable, "the orders store ended a transaction that idled too long; ask again"),
	"28":    means(KindLogin, "the orders store does not let the user in: %s", itsWords),
	"3D000": means(KindLogin, "the orders store has no such database; correct the database in the data source settings"),
	"3F000": means(KindCatalog, "the catalog names a schema that the database does not have%s: %s", itsTable, itsWords),
	"08":    means(KindUnavailable, "the connection to the orders store, or a pooler before it, failed: %s", itsWords),
	"58":    means(KindUnavailable, "the orders store has a failure of its system: %s", itsWords),
}

// poolerLostStatement is what a statement that a connection keeps means when the
// server does not know it, or knows it already: the connection is not always
// the same.
var poolerLostStatement = means(KindUnavailable, "a pooler stands between the plugin and the orders store, and gives a transaction another connection than the one that keeps its statements (%s). Switch preparedStatements off in the data source settings", itsWords)

func serverError(code string) (kind Kind, format string, parts []serverPart, ok bool) {
	entry, ok := serverErrors[code]
	if !ok && len(code) == 5 {
		entry, ok = serverErrors[code[:2]]
	}
	return entry.kind, entry.format, entry.parts, ok
}

// ofTable says of which table of the catalog a statement is, where it is of one.
func (e *statementError) ofTable() message.Message {
	if e.table == "" {
		return message.Message{}
	}
	return message.New(" of table %s", e.table)
}

// serverMessage is what the server said about a fragment of the catalog, whose
// text is all it knows when it prepares it.
func serverMessage(err error) message.Message {
	var pgErr *pgconn.PgError
	if errors.As(err, &pgErr) {
		if pgErr.Hint != "" {
			return message.New("%s (%s)", pgErr.Message, pgErr.Hint)
		}
		return message.Verbatim(pgErr.Message)
	}
	return message.Of(err)
}
