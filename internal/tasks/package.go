package tasks

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/pullview/orders-datasource/internal/release"
)

// packages is the folder of the archives.
const packages = "packages"

// Package builds the plugin for every platform of a release, checks what Grafana's review would refuse, and packs it into
// packages/<id>-<version>.zip with its checksums. Two packages of one commit are equal. The plugin in it is not signed.
func Package(ctx context.Context) error {
	ctx, cancel := session(ctx)
	defer cancel()
	date, err := sourceDate(ctx)
	if err != nil {
		return err
	}
	steps := buildSteps(date, platforms...)
	return runSteps(ctx, os.Stdout, append(steps, packSteps(date, steps[len(steps)-1].name)...))
}

// Pack checks and packs what BuildAll has built and somebody may have signed since.
func Pack(ctx context.Context) error {
	ctx, cancel := session(ctx)
	defer cancel()
	date, err := sourceDate(ctx)
	if err != nil {
		return err
	}
	return runSteps(ctx, os.Stdout, packSteps(date))
}

func packSteps(date time.Time, after ...string) []step {
	check := checkStep(platforms, after...)
	return []step{
		check,
		{name: "pack", after: []string{check.name}, run: func(context.Context, io.Writer) (string, error) {
			return release.Pack("dist", packages, date)
		}},
	}
}

// checkStep looks for what Grafana's review would refuse in what was built for targets.
func checkStep(targets []release.Platform, after ...string) step {
	return step{name: "review", after: after, run: func(context.Context, io.Writer) (string, error) {
		return "", release.Check("dist", ".", targets)
	}}
}

// sourceDateEnv is the variable by which builds agree on a date (https://reproducible-builds.org/specs/source-date-epoch).
const sourceDateEnv = "SOURCE_DATE_EPOCH"

// sourceDate is the date of what is built: the one that the environment gives, else that of the commit.
func sourceDate(ctx context.Context) (time.Time, error) {
	text := os.Getenv(sourceDateEnv)
	if text == "" {
		args := []string{"log", "-1", "--format=%ct"}
		out, err := command(ctx, nil, "git", args...).Output()
		if err != nil {
			return time.Time{}, fmt.Errorf("the date of the source: set %s to seconds since 1970, or build in a git clone: %w",
				sourceDateEnv, named(ctx, err, "git", args))
		}
		text = strings.TrimSpace(string(out))
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("the date of the source: %s is %q, not seconds since 1970", sourceDateEnv, text)
	}
	return time.Unix(seconds, 0), nil
}
