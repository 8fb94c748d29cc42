package catalog

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDurationReadsANumberAndAUnit(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"1s":    time.Second,
		"90s":   90 * time.Second,
		"30m":   30 * time.Minute,
		"12h":   12 * time.Hour,
		"7d":    7 * 24 * time.Hour,
		"2w":    14 * 24 * time.Hour,
		"3660d": 3660 * 24 * time.Hour,
	} {
		var d Duration
		require.NoError(t, d.UnmarshalText([]byte(text)), text)
		assert.Equal(t, want, time.Duration(d), text)

		var again Duration
		require.NoError(t, again.UnmarshalText([]byte(d.String())), d.String())
		assert.Equal(t, d, again)
	}
}

func TestDurationRefusesOtherNotations(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "d", "7", "0d", "-1d", "+1d", "1.5h", "1h30m", "7 d", "1M", "1y", "1D", "01d", "٣d", "3661d", "99999999999999999999s", "9223372036854775807w"} {
		var d Duration
		assert.Error(t, d.UnmarshalText([]byte(text)), text)
	}
}
