import type { DataSourceInstanceSettings, ScopedVars, TimeRange } from '@grafana/data';
import { DataSourceWithBackend, getTemplateSrv, type TemplateSrv } from '@grafana/runtime';

import type { Catalog, DimensionValues, Explanation } from './catalog';
import { interpolateQuery } from './interpolation';
import { defaultQuery, describeQuery, isComplete, normalise } from './query';
import type { OrdersOptions, OrdersQuery } from './types';

/** What POST /explain needs to know beside the query. */
export interface ExplainContext {
  range: TimeRange;
  intervalMs: number;
  maxDataPoints: number;
  scopedVars?: ScopedVars;
}

export class OrdersDataSource extends DataSourceWithBackend<OrdersQuery, OrdersOptions> {
  private readonly declared: unknown;
  private catalog?: Promise<Catalog>;

  constructor(
    settings: DataSourceInstanceSettings<OrdersOptions>,
    private readonly templates: TemplateSrv = getTemplateSrv()
  ) {
    super(settings);
    this.declared = settings.jsonData.catalog;
  }

  override getDefaultQuery(): Partial<OrdersQuery> {
    return defaultQuery(this.declared);
  }

  override filterQuery(query: OrdersQuery): boolean {
    return isComplete(normalise(query));
  }

  override applyTemplateVariables(query: OrdersQuery, scopedVars: ScopedVars): OrdersQuery {
    return interpolateQuery(normalise(query), this.templates, scopedVars);
  }

  override getQueryDisplayText(query: OrdersQuery): string {
    return describeQuery(normalise(query));
  }

  /** The dashboard's variables, written as a query's strings refer to them. */
  variableNames(): string[] {
    return this.templates.getVariables().map((variable) => `\${${variable.name}}`);
  }

  /** What the data source declares. It is asked once; a failure is not kept. */
  getCatalog(): Promise<Catalog> {
    this.catalog ??= this.getResource<Catalog>('catalog', undefined, quiet).catch((error: unknown) => {
      this.catalog = undefined;
      throw error;
    });
    return this.catalog;
  }

  /** Values of a dimension within the range that begin with prefix. */
  getDimensionValues(
    table: string,
    dimension: string,
    prefix: string,
    limit: number,
    range?: TimeRange
  ): Promise<DimensionValues> {
    const path = `tables/${encodeURIComponent(table)}/dimensions/${encodeURIComponent(dimension)}/values`;
    const bounds = range && { from: range.from.valueOf(), to: range.to.valueOf() };
    return this.getResource<DimensionValues>(path, { prefix, limit, ...bounds }, quiet);
  }

  /** What the query's numbers mean and the statements that compute them. Nothing is run. */
  explain(
    query: OrdersQuery,
    { range, intervalMs, maxDataPoints, scopedVars = {} }: ExplainContext
  ): Promise<Explanation> {
    return this.postResource<Explanation>(
      'explain',
      {
        query: this.applyTemplateVariables(query, scopedVars),
        from: range.from.valueOf(),
        to: range.to.valueOf(),
        intervalMs,
        maxDataPoints,
      },
      quiet
    );
  }
}

// Editors show these errors where they belong, so Grafana need not pop them up.
const quiet = { showErrorAlert: false };
