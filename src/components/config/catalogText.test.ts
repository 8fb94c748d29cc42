import { parse } from 'yaml';

import { catalogToText, checkCatalogText, editCatalogText } from './catalogText';
import { starterCatalog } from './starterCatalog';

const head = `version: 1
timezone: UTC
tables:
  orders:
    relation: public.orders
    time: created_at
`;
const metrics = `metrics:
  orders_invoiced:
    type: counter
    table: orders
    help: Orders
`;

describe('checkCatalogText', () => {
  it('reads a catalog', () => {
    expect(checkCatalogText(head + metrics)).toEqual({
      problems: [],
      catalog: {
        version: 1,
        timezone: 'UTC',
        tables: { orders: { relation: 'public.orders', time: 'created_at' } },
        metrics: { orders_invoiced: { type: 'counter', table: 'orders', help: 'Orders' } },
      },
    });
  });

  it('accepts the example that it offers', () => {
    const { problems, catalog } = checkCatalogText(starterCatalog);
    expect(problems).toEqual([]);
    expect(catalog).toMatchObject({ metrics: { revenue: { sum: 'total' } } });
  });

  it('takes a misspelt key for the one that is missing, though another is as near', () => {
    const { problems } = checkCatalogText(starterCatalog.replace('    table: orders', '    tabel: orders'));
    expect(problems.map(({ message }) => message)).toContainEqual(
      expect.stringContaining('no key tabel here; did you mean table?')
    );
  });

  it.each(['', '\n  \n', '# nothing yet\n'])('reads %j as no catalog', (text) => {
    expect(checkCatalogText(text)).toEqual({ problems: [], catalog: undefined });
  });

  it('writes keys in the order of the schema, whatever the order in which they are stored', () => {
    const stored = {
      metrics: { b: { type: 'counter', table: 'orders', help: 'B' }, a: { help: 'A', type: 'ratio', surprise: 1 } },
      tables: { orders: { time: 't', relation: 'orders' } },
      version: 1,
    };
    expect(catalogToText(stored)).toBe(
      [
        'version: 1',
        'tables:',
        '  orders:',
        '    relation: orders',
        '    time: t',
        'metrics:',
        '  b:',
        '    type: counter',
        '    table: orders',
        '    help: B',
        '  a:',
        '    type: ratio',
        '    help: A',
        '    surprise: 1',
        '',
      ].join('\n')
    );
  });

  it('reads back what it writes, long expressions on one line', () => {
    const { catalog } = checkCatalogText(head + metrics);
    const long = {
      ...(catalog as object),
      prefix: 'p_',
      metrics: { m: { type: 'counter', table: 'orders', help: 'word '.repeat(60).trim() } },
    };
    const text = catalogToText(long);
    expect(checkCatalogText(text)).toEqual({ problems: [], catalog: long });
    expect(text.split('\n').find((line) => line.includes('help'))).toHaveLength('    help: '.length + 299);
  });

  it.each<[string, string, { line: number; path: string; message: RegExp }]>([
    ['broken syntax', `${head}metrics: [`, { line: 7, path: '', message: /./ }],
    [
      'a key given twice',
      `${head}${metrics}timezone: UTC\n`,
      { line: 12, path: '', message: /^The key "timezone" is there already/ },
    ],
    [
      'an alias without an anchor',
      `${head}${metrics}prefix: *nowhere\n`,
      { line: 12, path: '', message: /^\*nowhere stands for a value that &nowhere marks further up/ },
    ],
    ['text that is no catalog', 'select 1\n', { line: 1, path: '', message: /^Must be a group of keys/ }],
    [
      'a missing key',
      `${head}metrics:\n  m:\n    type: counter\n    table: orders\n`,
      { line: 8, path: 'metrics.m.help', message: /key help is missing/ },
    ],
    [
      'an unknown key',
      `${head}${metrics}    sumof: total\n`,
      { line: 12, path: 'metrics.orders_invoiced.sumof', message: /no key sumof here; there are .*\bsum\b/ },
    ],
    [
      'a misspelt key',
      `${head}${metrics}    wher: total > 0\n`,
      {
        line: 12,
        path: 'metrics.orders_invoiced.wher',
        message: /no key wher here; did you mean where\? There are .*\bsum\b/,
      },
    ],
    [
      'a key of another type of metric',
      `${head}${metrics}    opened: created_at\n`,
      { line: 12, path: 'metrics.orders_invoiced.opened', message: /no key opened here/ },
    ],
    [
      'an unknown type of metric',
      (head + metrics).replace('counter', 'conter'),
      { line: 9, path: 'metrics.orders_invoiced.type', message: /"conter" is not one of counter, gauge/ },
    ],
    [
      'another version',
      (head + metrics).replace('version: 1', 'version: 2'),
      { line: 1, path: 'version', message: /Must be 1/ },
    ],
    [
      'an empty text',
      (head + metrics).replace('help: Orders', 'help: ""'),
      { line: 11, path: 'metrics.orders_invoiced.help', message: /Must not be empty/ },
    ],
    [
      'a number instead of a text',
      (head + metrics).replace('help: Orders', 'help: 5'),
      { line: 11, path: 'metrics.orders_invoiced.help', message: /^Must be a text/ },
    ],
    [
      'a name with a hyphen',
      (head + metrics).replace('orders_invoiced', 'orders-invoiced'),
      { line: 8, path: 'metrics.orders-invoiced', message: /name "orders-invoiced" is not allowed/ },
    ],
    [
      'a reserved name',
      `${head}    dimensions:\n      quantile: {column: q}\n${metrics}`,
      { line: 8, path: 'tables.orders.dimensions.quantile', message: /name "quantile" is reserved/ },
    ],
    [
      'a place in a list',
      `${head}    records:\n      - id\n      - 7\n${metrics}`,
      { line: 9, path: 'tables.orders.records[1]', message: /^Must be a text/ },
    ],
    [
      'a value of the wrong form, with what to write',
      `${head}    dimensions:\n      region: {column: region, lookback: long}\n${metrics}`,
      {
        line: 8,
        path: 'tables.orders.dimensions.region.lookback',
        message: /"long": write a whole number .*such as .*7d/,
      },
    ],
    [
      'a name that leads nowhere',
      (head + metrics).replace('table: orders', 'table: order'),
      { line: 10, path: 'metrics.orders_invoiced.table', message: /no table of this catalog; did you mean "orders"/ },
    ],
    [
      'too long a text',
      (head + metrics).replace('help: Orders', `label: ${'x'.repeat(201)}\n    help: Orders`),
      { line: 11, path: 'metrics.orders_invoiced.label', message: /has 201 characters; the limit is 200/ },
    ],
    [
      'too large a number',
      (head + metrics).replace('help: Orders', 'decimals: 21\n    help: Orders'),
      { line: 11, path: 'metrics.orders_invoiced.decimals', message: /21 is not <= 20/ },
    ],
    [
      'too long a name',
      (head + metrics).replace('orders_invoiced', 'x'.repeat(151)),
      { line: 8, path: `metrics.${'x'.repeat(151)}`, message: /^has 151 characters; the limit is 150/ },
    ],
    [
      'no type',
      `${head}metrics:\n  placed:\n    type:\n    table: orders\n    help: Orders\n`,
      { line: 9, path: 'metrics.placed.type', message: /^null is not one of counter, gauge/ },
    ],
    ['no entries', `${head}metrics: {}\n`, { line: 7, path: 'metrics', message: /Must not be empty/ }],
    [
      'an expression for a column',
      (head + metrics).replace('time: created_at', 'time: lower(at)'),
      { line: 6, path: 'tables.orders.time', message: /"lower\(at\)" is no plain column name/ },
    ],
  ])('finds %s', (_, text, { line, path, message }) => {
    expect(checkCatalogText(text)).toEqual({
      problems: [
        {
          line,
          column: expect.any(Number),
          endColumn: expect.any(Number),
          path,
          message: expect.stringMatching(message),
        },
      ],
    });
  });

  it('reports every problem, in the order of the text', () => {
    const text = `${head.replace('version: 1', 'version: 3')}${metrics}    unknown: 1\n`.replace(
      'table: orders',
      'table: 3'
    );
    expect(checkCatalogText(text).problems.map(({ line }) => line)).toEqual([1, 10, 12]);
  });
});

