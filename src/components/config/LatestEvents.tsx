import { css } from '@emotion/css';
import { Fragment } from 'react';

import { dateTimeFormat, type GrafanaTheme2 } from '@grafana/data';
import { t } from '@grafana/i18n';
import { Text, useStyles2 } from '@grafana/ui';

import type { AnnotationPreview, EventPreview } from './server';

interface Props {
  preview: AnnotationPreview;
  /** In which their times are written. */
  timeZone: string;
}

/** The latest events of an annotation, each in a line. */
export function LatestEvents({ preview, timeZone }: Props) {
  const styles = useStyles2(getStyles);
  return (
    <div className={styles.events}>
      {preview.latest.map((event, n) => (
        <Fragment key={n}>
          <Text variant="bodySmall" color="secondary" tabular>
            {when(event, timeZone)}
          </Text>
          <span>
            <Text variant="bodySmall" weight="medium">
              {event.title ?? t('preview.untitled', 'without a title')}
            </Text>{' '}
            <Text variant="bodySmall">{event.text ?? ''}</Text>
          </span>
        </Fragment>
      ))}
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  events: css({ display: 'grid', gridTemplateColumns: 'auto 1fr', alignItems: 'baseline', gap: theme.spacing(0.5, 2) }),
});

function when({ time, end, running }: EventPreview, timeZone: string): string {
  const written = (ms: number, format: string) => dateTimeFormat(ms, { timeZone, format });
  const instant = (ms: number) => written(ms, 'YYYY-MM-DD HH:mm:ss');
  const said = { from: instant(time), interpolation: { escapeValue: false } };
  if (running) {
    return t('preview.since', 'since {{from}}', said);
  }
  if (end === undefined) {
    return said.from;
  }
  const isSameDay = written(time, 'YYYYMMDD') === written(end, 'YYYYMMDD');
  const to = isSameDay ? written(end, 'HH:mm:ss') : instant(end);
  return t('preview.period', '{{from}} to {{to}}', { ...said, to });
}
