import type { ReactElement } from 'react';

import { t, Trans } from '@grafana/i18n';
import { Alert, Button, LoadingPlaceholder } from '@grafana/ui';

import type { Catalog } from '../../catalog';
import type { OrdersDataSource } from '../../datasource';
import { useCatalog } from './useCatalog';

interface Props {
  datasource: OrdersDataSource;
  children: (catalog: Catalog) => ReactElement;
}

/** What needs the catalog, once it is there; until then, or where it fails, what becomes of it. */
export function WithCatalog({ datasource, children }: Props) {
  const state = useCatalog(datasource);
  switch (state.status) {
    case 'loading':
      return <LoadingPlaceholder text={t('query-editor.catalog.loading', 'Loading the catalog…')} />;
    case 'failed':
      return (
        <Alert severity="error" title={t('query-editor.catalog.failed', 'The catalog could not be loaded')}>
          <p>{state.reason}</p>
          <Button variant="secondary" onClick={state.retry}>
            <Trans i18nKey="query-editor.catalog.retry">Try again</Trans>
          </Button>
        </Alert>
      );
    case 'ready':
      return children(state.catalog);
  }
}
