import Ajv, { type ErrorObject } from 'ajv';
import { get, isEqual, isPlainObject } from 'lodash';
import {
  isCollection,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  stringify,
  type Document,
  type Scalar,
  type YAMLSeq,
} from 'yaml';

import { t } from '@grafana/i18n';

import schema from '../../../pkg/catalog/catalog.schema.json';
import { nearest } from '../../nearest';
import { formatPath, parsePointer, type Path } from './catalogPath';
import { listedAlready, missingColumns, quote, wrongReferences, type WrongReference } from './catalogReferences';
import type { Relation } from './server';
import { unknownZones } from './timeZones';
import { aliasProblem, yamlProblems } from './yamlProblems';

/** One thing that is wrong with the text of a catalog. */
export interface CatalogProblem {
  /** Counted from 1. */
  line: number;
  /** Where on the line it is, counted from 1 and half-open: the key as a rule, the value that refers to nothing. */
  column: number;
  endColumn: number;
  /** Leads to the value, as in metrics.revenue.table; empty for the text as a whole. */
  path: string;
  message: string;
}

export interface CheckedText {
  /** Sorted by line; empty if the catalog may be saved. */
  problems: CatalogProblem[];
  /** What the text says, or undefined if it says nothing or has problems. */
  catalog?: unknown;
}

const validate = new Ajv({ allErrors: true, verbose: true }).compile(schema);

/** Something wrong with a catalog, wherever it is written. */
interface Finding {
  path: Path;
  message: string;
  /** Whether the value is what is wrong, and not the key or what is below it. */
  value?: boolean;
}

/** What is wrong with a catalog: with its form, or with names in it that lead nowhere. */
function findings(catalog: unknown): Finding[] {
  const errors = validate(catalog) ? [] : (validate.errors ?? []);
  // What is not one of a list need not be told that it is no text either.
  const listed = new Set(errors.flatMap((error) => (error.keyword === 'enum' ? [error.instancePath] : [])));
  const form = errors
    .filter((error) => error.keyword !== 'type' || !listed.has(error.instancePath))
    .flatMap((error) => describe(error) ?? []);
  const wrong = new Set(form.map(({ path }) => formatPath(path)));
  const references = wrongReferences(catalog)
    .filter(({ path }) => !wrong.has(formatPath(path)))
    .map((found) => ({ ...found, value: true }));
  return [...form, ...references];
}

/** What is wrong with a catalog, by the paths of its values. Whether its tables exist only the server knows. */
export function catalogProblems(catalog: unknown): Array<{ path: string; message: string }> {
  return findings(catalog).map(({ path, message }) => ({ path: formatPath(path), message }));
}

/** Reads a catalog from YAML and checks its form and its references. Whether its tables exist only the server knows. */
export function checkCatalogText(text: string): CheckedText {
  const lines = new LineCounter();
  const place = placesOf(text, lines);
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    return {
      problems: yamlProblems(text, document).map(({ from, to, message }) => ({
        ...place(from, to),
        path: '',
        message,
      })),
    };
  }

  let catalog: unknown;
  try {
    catalog = document.toJS();
  } catch {
    const { from, to, message } = aliasProblem(document);
    return { problems: [{ ...place(from, to), path: '', message }] };
  }
  const problems = catalog === null ? [] : located(document, place, findings(catalog));
  return problems.length > 0 ? { problems } : { problems, catalog: catalog ?? undefined };
}

/** What the checked text says where nothing is wrong but that it has no metric yet. It may not be saved. */
export function begunCatalog(text: string, { problems }: CheckedText): unknown {
  if (problems.length === 0 || !problems.every(lacksMetrics)) {
    return undefined;
  }
  const catalog: unknown = parseDocument(text).toJS();
  return isEqual(get(catalog, ['metrics']), {}) ? catalog : undefined;
}

/** Whether a problem is only that the catalog has no metric, as before the first one is added. */
export function lacksMetrics({ path }: { path: string }): boolean {
  return path === 'metrics';
}

/**
 * The columns of a catalog's text that the store does not have, where it is
 * known. The catalog may be saved nevertheless.
 */
export function columnsMissing(text: string, relations: Relation[]): CatalogProblem[] {
  return relations.length === 0 ? [] : doubtsAbout(text, (catalog) => missingColumns(catalog, relations));
}

/** The time zones of a catalog's text that this browser does not know. The catalog may be saved nevertheless. */
export function zonesUnknown(text: string): CatalogProblem[] {
  return doubtsAbout(text, unknownZones);
}

