import type {
  AdHocVariableFilter,
  CustomVariableSupport,
  DataQueryRequest,
  DataQueryResponse,
  DataSourceGetDrilldownsApplicabilityOptions,
  DataSourceGetTagKeysOptions,
  DataSourceGetTagValuesOptions,
  DataSourceInstanceSettings,
  DataSourceWithQueryModificationSupport,
  DataSourceWithToggleableQueryFiltersSupport,
  DrilldownsApplicability,
  MetricFindValue,
  QueryFilterOptions,
  QueryFixAction,
  ScopedVars,
  TestDataSourceResponse,
  TimeRange,
  ToggleFilterAction,
  TypedVariableModel,
} from '@grafana/data';
import { t } from '@grafana/i18n';
import {
  DataSourceWithBackend,
  getTemplateSrv,
  HealthCheckError,
  HealthStatus,
  type HealthCheckResult,
  type TemplateSrv,
} from '@grafana/runtime';
import { map, of, type Observable } from 'rxjs';

import { annotationSupport } from './annotations';
import type { Catalog, DimensionValues, Explanation } from './catalog';
import { addFilter, hasFilter, toggleFilter, type CellFilter } from './cellFilters';
import { DeclaredCatalog } from './declared';
import { withFilters, withGroupBy } from './drilldowns';
import { applicability, keysOf, valuesOf } from './drilldownOptions';
import { healthChecks, unsavedCatalogs, type HealthDetails } from './health';
import { interpolateFilters, interpolateQuery, variablesWithoutValue } from './interpolation';
import { defaultAnnotationQuery, defaultQuery, describeQuery, isComplete, normalise } from './query';
import { inReadersLanguage, withProblems, type Problems } from './response';
import { said } from './said';
import type { Filter, OrdersOptions, OrdersQuery, OrdersVariableQuery } from './types';
import { VariableSupport } from './variables';

/** What POST /explain needs to know beside the query. */
export interface ExplainContext {
  range: TimeRange;
  intervalMs: number;
  maxDataPoints: number;
  scopedVars?: ScopedVars;
}

/** Which values of a dimension are asked for. */
export interface ValueOptions {
  /** How they begin, whatever their case. */
  prefix?: string;
  limit?: number;
  /** Those of rows with times within it; all where it is left out. */
  range?: TimeRange;
  /** Those of rows that pass. They may hold variables. */
  filters?: Filter[];
  scopedVars?: ScopedVars;
}

/** What Explore asks for by a click on a cell. */
const modifications: Record<string, CellFilter> = { ADD_FILTER: 'FILTER_FOR', ADD_FILTER_OUT: 'FILTER_OUT' };

