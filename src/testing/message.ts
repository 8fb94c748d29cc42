import { initPluginTranslations } from '@grafana/i18n';

import { id } from '../../plugin.json';
import portuguese from '../locales/pt-BR/pullview-orders-datasource.json';
import type { Message } from '../said';

/** What the server says in both languages, or in English where it is the same in both. */
export function message(english: string, translated = english): Message {
  return { 'en-US': english, 'pt-BR': translated };
}

/** Puts Portuguese in the place of English, for the rest of the test file. */
export async function speakPortuguese(): Promise<void> {
  await initPluginTranslations(id, [() => Promise.resolve(portuguese)]);
}
