//go:build unix

package pluginhost_test

import (
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/internal/pluginhost"
)

func TestAProcessThatReadsNothingAnyMoreIsClosed(t *testing.T) {
	t.Parallel()
	plugin := start(t, pluginhost.Options{})
	require.NoError(t, syscall.Kill(plugin.PID(), syscall.SIGSTOP))
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		plugin.Close()
	}()
	select {
	case <-closed:
	case <-time.After(time.Minute):
		require.NoError(t, syscall.Kill(plugin.PID(), syscall.SIGKILL))
		assert.Fail(t, "it waits for a process that does not read")
	}
}
