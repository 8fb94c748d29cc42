import type { Catalog, CatalogDimension } from '../catalog';
import { operators, steps } from '../types';

const text: Pick<CatalogDimension, 'type' | 'operators'> = { type: 'text', operators: [...operators] };

/** The catalog that the tests' server answers with. */
export const testCatalog: Catalog = {
  version: 1,
  timezone: 'America/Sao_Paulo',
  prefix: 'shop_',
  tables: [
    {
      name: 'orders',
      dimensions: [
        { name: 'channel', label: 'Channel', ...text, values: ['web', 'app', 'store'] },
        { name: 'region', ...text },
        {
          name: 'items',
          label: 'Items',
          type: 'integer',
          operators: ['=', '!=', 'in', 'not in', '>', '>=', '<', '<=', 'is null', 'is not null'],
        },
      ],
      records: ['id', 'created_at', 'total'],
    },
    {
      name: 'carts',
      dimensions: [{ name: 'channel', label: 'Channel', type: 'text', operators: ['=', '!=', 'in', 'not in'] }],
      records: [],
    },
  ],
  metrics: [
    {
      name: 'open_carts',
      type: 'gauge',
      table: 'carts',
      tables: ['carts'],
      help: 'Carts that are open',
      views: ['value'],
      defaultView: 'value',
      dimensions: ['channel'],
    },
    {
      name: 'orders_invoiced',
      type: 'counter',
      table: 'orders',
      tables: ['orders'],
      help: 'Orders invoiced',
      owner: 'Sales',
      aliases: ['invoiced'],
      views: ['per_bucket', 'rate', 'running_total', 'share'],
      defaultView: 'per_bucket',
      dimensions: ['channel', 'items', 'region'],
    },
    {
      name: 'revenue',
      type: 'counter',
      table: 'orders',
      tables: ['orders'],
      help: 'Revenue of invoiced orders',
      label: 'Revenue',
      unit: 'currencyBRL',
      views: ['per_bucket', 'rate', 'running_total', 'share'],
      defaultView: 'per_bucket',
      dimensions: ['channel', 'items', 'region'],
    },
    {
      name: 'conversion',
      type: 'ratio',
      tables: ['orders', 'carts'],
      help: 'Invoiced orders per cart',
      unit: 'percentunit',
      views: ['value'],
      defaultView: 'value',
      dimensions: ['channel'],
    },
    {
      name: 'time_to_invoice',
      type: 'histogram',
      table: 'orders',
      tables: ['orders'],
      help: 'From the order to its invoice',
      unit: 's',
      views: ['quantiles', 'heatmap', 'count', 'average'],
      defaultView: 'quantiles',
      dimensions: ['channel', 'items', 'region'],
    },
  ],
  annotations: [
    {
      name: 'big_orders',
      help: 'Orders above 10,000 reais',
      table: 'orders',
      periods: false,
      tags: [],
      dimensions: ['channel', 'items', 'region'],
    },
    {
      name: 'campaigns',
      label: 'Campaigns of marketing',
      help: 'What marketing does',
      owner: 'Marketing',
      table: 'carts',
      periods: true,
      tags: ['channel'],
      dimensions: ['channel'],
    },
  ],
  steps: [...steps],
  operators: [...operators],
};
