import { t } from '@grafana/i18n';
import { Icon, LoadingBar, Stack, Text } from '@grafana/ui';

import type { AnnotationPreview } from './server';

const width = 240;

interface Props {
  /** Absent while they are looked for. */
  preview: AnnotationPreview | undefined;
  /** Whether the number and what it counts are in one line. */
  inLine?: boolean;
}

/** How many events an annotation has had of late. */
export function EventCount({ preview, inLine = false }: Props) {
  if (!preview) {
    return (
      <div style={{ width }} role="status" aria-label={t('preview.loading', 'Computing the preview')}>
        <LoadingBar width={width} />
      </div>
    );
  }
  if (preview.error) {
    return (
      <Text color="error" variant="bodySmall">
        <Icon name="exclamation-triangle" /> {t('preview.failed', 'Does not work')}
      </Text>
    );
  }
  const { events, more, days } = preview;
  return (
    <Stack direction={inLine ? 'row' : 'column'} gap={inLine ? 0.5 : 0} alignItems={inLine ? 'baseline' : 'flex-end'}>
      <Text weight="medium" tabular>
        {events.toLocaleString()}
        {more && '+'}
      </Text>
      <Text variant="bodySmall" color="secondary">
        {t('preview.events', '', {
          count: events,
          days,
          defaultValue_one: 'event in {{days}} d',
          defaultValue_other: 'events in {{days}} d',
        })}
      </Text>
    </Stack>
  );
}
