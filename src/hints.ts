import { t } from '@grafana/i18n';

import { commonViews, findMetric, findMetrics, metricDimensions, type Catalog } from './catalog';
import { nearest } from './nearest';
import { effectiveView, tidy, withMetrics } from './query';
import type { OrdersQuery, View } from './types';

/** What could be better about a query, and the click that mends it, where one does. */
export interface Hint {
  /** Whether the server would refuse the query as it is. */
  severity: 'warning' | 'info';
  text: string;
  action?: string;
  mended?: OrdersQuery;
}

export interface Surroundings {
  inAlert: boolean;
  /** How many series the latest answer had. */
  series: number;
}

// More lines than a panel can show, and how many it can.
const manySeries = 20;
const someSeries = 10;

// Names and values are not HTML here.
const asIs = { interpolation: { escapeValue: false } };

/** The hints on a query for numbers, those that mend a mistake first. */
export function hintsOn(query: OrdersQuery, catalog: Catalog, around: Surroundings): Hint[] {
  return [
    ...unknownMetrics(query, catalog),
    ...unknownDimensions(query, catalog),
    ...viewHints(query, catalog),
    ...alertHints(query, catalog, around),
    ...seriesHints(query, around),
  ];
}

/** Whether a name is written out, and the catalog has no such metric, or has it no more. */
export function isUnknownMetric(name: string, catalog: Catalog): boolean {
  return name !== '' && !name.includes('$') && !findMetric(catalog, name);
}

/** The metric that somebody probably meant. */
export function nearestMetric(name: string, catalog: Catalog): string | undefined {
  return nearest(
    name,
    catalog.metrics.map((metric) => metric.name)
  );
}

function unknownMetrics(query: OrdersQuery, catalog: Catalog): Hint[] {
  return query.metrics
    .filter((name) => isUnknownMetric(name, catalog))
    .flatMap((name) => {
      const found = nearestMetric(name, catalog);
      return found === undefined
        ? []
        : [
            {
              severity: 'warning' as const,
              text: t('hint.unknown-metric.text', 'The catalog has no metric {{name}}.', { name, ...asIs }),
              action: t('hint.unknown-metric.action', 'Use {{found}}', { found, ...asIs }),
              mended: withMetrics(
                query,
                [...new Set(query.metrics.map((other) => (other === name ? found : other)))],
                catalog
              ),
            },
          ];
    });
}

/** Dimensions that not all metrics have. */
function unknownDimensions(query: OrdersQuery, catalog: Catalog): Hint[] {
  const metrics = findMetrics(catalog, query.metrics);
  if (metrics.length === 0 || metrics.length < query.metrics.length) {
    return [];
  }
  const known = metricDimensions(catalog, metrics).map(({ name }) => name);
  const used = [...(query.groupBy ?? []), ...(query.filters ?? []).map(({ key }) => key)];
  return [...new Set(used)]
    .filter((name) => name !== '' && !name.includes('$') && !known.includes(name))
    .map((name) => ({
      severity: 'warning' as const,
      text: t('hint.unknown-dimension.text', 'Not every metric of this query has the dimension {{name}}.', {
        name,
        ...asIs,
      }),
      action: t('hint.unknown-dimension.action', 'Remove {{name}}', { name, ...asIs }),
      mended: tidy(
        {
          ...query,
          groupBy: query.groupBy?.filter((other) => other !== name),
          filters: query.filters?.filter(({ key }) => key !== name),
        },
        metrics
      ),
    }));
}

