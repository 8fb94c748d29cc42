import { testProposal as proposal } from '../../../testing/proposal';
import type { CatalogDraft, DimensionDraft } from '../catalogDraft';
import { accept, changedChoices, firstChoices, mergeProposal, misnamed, standing, type Choices } from './choices';
import type { Item, TableItem } from './proposal';

const described: CatalogDraft = {
  version: 1,
  timezone: 'Europe/Lisbon',
  prefix: 'shop_',
  tables: {
    pedidos: { relation: 'orders', time: 'invoiced_at', dimensions: { channel: { column: 'lower(channel)' } } },
    carts: { relation: 'archive.carts' },
  },
  metrics: { orders_revenue: { type: 'counter', table: 'pedidos', sum: 'total - discount', help: 'Ours' } },
};

const acceptedPaths = (choices: Choices) => Object.keys(choices).filter((path) => choices[path]?.accepted);

describe('mergeProposal', () => {
  it('makes a catalog of what discovery selected', () => {
    expect(mergeProposal(undefined, proposal, firstChoices(proposal, undefined))).toEqual({
      version: 1,
      timezone: 'America/Sao_Paulo',
      tables: {
        orders: {
          relation: 'public.orders',
          time: 'created_at',
          records: ['id', 'created_at'],
          dimensions: { channel: { column: 'channel', label: 'Channel' } },
        },
      },
      metrics: {
        orders_created: { type: 'counter', table: 'orders', help: 'Orders placed', label: 'Orders' },
        orders_revenue: {
          type: 'counter',
          table: 'orders',
          sum: 'total',
          unit: 'currencyBRL',
          help: 'Revenue',
          label: 'Revenue',
        },
        orders_average_value: {
          type: 'ratio',
          numerator: 'orders_revenue',
          denominator: 'orders_created',
          help: 'Revenue per order',
          label: 'Average value',
        },
      },
    });
  });

  it('leaves what the catalog has as it is, and finds its tables by what they read', () => {
    const choices = accept(firstChoices(proposal, described), proposal, described, 'metrics.orders_created', true);
    const merged = mergeProposal(described, proposal, choices);
    expect(merged).toMatchObject(described);
    expect(merged.metrics.orders_created).toEqual({
      type: 'counter',
      table: 'pedidos',
      time: 'created_at', // the catalog's table counts by another time
      help: 'Orders placed',
      label: 'Orders',
    });
    expect(Object.keys(merged.tables)).toEqual(['pedidos', 'carts']);
  });

  it('gives a table another name where another relation has its own', () => {
    const choices = accept(firstChoices(proposal, described), proposal, described, 'metrics.carts_open', true);
    const merged = mergeProposal(described, proposal, choices);
    expect(merged.tables.carts).toEqual({ relation: 'archive.carts' });
    expect(merged.tables.carts_2).toEqual({ relation: 'public.carts', time: 'opened_at' });
    expect(merged.metrics.carts_open?.table).toBe('carts_2');
  });

  it('follows new names into ratios, and takes new labels and units', () => {
    const choices = firstChoices(proposal, undefined);
    const merged = mergeProposal(undefined, proposal, {
      ...choices,
      'metrics.orders_revenue': { accepted: true, name: 'receita', label: 'Receita', unit: undefined },
      'tables.orders.dimensions.channel': { accepted: true, name: 'channel', label: '' },
    });
    expect(merged.metrics.receita).toEqual({
      type: 'counter',
      table: 'orders',
      sum: 'total',
      help: 'Revenue',
      label: 'Receita',
    });
    expect(merged.metrics.orders_average_value?.numerator).toBe('receita');
    expect(merged.tables.orders?.dimensions).toEqual({ channel: { column: 'channel' } });
  });
});

