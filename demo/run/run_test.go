package main

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestOptionsAreReadAndRefused(t *testing.T) {
	t.Parallel()
	o, err := parse([]string{"-view", "terminal", "-days", "2", "-plugin", "somewhere"}, "30s")
	require.NoError(t, err)
	assert.Equal(t, "terminal", o.view)
	assert.Equal(t, 2, o.days)
	assert.Equal(t, 30*time.Second, o.duration)
	assert.True(t, filepath.IsAbs(o.plugin) && filepath.IsAbs(o.provisioning) && filepath.IsAbs(o.compose))

	for _, duration := range []string{"30", "-1s", "0s", "soon"} {
		_, err := parse(nil, duration)
		assert.ErrorContains(t, err, "DEMO_FOR is a duration such as 30s", duration)
	}
	_, err = parse([]string{"-view", "browser"}, "")
	assert.ErrorContains(t, err, `not "browser"`)

	o, err = parse([]string{"-under", "/live/grafana", "a-guest", "-with", "options"}, "")
	require.NoError(t, err)
	assert.Equal(t, "/live/grafana", o.under)
	assert.Equal(t, []string{"a-guest", "-with", "options"}, o.guest)
	for _, path := range []string{"grafana", "/", "/grafana/"} {
		_, err := parse([]string{"-under", path}, "")
		assert.ErrorContains(t, err, "-under is a path such as /grafana", path)
	}
	_, err = parse([]string{"-view", "terminal", "a-guest"}, "")
	assert.ErrorContains(t, err, "a-guest visits Grafana")
}

func TestMissingPluginIsSaidAtOnce(t *testing.T) {
	t.Parallel()
	err := run(t.Context(), []string{"-plugin", t.TempDir()}, "", os.Stdout)
	assert.ErrorContains(t, err, "run go tool mage build first")
}

func TestTakenPortGivesTheNextFreeOne(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	port := taken.Addr().(*net.TCPAddr).Port
	next, err := listenNear(port)
	require.NoError(t, err)
	defer next.Close()
	assert.Greater(t, next.Addr().(*net.TCPAddr).Port, port)
	assert.Contains(t, instead(next.Addr().(*net.TCPAddr).Port, port), "is taken")
	assert.Empty(t, instead(port, port))
}

func TestPortIsReservedForOneDemoBeforeItsGrafanaListens(t *testing.T) {
	t.Parallel()
	here, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	wanted := here.Addr().(*net.TCPAddr).Port
	require.NoError(t, here.Close())

	const demos = 8
	found := make(chan reservation, demos)
	for range demos {
		go func() {
			reserved, err := reservePort(wanted)
			assert.NoError(t, err)
			found <- reserved
		}()
	}
	ports := map[int]bool{}
	var all []reservation
	for range demos {
		reserved := <-found
		require.NotNil(t, reserved.claim)
		all = append(all, reserved)
		ports[reserved.port] = true
	}
	assert.Len(t, ports, demos, "each has its own")

	for _, reserved := range all {
		grafana, err := listen(reserved.port)
		require.NoError(t, err, "the port is free for the program that it is meant for")
		require.NoError(t, grafana.Close())
		require.NoError(t, reserved.release())
	}
	again, err := reservePort(all[0].port)
	require.NoError(t, err)
	assert.Equal(t, all[0].port, again.port, "what was released can be had again")
	require.NoError(t, again.release())
}

func TestProvisioningIsCopiedWithTheFoldersGrafanaLooksFor(t *testing.T) {
	t.Parallel()
	target := filepath.Join(t.TempDir(), "provisioning")
	s := scene{options: options{provisioning: "../../provisioning"}}
	require.NoError(t, s.prepareProvisioning(target))
	for _, name := range []string{"plugins", "access-control", "datasources/live-orders.yaml", "dashboards/sales.json", "alerting/live-orders.yaml"} {
		_, err := os.Stat(filepath.Join(target, name))
		assert.NoError(t, err, name)
	}
}

func TestProgressIsNotRepeatedTooOftenWhereLinesStay(t *testing.T) {
	t.Parallel()
	in, out, err := os.Pipe()
	require.NoError(t, err)
	defer in.Close()
	s := newSteps(out)
	for i := range 100 {
		s.progress("loading %d", i)
	}
	s.say("done")
	require.NoError(t, out.Close())
	text, err := io.ReadAll(in)
	require.NoError(t, err)
	assert.Equal(t, "loading 0\ndone\n", string(text))
}
