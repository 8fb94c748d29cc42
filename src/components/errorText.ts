import { t } from '@grafana/i18n';

import { language } from '../said';

/** What the server answers in English where it fails, and the same by other languages. */
interface Failure {
  error?: string;
  hint?: string;
  translations?: Record<string, { error?: string; hint?: string }>;
}

/** What went wrong, as the server says it: its message, and its hint where it has one. */
export function errorText(error: unknown): string {
  if (typeof error !== 'object' || error === null) {
    return String(error);
  }
  const { status, data, message, statusText } = error as {
    status?: number;
    data?: Failure & { message?: string };
    message?: string;
    statusText?: string;
  };
  if (status === 401) {
    // Grafana says no more than "Unauthorized".
    return t('error.signed-out', 'You are not signed in any more. Reload the page and sign in again.');
  }
  if (error instanceof TypeError && data) {
    // The browser's own words, to which Grafana adds a body that says no more than "Unexpected error".
    return t('error.unreachable', 'Grafana cannot be reached. Check the network, then try again.');
  }
  const told = { ...data, ...data?.translations?.[language()] };
  const text = told.error || told.message || message || statusText || JSON.stringify(error);
  return told.hint ? `${text} ${told.hint}` : text;
}
