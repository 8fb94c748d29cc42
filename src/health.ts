import { Subject } from 'rxjs';

import { t } from '@grafana/i18n';

import { said, type Message } from './said';

/** What the health check found about the server, tables, metrics and annotations. */
export interface HealthReport {
  server: {
    version: string;
    database: string;
    user: string;
    standby: boolean;
    encrypted: boolean;
    /** The extension that spreads tables over servers. */
    distributed?: string;
    /** How far the database's clock is ahead of Grafana's. */
    clockSkewSeconds: number;
    roundTripSeconds: number;
  };
  /** Null where the catalog declares none, as are metrics. */
  tables: TableReport[] | null;
  metrics: Array<{ metric: string; problem?: Message }> | null;
  annotations?: Array<{ annotation: string; problem?: Message }>;
  warnings?: Message[];
}

/** What was found about a table of the catalog. */
export interface TableReport {
  table: string;
  relation: string;
  kind?: string;
  problems?: Message[];
  warnings?: Message[];
  /** Its change log, where it declares one that works: its size, and the seconds since it was pruned if it ever was. */
  changelog?: { size: string; sincePrunedSeconds?: number };
}

/** What the health check says beside its summary in English. */
export interface HealthDetails {
  /** The summary. */
  message?: Message;
  /** One finding a line, and the same in English. */
  verbose?: Message;
  verboseMessage?: string;
  /** What keeps the settings, or the catalog by itself, from working. */
  problems?: Message[];
  /** Absent where the connection does not work. */
  report?: HealthReport;
  /** About the settings. */
  warnings?: Message[];
}

/** The outcome of one health check of one data source. */
export interface HealthCheck {
  uid: string;
  ok: boolean;
  message: string;
  details: HealthDetails;
}

/**
 * Every health check that ends in this browser. Grafana runs one after saving
 * and shows its summary; the settings page listens here for the rest.
 */
export const healthChecks = new Subject<HealthCheck>();

/**
 * The data sources on whose settings page a catalog with problems stands, which
 * is not saved. What a check finds of one of these is about another catalog.
 */
export const unsavedCatalogs = new Set<string>();

export type HealthState = 'error' | 'warning' | 'ok';

/** What was found about one thing that the check looked at. */
export interface HealthFinding {
  kind: 'server' | 'settings' | 'table' | 'metric' | 'annotation';
  name: string;
  state: HealthState;
  /** What is wrong, and what to do about it; then what is worth a word though it works. */
  texts: string[];
}

/** Lists what a health check looked at, what is wrong first. */
export function healthFindings({ report, warnings = [], problems = [] }: HealthDetails): HealthFinding[] {
  const findings: HealthFinding[] = [];
  const add = (
    kind: HealthFinding['kind'],
    name: string,
    problems: Message[],
    doubts: Message[] = [],
    facts: string[] = []
  ) =>
    findings.push({
      kind,
      name,
      state: problems.length > 0 ? 'error' : doubts.length > 0 ? 'warning' : 'ok',
      texts: [...[...problems, ...doubts].map(said), ...facts],
    });

  if (report) {
    add('server', report.server.database, [], report.warnings);
    report.tables?.forEach(({ table, problems, warnings, changelog }) =>
      add('table', table, problems ?? [], warnings, changelog && [changelogText(changelog)])
    );
    report.metrics?.forEach(({ metric, problem }) => add('metric', metric, problem ? [problem] : []));
    report.annotations?.forEach(({ annotation, problem }) => add('annotation', annotation, problem ? [problem] : []));
  }
  if (problems.length > 0 || warnings.length > 0) {
    add('settings', '', problems, warnings);
  }
  const order: HealthState[] = ['error', 'warning', 'ok'];
  return findings.sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state));
}

function changelogText({ size, sincePrunedSeconds: seconds }: NonNullable<TableReport['changelog']>): string {
  return seconds === undefined
    ? t('health.changelog.new', 'The change log works: {{size}}, not pruned yet', { size })
    : t('health.changelog.works', 'The change log works: {{size}}, pruned in the last {{minutes}} min', {
        size,
        minutes: Math.max(1, Math.ceil(seconds / 60)),
      });
}
