package plugin

import (
	"math"
	"runtime/debug"
	"sync"
)

const (
	// gcPercent lets the heap grow to four times what is in use before it is
	// collected. Little is in use, and answers to many viewers leave much behind:
	// at Go's 100 the collector held up 1,800 viewers, see docs/benchmarks.md.
	gcPercent = 300
	// heapBase is how much there may be, besides what data sources may keep,
	// before the collector works harder.
	heapBase = 1 << 30
)

// heap bounds by how much more memory than needed that makes the process use.
// What the administrator of the server set by GOGC or GOMEMLIMIT stays.
type heap struct {
	setPercent func(int) int
	setLimit   func(int64) int64

	mu      sync.Mutex
	started bool
	free    bool // to set a limit
	kept    map[*Instance]int64
}

// memory is this process's.
var memory = &heap{setPercent: debug.SetGCPercent, setLimit: debug.SetMemoryLimit}

// add counts the bytes that an instance may keep.
func (h *heap) add(i *Instance, bytes int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.started {
		h.started, h.kept = true, map[*Instance]int64{}
		h.free = h.setLimit(-1) == math.MaxInt64
		const ofGo = 100
		if before := h.setPercent(gcPercent); before != ofGo {
			h.setPercent(before)
		}
	}
	h.kept[i] = bytes
	h.limit()
}

// remove forgets an instance. It is safe to call for one that was not added.
func (h *heap) remove(i *Instance) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, known := h.kept[i]; known {
		delete(h.kept, i)
		h.limit()
	}
}

func (h *heap) limit() {
	if !h.free {
		return
	}
	total := int64(heapBase)
	for _, bytes := range h.kept {
		total += bytes
	}
	h.setLimit(total)
}
