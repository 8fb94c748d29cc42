// Package soak checks, while many writers change an orders store in every way
// that PostgreSQL has, that numbers kept in memory equal those that the store
// itself gives in the same snapshot: on a primary, on a standby and when it is
// promoted, where logical replication applies the changes, and over restarts,
// crashes and the restore of an older copy. Each test has a twin that leaves out
// one thing that makes the numbers exact, and finds wrong ones.
//
//	go test ./internal/soak                       a few seconds, in every test run
//	go test ./internal/soak -soak 30m -timeout 1h -parallel 8 as long as you like
package soak
