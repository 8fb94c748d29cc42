package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestMain lets this program be the guest of its own tests.
func TestMain(m *testing.M) {
	switch behaviour := os.Getenv("LIVE_ORDERS_GUEST"); {
	case behaviour == "":
		os.Exit(m.Run())
	case behaviour == "stay":
		_, err := http.Get(os.Getenv("GRAFANA_URL")) // which does not answer
		fmt.Println(err)
	case behaviour == "complain":
		os.Exit(7)
	default:
		fmt.Println(os.Getenv("GRAFANA_URL"), os.Getenv("GRAFANA_ADMIN_PASSWORD"), os.Getenv("LIVE_ORDERS_SHOP"),
			os.Getenv("LIVE_ORDERS_SERVER"), os.Getenv("LIVE_ORDERS_DATABASE"), strings.Join(os.Args[1:], " "))
	}
}

// receiving runs this program as a guest that behaves as told, and returns what it wrote.
func receiving(t *testing.T, ctx context.Context, behaviour string, p presented, args ...string) (string, error) {
	t.Helper()
	t.Setenv("LIVE_ORDERS_GUEST", behaviour)
	in, out, err := os.Pipe()
	require.NoError(t, err)
	defer in.Close()
	s := scene{
		out: out, steps: newSteps(out), shop: "127.0.0.1:8081", server: "postgres://127.0.0.1:5432/postgres",
		environment: map[string]string{"LIVE_ORDERS_DATABASE": "shop"},
		options:     options{guest: append([]string{os.Args[0]}, args...)},
	}
	received := s.receive(ctx, p)
	require.NoError(t, out.Close())
	text, err := io.ReadAll(in)
	require.NoError(t, err)
	return string(text), received
}

func TestGuestIsToldWhereEverythingIs(t *testing.T) {
	text, err := receiving(t, t.Context(), "tell", presented{address: "http://127.0.0.1:3000/live", password: "secret"}, "look", "around")
	require.NoError(t, err)
	assert.Contains(t, text, "http://127.0.0.1:3000/live secret 127.0.0.1:8081 postgres://127.0.0.1:5432/postgres shop look around\n")
}

func TestGuestsFailureIsTheDemos(t *testing.T) {
	_, err := receiving(t, t.Context(), "complain", presented{})
	assert.ErrorContains(t, err, "exit status 7")
}

// grafanaForGuests says on a channel that the guest has arrived, and keeps it waiting.
func grafanaForGuests(t *testing.T) (address string, arrived <-chan struct{}) {
	t.Helper()
	came := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(came)
		<-r.Context().Done()
	}))
	t.Cleanup(server.Close)
	return server.URL, came
}

func TestGuestIsSentHomeWhenTheDemoEnds(t *testing.T) {
	address, arrived := grafanaForGuests(t)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-arrived
		cancel()
	}()
	_, err := receiving(t, ctx, "stay", presented{address: address})
	assert.NoError(t, err)
}

func TestGuestIsSentHomeWhenGrafanaDies(t *testing.T) {
	address, arrived := grafanaForGuests(t)
	ended := make(chan struct{})
	go func() {
		<-arrived
		close(ended)
	}()
	_, err := receiving(t, t.Context(), "stay", presented{address: address, ended: ended, output: bytes.NewBufferString("out of memory")})
	assert.ErrorContains(t, err, "the Grafana process has ended\nout of memory")
}
