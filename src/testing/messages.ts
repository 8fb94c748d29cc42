import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import ts from 'typescript';

/**
 * The messages of the source files below a folder, with their English texts:
 * the calls of t() and the Trans elements. Plurals have a message for each
 * form, as in t('days', '', { count, defaultValue_one, defaultValue_other }).
 */
export function sourceMessages(folder: string): Map<string, string> {
  const messages = new Map<string, string>();
  const add = (file: string, key: string, text: string) => {
    const other = messages.get(key);
    if (other !== undefined && other !== text) {
      throw new Error(`${file}: the message ${key} has two texts, "${other}" and "${text}"`);
    }
    messages.set(key, text);
  };

  for (const name of sourceFiles(folder)) {
    const text = readFileSync(join(folder, name), 'utf8');
    visit(ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true), (key, message) => add(name, key, message));
  }
  return messages;
}

/** The files below a folder that become part of the plugin, relative to it. */
export function sourceFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (name) => /\.tsx?$/.test(name) && !/\.test\.tsx?$|\.d\.ts$|^testing\b/.test(name)
  );
}

function visit(node: ts.Node, add: (key: string, text: string) => void): void {
  if (ts.isCallExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === 't') {
    addCall(node, add);
  } else if (ts.isJsxElement(node) && node.openingElement.tagName.getText() === 'Trans') {
    addElement(node, add);
  }
  ts.forEachChild(node, (child) => visit(child, add));
}

function addCall(call: ts.CallExpression, add: (key: string, text: string) => void): void {
  const [key, text, options] = call.arguments;
  if (!key || !text || !ts.isStringLiteralLike(key) || !ts.isStringLiteralLike(text)) {
    throw new Error(`${call.getText()} needs a literal key and a literal text`);
  }
  if (text.text !== '') {
    add(key.text, text.text);
  }
  if (options && ts.isObjectLiteralExpression(options)) {
    for (const property of options.properties) {
      const form = property.name?.getText().match(/^defaultValue_(\w+)$/)?.[1];
      if (form && ts.isPropertyAssignment(property) && ts.isStringLiteralLike(property.initializer)) {
        add(`${key.text}_${form}`, property.initializer.text);
      }
    }
  }
}

function addElement(element: ts.JsxElement, add: (key: string, text: string) => void): void {
  const key = element.openingElement.attributes.properties
    .filter(ts.isJsxAttribute)
    .find(({ name }) => name.getText() === 'i18nKey')?.initializer;
  if (!key || !ts.isStringLiteral(key) || !element.children.every(ts.isJsxText)) {
    throw new Error(`${element.getText()} needs a literal key and nothing but text`);
  }
  // JSX joins the lines of a text with single spaces.
  add(
    key.text,
    element.children
      .filter(ts.isJsxText)
      .map(({ text }) => text.trim().replace(/\s*\n\s*/g, ' '))
      .join('')
  );
}

/** Messages as translation files hold them: keys taken apart at their dots, sorted. */
export function nested(messages: Map<string, string>): object {
  const root: Record<string, unknown> = {};
  for (const [key, text] of [...messages].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const path = key.split('.');
    const last = path.pop() ?? '';
    let place = root;
    for (const step of path) {
      place = (place[step] ??= {}) as Record<string, unknown>;
    }
    place[last] = text;
  }
  return root;
}

/** The opposite of nested: the texts of a translation file by their whole keys. */
export function flat(file: object, prefix = ''): Map<string, string> {
  return new Map(
    Object.entries(file as Record<string, string | object>).flatMap(([step, value]): Array<[string, string]> =>
      typeof value === 'string' ? [[prefix + step, value]] : [...flat(value, `${prefix}${step}.`)]
    )
  );
}

const pluralForm = /_(?:zero|one|two|few|many|other)$/;

/** The keys that a language needs where English has these: a plural has each form of the language's own grammar. */
export function keysIn(language: string, english: Iterable<string>): Set<string> {
  const { pluralCategories } = new Intl.PluralRules(language).resolvedOptions();
  return new Set(
    [...english].flatMap((key) =>
      pluralForm.test(key) ? pluralCategories.map((form) => key.replace(pluralForm, `_${form}`)) : [key]
    )
  );
}

/** The English text that a message translates: of a form that English lacks, the other one. */
export function englishFor(key: string, english: Map<string, string>): string {
  return english.get(key) ?? english.get(key.replace(pluralForm, '_other')) ?? '';
}

/** What a text leaves to be filled in, sorted: {{name}}, and the tags of Trans with several parts. */
export function placeholders(text: string): string[] {
  return (text.match(/{{[^{}]+}}|<\/?\w+\s*\/?>/g) ?? []).map((found) => found.replace(/\s/g, '')).sort();
}
