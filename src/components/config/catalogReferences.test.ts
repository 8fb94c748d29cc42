import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { cloneDeep, set, unset } from 'lodash';
import { parse, stringify } from 'yaml';

import { missingColumns } from './catalogReferences';
import { catalogProblems, checkCatalogText, columnsMissing, zonesUnknown } from './catalogText';
import type { Relation } from './server';

type Broken = Record<string, { set: Record<string, unknown>; problems: Record<string, string> }>;

interface Cases {
  sound: object;
  broken: Broken;
  doubtful: Broken;
}

// The plugin's own tests hold its parser to the same file.
const { sound, broken, doubtful } = parse(
  readFileSync(join(__dirname, '../../../pkg/catalog/testdata/references.yaml'), 'utf8')
) as Cases;

/** The catalog with values set; an undefined one is taken away. */
function changed(values: Record<string, unknown>): object {
  const catalog = cloneDeep(sound);
  for (const [path, value] of Object.entries(values)) {
    if (value === undefined) {
      unset(catalog, path.split('/'));
    } else {
      set(catalog, path.split('/'), value);
    }
  }
  return catalog;
}

describe('references', () => {
  it('are right in a catalog that is', () => {
    expect(catalogProblems(sound)).toEqual([]);
  });

  it.each(Object.entries(broken))('are reported in the words of the server: %s', (_, { set: values, problems }) => {
    const found = catalogProblems(changed(values));
    expect(Object.fromEntries(found.map(({ path, message }) => [path, message]))).toEqual(problems);
    expect(found).toHaveLength(Object.keys(problems).length);
  });

  it('are not told of a value whose form is wrong already', () => {
    expect(catalogProblems(changed({ 'metrics/sold/table': 7 })).map(({ path }) => path)).toEqual([
      'metrics.sold.table',
    ]);
    expect(catalogProblems(changed({ tables: undefined })).map(({ path }) => path)).toContain('tables');
    expect(catalogProblems(changed({ metrics: [] })).map(({ path }) => path)).toEqual(['metrics']);
  });
});

describe('time zones', () => {
  it.each(Object.entries(doubtful))('are doubted in the words of the server: %s', (_, { set: values, problems }) => {
    const catalog = changed(values);
    expect(catalogProblems(catalog)).toEqual([]);
    const found = zonesUnknown(stringify(catalog));
    expect(Object.fromEntries(found.map(({ path, message }) => [path, message]))).toEqual(problems);
  });

  it.each(['UTC', 'America/Sao_Paulo', 'US/Pacific', 'Etc/GMT+3', 'EST'])('are known: %s', (timezone) => {
    expect(zonesUnknown(stringify(changed({ timezone })))).toEqual([]);
  });

  it('are not looked for in what cannot be read', () => {
    expect(zonesUnknown('timezone: [')).toEqual([]);
    expect(zonesUnknown('timezone: 7')).toEqual([]);
    expect(zonesUnknown('')).toEqual([]);
  });
});

const relations: Relation[] = [
  {
    relation: 'public.orders',
    kind: 'table',
    columns: ['id', 'created_at', 'updated_at', 'total'].map((name) => ({
      name,
      expression: name,
      type: 'text',
      class: 'text',
    })),
  },
];

describe('columns that the store does not have', () => {
  it('are found wherever a column is named', () => {
    const catalog = changed({
      'tables/orders/time': 'create_at',
      'tables/orders/changes': { mode: 'updated_at', column: 'update_at' },
      'tables/orders/records': ['id', 'totals'],
      'metrics/sold/time': 'sold_on_the_day',
      'annotations/refunds/end': 'created_at',
    });
    expect(missingColumns(catalog, relations)).toEqual([
      {
        path: ['tables', 'orders', 'time'],
        message: 'public.orders has no column "create_at"; did you mean "created_at"?',
      },
      {
        path: ['tables', 'orders', 'changes', 'column'],
        message: 'public.orders has no column "update_at"; did you mean "updated_at"?',
      },
      {
        path: ['tables', 'orders', 'records', 1],
        message: 'public.orders has no column "totals"; did you mean "total"?',
      },
      { path: ['metrics', 'sold', 'time'], message: 'public.orders has no column "sold_on_the_day"' },
    ]);
  });

  it('are not looked for in relations that are not known', () => {
    expect(missingColumns(changed({ 'tables/carts/time': 'anything' }), relations)).toEqual([]);
    expect(missingColumns(sound, [])).toEqual([]);
  });

  it('keep no text from being a catalog', () => {
    const text = `version: 1
timezone: UTC
tables:
  orders: { relation: orders, time: create_at }
metrics:
  m: { type: counter, table: orders, help: M }
`;
    expect(checkCatalogText(text).problems).toEqual([]);
    const column = text.split('\n')[3]?.indexOf('create_at') ?? 0;
    expect(columnsMissing(text, relations)).toEqual([
      {
        line: 4,
        column: column + 1,
        endColumn: column + 1 + 'create_at'.length,
        path: 'tables.orders.time',
        message: expect.stringContaining('did you mean "created_at"'),
      },
    ]);
    expect(columnsMissing(`${text}  broken: [`, relations)).toEqual([]);
  });
});
