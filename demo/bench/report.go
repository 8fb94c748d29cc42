package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
)

// result is one line of the table.
type result struct {
	what   string
	value  float64
	format string // of the value
	target string // empty where it is only reported
	met    bool
	note   string
}

func report(out io.Writer, results []result) error {
	if len(results) == 0 {
		return nil
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "measured\tresult\ttarget\tmet\t")
	for _, r := range results {
		target, met := cmp.Or(r.target, "reported"), "yes"
		switch {
		case r.target == "":
			met = ""
		case !r.met:
			met = "NO"
		}
		fmt.Fprintf(table, "%s\t"+r.format+"\t%s\t%s\t%s\n", r.what, r.value, target, met, r.note)
	}
	return table.Flush()
}

// median sorts values and returns the one in the middle, the upper of two.
func median[T cmp.Ordered](values []T) T {
	slices.Sort(values)
	return values[len(values)/2]
}

// spread tells where the middle half of values lies.
func spread(values []float64, format string) string {
	slices.Sort(values)
	return fmt.Sprintf("half of the rounds between "+format+" and "+format, values[len(values)/4], values[len(values)*3/4])
}
