import { get, isPlainObject } from 'lodash';

import { t } from '@grafana/i18n';

import { nearest } from '../../nearest';
import { sameRelation } from './catalogDraft';
import { formatPath, type Path } from './catalogPath';
import { columnsOf } from './forms/useRelations';
import type { Relation } from './server';

/** A value that refers to something that is not there, or must not be referred to from there. */
export interface WrongReference {
  path: Path;
  message: string;
}

/**
 * What of a catalog's names leads nowhere or clashes, in the server's words: its
 * form may be wrong elsewhere, which is not told here.
 */
export function wrongReferences(catalog: unknown): WrongReference[] {
  const found: WrongReference[] = [];
  // As on the server, nobody reads more than the first problems, and looking for near names takes time.
  const knownNear = (name: string, known: string[]) => (found.length < maxProblems ? nearest(name, known) : undefined);
  const add = (path: Path, message: string) => found.push({ path, message });
  const addUnknown = (path: Path, message: string, name: string, known: string[]) =>
    add(path, message + didYouMean(knownNear(name, known)));

  /** Checks the key table, and that somebody names an event time. */
  const checkTable = (path: Path, entry: unknown, takesTime: boolean) => {
    const name = textIn(entry, 'table');
    if (name === undefined) {
      return;
    }
    const tables = get(catalog, ['tables']) as unknown;
    if (!has(tables, name)) {
      addUnknown(
        [...path, 'table'],
        t('catalog.problem.no-table', '{{name}} is no table of this catalog', said({ name: quote(name) })),
        name,
        keysOf(tables)
      );
    } else if (takesTime && !has(entry, 'time') && isPlainObject(get(tables, [name])) && !hasAt(tables, name, 'time')) {
      add(
        [...path, 'time'],
        t(
          'catalog.problem.no-time',
          'is missing, and table {{table}} declares no time either; name the column with the event time',
          said({ table: name })
        )
      );
    }
  };

  for (const [name, table] of entriesOf(get(catalog, ['tables']))) {
    checkLink(['tables', name, 'link'], table, add, addUnknown);
    const base: unknown = get(table, ['changes', 'base']);
    const relation = textIn(table, 'relation');
    if (typeof base === 'string' && relation !== undefined && sameRelation(base, relation)) {
      add(
        ['tables', name, 'changes', 'base'],
        t('catalog.problem.own-base', 'is the relation itself; only a view has a base, remove this key')
      );
    }
  }
  for (const [name, metric] of entriesOf(get(catalog, ['metrics']))) {
    const path = ['metrics', name];
    const type = textIn(metric, 'type');
    if (type === 'ratio') {
      checkRatio(path, metric, get(catalog, ['metrics']), add, addUnknown);
      continue;
    }
    checkTable(path, metric, type !== 'gauge' && type !== undefined);
    const closed = textIn(metric, 'closed');
    if (type === 'gauge' && closed !== undefined && closed === textIn(metric, 'opened')) {
      add(
        [...path, 'closed'],
        t(
          'catalog.problem.never-open',
          '{{column}} is the column of opened too; nothing would ever be open',
          said({ column: quote(closed) })
        )
      );
    }
    listIn(metric, 'quantiles').forEach((quantile, i, all) => {
      const previous = all[i - 1];
      if (type === 'summary' && typeof quantile === 'number' && typeof previous === 'number' && quantile < previous) {
        add(
          [...path, 'quantiles', i],
          t('catalog.problem.descends', '{{quantile}} does not ascend after {{previous}}', { quantile, previous })
        );
      }
    });
  }
  checkNames(catalog, add);
  for (const [name, annotation] of entriesOf(get(catalog, ['annotations']))) {
    const path = ['annotations', name];
    checkTable(path, annotation, true);
    checkAnnotation(path, annotation, get(catalog, ['tables', textIn(annotation, 'table') ?? '']), add, addUnknown);
  }
  return found;
}

/**
 * The columns that the store does not have, of the relations that are known. It
 * may have them by now: this is no reason to refuse a catalog.
 */