export class OrdersDataSource
  extends DataSourceWithBackend<OrdersQuery, OrdersOptions>
  implements
    DataSourceWithToggleableQueryFiltersSupport<OrdersQuery>,
    DataSourceWithQueryModificationSupport<OrdersQuery>
{
  override variables: CustomVariableSupport<OrdersDataSource, OrdersVariableQuery, OrdersQuery, OrdersOptions>;
  private readonly declared: DeclaredCatalog;
  private catalog?: Promise<Catalog>;
  private loaded?: Catalog;

  constructor(
    settings: DataSourceInstanceSettings<OrdersOptions>,
    private readonly templates: TemplateSrv = getTemplateSrv()
  ) {
    super(settings);
    this.declared = new DeclaredCatalog(settings.jsonData.catalog);
    this.variables = new VariableSupport(this);
    this.annotations = annotationSupport(defaultAnnotationQuery(this.declared));
  }

  override getDefaultQuery(): Partial<OrdersQuery> {
    return defaultQuery(this.declared);
  }

  override filterQuery(query: OrdersQuery): boolean {
    return isComplete(normalise(query));
  }

  /**
   * Runs the queries of a panel with what the viewers of the dashboard chose. A
   * filter whose variable has no value is told to them instead of asked, and so
   * is what they chose and a query does not have.
   */
  override query(request: DataQueryRequest<OrdersQuery>): Observable<DataQueryResponse> {
    const problems: Problems = { errors: [], missing: new Map() };
    const targets = request.targets.flatMap((target) => {
      const query = normalise(target);
      const empty = variablesWithoutValue(query.filters ?? [], this.templates, request.scopedVars);
      if (empty.length > 0) {
        problems.errors.push({ refId: query.refId, variables: empty });
        return [];
      }
      const filtered = this.drill(query, request.scopedVars, request.filters);
      const grouped = withGroupBy(filtered.query, request.groupByKeys ?? [], this.declared);
      problems.missing.set(query.refId, [...new Set([...filtered.missing, ...grouped.missing])]);
      return [grouped.query];
    });
    const answer: Observable<DataQueryResponse> =
      targets.length > 0 ? super.query({ ...request, targets }) : of({ data: [] });
    return answer.pipe(map((response) => withProblems(inReadersLanguage(response), problems)));
  }

  override applyTemplateVariables(
    query: OrdersQuery,
    scopedVars: ScopedVars,
    filters?: AdHocVariableFilter[]
  ): OrdersQuery {
    return this.drill(query, scopedVars, filters).query;
  }

  /** The queries as an alert rule or Explore takes them over from a panel, with all that was chosen there. */
  override interpolateVariablesInQueries(
    queries: OrdersQuery[],
    scopedVars: ScopedVars,
    filters?: AdHocVariableFilter[]
  ): OrdersQuery[] {
    const chosen = this.templates.getVariables().filter((variable) => isDrilldown(variable, this.uid));
    const adHoc = filters ?? chosen.flatMap((variable) => (variable.type === 'adhoc' ? variable.filters : []));
    const keys = chosen.flatMap((variable) => (variable.type === 'groupby' ? variable.current.value : []));
    return queries.map(
      (query) => withGroupBy(this.drill(query, scopedVars, adHoc).query, keys.map(String), this.declared).query
    );
  }

  private drill(query: OrdersQuery, scopedVars: ScopedVars, filters: AdHocVariableFilter[] = []) {
    return withFilters(interpolateQuery(normalise(query), this.templates, scopedVars), filters, this.declared);
  }

  /** Whether a query holds variables, which alert rules do not have. */
  override targetContainsTemplate(query: OrdersQuery): boolean {
    return this.templates.containsTemplate(JSON.stringify(query));
  }

  /** The dimensions for ad hoc filters and for grouping: those of the queries, or else of all tables. */
  override async getTagKeys(options?: DataSourceGetTagKeysOptions<OrdersQuery>): Promise<MetricFindValue[]> {
    return keysOf(await this.getCatalog(), this.interpolated(options?.queries), this.declared);
  }

  /** The values of a dimension for ad hoc filters, in the rows that pass the other filters. */
  override async getTagValues(options: DataSourceGetTagValuesOptions<OrdersQuery>): Promise<MetricFindValue[]> {
    return valuesOf(this, await this.getCatalog(), options);
  }

  /** Which of the dimensions that were chosen any of the queries has. */
  override async getDrilldownsApplicability(
    options?: DataSourceGetDrilldownsApplicabilityOptions<OrdersQuery>
  ): Promise<DrilldownsApplicability[]> {
    return applicability(await this.getCatalog(), this.interpolated(options?.queries), this.declared, options);
  }

  /** Explore's "Filter for value" and "Filter out value", on and off, where the query has the dimension. */
  toggleQueryFilter(query: OrdersQuery, filter: ToggleFilterAction): OrdersQuery {
    return toggleFilter(normalise(query), filter, this.dimensionsOf(query));
  }

  queryHasFilter(query: OrdersQuery, filter: QueryFilterOptions): boolean {
    return hasFilter(normalise(query), 'FILTER_FOR', filter);
  }

  /** The same, but on only. */
  override modifyQuery(query: OrdersQuery, { type, options = {} }: QueryFixAction): OrdersQuery {
    const filter = modifications[type];
    return filter ? addFilter(normalise(query), filter, options, this.dimensionsOf(query)) : query;
  }

  getSupportedQueryModifications(): string[] {
    return Object.keys(modifications);
  }

  private dimensionsOf(query: OrdersQuery): string[] {
    const [interpolated] = this.interpolated([query]);
    return (interpolated && this.declared.dimensionsOf(interpolated)) ?? [];
  }

  private interpolated(queries: OrdersQuery[] = []): OrdersQuery[] {
    return queries.map((query) => interpolateQuery(normalise(query), this.templates, {}));
  }

  override getQueryDisplayText(query: OrdersQuery): string {
    return describeQuery(normalise(query));
  }

  /**
   * Runs the health check, for "Save & test", which shows what is said here in
   * the language of the page. Grafana's own implementation drops the details of a
   * success, and fails in a way of its own where no answer came.
   */
  override async testDatasource(): Promise<TestDataSourceResponse> {
    const answer = (await this.callHealthCheck()) as Partial<HealthCheckResult> | undefined;
    const ok = answer?.status === HealthStatus.OK;
    const details: HealthDetails = answer?.details ?? {};
    const message =
      (details.message && said(details.message)) ||
      answer?.message ||
      t('health.no-answer', 'Grafana did not answer. Check that you are signed in.');
    healthChecks.next({ uid: this.uid, ok, message, details });
    // Grafana shows these two as they are, and can show no objects.
    const { message: _, verbose, ...others } = details;
    const shown = verbose ? { ...others, verboseMessage: said(verbose) } : others;
    if (!ok) {
      throw new FailedHealthCheck(new HealthCheckError(message, shown));
    }
    if (unsavedCatalogs.has(this.uid)) {
      const about = t(
        'health.unsaved',
        '{{message}} This is about the saved catalog: the text on the page has problems and is not saved.',
        { message, interpolation: { escapeValue: false } }
      );
      return { status: 'warning', message: about, details: shown };
    }
    return { status: 'success', message, details: shown };
  }

  /** The dashboard's variables that stand for text, written as a query's strings refer to them. */
  variableNames(): string[] {
    return this.templates
      .getVariables()
      .filter(({ type }) => type !== 'adhoc' && type !== 'groupby')
      .map(({ name }) => `\${${name}}`);
  }

  /** What the data source declares. It is asked once; a failure is not kept. */
  getCatalog(): Promise<Catalog> {
    this.catalog ??= this.getResource<Catalog>('catalog', undefined, quiet).then(
      (catalog) => (this.loaded = catalog),
      (error: unknown) => {
        this.catalog = undefined;
        throw error;
      }
    );
    return this.catalog;
  }

  /** The same, if it is there already. */
  get loadedCatalog(): Catalog | undefined {
    return this.loaded;
  }

  /** The text with its variables replaced. */
  replace(text: string, scopedVars: ScopedVars): string {
    return this.templates.replace(text, scopedVars, (value: string | string[]) => [value].flat().join(','));
  }

  /** Values of a dimension. There are none where a variable in a filter has no value. */
  async getDimensionValues(
    table: string,
    dimension: string,
    { prefix = '', limit = 100, range, filters = [], scopedVars = {} }: ValueOptions
  ): Promise<DimensionValues> {
    if (variablesWithoutValue(filters, this.templates, scopedVars).length > 0) {
      return { values: [], complete: true };
    }
    const path = `tables/${encodeURIComponent(table)}/dimensions/${encodeURIComponent(dimension)}/values`;
    return this.postResource<DimensionValues>(
      path,
      {
        prefix,
        limit,
        ...(range && { from: range.from.valueOf(), to: range.to.valueOf() }),
        filters: interpolateFilters(filters, this.templates, scopedVars),
      },
      quiet
    );
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

function isDrilldown(variable: TypedVariableModel, uid: string): boolean {
  return (variable.type === 'adhoc' || variable.type === 'groupby') && variable.datasource?.uid === uid;
}

// Editors show these errors where they belong, so Grafana need not pop them up.
const quiet = { showErrorAlert: false };
