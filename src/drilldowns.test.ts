import { lastValueFrom, of } from 'rxjs';

import {
  dateTime,
  toDataFrame,
  type AdHocVariableFilter,
  type DataFrame,
  type DataQueryRequest,
  type DataQueryResponse,
} from '@grafana/data';
import { DataSourceWithBackend } from '@grafana/runtime';

import { testDataSource } from './testing/datasource';
import type { OrdersQuery } from './types';

const catalog = {
  prefix: 'shop_',
  tables: {
    orders: { dimensions: { channel: {}, region: {}, items: {} } },
    carts: { dimensions: { channel: {} } },
    visits: {},
  },
  metrics: {
    revenue: { type: 'counter', table: 'orders', aliases: ['turnover'] },
    open_carts: { type: 'gauge', table: 'carts' },
    conversion: { type: 'ratio', numerator: 'revenue', denominator: 'open_carts' },
    visits: { type: 'counter', table: 'visits' },
  },
  annotations: { campaigns: { table: 'carts' } },
};
const jsonData = { catalog };
const revenue: OrdersQuery = { refId: 'A', version: 1, metrics: ['revenue'] };
const carts: OrdersQuery = { refId: 'B', version: 1, metrics: ['open_carts'] };

const filter = (key: string, operator: string, value: string, values?: string[]): AdHocVariableFilter => ({
  key,
  operator,
  value,
  values,
});
const inSP = filter('region', '=', 'SP');

describe('ad hoc filters', () => {
  const applied = (query: Partial<OrdersQuery>, ...filters: AdHocVariableFilter[]) =>
    testDataSource({ jsonData }).applyTemplateVariables({ ...revenue, ...query }, {}, filters).filters;

  it('are filters of the query', () => {
    expect(applied({ filters: [{ key: 'channel', operator: '=', values: ['web'] }] }, inSP)).toEqual([
      { key: 'channel', operator: '=', values: ['web'] },
      { key: 'region', operator: '=', values: ['SP'] },
    ]);
  });

  it.each<[string, AdHocVariableFilter, unknown]>([
    ['one of', filter('region', '=|', 'SP', ['SP', 'RJ']), { key: 'region', operator: 'in', values: ['SP', 'RJ'] }],
    ['none of', filter('region', '!=|', 'SP', ['SP']), { key: 'region', operator: 'not in', values: ['SP'] }],
    ['a pattern', filter('region', '=~', 'S.'), { key: 'region', operator: '=~', values: ['S.'] }],
    ['an order', filter('items', '>=', '3'), { key: 'items', operator: '>=', values: ['3'] }],
    ['values that look like variables', filter('region', '=', '$x'), { key: 'region', operator: '=', values: ['$x'] }],
  ])('may ask for %s', (_, given, expected) => {
    expect(applied({}, given)).toEqual([expected]);
  });

  it.each<[string, AdHocVariableFilter]>([
    ['without a dimension yet', filter('', '=', 'SP')],
    ['without a value yet', filter('region', '=', '')],
    ['that keep everything', filter('region', '=~', '.*')],
  ])('%s are none', (_, given) => {
    expect(applied({}, given)).toBeUndefined();
  });

  it.each<[string, Partial<OrdersQuery>, string[]]>([
    ['a metric of another table', { metrics: ['open_carts'] }, ['channel']],
    ['metrics of two tables', { metrics: ['revenue', 'open_carts'] }, ['channel']],
    ['a ratio over two tables', { metrics: ['conversion'] }, ['channel']],
    ['a table without dimensions', { metrics: ['visits'] }, []],
    ['the rows of a table', { queryType: 'records', metrics: [], records: 'carts' }, ['channel']],
    ['the rows behind a ratio', { queryType: 'records', metrics: ['conversion'] }, ['channel', 'region']],
    ['events', { queryType: 'annotation', metrics: [], annotation: 'campaigns' }, ['channel']],
    ['a metric by its prefix and name', { metrics: ['shop_revenue'] }, ['channel', 'region']],
    ['a metric by its alias', { metrics: ['turnover'] }, ['channel', 'region']],
    // The server says what is wrong with these.
    ['a metric that does not exist', { metrics: ['ravenue'] }, ['channel', 'region']],
  ])('keep to the dimensions of %s', (_, query, expected) => {
    const kept = applied(query, filter('channel', '=', 'web'), inSP) ?? [];
    expect(kept.map(({ key }) => key)).toEqual(expected);
  });

  it('are not added twice', () => {
    expect(applied({ filters: [{ key: 'region', operator: '=', values: ['SP'] }] }, inSP)).toHaveLength(1);
  });
});

