import { speakPortuguese } from '../testing/message';
import { fetchError } from '../testing/saved';
import { errorText } from './errorText';

it.each<[unknown, string]>([
  [new Error('no connection'), 'no connection'],
  ['plain', 'plain'],
  [
    fetchError(502, { error: 'The database refuses connections.', hint: 'Is it running?' }),
    'The database refuses connections. Is it running?',
  ],
  [fetchError(500, { message: 'Internal' }), 'Internal'],
  [
    Object.assign(new TypeError('Failed to fetch'), { data: { message: 'Unexpected error' } }),
    'Grafana cannot be reached. Check the network, then try again.',
  ],
  [{ status: 504, statusText: 'Gateway Timeout' }, 'Gateway Timeout'],
  [fetchError(401, { message: 'Unauthorized' }), 'You are not signed in any more. Reload the page and sign in again.'],
])('says of %j "%s"', (error, expected) => {
  expect(errorText(error)).toBe(expected);
});

describe('for a Brazilian', () => {
  beforeAll(speakPortuguese);

  const refused = { error: 'The database refuses connections.', hint: 'Is it running?' };
  const recusa = { error: 'O banco de dados recusa conexões.', hint: 'Ele está no ar?' };

  it.each<[object, string]>([
    [{ ...refused, translations: { 'pt-BR': recusa } }, 'O banco de dados recusa conexões. Ele está no ar?'],
    [{ error: refused.error, translations: { 'pt-BR': { error: recusa.error } } }, 'O banco de dados recusa conexões.'],
    [refused, 'The database refuses connections. Is it running?'],
  ])('says of %j "%s"', (data, expected) => {
    expect(errorText(fetchError(502, data))).toBe(expected);
  });
});
