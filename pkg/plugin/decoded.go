package plugin

import (
	"sync"

	"github.com/pullview/orders-datasource/pkg/query"
)

// decodings remembers queries by their JSON, for every viewer of a panel sends
// the same at every refresh, and reading it strictly takes longer than
// answering it from memory. The zero value is empty and ready for use.
type decodings struct {
	mu     sync.Mutex
	byJSON map[string]*query.Query
}

const (
	// maxDecodings bounds how many queries are remembered; beyond it all are
	// forgotten.
	maxDecodings = 1000
	// maxDecodedBytes bounds the JSON of those that are.
	maxDecodedBytes = 4 << 10
)

// decode is query.Decode. The query is shared, but for its own fields: what its
// slices and pointers hold must not be changed.
func (d *decodings) decode(raw []byte) (query.Query, error) {
	d.mu.Lock()
	known := d.byJSON[string(raw)]
	d.mu.Unlock()
	if known != nil {
		return *known, nil
	}
	decoded, err := query.Decode(raw)
	if err != nil {
		return query.Query{}, err
	}
	if len(raw) <= maxDecodedBytes {
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.byJSON == nil || len(d.byJSON) >= maxDecodings {
			d.byJSON = map[string]*query.Query{}
		}
		d.byJSON[string(raw)] = decoded
	}
	return *decoded, nil
}
