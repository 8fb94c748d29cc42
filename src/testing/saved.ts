import { setDataSourceSrv, type DataSourceSrv } from '@grafana/runtime';

import type { OrdersDataSource } from '../datasource';

/** Makes Grafana answer with the data source, or fail with the error, when it is asked for a saved one. */
export function setSavedDataSource(saved: OrdersDataSource | Error): void {
  const get = () => (saved instanceof Error ? Promise.reject(saved) : Promise.resolve(saved));
  setDataSourceSrv({ get } as unknown as DataSourceSrv);
}
