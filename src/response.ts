import { LoadingState, type DataFrame, type DataQueryError, type DataQueryResponse, type Field } from '@grafana/data';
import { t } from '@grafana/i18n';

import { said, type Message } from './said';

/** What became of queries before they were sent, by their refId. */
export interface Problems {
  /** Queries that were not sent, since the variables in their filters have no value. */
  errors: Array<{ refId: string; variables: string[] }>;
  /** The dimensions that were chosen for all panels and that a query does not have. */
  missing: Map<string, string[]>;
}

/** What a frame says in all languages, as Custom in pkg/frames/meta.go. */
interface Told {
  /** Why its query has no answer. */
  error?: Message;
  /** What the frame's notices say, in their order. */
  notices?: Message[];
}

/**
 * The answer with its errors and notices, and the names of its statistics and links, in
 * the language of the page. Where Grafana looks the server says them in English.
 */
export function inReadersLanguage(response: DataQueryResponse): DataQueryResponse {
  const texts = new Map<string | undefined, string>();
  const data = response.data.map((frame: DataFrame) => {
    const { error, notices }: Told = frame.meta?.custom ?? {};
    if (error) {
      texts.set(frame.refId, said(error));
    }
    return withLinkTitles(withStatNames(notices?.length ? withTexts(frame, notices) : frame));
  });
  const translated = (error: DataQueryError): DataQueryError => {
    const message = texts.get(error.refId);
    return message === undefined ? error : { ...error, message };
  };
  const { error, errors }: { error?: DataQueryError; errors?: DataQueryError[] } = response;
  return {
    ...response,
    data,
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- the first of the errors, which Grafana fills in and shows
    ...(error && { error: translated(error) }),
    ...(errors && { errors: errors.map(translated) }),
  };
}

/** Grafana adds notices of its own after those of the server. */
function withTexts(frame: DataFrame, messages: Message[]): DataFrame {
  const notices = frame.meta?.notices?.map((notice, index) => {
    const message = messages[index];
    return message ? { ...notice, text: said(message) } : notice;
  });
  return { ...frame, meta: { ...frame.meta, notices } };
}

/** What the query inspector lists about an answer, see describe in pkg/frames/meta.go. */
function withStatNames(frame: DataFrame): DataFrame {
  const stats = frame.meta?.stats?.map((stat) => ({ ...stat, displayName: statName(stat.displayName) }));
  return stats ? { ...frame, meta: { ...frame.meta, stats } } : frame;
}

function statName(name: string): string {
  switch (name) {
    case 'Database time':
      return t('inspector.database-time', 'Database time');
    case 'Statements':
      return t('inspector.statements', 'Statements');
    case 'Rows read':
      return t('inspector.rows-read', 'Rows read');
    case 'Buckets':
      return t('inspector.buckets', 'Buckets');
    case 'Buckets read':
      return t('inspector.buckets-read', 'Buckets read');
    default:
      return name;
  }
}

/** Where a click on a value or a cell leads, see links in pkg/frames/links.go. */
function withLinkTitles(frame: DataFrame): DataFrame {
  const fields = frame.fields.map((field: Field) => {
    const links = field.config.links?.map((link) => ({ ...link, title: linkTitle(link.title) }));
    return links ? { ...field, config: { ...field.config, links } } : field;
  });
  return { ...frame, fields };
}

function linkTitle(title: string): string {
  switch (title) {
    case 'Rows behind this value':
      return t('link.rows', 'Rows behind this value');
    case 'Open ${__value.text}':
      // Grafana puts the text of the cell there.
      return t('link.page', 'Open {{text}}', {
        text: '${__value.text}',
        interpolation: { escapeValue: false, skipOnVariables: true },
      });
    default:
      return title;
  }
}

/** The answer, with what became of the queries that it does not know of. */
export function withProblems(response: DataQueryResponse, { errors: unsent, missing }: Problems): DataQueryResponse {
  const data = response.data.map((frame: DataFrame) => {
    const names = missing.get(frame.refId ?? '');
    return names?.length ? withNotice(frame, names) : frame;
  });
  if (unsent.length === 0) {
    return { ...response, data };
  }
  const errors: DataQueryError[] = [
    ...(response.errors ?? []),
    ...unsent.map(({ refId, variables }) => ({ refId, message: withoutValue(variables) })),
  ];
  return { ...response, data, errors, state: LoadingState.Error };
}

function withoutValue(variables: string[]): string {
  return t(
    'query.variable-without-value',
    'Nothing is chosen in {{variables}}, so the filter has no value. Choose one at the top of the dashboard, or remove the filter.',
    { variables: variables.join(', '), interpolation: { escapeValue: false } }
  );
}

function withNotice(frame: DataFrame, names: string[]): DataFrame {
  const text = t(
    'query.drilldown-left-out',
    'The choice of {{dimensions}} takes no part in query {{refId}}, which has no such dimension.',
    { dimensions: names.join(', '), refId: frame.refId, interpolation: { escapeValue: false } }
  );
  return {
    ...frame,
    meta: { ...frame.meta, notices: [...(frame.meta?.notices ?? []), { severity: 'warning', text }] },
  };
}
