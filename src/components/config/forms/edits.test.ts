import type { CatalogDraft } from '../catalogDraft';
import { putAnnotation, putMetric, putTable, ratiosOf, removeAnnotation, removeMetric, usersOf } from './edits';
import { asType, withKey } from './fields';

const catalog: CatalogDraft = {
  version: 1,
  timezone: 'UTC',
  tables: { orders: { relation: 'orders' }, carts: { relation: 'carts' } },
  metrics: {
    revenue: { type: 'counter', table: 'orders', sum: 'total', help: 'Revenue' },
    placed: { type: 'counter', table: 'orders', help: 'Placed' },
    ticket: { type: 'ratio', numerator: 'revenue', denominator: 'placed', help: 'Ticket' },
  },
  annotations: { campaigns: { table: 'orders', title: 'name', tags: ['channel', 'region'], help: 'Campaigns' } },
};

describe('putMetric', () => {
  it('keeps the place of a metric that gets another name, and the ratios that divide it', () => {
    const edited = putMetric(catalog, 'revenue', 'income', { type: 'counter', table: 'orders', help: 'Income' });
    expect(Object.keys(edited.metrics)).toEqual(['income', 'placed', 'ticket']);
    expect(edited.metrics.ticket).toMatchObject({ numerator: 'income', denominator: 'placed' });
    expect(catalog.metrics.ticket?.numerator).toBe('revenue');
  });

  it('adds a new metric at the end', () => {
    const edited = putMetric(catalog, undefined, 'open', { type: 'gauge', help: 'Open' });
    expect(Object.keys(edited.metrics)).toEqual(['revenue', 'placed', 'ticket', 'open']);
  });
});

describe('putTable', () => {
  it('takes metrics and annotations along to a new name', () => {
    const edited = putTable(catalog, 'orders', 'pedidos', { relation: 'pedidos' });
    expect(Object.keys(edited.tables)).toEqual(['pedidos', 'carts']);
    expect(edited.metrics.placed?.table).toBe('pedidos');
    expect(edited.metrics.ticket).toEqual(catalog.metrics.ticket);
    expect(edited.annotations?.campaigns).toMatchObject({ table: 'pedidos' });
  });
});

it('has tags follow the new names of dimensions, also of two that change places', () => {
  const table = { relation: 'orders', dimensions: { region: { column: 'channel' }, channel: { column: 'region' } } };
  const renamed = new Map([
    ['channel', 'region'],
    ['region', 'channel'],
  ]);
  const edited = putTable(catalog, 'orders', 'orders', table, renamed);
  expect(edited.annotations?.campaigns?.tags).toEqual(['region', 'channel']);
  expect(putTable(catalog, 'carts', 'carts', table, renamed).annotations).toEqual(catalog.annotations);
});

describe('putAnnotation', () => {
  const outages = { table: 'orders', title: 'name', help: 'Outages' };

  it('keeps the place of an annotation, and adds a new one at the end', () => {
    const both = putAnnotation(catalog, undefined, 'outages', outages);
    expect(Object.keys(both.annotations ?? {})).toEqual(['campaigns', 'outages']);
    expect(Object.keys(putAnnotation(both, 'campaigns', 'ads', outages).annotations ?? {})).toEqual(['ads', 'outages']);
    expect(putAnnotation({ ...catalog, annotations: undefined }, undefined, 'outages', outages).annotations).toEqual({
      outages,
    });
  });

  it('leaves no empty key where the last one is taken away', () => {
    const both = putAnnotation(catalog, undefined, 'outages', outages);
    expect(removeAnnotation(both, 'campaigns').annotations).toEqual({ outages });
    expect(removeAnnotation(catalog, 'campaigns')).not.toHaveProperty('annotations');
  });
});

it('tells what would mean nothing without a metric or a table', () => {
  expect(ratiosOf(catalog, 'placed')).toEqual(['ticket']);
  expect(ratiosOf(removeMetric(catalog, 'ticket'), 'placed')).toEqual([]);
  expect(usersOf(catalog, 'orders')).toEqual(['revenue', 'placed', 'campaigns']);
  expect(usersOf(catalog, 'carts')).toEqual([]);
});

describe('asType', () => {
  it('keeps what the other type takes, and nothing else', () => {
    const metric = { type: 'counter' as const, table: 'orders', sum: 'total', time: 'paid_at', help: 'H', unit: 's' };
    expect(asType(metric, 'gauge')).toEqual({ type: 'gauge', table: 'orders', sum: 'total', help: 'H', unit: 's' });
    expect(asType(metric, 'ratio')).toEqual({ type: 'ratio', help: 'H', unit: 's' });
  });
});

it('removes a key that is emptied', () => {
  expect(withKey({ relation: 'orders', time: 'at' }, 'time', '')).toEqual({ relation: 'orders' });
  expect(withKey({ relation: 'orders' }, 'relation', 'carts')).toEqual({ relation: 'carts' });
});
