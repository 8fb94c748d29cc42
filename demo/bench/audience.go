package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// audience is viewers who look at the board, each of whom asks for all panels
// at once, again after every refresh. Their clocks differ.
type audience struct {
	board   *board
	viewers int
	refresh time.Duration
	samples int // answers to be kept for a closer look

	mu   sync.Mutex
	seen observed
}

// observed is what the viewers have seen.
type observed struct {
	refreshes int
	inTime    int             // refreshes of which every panel was there before the next
	panels    []time.Duration // how long each answered panel took
	bytes     int64
	failures  map[string]int // by what went wrong
	sampled   []sample
}

// sample is one answer as it came.
type sample struct {
	panel    int
	asked    time.Time
	response []byte
}

// watch lets the viewers look for a while. What is asked in the first refresh
// of each is not counted.
func (a *audience) watch(ctx context.Context, span time.Duration) (*observed, error) {
	a.seen = observed{failures: map[string]int{}}
	start := time.Now().Add(50 * time.Millisecond)
	var all sync.WaitGroup
	for i := range a.viewers {
		all.Go(func() {
			first := start.Add(a.refresh * time.Duration(i) / time.Duration(a.viewers))
			for n := range 1 + int(span/a.refresh) {
				due := first.Add(time.Duration(n) * a.refresh)
				if sleepUntil(ctx, due) != nil {
					return
				}
				a.look(ctx, due, i, n)
			}
		})
	}
	all.Wait()
	return &a.seen, ctx.Err()
}

// errLate is why an answer is given up.
var errLate = errors.New("not there when the next refresh was due")

// look asks for all panels, and gives up when the next refresh is due. As in
// Grafana that is a browser's hanging up, of which the plugin is not told
// beforehand: a deadline would travel with the request.
func (a *audience) look(ctx context.Context, due time.Time, viewer, n int) {
	ctx, giveUp := context.WithCancelCause(ctx)
	defer giveUp(nil)
	timer := time.AfterFunc(time.Until(due.Add(a.refresh)), func() { giveUp(errLate) })
	defer timer.Stop()
	took := make([]time.Duration, len(boardPanels))
	failed := make([]error, len(boardPanels))
	sizes := make([]int, len(boardPanels))
	chosen := -1 // one panel of some looks
	if n > 0 && a.samples > 0 && viewer%max(a.viewers/a.samples, 1) == 0 {
		chosen = (viewer + n) % len(boardPanels)
	}
	var kept sample
	var all sync.WaitGroup
	for panel := range boardPanels {
		all.Go(func() {
			asked := time.Now()
			request, err := a.board.request(panel, asked)
			if err == nil {
				err = a.board.plugin.QueryDataEncoded(ctx, request, func(response []byte) error {
					sizes[panel] = len(response)
					if panel == chosen {
						kept = sample{panel: panel, asked: asked, response: slices.Clone(response)}
					}
					return answered(response)
				})
			}
			took[panel], failed[panel] = time.Since(due), err
		})
	}
	all.Wait()
	if n == 0 {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.seen.refreshes++
	inTime := true
	for panel, err := range failed {
		a.seen.bytes += int64(sizes[panel])
		if err == nil {
			a.seen.panels = append(a.seen.panels, took[panel])
			continue
		}
		inTime = false
		why := err.Error()
		if errors.Is(err, errLate) {
			why = errLate.Error()
		}
		a.seen.failures[why]++
	}
	if inTime {
		a.seen.inTime++
	}
	if kept.response != nil && failed[kept.panel] == nil {
		a.seen.sampled = append(a.seen.sampled, kept)
	}
}

// answered checks that a response holds frames and no error, without decoding
// the frames. The numbers are those of the fields of QueryDataResponse and
// DataResponse in the SDK's protocol.
func answered(response []byte) error {
	frames := 0
	err := eachField(response, 1, func(entry []byte) error {
		return eachField(entry, 2, func(response []byte) error {
			if err := eachField(response, 2, func(text []byte) error { return errors.New(string(text)) }); err != nil {
				return err
			}
			return eachField(response, 1, func([]byte) error { frames++; return nil })
		})
	})
	if err == nil && frames == 0 {
		err = errors.New("a response without a frame")
	}
	return err
}

// eachField calls f with each occurrence of a field of bytes in a message.
func eachField(message []byte, number protowire.Number, f func([]byte) error) error {
	for len(message) > 0 {
		field, kind, n := protowire.ConsumeTag(message)
		if n < 0 {
			return fmt.Errorf("a response that is no message: %w", protowire.ParseError(n))
		}
		message = message[n:]
		if field == number && kind == protowire.BytesType {
			value, n := protowire.ConsumeBytes(message)
			if n < 0 {
				return fmt.Errorf("a response that is cut off: %w", protowire.ParseError(n))
			}
			if err := f(value); err != nil {
				return err
			}
			message = message[n:]
			continue
		}
		if n = protowire.ConsumeFieldValue(field, kind, message); n < 0 {
			return fmt.Errorf("a response that is cut off: %w", protowire.ParseError(n))
		}
		message = message[n:]
	}
	return nil
}
