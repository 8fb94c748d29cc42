import { untranslatedIn } from './untranslated';

it.each([
  ["export const label = 'Choose a metric';", 'Choose a metric'],
  ["function f() { return ok ? t('a', 'Well done') : 'Not at all'; }", 'Not at all'],
  ['<p>Nothing here</p>', 'Nothing here'],
  ["<p>{empty ? 'Nothing here' : text}</p>", 'Nothing here'],
  ['<Field label={`Limit of ${name}`} />', 'Limit of …'],
  ['const said = `${name}: unknown`;', undefined],
  ['const said = `records of ${name}`;', 'records of …'],
  ["throw new Error('No such thing');", 'No such thing'],
  ["t('a.b', 'Choose a metric', { what: 'one two' })", undefined],
  ['<Trans i18nKey="a.b">Choose a metric</Trans>', undefined],
  ["import { a } from 'not a text';", undefined],
  ["type Mode = 'one of' | 'none of';", undefined],
  ["const unit = 'currencyUSD';", undefined],
  ['// not a text', undefined],
  ['<b>Yes</b>', 'Yes'],
  ["<b>{ok ? 'Yes' : t('no', 'No')}</b>", 'Yes'],
  ["<b>{ok && (name ?? 'Nobody')}</b>", 'Nobody'],
  ["<b>{kind === 'log' && name}</b>", undefined],
  ["<Field label={ok ? 'Limit' : undefined} />", 'Limit'],
  ['<Field label="Limit" />', 'Limit'],
  ['<Field id="limit" variant={ok ? "primary" : "secondary"} />', undefined],
  ["<b>{', '}</b>", undefined],
])('judges %s', (source, text) => {
  expect(untranslatedIn(source)).toEqual(text === undefined ? [] : [text]);
});
