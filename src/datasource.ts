import type { DataSourceInstanceSettings, ScopedVars, TestDataSourceResponse, TimeRange } from '@grafana/data';
import { t } from '@grafana/i18n';
import {
  DataSourceWithBackend,
  getTemplateSrv,
  HealthCheckError,
  HealthStatus,
  type HealthCheckResult,
  type TemplateSrv,
} from '@grafana/runtime';

import { annotationSupport } from './annotations';
import type { Catalog, DimensionValues, Explanation } from './catalog';
import { healthChecks } from './health';
import { interpolateQuery } from './interpolation';
import { defaultAnnotationQuery, defaultQuery, describeQuery, isComplete, normalise } from './query';
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
    this.annotations = annotationSupport(defaultAnnotationQuery(this.declared));
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

  /**
   * Runs the health check, for "Save & test". Grafana's own implementation drops
   * the details of a success, and fails in a way of its own where no answer came.
   */
  override async testDatasource(): Promise<TestDataSourceResponse> {
    const answer = (await this.callHealthCheck()) as Partial<HealthCheckResult> | undefined;
    const ok = answer?.status === HealthStatus.OK;
    const message = answer?.message || t('health.no-answer', 'Grafana did not answer. Check that you are signed in.');
    const details = answer?.details ?? {};
    healthChecks.next({ uid: this.uid, ok, message, details });
    if (!ok) {
      throw new FailedHealthCheck(new HealthCheckError(message, details));
    }
    return { status: 'success', message, details };
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

/** What Grafana's settings page takes for a health check that failed. */
class FailedHealthCheck extends Error {
  readonly status = 'error';

  constructor(readonly error: HealthCheckError) {
    super(error.message);
  }
}

// Editors show these errors where they belong, so Grafana need not pop them up.
const quiet = { showErrorAlert: false };
