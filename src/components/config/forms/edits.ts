import type { CatalogDraft, MetricDraft, TableDraft } from '../catalogDraft';

/** Puts a metric into the catalog, in place of the one of that former name where there is one. */
export function putMetric(
  catalog: CatalogDraft,
  former: string | undefined,
  name: string,
  metric: MetricDraft
): CatalogDraft {
  const metrics = put(catalog.metrics, former, name, metric);
  if (former === undefined || former === name) {
    return { ...catalog, metrics };
  }
  // Ratios go on dividing the metric under its new name.
  const renamed = (part: string | undefined) => (part === former ? name : part);
  for (const [key, { numerator, denominator }] of Object.entries(metrics)) {
    const ratio = metrics[key];
    if (ratio && (numerator === former || denominator === former)) {
      metrics[key] = { ...ratio, numerator: renamed(numerator), denominator: renamed(denominator) };
    }
  }
  return { ...catalog, metrics };
}

/** Takes a metric out of the catalog. */
export function removeMetric(catalog: CatalogDraft, name: string): CatalogDraft {
  return { ...catalog, metrics: without(catalog.metrics, name) };
}

/** Puts a table into the catalog; metrics follow its new name. */
export function putTable(
  catalog: CatalogDraft,
  former: string | undefined,
  name: string,
  table: TableDraft
): CatalogDraft {
  const tables = put(catalog.tables, former, name, table);
  if (former === undefined || former === name) {
    return { ...catalog, tables };
  }
  const metrics = mapValues(catalog.metrics, (metric) =>
    metric.table === former ? { ...metric, table: name } : metric
  );
  const annotations =
    catalog.annotations &&
    mapValues(catalog.annotations, (annotation) => {
      const named = annotation as { table?: string } | null;
      return named?.table === former ? { ...named, table: name } : annotation;
    });
  return { ...catalog, tables, metrics, ...(annotations && { annotations }) };
}

/** Takes a table out of the catalog. */
export function removeTable(catalog: CatalogDraft, name: string): CatalogDraft {
  return { ...catalog, tables: without(catalog.tables, name) };
}

/** What would mean nothing without a metric: the ratios that divide it or by it. */
export function ratiosOf({ metrics }: CatalogDraft, name: string): string[] {
  return Object.keys(metrics).filter((key) => metrics[key]?.numerator === name || metrics[key]?.denominator === name);
}

/** What would mean nothing without a table: metrics and annotations. */
export function usersOf({ metrics, annotations = {} }: CatalogDraft, table: string): string[] {
  const using = (value: unknown) => (value as { table?: string } | null)?.table === table;
  return [...Object.entries(metrics), ...Object.entries(annotations)]
    .filter(([, value]) => using(value))
    .map(([name]) => name);
}

/** Sets a key in its former place, so that lists keep their order. */
function put<Value>(
  values: Record<string, Value>,
  former: string | undefined,
  name: string,
  value: Value
): Record<string, Value> {
  if (former === undefined || !(former in values)) {
    return { ...values, [name]: value };
  }
  return Object.fromEntries(Object.entries(values).map(([key, old]) => (key === former ? [name, value] : [key, old])));
}

function without<Value>(values: Record<string, Value>, name: string): Record<string, Value> {
  return Object.fromEntries(Object.entries(values).filter(([key]) => key !== name));
}

function mapValues<Value>(values: Record<string, Value>, map: (value: Value) => Value): Record<string, Value> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, map(value)]));
}
