import type { monacoTypes } from '@grafana/ui';

import { catalogMarkers } from './catalogMarkers';
import { checkCatalogText } from './catalogText';

// MarkerSeverity.Error of Monaco.
const error = 8 as unknown as monacoTypes.MarkerSeverity;

const head = `version: 1
timezone: UTC
tables:
  orders:
    relation: orders
    time: created_at
`;

/** What the markers of a text underline, beside what they say. */
function underlined(text: string) {
  const lines = text.split(/\r?\n/);
  return catalogMarkers(checkCatalogText(text).problems, error).map((marker) => {
    expect(marker).toMatchObject({ severity: error, endLineNumber: marker.startLineNumber });
    const line = lines[marker.startLineNumber - 1] ?? '';
    return [line.slice(marker.startColumn - 1, marker.endColumn - 1), marker.message];
  });
}

describe('a marker underlines', () => {
  it.each([
    ['the key of a wrong value', `${head}metrics:\n  m: { type: conter, help: M }\n`, 'type', /not one of counter/],
    [
      'a key that there is not',
      `${head}metrics:\n  m: { type: counter, table: orders, help: M, sumof: a }\n`,
      'sumof',
      /no key/,
    ],
    ['the entry that lacks a key', `${head}metrics:\n  m: { type: counter, table: orders }\n`, 'm', /help is missing/],
    [
      'the value in a list',
      `${head}    records: [id, 7]\nmetrics:\n  m: { type: counter, table: orders, help: M }\n`,
      '7',
      /^tables\.orders\.records\[1\]: Must be a text$/,
    ],
    ['the first line where the text as a whole lacks a key', head, 'version: 1', /metrics is missing/],
    [
      'the key alone where lines end as on Windows',
      'version: 2\r\ntimezone: UTC\r\ntables: { o: { relation: o, time: at } }\r\nmetrics: { m: { type: counter, table: o, help: M } }\r\n',
      'version',
      /Must be 1/,
    ],
    [
      'the name that leads nowhere',
      `${head}metrics:\n  m: { type: counter, table: ordesr, help: M }\n`,
      'ordesr',
      /no table of this catalog; did you mean "orders"/,
    ],
    [
      'the metric that no ratio divides',
      `${head}metrics:\n  m: { type: counter, table: orders, help: M }\n  r:\n    type: ratio\n    numerator: m\n    denominator: n\n    help: R\n`,
      'n',
      /no metric of this catalog/,
    ],
    [
      'the alias that is taken, in its list',
      `${head}metrics:\n  m: { type: counter, table: orders, help: M }\n  n: { type: counter, table: orders, help: N, aliases: [o, "m"] }\n`,
      '"m"',
      /names metric m already/,
    ],
    [
      'the metric without a time',
      `${head.replace('time: created_at', 'where: paid')}metrics:\n  m: { type: counter, table: orders, help: M }\n`,
      'm',
      /^metrics\.m\.time: is missing, and table orders declares no time either/,
    ],
    ['a key given twice', `${head}timezone: UTC\n`, 'timezone', /^The key "timezone" is there already$/],
  ])('%s', (_, text, words, message) => {
    expect(underlined(text)).toEqual([[words, expect.stringMatching(message)]]);
  });
});

it('reaches no further than the line where the syntax breaks', () => {
  const text = `${head}metrics:\n  m: "never closed\n  n: 1\n`;
  const [marker] = catalogMarkers(checkCatalogText(text).problems, error);
  expect(marker?.endColumn).toBeGreaterThan(marker?.startColumn ?? Infinity);
  expect(marker?.endLineNumber).toBe(marker?.startLineNumber);
});

it('leaves a mended text without markers', () => {
  expect(underlined(`${head}metrics:\n  m: { type: counter, table: orders, help: M }\n`)).toEqual([]);
});
