import { setDataSourceSrv, type DataSourceSrv } from '@grafana/runtime';

import type { OrdersDataSource } from '../datasource';
import { testDataSource } from './datasource';

/** Makes Grafana answer with the data source, or fail with the error, when it is asked for a saved one. */
export function setSavedDataSource(saved: OrdersDataSource | Error): void {
  const get = () => (saved instanceof Error ? Promise.reject(saved) : Promise.resolve(saved));
  setDataSourceSrv({ get } as unknown as DataSourceSrv);
}

type Answer = (body: Record<string, unknown>) => unknown;

/** Makes the saved data source's server answer by path; what an answer throws is the request's failure. */
export function setSavedServer(answers: Record<string, Answer>): void {
  const datasource = testDataSource();
  const ask = async (path: string, body: Record<string, unknown> = {}) => {
    const answer = answers[path];
    if (!answer) {
      throw new Error(`The test has no answer of ${path}`);
    }
    return answer(body);
  };
  datasource.postResource = ask as OrdersDataSource['postResource'];
  datasource.getResource = ask as OrdersDataSource['getResource'];
  setSavedDataSource(datasource);
}

/** A failed request, as Grafana reports it. */
export function fetchError(status: number, data: object = {}): object {
  return { status, data, config: { url: '' } };
}