function doubtsAbout(text: string, find: (catalog: unknown) => WrongReference[]): CatalogProblem[] {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    return [];
  }
  let catalog: unknown;
  try {
    catalog = document.toJS();
  } catch {
    return []; // As told by checkCatalogText.
  }
  const found = find(catalog).map((doubt) => ({ ...doubt, value: true }));
  return located(document, placesOf(text, lines), found);
}

type Place = Pick<CatalogProblem, 'line' | 'column' | 'endColumn'>;

/** Tells where offsets of a text are; what goes over several lines ends with the first. */
function placesOf(text: string, lines: LineCounter): (from: number, to: number) => Place {
  return (from, to) => {
    const { line, col: column } = lines.linePos(from);
    const rest = /^[^\r\n]*/.exec(text.slice(from, to))?.[0].length ?? 0;
    return { line, column, endColumn: column + Math.max(rest, 1) };
  };
}

/** The findings where they are in the text, each once, in its order. */
function located(document: Document, place: (from: number, to: number) => Place, found: Finding[]): CatalogProblem[] {
  const problems = new Map<string, CatalogProblem>();
  for (const { path, message, value } of found) {
    const problem = { ...place(...rangeOf(document, path, value)), path: formatPath(path), message };
    problems.set(`${problem.path} ${message}`, problem);
  }
  return [...problems.values()].sort((a, b) => a.line - b.line || a.column - b.column);
}

/** The catalog as YAML, its keys in the order of the schema and long SQL expressions on one line. */
export function catalogToText(catalog: unknown): string {
  return catalog === undefined || catalog === null ? '' : stringify(inOrder(catalog, schema), { lineWidth: 0 });
}

/** The text with the catalog in it; what does not change keeps its place, layout and comments. */
export function editCatalogText(text: string, catalog: unknown): string {
  const document = parseDocument(text, { prettyErrors: false });
  if (document.errors.length === 0 && isMap(document.contents)) {
    edit(document, [], document.toJS(), catalog);
    const edited = document.toString({ lineWidth: 0 });
    // An alias shares a value between places, one of which may have changed.
    if (isEqual(parseDocument(edited).toJS(), catalog)) {
      return edited;
    }
  }
  return catalogToText(catalog);
}

function edit(document: Document, path: Path, before: unknown, after: unknown): void {
  if (isEqual(before, after)) {
    return;
  }
  if (isPlainObject(before) && isPlainObject(after)) {
    editKeys(document, path, before as Record<string, unknown>, after as Record<string, unknown>);
    return;
  }
  const node = document.getIn(path, true);
  if (isSeq(node) && Array.isArray(after)) {
    node.items = editedItems(document, node, after);
  } else if (isScalar(node) && typeof after === typeof node.value) {
    node.value = after; // keeps its comment and its quotes
  } else {
    const created = document.createNode(after);
    const parent = document.getIn(path.slice(0, -1), true);
    if (isCollection(created) && isCollection(parent) && parent.flow) {
      created.flow = true;
    }
    document.setIn(path, created);
  }
}

function editKeys(document: Document, path: Path, had: Record<string, unknown>, has: Record<string, unknown>): void {
  const before = { ...had };
  const gone = Object.keys(had).filter((key) => !(key in has));
  const added = Object.keys(has).filter((key) => !(key in had));
  const [former, name] = [gone[0], added[0]];
  const pair = isNamed(path) && gone.length === 1 && added.length === 1 ? pairIn(document, path, former) : undefined;
  if (pair && former !== undefined && name !== undefined) {
    // Another name for the same thing, which stays in its place with its comments.
    pair.key.value = name;
    before[name] = had[former];
  } else {
    gone.forEach((key) => document.deleteIn([...path, key]));
  }
  Object.keys(has).forEach((key) => edit(document, [...path, key], before[key], has[key]));
}

/** Whether the keys at a path are names that the author chose. */
function isNamed(path: Path): boolean {
  return path.length === 1 || (path.length === 3 && path[2] === 'dimensions');
}

function pairIn(document: Document, path: Path, key: string | undefined): { key: Scalar } | undefined {
  const map = document.getIn(path, true);
  const pair = isMap(map) ? map.items.find((item) => isScalar(item.key) && item.key.value === key) : undefined;
  return pair && isScalar(pair.key) ? { key: pair.key } : undefined;
}

/** The items of a list, with those that it had already as they are written. */
function editedItems(document: Document, list: YAMLSeq, after: unknown[]): unknown[] {
  const left = [...list.items];
  return after.map((value) => {
    const at = left.findIndex((item) => isScalar(item) && item.value === value);
    return at < 0 ? document.createNode(value) : left.splice(at, 1)[0];
  });
}

