import { healthFindings, type HealthReport } from './health';
import { message } from './testing/message';

const server: HealthReport['server'] = {
  version: '18.4',
  database: 'shop',
  user: 'reader',
  standby: false,
  encrypted: true,
  clockSkewSeconds: 0,
  roundTripSeconds: 0.0012,
};

describe('healthFindings', () => {
  it('lists what does not work first, then doubts, then the rest in its order', () => {
    const findings = healthFindings({
      report: {
        server,
        tables: [
          { table: 'carts', relation: 'public.carts' },
          { table: 'orders', relation: 'public.orders', warnings: [message('invoiced_at has no index')] },
        ],
        metrics: [{ metric: 'open_carts' }, { metric: 'revenue', problem: message('column "totl" does not exist') }],
        annotations: [{ annotation: 'campaigns' }],
      },
    });
    expect(findings.map(({ state, kind, name }) => `${state} ${kind} ${name}`)).toEqual([
      'error metric revenue',
      'warning table orders',
      'ok server shop',
      'ok table carts',
      'ok metric open_carts',
      'ok annotation campaigns',
    ]);
    expect(findings[0]?.texts).toEqual(['column "totl" does not exist']);
  });

  it('takes a table with a problem for one that does not work, whatever its warnings', () => {
    const [table] = healthFindings({
      report: {
        server,
        tables: [
          { table: 'orders', relation: 'orders', problems: [message('is gone')], warnings: [message('has no index')] },
        ],
        metrics: null,
      },
    });
    expect(table).toEqual({ kind: 'table', name: 'orders', state: 'error', texts: ['is gone', 'has no index'] });
  });

  it('says of a change log that it works, after what is doubtful', () => {
    const changelog = (sincePrunedSeconds?: number) => ({ size: '24 kB', sincePrunedSeconds });
    const findings = healthFindings({
      report: {
        server,
        tables: [
          { table: 'carts', relation: 'carts', changelog: changelog() },
          { table: 'orders', relation: 'orders', changelog: changelog(61), warnings: [message('has no index')] },
          { table: 'visits', relation: 'visits', changelog: changelog(0) },
        ],
        metrics: null,
      },
    });
    expect(findings.map(({ state, name, texts }) => [state, name, ...texts])).toEqual([
      ['warning', 'orders', 'has no index', 'The change log works: 24 kB, pruned in the last 2 min'],
      ['ok', 'shop'],
      ['ok', 'carts', 'The change log works: 24 kB, not pruned yet'],
      ['ok', 'visits', 'The change log works: 24 kB, pruned in the last 1 min'],
    ]);
  });

  it('lists the problems of the settings beside a server that works', () => {
    expect(
      healthFindings({
        report: { server, tables: null, metrics: null },
        problems: [message('no catalog')],
        warnings: [message('url: old')],
      })
    ).toEqual([
      { kind: 'settings', name: '', state: 'error', texts: ['no catalog', 'url: old'] },
      { kind: 'server', name: 'shop', state: 'ok', texts: [] },
    ]);
  });
});
