import type { Proposal } from '../components/config/discovery/proposal';

/** What discovery proposes for a shop that nobody has described. */
export const testProposal: Proposal = {
  timezone: { path: 'timezone', value: 'America/Sao_Paulo', reason: 'asked for', confidence: 1, selected: true },
  tables: [
    {
      path: 'tables.orders',
      value: { relation: 'public.orders', time: 'created_at', records: ['id', 'created_at'] },
      reason: 'named as orders are',
      confidence: 0.9,
      selected: true,
      role: 'orders',
      kind: 'table',
      rows: 1200,
    },
    {
      path: 'tables.carts',
      value: { relation: 'public.carts', time: 'opened_at' },
      reason: 'named as carts are',
      confidence: 0.4,
      selected: false,
      role: 'carts',
      kind: 'view',
      rows: null,
    },
  ],
  dimensions: [
    {
      path: 'tables.orders.dimensions.channel',
      value: { column: 'channel', label: 'Channel' },
      reason: '3 different values',
      confidence: 0.9,
      selected: true,
      requires: ['tables.orders'],
    },
  ],
  metrics: [
    {
      path: 'metrics.orders_created',
      value: { type: 'counter', table: 'orders', help: 'Orders placed', label: 'Orders' },
      reason: 'every row is an order',
      confidence: 0.9,
      selected: true,
      requires: ['tables.orders'],
    },
    {
      path: 'metrics.orders_revenue',
      value: { type: 'counter', table: 'orders', sum: 'total', unit: 'currencyBRL', help: 'Revenue', label: 'Revenue' },
      reason: 'total is an amount',
      confidence: 0.8,
      selected: true,
      requires: ['tables.orders'],
    },
    {
      path: 'metrics.orders_average_value',
      value: {
        type: 'ratio',
        numerator: 'orders_revenue',
        denominator: 'orders_created',
        help: 'Revenue per order',
        label: 'Average value',
      },
      reason: 'the revenue divided by the orders',
      confidence: 0.8,
      selected: true,
      requires: ['metrics.orders_revenue', 'metrics.orders_created'],
    },
    {
      path: 'metrics.carts_open',
      value: {
        type: 'gauge',
        table: 'carts',
        opened: 'opened_at',
        closed: 'closed_at',
        help: 'Open carts',
        label: 'Open carts',
      },
      reason: 'opened and closed',
      confidence: 0.4,
      selected: false,
      requires: ['tables.carts'],
    },
  ],
  notes: [{ about: 'public.visits', message: 'has no event time' }],
  relations: 3,
  truncated: false,
};
