package postgres

import (
	"context"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/query"
)

// DimensionInfo is what the database knows about a dimension.
type DimensionInfo struct {
	Type      string           // as SQL names it
	Operators []query.Operator // those that a filter on it can use
}

// Dimensions returns what the database knows about a table's dimensions, by
// name.
func (l *Look) Dimensions(ctx context.Context, t *catalog.Table) (map[string]DimensionInfo, error) {
	infos := make(map[string]DimensionInfo, len(t.Dimensions))
	err := l.withSchema(ctx, t, func() error {
		rel, err := l.relation(ctx, t)
		if err != nil {
			return err
		}
		for name := range t.Dimensions {
			d, err := l.dimension(ctx, rel, name)
			if err != nil {
				return err
			}
			infos[name] = DimensionInfo{Type: d.columnType.sql, Operators: d.operators()}
		}
		return nil
	})
	if err != nil {
		return nil, l.about(t, err)
	}
	return infos, nil
}
