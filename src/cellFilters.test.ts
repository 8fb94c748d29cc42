import { hasQueryModificationSupport, hasToggleableQueryFiltersSupport } from '@grafana/data';

import { testDataSource } from './testing/datasource';
import type { Filter, Operator, OrdersQuery } from './types';

const catalog = {
  tables: {
    orders: { dimensions: { channel: {}, region: {} } },
    carts: { dimensions: { channel: {} } },
  },
  metrics: {
    revenue: { type: 'counter', table: 'orders' },
    open_carts: { type: 'gauge', table: 'carts' },
    conversion: { type: 'ratio', numerator: 'revenue', denominator: 'open_carts' },
  },
  annotations: { campaigns: { table: 'carts' } },
};
const datasource = testDataSource({ jsonData: { catalog }, variables: { metric: 'revenue' } });
const revenue: OrdersQuery = { refId: 'A', version: 1, metrics: ['revenue'] };
const filter = (operator: Operator, ...values: string[]): Filter => ({ key: 'region', operator, values });

const toggle = (query: Partial<OrdersQuery>, type: 'FILTER_FOR' | 'FILTER_OUT', value = 'SP', key = 'region') =>
  datasource.toggleQueryFilter({ ...revenue, ...query }, { type, options: { key, value } });

it('Explore finds that cells can be filters', () => {
  expect(hasToggleableQueryFiltersSupport(datasource)).toBe(true);
  expect(hasQueryModificationSupport(datasource)).toBe(true);
  expect(datasource.getSupportedQueryModifications()).toEqual(['ADD_FILTER', 'ADD_FILTER_OUT']);
});

describe('a filter of a cell', () => {
  it.each<[string, Filter[], 'FILTER_FOR' | 'FILTER_OUT', Filter[] | undefined]>([
    ['keeps its value', [], 'FILTER_FOR', [filter('=', 'SP')]],
    ['leaves its value out', [], 'FILTER_OUT', [filter('!=', 'SP')]],
    ['joins the others', [filter('=~', 'S.')], 'FILTER_OUT', [filter('=~', 'S.'), filter('!=', 'SP')]],
    ['is taken away', [filter('=', 'SP')], 'FILTER_FOR', undefined],
    ['is taken away where a list says the same', [filter('in', 'SP')], 'FILTER_FOR', undefined],
    ['is taken out of a list', [filter('not in', 'RJ', 'SP')], 'FILTER_OUT', [filter('not in', 'RJ')]],
    ['narrows a list', [filter('in', 'RJ', 'SP')], 'FILTER_FOR', [filter('in', 'RJ', 'SP'), filter('=', 'SP')]],
    ['takes the place of the opposite', [filter('!=', 'SP')], 'FILTER_FOR', [filter('=', 'SP')]],
    ['takes the place of the opposite too', [filter('=', 'SP')], 'FILTER_OUT', [filter('!=', 'SP')]],
  ])('%s', (_, filters, type, expected) => {
    expect(toggle({ filters }, type).filters).toEqual(expected);
  });

  it('changes nothing else of the query', () => {
    const query: OrdersQuery = { ...revenue, queryType: 'records', limit: 5, bucket: { at: '1', step: '1h' } };
    expect(toggle(query, 'FILTER_FOR')).toEqual({ ...query, filters: [filter('=', 'SP')] });
  });

  it.each<[string, Partial<OrdersQuery>]>([
    ['a metric', { metrics: ['open_carts'] }],
    ['a ratio', { metrics: ['conversion'] }],
    ['several metrics', { metrics: ['revenue', 'open_carts'] }],
    ['rows', { queryType: 'records', metrics: [], records: 'carts' }],
    ['events', { queryType: 'annotation', metrics: [], annotation: 'campaigns' }],
    ['a metric that is not known', { metrics: ['temperature'] }],
  ])('leaves %s without its dimension as it was', (_, query) => {
    expect(toggle(query, 'FILTER_FOR')).toEqual({ ...revenue, ...query });
  });

  it('finds the dimensions of a query with variables', () => {
    expect(toggle({ metrics: ['$metric'] }, 'FILTER_FOR')).toEqual({
      ...revenue,
      metrics: ['$metric'],
      filters: [filter('=', 'SP')],
    });
  });

  it('is by a dimension of the rows, no other column', () => {
    const rows: Partial<OrdersQuery> = { queryType: 'records' };
    expect(toggle(rows, 'FILTER_OUT', 'web', 'channel').filters).toEqual([
      { key: 'channel', operator: '!=', values: ['web'] },
    ]);
    expect(toggle(rows, 'FILTER_OUT', '7', 'id').filters).toBeUndefined();
  });

  it('says null of a blank cell, and nothing of what remains beyond the top', () => {
    expect(toggle({}, 'FILTER_FOR', '').filters).toEqual([filter('=', '(null)')]);
    expect(toggle({ filters: [filter('!=', '(null)')] }, 'FILTER_OUT', '').filters).toBeUndefined();
    expect(toggle({}, 'FILTER_OUT', '(others)').filters).toBeUndefined();
  });

  it('is found in the query', () => {
    const has = (filters: Filter[], value: string) =>
      datasource.queryHasFilter({ ...revenue, filters }, { key: 'region', value });
    expect(has([filter('=', 'SP')], 'SP')).toBe(true);
    expect(has([filter('=', 'SP')], 'RJ')).toBe(false);
    expect(has([filter('!=', 'SP')], 'SP')).toBe(false);
    expect(has([filter('in', 'SP', 'RJ')], 'SP')).toBe(false);
    expect(datasource.queryHasFilter({ refId: 'A' } as OrdersQuery, { key: 'region', value: 'SP' })).toBe(false);
  });
});

describe('a modification', () => {
  const modify = (
    type: string,
    filters: Filter[] = [],
    options: Record<string, string> = { key: 'region', value: 'SP' }
  ) => datasource.modifyQuery({ ...revenue, filters }, { type, options }).filters;

  it('adds a filter, and never takes one away', () => {
    expect(modify('ADD_FILTER')).toEqual([filter('=', 'SP')]);
    expect(modify('ADD_FILTER', [filter('=', 'SP')])).toEqual([filter('=', 'SP')]);
    expect(modify('ADD_FILTER_OUT', [filter('=', 'SP')])).toEqual([filter('!=', 'SP')]);
  });

  it('of another kind, or of nothing, changes nothing', () => {
    expect(modify('ADD_STRING_FILTER')).toEqual([]);
    expect(modify('ADD_FILTER', [], {})).toEqual([]);
    expect(datasource.modifyQuery(revenue, { type: 'ADD_FILTER' })).toEqual(revenue);
  });
});
