import { completeCatalog } from './catalogCompletion';
import type { Relation } from './server';

const tables = `version: 1
timezone: UTC
tables:
  orders:
    relation: shop.orders
    dimensions:
      region: { column: region, label: Region }
      channel: { column: channel }
  carts:
    relation: shop.carts
`;
const metrics = `metrics:
  orders_placed: { type: counter, table: orders, help: Orders placed }
  open_carts: { type: gauge, table: carts, opened: a, closed: b, help: Open carts }
  order_value: { type: histogram, table: orders, observe: total, help: Order value }
`;

const relations: Relation[] = [
  {
    relation: 'shop.orders',
    kind: 'table',
    columns: [
      { name: 'id', expression: 'id', type: 'bigint', class: 'integer' },
      { name: 'placed_at', expression: 'placed_at', type: 'timestamp with time zone', class: 'timestamptz' },
      { name: 'Total', expression: '"Total"', type: 'numeric', class: 'numeric', comment: 'With taxes' },
    ],
  },
];

/** Completes at the bar. */
function complete(textWithBar: string) {
  const offset = textWithBar.indexOf('|');
  const text = textWithBar.slice(0, offset) + textWithBar.slice(offset + 1);
  const { from, to, items } = completeCatalog(text, offset, relations);
  return { word: text.slice(from, to), items, labels: items.map(({ label }) => label) };
}

describe('keys', () => {
  it.each([
    ['nothing yet', '|', ['version', 'prefix', 'timezone', 'tables', 'metrics', 'annotations']],
    ['the end of the text', `${tables}|`, ['prefix', 'metrics', 'annotations']],
    ['a word between other keys', `version: 1\nti|\ntables:\n`, ['prefix', 'timezone', 'metrics', 'annotations']],
    ['an entry without keys', 'tables:\n  orders:\n    changes:\n      |', ['mode', 'column', 'lateness', 'base']],
    ['an empty flow mapping', 'tables:\n  o: { dimensions: { r: {|} } }\n', ['column', 'label', 'values', 'lookback']],
    [
      'a name before the colon',
      'tables:\n  o: { dimensions: { r: { la|bel: x, values: [a] } } }\n',
      ['column', 'label', 'lookback'],
    ],
  ])('are those of the schema that are not there yet: %s', (_, text, keys) => {
    expect(complete(text).labels).toEqual(keys);
  });

  it.each([
    ['in lines', 'metrics:\n  m:\n    type: ratio\n    |\n    help: A\n'],
    ['before its type', 'metrics:\n  m:\n    |\n    help: A\n    type: ratio\n'],
    ['in a flow mapping', 'metrics:\n  m: { type: ratio, help: A, | }\n'],
    ['in a flow mapping without its end', 'metrics:\n  m: { type: ratio, help: A, nu|\n  other:\n    type: counter\n'],
  ])('of a metric are those of its type: %s', (_, text) => {
    expect(complete(text).labels).toEqual([
      'numerator',
      'denominator',
      'label',
      'unit',
      'decimals',
      'owner',
      'aliases',
    ]);
  });

  it('of a metric without type are those of all types', () => {
    expect(complete('metrics:\n  m:\n    |\n').labels).toEqual(
      expect.arrayContaining(['type', 'table', 'numerator', 'quantiles', 'opened'])
    );
  });

  it('say whether they are required, by the type as well, and what they mean', () => {
    const { items } = complete('metrics:\n  m:\n    type: histogram\n    |');
    expect(items.filter(({ required }) => required).map(({ label }) => label)).toEqual(['table', 'observe', 'help']);
    expect(items.find(({ label }) => label === 'observe')?.documentation).toMatch(/distribution/);
  });

  it('are written with what follows them', () => {
    const inserted = (text: string, key: string) => complete(text).items.find(({ label }) => label === key)?.insert;
    expect(inserted('tables:\n  orders:\n    |', 'relation')).toBe('relation: ');
    expect(inserted('tables:\n  orders:\n    |', 'changes')).toBe('changes:\n  ');
    expect(inserted('tables:\n  orders:\n    |', 'records')).toBe('records:\n  - ');
    expect(inserted('tables:\n  orders: {|}', 'records')).toBe('records: ');
    expect(inserted('tables:\n  orders:\n    rel|: x', 'relation')).toBe('relation');
  });

  it('are not offered for names that the author chooses', () => {
    expect(complete('metrics:\n  |').labels).toEqual([]);
    expect(complete('tables:\n  o:\n    dimensions:\n      |').labels).toEqual([]);
  });
});

