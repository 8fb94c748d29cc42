package terminal

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/pullview/orders-datasource/demo/provisioned"
	"github.com/pullview/orders-datasource/demo/watch/alert"
	"github.com/pullview/orders-datasource/demo/watch/board"
	"github.com/pullview/orders-datasource/demo/watch/display"
)

const (
	// columnsFrom is the width from which panels stand in two columns.
	columnsFrom = 120
	columnGap   = 2
	// turns is how many refreshes a dashboard is shown where nobody can press a key for the next one.
	turns = 4
)

// Options say how to watch.
type Options struct {
	Refresh time.Duration // 0 for what the dashboards say
	Frames  int           // end after so many frames; 0 for never
	Notes   []string      // lines under every frame
	// Answered is called when the first panel is answered without an error. May be nil.
	Answered func()
}

// Watch shows the board until ctx ends, somebody presses q or Ctrl-C, or the frames are done; these are no
// errors.
func Watch(ctx context.Context, b *board.Board, screen *Screen, options Options) error {
	w := &watch{
		board: b, screen: screen, options: options, style: display.NewStyle(screen.Colours()),
		tracker: alert.NewTracker(b.AskRule), statuses: map[string]alert.Status{},
	}
	for frame := 1; ; frame++ {
		begun := time.Now()
		lines := w.frame(ctx, begun)
		if ctx.Err() != nil {
			return nil
		}
		if err := screen.Show(lines); err != nil {
			return fmt.Errorf("show a frame: %w", err)
		}
		if frame == options.Frames {
			return nil
		}
		if w.wait(ctx, begun.Add(w.refresh())) {
			return nil
		}
		if screen.Interactive() && !screen.HasKeys() && frame%turns == 0 {
			w.page++
		}
	}
}

type watch struct {
	board    *board.Board
	screen   *Screen
	options  Options
	style    display.Style
	tracker  *alert.Tracker
	statuses map[string]alert.Status
	page     int
	answered bool
}

// refresh is the time between two frames.
func (w *watch) refresh() time.Duration {
	const least = time.Second
	if w.options.Refresh > 0 {
		return w.options.Refresh
	}
	refresh := time.Minute
	for _, d := range w.board.Files().Dashboards {
		if d.Refresh > 0 {
			refresh = min(refresh, d.Refresh)
		}
	}
	return max(refresh, least)
}

// wait listens to keys until the next frame is due, and reports whether it is time to end.
func (w *watch) wait(ctx context.Context, next time.Time) bool {
	timer := time.NewTimer(time.Until(next))
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return true
		case <-timer.C:
			return false
		case key := <-w.screen.Keys():
			switch key {
			case "q", "interrupt":
				return true
			case "right":
				w.page++
				return false
			case "left":
				w.page--
				return false
			case "down", "j":
				w.screen.Scroll(5)
				return false
			case "up", "k":
				w.screen.Scroll(-5)
				return false
			}
		}
	}
}

// frame asks and draws what is to be seen now: one dashboard where it is redrawn in place, else all.
func (w *watch) frame(ctx context.Context, now time.Time) []string {
	width := w.screen.Width()
	dashboards := w.board.Files().Dashboards
	if w.screen.Interactive() && len(dashboards) > 0 {
		w.page = (w.page + len(dashboards)) % len(dashboards)
		dashboards = dashboards[w.page : w.page+1]
	}
	var lines []string
	for _, d := range dashboards {
		lines = append(lines, w.dashboard(ctx, d, now, width)...)
		lines = append(lines, "")
	}
	lines = append(lines, w.rules(ctx, now, width)...)
	for _, note := range w.options.Notes {
		lines = append(lines, w.style.Dim(display.Fit(note, width)))
	}
	if w.screen.HasKeys() {
		lines = append(lines, w.style.Dim("← → dashboards   ↑ ↓ scroll   q quit"))
	}
	return lines
}

func (w *watch) dashboard(ctx context.Context, d provisioned.Dashboard, now time.Time, width int) []string {
	column := width
	if width >= columnsFrom {
		column = (width - columnGap) / 2
	}
	answers := w.board.Dashboard(ctx, d, now, board.GraphCells(column))
	blocks := make([][]string, len(answers))
	slowest := time.Duration(0)
	for i, answer := range answers {
		blocks[i] = board.Draw(answer, d.Location, column, w.style)
		slowest = max(slowest, answer.Took)
		w.note(answer)
	}
	title := fmt.Sprintf("%s  %s", strings.ToUpper(d.Title), now.In(d.Location).Format("Mon 2006-01-02 15:04:05"))
	said := fmt.Sprintf("%s to %s, slowest panel %d ms", d.From, d.To, slowest.Milliseconds())
	head := w.style.Bold(display.Fit(title, width))
	if room := width - len([]rune(title)) - 3; room > 20 {
		head += w.style.Dim("   " + display.Fit(said, room))
	}
	lines := []string{head, w.style.Dim(strings.Repeat("─", width))}
	if column == width {
		for _, block := range blocks {
			lines = append(lines, block...)
		}
		return lines
	}
	return append(lines, beside(blocks, column)...)
}

// note tells once that a panel was answered.
func (w *watch) note(answer board.Answer) {
	if w.answered || answer.Err != nil || len(answer.Responses) == 0 {
		return
	}
	for _, response := range answer.Responses {
		if response.Error != nil {
			return
		}
	}
	w.answered = true
	if w.options.Answered != nil {
		w.options.Answered()
	}
}

// beside puts blocks of lines into two columns, each into the one that is shorter so far.
func beside(blocks [][]string, column int) []string {
	var left, right []string
	for _, block := range blocks {
		if len(left) <= len(right) {
			left = append(left, block...)
		} else {
			right = append(right, block...)
		}
	}
	lines := make([]string, max(len(left), len(right)))
	for i := range lines {
		var l, r string
		if i < len(left) {
			l = left[i]
		}
		if i < len(right) {
			r = right[i]
		}
		if r != "" {
			l += strings.Repeat(" ", max(0, column-visible(l))+columnGap)
		}
		lines[i] = l + r
	}
	return lines
}

// visible is the number of cells of a line, without its colours.
func visible(line string) int {
	cells, inCode := 0, false
	for _, r := range line {
		switch {
		case r == '\x1b':
			inCode = true
		case inCode:
			inCode = r != 'm'
		default:
			cells++
		}
	}
	return cells
}

// rules evaluates the rules that are due and draws all of them.
func (w *watch) rules(ctx context.Context, now time.Time, width int) []string {
	files := w.board.Files()
	lines := []string{w.style.Bold("ALERT RULES")}
	for _, group := range files.Groups {
		for _, rule := range group.Rules {
			status, known := w.statuses[rule.UID]
			if !known || now.Sub(status.At) >= group.Interval {
				status = w.tracker.Evaluate(ctx, rule, now)
				w.statuses[rule.UID] = status
			}
			lines = append(lines, board.DrawRule(status, files.MutedBy(rule, now), now, width, w.style)...)
		}
	}
	return lines
}
