import { expect, test as base } from '@grafana/plugin-e2e';
import type { Locator, Page } from '@playwright/test';

export { expect };

export const pluginId = 'pullview-orders-datasource';

/** The provisioned data source, and the name under which pickers show it. */
export const dataSource = { uid: 'live-orders', name: 'Live Orders' };

// As plugin-e2e has it, which reads the same variables.
const administrator = {
  user: process.env.GRAFANA_ADMIN_USER ?? 'admin',
  password: process.env.GRAFANA_ADMIN_PASSWORD ?? 'admin',
};

interface BootData {
  version?: string;
  namespace?: string;
}

/** What Grafana tells its frontend, as far as the tests look at it. */
interface FrontendSettings {
  buildInfo: { version: string };
  namespace: string;
  featureToggles: Record<string, boolean>;
  anonymousEnabled: boolean;
}

interface Fixtures {
  /** Grafana's address, with the path under which it is served; Playwright's own resolving of "/…" drops the path. */
  grafana: string;
  /** What the plugin said on the browser's console. A test fails where it is not empty at its end. */
  complaints: string[];
  /** Saves a dashboard for the time of the test, and returns its uid. */
  saveDashboard: (model: { title: string } & Record<string, unknown>) => Promise<string>;
  frontendSettings: FrontendSettings;
  /** What plugin-e2e must know of Grafana; it would load a whole page for it before each test. */
  bootData: BootData;
}

/** Every test also fails when the plugin writes an error on the console, or when one of its files is not found. */
export const test = base.extend<Fixtures>({
  grafana: async ({ baseURL }, use) => {
    await use(baseURL ?? '');
  },
  // Signed in anew for every test: Grafana replaces a session's token after some minutes, and refuses the old one.
  storageState: async ({ grafana, playwright }, use) => {
    const anonymous = await playwright.request.newContext();
    const answer = await anonymous.post(`${grafana}/login`, { data: administrator });
    expect(answer.ok(), `sign in as ${administrator.user}: ${await answer.text()}`).toBe(true);
    await use(await anonymous.storageState());
    await anonymous.dispose();
  },
  frontendSettings: async ({ grafana, request }, use) => {
    const answer = await request.get(`${grafana}/api/frontend/settings`);
    await use((await answer.json()) as FrontendSettings);
  },
  bootData: async ({ frontendSettings: { buildInfo, namespace } }, use) => {
    await use({ version: buildInfo.version, namespace });
  },
  saveDashboard: async ({ grafana, request }, use) => {
    const saved: string[] = [];
    await use(async (model) => {
      const answer = await request.post(`${grafana}/api/dashboards/db`, {
        data: { dashboard: model, overwrite: true },
      });
      expect(answer.ok(), await answer.text()).toBe(true);
      const { uid } = (await answer.json()) as { uid: string };
      saved.push(uid);
      return uid;
    });
    for (const uid of saved) {
      await request.delete(`${grafana}/api/dashboards/uid/${uid}`);
    }
  },
  // A page on which nothing is loaded yet: plugin-e2e would show the home dashboard first.
  page: async ({ context }, use) => {
    const page = await context.newPage();
    await use(page);
  },
  complaints: [
    async ({ context }, use) => {
      const complaints: string[] = [];
      context.on('console', (message) => {
        const said = `${message.text()} (${message.location().url})`;
        if (message.type() === 'error' && said.includes(`/public/plugins/${pluginId}/`)) {
          complaints.push(said);
        }
      });
      context.on('weberror', (thrown) => {
        const error = thrown.error();
        complaints.push(error.stack ?? error.message);
      });
      await use(complaints);
      expect(complaints, 'errors on the console').toEqual([]);
    },
    { auto: true },
  ],
});

/** The reference to the data source in a panel, variable or annotation. */
export const reference = { type: pluginId, uid: dataSource.uid };

const hour = 3_600_000;

/** The last whole hours: what was received in them has been received. */
export function wholeHours(count: number) {
  const to = Math.floor(Date.now() / hour) * hour;
  return { from: new Date(to - count * hour).toISOString(), to: new Date(to).toISOString() };
}

/** A panel that fills the dashboard. */
export function panel(type: string, title: string, targets: object[], more: object = {}) {
  const gridPos = { x: 0, y: 0, w: 24, h: 14 };
  const asked = targets.map((target) => ({ datasource: reference, queryType: 'metric', version: 1, ...target }));
  return { id: 1, type, title, gridPos, datasource: reference, targets: asked, ...more };
}

/** Chooses an option of a combobox by what both are called. */
export async function choose(page: Page, scope: Locator, label: string | RegExp, option: string | RegExp) {
  const box = scope.getByRole('combobox', { name: label });
  await box.click();
  if (typeof option === 'string') {
    await box.fill(option);
  }
  await page.getByRole('option', { name: option }).first().click();
  await page.keyboard.press('Escape');
}

/** Marks the part of a page that holds an element and something else, and returns the selector of that part. */
export async function markPart(element: Locator, holds: string): Promise<string> {
  await element.evaluate((start, selector) => {
    let part: Element = start;
    while (part.parentElement && !part.querySelector(selector)) {
      part = part.parentElement;
    }
    part.setAttribute('data-scanned', '');
  }, holds);
  return '[data-scanned]';
}

interface Violation {
  id: string;
  impact?: string | null;
  nodes: Array<{ html: string }>;
}

/** The findings of an accessibility scan that keep somebody from using the page, in a line each. */
export function serious(violations: Violation[]): string[] {
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(', ')}`);
}

/** The answer to one query of /api/ds/query, as far as the tests look at it. */
export interface Answer {
  results: Record<
    string,
    {
      error?: string;
      frames?: Array<{
        schema: {
          fields: Array<{ name: string; labels?: Record<string, string> }>;
          meta?: { executedQueryString?: string };
        };
        data: { values: unknown[][] };
      }>;
    }
  >;
}

/** The labels of the series that answered a query. */
export function labelsOf(answer: Answer, refId = 'A'): Array<Record<string, string>> {
  return (answer.results[refId]?.frames ?? []).flatMap(({ schema }) =>
    schema.fields.flatMap(({ labels }) => (labels ? [labels] : []))
  );
}