/** What of a schema decides the order of keys. */
interface Shape {
  properties?: Record<string, Shape>;
  additionalProperties?: boolean | Shape;
  [other: string]: unknown;
}

/** The value with the keys that the schema knows first, in its order. Grafana stores keys sorted by name. */
function inOrder(value: unknown, { properties = {}, additionalProperties }: Shape): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return value;
  }
  const known = Object.keys(properties).filter((key) => key in value);
  const keys = [...known, ...Object.keys(value).filter((key) => !known.includes(key))];
  const others = typeof additionalProperties === 'object' ? additionalProperties : {};
  return Object.fromEntries(
    keys.map((key) => [key, inOrder((value as Record<string, unknown>)[key], properties[key] ?? others)])
  );
}

/** Says for a person what a rule of the schema found, or nothing where another rule says it better. */
function describe(error: ErrorObject): { path: Path; message: string } | undefined {
  const path = parsePointer(error.instancePath);
  const { params, parentSchema = {}, data } = error;
  const said = { interpolation: { escapeValue: false } };
  if (error.propertyName !== undefined) {
    return { path: [...path, error.propertyName], message: describeName(error) };
  }
  switch (error.keyword) {
    case 'if': // the branch that failed has reported
    case 'propertyNames': // the rule for names has reported
      return undefined;
    case 'additionalProperties': {
      const key = String(params.additionalProperty);
      const known = Object.keys((parentSchema.properties as object | undefined) ?? {});
      // A key that is needed and missing is meant sooner than another one, and none that is there already.
      const absent = known.filter((name) => !(name in (data as object)));
      const needed = absent.filter((name) => (parentSchema.required as string[] | undefined)?.includes(name));
      const near = nearest(key, needed) ?? nearest(key, absent);
      return {
        path: [...path, key],
        message: near
          ? t(
              'catalog.problem.misspelt-key',
              'There is no key {{key}} here; did you mean {{near}}? There are {{known}}',
              {
                key,
                near,
                known: known.join(', '),
                ...said,
              }
            )
          : t('catalog.problem.unknown-key', 'There is no key {{key}} here; there are {{known}}', {
              key,
              known: known.join(', '),
              ...said,
            }),
      };
    }
    case 'required':
      return {
        path: [...path, String(params.missingProperty)],
        message: t('catalog.problem.missing-key', 'The key {{key}} is missing', {
          key: params.missingProperty,
          ...said,
        }),
      };
    case 'enum':
      return {
        path,
        message: t('catalog.problem.enum', '{{value}} is not one of {{known}}', {
          value: JSON.stringify(data),
          known: (params.allowedValues as unknown[]).join(', '),
          ...said,
        }),
      };
    case 'const':
      return {
        path,
        message: t('catalog.problem.const', 'Must be {{value}}', { value: String(params.allowedValue), ...said }),
      };
    case 'type':
      return {
        path,
        message: t('catalog.problem.type', 'Must be {{type}}', { type: typeName(String(params.type)), ...said }),
      };
    case 'pattern':
      return {
        path,
        message: describePattern(String(params.pattern), data, parentSchema.description),
      };
    case 'minItems':
    case 'minProperties':
      return { path, message: t('catalog.problem.blank', 'Must not be empty') };
    case 'maxLength':
      return { path, message: tooLong(String(data), Number(params.limit)) };
    case 'maxItems':
    case 'maxProperties':
      return {
        path,
        message: t('catalog.problem.too-many', 'has {{length}} entries; the limit is {{limit}}', {
          length: Object.keys(data as object).length,
          limit: Number(params.limit),
        }),
      };
    case 'minimum':
    case 'maximum':
    case 'exclusiveMinimum':
    case 'exclusiveMaximum':
      return {
        path,
        message: t('catalog.problem.range', '{{value}} is not {{comparison}} {{limit}}', {
          value: Number(data),
          comparison: String(params.comparison),
          limit: Number(params.limit),
          ...said,
        }),
      };
    case 'uniqueItems': {
      const { i, j } = params as { i: number; j: number };
      const [first, again] = [Math.min(i, j), Math.max(i, j)];
      return { path: [...path, again], message: listedAlready((data as unknown[])[again], [...path, first]) };
    }
    case 'not':
      return {
        path,
        message: t('catalog.problem.reserved', '{{value}} is reserved', { value: JSON.stringify(data), ...said }),
      };
    default:
      return { path, message: anotherRule(error.keyword) };
  }
}

