import { interpolateQuery, variablesWithoutValue } from './interpolation';
import { testTemplates } from './testing/templates';
import type { Filter, OrdersQuery } from './types';

const templates = testTemplates({
  metric: 'revenue',
  dimensions: ['channel', 'region'],
  region: ['SP', 'RJ'],
  one_region: ['SP'],
  dotted: ['a.b', 'c(d)'],
  state: "O'Brien; drop table orders --",
  pattern: 'S.',
  none: [],
  empty: '',
  __interval: '20s',
  month: '30d',
  never: 'never',
  __from: '1700000000000',
  step: '1h',
  offset: ['1d', '1w'],
});

const base: OrdersQuery = { refId: 'A', version: 1, metrics: ['revenue'] };
const interpolate = (query: Partial<OrdersQuery>) => interpolateQuery({ ...base, ...query }, templates, {});
const filtered = (filter: Filter) => interpolate({ filters: [filter] }).filters?.[0];

describe('interpolateQuery', () => {
  it('replaces variables wherever a query holds a name', () => {
    expect(
      interpolate({
        metrics: ['$metric', 'orders_invoiced'],
        groupBy: ['${dimensions}'],
        step: '[[step]]',
        compare: ['$offset', '1M'],
        legend: 'From $one_region: {{channel}}',
        records: '${metric}',
        annotation: '$metric',
      })
    ).toEqual({
      ...base,
      metrics: ['revenue', 'orders_invoiced'],
      groupBy: ['channel', 'region'],
      step: '1h',
      compare: ['1d', '1w', '1M'],
      legend: 'From SP: {{channel}}',
      records: 'revenue',
      annotation: 'revenue',
    });
  });

  it('leaves a query without variables as it is', () => {
    const query: OrdersQuery = {
      ...base,
      view: 'rate',
      filters: [{ key: 'region', operator: '=', values: ['$'] }],
      top: { limit: 3, others: true },
    };
    expect(interpolateQuery(query, templates, {})).toEqual(query);
  });

  it('names a metric once that a list and a variable both name', () => {
    expect(interpolate({ metrics: ['revenue', '$metric'] }).metrics).toEqual(['revenue']);
  });

  it.each<[string, Filter, Filter]>([
    [
      'turns a variable with several values into a list',
      { key: 'region', operator: 'in', values: ['$region', 'MG'] },
      { key: 'region', operator: 'in', values: ['SP', 'RJ', 'MG'] },
    ],
    [
      'reads = with several values as in',
      { key: 'region', operator: '=', values: ['${region}'] },
      { key: 'region', operator: 'in', values: ['SP', 'RJ'] },
    ],
    [
      'reads != with several values as not in',
      { key: 'region', operator: '!=', values: ['${region}'] },
      { key: 'region', operator: 'not in', values: ['SP', 'RJ'] },
    ],
    [
      'keeps = where a variable has one value selected',
      { key: 'region', operator: '=', values: ['$one_region'] },
      { key: 'region', operator: '=', values: ['SP'] },
    ],
    [
      'reads = as a list without values where nothing is selected',
      { key: 'region', operator: '=', values: ['$none'] },
      { key: 'region', operator: 'in', values: [] },
    ],
    [
      'quotes and escapes nothing, since the server binds values',
      { key: 'region', operator: '=', values: ['$state'] },
      { key: 'region', operator: '=', values: ["O'Brien; drop table orders --"] },
    ],
    [
      'does not take a longer text apart',
      { key: 'region', operator: 'in', values: ['x-$region'] },
      { key: 'region', operator: 'in', values: ['x-SP,RJ'] },
    ],
    [
      'matches any of several values literally',
      { key: 'region', operator: '=~', values: ['$dotted'] },
      { key: 'region', operator: '=~', values: ['(a\\.b|c\\(d\\))'] },
    ],
    [
      'matches the one selected value of a list literally as well',
      { key: 'region', operator: '!~', values: ['$one_region'] },
      { key: 'region', operator: '!~', values: ['(SP)'] },
    ],
    [
      'takes the value of a single-valued variable as a pattern',
      { key: 'region', operator: '=~', values: ['$pattern'] },
      { key: 'region', operator: '=~', values: ['S.'] },
    ],
    [
      'obeys a format that the reference itself asks for',
      { key: 'region', operator: '=', values: ['${region:csv}'] },
      { key: 'region', operator: '=', values: ['SP,RJ'] },
    ],
    [
      'replaces a variable that names the dimension',
      { key: '$metric', operator: 'is null', values: [] },
      { key: 'revenue', operator: 'is null', values: [] },
    ],
  ])('%s', (_, filter, expected) => {
    expect(filtered(filter)).toEqual(expected);
  });
});

describe('a step that is a variable', () => {
  it.each([
    ['$__interval', '15s'],
    ['${month}', '1M'],
    ['$step', '1h'],
    ['$never', 'never'],
  ])('%s is %s, the step nearest to its interval', (step, expected) => {
    expect(interpolate({ step }).step).toBe(expected);
  });

  it('that is none is left as it is', () => {
    expect(interpolate({ step: '20s' }).step).toBe('20s');
  });
});

it('replaces the bounds of the time range', () => {
  expect(filtered({ key: 'items', operator: '>=', values: ['$__from'] })?.values).toEqual(['1700000000000']);
});

describe('variablesWithoutValue', () => {
  const without = (filter: Filter) => variablesWithoutValue([filter], templates, {});

  it.each<[string, Filter, string[]]>([
    ['a list of which nothing is chosen', { key: 'region', operator: 'in', values: ['SP', '$none'] }, ['$none']],
    ['a text that is empty', { key: 'region', operator: '=', values: ['${empty}'] }, ['${empty}']],
    ['an empty pattern', { key: 'region', operator: '=~', values: ['$empty'] }, ['$empty']],
    ['a dimension that is not chosen', { key: '$empty', operator: 'is null', values: [] }, ['$empty']],
    ['a part of a text is not', { key: 'region', operator: '=', values: ['S$empty'] }, []],
    ['a variable with a value is not', { key: 'region', operator: '=', values: ['$one_region'] }, []],
    ['an empty text that is written is not', { key: 'region', operator: '=', values: [''] }, []],
    ['what the operator does not take is not', { key: 'region', operator: 'is null', values: ['$none'] }, []],
  ])('tells of %s', (_, filter, expected) => {
    expect(without(filter)).toEqual(expected);
  });
});
