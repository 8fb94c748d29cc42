package postgres

import (
	"context"
	"time"

	"github.com/pullview/orders-datasource/pkg/catalog"
)

// Draft returns a store for another catalog that uses the connections of s, and
// so stays within their limits. Its statements may take as long as those of s,
// or as long as timeout where that is less. It must be closed, which leaves the
// connections open; closing s ends it too. The error is ErrClosed where s is
// closed already.
func (s *Store) Draft(c *catalog.Catalog, timeout time.Duration) (*Store, error) {
	if err := s.begin(); err != nil {
		return nil, classify(err)
	}
	d := &Store{
		catalog:  c,
		timeout:  min(timeout, s.timeout),
		prepared: s.prepared,
		tracer:   s.tracer,
		bulkhead: s.bulkhead,
		base:     s,
		open:     s.open,
	}
	d.ctx, d.cancel = context.WithCancel(s.ctx)
	return d, nil
}