/** Says what a text of that form must be, in the server's words where it has some. */
function describePattern(pattern: string, data: unknown, description: unknown): string {
  const said = { value: quote(String(data)), interpolation: { escapeValue: false } };
  switch (pattern) {
    case notBlank:
      return t('catalog.problem.blank', 'Must not be empty');
    case patternOf('prefix'):
      return t(
        'catalog.problem.no-name',
        '{{value}} is no name; use letters of ASCII, digits and underscores, and no digit first',
        said
      );
    case patternOf('metrics', 'additionalProperties', 'aliases', 'items'):
      return t(
        'catalog.problem.no-alias',
        '{{value}} cannot name a metric; use letters of ASCII, digits, underscores and colons, and no digit first',
        said
      );
    case patternOf('tables', 'additionalProperties', 'changes', 'lateness'):
      return t(
        'catalog.problem.no-duration',
        '{{value}}: write a whole number and one of s, m, h, d, w, such as 30m, 12h or 7d',
        said
      );
    case patternOf('tables', 'additionalProperties', 'time'):
      return t(
        'catalog.problem.no-column-name',
        '{{value}} is no plain column name; write it as the database stores it, without quotes (a view or a generated column can hold an expression)',
        said
      );
    case patternOf('tables', 'additionalProperties', 'relation'):
      return t(
        'catalog.problem.no-relation',
        '{{value}}: write name or schema.name, and put a part with other characters than letters, digits and _ in double quotes',
        said
      );
    case patternOf('tables', 'additionalProperties', 'link'):
      return t(
        'catalog.problem.no-link',
        '{{value}}: write an absolute URL such as https://shop.example/orders/{id}, or a path on the Grafana server that begins with /',
        said
      );
    default:
      return t('catalog.problem.pattern', '{{value}} is not allowed. {{rule}}', {
        rule: typeof description === 'string' ? description : '',
        ...said,
      }).trim();
  }
}

/** The pattern that the schema has for a value. */
function patternOf(...path: string[]): string | undefined {
  const shape = path.reduce<Shape | undefined>(
    (at, step) => (step in (at?.properties ?? {}) ? at?.properties?.[step] : (at?.[step] as Shape | undefined)),
    schema
  );
  return shape?.pattern as string | undefined;
}

function describeName({ keyword, propertyName = '', params }: ErrorObject): string {
  const said = { name: JSON.stringify(propertyName), interpolation: { escapeValue: false } };
  switch (keyword) {
    case 'pattern':
      return t(
        'catalog.problem.name',
        'The name {{name}} is not allowed: letters, digits and underscores, a letter or underscore first',
        said
      );
    case 'not':
      return t('catalog.problem.reserved-name', 'The name {{name}} is reserved', said);
    case 'maxLength':
      return tooLong(propertyName, Number(params.limit));
    default:
      return anotherRule(keyword);
  }
}

function tooLong(value: string, limit: number): string {
  return t('catalog.problem.too-long', 'has {{length}} characters; the limit is {{limit}}', {
    length: Array.from(value).length,
    limit,
  });
}

/** What can be said of a rule that has no words of its own. */
function anotherRule(keyword: string): string {
  return t('catalog.problem.rule', 'does not keep to the rule {{rule}} of the catalog', { rule: keyword });
}

function typeName(type: string): string {
  switch (type) {
    case 'object':
      return t('catalog.type.object', 'a group of keys');
    case 'array':
      return t('catalog.type.array', 'a list');
    case 'string':
      return t('catalog.type.string', 'a text');
    case 'integer':
      return t('catalog.type.integer', 'a whole number');
    case 'number':
      return t('catalog.type.number', 'a number');
    default:
      return type;
  }
}

// How the schema says that a text must hold something.
const notBlank = '\\S';

/**
 * Where in the text the path leads, half-open: the key of the innermost entry that exists, or the whole text. Where
 * the value is asked for, that of the last step, if it is written there.
 */
function rangeOf(document: Document, path: Path, value = false): [number, number] {
  let node: unknown = document.contents;
  let range: [number, number] = [0, document.range?.[1] ?? 0];
  const narrow = (to: unknown) => {
    if (isNode(to) && to.range) {
      range = [to.range[0], to.range[1]];
    }
  };
  for (const [depth, step] of path.entries()) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => String(key) === String(step));
      if (!pair) {
        break;
      }
      narrow(pair.key);
      node = pair.value;
      if (value && depth === path.length - 1 && isScalar(node)) {
        narrow(node);
      }
    } else if (isSeq(node)) {
      node = node.items[Number(step)];
      narrow(node);
    } else {
      break;
    }
  }
  return range;
}
