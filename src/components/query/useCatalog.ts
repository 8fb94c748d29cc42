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
  const [answer, setAnswer] = useState<{ key: unknown; reason?: string }>();
  const retry = useCallback(() => setAttempt((previous) => previous + 1), []);
  // An answer counts only for the data source and the attempt it belongs to.
  const key = `${datasource.uid} ${attempt}`;
  const catalog = datasource.loadedCatalog;

  useEffect(() => {
    if (catalog) {
      return undefined;
    }
    let wanted = true;
    datasource.getCatalog().then(
      () => wanted && setAnswer({ key }),
      (error: unknown) => wanted && setAnswer({ key, reason: errorText(error) })
    );
    return () => {
      wanted = false;
    };
  }, [datasource, catalog, key]);

  if (catalog) {
    return { status: 'ready', catalog };
  }
  return answer?.key === key ? { status: 'failed', reason: answer.reason ?? '', retry } : { status: 'loading' };
}
