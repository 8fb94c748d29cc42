import { catchError, from, map, type Observable } from 'rxjs';

import {
  CustomVariableSupport,
  type DataQueryRequest,
  type DataQueryResponse,
  type MetricFindValue,
  type ScopedVars,
  type TimeRange,
} from '@grafana/data';

import { findMetric } from './catalog';
import { errorText } from './components/errorText';
import { VariableEditor } from './components/VariableEditor';
import type { OrdersDataSource } from './datasource';
import type { OrdersOptions, OrdersQuery, OrdersVariableQuery } from './types';

/** What somebody types into the list of a variable, where its query refers to it. */
export const searchFilter = '$__searchFilter';

/**
 * How many values a variable offers. It is one more than a filter may list, so
 * that "All" of a list that is not complete is refused, not answered in part.
 */
export const mostValues = 1001;

/** A dashboard's variables: names of the catalog, and values of its dimensions. */
export class VariableSupport extends CustomVariableSupport<
  OrdersDataSource,
  OrdersVariableQuery,
  OrdersQuery,
  OrdersOptions
> {
  override editor = VariableEditor;

  constructor(private readonly datasource: OrdersDataSource) {
    super();
  }

  override query({
    targets: [query],
    range,
    scopedVars,
  }: DataQueryRequest<OrdersVariableQuery>): Observable<DataQueryResponse> {
    const options = query ? this.options(query, range, scopedVars) : Promise.resolve([]);
    return from(options).pipe(
      map((data) => ({ data })),
      // Grafana would show the English part of an answer that it does not know.
      catchError((error: unknown) => {
        throw new Error(errorText(error));
      })
    );
  }

  private async options(
    query: OrdersVariableQuery,
    range: TimeRange,
    scopedVars: ScopedVars
  ): Promise<MetricFindValue[]> {
    const catalog = await this.datasource.getCatalog();
    switch (query.list) {
      case 'metrics':
        return catalog.metrics
          .filter(({ type }) => !query.metricType || type === query.metricType)
          .map(({ name, label }) => ({ text: label || name, value: name }));
      case 'dimensions': {
        const name = query.metric && this.datasource.replace(query.metric, scopedVars);
        const metric = name ? findMetric(catalog, name) : undefined;
        const dimensions = catalog.tables
          .filter((table) => !metric || metric.tables.includes(table.name))
          .flatMap((table) => table.dimensions)
          .filter((dimension) => !metric || metric.dimensions.includes(dimension.name));
        const labels = new Map(dimensions.map((dimension) => [dimension.name, dimension.label || dimension.name]));
        return [...labels].map(([value, text]) => ({ text, value }));
      }
      case 'values':
        return this.values(query, range, scopedVars);
      default:
        return [];
    }
  }

  private async values(
    { table, dimension, filters, prefix = '', allTime }: OrdersVariableQuery,
    range: TimeRange,
    scopedVars: ScopedVars
  ): Promise<MetricFindValue[]> {
    if (!table || !dimension) {
      return [];
    }
    const typed: unknown = scopedVars.__searchFilter?.value ?? '';
    const { values } = await this.datasource.getDimensionValues(table, dimension, {
      prefix: this.datasource.replace(prefix.replace(searchFilter, String(typed)), scopedVars),
      limit: mostValues,
      range: allTime ? undefined : range,
      filters,
      scopedVars,
    });
    return values.map(({ value, label }) => ({ text: label || value, value }));
  }
}
