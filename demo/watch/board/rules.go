package board

import (
	"fmt"
	"time"

	"github.com/pullview/orders-datasource/demo/watch/alert"
	"github.com/pullview/orders-datasource/demo/watch/display"
)

// DrawRule writes the status of an alert rule as of now, and why it is an error, if it is one. MutedBy names
// the mute timing that keeps it quiet, or is empty.
func DrawRule(status alert.Status, mutedBy string, now time.Time, width int, style display.Style) []string {
	paint, mark := style.Green, "●"
	switch status.State {
	case alert.Firing:
		paint, mark = style.Red, "▲"
	case alert.Pending:
		paint, mark = style.Yellow, "△"
	case alert.Error:
		paint, mark = style.Red, "✗"
	case alert.NoData:
		paint, mark = style.Dim, "○"
	}
	note := "for " + since(now.Sub(status.Since))
	if status.Value != nil {
		note = "at " + display.Number(status.Value, "short", nil) + ", " + note
	}
	if mutedBy != "" {
		note += ", muted: " + mutedBy
	}
	const state = 10
	title := min(28, width-state-14)
	line := "  " + paint(display.Left(mark+" "+string(status.State), state)) + " " +
		display.Left(display.Clean(status.Rule.Title), title) + " "
	lines := []string{line + style.Dim(display.Fit(display.Clean(note), width-state-title-4))}
	if status.Err != nil {
		lines = append(lines, remark("✗", status.Err.Error(), width, style.Red)...)
	}
	return lines
}

// since writes how long something has lasted, in its largest unit.
func since(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return fmt.Sprintf("%d days", d/(24*time.Hour))
	case d >= 2*time.Hour:
		return fmt.Sprintf("%d h", d/time.Hour)
	case d >= 2*time.Minute:
		return fmt.Sprintf("%d min", d/time.Minute)
	default:
		return fmt.Sprintf("%d s", d/time.Second)
	}
}
