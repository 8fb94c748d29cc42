import { readdirSync, readFileSync } from 'node:fs';

import type { Locator } from '@playwright/test';

import { expect, test } from './plugin';

interface Dashboard {
  uid: string;
  title: string;
  panels: Array<{ id: number; title: string; type: string }>;
}

const folder = 'provisioning/dashboards';
const dashboards = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .map((name) => JSON.parse(readFileSync(`${folder}/${name}`, 'utf8')) as Dashboard);

for (const dashboard of dashboards) {
  test(`every panel of ${dashboard.title} draws`, { tag: '@path' }, async ({ gotoDashboardPage, page }) => {
    test.slow();
    const shown = await gotoDashboardPage({ uid: dashboard.uid, queryParams: new URLSearchParams({ refresh: '1h' }) });
    const panels = dashboard.panels.filter(({ type }) => type !== 'row');
    // Scrolling looks for a panel downwards only, so it must not begin before the first one is there.
    await expect(shown.getPanelByTitle(panels[0]?.title ?? '').locator).toBeVisible();
    for (const { title, type } of panels) {
      await test.step(title, async () => {
        const panel = shown.getPanelByTitle(title);
        await panel.scrollIntoView();
        await expect(panel.locator).toBeVisible();
        await expect(panel.locator.getByLabel('Panel loading bar')).toHaveCount(0);
        await expect(drawing(panel.locator, type)).toBeVisible();
        await expect(panel.getErrorIcon()).toHaveCount(0);
        await expect(panel.locator.getByText('No data')).toHaveCount(0);
      });
    }
    await expect(page.getByRole('alert')).toHaveCount(0);
  });
}

test('a dashboard without any rows to show has dashes and an empty heatmap', async ({ page }) => {
  const nothing = `/d/live-orders-sales?refresh=1h&var-filters=${encodeURIComponent('region|=|nowhere')}`;
  await page.goto(nothing);
  await expect(page.getByText('–', { exact: true })).toHaveCount(2); // the ticket, today and a week ago
  await page.goto(`${nothing}&viewPanel=8`);
  await expect(page.locator('.u-over')).toBeVisible();
});

/** What is there once a panel has drawn its data. */
function drawing(panel: Locator, type: string) {
  switch (type) {
    case 'timeseries':
    case 'heatmap':
      return panel.locator('.u-over');
    case 'table':
      return panel.getByRole('gridcell').first();
    default:
      return panel.getByText(/\d/).first();
  }
}
