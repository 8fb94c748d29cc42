//go:build mage

// The targets of "go tool mage". What they do is in internal/tasks, which builds the backend by the SDK's own
// github.com/grafana/grafana-plugin-sdk-go/build, as Grafana's review wants it.
package main

import (
	"context"

	"github.com/pullview/orders-datasource/internal/tasks"
)

// Build builds the plugin into dist, its backend for this machine.
func Build(ctx context.Context) error { return tasks.Build(ctx) }

// BuildAll builds the plugin into dist, its backend for every platform of a release.
func BuildAll(ctx context.Context) error { return tasks.BuildAll(ctx) }

// Package builds the plugin for every platform and packs it for a release into packages, with its checksums.
func Package(ctx context.Context) error { return tasks.Package(ctx) }

// Pack packs what buildAll has built, for a release that is signed in between.
func Pack(ctx context.Context) error { return tasks.Pack(ctx) }

// Test checks everything: linters, types, both builds, all tests. It needs a C compiler for Go's race detector.
func Test(ctx context.Context) error { return tasks.Test(ctx) }

// E2e runs the browser tests in a Grafana: the one that GRAFANA_URL names, or one that is found and started with the demo.
func E2e(ctx context.Context) error { return tasks.E2E(ctx) }

// Screenshots takes the pictures of the catalogue page, of the demo in Grafana.
func Screenshots(ctx context.Context) error { return tasks.Screenshots(ctx) }

// Demo shows the plugin on a shop of its own: in Grafana where there is one, else in the terminal. Ctrl-C ends it.
func Demo(ctx context.Context) error { return tasks.Demo(ctx) }

// Bench compares the plugin's speed with other ways to ask the same.
func Bench(ctx context.Context) error { return tasks.Bench(ctx) }

// Soak checks for so many minutes that kept numbers stay exact while orders change.
func Soak(ctx context.Context, minutes int) error { return tasks.Soak(ctx, minutes) }

// Clean removes what the other targets made, except for node_modules.
func Clean() error { return tasks.Clean() }
