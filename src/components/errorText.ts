/** What went wrong, as the server says it: its message, and its hint where it has one. */
export function errorText(error: unknown): string {
  if (typeof error !== 'object' || error === null) {
    return String(error);
  }
  const { data, message, statusText } = error as {
    data?: { error?: string; message?: string; hint?: string };
    message?: string;
    statusText?: string;
  };
  const said = data?.error || data?.message || message || statusText || JSON.stringify(error);
  return data?.hint ? `${said} ${data.hint}` : said;
}
