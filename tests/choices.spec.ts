import { expect, test } from './plugin';

test('an ad hoc filter of a dashboard holds for its panels', async ({ page }) => {
  const regions = (filter: string) =>
    `/d/live-orders-sales?refresh=1h&viewPanel=9&var-filters=${encodeURIComponent(filter)}`;
  const cell = (text: string) => page.getByRole('gridcell', { name: text, exact: true });

  await page.goto(regions('region|=|RJ'));
  await expect(cell('RJ')).toBeVisible();
  await expect(cell('SP')).toHaveCount(0);

  await page.goto(regions('region|!=|RJ'));
  await expect(cell('SP')).toBeVisible();
  await expect(cell('RJ')).toHaveCount(0);
});

test('a number leads to its rows', async ({ page }) => {
  await page.goto('/d/live-orders-sales?refresh=1h&viewPanel=9');
  const row = page.getByRole('row').filter({ hasText: 'RJ' });
  await row.getByRole('link').first().click();
  await expect(page).toHaveURL(/\/explore\?/);
  await expect(page.getByRole('gridcell', { name: 'RJ', exact: true }).first()).toBeVisible();
  await expect(page.getByRole('gridcell', { name: 'SP', exact: true })).toHaveCount(0);
});