describe('editCatalogText', () => {
  const text = `# Of the shop
version: 1
surprise: 1 # which no schema has
timezone: UTC
tables:
  # What is sold
  orders:
    relation: public.orders # in the main schema
    time: 'created_at' # when it was placed
    records: [ id, "total" ] # for people
    dimensions:
      region: { column: region }
      # By which way it came
      channel: { column: channel } # web, app
metrics:
  # Every day
  sold:
    type: counter # of rows
    table: orders
    help: |-
      Orders
      sold
  open: { type: gauge, table: orders, opened: a, closed: b, help: Open }
`;
  /** The lines that differ, without and with the change. */
  function edited(change: (catalog: Catalog) => void) {
    const catalog = parse(text) as Catalog;
    change(catalog);
    const after = editCatalogText(text, catalog);
    expect(parse(after)).toEqual(catalog);
    const [before, now] = [text, after].map((lines) => lines.split('\n'));
    return {
      gone: before?.filter((line) => !now?.includes(line)),
      come: now?.filter((line) => !before?.includes(line)),
    };
  }

  it('leaves a text as it is that says the same', () => {
    expect(edited(() => undefined)).toEqual({ gone: [], come: [] });
  });

  it.each<[string, (catalog: Catalog) => void, string[], string[]]>([
    [
      'a value, with its quotes and comment',
      ({ tables }) => (tables.orders.time = 'placed_at'),
      ["    time: 'created_at' # when it was placed"],
      ["    time: 'placed_at' # when it was placed"],
    ],
    [
      'a list, with the items that stay',
      ({ tables }) => (tables.orders.records = ['id', 'status', 'total']),
      ['    records: [ id, "total" ] # for people'],
      ['    records: [ id, status, "total" ] # for people'],
    ],
    [
      'a dimension',
      ({ tables }) => (tables.orders.dimensions.channel = { column: 'channel', values: ['web', 'app'] }),
      ['      channel: { column: channel } # web, app'],
      ['      channel: { column: channel, values: [ web, app ] } # web, app'],
    ],
    [
      'the name of an entry, in its place',
      ({ metrics }) => {
        metrics.placed = metrics.sold as object;
        delete metrics.sold;
      },
      ['  sold:'],
      ['  placed:'],
    ],
    ['a new key', (catalog) => (catalog.prefix = 'shop_'), [], ['prefix: shop_']],
    [
      'an entry that goes',
      ({ metrics }) => delete metrics.open,
      ['  open: { type: gauge, table: orders, opened: a, closed: b, help: Open }'],
      [],
    ],
  ])('changes %s, and nothing else', (_, change, gone, come) => {
    expect(edited(change)).toEqual({ gone, come });
  });

  it('writes an alias out where the value behind it changes in one place only', () => {
    const shared = `version: 1
timezone: UTC
tables: { a: &a { relation: x, time: at }, b: *a }
metrics: { m: { type: counter, table: a, help: M } }
`;
    const catalog = parse(shared) as Catalog;
    (catalog.tables as unknown as { a: object }).a = { relation: 'y', time: 'at' };
    expect(parse(editCatalogText(shared, catalog))).toMatchObject({
      tables: { a: { relation: 'y' }, b: { relation: 'x' } },
    });
  });
});

interface Catalog {
  prefix?: string;
  tables: { orders: { time: string; records: string[]; dimensions: Record<string, object> } };
  metrics: Record<string, object>;
}
