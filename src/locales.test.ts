import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { nested, sourceMessages } from './testing/messages';

const english = join(__dirname, 'locales/en-US/pullview-orders-datasource.json');

// UPDATE_MESSAGES=1 writes the file anew from the texts in the source.
it('has the English texts of the source in the translation file', () => {
  const messages = nested(sourceMessages(__dirname));
  if (process.env.UPDATE_MESSAGES) {
    writeFileSync(english, `${JSON.stringify(messages, null, 2)}\n`);
  }
  expect(JSON.parse(readFileSync(english, 'utf8'))).toEqual(messages);
});
