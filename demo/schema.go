// Package demo holds what the demo's programs share: the schema of the orders store that they fill,
// serve and watch.
package demo

import (
	"context"
	_ "embed"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Schema is the SQL that makes the demo's tables, constraints, indexes and roles in an empty database.
// It is several statements, meant for one transaction.
//
//go:embed schema.sql
var Schema string

// The roles that the schema makes, without passwords.
const (
	ReaderRole = "live_orders_reader" // the plugin's: may select
	ShopRole   = "live_orders_shop"   // the application's: may select, insert and update
)

// LoadSchema runs Schema, all of it or nothing. The connection's role must own the database and be
// allowed to make roles.
func LoadSchema(ctx context.Context, conn *pgx.Conn) error {
	// Statements that are sent together are one transaction.
	if _, err := conn.PgConn().Exec(ctx, Schema).ReadAll(); err != nil {
		return fmt.Errorf("load the demo's schema: %w", err)
	}
	return nil
}
