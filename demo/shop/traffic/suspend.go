package traffic

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// The keys that refer to others go before the keys they refer to, and come back after them.
const suspendable = `
with tables as (
  select oid from pg_class where oid in ('public.customers'::regclass, 'public.orders'::regclass, 'public.carts'::regclass)
)
select case contype when 'f' then 1 else 2 end as step,
       format('alter table %s drop constraint %I', conrelid::regclass, conname) as remove,
       format('alter table %s add constraint %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) as restore
from pg_constraint where conrelid in (select oid from tables) and contype in ('f', 'p', 'u')
union all
select 3, format('drop index %s', i.indexrelid::regclass), pg_get_indexdef(i.indexrelid)
from pg_index i
where i.indrelid in (select oid from tables)
  and not exists (select from pg_constraint c where c.conindid = i.indexrelid and c.contype in ('p', 'u', 'x'))
order by 1, 2`

// suspendIndexes drops the keys and indexes of the store's tables and returns what makes them again, as
// they were, in the same transaction. Check constraints stay.
func suspendIndexes(ctx context.Context, tx pgx.Tx) (restore func() error, err error) {
	type index struct {
		Step            int
		Remove, Restore string
	}
	rows, err := tx.Query(ctx, suspendable)
	if err != nil {
		return nil, fmt.Errorf("list the store's indexes: %w", err)
	}
	indexes, err := pgx.CollectRows(rows, pgx.RowToStructByPos[index])
	if err != nil {
		return nil, fmt.Errorf("list the store's indexes: %w", err)
	}
	for _, i := range indexes {
		if _, err := tx.Exec(ctx, i.Remove); err != nil {
			return nil, fmt.Errorf("%s: %w", i.Remove, err)
		}
	}
	return func() error {
		for n := len(indexes) - 1; n >= 0; n-- {
			if _, err := tx.Exec(ctx, indexes[n].Restore); err != nil {
				return fmt.Errorf("%s: %w", indexes[n].Restore, err)
			}
		}
		return nil
	}, nil
}