describe('values', () => {
  it.each([
    [
      'types',
      'metrics:\n  m:\n    type: |\n    help: A\n',
      ['counter', 'gauge', 'histogram', 'summary', 'ratio', 'distinct'],
    ],
    ['modes', 'tables:\n  o: { changes: { mode: | } }\n', ['log', 'updated_at', 'append_only', 'none']],
    ['a constant', 'version: |\n', ['1']],
    ['tables', `${tables}metrics:\n  m:\n    table: or|\n    type: counter\n`, ['orders', 'carts']],
    [
      'tables on a line of their own',
      `${tables}metrics:\n  m:\n    table:\n      |\n    type: counter\n`,
      ['orders', 'carts'],
    ],
    ['tables in a flow mapping', `${tables}metrics:\n  m: {type: counter, table: |}\n`, ['orders', 'carts']],
    [
      'tables in a flow mapping without its end',
      `${tables}metrics:\n  m: {type: counter, table: o|\n  n:\n    type: a\n`,
      ['orders', 'carts'],
    ],
    ['tables in quotes', `${tables}metrics:\n  m:\n    table: "o|"\n`, ['orders', 'carts']],
    [
      'metrics that can be divided',
      `${tables}${metrics}  m:\n    type: ratio\n    numerator: |\n`,
      ['orders_placed', 'open_carts'],
    ],
    [
      'metrics but itself',
      `${tables}${metrics}  a: { type: counter, denominator: | }\n`,
      ['orders_placed', 'open_carts'],
    ],
    [
      'dimensions of the table, but those listed',
      `${tables}annotations:\n  a:\n    table: orders\n    tags:\n      - region\n      - |\n`,
      ['channel'],
    ],
    ['relations', 'tables:\n  o:\n    relation: sh|\n', ['shop.orders']],
    ['columns of time', tables.replace('dimensions', 'time: |\n    dimensions'), ['placed_at']],
    [
      'columns by their names',
      'tables:\n  o:\n    relation: shop.orders\n    records: [id, |]\n',
      ['placed_at', 'Total'],
    ],
    [
      'columns as SQL',
      `${tables}metrics:\n  m: { type: counter, table: orders, sum: | }\n`,
      ['id', 'placed_at', '"Total"'],
    ],
  ])('are those that the place takes: %s', (_, text, values) => {
    expect(complete(text).labels).toEqual(values);
  });

  it('replace the whole word', () => {
    expect(complete('metrics:\n  m:\n    type: cou|nter\n').word).toBe('counter');
    expect(complete('tables:\n  o:\n    relation: shop.or|\n').word).toBe('shop.or');
  });

  it('are put into quotes where YAML needs them', () => {
    const { items } = complete(`${tables}metrics:\n  m: { type: counter, table: orders, sum: | }\n`);
    expect(items.at(-1)).toMatchObject({ insert: `'"Total"'`, detail: 'numeric', documentation: 'With taxes' });
  });

  it('are time zones where a time zone stands', () => {
    expect(complete('timezone: |\n').labels).toEqual(expect.arrayContaining(['UTC', 'America/Sao_Paulo']));
  });
});

it.each([
  ['in a comment', `${tables}# ty|\n`],
  ['in the midst of a longer text', 'metrics:\n  m:\n    help: The type of |\n'],
  ['right after a colon', 'metrics:\n  m:\n    type:|\n'],
  ['below a key that the schema does not have', 'metrics:\n  m:\n    surprise:\n      |\n'],
  ['where the value is a mapping', 'tables:\n  o:\n    changes: |\n'],
])('offers nothing %s', (_, text) => {
  expect(complete(text).labels).toEqual([]);
});

it('completes in a text with mistakes elsewhere', () => {
  const { labels } = complete('version: [\ntables:\n  o: *nowhere\nmetrics:\n  m:\n    type: |\n  n: "unfinished\n');
  expect(labels).toContain('counter');
});
