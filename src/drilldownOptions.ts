import type {
  AdHocVariableFilter,
  DataSourceGetDrilldownsApplicabilityOptions,
  DataSourceGetTagValuesOptions,
  DrilldownsApplicability,
  MetricFindValue,
} from '@grafana/data';
import { t } from '@grafana/i18n';

import type { Catalog, CatalogTable } from './catalog';
import type { OrdersDataSource } from './datasource';
import type { DeclaredCatalog } from './declared';
import { isGrouped, toFilter } from './drilldowns';
import type { OrdersQuery } from './types';

// What Grafana offers to the viewers of a dashboard for ad hoc filters and for
// grouping. Queries hold no variables here.

/** The dimensions that any of the queries has; those of all tables where there is no query. */
export function keysOf(catalog: Catalog, queries: OrdersQuery[], declared: DeclaredCatalog): MetricFindValue[] {
  const dimensions = catalog.tables.flatMap((table) => table.dimensions);
  const known = queries.length > 0 ? dimensionsOfAny(queries, declared) : undefined;
  const offered = dimensions.filter(({ name }) => !known || known.has(name));
  const labels = new Map(offered.map(({ name, label }) => [name, label || name]));
  return [...labels].map(([value, text]) => ({ text, value })).sort((a, b) => a.text.localeCompare(b.text));
}

// As many as a filter may list.
const mostValues = 1000;

/** The values that a dimension has in any table, in the rows that pass those of the other filters that the table knows. */
export async function valuesOf(
  datasource: OrdersDataSource,
  catalog: Catalog,
  { key, filters, timeRange }: DataSourceGetTagValuesOptions<OrdersQuery>
): Promise<MetricFindValue[]> {
  const tables = catalog.tables.filter((table) => has(table, key));
  const lists = await Promise.all(
    tables.map((table) =>
      datasource.getDimensionValues(table.name, key, {
        limit: mostValues,
        range: timeRange,
        filters: filters.filter((filter) => has(table, filter.key)).flatMap(toFilter),
      })
    )
  );
  const labels = new Map(lists.flatMap(({ values }) => values.map(({ value, label }) => [value, label])));
  const complete = lists.every((list) => list.complete);
  const group = complete
    ? undefined
    : t('drilldown.more-values', 'The first of many values: write one that is not among them');
  return [...labels].map(([value, label]) => ({ text: label || value, value, ...(group && { group }) }));
}

/** Which of the chosen filters and dimensions any of the queries has; any table where there is no query. */
export function applicability(
  catalog: Catalog,
  queries: OrdersQuery[],
  declared: DeclaredCatalog,
  { filters = [], groupByKeys = [] }: DataSourceGetDrilldownsApplicabilityOptions<OrdersQuery> = {}
): DrilldownsApplicability[] {
  const everywhere = new Set(catalog.tables.flatMap(({ dimensions }) => dimensions.map(({ name }) => name)));
  const ofQueries = (some: OrdersQuery[]) =>
    queries.length > 0 ? (dimensionsOfAny(some, declared) ?? everywhere) : everywhere;
  const tell = (key: string, known: Set<string>, origin?: string): DrilldownsApplicability => ({
    key,
    applicable: known.has(key),
    ...(!known.has(key) && {
      reason: t('drilldown.not-applicable', 'None of the queries has the dimension {{key}}', {
        key,
        interpolation: { escapeValue: false },
      }),
    }),
    ...(origin && { origin }),
  });
  const filtered = ofQueries(queries);
  const grouped = ofQueries(queries.filter(isGrouped));
  return [
    ...filters.map(({ key, origin }: AdHocVariableFilter) => tell(key, filtered, origin)),
    ...groupByKeys.map((key) => tell(key, grouped)),
  ];
}

/** Undefined where a query asks for what is not known. */
function dimensionsOfAny(queries: OrdersQuery[], declared: DeclaredCatalog): Set<string> | undefined {
  const lists = queries.map((query) => declared.dimensionsOf(query));
  return lists.every((list) => list !== undefined) ? new Set(lists.flat()) : undefined;
}

function has({ dimensions }: CatalogTable, key: string): boolean {
  return dimensions.some(({ name }) => name === key);
}