export function missingColumns(catalog: unknown, relations: Relation[]): WrongReference[] {
  const found: WrongReference[] = [];
  const check = (path: Path, table: unknown, column: unknown) => {
    const relation = textIn(table, 'relation');
    const columns = columnsOf(relations, relation).map(({ name }) => name);
    if (relation === undefined || typeof column !== 'string' || columns.length === 0 || columns.includes(column)) {
      return;
    }
    const near = found.length < maxProblems ? nearest(column, columns) : undefined;
    found.push({
      path,
      message:
        t(
          'catalog.problem.no-column',
          '{{relation}} has no column {{column}}',
          said({ relation, column: quote(column) })
        ) + didYouMean(near),
    });
  };
  for (const [name, table] of entriesOf(get(catalog, ['tables']))) {
    const path = ['tables', name];
    check([...path, 'time'], table, get(table, ['time']));
    check([...path, 'changes', 'column'], table, get(table, ['changes', 'column']));
    listIn(table, 'records').forEach((column, i) => check([...path, 'records', i], table, column));
  }
  for (const [section, keys] of [
    ['metrics', ['time', 'opened', 'closed']],
    ['annotations', ['time', 'end']],
  ] as const) {
    for (const [name, entry] of entriesOf(get(catalog, [section]))) {
      const table: unknown = get(catalog, ['tables', textIn(entry, 'table') ?? '']);
      keys.forEach((key) => check([section, name, key], table, get(entry, [key])));
    }
  }
  return found;
}

const maxProblems = 100;

type Add = (path: Path, message: string) => void;
type AddUnknown = (path: Path, message: string, name: string, known: string[]) => void;

// What a ratio may divide.
const divisible = ['counter', 'gauge', 'distinct'];

function checkRatio(path: Path, ratio: unknown, metrics: unknown, add: Add, addUnknown: AddUnknown): void {
  for (const key of ['numerator', 'denominator']) {
    const name = textIn(ratio, key);
    if (name === undefined) {
      continue;
    }
    const part: unknown = get(metrics, [name]);
    const type = textIn(part, 'type');
    if (name === path[1]) {
      add([...path, key], t('catalog.problem.itself', '{{name}} is this metric itself', said({ name: quote(name) })));
    } else if (!has(metrics, name)) {
      const parts = entriesOf(metrics).filter(([, metric]) => divisible.includes(textIn(metric, 'type') ?? ''));
      addUnknown(
        [...path, key],
        t('catalog.problem.no-metric', '{{name}} is no metric of this catalog', said({ name: quote(name) })),
        name,
        parts.map(([known]) => known)
      );
    } else if (type === 'ratio') {
      add(
        [...path, key],
        t(
          'catalog.problem.divides-ratio',
          '{{name}} is a ratio; a ratio divides counters, gauges and distinct metrics; divide the parts of that ratio instead',
          said({ name: quote(name) })
        )
      );
    } else if (type === 'histogram' || type === 'summary') {
      add(
        [...path, key],
        t(
          'catalog.problem.divides-distribution',
          '{{name}} is a {{type}}; a ratio divides counters, gauges and distinct metrics; its view average divides the sum of what is observed by its count',
          said({ name: quote(name), type })
        )
      );
    }
  }
  const denominator = textIn(ratio, 'denominator');
  if (denominator !== undefined && denominator === textIn(ratio, 'numerator')) {
    add(
      [...path, 'denominator'],
      t(
        'catalog.problem.always-one',
        '{{name}} is the numerator too; the ratio would always be 1',
        said({ name: quote(denominator) })
      )
    );
  }
}

function checkAnnotation(path: Path, annotation: unknown, table: unknown, add: Add, addUnknown: AddUnknown): void {
  const dimensions: unknown = get(table, ['dimensions']);
  const known = keysOf(dimensions);
  listIn(annotation, 'tags').forEach((tag, i) => {
    if (typeof tag === 'string' && isPlainObject(table) && !has(dimensions, tag)) {
      addUnknown(
        [...path, 'tags', i],
        t(
          'catalog.problem.no-dimension',
          '{{name}} is no dimension of table {{table}}',
          said({ name: quote(tag), table: textIn(annotation, 'table') })
        ),
        tag,
        known
      );
    }
  });
  const end = textIn(annotation, 'end');
  if (end !== undefined && end === (textIn(annotation, 'time') ?? textIn(table, 'time'))) {
    add(
      [...path, 'end'],
      t(
        'catalog.problem.never-lasts',
        '{{column}} is the column of time too; no event would last',
        said({ column: quote(end) })
      )
    );
  }
}

