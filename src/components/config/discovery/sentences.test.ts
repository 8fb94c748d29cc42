import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { id } from '../../../../plugin.json';
import { message, speakPortuguese } from '../../../testing/message';
import { flat } from '../../../testing/messages';
import { testProposal } from '../../../testing/proposal';
import { helpTexts } from './helpTexts';
import { reasonTexts } from './reasonTexts';
import { translated, written } from './sentences';

const locale = (language: string): object =>
  JSON.parse(readFileSync(join(__dirname, `../../../locales/${language}/${id}.json`), 'utf8')) as object;

// The server's tests hold these messages to its codes.
const says = [...flat(locale('en-US'))].flatMap(([key, text]) => {
  const code = /^discovery\.says\.([^_]+)(?:_other)?$/.exec(key)?.[1];
  return code === undefined ? [] : [{ code, text }];
});

it('has a text for each code, and one only', () => {
  expect([...Object.keys(reasonTexts), ...Object.keys(helpTexts)].sort()).toEqual(says.map(({ code }) => code).sort());
});

it.each(says)('fills in $code', ({ code, text }) => {
  const names = [...text.matchAll(/{{(\w+)}}/g)].map(([, name]) => name ?? '');
  const values = Object.fromEntries(names.map((name) => [name, name === 'number' ? 7 : `<${name}>`]));
  const parts = names.includes('parts') ? [{ code: 'sign-name' }] : undefined;
  const said = written([{ code, values: { ...values, parts: [] }, parts }]);
  expect(said).not.toContain('{{');
  const shown: Record<string, string> = { number: '7', parts: 'its name says so', role: 'other' };
  for (const name of names) {
    expect(said).toContain(shown[name] ?? `<${name}>`);
  }
});

describe('written', () => {
  it('lists what there is, and says where it was cut short', () => {
    const currencies = (...codes: string[]) => written([{ code: 'other-amounts', values: { columns: codes } }]);
    expect(currencies('tax')).toBe('Other amounts there: tax.');
    expect(currencies('tax', 'freight', 'tip')).toBe('Other amounts there: tax, freight and tip.');
    expect(currencies('tax', 'freight', '…')).toBe('Other amounts there: tax, freight, ….');
  });

  it('marks estimates and goes by the number', () => {
    const values = (number: number, estimated: boolean) =>
      written([{ code: 'different-values', values: { number, estimated } }]);
    expect(values(1, false)).toBe('1 value.');
    expect(values(1200, true)).toBe('≈ 1,200 different values.');
  });

  it('shows names of the store as they are, also at the beginning of a list', () => {
    expect(
      written([
        { code: 'holds-orders', parts: [{ code: 'sign-time', values: { column: 'createdAt' } }] },
        { code: 'no-index', values: { column: '<b>&"x"' } },
      ])
    ).toBe(
      'It holds orders: an event time (createdAt). No index begins with <b>&"x", so answers read the whole table.'
    );
  });

  it('says what it can of a code that it does not know', () => {
    const unknown = { code: 'moon-phase', values: { column: 'tide', estimated: true }, parts: [{ code: 'sign-moon' }] };
    expect(written([{ code: 'one-value' }, unknown])).toBe(
      'One value only, for now. ' +
        'This page is older than the server and cannot put this into words: moon phase (tide, true, sign moon).'
    );
    expect(written([{ code: 'holds-orders', parts: [{ code: 'sign-name' }, { code: 'sign-moon' }] }])).toBe(
      'It holds orders: its name says so and sign moon.'
    );
  });

  it('ends what the server says of a problem once', () => {
    const rejected = (problem: string) => written([{ code: 'not-accepted', values: { problem: message(problem) } }]);
    expect(rejected('there is no such column')).toBe('Not selected: there is no such column.');
    expect(rejected('There is no such column.')).toBe('Not selected: There is no such column.');
  });
});

describe('translated', () => {
  const metric = testProposal.metrics[1];
  const explained = (change: Partial<typeof metric>) =>
    translated({ ...testProposal, metrics: [{ ...metric, ...change } as typeof metric & object] }).metrics[0]?.value;
  const worth = { code: 'help-worth', values: { table: 'orders', column: 'created_at' } };

  it('labels and explains metrics, with the comments of the store as they are', () => {
    expect(explained({ help: [worth, { code: 'comment', values: { text: 'Com impostos' } }] })).toMatchObject({
      label: 'Orders: revenue',
      help: 'What the rows of orders are worth, counted at created_at. Com impostos',
      sum: 'total',
    });
  });

  it("leaves the server's English where a code is not known, and names of the store", () => {
    expect(explained({ label: { code: 'label-moon' }, help: [worth, { code: 'help-moon' }] })).toEqual(metric?.value);
    expect(explained({ label: undefined, help: undefined })).toEqual(metric?.value);
  });
});

// Takes the place of English for the rest of this file.
describe('for a Brazilian', () => {
  beforeAll(speakPortuguese);

  it('reasons, labels and help texts are Portuguese', () => {
    expect(written(testProposal.tables[0]?.reasons ?? [])).toBe(
      'Guarda pedidos: o nome diz isso e um instante de evento (created_at).'
    );
    expect(written(testProposal.dimensions[0]?.reasons ?? [])).toBe('3 valores diferentes.');
    const problem = message('the column is gone', 'a coluna sumiu');
    expect(written([{ code: 'values-unreadable', values: { problem } }])).toMatch(/: a coluna sumiu\.$/);
    const out = { code: 'out-by-status', values: { column: 'status', values: ['void', 'refunded'] } };
    expect(written([{ code: 'left-out', parts: [out] }])).toBe('Ficam de fora: linhas com status void e refunded.');
    expect(translated(testProposal).metrics[1]?.value).toMatchObject({
      label: 'Orders: faturamento',
      help: 'Quanto valem as linhas de orders, contado em created_at',
    });
  });

  it.each(says)('$code is', ({ code, text }) => {
    expect(written([{ code }])).not.toBe(text);
  });
});
