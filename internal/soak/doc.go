// Package soak checks, while many writers change an orders store in every way
// that PostgreSQL has, that numbers kept in memory equal those that the store
// itself gives in the same snapshot.
//
//	go test ./internal/soak                       a few seconds, in every test run
//	go test ./internal/soak -soak 30m -timeout 1h as long as you like
package soak
