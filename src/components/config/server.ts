import { t } from '@grafana/i18n';
import { getDataSourceSrv } from '@grafana/runtime';

import { OrdersDataSource } from '../../datasource';

/** The data source as it is saved, whose server does what the settings page asks for. */
export async function savedDataSource(uid: string): Promise<OrdersDataSource> {
  const datasource: unknown = await getDataSourceSrv().get({ uid });
  if (!(datasource instanceof OrdersDataSource)) {
    throw new Error(t('config-editor.other-type', 'The data source {{uid}} is of another type', { uid }));
  }
  return datasource;
}
