// Package demo holds what the demo's programs share: the schema of the orders store that they fill,
// serve and watch.
package demo

import _ "embed"

// Schema is the SQL that makes the demo's tables, constraints, indexes and roles in an empty database.
// It is several statements, meant for one transaction.
//
//go:embed schema.sql
var Schema string