/** Own names of metrics come first, so that the weaker ones are told where two clash. */
function checkNames(catalog: unknown, add: Add): void {
  const metrics = entriesOf(get(catalog, ['metrics'])).sort(([a], [b]) => (a < b ? -1 : 1));
  const owners = new Map(metrics.map(([name]) => [name, name]));
  const prefix = textIn(catalog, 'prefix') ?? '';
  if (prefix !== '') {
    for (const [name] of metrics) {
      const owner = owners.get(prefix + name);
      if (owner === undefined) {
        owners.set(prefix + name, name);
      } else {
        add(
          ['metrics', owner],
          t(
            'catalog.problem.prefixed',
            'with the prefix in front, metric {{name}} has this name too; rename one of them',
            said({ name })
          )
        );
      }
    }
  }
  for (const [name, metric] of metrics) {
    listIn(metric, 'aliases').forEach((alias, i) => {
      if (typeof alias !== 'string') {
        return;
      }
      const owner = owners.get(alias);
      const names = { alias: quote(alias), owner };
      if (owner === undefined) {
        owners.set(alias, name);
      } else {
        add(
          ['metrics', name, 'aliases', i],
          owner === name
            ? t('catalog.problem.own-alias', '{{alias}} names this metric already; remove the alias', said(names))
            : t('catalog.problem.other-alias', '{{alias}} names metric {{owner}} already', said(names))
        );
      }
    });
  }
}

function checkLink(path: Path, table: unknown, add: Add, addUnknown: AddUnknown): void {
  const link = textIn(table, 'link');
  if (link === undefined) {
    return;
  }
  const quoted = { link: quote(link) };
  const text = link.replaceAll(/\{[^{}]+\}/g, '');
  const [brace] = /[{}]/.exec(text) ?? [];
  if (brace === '{') {
    add(path, t('catalog.problem.link-opened', '{{link}}: a { begins no column; write one as {id}', said(quoted)));
  } else if (brace === '}') {
    add(path, t('catalog.problem.link-closed', '{{link}}: a } closes nothing; write a column as {id}', said(quoted)));
  } else if (/\$|\[\[/.test(text)) {
    add(
      path,
      t(
        'catalog.problem.link-variable',
        '{{link}}: a $ or [[ in it is a variable for Grafana; write %24 and %5B',
        said(quoted)
      )
    );
  } else {
    const columns = [...link.matchAll(/\{([^{}]+)\}/g)].map(([, column = '']) => column);
    const known = listIn(table, 'records').filter((column) => typeof column === 'string');
    for (const column of columns.filter((name) => !known.includes(name))) {
      addUnknown(
        path,
        t(
          'catalog.problem.link-column',
          "{{column}} is no column of the table's records",
          said({ column: `{${clip(column)}}` })
        ),
        column,
        known
      );
    }
    if (columns.length === 0) {
      add(
        path,
        t(
          'catalog.problem.link-without-column',
          '{{link}} names no column, so all rows would have the same page; write one as {id}',
          said(quoted)
        )
      );
    }
  }
}

function didYouMean(near: string | undefined): string {
  return near === undefined
    ? ''
    : t('catalog.problem.did-you-mean', '; did you mean {{name}}?', said({ name: quote(near) }));
}

/** A value as a message repeats it, like the server's: in quotes, and not all of a long one. */
export function quote(value: string): string {
  return JSON.stringify(clip(value));
}

function clip(value: string): string {
  const letters = Array.from(value);
  return letters.length <= maxShown ? value : `${letters.slice(0, maxShown).join('')}…`;
}

const maxShown = 80;

/** That an item of a list stands there already. */
export function listedAlready(value: unknown, first: Path): string {
  return t(
    'catalog.problem.listed',
    '{{value}} is listed already, as {{path}}',
    said({ value: typeof value === 'string' ? quote(value) : JSON.stringify(value), path: formatPath(first) })
  );
}

function said<Values extends object>(values: Values) {
  return { ...values, interpolation: { escapeValue: false } };
}

function entriesOf(value: unknown): Array<[string, unknown]> {
  return isPlainObject(value) ? Object.entries(value as object) : [];
}

function keysOf(value: unknown): string[] {
  return entriesOf(value).map(([key]) => key);
}

function has(value: unknown, key: string): boolean {
  return isPlainObject(value) && Object.hasOwn(value as object, key);
}

function hasAt(value: unknown, name: string, key: string): boolean {
  return has(get(value, [name]), key);
}

function textIn(entry: unknown, key: string): string | undefined {
  const value: unknown = isPlainObject(entry) ? get(entry, [key]) : undefined;
  return typeof value === 'string' ? value : undefined;
}

function listIn(entry: unknown, key: string): unknown[] {
  const value: unknown = isPlainObject(entry) ? get(entry, [key]) : undefined;
  return Array.isArray(value) ? value : [];
}
