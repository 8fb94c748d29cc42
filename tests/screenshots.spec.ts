import type { Page } from '@playwright/test';

import { dataSource, expect, test } from './plugin';

// The pictures of the catalogue page, taken of the demo. "go tool mage screenshots" runs this and nothing else does.
const folder = 'src/img';

async function shoot(page: Page, name: string) {
  await expect(page.getByLabel('Panel loading bar')).toHaveCount(0);
  await page.mouse.move(0, 0);
  await page.screenshot({ path: `${folder}/${name}.png`, animations: 'disabled' });
}

test.use({ viewport: { width: 1440, height: 900 } });

const dashboards = [
  { name: 'sales', uid: 'live-orders-sales', theme: 'dark' },
  { name: 'carts', uid: 'live-orders-carts', theme: 'light' },
  { name: 'invoicing', uid: 'live-orders-invoicing', theme: 'dark' },
];
for (const { name, uid, theme } of dashboards) {
  test(`picture of the dashboard ${name}`, async ({ page }) => {
    await page.goto(`/d/${uid}?kiosk&theme=${theme}&refresh=1h`);
    await expect(page.locator('.u-over').nth(1)).toBeVisible();
    await shoot(page, name);
  });
}

test('picture of the query editor', async ({ page }) => {
  await page.goto('/d/live-orders-sales?editPanel=5&theme=dark&refresh=1h');
  await expect(page.getByRole('combobox', { name: 'Metric' })).toBeVisible();
  await expect(page.locator('.u-over')).toBeVisible();
  await shoot(page, 'query');
});

test('picture of the rows behind a number', async ({ page }) => {
  const query = {
    refId: 'A',
    datasource: { uid: dataSource.uid },
    queryType: 'records',
    version: 1,
    metrics: ['faturamento'],
    limit: 50,
  };
  const panes = { a: { datasource: dataSource.uid, queries: [query], range: { from: 'now-1h', to: 'now' } } };
  await page.goto(`/explore?schemaVersion=1&theme=light&panes=${encodeURIComponent(JSON.stringify(panes))}`);
  await expect(page.getByRole('gridcell').first()).toBeVisible();
  await shoot(page, 'rows');
});
