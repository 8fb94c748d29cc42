import type { DataSourceJsonData } from '@grafana/data';
import type { DataQuery } from '@grafana/schema';

export const metricTypes = ['counter', 'gauge', 'histogram', 'summary', 'ratio', 'distinct'] as const;
export type MetricType = (typeof metricTypes)[number];

export const views = [
  'per_bucket',
  'rate',
  'running_total',
  'share',
  'value',
  'quantiles',
  'heatmap',
  'count',
  'average',
] as const;
export type View = (typeof views)[number];

export const operators = [
  '=',
  '!=',
  'in',
  'not in',
  '=~',
  '!~',
  '>',
  '>=',
  '<',
  '<=',
  'is null',
  'is not null',
] as const;
export type Operator = (typeof operators)[number];

/** Steps in the order to offer them: auto, the whole range, fixed, calendar. */
export const steps = [
  'auto',
  'range',
  '1s',
  '5s',
  '10s',
  '15s',
  '30s',
  '1m',
  '2m',
  '5m',
  '10m',
  '15m',
  '30m',
  '1h',
  '2h',
  '3h',
  '4h',
  '6h',
  '12h',
  '1d',
  '1w',
  '1M',
  '1Q',
  '1y',
] as const;
export type Step = (typeof steps)[number];

export const reductions = ['last', 'avg', 'min', 'max'] as const;
export type Reduction = (typeof reductions)[number];

export const partials = ['keep', 'drop', 'mark'] as const;
export type Partiality = (typeof partials)[number];

export const formats = ['time_series', 'table', 'heatmap'] as const;
export type Format = (typeof formats)[number];

/** What a query asks for: numbers, rows or events. */
export type QueryType = 'metric' | 'records' | 'annotation';

export interface Filter {
  key: string;
  operator: Operator;
  values: string[];
}

export interface Top {
  limit: number;
  others?: boolean;
}

/**
 * What a panel or an alert rule saves: names of the catalog and values, never
 * SQL. A string may hold a template variable until the query is sent.
 */
export interface OrdersQuery extends DataQuery {
  /** Absent means metric. */
  queryType?: QueryType;
  version: 1;
  metrics: string[];
  view?: string;
  groupBy?: string[];
  filters?: Filter[];
  top?: Top;
  step?: string;
  reduce?: Reduction;
  quantiles?: number[];
  exact?: boolean;
  compare?: string[];
  partial?: Partiality;
  format?: Format;
  legend?: string;
  /** Records and annotation only: how many rows at most. */
  limit?: number;
  /** Records only: the table to show, instead of that of the first metric. */
  records?: string;
  /** Records only: the point behind which the rows are, instead of the time range. Links from points write it. */
  bucket?: Bucket;
  /** Records only: the groups that have series of their own beside the others whose rows are shown. */
  kept?: Array<Record<string, string>>;
  /** Annotation only: which events of the catalog to show. */
  annotation?: string;
}

/** A point of a series. Instants are milliseconds since 1970. */
export interface Bucket {
  /** An instant in the bucket; absent for a value of several buckets. */
  at?: string;
  step?: string;
  /** Where a running total begins. */
  since?: number;
  from?: number;
  to?: number;
  /** How far back, for a value of a comparison. */
  compare?: string;
}

/** What a dashboard's variable saves: which names or values it offers. */
export interface OrdersVariableQuery extends DataQuery {
  version: 1;
  list: 'values' | 'metrics' | 'dimensions';
  /** Values only: of which dimension of which table. */
  table?: string;
  dimension?: string;
  /** Values only: of the rows that pass, which may depend on other variables. */
  filters?: Filter[];
  /** Values only: how they begin, such as $__searchFilter for what somebody types. */
  prefix?: string;
  /** Values only: of all rows, not of those in the dashboard's time range. */
  allTime?: boolean;
  /** Metrics only: those of one type. */
  metricType?: MetricType;
  /** Dimensions only: those of one metric. */
  metric?: string;
}

/**
 * A query as Grafana hands it over: a fresh one has nothing but a refId, and a
 * hand-written one leaves out what may be left out.
 */
export type GivenQuery = DataQuery &
  Partial<Omit<OrdersQuery, 'filters'>> & { filters?: Array<Omit<Filter, 'values'> & Partial<Filter>> };

export type SSLMode = 'disable' | 'require' | 'verify-ca' | 'verify-full';

export interface OrdersOptions extends DataSourceJsonData {
  database?: string;
  sslmode?: SSLMode;
  maxOpenConns?: number;
  connMaxLifetime?: number;
  queryTimeoutSeconds?: number;
  maxRows?: number;
  maxSeries?: number;
  maxRangeDays?: number;
  cacheMiB?: number;
  minLookIntervalMs?: number;
  preparedStatements?: boolean;
  enableSecureSocksProxy?: boolean;
  /** Checked by the server; see pkg/catalog/catalog.schema.json for its form. */
  catalog?: unknown;
}

export interface OrdersSecrets {
  password?: string;
  tlsCACert?: string;
  tlsClientCert?: string;
  tlsClientKey?: string;
}
