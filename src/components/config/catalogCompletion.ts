import { get, isPlainObject } from 'lodash';
import { isMap, isPair, isScalar, isSeq, parseDocument, stringify, visit, type Document, type YAMLMap } from 'yaml';

import schema from '../../../pkg/catalog/catalog.schema.json';
import { columnsOf, isTime } from './forms/useRelations';
import type { Relation } from './server';
import { timeZones } from './timeZones';

/** Something that may stand at the cursor. */
export interface Completion {
  label: string;
  /** YAML, with the indentation of its first line taken for granted. */
  insert: string;
  kind: 'key' | 'value' | 'name' | 'column';
  /** A key without which the entry is not accepted. */
  required?: boolean;
  detail?: string;
  documentation?: string;
}

export interface Completions {
  /** The offsets, half-open, of the word that is completed. */
  from: number;
  to: number;
  items: Completion[];
}

/** What may be written at an offset of a catalog's text, which may be unfinished. */
export function completeCatalog(text: string, offset: number, relations: Relation[]): Completions {
  const from = offset - (/[\p{L}\p{N}_$./]*$/u.exec(text.slice(0, offset))?.[0].length ?? 0);
  const to = offset + (/^[\p{L}\p{N}_$./]*/u.exec(text.slice(offset))?.[0].length ?? 0);
  const isKey = /^[ \t]*:(?:\s|$)/.test(text.slice(to));
  const quoted = /["']/.test(text.charAt(from - 1));

  // Whether an unfinished word is to be a key or a value, YAML itself tells: by the reading with fewer errors.
  const read = (word: string) => readAt(text.slice(0, from) + word + text.slice(to));
  const readings = (isKey ? [read(cursor)] : [read(`${cursor}:`), read(cursor)]).filter(
    (reading) => reading !== undefined
  );
  const fewest = Math.min(...readings.map(({ errors }) => errors));

  for (const reading of readings.filter(({ errors }) => errors === fewest)) {
    const items =
      reading.map === undefined
        ? valuesAt(reading, relations).map(({ value, ...item }) => ({
            ...item,
            label: String(value),
            insert: quoted ? String(value) : inline(value),
          }))
        : keysAt(reading.path, reading.map, isKey || quoted);
    if (items.length > 0) {
      return { from, to, items };
    }
  }
  return { from, to, items: [] };
}

// Stands for the word at the cursor while the text is read; no catalog has it.
const cursor = 'word__at__the__cursor';

type Path = Array<string | number>;

interface Reading {
  errors: number;
  /** Leads to the mapping whose key the word is, or to the value that it is. */
  path: Path;
  /** The mapping, where the word is a key. */
  map?: YAMLMap;
  /** The values beside it, where the word is in a list. */
  listed: unknown[];
  draft: unknown;
}

/** Finds the cursor, unless it is inside of a longer text or a comment. */
function readAt(text: string): Reading | undefined {
  const document = parseDocument(text, { prettyErrors: false });
  let found: Pick<Reading, 'path' | 'map' | 'listed'> | undefined;
  visit(document, {
    Scalar(place, node, ancestors) {
      if (node.value !== cursor) {
        return undefined;
      }
      const path: Path = [];
      ancestors.forEach((ancestor, i) => {
        const inner = ancestors[i + 1] ?? node;
        if (isPair(ancestor) && inner !== ancestor.key) {
          path.push(isScalar(ancestor.key) ? String(ancestor.key.value) : '');
        } else if (isSeq(ancestor)) {
          path.push(ancestor.items.indexOf(inner));
        }
      });
      const map = ancestors.findLast((ancestor) => isMap(ancestor));
      const list = ancestors.at(-1);
      found = {
        path,
        map: place === 'key' ? map : undefined,
        listed: isSeq(list) ? list.items.map((item) => (isScalar(item) ? item.value : undefined)) : [],
      };
      return visit.BREAK;
    },
  });
  return found && { ...found, errors: document.errors.length, draft: valueOf(document) };
}

function valueOf(document: Document): unknown {
  try {
    return document.toJS();
  } catch {
    // An alias without its anchor: names of other entries are then unknown.
    return undefined;
  }
}

/** What of a schema tells what may be written. */
interface Shape {
  type?: string;
  description?: string;
  properties?: Record<string, Shape | boolean | undefined>;
  required?: string[];
  additionalProperties?: boolean | Shape;
  items?: Shape;
  enum?: unknown[];
  const?: unknown;
  allOf?: Array<{ if: Shape; then: Shape }>;
}

function shapeAt(path: Path): Shape | undefined {
  return path.reduce<Shape | undefined>((shape, step) => {
    const inner = typeof step === 'number' ? shape?.items : (shape?.properties?.[step] ?? shape?.additionalProperties);
    return typeof inner === 'object' ? inner : undefined;
  }, schema);
}

/** The part of a shape for entries like this one: metrics of its type, changes of its mode. */
function variantOf({ allOf = [] }: Shape, map: YAMLMap): Shape | undefined {
  return allOf.find(({ if: condition }) =>
    Object.entries(condition.properties ?? {}).every(
      ([key, shape]) => typeof shape === 'object' && map.get(key) === shape.const
    )
  )?.then;
}

function keysAt(path: Path, map: YAMLMap, bare: boolean): Completion[] {
  const shape = shapeAt(path);
  if (!shape?.properties) {
    return [];
  }
  const variant = variantOf(shape, map);
  const required = [...(shape.required ?? []), ...(variant?.required ?? [])];
  return Object.entries(shape.properties)
    .filter(([key]) => !map.has(key) && (variant?.properties === undefined || key in variant.properties))
    .map(([key, inner]) => {
      const { type, description } = typeof inner === 'object' ? inner : {};
      return {
        label: key,
        insert: bare ? key : `${key}:${map.flow ? ' ' : opening(type)}`,
        kind: 'key',
        required: required.includes(key),
        documentation: description,
      };
    });
}

function opening(type: string | undefined): string {
  switch (type) {
    case 'object':
      return '\n  ';
    case 'array':
      return '\n  - ';
    default:
      return ' ';
  }
}

/** A value before it is written as YAML. */
type Value = Omit<Completion, 'label' | 'insert'> & { value: unknown };

function valuesAt({ path, draft, listed }: Reading, relations: Relation[]): Value[] {
  const shape = shapeAt(path);
  const allowed = shape?.enum ?? (shape?.const === undefined ? [] : [shape.const]);
  return [
    ...allowed.map((value): Value => ({ value, kind: 'value', documentation: shape?.description })),
    ...namesAt(path, draft, relations),
    ...columnsAt(path, draft, relations),
  ].filter(({ value }) => !listed.includes(value));
}

/** The path with a star for each name that the author chose, and # for a place in a list. */
function placeOf(path: Path): string {
  return path
    .map((step, i) => {
      if (typeof step === 'number') {
        return '#';
      }
      return i === 1 || (i === 3 && path[2] === 'dimensions') ? '*' : step;
    })
    .join('.');
}

/** The names that may stand where a value refers to something. */
function namesAt(path: Path, draft: unknown, relations: Relation[]): Value[] {
  switch (placeOf(path)) {
    case 'timezone':
    case 'tables.*.timezone':
      return timeZones().map((value) => ({ value, kind: 'value' }));
    case 'tables.*.relation':
    case 'tables.*.changes.base':
      return relations.map(({ relation, kind, comment }) => ({
        value: relation,
        kind: 'name',
        detail: kind,
        documentation: comment,
      }));
    case 'metrics.*.table':
    case 'annotations.*.table':
      return entries(draft, ['tables']).map(([value, table]) => ({
        value,
        kind: 'name',
        detail: textIn(table, 'relation'),
      }));
    case 'metrics.*.numerator':
    case 'metrics.*.denominator':
      return entries(draft, ['metrics'])
        .filter(([name, metric]) => name !== path[1] && divisible.includes(textIn(metric, 'type') ?? ''))
        .map(([value, metric]) => ({
          value,
          kind: 'name',
          detail: textIn(metric, 'type'),
          documentation: textIn(metric, 'help'),
        }));
    case 'annotations.*.tags.#':
      return entries(draft, ['tables', tableFor(path, draft), 'dimensions']).map(([value, dimension]) => ({
        value,
        kind: 'name',
        detail: textIn(dimension, 'label'),
      }));
    default:
      return [];
  }
}

// The types of metrics that a ratio may divide.
const divisible = ['counter', 'gauge', 'distinct'];

// Where a column of the table stands: of points in time, any by its name, or as SQL writes it.
const columnPlaces: Record<string, 'time' | 'name' | 'expression'> = {
  'tables.*.time': 'time',
  'tables.*.changes.column': 'time',
  'tables.*.records.#': 'name',
  'tables.*.dimensions.*.column': 'expression',
  'metrics.*.time': 'time',
  'metrics.*.opened': 'time',
  'metrics.*.closed': 'time',
  'metrics.*.sum': 'expression',
  'metrics.*.observe': 'expression',
  'metrics.*.column': 'expression',
  'annotations.*.time': 'time',
  'annotations.*.end': 'time',
  'annotations.*.title': 'expression',
  'annotations.*.text': 'expression',
};

function columnsAt(path: Path, draft: unknown, relations: Relation[]): Value[] {
  const takes = columnPlaces[placeOf(path)];
  if (takes === undefined) {
    return [];
  }
  const relation = textIn(get(draft, ['tables', tableFor(path, draft)]), 'relation');
  return columnsOf(relations, relation)
    .filter((column) => takes !== 'time' || isTime(column))
    .map(({ name, expression, type, comment }) => ({
      value: takes === 'expression' ? expression : name,
      kind: 'column',
      detail: type,
      documentation: comment,
    }));
}

/** The name of the table that the entry on the path is, or counts. */
function tableFor(path: Path, draft: unknown): string {
  const entry = path.slice(0, 2);
  return entry[0] === 'tables' ? String(entry[1]) : (textIn(get(draft, entry), 'table') ?? '');
}

function entries(draft: unknown, path: Path): Array<[string, unknown]> {
  const found: unknown = get(draft, path);
  return isPlainObject(found) ? Object.entries(found as object) : [];
}

function textIn(entry: unknown, key: string): string | undefined {
  const value: unknown = get(entry, [key]);
  return typeof value === 'string' ? value : undefined;
}

/** The value as it is written wherever YAML takes one, in quotes where it must. */
function inline(value: unknown): string {
  return stringify([value], { collectionStyle: 'flow', lineWidth: 0 }).trim().slice(2, -2);
}
