// Package exactness holds the test of the first promise: every number equals
// what its rows say. It has no code of its own.
//
// The test makes worlds: a database with tables, a catalog over them and rows
// that sit where mistakes hide. It asks each world random questions in process,
// by engine.New and frames.Frames on a real PostgreSQL, reads the frames back
// and compares every value with one that an oracle computed from the raw rows
// in Go, with fractions instead of floats. Some worlds have change logs: there
// the answers come from memory, as far as they can.
//
// What the oracle takes from the code under test is where buckets begin
// (query.LayGrid), how instants shift (query.Offset) and which sketch bucket
// holds a number (query.SketchCode); these have tests by brute force of their
// own. All else it computes anew, row by row.
//
// A failure prints how to run its one case again:
//
//	EXACTNESS_WORLD=17 EXACTNESS_CASE=42 go test ./internal/exactness
//
// EXACTNESS_WORLDS=200 looks at more worlds than usual, EXACTNESS_FROM=1000 at
// others.
package exactness
