package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestResponsesWaitInBuffersThatFitThem(t *testing.T) {
	t.Parallel()
	pool := responseBuffers()
	for _, length := range []int{300, 33 << 10, 40 << 10, 70 << 10, 600 << 10, 3 << 20} {
		buffer := pool.Get(length)
		assert.Len(t, *buffer, length)
		assert.Less(t, cap(*buffer), 2*length)
	}
}
