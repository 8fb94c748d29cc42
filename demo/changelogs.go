package demo

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/message"
	"github.com/pullview/orders-datasource/pkg/postgres"
	"github.com/pullview/orders-datasource/pkg/query"
)

// LogChanges installs the change logs that a catalog declares, each by the SQL that the plugin gives a
// DBA for it, and returns the names of their tables, sorted. The plugin's role, which is that of reader,
// gets the SQL and may read the logs; owner's role must own the tables.
func LogChanges(ctx context.Context, owner *pgx.Conn, reader *pgxpool.Config, cat *catalog.Catalog) ([]string, error) {
	store := postgres.New(postgres.Config{Pool: reader, Catalog: cat, QueryTimeout: time.Minute})
	defer store.Close()
	var logged []string
	for _, name := range slices.Sorted(maps.Keys(cat.Tables)) {
		table := cat.Tables[name]
		if table.Changes.Mode != catalog.ChangesLog {
			continue
		}
		scripts, err := changelogOf(ctx, store, table)
		if err != nil {
			return logged, fmt.Errorf("the SQL of the change log of %s: %w", name, err)
		}
		if _, err := owner.PgConn().Exec(ctx, scripts.Install).ReadAll(); err != nil {
			return logged, fmt.Errorf("install the change log of %s: %w", name, err)
		}
		logged = append(logged, name)
	}
	return logged, nil
}

func changelogOf(ctx context.Context, store *postgres.Store, table *catalog.Table) (postgres.Changelog, error) {
	look, err := store.Look(ctx, query.Caller{})
	if err != nil {
		return postgres.Changelog{}, err
	}
	defer look.Close() // before the installation, which would wait for its locks
	return look.ChangelogSQL(ctx, table, message.English)
}

// PruneChangelogs removes from all change logs what was logged more than an hour ago, as a DBA's
// scheduler does every few minutes.
func PruneChangelogs(ctx context.Context, owner *pgx.Conn) error {
	if _, err := owner.Exec(ctx, "select live_orders.prune('1 hour')"); err != nil {
		return fmt.Errorf("prune the change logs: %w", err)
	}
	return nil
}