/** Views that a metric's type does not have, and a share of nothing. */
function viewHints(query: OrdersQuery, catalog: Catalog): Hint[] {
  const metrics = findMetrics(catalog, query.metrics);
  const { view } = query;
  if (metrics.length === 0 || view?.includes('$')) {
    return [];
  }
  if (view && !commonViews(metrics).includes(view as View)) {
    const gauge = metrics.find(({ type, views }) => type === 'gauge' && !views.includes(view as View));
    return [
      {
        severity: 'warning',
        text: gauge
          ? t('hint.gauge.text', '{{name}} is a gauge: what is open at an instant is not summed over time.', {
              name: gauge.label || gauge.name,
              ...asIs,
            })
          : t('hint.view.text', 'Not every metric of this query has the view {{view}}.', { view, ...asIs }),
        action: gauge
          ? t('hint.gauge.action', 'Use the last value of each step')
          : t('hint.view.action', "Use each metric's own view"),
        mended: tidy({ ...query, view: undefined }, metrics),
      },
    ];
  }
  const [dimension] = metricDimensions(catalog, metrics);
  if (effectiveView(query, metrics) === 'share' && !query.groupBy?.length && dimension) {
    const name = dimension.label || dimension.name;
    return [
      {
        severity: 'info',
        text: t('hint.share.text', 'The share of a single group is always 100 %.'),
        action: t('hint.share.action', 'Group by {{name}}', { name, ...asIs }),
        mended: { ...query, groupBy: [dimension.name] },
      },
    ];
  }
  return [];
}

/** What an alert rule cannot compare with a threshold, or compares with one otherwise than is meant. */
function alertHints(query: OrdersQuery, catalog: Catalog, { inAlert }: Surroundings): Hint[] {
  const [first = '', ...others] = query.metrics;
  if (!inAlert) {
    return [];
  }
  if (others.length === 0) {
    return [...shortSteps(query, catalog), ...missingGroups(query, catalog)];
  }
  return [
    {
      severity: 'warning',
      text: t('hint.alert.text', 'An alert rule compares one quantity. Put each metric into a query of its own.'),
      action: t('hint.alert.action', 'Keep {{first}} only', { first, ...asIs }),
      mended: { ...query, metrics: [first] },
    },
  ];
}

/** Flows in steps that nobody has chosen. A stock and a running total are whole at each of their steps. */
function shortSteps(query: OrdersQuery, catalog: Catalog): Hint[] {
  const metrics = findMetrics(catalog, query.metrics);
  const whole = effectiveView(query, metrics) === 'running_total' || metrics.some(({ type }) => type === 'gauge');
  if (metrics.length === 0 || whole || (query.step ?? 'auto') !== 'auto') {
    return [];
  }
  return [
    {
      severity: 'info',
      text: t(
        'hint.short-steps.text',
        'A threshold is compared with the numbers of single steps, and the automatic step is short.'
      ),
      action: t('hint.short-steps.action', 'Make one number of the whole range'),
      mended: tidy({ ...query, step: 'range' }, metrics),
    },
  ];
}

/** Groups that are no longer there once they have no rows, which is just when a rule should see their 0. */
function missingGroups(query: OrdersQuery, catalog: Catalog): Hint[] {
  const metrics = findMetrics(catalog, query.metrics);
  // What is nothing of nothing has no value anyhow.
  if (!metrics.some(({ type }) => type === 'counter' || type === 'gauge' || type === 'distinct')) {
    return [];
  }
  const groups = metricDimensions(catalog, metrics).filter(({ name }) => query.groupBy?.includes(name));
  const listed = groups.every(({ values }) => values !== undefined);
  if (listed || groups.some(({ lookback }) => lookback !== undefined)) {
    return [];
  }
  const names = groups.filter(({ values }) => values === undefined).map(({ name, label }) => label || name);
  return [
    {
      severity: 'info',
      text: t(
        'hint.missing-groups.text',
        'A group without rows is missing here and not 0, so no rule fires for it. The catalog can list the values of {{names}}, or look back for them.',
        { names: names.join(', '), ...asIs }
      ),
    },
  ];
}

/** More groups than anybody can tell apart. */
function seriesHints(query: OrdersQuery, { series }: Surroundings): Hint[] {
  if (!query.groupBy?.length || query.top || series <= manySeries || query.format === 'table') {
    return [];
  }
  return [
    {
      severity: 'info',
      text: t('hint.series.text', '{{series}} series are hard to tell apart.', { series }),
      action: t('hint.series.action', 'Show the {{limit}} largest and the others together', { limit: someSeries }),
      mended: { ...query, top: { limit: someSeries, others: true } },
    },
  ];
}
