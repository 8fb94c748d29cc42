import { t } from '@grafana/i18n';

/** What went wrong, as the server says it: its message, and its hint where it has one. */
export function errorText(error: unknown): string {
  if (typeof error !== 'object' || error === null) {
    return String(error);
  }
  const { status, data, message, statusText } = error as {
    status?: number;
    data?: { error?: string; message?: string; hint?: string };
    message?: string;
    statusText?: string;
  };
  if (status === 401) {
    // Grafana says no more than "Unauthorized".
    return t('error.signed-out', 'You are not signed in any more. Reload the page and sign in again.');
  }
  const said = data?.error || data?.message || message || statusText || JSON.stringify(error);
  return data?.hint ? `${said} ${data.hint}` : said;
}