describe('a panel', () => {
  const run = async (
    request: Partial<DataQueryRequest<OrdersQuery>>,
    datasource = testDataSource({ jsonData, variables: { none: [] } })
  ) => {
    const sent = jest
      .spyOn(DataSourceWithBackend.prototype, 'query')
      .mockImplementation(({ targets }) =>
        of({ data: targets.map(({ refId }) => toDataFrame({ refId, fields: [] })) } as DataQueryResponse)
      );
    const response = await lastValueFrom(
      datasource.query({ scopedVars: {}, ...request } as DataQueryRequest<OrdersQuery>)
    );
    const targets = (sent.mock.lastCall?.[0].targets ?? []) as OrdersQuery[];
    sent.mockRestore();
    return { response, targets };
  };

  it('is grouped by what the dashboard is grouped by, after its own dimensions', async () => {
    const { targets } = await run({
      targets: [{ ...revenue, groupBy: ['channel'] }, carts, { ...revenue, refId: 'C', queryType: 'records' }],
      groupByKeys: ['region', 'channel'],
    });
    expect(targets.map(({ groupBy }) => groupBy)).toEqual([['channel', 'region'], ['channel'], undefined]);
  });

  it('says which choices take no part, and in which query', async () => {
    const { response } = await run({
      targets: [revenue, carts, { ...revenue, refId: 'C', view: 'heatmap' }],
      filters: [inSP],
      groupByKeys: ['items'],
    });
    const frames = response.data as DataFrame[];
    expect(frames.map(({ meta }) => meta?.notices?.map(({ text }) => text))).toEqual([
      undefined,
      ['The choice of region, items takes no part in query B, which has no such dimension.'],
      ['The choice of items takes no part in query C, which has no such dimension.'],
    ]);
  });

  it('asks for a choice where a variable in a filter has no value, and runs its other queries', async () => {
    const { response, targets } = await run({
      targets: [{ ...revenue, filters: [{ key: 'region', operator: 'in', values: ['$none'] }] }, carts],
    });
    expect(targets).toEqual([carts]);
    expect(response).toMatchObject({ state: 'Error', data: [{ refId: 'B' }] });
    expect(response.errors).toEqual([
      { refId: 'A', message: expect.stringMatching(/^Nothing is chosen in \$none, so the filter has no value\./) },
    ]);
  });

  it('sends nothing where no query is left', async () => {
    const query = { ...revenue, filters: [{ key: 'region', operator: '=' as const, values: ['$none'] }] };
    const { response, targets } = await run({ targets: [query] });
    expect(targets).toEqual([]);
    expect(response.data).toEqual([]);
    expect(response.errors).toHaveLength(1);
  });

  it('gives an alert rule all that was chosen for it', () => {
    const datasource = testDataSource({
      jsonData,
      variables: { channel: ['web', 'app'] },
      drilldowns: [
        { type: 'adhoc', name: 'Filters', datasource: { uid: 'orders' }, filters: [inSP] },
        { type: 'adhoc', name: 'Others', datasource: { uid: 'another' }, filters: [filter('items', '=', '1')] },
        { type: 'groupby', name: 'By', datasource: { uid: 'orders' }, current: { value: ['region'] } },
      ],
    });
    const query = { ...revenue, filters: [{ key: 'channel', operator: '=' as const, values: ['$channel'] }] };
    expect(datasource.targetContainsTemplate(query)).toBe(true);
    const [taken] = datasource.interpolateVariablesInQueries([query], {});
    expect(taken).toEqual({
      ...revenue,
      groupBy: ['region'],
      filters: [
        { key: 'channel', operator: 'in', values: ['web', 'app'] },
        { key: 'region', operator: '=', values: ['SP'] },
      ],
    });
    expect(datasource.variableNames()).toEqual(['${channel}']);
  });
});

