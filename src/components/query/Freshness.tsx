import { dateTimeFormat } from '@grafana/data';
import { t, Trans } from '@grafana/i18n';
import { Text } from '@grafana/ui';

import type { AnswerFacts } from './frameFacts';

/** How fresh and how sure the numbers of the latest answer are, as parts of a definition list. */
export function Freshness({ facts }: { facts: AnswerFacts }) {
  const { asOf, guarantee, feed, cached = 0, fetched = 0, databaseMs, timeZone } = facts;
  const lines = [
    t('query-editor.freshness.as-of', 'Everything committed before {{instant}} by the database’s clock', {
      instant: dateTimeFormat(asOf, { timeZone, format: 'YYYY-MM-DD HH:mm:ss.SSS' }),
      interpolation: { escapeValue: false },
    }),
    guaranteeText(guarantee),
    guarantee !== live && feedText(feed),
    cached > 0 &&
      t('query-editor.freshness.buckets', '{{cached}} buckets came from memory, {{fetched}} were read', {
        cached: (cached - fetched).toLocaleString(),
        fetched: fetched.toLocaleString(),
      }),
    t('query-editor.freshness.database', '{{milliseconds}} ms of work for the database', {
      milliseconds: databaseMs.toLocaleString(undefined, { maximumFractionDigits: 1 }),
    }),
  ];
  return (
    <div>
      <dt>
        <Text weight="medium">
          <Trans i18nKey="query-editor.freshness.title">Freshness</Trans>
        </Text>
      </dt>
      <dd>
        {lines
          .filter((line) => typeof line === 'string')
          .map((line) => (
            <div key={line}>
              <Text color="secondary">{line}</Text>
            </div>
          ))}
      </dd>
    </div>
  );
}

// What the server calls an answer of which nothing came from memory.
const live = 'live';

function guaranteeText(guarantee: string): string {
  switch (guarantee) {
    case live:
      return t('query-editor.freshness.live', 'Live: every row was read in that instant');
    case 'exact':
      return t('query-editor.freshness.exact', 'Exact: the same as if every row had been read in that instant');
    default:
      return t('query-editor.freshness.declared', 'Exact as long as the tables change as the catalog declares');
  }
}

function feedText(feed: string): string | undefined {
  switch (feed) {
    case 'log':
      return t('query-editor.freshness.log', 'The change log tells which buckets changed');
    case 'updated_at':
      return t(
        'query-editor.freshness.updated-at',
        'A column with the time of the last change tells which buckets changed'
      );
    case 'append_only':
      return t('query-editor.freshness.append-only', 'Rows are only added, so the past stays as it was');
    default:
      return undefined;
  }
}
