// Package postgres reads the orders store: it turns scans into SQL, runs them
// in read-only transactions and decodes their rows into typed columns.
//
// What reaches the server is written by this package, with two exceptions that
// only an organisation admin can write: the names and the SQL fragments of the
// catalog. Names are quoted, fragments stand between parentheses on lines of
// their own, and every value is bound. A query can therefore not change the
// text of a statement except by choosing among what the catalog declares.
//
// Limits: a look holds one connection and one transaction; a statement ends at
// the configured timeout or when its caller goes away, whichever is sooner; and
// reading stops at the number of rows and bytes that a scan allows.
package postgres
