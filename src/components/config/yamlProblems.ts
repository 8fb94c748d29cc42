import { visit, type Alias, type Document, type ErrorCode, type YAMLError } from 'yaml';

import { t } from '@grafana/i18n';

import { quote } from './catalogReferences';

/** What is wrong at a place of a text, half-open, so that it is no YAML. */
export interface YAMLProblem {
  from: number;
  to: number;
  message: string;
}

/** What keeps a text from being YAML, the first of each line: others follow from it as a rule. */
export function yamlProblems(text: string, document: Document): YAMLProblem[] {
  const lines = new Set<number>();
  return document.errors.flatMap((error) => {
    const [from, to] = error.pos;
    const line = text.lastIndexOf('\n', from - 1);
    if (lines.has(line)) {
      return [];
    }
    lines.add(line);
    return [{ from, to: Math.max(to, endOfScalar(document, from)), message: describe(error, text, document) }];
  });
}

/** Why a document that is YAML cannot be made into a value, which is by its aliases only. */
export function aliasProblem(document: Document): YAMLProblem {
  const lost: Alias[] = [];
  visit(document, {
    Alias(_, alias) {
      if (!alias.resolve(document)) {
        lost.push(alias);
      }
    },
  });
  const [alias] = lost;
  const [from, to] = alias?.range ?? document.range ?? [0, 0];
  return {
    from,
    to,
    message: alias
      ? t(
          'catalog.yaml.lost-alias',
          '{{alias}} stands for a value that {{anchor}} marks further up, and there is none; put it in quotes if it is text',
          { alias: `*${alias.source}`, anchor: `&${alias.source}`, ...asIs }
        )
      : t('catalog.yaml.many-aliases', 'The aliases stand for too much; write out what they stand for'),
  };
}

const asIs = { interpolation: { escapeValue: false } };

/** Says for a person what an error of the parser is, by its code and by what stands there. */
function describe({ code, pos: [from, to] }: YAMLError, text: string, document: Document): string {
  const found = quote(firstLine(text.slice(from, to)));
  switch (code) {
    case 'MISSING_CHAR':
      return describeMissing(text, document, [from, to], found);
    case 'MULTILINE_IMPLICIT_KEY':
      return colonMissing(found);
    case 'BLOCK_AS_IMPLICIT_KEY':
      return t(
        'catalog.yaml.second-key',
        'A second key begins within a value: put a value with a colon in quotes, or begin the next key in the column of the first'
      );
    case 'BAD_INDENT':
      return t(
        'catalog.yaml.indent',
        'The indentation fits nothing above: begin in the column of the neighbouring entries, or close a { or [ further up'
      );
    case 'TAB_AS_INDENT':
      return t('catalog.yaml.tab', 'Indent with spaces: YAML takes no tabs');
    case 'DUPLICATE_KEY':
      return t('catalog.yaml.twice', 'The key {{key}} is there already', {
        key: quote(text.slice(from, endOfScalar(document, from))),
        ...asIs,
      });
    case 'UNEXPECTED_TOKEN':
      return t(
        'catalog.yaml.unexpected',
        '{{found}} does not belong here; where it is part of a text, put the text in quotes',
        {
          found,
          ...asIs,
        }
      );
    case 'BAD_SCALAR_START':
      return t('catalog.yaml.start', 'A text that begins with {{found}} must stand in quotes', { found, ...asIs });
    case 'BAD_DQ_ESCAPE':
      return t(
        'catalog.yaml.escape',
        '{{found}} means nothing in double quotes; write two backslashes for one, or use single quotes',
        { found: text.slice(from, from + 2), ...asIs }
      );
    case 'BLOCK_IN_FLOW':
      return t('catalog.yaml.flow', 'Between { } and [ ] a comma ends each entry, and lists have no dashes');
    case 'ALIAS_PROPS':
    case 'BAD_ALIAS':
    case 'BAD_COLLECTION_TYPE':
    case 'BAD_PROP_ORDER':
    case 'MULTIPLE_ANCHORS':
    case 'MULTIPLE_TAGS':
    case 'NON_STRING_KEY':
    case 'TAG_RESOLVE_FAILED':
      return t(
        'catalog.yaml.marks',
        '{{found}} is no anchor (&), alias (*) or tag (!) that can stand here; put it in quotes if it is text',
        { found, ...asIs }
      );
    case 'BAD_DIRECTIVE':
      return t('catalog.yaml.directive', 'A line that begins with % is an instruction to the YAML parser; remove it');
    case 'MULTIPLE_DOCS':
      return t('catalog.yaml.documents', 'A catalog is one document: remove the line --- or what follows it');
    case 'KEY_OVER_1024_CHARS':
      return t('catalog.yaml.long-key', 'A key has at most 1024 characters, and a colon follows it');
    case 'RESOURCE_EXHAUSTION':
      return t('catalog.yaml.deep', 'The entries are nested too deep');
    default:
      return unreadable(code);
  }
}

/** What is missing at a place; the parser's code is the same for all of it. */
function describeMissing(text: string, document: Document, [from, to]: Range, found: string): string {
  if (text[from] === '#') {
    return t('catalog.yaml.comment', 'A comment begins with a space and #; put a text with # in quotes');
  }
  if (text.slice(from).trim() === '' && isQuoted(text, document, from)) {
    return t('catalog.yaml.quote', 'The quote at the end of this text is missing');
  }
  // Only of a key without its value the parser tells more than a beginning.
  return to > from + 1
    ? colonMissing(found)
    : t('catalog.yaml.missing', 'Something is missing here: a comma, a bracket, a dash or a space, as a rule');
}

function colonMissing(found: string): string {
  return t(
    'catalog.yaml.colon',
    'A key stands on one line, with a colon and a space behind it; are they missing after {{found}}?',
    {
      found,
      ...asIs,
    }
  );
}

/** What can be said of what this page does not know. */
function unreadable(code: ErrorCode): string {
  return t('catalog.yaml.unreadable', 'This is no YAML ({{code}})', { code });
}

function firstLine(text: string): string {
  return text.split(/[\r\n]/, 1)[0] ?? '';
}

/** The end of the scalar that begins at the offset, or the offset. Errors may tell no more than a beginning. */
function endOfScalar(document: Document, offset: number): number {
  return scalarAt(document, ([start]) => start === offset)?.[1] ?? offset;
}

/** Whether a text in quotes reaches to the offset. */
function isQuoted(text: string, document: Document, offset: number): boolean {
  const range = scalarAt(document, ([start, end]) => start < offset && end >= offset);
  return range !== undefined && /["']/.test(text[range[0]] ?? '');
}

type Range = [start: number, end: number];

function scalarAt(document: Document, matches: (range: Range) => boolean): Range | undefined {
  let found: Range | undefined;
  visit(document, {
    Scalar(_, { range }) {
      if (!range || !matches([range[0], range[1]])) {
        return undefined;
      }
      found = [range[0], range[1]];
      return visit.BREAK;
    },
  });
  return found;
}
