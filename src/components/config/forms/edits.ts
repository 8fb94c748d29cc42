import type { AnnotationDraft, CatalogDraft, MetricDraft, TableDraft } from '../catalogDraft';

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

/**
 * Puts a table into the catalog. Metrics and annotations follow its new name, and tags the new names of dimensions,
 * which are given by their former ones.
 */
export function putTable(
  catalog: CatalogDraft,
  former: string | undefined,
  name: string,
  table: TableDraft,
  renamed: ReadonlyMap<string, string> = new Map()
): CatalogDraft {
  const tables = put(catalog.tables, former, name, table);
  if (former === undefined || (former === name && renamed.size === 0)) {
    return { ...catalog, tables };
  }
  const metrics = mapValues(catalog.metrics, (metric) =>
    metric.table === former ? { ...metric, table: name } : metric
  );
  const annotations =
    catalog.annotations &&
    mapValues(catalog.annotations, (annotation) =>
      annotation.table === former
        ? {
            ...annotation,
            table: name,
            ...(annotation.tags && { tags: annotation.tags.map((tag) => renamed.get(tag) ?? tag) }),
          }
        : annotation
    );
  return { ...catalog, tables, metrics, ...(annotations && { annotations }) };
}

/** Takes a table out of the catalog. */
export function removeTable(catalog: CatalogDraft, name: string): CatalogDraft {
  return { ...catalog, tables: without(catalog.tables, name) };
}

/** Puts an annotation into the catalog, in place of the one of that former name where there is one. */
export function putAnnotation(
  catalog: CatalogDraft,
  former: string | undefined,
  name: string,
  annotation: AnnotationDraft
): CatalogDraft {
  return { ...catalog, annotations: put(catalog.annotations ?? {}, former, name, annotation) };
}

/** Takes an annotation out of the catalog, and with the last one the key for them. */
export function removeAnnotation({ annotations = {}, ...catalog }: CatalogDraft, name: string): CatalogDraft {
  const left = without(annotations, name);
  return Object.keys(left).length === 0 ? catalog : { ...catalog, annotations: left };
}

/** What would mean nothing without a metric: the ratios that divide it or by it. */
export function ratiosOf({ metrics }: CatalogDraft, name: string): string[] {
  return Object.keys(metrics).filter((key) => metrics[key]?.numerator === name || metrics[key]?.denominator === name);
}

/** What would mean nothing without a table: metrics and annotations. */
export function usersOf({ metrics, annotations = {} }: CatalogDraft, table: string): string[] {
  return [...Object.entries(metrics), ...Object.entries(annotations)]
    .filter(([, entry]) => entry.table === table)
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
