import type { Catalog } from './catalog';
import { hintsOn, type Hint } from './hints';
import { nearest } from './nearest';
import { testCatalog } from './testing/catalog';
import type { OrdersQuery } from './types';

const revenue: OrdersQuery = { refId: 'A', version: 1, metrics: ['revenue'] };

function hints(query: Partial<OrdersQuery>, around: { inAlert?: boolean; series?: number } = {}): Hint[] {
  return hintsOn({ ...revenue, ...query }, testCatalog, { inAlert: false, series: 1, ...around });
}

describe('hints', () => {
  it.each<[string, Partial<OrdersQuery>]>([
    ['is right', { view: 'rate', groupBy: ['region'], filters: [{ key: 'channel', operator: '=', values: ['web'] }] }],
    ['holds variables', { metrics: ['$metric'], view: '$view', groupBy: ['$by'] }],
    ['has no metric yet', { metrics: [] }],
    ['is a share of groups', { view: 'share', groupBy: ['region'] }],
  ])('there are none on a query that %s', (_, query) => {
    expect(hints(query)).toEqual([]);
  });

  it.each<[string, Partial<OrdersQuery>, string, string, Partial<OrdersQuery>]>([
    [
      'uses the metric with the nearest name',
      { metrics: ['revenu', 'orders_invoiced'], view: 'rate' },
      'The catalog has no metric revenu.',
      'Use revenue',
      { metrics: ['revenue', 'orders_invoiced'], view: 'rate' },
    ],
    [
      'removes a dimension that a metric has not',
      { metrics: ['open_carts'], groupBy: ['region'], top: { limit: 3 } },
      'Not every metric of this query has the dimension region.',
      'Remove region',
      { metrics: ['open_carts'] },
    ],
    [
      'removes a filter that a metric has not',
      { metrics: ['open_carts'], filters: [{ key: 'region', operator: 'is null', values: [] }] },
      'Not every metric of this query has the dimension region.',
      'Remove region',
      { metrics: ['open_carts'] },
    ],
    [
      'does not sum a gauge over time',
      { metrics: ['open_carts'], view: 'per_bucket' },
      'open_carts is a gauge: what is open at an instant is not summed over time.',
      'Use the last value of each step',
      { metrics: ['open_carts'] },
    ],
    [
      'shows each metric in a view that it has',
      { metrics: ['revenue', 'conversion'], view: 'rate' },
      'Not every metric of this query has the view rate.',
      "Use each metric's own view",
      { metrics: ['revenue', 'conversion'] },
    ],
    [
      'shows shares of groups',
      { view: 'share' },
      'The share of a single group is always 100 %.',
      'Group by Channel',
      { view: 'share', groupBy: ['channel'] },
    ],
  ])('one click %s', (_, query, text, action, mended) => {
    const [hint, ...others] = hints(query);
    expect(others).toEqual([]);
    expect(hint).toMatchObject({ text, action });
    expect(hint?.mended).toEqual({ ...revenue, ...mended });
    expect(hints(hint?.mended ?? {})).toEqual([]);
  });

  it('keep one metric for an alert rule', () => {
    const query = { metrics: ['revenue', 'orders_invoiced'] };
    expect(hints(query)).toEqual([]);
    expect(hints(query, { inAlert: true })[0]?.mended?.metrics).toEqual(['revenue']);
  });

  it.each<[string, Partial<OrdersQuery>]>([
    ['a flow', {}],
    ['a rate', { view: 'rate', step: 'auto' }],
    ['a ratio', { metrics: ['conversion'] }],
  ])('make one number of %s for the threshold of an alert rule', (_, query) => {
    expect(hints(query)).toEqual([]);
    const [hint, ...others] = hints(query, { inAlert: true });
    expect(others).toEqual([]);
    expect(hint).toMatchObject({ severity: 'info', action: 'Make one number of the whole range' });
    expect(hint?.mended).toEqual({ ...revenue, ...query, step: 'range' });
    expect(hints(hint?.mended ?? {}, { inAlert: true })).toEqual([]);
  });

  it.each<[string, Partial<OrdersQuery>]>([
    ['a stock', { metrics: ['open_carts'] }],
    ['a running total', { view: 'running_total' }],
    ['steps that somebody chose', { step: '1m' }],
    ['a step from a variable', { step: '$step' }],
  ])('leave %s to an alert rule', (_, query) => {
    expect(hints(query, { inAlert: true })).toEqual([]);
  });

  it('say that a rule does not see groups without rows, which the catalog has not been told of', () => {
    const groupBy = (...names: string[]) => ({ step: 'range', groupBy: names });
    const [hint, ...others] = hints(groupBy('channel', 'region'), { inAlert: true });
    expect(others).toEqual([]);
    expect(hint).toMatchObject({
      severity: 'info',
      text: expect.stringContaining('list the values of region,') as string,
    });
    expect(hint?.mended).toBeUndefined();
    expect(hints(groupBy('channel', 'region'))).toEqual([]);
    expect(hints(groupBy('channel'), { inAlert: true })).toEqual([]);
    expect(hints(groupBy('items'), { inAlert: true })).not.toEqual([]);
    expect(hints({ ...groupBy('channel'), metrics: ['conversion'] }, { inAlert: true })).toEqual([]);
    expect(hints({ step: 'range', groupBy: ['$by'] }, { inAlert: true })).toEqual([]);

    const lookingBack: Catalog = {
      ...testCatalog,
      tables: testCatalog.tables.map((table) => ({
        ...table,
        dimensions: table.dimensions.map((dimension) => ({ ...dimension, lookback: '7d' })),
      })),
    };
    const query = { ...revenue, ...groupBy('region') };
    expect(hintsOn(query, lookingBack, { inAlert: true, series: 1 })).toEqual([]);
  });

  it('put the small ones of many groups together', () => {
    const query = { groupBy: ['region'] };
    expect(hints(query, { series: 20 })).toEqual([]);
    expect(hints({}, { series: 21 })).toEqual([]);
    expect(hints({ ...query, format: 'table' }, { series: 21 })).toEqual([]);
    const [hint] = hints(query, { series: 21 });
    expect(hint?.mended?.top).toEqual({ limit: 10, others: true });
    expect(hints(hint?.mended ?? {}, { series: 21 })).toEqual([]);
  });

  it('say nothing of a metric that resembles none', () => {
    expect(hints({ metrics: ['temperature_outside'] })).toEqual([]);
  });
});

it.each([
  ['orders', ['order', 'carts'], 'order'],
  ['REVENUE', ['revenue'], 'revenue'],
  ['receita', ['revenue', 'carts'], undefined],
  ['open_cart', ['open_carts', 'open_card'], 'open_card'],
  ['mat', ['rat', 'cat', 'hat', 'bat'], 'bat'],
  ['faturamneto', ['faturamento'], 'faturamento'],
  ['ticket-medio', ['ticket_medio'], 'ticket_medio'],
  ['p9', ['p50', 'p95'], 'p95'],
  ['ca', ['abc'], undefined],
  ['faturamento', ['carrinhos', 'Faturamento-Total', 'faturamento_total_liquido'], 'Faturamento-Total'],
  ['total_pedidos_counter', ['pedidos', 'pedidos_total'], 'pedidos'],
  ['order', ['reordering_cost'], undefined],
  ['p9', ['p9_of_all_orders'], undefined],
  ['acb', ['abc'], 'abc'],
  ['x'.repeat(300), ['x'.repeat(299)], undefined],
  ['', ['a'], undefined],
  ['anything', [], undefined],
])('the name nearest to "%s" among %j is %s', (text, names, expected) => {
  expect(nearest(text, names)).toBe(expected);
});
