import { css } from '@emotion/css';
import { useId, useMemo, useState } from 'react';

import type { GrafanaTheme2 } from '@grafana/data';
import { t } from '@grafana/i18n';
import { AccessoryButton, EditorField, EditorFieldGroup, InputGroup } from '@grafana/plugin-ui';
import { Badge, Button, Text, useStyles2 } from '@grafana/ui';

import {
  commonDefaultView,
  commonViews,
  findMetric,
  findMetrics,
  type Catalog,
  type CatalogMetric,
} from '../../catalog';
import { isUnknownMetric, nearestMetric } from '../../hints';
import { tidy, withMetrics } from '../../query';
import type { OrdersQuery } from '../../types';
import { SteadyCombobox } from '../steady';
import { Facts } from './Facts';
import { metricLabel, typeLabel, unitLabel, viewLabel } from './labels';
import { metricOptions, variableOptions } from './options';

interface Props {
  catalog: Catalog;
  variables: string[];
  /** An alert rule compares one value: one metric, and no heatmap. */
  inAlert: boolean;
  query: OrdersQuery;
  onChange: (query: OrdersQuery) => void;
}

/** Which metrics, and how to look at them. */
export function MetricFields({ catalog, variables, inAlert, query, onChange }: Props) {
  const styles = useStyles2(getStyles);
  const id = useId();
  const options = useMemo(
    () => [...metricOptions(catalog.metrics), ...variableOptions(variables)],
    [catalog, variables]
  );

  // A field without a choice is not part of the query.
  const [adding, setAdding] = useState(false);
  const empty = query.metrics.length === 0;
  const names = adding || empty ? [...query.metrics, ''] : query.metrics;
  const metrics = findMetrics(catalog, query.metrics);
  const select = (chosen: string[]) => {
    setAdding(false);
    onChange(withMetrics(query, chosen.filter(Boolean), catalog));
  };

  return (
    <>
      <EditorFieldGroup>
        {names.map((name, index) => {
          const metric = findMetric(catalog, name);
          const unknown = isUnknownMetric(name, catalog);
          // Where a hint says so already, and mends it, once is enough.
          const told = unknown && nearestMetric(name, catalog) !== undefined;
          const label =
            index === 0
              ? t('query-editor.metric.label', 'Metric')
              : t('query-editor.metric.label-nth', 'Metric {{number}}', { number: index + 1 });
          return (
            <EditorField
              key={index}
              label={label}
              htmlFor={`${id}-metric-${index}`}
              width={38}
              invalid={unknown}
              error={
                unknown && !told
                  ? t('query-editor.metric.unknown', 'The catalog has no metric {{name}}', {
                      name,
                      interpolation: { escapeValue: false },
                    })
                  : undefined
              }
            >
              <InputGroup>
                <SteadyCombobox
                  id={`${id}-metric-${index}`}
                  // An alias or a removed metric is not among the options and shows as it is written.
                  value={metric ? { value: metric.name, label: metricLabel(metric).label } : name || null}
                  placeholder={t('query-editor.metric.placeholder', 'Choose a metric')}
                  options={options.filter(({ value }) => value === metric?.name || !query.metrics.includes(value))}
                  invalid={unknown}
                  onChange={({ value }) => select(names.map((other, at) => (at === index ? value : other)))}
                />
                {names.length > 1 ? (
                  <AccessoryButton
                    icon="times"
                    variant="secondary"
                    aria-label={t('query-editor.metric.remove', 'Remove {{label}}', { label })}
                    onClick={() => select(names.filter((_, at) => at !== index))}
                  />
                ) : undefined}
              </InputGroup>
            </EditorField>
          );
        })}
        <div className={styles.besideFields}>
          <Button
            icon="plus"
            variant="secondary"
            aria-label={t('query-editor.metric.add', 'Add a metric')}
            tooltip={t('query-editor.metric.add', 'Add a metric')}
            disabled={adding || empty || inAlert}
            onClick={() => setAdding(true)}
          />
        </div>
        <ViewField inAlert={inAlert} query={query} metrics={metrics} onChange={onChange} />
      </EditorFieldGroup>
      {metrics.map((metric) => (
        <MetricFacts key={metric.name} metric={metric} named={metrics.length > 1} />
      ))}
    </>
  );
}

interface ViewFieldProps {
  inAlert: boolean;
  query: OrdersQuery;
  metrics: CatalogMetric[];
  onChange: (query: OrdersQuery) => void;
}

function ViewField({ inAlert, query, metrics, onChange }: ViewFieldProps) {
  const id = useId();
  const common = commonViews(metrics).filter((view) => view !== 'heatmap' || !inAlert);
  const standard = commonDefaultView(metrics);
  return (
    <EditorField label={t('query-editor.view.label', 'View')} htmlFor={id}>
      <SteadyCombobox
        id={id}
        width={22}
        value={query.view ?? standard ?? ''}
        options={[
          ...(standard ? [] : [{ value: '', label: t('query-editor.view.own', "Each metric's own") }]),
          ...common.map((view) => ({ value: view, ...viewLabel(view) })),
        ]}
        disabled={metrics.length === 0}
        onChange={({ value }) =>
          onChange(tidy({ ...query, view: value === '' || value === standard ? undefined : value }, metrics))
        }
      />
    </EditorField>
  );
}

const badgeColors = {
  counter: 'blue',
  gauge: 'green',
  histogram: 'purple',
  summary: 'purple',
  ratio: 'orange',
  distinct: 'blue',
} as const;

/** What the metric is, in a line. */
function MetricFacts({ metric, named }: { metric: CatalogMetric; named: boolean }) {
  const { label, description } = typeLabel(metric.type);
  return (
    <Facts>
      <Badge text={label} color={badgeColors[metric.type]} tooltip={description} />
      {metric.unit && (
        <Text variant="bodySmall" weight="medium">
          {unitLabel(metric.unit)}
        </Text>
      )}
      <Text variant="bodySmall" color="secondary">
        {[named && (metric.label || metric.name), metric.help, metric.owner].filter(Boolean).join(' · ')}
      </Text>
    </Facts>
  );
}

const getStyles = ({ spacing, typography: { body, bodySmall } }: GrafanaTheme2) => ({
  // Level with the inputs, below the line of their labels and whatever is told below them.
  besideFields: css({ marginTop: `calc(${bodySmall.fontSize} * ${body.lineHeight} + ${spacing(0.5)})` }),
});
