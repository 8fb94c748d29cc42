import type { Message } from './said';
import type { MetricType, Operator, OrdersQuery, View } from './types';

/** The answer of GET /catalog: what editors may offer. It holds no SQL. */
export interface Catalog {
  version: number;
  timezone: string;
  prefix: string;
  tables: CatalogTable[];
  metrics: CatalogMetric[];
  annotations: CatalogAnnotation[];
  steps: string[];
  operators: Operator[];
}

export interface CatalogTable {
  name: string;
  dimensions: CatalogDimension[];
  /** The columns that a query of records shows; none, if it may show no row. */
  records: string[];
}

export interface CatalogDimension {
  name: string;
  label?: string;
  /** The type of the database column, as far as the server knows it. */
  type?: string;
  operators: Operator[];
  /** Values that the catalog declares. There may be others. */
  values?: string[];
  /** For how long a group is remembered that has no rows any more, where the catalog says so: 7d. */
  lookback?: string;
}

export interface CatalogMetric {
  name: string;
  type: MetricType;
  /** Empty for a ratio, whose parts have tables of their own. */
  table?: string;
  tables: string[];
  help: string;
  label?: string;
  unit?: string;
  decimals?: number;
  owner?: string;
  aliases?: string[];
  views: View[];
  defaultView: View;
  /** The names of the dimensions for grouping and filtering. */
  dimensions: string[];
}

/** Rows of a table that a dashboard may show as events. */
export interface CatalogAnnotation {
  name: string;
  label?: string;
  help: string;
  owner?: string;
  table: string;
  /** Whether its events may have an end. */
  periods: boolean;
  /** The dimensions whose values become tags. */
  tags: string[];
  /** The names of the dimensions for filtering. */
  dimensions: string[];
}

/** The answer of GET /tables/{table}/dimensions/{dimension}/values. */
export interface DimensionValues {
  values: Array<{ value: string; label: string }>;
  /** False if there are values that were left out. */
  complete: boolean;
}

/** The answer of POST /explain. */
export interface Explanation {
  definitions: Array<{ metric: string; type: MetricType | 'annotation'; help: string; definition: Message }>;
  statements: Array<{ sql: string; binds: Array<{ position: number; type: string }> }>;
  timezone: string;
  step: string;
}

/** Finds a metric as the server does: by name, by prefix and name, or by alias. */
export function findMetric(catalog: Catalog, name: string): CatalogMetric | undefined {
  return catalog.metrics.find(
    (metric) =>
      metric.name === name ||
      (catalog.prefix !== '' && catalog.prefix + metric.name === name) ||
      metric.aliases?.includes(name)
  );
}

/** The known ones among the metrics that a query names. */
export function findMetrics(catalog: Catalog, names: string[]): CatalogMetric[] {
  return names.flatMap((name) => findMetric(catalog, name) ?? []);
}

/** The views that all metrics allow, in the order of the first one. A heatmap shows one metric only. */
export function commonViews(metrics: CatalogMetric[]): View[] {
  const [first, ...others] = metrics;
  return first
    ? first.views.filter(
        (view) => others.every((metric) => metric.views.includes(view)) && (view !== 'heatmap' || others.length === 0)
      )
    : [];
}

/** The view that all metrics have by default, or undefined where they differ. */
export function commonDefaultView(metrics: CatalogMetric[]): View | undefined {
  const first = metrics[0]?.defaultView;
  return metrics.every((metric) => metric.defaultView === first) ? first : undefined;
}

/**
 * The dimensions that all metrics share. One that several tables declare
 * offers only the operators that all of them allow.
 */
export function metricDimensions(catalog: Catalog, metrics: CatalogMetric[]): CatalogDimension[] {
  const [first, ...others] = metrics;
  if (!first) {
    return [];
  }
  const tables = new Set(metrics.flatMap((metric) => metric.tables));
  return first.dimensions
    .filter((name) => others.every((metric) => metric.dimensions.includes(name)))
    .flatMap((name) => {
      const declared = catalog.tables
        .filter((table) => tables.has(table.name))
        .flatMap((table) => table.dimensions.filter((dimension) => dimension.name === name));
      const [dimension, ...namesakes] = declared;
      return dimension
        ? {
            ...dimension,
            operators: dimension.operators.filter((operator) =>
              namesakes.every((namesake) => namesake.operators.includes(operator))
            ),
          }
        : [];
    });
}

/** The first table of the list that declares the dimension; its values complete a filter. */
export function tableOfDimension(catalog: Catalog, tables: string[], dimension: string): string | undefined {
  return tables.find((name) =>
    catalog.tables.some((table) => table.name === name && table.dimensions.some(({ name }) => name === dimension))
  );
}

/** The dimensions by which a query can be filtered, and the tables from which their values come. */
export function filterSource(
  catalog: Catalog,
  { queryType, records, annotation }: Pick<OrdersQuery, 'queryType' | 'records' | 'annotation'>,
  metrics: CatalogMetric[]
): { dimensions: CatalogDimension[]; tables: string[] } {
  const declared = catalog.annotations.find(({ name }) => name === annotation);
  const name = queryType === 'annotation' ? (declared?.table ?? '') : queryType === 'records' ? records : undefined;
  if (name === undefined) {
    return { dimensions: metricDimensions(catalog, metrics), tables: metrics.flatMap(({ tables }) => tables) };
  }
  const table = catalog.tables.find((candidate) => candidate.name === name);
  return { dimensions: table?.dimensions ?? [], tables: [name] };
}
