package main

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/mem"
)

func TestWhatGRPCEncodesResponsesIntoIsCounted(t *testing.T) {
	fitBuffers()
	unsent := func() float64 {
		families, err := prometheus.DefaultGatherer.Gather()
		require.NoError(t, err)
		for _, family := range families {
			if family.GetName() == "live_orders_unsent_bytes" {
				return family.GetMetric()[0].GetGauge().GetValue()
			}
		}
		require.Fail(t, "no such metric")
		return 0
	}
	require.Zero(t, unsent())
	buffer := mem.DefaultBufferPool().Get(40 << 10)
	require.EqualValues(t, 64<<10, unsent())
	mem.DefaultBufferPool().Put(buffer)
	require.Zero(t, unsent())
}
