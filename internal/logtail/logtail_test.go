package logtail_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/internal/logtail"
)

func TestATailPassesAllOnAndRemembersTheEnd(t *testing.T) {
	t.Parallel()
	var all strings.Builder
	tail := logtail.New(&all)
	for i := range 1000 {
		_, err := fmt.Fprintf(tail, "line %d\n", i)
		require.NoError(t, err)
	}
	assert.True(t, strings.HasSuffix(tail.String(), "line 998\nline 999"))
	assert.NotContains(t, tail.String(), "line 1\n")
	assert.LessOrEqual(t, len(tail.String()), 4096)
	assert.Contains(t, all.String(), "line 1\n")
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestATailDoesNotFailWithWhatItPassesOnTo(t *testing.T) {
	t.Parallel()
	tail := logtail.New(broken{})
	n, err := tail.Write([]byte("word\n"))
	require.NoError(t, err)
	assert.Equal(t, 5, n)
	assert.Equal(t, "word", tail.String())
}
