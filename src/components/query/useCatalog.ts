import { useCallback, useEffect, useState } from 'react';

import type { Catalog } from '../../catalog';
import type { OrdersDataSource } from '../../datasource';
import { errorText } from '../errorText';

export type CatalogState =
  | { status: 'loading' }
  | { status: 'failed'; reason: string; retry: () => void }
  | { status: 'ready'; catalog: Catalog };

/** The data source's catalog, asked for once and again on retry. */
export function useCatalog(datasource: OrdersDataSource): CatalogState {
  const [attempt, setAttempt] = useState(0);
  const [answer, setAnswer] = useState<{ key: unknown; catalog?: Catalog; reason?: string }>();
  const retry = useCallback(() => setAttempt((previous) => previous + 1), []);
  // An answer counts only for the data source and the attempt it belongs to.
  const key = `${datasource.uid} ${attempt}`;

  useEffect(() => {
    let wanted = true;
    datasource.getCatalog().then(
      (catalog) => wanted && setAnswer({ key, catalog }),
      (error: unknown) => wanted && setAnswer({ key, reason: errorText(error) })
    );
    return () => {
      wanted = false;
    };
  }, [datasource, key]);

  if (answer?.key !== key) {
    return { status: 'loading' };
  }
  return answer.catalog
    ? { status: 'ready', catalog: answer.catalog }
    : { status: 'failed', reason: answer.reason ?? '', retry };
}
