import type { Proposal } from '../components/config/discovery/proposal';

/** What discovery proposes for a shop that nobody has described. */
export const testProposal: Proposal = {
  timezone: {
    path: 'timezone',
    value: 'America/Sao_Paulo',
    reasons: [{ code: 'zone-server' }],
    confidence: 0.7,
    selected: true,
  },
  tables: [
    {
      path: 'tables.orders',
      value: { relation: 'public.orders', time: 'created_at', records: ['id', 'created_at'] },
      reasons: [
        {
          code: 'holds-orders',
          parts: [{ code: 'sign-name' }, { code: 'sign-time', values: { column: 'created_at' } }],
        },
      ],
      confidence: 0.9,
      selected: true,
      role: 'orders',
      kind: 'table',
      rows: 1200,
    },
    {
      path: 'tables.carts',
      value: { relation: 'public.carts', time: 'opened_at' },
      reasons: [{ code: 'holds-carts', values: { column: 'opened_at' } }],
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
      reasons: [{ code: 'different-values', values: { number: 3, estimated: false } }],
      confidence: 0.9,
      selected: true,
      requires: ['tables.orders'],
    },
  ],
  metrics: [
    {
      path: 'metrics.orders_created',
      value: { type: 'counter', table: 'orders', help: 'Orders placed', label: 'Orders' },
      reasons: [{ code: 'counts-all', values: { table: 'orders', column: 'created_at' } }],
      confidence: 0.9,
      selected: true,
      requires: ['tables.orders'],
    },
    {
      path: 'metrics.orders_revenue',
      value: { type: 'counter', table: 'orders', sum: 'total', unit: 'currencyBRL', help: 'Revenue', label: 'Revenue' },
      label: { code: 'label-revenue', values: { table: 'Orders' } },
      help: [{ code: 'help-worth', values: { table: 'orders', column: 'created_at' } }],
      reasons: [{ code: 'amount-by-name', values: { column: 'total' } }],
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
      reasons: [{ code: 'average-of' }],
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
      reasons: [{ code: 'pair-by-name', values: { opened: 'opened_at', closed: 'closed_at' } }],
      confidence: 0.4,
      selected: false,
      requires: ['tables.carts'],
    },
  ],
  notes: [{ about: 'public.visits', code: 'no-time-for-values' }],
  relations: 3,
  truncated: false,
};
