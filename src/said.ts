import { t } from '@grafana/i18n';

/** What the server tells people, by language; English is always there. See package message of the server. */
export interface Message {
  'en-US': string;
  [language: string]: string;
}

/** The text of a message in the language of the page. */
export function said(message: Message): string {
  return message[language()] ?? message['en-US'];
}

/** The language that the page's texts are in: the reader's, where there are translations for it. */
export function language(): string {
  return t('language', 'en-US');
}