describe('firstChoices', () => {
  const refunds = {
    ...(proposal.tables[0] as TableItem),
    path: 'tables.refunds',
    value: { relation: 'public.refunds' },
  };
  const dimension = { ...(proposal.dimensions[0] as Item<DimensionDraft>), requires: ['tables.refunds'] };
  const wider = {
    ...proposal,
    tables: [...proposal.tables, refunds],
    dimensions: [...proposal.dimensions, { ...dimension, path: 'tables.refunds.dimensions.reason' }],
  };

  it('ticks nothing that a catalog chosen from the same store does not have', () => {
    expect(acceptedPaths(firstChoices(wider, undefined))).toContain('tables.refunds');
    const chosen: CatalogDraft = {
      version: 1,
      timezone: 'UTC',
      tables: { orders: { relation: 'orders', time: 'created_at' } },
      metrics: { orders_created: { type: 'counter', table: 'orders', help: 'Orders placed' } },
    };
    const choices = firstChoices(wider, chosen);
    expect(acceptedPaths(choices)).toEqual(['tables.orders']);
    expect(mergeProposal(chosen, wider, choices)).toEqual(chosen);
    expect(acceptedPaths(accept(choices, wider, chosen, 'tables.refunds', true))).toEqual([
      'tables.orders',
      'tables.refunds',
      'tables.refunds.dimensions.reason',
    ]);
  });

  it('ticks what is selected beside a catalog of other tables', () => {
    const other: CatalogDraft = {
      version: 1,
      timezone: 'UTC',
      tables: { visits: { relation: 'web.visits', time: 'at' } },
      metrics: { visits: { type: 'counter', table: 'visits', help: 'Visits' } },
    };
    expect(acceptedPaths(firstChoices(wider, other))).toEqual(acceptedPaths(firstChoices(wider, undefined)));
  });
});

describe('standing', () => {
  const of = (path: string, catalog: CatalogDraft | undefined) => {
    const item = [...proposal.dimensions, ...proposal.metrics].find((candidate) => candidate.path === path);
    return item && standing(item, proposal, firstChoices(proposal, catalog), catalog);
  };

  it('tells what the catalog lacks, has, and has otherwise', () => {
    expect(of('metrics.orders_created', described)).toBe('free');
    expect(of('metrics.orders_revenue', described)).toBe('taken');
    expect(of('tables.orders.dimensions.channel', described)).toBe('taken');
    const merged = mergeProposal(undefined, proposal, firstChoices(proposal, undefined));
    expect(of('metrics.orders_revenue', merged)).toBe('same');
    expect(of('metrics.orders_average_value', merged)).toBe('same');
    expect(of('tables.orders.dimensions.channel', merged)).toBe('same');
  });

  it('does not accept anew what the catalog has', () => {
    const merged = mergeProposal(undefined, proposal, firstChoices(proposal, undefined));
    expect(acceptedPaths(firstChoices(proposal, merged))).toEqual(['tables.orders']);
    expect(mergeProposal(merged, proposal, firstChoices(proposal, merged))).toEqual(merged);
  });
});

describe('accept', () => {
  it('leaves out those that require what is left out', () => {
    const choices = accept(firstChoices(proposal, undefined), proposal, undefined, 'metrics.orders_created', false);
    expect(acceptedPaths(choices)).toEqual([
      'tables.orders',
      'tables.orders.dimensions.channel',
      'metrics.orders_revenue',
    ]);
    expect(acceptedPaths(accept(choices, proposal, undefined, 'tables.orders', false))).toEqual([]);
  });

  it('takes in what is required', () => {
    const none = accept(firstChoices(proposal, undefined), proposal, undefined, 'tables.orders', false);
    const choices = accept(none, proposal, undefined, 'metrics.orders_average_value', true);
    expect(acceptedPaths(choices)).toEqual([
      'tables.orders',
      'metrics.orders_created',
      'metrics.orders_revenue',
      'metrics.orders_average_value',
    ]);
  });
});

describe('changedChoices', () => {
  it('applies changes in their order to what is still proposed', () => {
    const choices = changedChoices({ ...proposal, tables: proposal.tables.slice(0, 1) }, undefined, [
      { path: 'tables.carts', accepted: true },
      { path: 'metrics.orders_revenue', shown: { name: 'receita', label: 'Receita' } },
      { path: 'metrics.orders_revenue', accepted: false },
      { path: 'metrics.orders_revenue', accepted: true },
    ]);
    expect(choices['tables.carts']).toBeUndefined();
    expect(choices['metrics.orders_revenue']).toMatchObject({ accepted: true, name: 'receita', label: 'Receita' });
    expect(choices['metrics.orders_average_value']?.accepted).toBe(false);
  });
});

describe('misnamed', () => {
  it.each<[string, string]>([
    ['taken in the catalog', 'orders_revenue'],
    ['chosen twice', 'orders_average_value'],
    ['empty', ''],
    ['not allowed', 'orders created'],
  ])('notices a name that is %s', (_, name) => {
    const choices = firstChoices(proposal, described);
    choices['metrics.orders_average_value'] = { accepted: true, name: 'orders_average_value' };
    choices['metrics.orders_created'] = { accepted: true, name };
    expect([...misnamed(proposal, choices, described)]).toContain('metrics.orders_created');
  });

  it('does not mind names of what is left out', () => {
    const choices = firstChoices(proposal, described);
    choices['metrics.orders_created'] = { accepted: false, name: '' };
    expect([...misnamed(proposal, choices, described)]).toEqual([]);
  });
});
