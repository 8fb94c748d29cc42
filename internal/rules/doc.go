// Package rules holds tests of the whole repository: which way imports point,
// what a Grafana plugin's backend must leave alone, and what its package must
// hold. It has no code of its own.
package rules
