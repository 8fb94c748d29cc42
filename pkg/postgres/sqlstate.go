package postgres

import (
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
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
	of := ""
	if statement.table != "" {
		of = " of table " + statement.table
	}
	if kind, format, ok := serverError(e.Code); ok {
		return fail(kind, "%s", strings.NewReplacer("{message}", e.Message, "{of}", of, "{code}", e.Code).Replace(format))
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

// serverErrors are the errors of a server by SQLSTATE, or by its first two
// characters, which are its class (PostgreSQL documentation, appendix A).
var serverErrors = map[string]struct {
	kind    Kind
	message string
}{
	"42501": {KindPermission, "the role of the data source lacks a right: {message}. GRANT USAGE on the schema and SELECT on the relation{of} to it"},
	"42P01": {KindCatalog, "the catalog names a relation that the database does not have{of}: {message}"},
	"42703": {KindCatalog, "the catalog names a column that the database does not have{of}: {message}"},
	"42883": {KindCatalog, "an expression of the catalog{of} uses a function or operator that the database does not have for these types: {message}"},
	"42":    {KindCatalog, "an expression of the catalog{of} is not accepted: {message} (SQLSTATE {code})"},
	"0A":    {KindCatalog, "an expression of the catalog{of} uses what the database does not support: {message}"},
	"25001": {KindCatalog, "an expression of the catalog{of} tries to change its transaction: {message}"},
	"25006": {KindCatalog, "an expression of the catalog{of} tries to write, but the data source only reads: {message}"},
	"22012": {KindData, "an expression of the catalog{of} divides by zero; write nullif(divisor, 0)"},
	"22003": {KindData, "an expression of the catalog{of} has a value that is out of the range of its type"},
	"22P02": {KindData, "an expression of the catalog{of} casts a text that its type does not accept"},
	"22023": {KindCatalog, "the server does not accept a setting or an argument: {message}"},
	"2201B": {KindData, "a regular expression is not valid: {message}"},
	"22P05": {KindData, "a text of the query or of a row{of} has a character that the encoding of the database, or the plugin's UTF-8, cannot write"},
	"22021": {KindData, "a text of the query or of a row{of} is not valid in the encoding of the database"},
	"22":    {KindData, "an expression of the catalog{of} fails on the value of a row (SQLSTATE {code})"},
	"21":    {KindData, "a subquery in the catalog{of} returns more than one row"},
	"23":    {KindData, "an expression of the catalog{of} makes a value that breaks a constraint of its type (SQLSTATE {code})"},
	"P0":    {KindData, "a function that an expression of the catalog{of} calls gave up on a row (SQLSTATE {code}); the log of the database has its words"},
	"HV":    {KindUnavailable, "the orders store could not read a foreign table{of}: {message} (SQLSTATE {code})"},
	"26000": {KindUnavailable, poolerLostStatement},
	"42P05": {KindUnavailable, poolerLostStatement},
	"53300": {KindBusy, "the orders store has no connection to spare: {message}. Lower maxOpenConns in the data source settings or raise max_connections on the server"},
	"53":    {KindResources, "the orders store lacks memory, disk or other resources: {message}. Ask for less, or give the server more"},
	"54":    {KindResources, "the statement is beyond a limit of the server: {message}. Ask for less at once"},
	"55P03": {KindBusy, "a table{of} is locked, for example by a migration, and was not free in time; ask again"},
	"40":    {KindUnavailable, "the orders store gave up the statement in favour of another one: {message}. Ask again"},
	"57P01": {KindUnavailable, "the orders store is being shut down or an administrator ended the connection; ask again when it is back"},
	"57P02": {KindUnavailable, "the orders store restarts after a crash; ask again when it is back"},
	"57P03": {KindUnavailable, "the orders store does not accept connections now: {message}. Ask again in a moment"},
	"57P05": {KindUnavailable, "the orders store ended an idle connection; ask again"},
	"25P03": {KindUnavailable, "the orders store ended a transaction that idled too long; ask again"},
	"28":    {KindLogin, "the orders store does not let the user in: {message}"},
	"3D000": {KindLogin, "the orders store has no such database; correct the database in the data source settings"},
	"3F000": {KindCatalog, "the catalog names a schema that the database does not have{of}: {message}"},
	"08":    {KindUnavailable, "the connection to the orders store, or a pooler before it, failed: {message}"},
	"58":    {KindUnavailable, "the orders store has a failure of its system: {message}"},
}

// poolerLostStatement is what a statement that a connection keeps means when the
// server does not know it, or knows it already: the connection is not always
// the same.
const poolerLostStatement = "a pooler stands between the plugin and the orders store, and gives a transaction another connection than the one that keeps its statements ({message}). Switch preparedStatements off in the data source settings"

func serverError(code string) (kind Kind, message string, ok bool) {
	entry, ok := serverErrors[code]
	if !ok && len(code) == 5 {
		entry, ok = serverErrors[code[:2]]
	}
	return entry.kind, entry.message, ok
}

// serverMessage is what the server said about a fragment of the catalog, whose
// text is all it knows when it prepares it.
func serverMessage(err error) string {
	var pgErr *pgconn.PgError
	if errors.As(err, &pgErr) {
		if pgErr.Hint != "" {
			return fmt.Sprintf("%s (%s)", pgErr.Message, pgErr.Hint)
		}
		return pgErr.Message
	}
	return err.Error()
}
