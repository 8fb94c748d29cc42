package provisioned

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// wednesday is 2026-03-11 22:30:17.5 in São Paulo.
func wednesday(t *testing.T) time.Time {
	t.Helper()
	zone, err := time.LoadLocation("America/Sao_Paulo")
	require.NoError(t, err)
	return time.Date(2026, 3, 11, 22, 30, 17, 500_000_000, zone)
}

func TestTimesOfThePickerAreRead(t *testing.T) {
	t.Parallel()
	now := wednesday(t)
	for _, c := range []struct {
		text string
		up   bool
		want string
	}{
		{"now", false, "2026-03-11T22:30:17.5"},
		{"now-12h", false, "2026-03-11T10:30:17.5"},
		{"now-90m", false, "2026-03-11T21:00:17.5"},
		{"now+1d", false, "2026-03-12T22:30:17.5"},
		{"now/d", false, "2026-03-11T00:00:00"},
		{"now/d", true, "2026-03-11T23:59:59.999"},
		{"now-1d/d", false, "2026-03-10T00:00:00"},
		{"now/w", false, "2026-03-09T00:00:00"},
		{"now-1w/w", true, "2026-03-08T23:59:59.999"},
		{"now/h", false, "2026-03-11T22:00:00"},
		{"now/M", false, "2026-03-01T00:00:00"},
		{"now-1M/M", true, "2026-02-28T23:59:59.999"},
		{"now/Q", false, "2026-01-01T00:00:00"},
		{"now-1Q/Q", false, "2025-10-01T00:00:00"},
		{"now/y", true, "2026-12-31T23:59:59.999"},
		{"now/d-6h", false, "2026-03-10T18:00:00"},
	} {
		got, err := ParseTime(c.text, now, c.up)
		require.NoError(t, err, c.text)
		assert.Equal(t, c.want, got.Format("2006-01-02T15:04:05.999"), "%s %v", c.text, c.up)
	}
	for _, text := range []string{"", "today", "now-", "now-1x", "now/5m", "2026-03-11", "now- 1h", "now-99999999999999999999h"} {
		_, err := ParseTime(text, now, false)
		assert.Error(t, err, "%q", text)
	}
}

func TestPanelHasItsOwnRangeIfItSaysSo(t *testing.T) {
	t.Parallel()
	now := wednesday(t)
	d := Dashboard{From: "now-12h", To: "now", Location: now.Location()}
	for timeFrom, want := range map[string]time.Time{
		"":      now.Add(-12 * time.Hour),
		"1h":    now.Add(-time.Hour),
		"now/d": time.Date(2026, 3, 11, 0, 0, 0, 0, now.Location()),
	} {
		from, to, err := d.Range(timeFrom, now.UTC())
		require.NoError(t, err)
		assert.True(t, want.Equal(from), "%q: %s", timeFrom, from)
		assert.True(t, now.Equal(to), "%q: %s", timeFrom, to)
	}
	_, _, err := Dashboard{From: "now", To: "now-1h", Location: time.UTC}.Range("", now)
	assert.ErrorContains(t, err, "is empty")
}

func TestIntervalsAreRoundedAsGrafanaDoes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		length time.Duration
		points int64
		least  time.Duration
		want   time.Duration
	}{
		{12 * time.Hour, 80, time.Minute, 10 * time.Minute},
		{12 * time.Hour, 1000, time.Minute, time.Minute},
		{12 * time.Hour, 1000, 0, 30 * time.Second},
		{5 * time.Minute, 1000, 0, 200 * time.Millisecond},
		{30 * 24 * time.Hour, 100, 0, 6 * time.Hour},
		{10 * 365 * 24 * time.Hour, 1, 0, 365 * 24 * time.Hour},
		{time.Hour, 0, 0, time.Hour},
	} {
		assert.Equal(t, c.want, Interval(c.length, c.points, c.least), "%v", c)
	}
}

func TestIntervalsOfSettingsAreRead(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"500ms": 500 * time.Millisecond, "0s": 0, "30s": 30 * time.Second, "1m": time.Minute,
		"2h": 2 * time.Hour, "1d": 24 * time.Hour, "1w": 168 * time.Hour, "1M": 720 * time.Hour,
	} {
		got, err := ParseInterval(text)
		require.NoError(t, err)
		assert.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "5", "s", "-1s", "1.5h", "1h30m", "99999999999s"} {
		_, err := ParseInterval(text)
		assert.Error(t, err, text)
	}
}
