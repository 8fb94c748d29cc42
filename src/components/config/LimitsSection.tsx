import { t } from '@grafana/i18n';
import { ConfigSection } from '@grafana/plugin-ui';
import { Field, Input, Switch } from '@grafana/ui';

import type { SectionProps } from './settings';

interface Limit {
  key:
    | 'maxOpenConns'
    | 'connMaxLifetime'
    | 'queryTimeoutSeconds'
    | 'maxRows'
    | 'maxSeries'
    | 'maxRangeDays'
    | 'cacheMiB'
    | 'minLookIntervalMs';
  label: string;
  description: string;
  /** What counts where nothing is written. */
  standard: number;
  min: number;
}

function limits(): Limit[] {
  return [
    {
      key: 'maxOpenConns',
      label: t('config-editor.max-open-conns.label', 'Connections'),
      description: t('config-editor.max-open-conns.description', 'How many connections may be open at once'),
      standard: 8,
      min: 1,
    },
    {
      key: 'connMaxLifetime',
      label: t('config-editor.conn-max-lifetime.label', 'Connection lifetime'),
      description: t(
        'config-editor.conn-max-lifetime.description',
        'Seconds until a connection is replaced; 0 for never'
      ),
      standard: 14_400,
      min: 0,
    },
    {
      key: 'queryTimeoutSeconds',
      label: t('config-editor.query-timeout.label', 'Query timeout'),
      description: t('config-editor.query-timeout.description', 'Seconds that the database may take for a query'),
      standard: 20,
      min: 1,
    },
    {
      key: 'maxRows',
      label: t('config-editor.max-rows.label', 'Result cells'),
      description: t(
        'config-editor.max-rows.description',
        'How many numbers a query may answer with: steps times series'
      ),
      standard: 100_000,
      min: 1,
    },
    {
      key: 'maxSeries',
      label: t('config-editor.max-series.label', 'Series'),
      description: t('config-editor.max-series.description', 'How many series a query may answer with'),
      standard: 1_000,
      min: 1,
    },
    {
      key: 'maxRangeDays',
      label: t('config-editor.max-range.label', 'Longest range'),
      description: t('config-editor.max-range.description', 'Days that a query may span; 0 for any number'),
      standard: 0,
      min: 0,
    },
    {
      key: 'cacheMiB',
      label: t('config-editor.cache.label', 'Memory for kept numbers'),
      description: t(
        'config-editor.cache.description',
        'MiB for the numbers of tables with a change log, which stay exact; 0 keeps none'
      ),
      standard: 256,
      min: 0,
    },
    {
      key: 'minLookIntervalMs',
      label: t('config-editor.look-interval.label', 'Time between looks'),
      description: t(
        'config-editor.look-interval.description',
        'Milliseconds between two looks at the store that serve all who wait for kept numbers'
      ),
      standard: 100,
      min: 1,
    },
  ];
}

/** What a query may cost. */
export function LimitsSection({ options, disabled, updateOption }: SectionProps) {
  return (
    <ConfigSection
      title={t('config-editor.limits.title', 'Limits')}
      description={t(
        'config-editor.limits.description',
        'They protect the orders store. A query that would exceed one is refused and says which.'
      )}
      isCollapsible
      isInitiallyOpen={false}
    >
      {limits().map(({ key, label, description, standard, min }) => (
        <Field key={key} label={label} description={description} disabled={disabled}>
          <Input
            id={`live-orders-${key}`}
            type="number"
            width={24}
            min={min}
            step={1}
            value={options.jsonData[key] ?? ''}
            placeholder={String(standard)}
            onChange={(event) => {
              const text = event.currentTarget.value;
              updateOption(key, text === '' ? undefined : Number(text));
            }}
          />
        </Field>
      ))}
      <Field
        label={t('config-editor.prepared.label', 'Prepared statements')}
        description={t('config-editor.prepared.description', 'Switch off behind PgBouncer in transaction mode')}
        disabled={disabled}
      >
        <Switch
          id="live-orders-preparedStatements"
          value={options.jsonData.preparedStatements ?? true}
          onChange={(event) => updateOption('preparedStatements', event.currentTarget.checked)}
        />
      </Field>
    </ConfigSection>
  );
}
