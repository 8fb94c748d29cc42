import { Subject } from 'rxjs';

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
  tables: Array<{ table: string; relation: string; kind?: string; problems?: string[]; warnings?: string[] }> | null;
  metrics: Array<{ metric: string; problem?: string }> | null;
  annotations?: Array<{ annotation: string; problem?: string }>;
  warnings?: string[];
}

/** What the health check says beside its summary. */
export interface HealthDetails {
  /** One finding a line. */
  verboseMessage?: string;
  /** What keeps the settings, or the catalog by itself, from working. */
  problems?: string[];
  /** Absent where the connection does not work. */
  report?: HealthReport;
  /** About the settings. */
  warnings?: string[];
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

export type HealthState = 'error' | 'warning' | 'ok';

/** What was found about one thing that the check looked at. */
export interface HealthFinding {
  kind: 'server' | 'settings' | 'table' | 'metric' | 'annotation';
  name: string;
  state: HealthState;
  /** What is wrong, and what to do about it; nothing where all is well. */
  texts: string[];
}

/** Lists what a health check looked at, what is wrong first. */
export function healthFindings({ report, warnings = [], problems = [] }: HealthDetails): HealthFinding[] {
  const findings: HealthFinding[] = [];
  const add = (kind: HealthFinding['kind'], name: string, problems: string[], doubts: string[] = []) =>
    findings.push({
      kind,
      name,
      state: problems.length > 0 ? 'error' : doubts.length > 0 ? 'warning' : 'ok',
      texts: [...problems, ...doubts],
    });

  if (report) {
    add('server', report.server.database, [], report.warnings);
    report.tables?.forEach(({ table, problems, warnings }) => add('table', table, problems ?? [], warnings));
    report.metrics?.forEach(({ metric, problem }) => add('metric', metric, problem ? [problem] : []));
    report.annotations?.forEach(({ annotation, problem }) => add('annotation', annotation, problem ? [problem] : []));
  }
  if (problems.length > 0 || warnings.length > 0) {
    add('settings', '', problems, warnings);
  }
  const order: HealthState[] = ['error', 'warning', 'ok'];
  return findings.sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state));
}
