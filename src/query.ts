import { t } from '@grafana/i18n';

import { findMetrics, commonDefaultView, commonViews, type Catalog, type CatalogMetric } from './catalog';
import type { DeclaredCatalog } from './declared';
import type { Filter, GivenQuery, Operator, OrdersQuery, View } from './types';

export const queryVersion = 1 as const;

/** The query of a new panel. */
export function defaultQuery({ firstMetric }: DeclaredCatalog): Partial<OrdersQuery> {
  return { queryType: 'metric', version: queryVersion, metrics: firstMetric ? [firstMetric] : [], step: 'auto' };
}

/** The query of a new annotation. */
export function defaultAnnotationQuery({ firstAnnotation }: DeclaredCatalog): Partial<OrdersQuery> {
  return {
    queryType: 'annotation',
    version: queryVersion,
    metrics: [],
    ...(firstAnnotation && { annotation: firstAnnotation }),
  };
}

/** The query with the fields that every other function here relies on. */
export function normalise(query: GivenQuery): OrdersQuery {
  const normal = { ...query, version: queryVersion, metrics: query.metrics ?? [] } as OrdersQuery;
  if (query.filters) {
    normal.filters = query.filters.map((filter) => ({ ...filter, values: filter.values ?? [] }));
  }
  return normal;
}

/** Whether the query asks for something, so that it is worth sending. */
export function isComplete({ queryType, metrics, records, annotation }: OrdersQuery): boolean {
  switch (queryType) {
    case 'annotation':
      return Boolean(annotation);
    case 'records':
      return Boolean(records) || metrics.some(Boolean);
    default:
      return metrics.some(Boolean);
  }
}

/** One line for lists of queries, such as Explore's history. */
export function describeQuery(query: OrdersQuery): string {
  const parts = [subject(query)];
  if (query.view) {
    parts.push(t('query-text.view', 'as {{view}}', { view: query.view, ...asIs }));
  }
  if (query.groupBy?.length) {
    parts.push(t('query-text.group-by', 'by {{dimensions}}', { dimensions: query.groupBy.join(', '), ...asIs }));
  }
  if (query.filters?.length) {
    const filters = query.filters
      .map(describeFilter)
      .reduce((left, right) => t('query-text.and', '{{left}} and {{right}}', { left, right, ...asIs }));
    parts.push(t('query-text.filters', 'where {{filters}}', { filters, ...asIs }));
  }
  return parts.join(' ');
}

// Names and values are not HTML here.
const asIs = { interpolation: { escapeValue: false } };

function subject({ queryType, metrics, records, annotation = '' }: OrdersQuery): string {
  const named = metrics.join(', ');
  switch (queryType) {
    case 'annotation':
      return t('query-text.annotation', 'events of {{name}}', { name: annotation, ...asIs });
    case 'records':
      return t('query-text.records', 'rows of {{name}}', { name: records || named, ...asIs });
    default:
      return named;
  }
}

function describeFilter({ key, operator, values }: Filter): string {
  return [key, operator, values.join(', ')].filter(Boolean).join(' ');
}

/** What stands for the groups beyond the top, where a value is expected. */
export const othersLabel = '(others)';

/** The records of the whole time range and of all groups, instead of those behind a point. */
export function withoutPoint(query: OrdersQuery): OrdersQuery {
  const next = { ...query };
  delete next.bucket;
  delete next.kept;
  // Without the groups that are kept, nothing tells who the others are.
  const filters = query.filters?.filter(({ values }) => !values.includes(othersLabel));
  if (filters?.length) {
    next.filters = filters;
  } else {
    delete next.filters;
  }
  return next;
}

/** How many values an operator takes. */
export function arity(operator: Operator): 'none' | 'one' | 'many' {
  switch (operator) {
    case 'is null':
    case 'is not null':
      return 'none';
    case 'in':
    case 'not in':
      return 'many';
    default:
      return 'one';
  }
}

/** Whether a filter has all that its operator needs. */
export function isCompleteFilter({ key, operator, values }: Filter): boolean {
  return key !== '' && (arity(operator) === 'none' || values.length > 0);
}

/** The view that a query of these metrics shows; undefined if each shows its own default. */
export function effectiveView(query: OrdersQuery, metrics: CatalogMetric[]): string | undefined {
  return query.view ?? commonDefaultView(metrics);
}

/**
 * The query with other metrics. What the new ones do not allow is dropped: the
 * view, and with it the format and quantiles that belong to it, dimensions they
 * lack, and reductions of gauges. Variables stay.
 */
export function withMetrics(query: OrdersQuery, names: string[], catalog: Catalog): OrdersQuery {
  const metrics = findMetrics(catalog, names);
  const known = metrics.length > 0 && metrics.length === names.length;
  const next: OrdersQuery = { ...query, metrics: names };
  if (!known) {
    return next;
  }
  const lacks = (name: string) => !name.includes('$') && metrics.some((metric) => !metric.dimensions.includes(name));
  if (next.groupBy) {
    next.groupBy = next.groupBy.filter((name) => !lacks(name));
  }
  if (next.filters) {
    next.filters = next.filters.filter((filter) => !lacks(filter.key));
  }
  if (next.view && !next.view.includes('$') && !commonViews(metrics).includes(next.view as View)) {
    delete next.view;
  }
  return tidy(next, metrics);
}

/** The query without the options that its metrics and view do not have. */
export function tidy(query: OrdersQuery, metrics: CatalogMetric[]): OrdersQuery {
  const next = { ...query };
  const view = effectiveView(next, metrics);
  if (view === 'heatmap') {
    // Its two axes are time and value: there is no room for groups or another past.
    delete next.groupBy;
    delete next.compare;
    delete next.format;
    if (next.step === 'range') {
      delete next.step;
    }
  } else if (next.format === 'heatmap') {
    delete next.format;
  }
  if (!offersQuantiles(view, metrics)) {
    delete next.quantiles;
  }
  if (!offersExact(view, metrics)) {
    delete next.exact;
  }
  if (!offersReduction(next, metrics)) {
    delete next.reduce;
  }
  if (!next.groupBy?.length) {
    delete next.groupBy;
    delete next.top;
  }
  if (!next.filters?.length) {
    delete next.filters;
  }
  if (!next.compare?.length) {
    delete next.compare;
  }
  if (!next.quantiles?.length) {
    delete next.quantiles;
  }
  return next;
}

/** Quantiles can be chosen for histograms; a summary declares its own. */
export function offersQuantiles(view: string | undefined, metrics: CatalogMetric[]): boolean {
  return (view === undefined || view === 'quantiles') && metrics.some(({ type }) => type === 'histogram');
}

/** Whether the numbers could be exact percentiles instead of approximate ones. */
export function offersExact(view: string | undefined, metrics: CatalogMetric[]): boolean {
  return (
    (view === undefined || view === 'quantiles') &&
    metrics.some(({ type }) => type === 'histogram' || type === 'summary')
  );
}

/** A gauge that answers with one value for the whole range can be reduced in several ways. */
export function offersReduction(query: OrdersQuery, metrics: CatalogMetric[]): boolean {
  return query.step === 'range' && metrics.some(({ type }) => type === 'gauge');
}
