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
  [{ status: 504, statusText: 'Gateway Timeout' }, 'Gateway Timeout'],
  [fetchError(401, { message: 'Unauthorized' }), 'You are not signed in any more. Reload the page and sign in again.'],
])('says of %j "%s"', (error, expected) => {
  expect(errorText(error)).toBe(expected);
});
