// Command bench measures Live Orders against plain ways to ask the same of the
// same server, and prints ratios. Absolute times say little on a machine that
// does other things too; a ratio of two things measured in turn says more.
//
// Usage:
//
//	go run ./demo/bench [-rounds 11] [subject ...]
//
// The subjects may also be named in the variable BENCH, separated by commas.
// Where none is named, those that end in some minutes are measured.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/pullview/orders-datasource/internal/pluginhost"
)

// config says how much is measured, and how often.
type config struct {
	rounds   int
	workers  int // that the server may add to a statement
	coldRows int
	days     int
	perDay   int
	scale    int
	codes    int           // values of a dimension
	written  int           // orders that are there before writers come
	turn     time.Duration // of writers, before the other table's turn

	viewers  []int
	refresh  time.Duration
	watch    time.Duration // how long each number of viewers looks
	profiles string        // directory; empty for none
	// providePlugin puts the plugin's program where the options say.
	providePlugin func(context.Context, *pluginhost.Options) error
	out           io.Writer
}

// subject is one thing that is measured, on a server of its own.
type subject struct {
	name    string
	about   string
	chosen  bool // where the user names none
	measure func(context.Context, config) ([]result, error)
}

var subjects = []subject{
	{"cold", "a panel that is asked for the first time", true, measureCold},
	{"days", "panels of some days that refresh while orders change", true, measureDays},
	{"viewers", "a plugin process that answers many viewers", true, measureViewers},
	{"scale", "a day with very many orders: takes long, and 10 GB of disk", false, measureScale},
	{"triggers", "what a change log costs those who write", true, measureTriggers},
	{"values", "completing the values of a dimension that has very many", true, measureValues},
}

func main() {
	c := config{out: os.Stdout, viewers: []int{1, 100, 600, 1800}, refresh: 5 * time.Second, providePlugin: buildPlugin}
	flag.IntVar(&c.rounds, "rounds", 11, "times that each way is measured, in turn")
	flag.IntVar(&c.workers, "workers", 2, "max_parallel_workers_per_gather of the server")
	flag.IntVar(&c.coldRows, "rows", 2_000_000, "cold: orders in 48 hours")
	flag.IntVar(&c.days, "days", 20, "days: days of orders")
	flag.IntVar(&c.perDay, "perday", 1_000_000, "days, viewers: orders of a day")
	flag.IntVar(&c.scale, "orders", 75_000_000, "scale: orders in a day")
	flag.IntVar(&c.codes, "codes", 1_000_000, "values: values of the larger dimension")
	flag.Func("viewers", "viewers: how many, one number after the other (default 1,100,600,1800)", func(text string) (err error) {
		c.viewers, err = numbers(text)
		return err
	})
	flag.DurationVar(&c.watch, "watch", 25*time.Second, "viewers: how long each number of viewers looks")
	flag.StringVar(&c.profiles, "profiles", "", "viewers: directory for profiles of the plugin's CPU time")
	flag.IntVar(&c.written, "written", 50_000, "triggers: orders that are there before writers come")
	flag.DurationVar(&c.turn, "turn", 200*time.Millisecond, "triggers: how long writers write to one table before they do to the other")
	flag.Usage = func() {
		fmt.Fprintf(flag.CommandLine.Output(), "Usage: bench [flags] [subject ...]\n\nSubjects, also taken from BENCH:\n")
		for _, s := range subjects {
			fmt.Fprintf(flag.CommandLine.Output(), "  %-9s %s\n", s.name, s.about)
		}
		fmt.Fprintf(flag.CommandLine.Output(), "\nFlags:\n")
		flag.PrintDefaults()
	}
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	chosen, err := choose(flag.Args(), os.Getenv("BENCH"))
	if err == nil {
		err = run(ctx, c, chosen)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// numbers reads positive numbers that are separated by commas.
func numbers(text string) (list []int, err error) {
	for _, one := range strings.Split(text, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(one))
		if err != nil || n < 1 {
			return nil, fmt.Errorf("%q is not a number of viewers", one)
		}
		list = append(list, n)
	}
	return list, nil
}

// choose returns the subjects that are named, in the order of their naming, or
// those of the default run.
func choose(args []string, env string) (chosen []subject, err error) {
	names := args
	if len(names) == 0 {
		names = strings.FieldsFunc(env, func(r rune) bool { return r == ',' || r == ' ' })
	}
	for _, name := range names {
		i := slices.IndexFunc(subjects, func(s subject) bool { return s.name == name })
		if i < 0 {
			known := make([]string, len(subjects))
			for i, s := range subjects {
				known[i] = s.name
			}
			return nil, fmt.Errorf("there is no subject %q: name some of %s", name, strings.Join(known, ", "))
		}
		chosen = append(chosen, subjects[i])
	}
	if len(chosen) == 0 {
		for _, s := range subjects {
			if s.chosen {
				chosen = append(chosen, s)
			}
		}
	}
	return chosen, nil
}

// run measures subjects one after the other, and shows the results of each as
// soon as they are there.
func run(ctx context.Context, c config, chosen []subject) error {
	for _, s := range chosen {
		fmt.Fprintf(c.out, "%s: %s\n", s.name, s.about)
		began := time.Now()
		results, err := s.measure(ctx, c)
		if err := errors.Join(report(c.out, results), err); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		fmt.Fprintf(c.out, "(%s took %s)\n\n", s.name, time.Since(began).Round(time.Second))
	}
	return nil
}
