import Ajv, { type ErrorObject } from 'ajv';
import { isEqual, isPlainObject } from 'lodash';
import { isMap, isNode, isSeq, LineCounter, parseDocument, stringify, visit, type Document } from 'yaml';

import { t } from '@grafana/i18n';

import schema from '../../../pkg/catalog/catalog.schema.json';

/** One thing that is wrong with the text of a catalog. */
export interface CatalogProblem {
  /** Counted from 1. */
  line: number;
  /** Where on the line it is, counted from 1 and half-open: the key, as a rule. */
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

/** Reads a catalog from YAML and checks its form. Whether its tables exist only the server knows. */
export function checkCatalogText(text: string): CheckedText {
  const lines = new LineCounter();
  const place = (from: number, to: number) => {
    const { line, col: column } = lines.linePos(from);
    const rest = /^[^\r\n]*/.exec(text.slice(from, to))?.[0].length ?? 0;
    return { line, column, endColumn: column + Math.max(rest, 1) };
  };
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    return {
      problems: document.errors.map(({ pos: [from, to], message }) => ({
        ...place(from, Math.max(to, endOfScalar(document, from))),
        path: '',
        message,
      })),
    };
  }

  let catalog: unknown;
  try {
    catalog = document.toJS();
  } catch (error) {
    // An alias without its anchor, or aliases that multiply beyond reason.
    return { problems: [{ ...place(0, text.length), path: '', message: (error as Error).message }] };
  }
  if (catalog === null || validate(catalog)) {
    return { problems: [], catalog: catalog ?? undefined };
  }

  const problems = new Map<string, CatalogProblem>();
  for (const error of validate.errors ?? []) {
    const described = describe(error);
    if (described) {
      const { path, message } = described;
      const problem = { ...place(...rangeOf(document, path)), path: formatPath(path), message };
      problems.set(`${problem.path} ${message}`, problem);
    }
  }
  return { problems: [...problems.values()].sort((a, b) => a.line - b.line || a.column - b.column) };
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
    if (isEqual(checkCatalogText(edited).catalog, catalog)) {
      return edited;
    }
  }
  return catalogToText(catalog);
}

function edit(document: Document, path: Path, before: unknown, after: unknown): void {
  if (isEqual(before, after)) {
    return;
  }
  if (!isPlainObject(before) || !isPlainObject(after)) {
    document.setIn(path, document.createNode(after));
    return;
  }
  const [had, has] = [before as Record<string, unknown>, after as Record<string, unknown>];
  Object.keys(had)
    .filter((key) => !(key in has))
    .forEach((key) => document.deleteIn([...path, key]));
  Object.keys(has).forEach((key) => edit(document, [...path, key], had[key], has[key]));
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

type Path = Array<string | number>;

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
      return {
        path: [...path, key],
        message: t('catalog.problem.unknown-key', 'There is no key {{key}} here; there are {{known}}', {
          key,
          known: known.join(', '),
          ...said,
        }),
      };
    }
    case 'required':
      return {
        path,
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
        message: t('catalog.problem.type', 'Must be of type {{type}}', { type: String(params.type), ...said }),
      };
    case 'pattern':
      return {
        path,
        message:
          params.pattern === notBlank
            ? t('catalog.problem.blank', 'Must not be empty')
            : t('catalog.problem.pattern', '{{value}} is not allowed. {{rule}}', {
                value: JSON.stringify(data),
                rule: String(parentSchema.description ?? ''),
                ...said,
              }).trim(),
      };
    case 'not':
      return {
        path,
        message: t('catalog.problem.reserved', '{{value}} is reserved', { value: JSON.stringify(data), ...said }),
      };
    default:
      return { path, message: error.message ?? error.keyword };
  }
}

function describeName({ keyword, propertyName, message }: ErrorObject): string {
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
    default:
      return message ?? keyword;
  }
}

// How the schema says that a text must hold something.
const notBlank = '\\S';

/** Reads a JSON pointer. Steps into lists become numbers. */
function parsePointer(pointer: string): Path {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((step) => (/^\d+$/.test(step) ? Number(step) : step));
}

function formatPath(path: Path): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') {
      return `${text}[${step}]`;
    }
    return text === '' ? step : `${text}.${step}`;
  }, '');
}

/** The end of the scalar that begins at the offset, or the offset. Errors may tell no more than a beginning. */
function endOfScalar(document: Document, offset: number): number {
  let end = offset;
  visit(document, {
    Scalar(_, { range }) {
      if (range?.[0] !== offset) {
        return undefined;
      }
      end = range[1];
      return visit.BREAK;
    },
  });
  return end;
}

/** Where in the text the path leads, half-open: the key of the innermost entry that exists, or the whole text. */
function rangeOf(document: Document, path: Path): [number, number] {
  let node: unknown = document.contents;
  let range: [number, number] = [0, document.range?.[1] ?? 0];
  const narrow = (to: unknown) => {
    if (isNode(to) && to.range) {
      range = [to.range[0], to.range[1]];
    }
  };
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => String(key) === String(step));
      if (!pair) {
        break;
      }
      narrow(pair.key);
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(step)];
      narrow(node);
    } else {
      break;
    }
  }
  return range;
}
