import { dateTimeFormat } from '@grafana/data';
import { t } from '@grafana/i18n';
import { Stack, Text } from '@grafana/ui';

import type { AnnotationPreview, EventPreview } from './server';

interface Props {
  preview: AnnotationPreview;
  /** In which their times are written. */
  timeZone: string;
}

/** The latest events of an annotation, each in a line. */
export function LatestEvents({ preview, timeZone }: Props) {
  return (
    <Stack direction="column" gap={0.5}>
      {preview.latest.map((event, n) => (
        <Stack key={n} gap={1} wrap="wrap">
          <Text variant="bodySmall" color="secondary" tabular>
            {when(event, timeZone)}
          </Text>
          <Text variant="bodySmall" weight="medium">
            {event.title ?? t('preview.untitled', 'without a title')}
          </Text>
          {event.text !== null && <Text variant="bodySmall">{event.text}</Text>}
        </Stack>
      ))}
    </Stack>
  );
}

function when({ time, end, running }: EventPreview, timeZone: string): string {
  const instant = (ms: number) => dateTimeFormat(ms, { timeZone, format: 'YYYY-MM-DD HH:mm:ss' });
  const said = { from: instant(time), interpolation: { escapeValue: false } };
  if (running) {
    return t('preview.since', 'since {{from}}', said);
  }
  return end === undefined ? said.from : t('preview.period', '{{from}} to {{to}}', { ...said, to: instant(end) });
}
