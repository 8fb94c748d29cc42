import { dateTime, type TimeRange } from '@grafana/data';

import { HealthCheckError, HealthStatus, type HealthCheckResult } from '@grafana/runtime';

import { healthChecks, type HealthCheck } from './health';
import { testCatalog } from './testing/catalog';
import { testDataSource } from './testing/datasource';
import { message, speakPortuguese } from './testing/message';
import type { OrdersQuery } from './types';

const query: OrdersQuery = { refId: 'A', version: 1, metrics: ['revenue'] };
const range: TimeRange = { from: dateTime(1000), to: dateTime(2000), raw: { from: 'now-1h', to: 'now' } };

describe('OrdersDataSource', () => {
  it('begins with the counter that its ratios build on, whatever their order', () => {
    const catalog = {
      metrics: {
        carts: { type: 'gauge' },
        cancelled: { type: 'counter' },
        orders: { type: 'counter' },
        revenue: { type: 'counter', sum: 'total' },
        ticket: { type: 'ratio', numerator: 'revenue', denominator: 'orders' },
        items_per_order: { type: 'ratio', numerator: 'items', denominator: 'orders' },
      },
    };
    const datasource = testDataSource({ jsonData: { catalog } });
    expect(datasource.getDefaultQuery()).toEqual({
      queryType: 'metric',
      version: 1,
      metrics: ['orders'],
      step: 'auto',
    });
  });

  it('begins with a count rather than a sum', () => {
    const catalog = { metrics: { amount: { type: 'counter', sum: 'total' }, orders: { type: 'counter' } } };
    expect(testDataSource({ jsonData: { catalog } }).getDefaultQuery().metrics).toEqual(['orders']);
  });

  it('begins with its first metric where there is no counter, and with none without a catalog', () => {
    const catalog = { metrics: { carts: { type: 'gauge' }, ticket: { type: 'ratio' } } };
    expect(testDataSource({ jsonData: { catalog } }).getDefaultQuery().metrics).toEqual(['carts']);
    expect(testDataSource().getDefaultQuery().metrics).toEqual([]);
  });

  it.each<[string, boolean, Partial<OrdersQuery>]>([
    ['a query with a metric', true, {}],
    ['a query without metrics', false, { metrics: [] }],
    ['a query whose only metric is empty', false, { metrics: [''] }],
    ['records of a table', true, { queryType: 'records', metrics: [], records: 'orders' }],
    ['numbers that name a table only', false, { metrics: [], records: 'orders' }],
    ['records of nothing', false, { queryType: 'records', metrics: [] }],
    ['an annotation', true, { queryType: 'annotation', metrics: [], annotation: 'campaigns' }],
    ['an annotation of nothing', false, { queryType: 'annotation' }],
    ['numbers that name an annotation only', false, { metrics: [], annotation: 'campaigns' }],
  ])('sends only what asks for something: %s is %s', (_, sent, part) => {
    expect(testDataSource().filterQuery({ ...query, ...part })).toBe(sent);
  });

  it('does not send a query that says nothing at all', () => {
    expect(testDataSource().filterQuery({ refId: 'A' } as OrdersQuery)).toBe(false);
  });

  it('replaces variables in what it sends', () => {
    const datasource = testDataSource({ variables: { region: ['SP', 'RJ'] } });
    const filters = [{ key: 'region', operator: 'in' as const, values: ['$region'] }];
    expect(datasource.applyTemplateVariables({ ...query, filters }, {}).filters).toEqual([
      { key: 'region', operator: 'in', values: ['SP', 'RJ'] },
    ]);
    expect(filters[0]?.values).toEqual(['$region']);
  });

  it('asks for the catalog once', async () => {
    const catalog = jest.fn().mockResolvedValue(testCatalog);
    const datasource = testDataSource({ catalog });
    await Promise.all([datasource.getCatalog(), datasource.getCatalog()]);
    await datasource.getCatalog();
    expect(catalog).toHaveBeenCalledTimes(1);
  });

  it('asks for the catalog again after a failure', async () => {
    const catalog = jest.fn().mockRejectedValueOnce(new Error('no')).mockResolvedValueOnce(testCatalog);
    const datasource = testDataSource({ catalog });
    await expect(datasource.getCatalog()).rejects.toThrow('no');
    await expect(datasource.getCatalog()).resolves.toBe(testCatalog);
  });

  it('asks for values by escaped names, prefix, range and filters', async () => {
    const values = jest.fn().mockResolvedValue({ values: [], complete: true });
    const datasource = testDataSource({ values, variables: { region: ['SP', 'RJ'] } });
    await datasource.getDimensionValues('or/ders', 'chan nel', {
      prefix: 'w&b',
      limit: 10,
      range,
      filters: [{ key: 'region', operator: '=', values: ['$region'] }],
    });
    expect(values).toHaveBeenCalledWith('tables/or%2Fders/dimensions/chan%20nel/values', {
      prefix: 'w&b',
      limit: 10,
      from: 1000,
      to: 2000,
      filters: [{ key: 'region', operator: 'in', values: ['SP', 'RJ'] }],
    });
  });

  it('has no values that depend on a variable without any', async () => {
    const values = jest.fn();
    const datasource = testDataSource({ values, variables: { region: [] } });
    const filters = [{ key: 'region', operator: '=' as const, values: ['$region'] }];
    expect(await datasource.getDimensionValues('orders', 'channel', { filters })).toEqual({
      values: [],
      complete: true,
    });
    expect(values).not.toHaveBeenCalled();
  });

  it('asks to explain what it would send', async () => {
    const explain = jest.fn().mockResolvedValue({});
    const datasource = testDataSource({ explain, variables: { metric: 'revenue' } });
    await datasource.explain({ ...query, metrics: ['$metric'] }, { range, intervalMs: 5, maxDataPoints: 200 });
    expect(explain).toHaveBeenCalledWith({ query, from: 1000, to: 2000, intervalMs: 5, maxDataPoints: 200 });
  });

  it.each<[Partial<OrdersQuery>, string]>([
    [{}, 'revenue'],
    [
      {
        metrics: ['revenue', 'orders'],
        view: 'rate',
        groupBy: ['channel'],
        filters: [
          { key: 'region', operator: 'in', values: ['SP', 'RJ'] },
          { key: 'items', operator: 'is null', values: [] },
        ],
      },
      'revenue, orders as rate by channel where region in SP, RJ and items is null',
    ],
    [{ queryType: 'records' }, 'rows of revenue'],
    [{ queryType: 'records', metrics: [], records: 'orders' }, 'rows of orders'],
    [{ queryType: 'annotation', annotation: 'campaigns' }, 'events of campaigns'],
  ])('describes %j as "%s"', (part, text) => {
    expect(testDataSource().getQueryDisplayText({ ...query, ...part })).toBe(text);
  });

  describe('testDatasource', () => {
    const test = async (answer: Partial<HealthCheckResult> | undefined) => {
      const datasource = testDataSource();
      datasource.callHealthCheck = () => Promise.resolve(answer as HealthCheckResult);
      const heard: HealthCheck[] = [];
      const subscription = healthChecks.subscribe((check) => heard.push(check));
      const outcome: unknown = await datasource.testDatasource().catch((error: unknown) => error);
      subscription.unsubscribe();
      return { outcome, heard };
    };

    it('hands on the details of a success', async () => {
      const details = { verboseMessage: 'table orders: works' };
      const { outcome, heard } = await test({ status: HealthStatus.OK, message: 'Connected.', details });
      expect(outcome).toEqual({ status: 'success', message: 'Connected.', details });
      expect(heard).toEqual([{ uid: 'orders', ok: true, message: 'Connected.', details }]);
    });

    it('fails with the error from which Grafana takes message and details', async () => {
      const details = { verboseMessage: 'metric revenue: no column' };
      const { outcome, heard } = await test({ status: HealthStatus.Error, message: '1 problem', details });
      const { error } = outcome as { error: HealthCheckError };
      expect(error).toBeInstanceOf(HealthCheckError);
      expect(error.message).toBe('1 problem');
      expect(error.details).toEqual(details);
      expect(heard).toEqual([{ uid: 'orders', ok: false, message: '1 problem', details }]);
    });

    it('says so where no answer came, as without a session or a server', async () => {
      const { outcome } = await test(undefined);
      expect((outcome as Error).message).toMatch(/^Grafana did not answer/);
      const refused = await test({ message: 'Unauthorized' });
      expect((refused.outcome as Error).message).toBe('Unauthorized');
    });

    describe('for a Brazilian', () => {
      beforeAll(speakPortuguese);

      it('hands on nothing but Portuguese', async () => {
        const details = {
          message: message('Connected.', 'Conectado.'),
          verbose: message('table orders: works', 'tabela orders: funciona'),
          verboseMessage: 'table orders: works',
          problems: [message('no metric', 'nenhuma métrica')],
        };
        const shown = { verboseMessage: 'tabela orders: funciona', problems: details.problems };
        const good = await test({ status: HealthStatus.OK, message: 'Connected.', details });
        expect(good.outcome).toEqual({ status: 'success', message: 'Conectado.', details: shown });
        expect(good.heard).toEqual([{ uid: 'orders', ok: true, message: 'Conectado.', details }]);
        const bad = await test({ status: HealthStatus.Error, message: 'Connected.', details });
        const { error } = bad.outcome as { error: HealthCheckError };
        expect([error.message, error.details]).toEqual(['Conectado.', shown]);
      });
    });
  });
});
