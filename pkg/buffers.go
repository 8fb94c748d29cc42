package main

import (
	"google.golang.org/grpc/experimental"
	"google.golang.org/grpc/mem"
)

// fitBuffers lets responses wait in buffers that fit them. It is for the start
// of the process: gRPC reads its default unguarded.
func fitBuffers() { experimental.SetDefaultBufferPool(responseBuffers()) }

// responseBuffers has a buffer less than twice as long for any message up to
// 4 MiB. In gRPC's own pool none is between 32 KiB and 1 MiB, so that most panels
// of a dashboard would occupy 1 MiB each until they are sent.
func responseBuffers() mem.BufferPool {
	var sizes []int
	for size := 256; size <= 4<<20; size *= 2 {
		sizes = append(sizes, size)
	}
	return mem.NewTieredBufferPool(sizes...)
}
