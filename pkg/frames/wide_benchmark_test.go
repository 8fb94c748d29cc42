package frames_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/frames"
	"github.com/pullview/orders-datasource/pkg/query"
)

// BenchmarkTimeSeries shapes and encodes a day by minute of six series as the
// plugin sends it, in one wide frame, and as a frame per series for comparison.
func BenchmarkTimeSeries(b *testing.B) {
	const buckets, groups = 1440, 6
	answer := answerTo(minute, buckets, nil)
	for group := range groups {
		numbers := make([]int64, buckets)
		for i := range numbers {
			numbers[i] = int64(i*group) % 997
		}
		answer.Series = append(answer.Series,
			series(revenue, catalog.ViewPerBucket, cents(numbers...), "channel", fmt.Sprint("channel-", group)))
	}
	for name, shape := range map[string]func(*query.Answer) (data.Frames, error){
		"wide":             frames.Frames,
		"frame-per-series": framePerSeries,
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				made, err := shape(answer)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := made.MarshalArrow(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// framePerSeries is the form that the wide one replaces, timeseries-multi.
func framePerSeries(answer *query.Answer) (data.Frames, error) {
	var all data.Frames
	for i := range answer.Series {
		one := query.Answer{Request: answer.Request, AsOf: answer.AsOf, Grid: answer.Grid, Partial: answer.Partial, Series: answer.Series[i : i+1]}
		made, err := frames.Frames(&one)
		if err != nil {
			return nil, err
		}
		made[0].Meta.Type = data.FrameTypeTimeSeriesMulti
		all = append(all, made...)
	}
	return all, nil
}

// BenchmarkTableOverTime is the same answer as a long table.
func BenchmarkTableOverTime(b *testing.B) {
	answer := answerTo(query.Step{Fixed: time.Hour}, 24*20, asTable)
	for group := range 6 {
		answer.Series = append(answer.Series,
			series(invoiced, catalog.ViewPerBucket, ints(make([]int64, 24*20)...), "channel", fmt.Sprint(group)))
	}
	b.ReportAllocs()
	for b.Loop() {
		made, err := frames.Frames(answer)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := made.MarshalArrow(); err != nil {
			b.Fatal(err)
		}
	}
}
