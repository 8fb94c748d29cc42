package plugin

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
)

// runtimeOf is a Go runtime with these settings.
func runtimeOf(percent *int, limit *int64) *heap {
	return &heap{
		setPercent: func(p int) int { before := *percent; *percent = p; return before },
		setLimit: func(l int64) int64 {
			before := *limit
			if l >= 0 {
				*limit = l
			}
			return before
		},
	}
}

func TestTheHeapMayHoldWhatAllDataSourcesKeepAndABit(t *testing.T) {
	t.Parallel()
	percent, limit := 100, int64(math.MaxInt64)
	h := runtimeOf(&percent, &limit)
	one, other := &Instance{}, &Instance{}
	h.remove(one)
	h.add(one, 256<<20)
	h.add(other, 1<<30)
	assert.Equal(t, 300, percent)
	assert.EqualValues(t, 1<<30+256<<20+1<<30, limit)
	h.remove(other)
	h.remove(other)
	assert.EqualValues(t, 1<<30+256<<20, limit)
}

func TestWhatTheServersAdministratorSetForTheHeapStays(t *testing.T) {
	t.Parallel()
	percent, limit := 50, int64(1<<30)
	h := runtimeOf(&percent, &limit)
	i := &Instance{}
	h.add(i, 256<<20)
	h.remove(i)
	assert.Equal(t, 50, percent)
	assert.EqualValues(t, 1<<30, limit)
}
