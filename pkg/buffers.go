package main

import (
	"google.golang.org/grpc/experimental"

	"github.com/pullview/orders-datasource/pkg/plugin"
)

// fitBuffers lets responses wait in buffers that fit them and are counted. It is
// for the start of the process: gRPC reads its default unguarded.
func fitBuffers() { experimental.SetDefaultBufferPool(plugin.Buffers()) }
