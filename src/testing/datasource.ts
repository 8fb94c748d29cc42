import { PluginType, type DataSourceInstanceSettings } from '@grafana/data';

import { id, info, name } from '../../plugin.json';
import type { DimensionValues, Explanation } from '../catalog';
import { OrdersDataSource } from '../datasource';
import type { OrdersOptions } from '../types';
import { testCatalog } from './catalog';
import { testTemplates, type Drilldown } from './templates';

export function testSettings(jsonData: OrdersOptions = {}): DataSourceInstanceSettings<OrdersOptions> {
  return {
    id: 1,
    uid: 'orders',
    type: id,
    name: 'Orders',
    access: 'proxy',
    readOnly: false,
    jsonData,
    meta: {
      id,
      name,
      type: PluginType.datasource,
      info: { ...info, author: { name: '' }, links: [], screenshots: [], version: '', updated: '' },
      module: '',
      baseUrl: '',
    },
  };
}

/** A data source whose server is the given functions: paths and parameters in, answers out. */
export function testDataSource({
  catalog = () => Promise.resolve(testCatalog),
  values = () => Promise.resolve({ values: [], complete: true }),
  explain = () => Promise.resolve({ definitions: [], statements: [], timezone: 'UTC', step: '1m' }),
  variables = {},
  drilldowns,
  jsonData,
}: {
  catalog?: () => Promise<unknown>;
  values?: (path: string, params: Record<string, unknown>) => Promise<DimensionValues>;
  explain?: (body: Record<string, unknown>) => Promise<Explanation>;
  variables?: Record<string, string | string[]>;
  drilldowns?: Drilldown[];
  jsonData?: OrdersOptions;
} = {}): OrdersDataSource {
  const datasource = new OrdersDataSource(testSettings(jsonData), testTemplates(variables, drilldowns));
  datasource.getResource = (() => catalog()) as OrdersDataSource['getResource'];
  datasource.postResource = ((path: string, body: Record<string, unknown>) =>
    path === 'explain' ? explain(body) : values(path, body)) as OrdersDataSource['postResource'];
  return datasource;
}
