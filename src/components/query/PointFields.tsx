import { dateTimeFormat, type PanelData } from '@grafana/data';
import { t } from '@grafana/i18n';
import { Badge, Button, Text } from '@grafana/ui';

import { othersLabel, withoutPoint } from '../../query';
import type { OrdersQuery } from '../../types';
import { Facts } from './Facts';
import { frameFacts } from './frameFacts';
import { offsetLabel } from './labels';

interface Props {
  data?: PanelData;
  query: OrdersQuery;
  onChange: (query: OrdersQuery) => void;
}

/** Which rows there are: their times and number and, behind a point, the way to leave it. */
export function PointFields({ data, query, onChange }: Props) {
  const { bucket, kept, filters = [], refId } = query;
  const facts = frameFacts(data, refId);
  const point = bucket !== undefined || kept !== undefined;
  if (!point && facts?.matching === undefined) {
    return null;
  }
  // A table has one link for all of its rows: what was kept counts for that of the others only.
  const isOthers = Object.keys(kept?.[0] ?? {}).every((name) =>
    filters.some(({ key, operator, values }) => key === name && operator === '=' && values[0] === othersLabel)
  );
  const instant = (ms: number) => dateTimeFormat(ms, { timeZone: facts?.timeZone, format: 'YYYY-MM-DD HH:mm:ss' });
  return (
    <Facts>
      {point && <Badge color="blue" icon="link" text={t('query-editor.point.badge', 'behind one value')} />}
      {facts?.matching !== undefined && facts.from !== undefined && facts.to !== undefined && (
        <Text variant="bodySmall" color="secondary">
          {t('query-editor.point.rows', '', {
            count: facts.matching,
            number: facts.matching.toLocaleString(),
            from: instant(facts.from),
            to: instant(facts.to),
            defaultValue_one: '{{number}} row from {{from}} until before {{to}}',
            defaultValue_other: '{{number}} rows from {{from}} until before {{to}}',
            interpolation: { escapeValue: false },
          })}
        </Text>
      )}
      {bucket?.compare && (
        <Text variant="bodySmall" color="secondary">
          {offsetLabel(bucket.compare)}
        </Text>
      )}
      {kept && isOthers && (
        <Text variant="bodySmall" color="secondary">
          {t('query-editor.point.others', 'without {{groups}}, which have series of their own', {
            groups: kept.map((group) => Object.values(group).join(' · ')).join(', '),
            interpolation: { escapeValue: false },
          })}
        </Text>
      )}
      {point && (
        <Button size="sm" variant="secondary" icon="times" onClick={() => onChange(withoutPoint(query))}>
          {t('query-editor.point.clear', 'Show the whole time range')}
        </Button>
      )}
    </Facts>
  );
}