describe('the choices of a dashboard', () => {
  it('are all dimensions, by their labels', async () => {
    expect(await testDataSource().getTagKeys()).toEqual([
      { text: 'Channel', value: 'channel' },
      { text: 'Items', value: 'items' },
      { text: 'region', value: 'region' },
    ]);
  });

  it('are those of the queries, where they are given', async () => {
    const datasource = testDataSource({ jsonData, variables: { metric: 'open_carts' } });
    expect(await datasource.getTagKeys({ filters: [], queries: [{ ...carts, metrics: ['$metric'] }] })).toEqual([
      { text: 'Channel', value: 'channel' },
    ]);
  });

  it('have the values of every table in the rows that pass the other filters', async () => {
    const values = jest.fn(async (path: string, _params: Record<string, unknown>) => ({
      values: (path.includes('orders') ? ['app', 'web'] : ['(null)', 'web']).map((value) => ({ value, label: value })),
      complete: true,
    }));
    const timeRange = { from: dateTime(1), to: dateTime(2), raw: { from: 'now-1h', to: 'now' } };
    const found = await testDataSource({ values }).getTagValues({ key: 'channel', filters: [inSP], timeRange });
    expect(found.map(({ value }) => value)).toEqual(['app', 'web', '(null)']);
    expect(found.some(({ group }) => group)).toBe(false);
    const filters = [{ key: 'region', operator: '=', values: ['SP'] }];
    expect(values.mock.calls.map(([path, asked]) => [path.split('/')[1], asked.filters, asked.from])).toEqual([
      ['orders', filters, 1],
      ['carts', [], 1],
    ]);
  });

  it('say that there are more values', async () => {
    const values = () => Promise.resolve({ values: [{ value: '1', label: '1' }], complete: false });
    expect(await testDataSource({ values }).getTagValues({ key: 'items', filters: [] })).toEqual([
      { text: '1', value: '1', group: 'The first of many values: write one that is not among them' },
    ]);
  });

  it('apply where one of the queries has the dimension, and say why not', async () => {
    const datasource = testDataSource({ jsonData });
    const filters = [inSP, { ...filter('items', '=', '1'), origin: 'dashboard' }];
    const told = await datasource.getDrilldownsApplicability({ filters, groupByKeys: ['channel'], queries: [carts] });
    expect(told).toEqual([
      { key: 'region', applicable: false, reason: 'None of the queries has the dimension region' },
      {
        key: 'items',
        applicable: false,
        reason: 'None of the queries has the dimension items',
        origin: 'dashboard',
      },
      { key: 'channel', applicable: true },
    ]);
    const both = await datasource.getDrilldownsApplicability({ filters, queries: [carts, revenue] });
    expect(both.map(({ applicable }) => applicable)).toEqual([true, true]);
  });

  it('do not group what has no groups', async () => {
    const [told] = await testDataSource({ jsonData }).getDrilldownsApplicability({
      groupByKeys: ['channel'],
      queries: [{ ...revenue, queryType: 'records' }],
    });
    expect(told?.applicable).toBe(false);
  });

  it('are judged by the catalog where there is no query', async () => {
    const told = await testDataSource({ jsonData }).getDrilldownsApplicability({
      filters: [inSP, filter('colour', '=', 'red')],
    });
    expect(told.map(({ applicable }) => applicable)).toEqual([true, false]);
  });
});
