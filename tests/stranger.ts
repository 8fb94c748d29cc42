import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { test as base } from './plugin';

// How Grafana reaches the server on which stores are made, and how its superuser does from here. The demo tells both to
// its guests.
const { LIVE_ORDERS_URL: address, LIVE_ORDERS_SERVER: server, LIVE_ORDERS_SSLMODE: sslmode } = process.env;

/** A store that nobody has described, and how a data source reaches it. */
export interface Stranger {
  address: string;
  database: string;
  user: string;
  password: string;
  sslmode: string;
  /** The first row of a SELECT. */
  ask: <Row>(select: string) => Promise<Row>;
  /** Runs a script as the owner of the tables, who is no superuser. */
  run: (script: string) => Promise<unknown>;
}

/** What internal/stranger answers, which speaks to PostgreSQL as nothing here does. */
async function stranger(verb: 'make' | 'ask' | 'run' | 'drop', name: string, input = ''): Promise<string> {
  const running = promisify(execFile)('go', ['run', './internal/stranger', verb, name]);
  running.child.stdin?.end(input);
  return (await running).stdout;
}

interface Fixtures {
  /** Makes the store of pkg/discover/testdata/<name>.sql, for the time of the test. */
  makeStore: (name: string) => Promise<Stranger>;
  /** Keeps a name for a data source that the test makes: there is none of it before, and none after. */
  keepName: (name: string) => Promise<string>;
}

export const test = base.extend<Fixtures>({
  makeStore: async ({}, use) => {
    base.skip(
      !address || !server,
      'LIVE_ORDERS_URL and LIVE_ORDERS_SERVER name no server on which a store can be made'
    );
    const made: string[] = [];
    await use(async (name) => {
      made.push(name);
      const login = JSON.parse(await stranger('make', name)) as Pick<Stranger, 'database' | 'user' | 'password'>;
      return {
        ...login,
        address: address ?? '',
        sslmode: sslmode ?? 'require',
        ask: async <Row>(select: string) => (JSON.parse(await stranger('ask', name, select)) as Row[])[0] as Row,
        run: (script) => stranger('run', name, script),
      };
    });
    for (const name of made) {
      await stranger('drop', name);
    }
  },
  keepName: async ({ grafana, request }, use) => {
    const kept: string[] = [];
    const remove = (name: string) => request.delete(`${grafana}/api/datasources/name/${encodeURIComponent(name)}`);
    await use(async (name) => {
      kept.push(name);
      await remove(name);
      return name;
    });
    for (const name of kept) {
      await remove(name);
    }
  },
});
