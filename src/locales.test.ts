import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { initPluginTranslations, type Resources } from '@grafana/i18n';

import { id, languages } from '../plugin.json';
import { offsetLabel, stepLabel, typeLabel } from './components/query/labels';
import { englishFor, flat, keysIn, nested, placeholders, sourceMessages } from './testing/messages';
import { untranslated } from './testing/untranslated';

const english = 'en-US';
const others = languages.filter((language) => language !== english);

function path(language: string): string {
  return join(__dirname, 'locales', language, `${id}.json`);
}

function read(language: string): object {
  return JSON.parse(readFileSync(path(language), 'utf8')) as object;
}

// UPDATE_MESSAGES=1 writes the file anew from the texts in the source.
it('has the English texts of the source, and no others, in the translation file', () => {
  const messages = nested(sourceMessages(__dirname));
  if (process.env.UPDATE_MESSAGES) {
    writeFileSync(path(english), `${JSON.stringify(messages, null, 2)}\n`);
  }
  expect(read(english)).toEqual(messages);
});

// A catalog in YAML is for the server, and has the comments of its author.
// Kinds of relations, names of statistics and of links are the server's words, which are told apart and then translated.
const notForTranslation = [
  /^components\/config\/starterCatalog\.ts: /,
  /^components\/config\/discovery\/relationLabels\.ts: (?:partitioned table|materialized view|foreign table)$/,
  /^response\.ts: (?:Database time|Rows read|Buckets read|Rows behind this value)$/,
];

it('leaves no sentence of the source untranslated', () => {
  const left = untranslated(__dirname).filter((found) => !notForTranslation.some((pattern) => pattern.test(found)));
  expect(left).toEqual([]);
});

it('has a folder of translations for each language of the manifest, and no other', () => {
  expect(readdirSync(join(__dirname, 'locales')).sort()).toEqual([...languages].sort());
  expect(others).toContain('pt-BR');
});

describe.each(others)('in %s', (language) => {
  const source = flat(read(english));
  const translated = flat(read(language));

  it('is every message of the source, in each plural form of the language, and no other', () => {
    expect([...translated.keys()].sort()).toEqual([...keysIn(language, source.keys())].sort());
  });

  it('each message fills in what the English one does', () => {
    for (const [key, text] of translated) {
      expect([key, placeholders(text)]).toEqual([key, placeholders(englishFor(key, source))]);
    }
  });

  it('no message is empty, padded or left in English', () => {
    for (const [key, text] of translated) {
      expect([key, text]).toEqual([key, text.trim()]);
      expect([key, text]).not.toEqual([key, '']);
      if (!sameInEveryLanguage.has(text)) {
        expect([key, text]).not.toEqual([key, englishFor(key, source)]);
      }
    }
  });
});

// Names of things, which Brazilians call the same.
const sameInEveryLanguage = new Set(['Host', 'TLS', 'Tags:']);

// Grafana adds the texts of the user's language before it loads the plugin. Here
// they take the place of the English ones, for the rest of this file.
describe('for a Brazilian', () => {
  beforeAll(() => initPluginTranslations(id, [() => Promise.resolve(read('pt-BR') as Resources)]));

  it('texts are Portuguese, also those made outside of components', () => {
    expect(typeLabel('gauge').label).toBe('medidor');
    expect(stepLabel('auto').label).toBe('Automática');
  });

  it('counts have their noun in the right form', () => {
    expect(stepLabel('1d').label).toBe('1 dia');
    expect(stepLabel('5m').label).toBe('5 minutos');
    expect(offsetLabel('2w')).toBe('2 semanas antes');
  });
});
