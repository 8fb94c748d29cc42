package plugin

import (
	"runtime"
	"sync"
	"weak"

	"google.golang.org/grpc/mem"
)

// Buffers is where gRPC is to get the buffers that it encodes messages into. The
// entrance of this process knows how much of them is in use.
func Buffers() mem.BufferPool { return responseBuffers }

var responseBuffers = newBuffers(doors)

// buffers counts the memory of responses that are not yet sent. gRPC encodes each
// message into a buffer, and gives it back when the last byte is written, or the
// stream has ended. What it receives is in buffers of another pool, but for a
// message longer than a frame, while that is decoded.
//
// Some buffers are not given back: when a connection ends, gRPC leaves those of its
// streams to the garbage collector, and that of a stream which is reset just before
// its response is queued. So a buffer counts until it is given back or collected.
type buffers struct {
	pool  mem.BufferPool
	doors *entrance

	mu    sync.Mutex
	inUse map[weak.Pointer[[]byte]]use
}

// use is what is known of a buffer in use.
type use struct {
	bytes   int64
	cleanup runtime.Cleanup
}

// newBuffers has a buffer less than twice as long for any message up to 4 MiB. In
// gRPC's own pool none is between 32 KiB and 1 MiB, so that most panels of a
// dashboard would occupy 1 MiB each until they are sent.
func newBuffers(doors *entrance) *buffers {
	var sizes []int
	for size := 256; size <= 4<<20; size *= 2 {
		sizes = append(sizes, size)
	}
	return &buffers{pool: mem.NewTieredBufferPool(sizes...), doors: doors, inUse: map[weak.Pointer[[]byte]]use{}}
}

// Get implements mem.BufferPool.
func (b *buffers) Get(length int) *[]byte {
	buffer := b.pool.Get(length)
	id, bytes := weak.Make(buffer), int64(cap(*buffer))
	b.mu.Lock()
	b.inUse[id] = use{bytes: bytes, cleanup: runtime.AddCleanup(buffer, b.ended, id)}
	b.mu.Unlock()
	b.doors.count(bytes)
	return buffer
}

// Put implements mem.BufferPool.
func (b *buffers) Put(buffer *[]byte) {
	b.ended(weak.Make(buffer)) // before another may get it
	b.pool.Put(buffer)
}

// ended stops counting a buffer. It is safe to call for one that does not count.
func (b *buffers) ended(id weak.Pointer[[]byte]) {
	b.mu.Lock()
	ended, counted := b.inUse[id]
	delete(b.inUse, id)
	b.mu.Unlock()
	if counted {
		ended.cleanup.Stop()
		b.doors.count(-ended.bytes)
	}
}
